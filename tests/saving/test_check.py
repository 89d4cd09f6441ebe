"""`check` tells what would not come back: each finding is true, and what has none loads and is the same."""

from __future__ import annotations

import json
import random
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from defects.registries import clean_registries, registries
from tests import needs

import hornbook
from hornbook.saving.checking.findings import CheckError

__all__ = ["clean_registries"]
register = hornbook.register_keras_serializable("checked")
HERE = Path(__file__).name


def rules(obj, **more):
    return [one.rule for one in hornbook.check(obj, **more).findings]


def back(obj):
    """Return what comes back of an object through JSON."""
    return hornbook.deserialize_keras_object(json.loads(json.dumps(hornbook.serialize_keras_object(obj))))


class Plain:
    """An object that keeps its arguments, and the class method that reads them."""

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@register
class Good(Plain):
    def __init__(self, size, ratio=0.5, names=()):
        self.size, self.ratio, self.names = tuple(size), ratio, list(names)

    def get_config(self):
        return {"size": self.size, "ratio": self.ratio, "names": self.names}


@register
class Forgets(Plain):
    def __init__(self, width, height=1):
        self.width, self.height = width, height

    def get_config(self):
        return {"width": self.width}


@register
class ForgetsWhatIsNeeded(Forgets):
    def __init__(self, width, height):
        super().__init__(width, height)


@register
class KeepsOtherwise(Plain):
    def __init__(self, rate=0.1):
        self.half = rate / 2

    def get_config(self):
        return {}


@register
class ForgetsName(Plain):
    def __init__(self, name="forgets_name"):
        self.name = name

    def get_config(self):
        return {}


@register
class ForgetsNameOfLayer(keras.layers.Layer):
    def call(self, inputs):
        return inputs

    def get_config(self):
        config = super().get_config()
        del config["name"]
        return config


@register
class NeedsTuple(Plain):
    def __init__(self, size):
        self.size = size

    def get_config(self):
        return {"size": self.size}


@register
class Raises(Plain):
    def get_config(self):
        raise RuntimeError("no")


@register
class Counts(Plain):
    def __init__(self):
        self.count = 0

    def get_config(self):
        self.count += 1
        return {"at": f"<{self.count}>"}

    @classmethod
    def from_config(cls, config):
        return cls()


@register
class Writes(Plain):
    """Writes whatever it is given."""

    def __init__(self, value):
        self.value = value

    def get_config(self):
        return {"value": self.value}

    @classmethod
    def from_config(cls, config):
        return cls(hornbook.deserialize_keras_object(config["value"]))


@register
class Refuses(Good):
    @classmethod
    def from_config(cls, config):
        raise KeyError("size")


class Nobody(NeedsTuple):
    pass


OBJECTS = {
    "an argument that get_config forgets": (lambda: Forgets(2, 3), "forgotten"),
    "an argument that __init__ needs and get_config forgets": (lambda: ForgetsWhatIsNeeded(2, 3), "forgotten"),
    "an attribute that is made of a forgotten argument": (lambda: KeepsOtherwise(0.7), "forgotten"),
    "a name of the form in which Keras counts": (lambda: ForgetsName("forgets_name_2"), "forgotten"),
    "a tuple that comes back as a list": (lambda: NeedsTuple((1, 2)), "lossy"),
    "a get_config that raises": (lambda: Raises(), "unwritable"),
    "a get_config that changes": (lambda: Counts(), "unstable"),
    "a set": (lambda: Writes({1, 2}), "unwritable"),
    "a complex number": (lambda: Writes(1 + 2j), "unwritable"),
    "keys that are no strings": (lambda: Writes({1: "a"}), "unwritable"),
    "a class that nobody registered": (lambda: Nobody([1]), "unregistered"),
    "a lambda": (lambda: Writes(lambda x: x), "lambda"),
    "a from_config that fails": (lambda: Refuses((1,)), "from_config"),
    "an object within another": (lambda: Writes([Forgets(2, 3)]), "forgotten"),
}


