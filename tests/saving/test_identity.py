"""Objects that are one stay one, objects that are two stay two: in memory and in files, whoever wrote them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook import deserialize_keras_object, serialize_keras_object
from hornbook.engine.identity import Forms, numbered, shared_id
from hornbook.errors import ConfigError

X = np.ones((2, 4), "float32")


class Leaf:
    """An object with one value, which may be an object."""

    def __init__(self, v: Any = None) -> None:
        self.v = v

    def get_config(self) -> dict[str, Any]:
        return {"v": serialize_keras_object(self.v)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Leaf:
        return cls(deserialize_keras_object(config["v"]))


class Keeps(Leaf):
    """Writes its part once, when it is made."""

    def __init__(self, v: Any = None) -> None:
        super().__init__(v)
        self.kept = serialize_keras_object(v)

    def get_config(self) -> dict[str, Any]:
        return {"v": self.kept}


class Pair(keras.Model):
    """A model that calls two parts; they may be one."""

    def __init__(self, a: Any = None, b: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a, self.b = a, b

    def call(self, x: Any) -> Any:
        return self.a(x) + 2 * self.b(x)

    def get_config(self) -> dict[str, Any]:
        write = keras.saving.serialize_keras_object
        return {"name": self.name, "a": write(self.a), "b": write(self.b)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Pair:
        read = keras.saving.deserialize_keras_object
        return cls(read(config["a"]), read(config["b"]), name=config["name"])


class Around(keras.layers.Layer):
    """A layer that writes its part once, when it is made."""

    def __init__(self, part: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part
        self.kept = serialize_keras_object([part, part])

    def build(self, shape: Any) -> None:
        self.part.build(shape)

    def call(self, x: Any) -> Any:
        return self.part(x)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "part": self.kept}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Around:
        return cls(keras.saving.deserialize_keras_object(config["part"])[0], name=config["name"])


OWN = {cls.__name__: cls for cls in (Leaf, Keeps, Pair, Around)}


@pytest.fixture(autouse=True)
def _known():
    with hornbook.custom_object_scope(OWN):
        yield


FORMS: dict[str, Callable[[Any], Any]] = {
    "in memory": lambda config: config,
    "JSON": lambda config: json.loads(json.dumps(config)),
}


def read(config: Any, form: str) -> Any:
    return deserialize_keras_object(FORMS[form](config))


# ------------------------------------------------------------ configs
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("values", [(1, 2), (1, 1)])
def test_configs_written_apart_do_not_mix(values, form):
    """In one list, each is as it would be alone, whether their objects are equal or not."""
    parts = [Leaf(value) for value in values]
    back = read([serialize_keras_object([part, part]) for part in parts], form)
    assert [[one.v for one in pair] for pair in back] == [[value] * 2 for value in values]
    assert back[0][0] is back[0][1] is not back[1][0]
    assert back[1][0] is back[1][1]


@pytest.mark.parametrize("form", FORMS)
def test_a_config_that_its_owner_keeps(form):
    """Two owners that wrote their parts when they were made come back with their own."""
    first, second = read(serialize_keras_object([Keeps([a, a]) for a in (Leaf(1), Leaf(1))]), form)
    assert first.v[0] is first.v[1] is not second.v[0]
    assert second.v[0] is second.v[1]


@pytest.mark.parametrize("form", FORMS)
def test_two_models_in_one_document(form):
    """Two models whose layers share a dtype policy are read from one list."""
    models = [keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, units)]) for units in ((3, 2), (5, 6))]
    back = read([serialize_keras_object(model) for model in models], form)
    assert [[layer.units for layer in model.layers] for model in back] == [[3, 2], [5, 6]]


def test_ids_do_not_count_from_one():
    """Two writings have no id in common, and one has one for each object."""
    a, b = Leaf(1), Leaf(2)
    ids = [[one["shared_object_id"] for one in serialize_keras_object([a, b, b, a])] for _ in range(2)]
    assert all(each == [each[0], each[1], each[1], each[0]] for each in ids)
    assert len({*ids[0], *ids[1]}) == 4
    assert all(0 <= number < 2**53 for each in ids for number in each)


# ------------------------------------------------------------ files
def ours(model: Any, path: Path) -> None:
    hornbook.save_model(model, path)


def folder(model: Any, path: Path) -> None:
    hornbook.save_model(model, path, zipped=False)


def theirs(model: Any, path: Path) -> None:
    model.save(path)


def installed(model: Any, path: Path) -> None:
    with hornbook.install():
        model.save(path)


WRITERS = {"save_model": (ours, "m.keras"), "folder": (folder, "m"), "keras": (theirs, "m.keras"),
           "installed": (installed, "m.keras")}  # fmt: skip


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), keras.layers.Dense(4)])


def functional() -> keras.Model:
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.layers.Dense(4, name="last")(keras.layers.Dense(3, name="first")(inputs)))


def siamese() -> keras.Model:
    """Return a functional model that calls one model on two inputs."""
    tower, inputs = functional(), keras.Input((4,))
    return keras.Model(inputs, keras.layers.Add()([tower(inputs), tower(keras.layers.Identity()(inputs))]))


def twice(make: Callable[[], Any]) -> Callable[[], keras.Model]:
    def pair() -> keras.Model:
        part = make()
        return Pair(part, part)

    return pair


MODELS = {
    "a Sequential twice": twice(sequential),
    "a Functional twice": twice(functional),
    "a layer twice": twice(lambda: keras.layers.Dense(4)),
    "a wrapped layer twice": twice(lambda: keras.layers.TimeDistributed(keras.layers.Dense(4))),
    "two equal parts": lambda: Pair(sequential(), sequential()),
    "siamese": siamese,
    "two owners with configs of their own": lambda: Pair(Around(keras.layers.Dense(4)), Around(keras.layers.Dense(4))),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", MODELS)
def test_a_model_comes_back_with_its_parts(kind, writer, tmp_path):
    """It has the outputs and as many weights as before; a part that was one is one."""
    write, name = WRITERS[writer]
    x = np.ones((2, 3, 4), "float32") if "wrapped" in kind else X
    model = MODELS[kind]()
    y = keras.ops.convert_to_numpy(model(x))
    write(model, tmp_path / name)
    back = hornbook.load_model(tmp_path / name)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(back(x)), y, rtol=1e-5)
    assert len(back.weights) == len(model.weights)
    if isinstance(model, Pair):
        assert (back.a is back.b) == (model.a is model.b)


@pytest.mark.filterwarnings("ignore:.*method is custom")
def test_distiller_comes_back(tmp_path):
    """Plain Keras writes the teacher twice, with other ids within it."""
    distiller = pytest.importorskip("keras.distillation").Distiller
    loss = keras.distillation.LogitsDistillation()
    model = distiller(teacher=sequential(), student=sequential(), distillation_losses=loss)
    model.compile(optimizer="sgd", loss="mse")
    model.fit(X, X, verbose=0)
    model.save(tmp_path / "m.keras")
    back = hornbook.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(back.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5)


def test_equal_models_give_equal_bytes(tmp_path):
    """Ids are random numbers in memory, and count from 1 in a file; a config that was kept has its own afterwards."""
    part = keras.layers.Dense(4, name="d")
    owner = Around(part, name="a")
    model = keras.Sequential([keras.Input((4,)), owner, keras.layers.Dense(2, name="e")], name="s")
    kept = [one["shared_object_id"] for one in owner.kept]
    for name in ("one.keras", "two.keras"):
        hornbook.save_model(model, tmp_path / name)
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
    assert [one["shared_object_id"] for one in owner.kept] == kept
    with zipfile.ZipFile(tmp_path / "one.keras") as file:
        ids = set(_ids(json.loads(file.read("config.json"))))
    assert ids == set(range(1, len(ids) + 1))
    assert ids


def test_equal_models_give_equal_json():
    """The text of a model is the same each time, and reads as two layers of one policy."""
    model = sequential()
    assert model.to_json() == model.to_json()
    assert '"shared_object_id": 1' in model.to_json()
    hornbook.model_from_json(model.to_json())


def _ids(value: Any) -> list[int]:
    if isinstance(value, dict):
        own = [value["shared_object_id"]] if "shared_object_id" in value else []
        return own + [number for member in value.values() for number in _ids(member)]
    return [number for member in value for number in _ids(member)] if isinstance(value, list) else []


def test_lost_weights_show_in_the_fingerprint(tmp_path):
    """A model with one part in two places has another fingerprint than one with two equal parts."""
    part = sequential()
    other = keras.models.clone_model(part)
    other.set_weights(part.get_weights())
    one, two = Pair(part, part, name="m"), Pair(part, other, name="m")
    one(X), two(X)
    assert hornbook.fingerprint(one) != hornbook.fingerprint(two)
    hornbook.save_model(two, tmp_path / "m.keras")
    assert hornbook.fingerprint(hornbook.load_model(tmp_path / "m.keras")) == hornbook.fingerprint(two)


# ------------------------------------------------------------ ids in configs
def leaf(number: Any, v: Any = 1) -> dict[str, Any]:
    named = {"module": None, "class_name": "Leaf", "registered_name": "Leaf"}
    return {**named, "config": {"v": v}, "shared_object_id": number}


def test_null_is_no_id():
    """Two configs with `null` are two objects."""
    one, other = deserialize_keras_object([leaf(None), leaf(None)])
    assert one is not other


@pytest.mark.parametrize("number", ["1", True, 1.0, [1]])
def test_an_id_is_an_integer(number):
    """Anything else is an error at its place, in reading and in writing."""
    with pytest.raises(ConfigError, match="must be an integer") as told:
        deserialize_keras_object([leaf(number)])
    assert told.value.place == "$[0]"

    class Kept(Leaf):
        def get_config(self) -> dict[str, Any]:
            return {"v": leaf(number)}

    with pytest.raises(ConfigError, match="must be an integer"):
        serialize_keras_object(Kept())


def test_ids_within_do_not_count():
    """Two configs of one object may have other ids within them, and nothing else."""
    inner = {**leaf(5), "config": {"v": [leaf(6)]}}
    same = {**leaf(5), "config": {"v": [leaf(7)]}}
    one, other = deserialize_keras_object([inner, same])
    assert one is other
    for wrong in (leaf(6, 2), leaf(6, {"shared_object_id": 2}), leaf(6, [1])):
        with pytest.raises(ConfigError, match="two different objects"):
            deserialize_keras_object([inner, {**leaf(5), "config": {"v": [wrong]}}])


def test_comparing_takes_time_by_the_size():
    """However many configs share ids, and however they nest, each container is looked at once."""

    class Counted(Forms):
        __slots__ = ("looks",)

        def __init__(self) -> None:
            super().__init__()
            self.looks = 0

        def _key(self, value: Any) -> Any:
            self.looks += isinstance(value, dict)
            return super()._key(value)

    chains = []
    for _ in range(2):
        chain: Any = [leaf(0, number) for number in range(50)]
        for number in range(1, 40):
            chain = leaf(number, chain)
        chains.append(chain)
    forms = Counted()
    for _ in range(3):
        one, other = chains
        while isinstance(one, dict):
            assert forms.of(one) == forms.of(other)
            one, other = one["config"]["v"], other["config"]["v"]
    assert forms.looks == 2 * 2 * (50 + 39)


def test_numbers_are_given_back():
    """What counts from 1 within the block has its own ids after it, an error or not."""
    configs = [leaf(9), leaf(4), leaf(9)]

    def fail() -> None:
        with numbered(configs):
            assert [shared_id(one) for one in configs] == [1, 2, 1]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [shared_id(one) for one in configs] == [9, 4, 9]
