"""One object stays one object, and two stay two (B1, B11, B12)."""

from __future__ import annotations

import json
import zipfile

import keras
import numpy as np

from .libraries import defect


class L2Dense(keras.layers.Dense):
    """A layer whose `get_config` makes an object that lives only during the call."""

    def __init__(self, units, l2=0.0, **kwargs):
        kwargs.pop("kernel_regularizer", None)
        self.l2 = l2
        super().__init__(units, kernel_regularizer=keras.regularizers.L2(l2), **kwargs)

    def get_config(self):
        regularizer = keras.regularizers.L2(self.l2)
        return {**super().get_config(), "l2": self.l2, "kernel_regularizer": regularizer}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["l2"] = float(keras.saving.deserialize_keras_object(config.pop("kernel_regularizer")).l2)
        return cls(**config)


class Temporaries:
    """An object that writes as many objects as asked for, each made for the call."""

    def __init__(self, count):
        self.count = count

    def get_config(self):
        return {
            "configs": [
                keras.saving.serialize_keras_object(keras.regularizers.L2(number)) for number in range(self.count)
            ]
        }


class Owner(keras.layers.Layer):
    """A layer around another one, which it writes as the documentation of Keras shows."""

    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, x):
        return self.inner(x)

    def get_config(self):
        return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner)}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        return cls(keras.saving.deserialize_keras_object(config.pop("inner")), **config)


class RawOwner(Owner):
    """The same, leaving its inner layer to be written by whoever writes it."""

    def get_config(self):
        return {**keras.layers.Layer.get_config(self), "inner": self.inner}


class Regularized(keras.layers.Layer):
    """A layer with a regularizer, and without the dtype policy that layers share."""

    def __init__(self, regularizer, **kwargs):
        super().__init__(**kwargs)
        self.regularizer = regularizer

    def call(self, x):
        return x

    def get_config(self):
        return {"name": self.name, "regularizer": self.regularizer}


class Loader(keras.layers.Layer):
    """A layer that loads a model of its own while it is made."""

    def __init__(self, path, **kwargs):
        super().__init__(**kwargs)
        self.file = path
        self.part = keras.saving.load_model(path)

    def call(self, x):
        return self.part(x)

    def get_config(self):
        return {**super().get_config(), "path": self.file}


CLASSES = {cls.__name__: cls for cls in (L2Dense, Owner, RawOwner, Loader)}


@defect("B1", "a temporary has the address of the one before", raises=AssertionError, match=r"^assert \[0\.0, ")
def test_an_object_made_in_get_config_comes_back_with_its_own_value(library, tmp_path):
    """24 layers that build their regularizer in `get_config` load with 24 different values."""
    model = keras.Sequential([keras.Input((2,))] + [L2Dense(2, l2=number / 10) for number in range(24)])
    library.save(model, tmp_path / "model.keras")
    loaded = library.load(tmp_path / "model.keras", custom_objects=CLASSES)
    assert [layer.l2 for layer in loaded.layers] == [number / 10 for number in range(24)]


@defect("B1", "nearly all objects share an id with another", raises=AssertionError, match=r"^assert \d{3} == 0")
def test_objects_that_live_only_during_the_call_share_no_id(library):
    """Of 300 objects, each made and dropped in turn, not one is written as shared."""
    configs = library.serialize_file(Temporaries(300))["config"]["configs"]
    assert sum("shared_object_id" in config for config in configs) == 0


@defect("B1", "the id is an address", raises=AssertionError, match=r"^assert \{\d{9}")
def test_shared_ids_are_counted_from_one(library, tmp_path):
    """Two objects that occur twice have the ids 1 and 2 in a file."""
    first, second = keras.regularizers.L2(1), keras.regularizers.L2(2)
    model = keras.Sequential([keras.Input((2,)), *(Regularized(one) for one in (first, second, second, first))])
    library.save(model, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        layers = json.loads(file.read("config.json"))["config"]["layers"][1:]
    ids = [layer["config"]["regularizer"]["shared_object_id"] for layer in layers]
    assert set(ids) == {1, 2}
    assert ids == [ids[0], ids[1], ids[1], ids[0]]


@defect("B11", "the first owner's copy loses its id", raises=AssertionError, match="^assert <Dense .* is <Dense")
def test_an_inner_layer_of_two_owners_is_one_layer_after_reading(library):
    """Sharing survives `get_config` returning `serialize_keras_object(self.inner)`."""
    inner = keras.layers.Dense(2)
    config = library.serialize_file([Owner(inner), Owner(inner)])
    first, second = library.deserialize_file(config, custom_objects=CLASSES)
    assert first.inner is second.inner


@defect("B11", "the file cannot be loaded", raises=ValueError, match="could not be loaded")
def test_a_model_with_an_inner_layer_of_two_owners_loads(library, tmp_path):
    """The shared layer is one layer with its weights after a round trip through a file."""
    inner = keras.layers.Dense(2)
    model = keras.Sequential([keras.Input((2,)), Owner(inner), Owner(inner)])
    library.save(model, tmp_path / "model.keras")
    loaded = library.load(tmp_path / "model.keras", custom_objects=CLASSES)
    assert loaded.layers[0].inner is loaded.layers[1].inner
    data = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))


@defect("B12", "the inner load ends the outer one's sharing", raises=ValueError, match="could not be loaded")
def test_a_layer_may_load_a_model_while_it_is_made(library, tmp_path):
    """A `load_model` within a load has shared objects of its own and leaves the outer ones alone."""
    part = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    library.save(part, tmp_path / "part.keras")
    inner = keras.layers.Dense(2)
    middle = Loader(str(tmp_path / "part.keras"))
    model = keras.Sequential([keras.Input((2,)), RawOwner(inner), middle, RawOwner(inner)])
    library.save(model, tmp_path / "model.keras")
    loaded = library.load(tmp_path / "model.keras", custom_objects=CLASSES)
    assert loaded.layers[0].inner is loaded.layers[2].inner
    data = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(loaded.predict(data, verbose=0), model.predict(data, verbose=0))
