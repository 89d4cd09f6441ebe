"""Numbers that an object keeps where nothing writes them are found; those that come back are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

import hornbook

register = hornbook.register_keras_serializable("unsaved")


class Box:
    """An object of no framework."""


@register
class Keeps(keras.layers.Layer):
    """Keeps in `box` whatever a test puts there."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.box = Box()
        self.start()

    def start(self) -> None:
        pass

    def call(self, inputs: Any) -> Any:
        return inputs


def kept(change: Callable[[Any], None]) -> keras.Model:
    layer = Keeps()
    change(layer)
    return keras.Sequential([keras.Input((3,)), layer])


def generator(draw: bool) -> keras.random.SeedGenerator:
    made = keras.random.SeedGenerator(3)
    if draw:
        made.next()
    return made


def torch_like(layer: Any) -> None:
    torch = pytest.importorskip("torch")
    layer.box.module = torch.nn.Linear(2, 2)


def tensorflow_variable(layer: Any) -> None:
    tf = pytest.importorskip("tensorflow")
    layer.box.count = tf.Variable([1.0, 2.0])


def untracked_layer() -> Any:
    made = keras.layers.Dense(2)
    made.build((None, 3))
    return made


FOUND = {
    "an array": lambda layer: setattr(layer.box, "mean", np.arange(3.0)),
    "an array of the layer itself": lambda layer: setattr(layer, "mean", np.arange(3.0)),
    "a list in a dict": lambda layer: setattr(layer.box, "all", {"a": [None, np.arange(3.0)]}),
    "a tensor": lambda layer: setattr(layer.box, "mean", keras.ops.ones(3)),
    "a variable": lambda layer: setattr(layer.box, "count", {"a": [keras.Variable(np.arange(2.0))]}),
    "a layer": lambda layer: setattr(layer.box, "inner", untracked_layer()),
    "a seed generator": lambda layer: setattr(layer.box, "seed", [generator(draw=True)]),
    "a module of PyTorch": torch_like,
    "a variable of TensorFlow": tensorflow_variable,
}


@pytest.mark.parametrize("change", FOUND.values(), ids=FOUND)
def test_what_nothing_writes_is_found(change: Callable[[Any], None]) -> None:
    """In a model, in a model within one, and of a layer alone."""
    model = kept(change)
    for one in (model, keras.Sequential([keras.Input((3,)), model]), model.layers[0]):
        (found,) = hornbook.check(one).findings
        assert (found.rule, found.class_name) == ("state", "Keeps")
        assert found.file == __file__


@register
class Made(Keeps):
    """Makes all of its arguments, or writes it."""

    def __init__(self, size: int = 3, **kwargs: Any) -> None:
        self.size = size
        super().__init__(**kwargs)

    def start(self) -> None:
        self.table = np.arange(self.size)
        self.box.tables = [{"a": np.ones(self.size)}]
        self.box.unseeded = keras.random.SeedGenerator()
        self.box.drawn_by_nobody = generator(draw=False)
        self.box.itself = self
        self.tracked = [keras.random.SeedGenerator(1), keras.layers.Dense(2)]
        self.scale = np.float32(0.5)

    def build(self, input_shape: Any) -> None:
        self.weight = self.add_weight(shape=(2,), initializer="uniform")
        self.tracked[1].build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@register
class WritesItself(Keeps):
    def start(self) -> None:
        self.seen = np.zeros(2)

    def save_own_variables(self, store: Any) -> None:
        store["seen"] = self.seen

    def load_own_variables(self, store: Any) -> None:
        self.seen = np.array(store["seen"])


@register
class FromItsConfig(Keeps):
    def __init__(self, table: Any = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = np.asarray(table)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "table": self.table.tolist()}


def seen() -> Keeps:
    layer = WritesItself()
    layer.seen = np.ones(2)
    return layer


def drawn() -> Keeps:
    layer = Made(4)
    layer.tracked[0].next()
    return layer


@pytest.mark.parametrize("make", [Made, lambda: Made(5), drawn, seen, lambda: FromItsConfig(np.arange(4.0))])
def test_what_comes_back_is_not_found(make: Callable[[], Any]) -> None:
    """It is made of the arguments, or tracked, or written."""
    layer = make()
    model = keras.Sequential([keras.Input((3,)), layer])
    for one in (model, layer):
        report = hornbook.check(one)
        assert report.ok, str(report)


def test_what_training_leaves_behind_is_not_found() -> None:
    """Metrics, losses, the state of an optimizer: a framework's own affair."""

    @register
    class Trained(keras.Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.inner = keras.layers.Dense(3, activity_regularizer="l2")
            self.mean = keras.metrics.Mean()

        def call(self, inputs: Any, training: bool = False) -> Any:
            self.add_loss(keras.ops.sum(inputs))
            return self.inner(inputs)

    model = Trained()
    model.compile("adam", "mse", metrics=["mae"])
    x = np.ones((4, 3), "float32")
    model.fit(x, x, epochs=2, verbose=0)
    model(x)
    report = hornbook.check(model)
    assert report.ok, str(report)
