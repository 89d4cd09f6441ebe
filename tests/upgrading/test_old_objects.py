"""Lone objects that TF 2.15 wrote: each class that `tf.keras` exported, by all its names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from tests import needs

import hornbook
from hornbook.legacy import tf2_9, tf2_15

# Nadam's schedule of momentum, which is told where it is lost.
pytestmark = pytest.mark.filterwarnings("ignore:Further training will differ")

RECORDS = [json.loads(line) for line in (Path(__file__).parent / "objects_tf_2_15.jsonl").read_text().splitlines()]
IDS = [record["names"][-1] for record in RECORDS]
NAMES = [(name, record) for record in RECORDS for name in record["names"]]
# What no Keras 3 has, under any name.
GONE = {"AbstractRNNCell", "LinearModel", "LocallyConnected1D", "LocallyConnected2D", "MeanRelativeError", "MeanTensor",
        "PreprocessingLayer", "RadialConstraint", "RandomFourierFeatures"}  # fmt: skip
SPACES = {"layer": keras.layers, "metric": keras.metrics, "loss": keras.losses, "optimizer": keras.optimizers,
          "schedule": keras.optimizers.schedules, "initializer": keras.initializers, "regularizer": keras.regularizers,
          "constraint": keras.constraints}  # fmt: skip
Read = Callable[[Any], Any]


def in_a_scope(read: Read) -> Read:
    def reading(config: Any) -> Any:
        with hornbook.custom_object_scope({}):
            return read(config)

    return reading


def made(read: Read, config: Any, name: str) -> Any:
    """Return the object; skip what this environment cannot make, and expect a clear error for what is gone."""
    if name in GONE:
        with pytest.raises((TypeError, ValueError), match=r"gone since Keras 3\.0"):
            read(config)
        pytest.skip("no Keras 3 has it")
    try:
        return read(config)
    except Exception as error:
        if "TensorFlow" in str(error):
            pytest.skip("needs TensorFlow")
        raise


@needs.since("3.15", "older ones lack some of the classes")
@pytest.mark.parametrize("read", [hornbook.deserialize_keras_object, tf2_15.deserialize_keras_object,
                                  in_a_scope(keras.saving.deserialize_keras_object)],
                         ids=["hornbook", "tf2_15", "keras"])  # fmt: skip
@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_an_object_with_its_module(record: dict[str, Any], read: Read) -> None:
    """Arguments that are gone tell that an older version wrote it; nothing else need."""
    made(read, record["v3"], record["v3"]["class_name"])


@needs.since("3.15", "older ones lack some of the classes")
@pytest.mark.parametrize(("name", "record"), NAMES, ids=[name for name, _ in NAMES])
def test_an_object_by_any_of_its_public_names(name: str, record: dict[str, Any]) -> None:
    """`keras.layers.experimental.preprocessing.Resizing`, `keras.optimizers.legacy.Adam`, ... are places of old."""
    module, _, class_name = name.rpartition(".")
    config = {**record["v3"], "module": module, "class_name": class_name}
    if class_name == "RandomCrop" and "experimental" in module:
        pytest.skip("told to be of TF 2, where it had another meaning")
    made(tf2_15.deserialize_keras_object, config, record["v3"]["class_name"])


@needs.since("3.15", "older ones lack some of the classes")
@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_an_object_without_a_module_whose_kind_the_caller_tells(record: dict[str, Any]) -> None:
    """By the objects among which it is, or by the function that reads objects of one kind."""
    config, kind = record["flat"], record["kind"]
    if not kind or config["class_name"] == "RandomCrop":
        pytest.skip("has another meaning, or is of no kind")
    space = SPACES[kind]
    readers: list[Read] = [in_a_scope(space.deserialize)]
    if not hasattr(space, config["class_name"].removeprefix("Custom>")) and config["class_name"] not in GONE:
        pytest.skip("another class, or elsewhere")
    readers += [
        lambda one, functions=functions: functions.deserialize_keras_object(one, module_objects=vars(space))
        for functions in (hornbook, tf2_15, tf2_15.legacy, tf2_9, hornbook.legacy)
    ]
    if config["class_name"] in ("Model", "Sequential"):
        readers = readers[:1]
    for read in readers:
        made(read, config, config["class_name"])


@pytest.mark.parametrize("record", RECORDS, ids=IDS)
def test_what_keras_3_writes_is_not_taken_for_old(record: dict[str, Any]) -> None:
    """The same objects, as the installed Keras writes them."""
    try:
        config = keras.saving.serialize_keras_object(hornbook.deserialize_keras_object(record["v3"]))
    except Exception as error:
        pytest.skip(f"cannot be made here: {error}")
    _, report = hornbook.upgrade(config)
    assert (report.changes, report.open) == ([], [])


def of_keras(name: str, space: str = "layers", **arguments: Any) -> dict[str, Any]:
    return {"module": f"keras.{space}", "class_name": name, "config": arguments, "registered_name": None}


MARKED = [
    of_keras("BatchNormalization", axis=[3]),
    of_keras("ReLU", negative_slope={"class_name": "__numpy__", "config": {"value": 0.5, "dtype": "float32"}}),
    of_keras("Dense", units=2, trainable=None),
    of_keras("LSTM", units=2, time_major=False),
    of_keras("MultiHeadAttention", num_heads=1, key_dim=2, softmax_robust_masking=False),
    of_keras("LeakyReLU", alpha=0.5),
    of_keras("MeanSquaredError", "losses", reduction="auto"),
    of_keras("SGD", "optimizers", learning_rate=0.5, decay=0.0),
    of_keras("TimeDistributed", layer=of_keras("GRU", units=2, time_major=False)),
]  # fmt: skip


@pytest.mark.parametrize("config", MARKED, ids=lambda config: config["class_name"])
def test_what_tells_an_older_version(config: dict[str, Any]) -> None:
    """An argument, or a value of one, that no Keras 3 writes."""
    _, report = hornbook.upgrade(config)
    assert report.changes
    assert report.version == "2"
    assert type(hornbook.deserialize_keras_object(config)).__name__ == config["class_name"]


def test_what_tells_an_older_version_tells_of_the_whole_object() -> None:
    """`hard_sigmoid` is another function in Keras 3; alone it does not tell."""
    old = of_keras("LSTM", units=2, recurrent_activation="hard_sigmoid", time_major=False)
    assert "hard_sigmoid_2" in str(hornbook.upgrade(old)[0])
    current = of_keras("LSTM", units=2, recurrent_activation="hard_sigmoid")
    assert hornbook.upgrade(current)[0] == current


def test_a_value_that_has_no_counterpart_is_an_error() -> None:
    with pytest.raises(hornbook.errors.ConfigError, match="time_major=True"):
        hornbook.deserialize_keras_object(of_keras("LSTM", units=2, time_major=True))


def test_a_class_of_the_users_by_the_name_of_a_built_in_is_left_alone() -> None:
    """Its arguments are its own."""

    class LeakyReLU:
        def __init__(self, alpha: float) -> None:
            self.alpha = alpha

        def get_config(self) -> dict[str, Any]:
            return {"alpha": self.alpha}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> LeakyReLU:
            return cls(**config)

    config = {**of_keras("LeakyReLU", alpha=0.5), "registered_name": "LeakyReLU"}
    assert hornbook.deserialize_keras_object(config, custom_objects={"LeakyReLU": LeakyReLU}).alpha == 0.5
    flat = {"class_name": "LeakyReLU", "config": {"alpha": 0.5}}
    assert hornbook.legacy.deserialize_keras_object(flat, {"LeakyReLU": LeakyReLU}).alpha == 0.5
    assert tf2_15.deserialize_keras_object(flat, module_objects={"LeakyReLU": LeakyReLU}).alpha == 0.5


def test_an_upgraded_config_names_the_place_of_today() -> None:
    """Plain Keras finds nothing in the modules of old."""
    for module in ("keras.optimizers.legacy", "keras.optimizers.experimental", "tf_keras.optimizers"):
        config, _ = hornbook.upgrade({**of_keras("Adam", decay=0.0), "module": module})
        assert config["module"] == "keras.optimizers"


class Holder:
    """A class of the user's that holds others."""

    def __init__(self, parts: Any) -> None:
        self.parts = parts

    def get_config(self) -> dict[str, Any]:
        return {"parts": self.parts}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Holder:
        return cls(hornbook.deserialize_keras_object(config["parts"]))


