"""The TF 2.9 document `custom_object_scope`: what it says otherwise than the Keras 3.6 document.

What both say is tested in `test_keras_3_6_registration.py`, on the scope of TF 2.9 as well.
"""

from __future__ import annotations

from importlib import import_module

from document_sentences import tf_2_9_scope
from document_subjects import Box, MyObject, my_regularizer


@tf_2_9_scope("Main aliases `tf.keras.utils.CustomObjectScope`")
def test_the_alias_is_the_same_class(lib):
    """TF 2.9, "Main aliases": one class under both names, in both public places."""
    assert lib.CustomObjectScope is lib.custom_object_scope
    assert lib.alias.CustomObjectScope is lib.alias.custom_object_scope is lib.CustomObjectScope


@tf_2_9_scope(
    "`tf.compat.v1.keras.utils.CustomObjectScope`, `tf.compat.v1.keras.utils.custom_object_scope`",
    read_as="two more paths to the same class, so it is here once; there is no `compat.v1`",
)
def test_the_aliases_of_compat_v1_are_the_one_class(lib):
    """TF 2.9, "`tf.compat.v1.keras.utils.CustomObjectScope`": who used that name imports the same one as all."""
    module = import_module(lib.name)
    assert module.CustomObjectScope is module.custom_object_scope is lib.CustomObjectScope
    assert not hasattr(module, "compat")


@tf_2_9_scope("tf.keras.utils.custom_object_scope( *args )")
def test_a_scope_takes_no_dictionary_one_or_several(lib):
    """TF 2.9, "custom_object_scope(*args)": any number of them."""
    for count in range(4):
        names = [f"Name{number}" for number in range(count)]
        with lib.custom_object_scope(*({name: Box} for name in names)):
            assert all(lib.get_registered_object(name) is Box for name in names)


@tf_2_9_scope("`*args` Dictionary or dictionaries of `{name: object}` pairs.")
def test_the_pairs_of_one_dictionary_or_of_several_count(lib):
    """TF 2.9, "Dictionary or dictionaries of `{name: object}` pairs": classes, functions and instances."""
    instance = MyObject()
    with lib.custom_object_scope({"a_class": Box, "a_function": my_regularizer}, {"an_instance": instance}):
        found = [lib.get_registered_object(name) for name in ("a_class", "a_function", "an_instance")]
    assert found == [Box, my_regularizer, instance]


@tf_2_9_scope("__enter__()")
def test_enter_opens_the_scope_and_returns_it(lib):
    """TF 2.9, "__enter__()": callable by itself; `with ... as scope` gives the scope."""
    scope = lib.custom_object_scope({"MyObject": MyObject})
    assert scope.__enter__() is scope
    try:
        assert lib.get_registered_object("MyObject") is MyObject
    finally:
        scope.__exit__(None, None, None)


@tf_2_9_scope("__exit__( *args, **kwargs )")
def test_exit_takes_any_arguments_and_closes_the_scope(lib):
    """TF 2.9, "__exit__(*args, **kwargs)": whatever it is called with, the scope is closed and no error is hidden."""
    for args, kwargs in (((), {}), ((None, None, None), {}), ((), {"exc_type": None}), ((ValueError,), {"value": 1})):
        scope = lib.custom_object_scope({"MyObject": MyObject})
        scope.__enter__()
        assert not scope.__exit__(*args, **kwargs)
        assert lib.get_registered_object("MyObject") is None
