"""An older generation of a framework beside the newer one: files of both name their modules alike."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import (
    AmbiguousReferenceError,
    ArchiveError,
    ConfigError,
    HornbookError,
    SerializationError,
    WeightsError,
    WeightsWarning,
)
from hornbook.extending import OldObject, Registry, UpgradeRule, register_upgrade_rule
from hornbook.frameworks.models import Models
from hornbook.integrations import Builtin, Exported, Integration, Recognized, Reference
from hornbook.legacy import tf2_9
from hornbook.legacy.tables import TF_2_15
from hornbook.saving.conversion import _largest_difference

ODD = 13  # a model of so many does not tell what it takes


class Unit:
    """A part of the older generation."""

    def __init__(self, width: int = 1) -> None:
        self.width = width

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width}


class Derived(Unit):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Derived:
        return cls(**config)


def write(model: Any, path: Path) -> None:
    if model.width < 0:
        raise ValueError("below zero")
    path.write_text(str(model.width))


class ElderModels(Models):
    root = "elder"
    own_formats: Mapping[str, Callable[[Any, Path], None]] = {"elder": write}

    def version(self) -> str:
        return "1.0"

    def is_model(self, value: Any) -> bool:
        return isinstance(value, Unit)

    def save_state(self, model: Any, weights: Any, assets: Any) -> None:
        weights.make("", "unit").update({"0": np.ones(model.width)})

    def load_state(self, model: Any, archive: Any, *, strict: bool) -> None:
        assert archive.by_path().get("")["0"].shape == (model.width,)

    def to_numpy(self, value: Any) -> Any:
        return value

    def example(self, model: Any) -> tuple[Any, list[Any]]:
        if model.width == ODD:
            raise ValueError("nothing can be made up")
        return np.ones((2, model.width), "float32"), self.outputs(model, np.ones((2, model.width), "float32"))

    def outputs(self, model: Any, inputs: Any) -> list[Any]:
        return [inputs * 2]


class Elder(Integration):
    root = "elder"
    written_as = TF_2_15
    file_kinds = frozenset({"model"})
    has_registry = True

    def __init__(self) -> None:
        self.models = ElderModels()
        self.told: dict[Any, str] = {}

    def names(self, module: str) -> bool:
        return module.partition(".")[0] in ("elder", "keras")

    def describe(self, reference: Reference) -> Builtin | None:
        return Builtin("model", Unit) if reference.name == "Unit" else None

    def recognize(self, target: Any) -> Recognized | None:
        return Recognized("model", target is Unit) if isinstance(target, type) and issubclass(target, Unit) else None

    def exported(self, target: Any) -> Exported | None:
        return Exported("keras.layers", "Unit") if target is Unit else None

    def announce(self, keys: Mapping[Any, str]) -> None:
        self.told.update(keys)


@pytest.fixture
def elder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elder]:
    """An older generation that is in use, in a registry of its own, beside Keras 3."""
    module = types.ModuleType("elder")
    monkeypatch.setitem(sys.modules, "elder", module)
    integration = Elder()
    registry = Registry(announces=True)
    registry.integrations.register(integration)
    with registry.use():
        hornbook.serialize_keras_object(keras.layers.Dense(1))  # Keras 3 is in use as well
        yield integration


CONFIG = {"module": "keras.layers", "class_name": "Unit", "config": {"width": 3}, "registered_name": None}


def test_an_object_is_written_under_the_name_that_files_have(elder: Elder) -> None:
    assert hornbook.serialize_keras_object(Unit(3)) == CONFIG


def test_where_nothing_decides_a_name_of_both_is_refused(elder: Elder) -> None:
    with pytest.raises(AmbiguousReferenceError, match="framework="):
        hornbook.deserialize_keras_object(CONFIG)


def test_the_caller_decides(elder: Elder) -> None:
    made = hornbook.deserialize_keras_object(CONFIG, framework="elder")
    assert (type(made), made.width) == (Unit, 3)
    with pytest.raises(HornbookError, match="Unit"):
        hornbook.deserialize_keras_object(CONFIG, framework="keras")
    with pytest.raises(ConfigError, match="root module"):
        hornbook.deserialize_keras_object(CONFIG, framework="nowhere")


def test_a_module_of_its_own_decides(elder: Elder) -> None:
    assert type(hornbook.deserialize_keras_object({**CONFIG, "module": "elder.layers"})) is Unit


def test_what_the_caller_offers_decides(elder: Elder) -> None:
    assert type(hornbook.deserialize_keras_object(CONFIG, module_objects={"Unit": Unit})) is Unit
    dense = hornbook.serialize_keras_object(keras.layers.Dense(1))
    made = hornbook.deserialize_keras_object(dense, module_objects={"Dense": keras.layers.Dense})
    assert type(made) is keras.layers.Dense


def test_the_base_of_a_class_decides(elder: Elder) -> None:
    config = {"module": "lab", "class_name": "Derived", "config": {"width": 2}, "registered_name": "Derived"}
    made = hornbook.deserialize_keras_object(config, custom_objects={"Derived": Derived})
    assert (type(made), made.width) == (Derived, 2)


def test_a_bare_name_means_nothing_by_itself(elder: Elder) -> None:
    bare = {"class_name": "Unit", "config": {"width": 3}}
    with pytest.raises(HornbookError, match="Unknown `Unit`"):
        hornbook.deserialize_keras_object(bare, framework="elder")
    with pytest.raises(ValueError, match="Unit"):
        hornbook.legacy.deserialize_keras_object({**bare}, {"Unit2": Unit})
    made = hornbook.legacy.deserialize_keras_object({**bare}, {"Unit": Unit})
    assert (type(made), made.width) == (Unit, 3)


def test_what_an_older_function_registers_it_gets_to_know(elder: Elder) -> None:
    @tf2_9.register_keras_serializable("lab")
    class Known(Unit):
        pass

    assert elder.told[Known] == "lab>Known"


def test_a_file_of_its_own_is_put_in_place_in_one_step(elder: Elder, tmp_path: Path) -> None:
    path = tmp_path / "m.elder"
    hornbook.save_model(Unit(4), path)
    assert path.read_text() == "4"
    with pytest.raises(SerializationError, match="below zero"):
        hornbook.save_model(Unit(-1), path)
    assert path.read_text() == "4"
    assert [each.name for each in tmp_path.iterdir()] == ["m.elder"]


def test_a_file_is_read_for_the_one_that_is_asked_for(elder: Elder, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    hornbook.save_model(Unit(3), path)
    made = hornbook.load_model(path, framework="elder")
    assert (type(made), made.width) == (Unit, 3)
    with pytest.raises(AmbiguousReferenceError, match="framework="):
        hornbook.load_model(path)
    assert type(hornbook.model_from_config(CONFIG, framework="elder")) is Unit


def test_a_file_of_the_newer_one_is_read_for_that(elder: Elder, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    hornbook.save_model(model, tmp_path / "m.keras")
    assert type(hornbook.load_model(tmp_path / "m.keras")) is keras.Sequential


def test_a_built_in_never_comes_back_as_a_class_of_the_users(elder: Elder) -> None:
    """Neither while nothing decides, nor because a class of the same name is of one of the two."""

    class Dense(Unit):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Dense:
            return cls()

    config = hornbook.serialize_keras_object(keras.layers.Dense(1))
    with pytest.raises(AmbiguousReferenceError, match="framework="):
        hornbook.deserialize_keras_object(config, custom_objects={"Dense": Dense})


def test_a_function_of_both_is_refused_as_well(elder: Elder) -> None:
    config = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    with pytest.raises(AmbiguousReferenceError, match="framework="):
        hornbook.deserialize_keras_object(config)
    assert hornbook.deserialize_keras_object(config, framework="keras") is keras.activations.relu


def test_what_its_own_format_has_no_place_for_is_refused(elder: Elder, tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match="takes no metadata"):
        hornbook.save_model(Unit(4), tmp_path / "m.elder", metadata={"by": "me"})
    assert not list(tmp_path.iterdir())


def test_arguments_of_a_wrong_type_are_errors_of_our_tree(elder: Elder) -> None:
    """Also where they are asked which generation is meant."""
    for read in (hornbook.deserialize_keras_object, hornbook.legacy.deserialize_keras_object):
        with pytest.raises(HornbookError):
            read(CONFIG, custom_objects=[1])
        with pytest.raises(HornbookError):
            read(CONFIG, module_objects=[1])


def test_rules_of_a_package_hold_for_its_classes(elder: Elder) -> None:
    """They rewrite what an older version of the package wrote, whichever framework its classes are of."""

    def renamed(box: OldObject) -> None:
        """The width of a box was `w` before version 2."""
        box.rename("w", "width")

    hornbook.register_keras_serializable("lab")(Derived)
    register_upgrade_rule(UpgradeRule("lab-box", frozenset({"lab>Derived"}), "lab 1", "lab 2.0", renamed))
    old = {"module": "lab", "class_name": "Derived", "config": {"w": 2}, "registered_name": "lab>Derived"}
    assert hornbook.deserialize_keras_object(old).width == 2
    assert hornbook.deserialize_keras_object(old, framework="elder").width == 2
    assert hornbook.legacy.deserialize_keras_object({"class_name": "lab>Derived", "config": {"w": 2}}).width == 2
    assert hornbook.model_from_config(old).width == 2


def test_an_upgrade_does_not_depend_on_what_is_in_use(elder: Elder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for the newest generation, whose catalogue knows the names."""
    monkeypatch.setattr(Elder, "homes", lambda self, name: (("elder.layers", "layer"),))
    monkeypatch.setattr(Elder, "knows", lambda self, name, kind: True)
    made, report = hornbook.upgrade({"class_name": "Dense", "config": {"output_dim": 3, "init": "uniform"}})
    assert (made["module"], report.open) == ("keras.layers", [])


