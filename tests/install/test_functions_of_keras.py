"""Plain Keras code under `install()`: each rule of ours holds there."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras.saving import deserialize_keras_object, register_keras_serializable, serialize_keras_object
from keras.src.saving import object_registration, serialization_lib

import hornbook
from hornbook.errors import (
    AmbiguousRegistrationWarning,
    ConfigError,
    LambdaRefusedError,
    RegistrationError,
    SerializationError,
    SerializationWarning,
    UnknownReferenceError,
)
from hornbook.integrations import messages

pytestmark = pytest.mark.usefixtures("installed", "clean_registries")


class Box:
    """A class of the user's."""

    def __init__(self, value: object = 0) -> None:
        self.value = value

    def get_config(self) -> dict:
        return {"value": self.value}

    @classmethod
    def from_config(cls, config: dict) -> Box:
        return cls(**{name: deserialize_keras_object(value) for name, value in config.items()})


def network(*layers: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((3,)), *(layers or [keras.layers.Dense(2, name="dense")])])


def with_lambda() -> dict:
    return serialize_keras_object(keras.layers.Lambda(lambda x: x + 1))


# ------------------------------------------------------------ names
def test_a_function_imported_before_is_ours() -> None:
    """This module imported it at its top."""
    with pytest.raises(UnknownReferenceError) as caught:
        deserialize_keras_object([{"class_name": name, "config": {}} for name in ("One", "Two")])
    assert caught.value.names == ("One", "Two")


def test_registration_goes_to_the_tables_of_keras() -> None:
    """`get_custom_objects()` stays the one live dictionary that it was."""
    decorated = register_keras_serializable("lab")(Box)
    assert decorated is Box
    assert keras.saving.get_custom_objects() is object_registration.GLOBAL_CUSTOM_OBJECTS
    assert keras.saving.get_custom_objects()["lab>Box"] is Box
    assert object_registration.GLOBAL_CUSTOM_NAMES[Box] == "lab>Box"
    assert keras.saving.get_registered_name(Box) == hornbook.get_registered_name(Box) == "lab>Box"
    assert keras.saving.get_registered_object("lab>Box") is Box
    assert isinstance(deserialize_keras_object(serialize_keras_object(Box(1))), Box)


def test_a_second_object_under_one_key_is_a_warning() -> None:
    """It names both origins."""
    register_keras_serializable("lab", "Box")(Box)
    with pytest.warns(AmbiguousRegistrationWarning, match=r"lab>Box.*Box.*Other"):
        register_keras_serializable("lab", "Box")(type("Other", (Box,), {"__qualname__": "Other"}))


def test_registering_without_parentheses_is_an_error() -> None:
    """Keras registers nothing there, and says nothing."""
    with pytest.raises(RegistrationError, match="string"):
        register_keras_serializable(Box)


def test_scopes_merge() -> None:
    """An inner scope adds to the outer one; Keras hides the outer one."""
    with keras.saving.custom_object_scope({"a": len, "b": len}), keras.saving.custom_object_scope({"b": max}):
        assert keras.saving.get_registered_object("a") is len
        assert keras.saving.get_registered_object("b") is max
    assert keras.saving.get_registered_object("a") is None


@pytest.mark.parametrize("arguments", [(), (None,), ({},), ({"a": len},), ({"a": max}, None, {"a": len})])
def test_a_scope_takes_any_number_of_dictionaries(arguments: tuple) -> None:
    """Later ones win, and `None` is an empty one."""
    with keras.saving.CustomObjectScope(*arguments) as scope:
        found = keras.saving.get_registered_object("a")
    assert isinstance(scope, object_registration.CustomObjectScope)
    assert found is (len if any(arguments) else None)


def test_scopes_of_both_libraries_nest() -> None:
    """They are one stack."""
    with keras.saving.custom_object_scope(custom_objects={"a": len}), hornbook.custom_object_scope({"b": max}):
        for library in (keras.saving, hornbook):
            assert library.get_registered_object("a") is len
            assert library.get_registered_object("b") is max


