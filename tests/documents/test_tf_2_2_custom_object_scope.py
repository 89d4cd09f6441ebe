"""The TF 2.2 document `custom_object_scope`: our scope, and that of `hornbook.legacy.tf2_2`."""

from __future__ import annotations

from importlib import import_module

import pytest
from document_framework import MODEL_FILE, keras, nothing_outside
from document_sentences import default_alone, generation_alone, tf_2_2_scope
from document_subjects import Box, MyLayer, MyObject, model_of, my_regularizer, outputs

EXAMPLE = """
import keras, {lib}

class MyObject(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 0.01 * keras.ops.sum(keras.ops.square(x))

    def get_config(self):
        return {}

with {lib}.custom_object_scope({'MyObject':MyObject}):
    layer = keras.layers.Dense(3, kernel_regularizer='MyObject')
assert type(layer.kernel_regularizer) is MyObject
print("done")
"""
BY_NAME_AND_BY_CONFIG = """
import keras, {lib}

def my_regularizer(x):
    return 0.01 * keras.ops.sum(keras.ops.square(x))

layer = keras.layers.Dense(3, kernel_regularizer=my_regularizer)
config = layer.get_config()
with {lib}.custom_object_scope({"my_regularizer": my_regularizer}):
    one = keras.layers.Dense.from_config(config)
    other = keras.layers.Dense(3, kernel_regularizer="my_regularizer")
assert one.kernel_regularizer is other.kernel_regularizer is my_regularizer
print("done")
"""


@tf_2_2_scope("tf.keras.utils.custom_object_scope( *args )")
def test_a_scope_takes_no_dictionary_one_or_several(lib):
    """TF 2.2, "custom_object_scope(*args)": any number of dictionaries."""
    for count in range(4):
        names = [f"Name{number}" for number in range(count)]
        with lib.custom_object_scope(*({name: Box} for name in names)):
            assert all(lib.get_registered_object(name) is Box for name in names)


@tf_2_2_scope("Convenience wrapper for `CustomObjectScope`.")
def test_custom_object_scope_does_what_the_class_does(lib):
    """TF 2.2, "Convenience wrapper for `CustomObjectScope`": both open the same kind of scope."""
    for scope in (lib.custom_object_scope, lib.CustomObjectScope):
        with scope({"MyObject": MyObject}):
            assert lib.get_registered_object("MyObject") is MyObject
        assert lib.get_registered_object("MyObject") is None


BY_NAME = "Code within a `with` statement will be able to access custom objects by name."


@tf_2_2_scope(BY_NAME)
def test_code_within_the_scope_accesses_custom_objects_by_name(lib):
    """TF 2.2, "Code within a `with` statement will be able to access custom objects by name": and no code after it."""
    with lib.custom_object_scope({"MyObject": MyObject, "my_regularizer": my_regularizer}):
        assert lib.get_registered_object("MyObject") is MyObject
        assert lib.get_registered_object("my_regularizer") is my_regularizer
    assert lib.get_registered_object("MyObject") is None


@tf_2_2_scope(BY_NAME, read_as="scopes nest: the inner one adds to the outer one and wins over it")
def test_code_within_two_scopes_accesses_the_objects_of_both(lib):
    """TF 2.2, "Code within a `with` statement": it is within the outer one as well."""
    with lib.custom_object_scope({"MyObject": MyObject, "Other": Box}):
        with lib.custom_object_scope({"MyLayer": MyLayer, "Other": MyLayer}):
            found = [lib.get_registered_object(name) for name in ("MyObject", "MyLayer", "Other")]
            assert found == [MyObject, MyLayer, MyLayer]
        assert lib.get_registered_object("MyLayer") is None
        assert lib.get_registered_object("Other") is Box


CANNOT_ESCAPE = "Provides a scope that changes to `_GLOBAL_CUSTOM_OBJECTS` cannot escape."


def changed(lib):
    """Change the global dictionary in every way that there is."""
    found = lib.get_custom_objects()
    found["MyLayer"] = MyLayer
    found["there"] = MyObject
    del found["gone"]
    lib.register_keras_serializable("my_package")(Box)


@tf_2_2_scope(CANNOT_ESCAPE)
@generation_alone("only TF 2.2 and 2.9 keep the entries of a scope in the global dictionary")
def test_changes_to_global_custom_objects_cannot_escape(lib):
    """TF 2.2, "changes to `_GLOBAL_CUSTOM_OBJECTS` cannot escape": its own entries, assignments, removals, and more."""
    lib.get_custom_objects().update({"there": Box, "gone": Box})
    before = dict(lib.get_custom_objects())
    with lib.custom_object_scope({"MyObject": MyObject}):
        assert lib.get_custom_objects()["MyObject"] is MyObject
        changed(lib)
        assert lib.get_registered_object("my_package>Box") is Box
    assert lib.get_custom_objects() == before
    assert lib.get_registered_object("my_package>Box") is None