class Newer(keras.Model):
    """What a `Unit` is in Keras 3."""

    factor = 2.0

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.kernel = self.add_weight(shape=(width,), initializer="zeros")
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.factor * inputs * self.kernel

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width}


class Wider(Newer):
    factor = 3.0


class Larger(Newer):
    def call(self, inputs: Any) -> Any:
        return keras.ops.concatenate([inputs, inputs])


class Refusing(Newer):
    def call(self, inputs: Any) -> Any:
        raise ValueError("another form")


def test_a_model_is_converted_and_compared(elder: Elder) -> None:
    """What was saved for the one comes back as what the caller has for the other, with its weights."""
    made, done = hornbook.convert(Derived(3), custom_objects={"Derived": Newer})
    assert (type(made), done.difference, done.not_compared) == (Newer, 0.0, "")
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(made.kernel), np.ones(3))
    for other in (Wider, Larger):
        with pytest.raises(WeightsError, match="differ by"):
            hornbook.convert(Derived(3), custom_objects={"Derived": other})
    with pytest.raises(WeightsError, match="does not take the inputs"):
        hornbook.convert(Derived(3), custom_objects={"Derived": Refusing})
    inputs = np.full((1, 3), np.nan, "float32")
    assert hornbook.convert(Derived(3), inputs=inputs, custom_objects={"Derived": Newer})[1].difference == 0
    with pytest.raises(WeightsError, match="does not take these inputs"):
        hornbook.convert(Derived(3), inputs=object(), custom_objects={"Derived": Newer})
    with pytest.warns(WeightsWarning, match="not compared: ValueError: nothing can be made up"):
        done = hornbook.convert(Derived(ODD), custom_objects={"Derived": Newer})[1]
    assert (done.difference, "nothing can be made up" in done.not_compared) == (None, True)