def test_one_scope_object_may_be_open_twice() -> None:
    """In Keras its entries stay behind for good."""
    scope = keras.saving.custom_object_scope({"a": len})
    with scope:
        with scope:
            pass
        assert keras.saving.get_registered_object("a") is len
    assert keras.saving.get_registered_object("a") is None


def test_a_task_inherits_a_scope_and_a_thread_does_not() -> None:
    """The scope is in a context variable."""
    found: list[object] = []

    async def look() -> None:
        found.append(keras.saving.get_registered_object("a"))

    with keras.saving.custom_object_scope({"a": len}):
        asyncio.run(look())
        thread = threading.Thread(target=lambda: found.append(keras.saving.get_registered_object("a")))
        thread.start()
        thread.join()
    assert found == [len, None]


def test_an_argument_wins_over_a_registration() -> None:
    """In Keras the registration wins."""
    register_keras_serializable("lab")(Box)
    other = type("Other", (Box,), {})
    made = deserialize_keras_object(serialize_keras_object(Box()), custom_objects={"lab>Box": other})
    assert type(made) is other


def test_a_name_given_as_a_string_is_that_of_an_object_in_scope() -> None:
    """`get` of regularizers and others finds it."""
    with keras.saving.custom_object_scope({"mine": keras.regularizers.L2}):
        layer = keras.layers.Dense(1, kernel_regularizer="mine")
    assert isinstance(layer.kernel_regularizer, keras.regularizers.L2)


# ------------------------------------------------------------ sharing
def test_configs_share_ids_where_a_sharing_scope_is_open() -> None:
    """And nowhere else, as in Keras; within one, from one call to the next."""
    inner = Box(1)
    assert "shared_object_id" not in str(serialize_keras_object([Box(inner), Box(inner)]))
    with serialization_lib.ObjectSharingScope():
        first, second = serialize_keras_object(inner), serialize_keras_object(inner)
    assert first["shared_object_id"] == second["shared_object_id"]


def test_shared_objects_are_found_from_one_call_to_the_next() -> None:
    """Within one sharing scope."""
    config = {"class_name": "Box", "config": {"value": 1}, "shared_object_id": 7}
    with keras.saving.custom_object_scope({"Box": Box}):
        with serialization_lib.ObjectSharingScope():
            one, two = deserialize_keras_object(config), deserialize_keras_object(config)
        three = deserialize_keras_object(config)
    assert one is two
    assert one is not three


# ------------------------------------------------------------ safe mode
def test_safe_mode_refuses_byte_code() -> None:
    """By default, and where Keras' own scope says so."""
    config = with_lambda()
    with pytest.raises(LambdaRefusedError):
        deserialize_keras_object(config)
    with serialization_lib.SafeModeScope(safe_mode=True), pytest.raises(LambdaRefusedError):
        deserialize_keras_object(config, safe_mode=False)


def test_the_scopes_of_keras_allow_byte_code() -> None:
    """`SafeModeScope` and `enable_unsafe_deserialization` win over the argument."""
    config = with_lambda()
    with serialization_lib.SafeModeScope(safe_mode=False):
        assert deserialize_keras_object(config).function(1) == 2
    with serialization_lib.SafeModeScope(safe_mode=True):  # puts back what was
        keras.config.enable_unsafe_deserialization()
        assert serialization_lib.in_safe_mode() is False
        assert deserialize_keras_object(config).function(1) == 2


def test_a_class_cannot_widen_the_policy() -> None:
    """What is called while a config is read is bound by the outermost call."""

    hidden = with_lambda()

    class Widening(Box):
        @classmethod
        def from_config(cls, config: dict) -> object:
            keras.config.enable_unsafe_deserialization()
            with serialization_lib.SafeModeScope(safe_mode=False):
                return deserialize_keras_object(hidden, safe_mode=False)

    with pytest.raises(hornbook.HornbookError, match=r"arbitrary code execution|Deserializing it is unsafe"):
        deserialize_keras_object({"class_name": "Widening", "config": {}}, {"Widening": Widening})
    assert serialization_lib.in_safe_mode() is None