@pytest.mark.parametrize("what", OBJECTS)
def test_what_does_not_come_back_is_found(what):
    """With the rule, the class, this file, a line of it and something to do."""
    make, rule = OBJECTS[what]
    report = hornbook.check(make())
    assert rule in [one.rule for one in report.findings], str(report)
    [found] = [one for one in report.findings if one.rule == rule][:1]
    assert Path(found.file).name == HERE
    source = Path(__file__).read_text().splitlines()[found.line - 1]
    assert "def " in source or "class " in source or "@" in source
    assert found.hint
    assert found.class_name in type(make()).__qualname__ + " Forgets"
    assert not report.ok


@pytest.mark.parametrize("what", OBJECTS)
@pytest.mark.filterwarnings("ignore:A lambda is written:UserWarning")
def test_what_is_found_is_true(what):
    """Without `check` the object cannot be written or read, or it is another one afterwards."""
    obj = OBJECTS[what][0]()
    before = state(obj)
    try:
        made = back(obj)
    except (hornbook.HornbookError, TypeError):
        return
    assert state(made) != before or hornbook.serialize_keras_object(obj) != hornbook.serialize_keras_object(made)


def state(obj):
    if isinstance(obj, (list, tuple)):
        return type(obj).__name__, [state(one) for one in obj]
    return {name: state(one) for name, one in vars(obj).items()} if hasattr(obj, "__dict__") else obj


@pytest.mark.parametrize(
    "make",
    [
        lambda: Good((1, 2)),
        lambda: Good([3], 0.1, ["a"]),
        lambda: Good((1,), float("nan")),
        lambda: Forgets(2),
        lambda: Writes(np.float32(0.1)),
        lambda: Writes(np.ones((2, 3))),
        lambda: Writes({"a": [None, True, "x", 1.5, b"b"]}),
        lambda: [Good((1,)), Writes(Good((2,)))],
        lambda: {"a": 1},
        lambda: keras.layers.Dense(3),
        lambda: keras.optimizers.Adam(0.5),
    ],
)
def test_what_is_called_fine_comes_back(make):
    obj = make()
    report = hornbook.check(obj)
    assert report.ok, str(report)
    assert str(report).endswith(": will load")
    assert json.dumps(hornbook.serialize_keras_object(back(obj))) == json.dumps(hornbook.serialize_keras_object(obj))


def test_the_name_of_a_layer_is_a_part_of_it():
    """Whoever gave it, and whatever its form: outputs, losses and `get_layer` go by it."""
    for name in ("mine", "forgets_name_of_layer_7", None):
        assert rules(ForgetsNameOfLayer(name=name)) == ["forgotten"], name
    inputs = keras.Input((2,))
    model = keras.Model(inputs, ForgetsNameOfLayer()(inputs))
    assert [one.class_name for one in hornbook.check(model).findings] == ["ForgetsNameOfLayer"]


def test_a_built_in_may_get_another_number():
    """Keras' own class writes no name, and counts: nobody can do anything about it."""
    space = keras.utils.FeatureSpace
    assert hornbook.check(space({"a": space.float()})).ok


def test_all_is_found_at_once():
    """One object does not hide another."""
    found = rules([Forgets(1, 2), NeedsTuple((1,)), Nobody([1]), Raises()])
    assert found == ["unwritable"]
    assert set(rules([Forgets(1, 2), NeedsTuple((1,)), Nobody([1])])) == {"unregistered", "forgotten", "lossy"}


def test_custom_objects_will_be_there():
    assert hornbook.check(Nobody([1]), custom_objects={"Nobody": Nobody}).ok
    with hornbook.custom_object_scope({"Nobody": Nobody}):
        assert hornbook.check(Nobody([1])).ok