def held(parts: Any) -> dict[str, Any]:
    return {"module": "acme", "class_name": "Holder", "config": {"parts": parts}, "registered_name": "acme>Holder"}


def held_read(parts: Any) -> Any:
    return hornbook.deserialize_keras_object(held(parts), custom_objects={"acme>Holder": Holder}).parts


@pytest.mark.parametrize("config", MARKED, ids=lambda config: config["class_name"])
def test_what_an_object_of_the_users_holds_tells_as_well(config: dict[str, Any]) -> None:
    """Beside objects of the user's and others of today, at any depth."""
    today = of_keras("Dense", units=3)
    first, deep, other = held_read([config, {"a": (held([config]), 1)}, today])
    assert type(first).__name__ == type(deep["a"][0].parts[0]).__name__ == config["class_name"]
    assert other.units == 3


def test_what_is_refused_in_an_object_of_the_users_may_be_of_an_older_version() -> None:
    """A module that is gone has another name now; what is unknown in any version is told as it is."""
    old = {**of_keras("Adam", "optimizers", learning_rate=0.5), "module": "keras.optimizers.legacy"}
    assert held_read([old])[0].learning_rate == 0.5
    with pytest.raises(hornbook.errors.UnknownReferenceError, match="nobody>Thing"):
        held_read([{"module": "nobody", "class_name": "Thing", "config": {}, "registered_name": "nobody>Thing"}])
    with pytest.raises(hornbook.errors.ConfigError, match="time_major=True") as caught:
        held_read([of_keras("LSTM", units=2, time_major=True)])
    assert caught.value.place == "$.config.parts[0].config.time_major"