# ------------------------------------------------------------ models
def test_a_file_is_judged_before_anything_is_built(tmp_path: Path) -> None:
    """`load_model` of Keras is ours."""
    made = []

    class Mine(keras.layers.Layer):
        def __init__(self, **more: object) -> None:
            made.append(self)
            super().__init__(**more)

    class Unknown(keras.layers.Layer):
        pass

    network(Mine(), Unknown()).save(tmp_path / "a.keras")
    made.clear()
    with pytest.raises(UnknownReferenceError) as caught:
        keras.models.load_model(tmp_path / "a.keras", custom_objects={"Mine": Mine})
    assert caught.value.names[0].endswith("Unknown")
    assert not made


def test_a_model_comes_back_with_its_state(tmp_path: Path) -> None:
    """Saved and loaded by Keras' functions."""
    model = network(keras.layers.Dense(2), keras.layers.BatchNormalization())
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    for target, options in ((tmp_path / "a.keras", {}), (tmp_path / "folder", {"zipped": False})):
        keras.saving.save_model(model, target, **options)
        again = keras.saving.load_model(target)
        assert again.compiled
        assert again.get_compile_config() == model.get_compile_config()
        for one, other in zip(again.variables, model.variables, strict=True):
            np.testing.assert_array_equal(one, other)
        for one, other in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """Keras leaves a broken one."""

    class Failing(keras.layers.Layer):
        def save_own_variables(self, store: object) -> None:
            raise ValueError

    path = tmp_path / "a.keras"
    network().save(path)
    before = path.read_bytes()
    with pytest.raises(ValueError):
        network(Failing()).save(path)
    assert path.read_bytes() == before


def test_a_folder_with_other_files_keeps_them(tmp_path: Path) -> None:
    """Keras writes into a folder; ours replaces one that holds a model and nothing else."""
    folder = tmp_path / "new" / "folder"
    network().save(folder, zipped=False)
    (folder / "assets").mkdir()
    network().save(folder, zipped=False)
    assert not (folder / "assets").exists()
    (folder / "notes.txt").write_text("mine")
    network().save(folder, zipped=False)
    assert (folder / "notes.txt").read_text() == "mine"
    assert keras.models.load_model(folder).built