@tf_2_2_scope(
    CANNOT_ESCAPE, read_as="our own scope: the global dictionary knows nothing of it, and keeps what is put in"
)
@default_alone('"Custom objects set using `custom_object_scope()` are not added to the global dictionary" (Keras 3.6)')
def test_entries_of_our_scope_are_never_in_the_global_dictionary(lib):
    """TF 2.2, "changes to `_GLOBAL_CUSTOM_OBJECTS` cannot escape": ours makes none, and undoes none of the user's."""
    lib.get_custom_objects().update({"there": Box, "gone": Box})
    with lib.custom_object_scope({"MyObject": MyObject}):
        assert "MyObject" not in lib.get_custom_objects()
        changed(lib)
    assert "MyObject" not in lib.get_custom_objects()
    assert lib.get_registered_object("MyLayer") is MyLayer
    assert lib.get_registered_object("my_package>Box") is Box


PERSIST = "Changes to global custom objects persist within the enclosing `with` statement."


@tf_2_2_scope(PERSIST)
def test_global_changes_persist_within_the_scope(lib):
    """TF 2.2, "persist within the enclosing `with` statement": to its end, and in what is opened in it."""
    lib.get_custom_objects()["gone"] = Box
    with lib.custom_object_scope({}):
        changed(lib)
        with lib.custom_object_scope({"Other": MyObject}):
            assert lib.get_registered_object("MyLayer") is MyLayer
            assert lib.get_registered_object("my_package>Box") is Box
        assert lib.get_registered_object("MyLayer") is MyLayer
        assert lib.get_registered_object("my_package>Box") is Box


@tf_2_2_scope(PERSIST, read_as="our own scope: past the end of an inner one as well")
@default_alone("in TF 2.2 the end of the inner scope reverts them")
def test_global_changes_persist_past_an_inner_scope(lib):
    """TF 2.2, "persist within the enclosing `with` statement": the outer one encloses them, too."""
    lib.get_custom_objects()["gone"] = Box
    with lib.custom_object_scope({}):
        with lib.custom_object_scope({}):
            changed(lib)
        assert lib.get_registered_object("MyLayer") is MyLayer
        assert lib.get_registered_object("my_package>Box") is Box


REVERTED = (
    "At end of the `with` statement, global custom objects are reverted to state at beginning of the `with` statement."
)


@tf_2_2_scope(REVERTED)
@generation_alone("only TF 2.2 and 2.9 revert them; ours keeps what the user registers")
def test_global_custom_objects_are_reverted_at_the_end(lib):
    """TF 2.2, "reverted to state at beginning of the `with` statement": each scope to its own, in one dictionary."""
    found = lib.get_custom_objects()
    found["there"] = Box
    states = [dict(found)]
    with lib.custom_object_scope({"MyObject": MyObject}):
        states.append(dict(found))
        with lib.custom_object_scope({"MyObject": MyLayer}):
            found.clear()
        assert found == states[1]
    assert found == states[0]
    assert lib.get_custom_objects() is found


@tf_2_2_scope(REVERTED, read_as="also where the block ends by an exception, which goes on")
@generation_alone("only TF 2.2 and 2.9 revert them; ours keeps what the user registers")
def test_global_custom_objects_are_reverted_after_an_exception(lib):
    """TF 2.2, "At end of the `with` statement": however it ends."""
    before = dict(lib.get_custom_objects())

    def fail():
        lib.get_custom_objects()["Box"] = Box
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), lib.custom_object_scope({"MyObject": MyObject}):
        fail()
    assert lib.get_custom_objects() == before


@tf_2_2_scope(
    "`tf.compat.v1.keras.utils.custom_object_scope`",
    read_as="another path to the same function, so it is here once; there is no `compat.v1`",
)
def test_the_alias_of_compat_v1_is_the_one_function(lib):
    """TF 2.2, "`tf.compat.v1.keras.utils.custom_object_scope`": who used that name imports the same one as all."""
    module = import_module(lib.name)
    assert module.custom_object_scope is lib.custom_object_scope
    assert not hasattr(module, "compat")


CONSIDER = "Consider a custom object `MyObject`"