def test_many_objects_of_the_users_are_looked_at_once() -> None:
    """The scan has seen all names: there is no other pass where no built-in is among them."""
    from hornbook.upgrading import upgrade

    config, revise = upgrade.prepared(held([held([1, {"b": held(None)}])]), None)
    assert revise is not None
    assert revise([("class", "Holder", "acme", "acme>Holder")]) is config
    assert upgrade.prepared(of_keras("Dense", units=1), None)[1] is None
    old = held([of_keras("LSTM", units=2, time_major=False)])
    revise = upgrade.prepared(old, None)[1]
    assert revise is not None
    assert revise([("class", "LSTM", "keras.layers", None)]) != old


@pytest.mark.parametrize(
    "name", ["Policy", "LossScaleOptimizerV1", "CuDNNLSTM", "ThresholdedReLU", "Merge", "Sequential"]
)
@pytest.mark.parametrize("module", ["acme", None])
def test_a_class_with_a_module_of_its_own_is_not_taken_for_a_built_in_of_old(name: str, module: str | None) -> None:
    """Whatever its name was in Keras 2; `null` is the module of a script."""
    inner = {"mode": "sum", "name": "one"} if name != "Sequential" else {"name": "one", "layers": {}}
    own = {"module": module, "class_name": name, "config": inner, "registered_name": f"acme>{name}"}
    made, report = hornbook.upgrade(own, version="2.15.0")
    assert made == own
    layer = of_keras("TimeDistributed", layer=own)
    assert hornbook.upgrade(layer, version="2.15.0")[0] == layer
    assert not report.changes
