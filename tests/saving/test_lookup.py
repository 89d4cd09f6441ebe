"""What a name stands for, through every door and in every form: what the user gives comes before what is built in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import AmbiguousReferenceError, UnknownReferenceError

X, Y = np.ones((4, 3), "float32"), np.zeros((4, 2), "float32")


class ReLU(keras.layers.Layer):
    """Has the name of a built-in layer, and does something else."""

    def call(self, inputs: Any) -> Any:
        return keras.ops.minimum(inputs, 0.0)


class Huber(keras.losses.Loss):
    """Has the name of a built-in loss."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), -1) * 7


class F1Score(keras.metrics.Metric):
    """Has the name of a built-in metric."""

    def __init__(self, name: str = "f1", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(1.0)

    def result(self) -> Any:
        return self.total * 1.0


def hard_sigmoid(x: Any) -> Any:
    """Has the name of an activation that meant something else in Keras 2."""
    return x * 2.0


def mse(y_true: Any, y_pred: Any) -> Any:
    """Has the name of a built-in loss function."""
    return keras.ops.mean(keras.ops.square(y_true - y_pred), -1) * 100


def twice(y_true: Any, y_pred: Any) -> Any:
    """Has a name of its own."""
    return 2 * keras.ops.mean(keras.ops.square(y_true - y_pred), -1)


def flat(*layers: dict[str, Any]) -> dict[str, Any]:
    """Return a model as Keras 2 wrote it."""
    dense = {
        "class_name": "Dense",
        "config": {"name": "d", "batch_input_shape": [None, 3], "units": 2, "trainable": None},
    }
    inner = {"name": "s", "layers": [dense, *layers]}
    return {"class_name": "Sequential", "keras_version": "2.4.0", "backend": "tensorflow", "config": inner}


def from_h5(config: dict[str, Any], folder: Path, given: Any) -> Any:
    import h5py

    with h5py.File(folder / "model.h5", "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.4.0", "tensorflow"
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        layer = group.create_group("d")
        layer.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        layer.create_dataset("d/kernel:0", data=np.ones((3, 2), "float32"))
        layer.create_dataset("d/bias:0", data=np.zeros(2, "float32"))
    return hornbook.load_model(folder / "model.h5", given)


DOORS: dict[str, Callable[[dict[str, Any], Path, Any], Any]] = {
    "load_model": from_h5,
    "model_from_config": lambda config, folder, given: hornbook.model_from_config(config, given),
    "model_from_json": lambda config, folder, given: hornbook.model_from_json(json.dumps(config), given),
    "deserialize": lambda config, folder, given: hornbook.deserialize_keras_object(config, given),
}


@pytest.fixture(params=DOORS)
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    return lambda config, given=None: DOORS[request.param](config, tmp_path, given)


@pytest.fixture
def register() -> Iterator[Callable[[str, Any], None]]:
    """Register an object, for the time of the test."""
    keys: list[str] = []

    def add(package: str, target: Any) -> None:
        hornbook.register_keras_serializable(package)(target)
        keys.append(hornbook.get_registered_name(target))

    yield add
    for key in keys:
        hornbook.get_custom_objects().pop(key, None)
        keras.saving.get_custom_objects().pop(key, None)


RELU = {"class_name": "ReLU", "config": {"name": "r", "trainable": True}}


def test_an_argument_comes_before_a_built_in(read: Callable[..., Any]) -> None:
    assert type(read(flat(RELU), {"ReLU": ReLU}).layers[-1]) is ReLU


def test_a_scope_comes_before_a_built_in(read: Callable[..., Any]) -> None:
    with hornbook.custom_object_scope({"ReLU": ReLU}):
        assert type(read(flat(RELU)).layers[-1]) is ReLU


def test_what_is_registered_by_its_name_comes_before_a_built_in(read: Callable[..., Any]) -> None:
    hornbook.get_custom_objects()["ReLU"] = ReLU
    try:
        assert type(read(flat(RELU)).layers[-1]) is ReLU
    finally:
        del hornbook.get_custom_objects()["ReLU"]


def test_a_bare_name_finds_the_only_class_of_that_name(read: Callable[..., Any], register: Any) -> None:
    register("lookup", ReLU)
    assert type(read(flat(RELU)).layers[-1]) is ReLU


def test_a_class_of_another_kind_does_not_answer(read: Callable[..., Any], register: Any) -> None:
    """A metric is no layer, whatever its name."""

    class Flatten(F1Score):
        pass

    register("lookup", Flatten)
    layer = {"class_name": "Flatten", "config": {"name": "f"}}
    assert type(read(flat(layer)).layers[-1]) is keras.layers.Flatten


def test_two_classes_of_a_name_do_not_answer(read: Callable[..., Any], register: Any) -> None:
    """Then the built-in is meant; where there is none, the name is ambiguous."""
    other = type("ReLU", (ReLU,), {})
    register("one", ReLU)
    register("two", other)
    assert type(read(flat(RELU)).layers[-1]) is keras.layers.ReLU
    register("one", type("Doubled", (ReLU,), {}))
    register("two", type("Doubled", (ReLU,), {}))
    with pytest.raises(AmbiguousReferenceError, match="Doubled"):
        read(flat({"class_name": "Doubled", "config": {"name": "r"}}))


def test_a_function_comes_before_what_the_name_meant(read: Callable[..., Any]) -> None:
    activation = {"class_name": "Activation", "config": {"name": "a", "activation": "hard_sigmoid"}}
    model = read(flat(activation), {"hard_sigmoid": hard_sigmoid})
    assert np.allclose(model.layers[-1](X), X * 2)


@pytest.mark.parametrize(
    ("given", "compiled"),
    [
        ({"Huber": Huber}, lambda: {"loss": Huber()}),
        ({"F1Score": F1Score}, lambda: {"loss": "mae", "metrics": [F1Score()]}),
        ({"twice": twice}, lambda: {"loss": twice}),
        ({"mse": mse}, lambda: {"loss": mse}),
        ({"twice": twice}, lambda: {"loss": "mae", "metrics": [twice]}),
    ],
    ids=["loss class", "metric class", "loss function", "named as a built-in", "metric function"],
)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_what_a_model_was_compiled_with_comes_back(given: Any, compiled: Any, suffix: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer="sgd", **compiled())
    before = model.evaluate(X, Y, verbose=0)
    model.save(tmp_path / f"model.{suffix}")
    loaded = hornbook.load_model(tmp_path / f"model.{suffix}", given)
    assert np.allclose(before, loaded.evaluate(X, Y, verbose=0))


def test_a_loss_that_nobody_knows_is_named(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer="sgd", loss=twice)
    model.save(tmp_path / "model.h5")
    with pytest.raises(UnknownReferenceError, match="twice"):
        hornbook.load_model(tmp_path / "model.h5")
    assert any("twice" in str(finding) for finding in hornbook.audit(tmp_path / "model.h5").findings)
    assert hornbook.load_model(tmp_path / "model.h5", compile=False).count_params() == 8


def test_a_registered_function_is_found_by_its_bare_name(tmp_path: Path) -> None:
    """As a class is: what was registered when it was written may be passed in."""

    def shifted(x: Any) -> Any:
        return x + 1

    keras.saving.register_keras_serializable()(shifted)
    keras.Sequential([keras.Input((3,)), keras.layers.Lambda(shifted)]).save(tmp_path / "model.keras")
    del keras.saving.get_custom_objects()["Custom>shifted"]
    loaded = hornbook.load_model(tmp_path / "model.keras", {"shifted": shifted})
    assert np.allclose(loaded(X), X + 1)


def test_a_class_may_be_registered_while_it_is_read(register: Any) -> None:
    """A refusal is not remembered when a `from_config` has registered the class."""

    class Late:
        def __init__(self, value: Any = None) -> None:
            self.value = value

        def get_config(self) -> dict[str, Any]:
            return {"value": self.value}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(**config)

    class Lazy(Late):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            register("late", Late)
            return cls(hornbook.deserialize_keras_object(config["value"]))

    register("lookup", Lazy)
    inner = {"module": None, "class_name": "Late", "registered_name": "late>Late", "config": {"value": 3}}
    config = {"module": None, "class_name": "Lazy", "registered_name": "lookup>Lazy", "config": {"value": inner}}
    assert hornbook.deserialize_keras_object(config).value.value == 3


def test_from_config_under_a_scope_reads_older_configs() -> None:
    inner = flat(RELU)["config"]
    with hornbook.custom_object_scope({"twice": twice}):
        assert type(keras.Sequential.from_config(inner).layers[-1]) is keras.layers.ReLU


class Dense(keras.layers.Dense):
    """What has the name of a built-in."""


@pytest.mark.parametrize("given", [{"Dense": Dense}, {"Custom>Dense": Dense}], ids=["bare", "with a package"])
def test_what_is_written_as_a_built_in_is_one(given: Any, tmp_path: Path) -> None:
    """Keras writes `"registered_name": null` for its own classes alone; whichever function reads that."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    hornbook.save_model(model, tmp_path / "model.keras")
    config = hornbook.serialize_keras_object(model.layers[-1])
    assert config["registered_name"] is None
    made = [
        hornbook.deserialize_keras_object(config, given),
        hornbook.load_model(tmp_path / "model.keras", given).layers[-1],
        hornbook.model_from_json(model.to_json(), given).layers[-1],
    ]
    with hornbook.custom_object_scope(given):
        made.append(hornbook.deserialize_keras_object(config))
    assert {type(layer) for layer in made} == {keras.layers.Dense}


@pytest.mark.parametrize("module", ["builtins", "keras.activations"])
@pytest.mark.parametrize("registered_name", [None, "relu", "function"])
def test_a_function_of_the_users_has_a_built_in_name(module: str, registered_name: str | None) -> None:
    """Of functions nothing tells whether they are built in: the user's comes first."""

    def relu(x: Any) -> Any:
        return x

    config = {"module": module, "class_name": "function", "config": "relu", "registered_name": registered_name}
    assert hornbook.deserialize_keras_object(config, {"relu": relu}) is relu