def test_only_what_is_of_an_older_generation_is_converted(elder: Elder) -> None:
    with pytest.raises(ConfigError, match="Only a model of Keras 2"):
        hornbook.convert(keras.Sequential())
    with pytest.raises(ConfigError, match='must be "keras3"'):
        hornbook.convert(Derived(3), to="elder")
    unbuilt = Derived(3)
    unbuilt.built = False
    with pytest.raises(WeightsError, match="not built"):
        hornbook.convert(unbuilt)


def test_texts_are_compared_as_they_are() -> None:
    """Numbers by how far they are apart; one that is none is none in both."""
    texts, numbers = np.array(["a", "b"]), np.array([1.0, np.inf, 200.0], "float32")
    assert _largest_difference([texts], [texts]) == 0.0
    assert _largest_difference([texts], [texts[::-1]]) == float("inf")
    assert _largest_difference([numbers], [numbers + np.array([0, 0, 2], "float32")]) == pytest.approx(0.01)
    assert _largest_difference([numbers], [-numbers]) == float("inf")
    assert _largest_difference([], []) == 0.0


def test_a_folder_of_its_own_is_put_in_place_in_one_step(
    elder: Elder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that has anything else is not replaced."""
    monkeypatch.setattr(ElderModels, "own_folder", staticmethod(lambda model, path: write(model, path / "elder.txt")))
    monkeypatch.setattr(ElderModels, "own_folder_members", frozenset({"elder.txt"}))
    for width in (3, 4):
        hornbook.save_model(Unit(width), tmp_path / "m", zipped=False)
        assert (tmp_path / "m" / "elder.txt").read_text() == str(width)
    with pytest.raises(SerializationError, match="below zero"):
        hornbook.save_model(Unit(-1), tmp_path / "m", zipped=False)
    (tmp_path / "m" / "notes").touch()
    with pytest.raises(ArchiveError, match="notes"):
        hornbook.save_model(Unit(3), tmp_path / "m", zipped=False)
    assert [each.name for each in tmp_path.iterdir()] == ["m"]