@tf_2_2_scope(CONSIDER)
def test_the_example_runs_in_a_fresh_process(fresh):
    """TF 2.2, "Consider a custom object `MyObject`": the example, with no more than two imports and no install()."""
    assert fresh(EXAMPLE) == "done\n"


DENSE = "with custom_object_scope({'MyObject':MyObject}): layer = Dense(..., kernel_regularizer='MyObject')"


@tf_2_2_scope(DENSE, read_as="a class: the layer gets an instance")
@pytest.mark.parametrize("where", ["kernel_regularizer", "bias_regularizer", "activity_regularizer"])
def test_a_layer_takes_the_name_of_a_class_in_scope(lib, where):
    """TF 2.2, "Dense(..., kernel_regularizer='MyObject')": an instance, and the name means nothing outside."""
    with lib.custom_object_scope({"MyObject": MyObject}):
        layer = keras.layers.Dense(3, **{where: "MyObject"})
    assert type(getattr(layer, where)) is MyObject
    with nothing_outside(ValueError, "MyObject"):
        keras.layers.Dense(3, **{where: "MyObject"})


@tf_2_2_scope(DENSE, read_as="a function")
@pytest.mark.parametrize("where", ["kernel_regularizer", "activation", "kernel_initializer", "bias_constraint"])
def test_a_layer_takes_the_name_of_a_function_in_scope(lib, where):
    """TF 2.2, "recognize custom object by name": a function too, wherever a layer takes a name."""

    def my_function(x, *args, **kwargs):
        return x

    with lib.custom_object_scope({"my_function": my_function}):
        layer = keras.layers.Dense(3, **{where: "my_function"})
    assert getattr(layer, where) is my_function


@tf_2_2_scope(DENSE, read_as="a function, by config and by name, in a fresh process")
def test_a_function_is_found_by_config_and_by_name_in_a_fresh_process(fresh):
    """TF 2.2, "Dense(..., kernel_regularizer='MyObject')": after `from_config`, with two imports and no install()."""
    assert fresh(BY_NAME_AND_BY_CONFIG) == "done\n"


RECOGNIZE = "save, load, etc. will recognize custom object by name"


@tf_2_2_scope(RECOGNIZE, read_as="`.keras` files, by the library and by Keras' own functions")
def test_save_and_load_recognize_the_custom_object_by_name(lib, tmp_path):
    """TF 2.2, "save, load, etc. will recognize custom object by name": written and read under the scope."""
    with lib.custom_object_scope({"MyObject": MyObject}):
        model = model_of(keras.layers.Dense(3, kernel_regularizer="MyObject"))
        lib.save_model(model, tmp_path / f"ours_{MODEL_FILE}")
        model.save(tmp_path / f"theirs_{MODEL_FILE}")
        loaded = [
            load(tmp_path / name)
            for load in (lib.load_model, keras.models.load_model)
            for name in (f"ours_{MODEL_FILE}", f"theirs_{MODEL_FILE}")
        ]
    for one in loaded:
        assert type(one.layers[-1].kernel_regularizer) is MyObject
        assert (outputs(one) == outputs(model)).all()


@tf_2_2_scope(RECOGNIZE, read_as="JSON, clones and compiling")
def test_json_clone_and_compile_recognize_the_custom_object_by_name(lib):
    """TF 2.2, "save, load, etc.": what else takes a name."""

    def my_loss(y_true, y_pred):
        return keras.ops.mean(y_pred - y_true)

    with lib.custom_object_scope({"MyObject": MyObject, "my_loss": my_loss}):
        model = model_of(keras.layers.Dense(3, kernel_regularizer="MyObject"))
        copies = [lib.model_from_json(model.to_json()), keras.models.clone_model(model)]
        assert keras.losses.get("my_loss") is my_loss
    for copy in copies:
        assert type(copy.layers[-1].kernel_regularizer) is MyObject


@tf_2_2_scope("`*args` Variable length list of dictionaries of name, class pairs to add to custom objects.")
def test_a_scope_adds_the_pairs_of_all_its_dictionaries(lib):
    """TF 2.2, "Variable length list of dictionaries": all of them count, and for one name the last."""
    with lib.custom_object_scope({"One": MyObject, "Two": MyObject}, {"Two": Box}, {"Three": MyLayer}):
        found = [lib.get_registered_object(name) for name in ("One", "Two", "Three")]
    assert found == [MyObject, Box, MyLayer]


@tf_2_2_scope("Object of type `CustomObjectScope`.")
def test_custom_object_scope_returns_a_custom_object_scope(lib):
    """TF 2.2, "Returns: Object of type `CustomObjectScope`"."""
    assert isinstance(lib.custom_object_scope({}), lib.CustomObjectScope)