def test_equal_models_give_equal_files_but_for_the_date(tmp_path: Path) -> None:
    """The archive is ours; the metadata are those that Keras writes, with the date of the save."""
    model = network()
    model.save(tmp_path / "a.keras")
    model.save(tmp_path / "b.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as one, zipfile.ZipFile(tmp_path / "b.keras") as other:
        assert one.namelist() == other.namelist()
        names = [name for name in one.namelist() if name != "metadata.json"]
        assert all(one.read(name) == other.read(name) for name in names)
        metadata = json.loads(one.read("metadata.json"))
    assert metadata.pop("keras_version") == keras.__version__
    saved = time.mktime(time.strptime(metadata.pop("date_saved"), "%Y-%m-%d@%H:%M:%S"))
    assert abs(time.time() - saved) < 60
    assert metadata == {}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("make", [network, lambda: keras.layers.Dense(2), lambda: keras.metrics.Mean("m")])
def test_copies_and_pickles_go_through_our_archives(copied: Callable, make: Callable) -> None:
    """Of models and of all else that Keras saves."""
    value = make()
    again = copied(value)
    assert type(again) is type(value)
    assert json.dumps(again.get_config()) == json.dumps(value.get_config())


def test_what_is_no_model_is_saved_and_loaded_as_well(tmp_path: Path) -> None:
    """Keras saves anything that has a config and variables; `FeatureSpace` relies on it."""
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    keras.saving.save_model(layer, tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    np.testing.assert_array_equal(again.kernel, layer.kernel)


def test_a_metric_alone_is_not_saved(tmp_path: Path) -> None:
    """Keras refuses it as well, and writes nothing of its state where it lies within a model."""
    metric = keras.metrics.Mean("m")
    metric.update_state([1.0, 2.0])
    path = tmp_path / "a.keras"
    for value in (metric, keras.losses.Huber()):
        with pytest.raises(ConfigError, match="not a model"):
            keras.saving.save_model(value, path)
        assert not path.exists()


def test_what_is_no_archive_stays_with_keras(tmp_path: Path) -> None:
    """Other formats, and errors about paths."""
    model = network()
    model.save(tmp_path / "a.h5")
    assert len(keras.models.load_model(tmp_path / "a.h5", compile=False).layers) == 1
    for wrong in ("absent.keras", "a.pkl", "\0.keras"):
        with pytest.raises(ValueError):
            keras.models.load_model(str(tmp_path / wrong))
    with pytest.raises(ValueError, match="extension"):
        model.save(tmp_path / "a.png")


def test_json_goes_through_our_reader() -> None:
    """`model_from_json` of Keras is ours."""
    again = keras.models.model_from_json(network().to_json())
    assert [layer.name for layer in again.layers] == ["dense"]
    with pytest.raises(hornbook.HornbookError):
        keras.models.model_from_json("no JSON")


def test_a_value_that_would_not_come_back_is_warned_of() -> None:
    """Keras writes it, and so it is written; what nobody can write is refused, with its place."""
    with pytest.warns(SerializationWarning, match="read as an object"):
        serialize_keras_object(Box({"class_name": "a", "config": 1}))
    with pytest.raises(SerializationError) as caught:
        serialize_keras_object(Box({1, 2}))
    assert caught.value.place == "$.config.value"


# ------------------------------------------------------------ words
def sequential(config: dict[str, object]) -> dict[str, object]:
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: deserialize_keras_object(with_lambda()), "arbitrary code execution"),
        (lambda: register_keras_serializable()(type("A", (), {})), "does not have a get_config"),
        (
            lambda: deserialize_keras_object({"class_name": "A", "config": {}}, {"A": type("A", (), {})}),
            "Unable to reconstruct",
        ),
        (lambda: deserialize_keras_object(sequential({"layers": []})), "must be a dictionary containing the 'name'"),
        (lambda: deserialize_keras_object(sequential({"name": "s", "layers": [{}]})), "containing a 'config' key"),
        (lambda: deserialize_keras_object({"class_name": "function", "config": None}), "to be a non-null str"),
        (lambda: deserialize_keras_object({"class_name": "Box", "config": 3}, {"Box": Box}), "'config' to be a dict"),
        (
            lambda: deserialize_keras_object({"class_name": "Box", "config": {"no": 1}}, {"Box": Box}),
            "objects within it are explicitly deserialized",
        ),
    ],
)
def test_errors_have_the_key_words_of_keras(call: Callable[[], object], words: str) -> None:
    """Code that looks for them finds them in an error of ours."""
    with pytest.raises(hornbook.HornbookError, match=words):
        call()


def test_words_go_by_the_codes_of_errors() -> None:
    """Each code that has words of Keras is one that is raised, and what an error says does not matter."""
    source = Path(hornbook.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in source.rglob("*.py") if path.name != "messages.py")
    assert [name for name in messages._WORDS if f'"{name}"' not in code] == []
    words = r"Anything \(Keras: Unable to reconstruct an instance\)"
    with pytest.raises(hornbook.errors.ConfigError, match=words), messages.in_words_of_keras():
        raise hornbook.errors.ConfigError("Anything", code="no-from-config")
    words = r"has no from_config\(\) method - at"
    with pytest.raises(hornbook.errors.ConfigError, match=words), messages.in_words_of_keras():
        raise hornbook.errors.ConfigError("It has no from_config() method")


def test_errors_of_hornbook_itself_do_not() -> None:
    """Its own functions have its own words, also under `install()`."""
    with pytest.raises(LambdaRefusedError) as caught:
        hornbook.deserialize_keras_object(with_lambda())
    assert "Keras" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5", ".keras"])
def test_weights_of_files_are_read_by_ours(suffix, tmp_path):
    """What Keras 3.15.1 cannot place, weights of Keras 2 by layer among it, is placed; options stay Keras' own."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a")])
    path = str(tmp_path / f"model{suffix}")
    (model.save_weights if "weights" in suffix else model.save)(path)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="b")])
    other.load_weights(path)
    with pytest.raises(ValueError, match="Invalid keyword"):
        other.load_weights(path, no_option=1)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