# ------------------------------------------------------------ layers and models
@register
class NoKeywords(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def call(self, inputs):
        return inputs

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@register
class Late(keras.layers.Layer):
    """Makes its variable when it first computes with numbers."""

    def call(self, inputs):
        if not hasattr(self, "late"):
            self.late = self.add_weight(shape=(1,), name="late")
        return inputs + self.late

    def build(self, input_shape):
        pass


@register
class Frozen(keras.layers.Layer):
    """Keras writes a config of its own accord: what it was made with, not what it is."""

    def __init__(self, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs):
        return inputs * self.rate


@register
class Good2(keras.layers.Layer):
    def call(self, inputs):
        return inputs * 2


@register
class Block(keras.layers.Dense):
    pass


@register
class Block_1(keras.layers.Dense):
    pass


CROWDED = [(Block, "a"), (Block, "b"), (Block_1, "c")]


def sharing():
    shared = keras.layers.Dense(3, name="shared")
    inputs = keras.Input((3,))
    one, two = (keras.Model(inputs, shared(inputs), name=name) for name in ("one", "two"))
    return keras.Model(inputs, two(one(inputs)))


def sequential(*layers):
    return keras.Sequential([keras.Input((3,)), *layers])


def changed(layer, **attributes):
    for name, value in attributes.items():
        setattr(layer, name, value)
    return layer


MODELS = {
    "a layer without keywords": (lambda: sequential(NoKeywords(2)), "arguments"),
    "a class that nobody registered": (
        lambda: sequential(type("Unknown", (keras.layers.Dense,), {})(2)),
        "unregistered",
    ),
    "a lambda": (lambda: sequential(keras.layers.Lambda(lambda x: x + 1)), "lambda"),
    "an argument that was changed": (lambda: sequential(changed(Frozen(0.1), rate=0.9)), "lossy"),
    "two layers on one path": (lambda: sequential(*(cls(2, name=name) for cls, name in CROWDED)), "paths"),
    "a layer that two models within it share": (lambda: sharing(), "weights"),
}


@pytest.mark.parametrize("what", MODELS)
def test_a_model_that_does_not_come_back_is_refused(what, tmp_path):
    """`save_model(check=True)` writes nothing, and its one error has all findings."""
    make, rule = MODELS[what]
    model = make()
    path = tmp_path / "model.keras"
    with pytest.raises(CheckError) as caught:
        hornbook.save_model(model, path, check=True)
    assert rule in [one.rule for one in caught.value.report.findings], str(caught.value.report)
    assert len(str(caught.value).splitlines()) <= 2
    assert not list(tmp_path.iterdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            hornbook.save_model(model, path)
            made = hornbook.load_model(path)
        except hornbook.HornbookError:
            return
    assert made.layers[0].rate != model.layers[0].rate


@needs.since("3.9", "older ones do not read what they write of a layer that is called twice")
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning")
def test_a_model_that_is_fine_is_saved(tmp_path):
    """A layer that is called twice is one again, so nothing is found."""
    shared = keras.layers.Dense(3, name="shared")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, shared(Good2()(shared(inputs))))
    model.compile("adam", "mse")
    report = hornbook.check(model)
    assert report.ok, str(report)
    hornbook.save_model(model, tmp_path / "model.keras", check=True)
    made = hornbook.load_model(tmp_path / "model.keras")
    assert len(made.trainable_variables) == 2
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(made.predict(x, verbose=0), model.predict(x, verbose=0))


def test_nothing_is_changed():
    """Neither the object nor registries, names, random numbers, files."""
    model = sequential(keras.layers.Dense(2, kernel_regularizer="l2"), keras.layers.Dropout(0.5), Frozen(0.5))
    before = hornbook.fingerprint(model)
    kept = [dict(one) for one in registries()]
    name, numbers = keras.layers.Dense(1).name, random.getstate()
    assert hornbook.check(model).ok
    assert random.getstate() == numbers
    assert keras.layers.Dense(1).name == f"dense_{int(name.rpartition('_')[2]) + 1}"
    assert hornbook.fingerprint(model) == before
    assert [dict(one) for one in registries()] == kept
