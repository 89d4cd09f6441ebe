"""How large the variables are that a config asks for, as far as it can be told without Keras.

Only what is certain is counted: the commonest layers, where the shape of their
input is in the config or follows from the layers before.  Loading counts every
variable when it is made (`allocating.py`); this is for those who only want to
know.  Without it, 8 of the 220 hostile configs of the tests would pass an
audit as clean, and be refused when they are loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from hornbook.engine.reference import is_object_config

Shape = tuple["int | None", ...]
# Shapes of the variables that a layer makes for the last axis of its input.
Variables = Callable[[dict[str, Any], int], list[tuple[int, ...]]]

_BYTES = 4  # of a number; Keras makes float32 unless it is asked for something else
_GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
_SAME_SHAPE = frozenset(
    {"Activation", "Dropout", "ReLU", "Softmax", "Rescaling", "GaussianNoise", "ActivityRegularization"}
)
_ORTHOGONAL = ("orthogonal", "orthogonalinitializer")


def asks(config: Any, is_ours: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Yield bytes, and multiplications of its initializer, of each variable that is certain to be made.

    Args:
        config: The config, as Keras 3 has it and of limited depth.
        is_ours: Returns whether a module is one of Keras.

    Example:
        >>> dense = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 5, "use_bias": False}}
        >>> list(asks({**dense, "build_config": {"input_shape": [None, 3]}}, lambda module: True))
        [(60, 0)]
    """
    todo: list[tuple[Any, Shape | None]] = [(config, None)]
    while todo:
        part, before = todo.pop()
        inner = part["config"] if isinstance(part, dict) and is_object_config(part) else None
        if isinstance(inner, dict) and isinstance(part.get("module"), str) and is_ours(part["module"]):
            todo += _parts(part, inner)
            yield from _of_layer(part, inner, _input(part) or before)


def _parts(config: dict[str, Any], inner: dict[str, Any]) -> list[tuple[Any, Shape | None]]:
    """Return the layers within one, the last one first, with the shape that each gets, as far as it is known."""
    layers = inner.get("layers")
    if isinstance(layers, list):
        chain = config["class_name"] == "Sequential"
        return list(_chained(layers) if chain else [(layer, None) for layer in layers])[::-1]
    return [(inner["layer"], None)] if isinstance(inner.get("layer"), dict) else []


def _input(config: dict[str, Any]) -> Shape | None:
    """Return the shape that a layer is built with, as its config says."""
    built = config.get("build_config")
    return _shape(built.get("input_shape")) if isinstance(built, dict) else None


def _shape(value: Any) -> Shape | None:
    if not isinstance(value, (list, tuple)) or not value:
        return None
    return tuple(value) if all(size is None or type(size) is int for size in value) else None


def _chained(layers: list[Any]) -> Iterator[tuple[Any, Shape | None]]:
    """Yield the layers of a `Sequential` with the shape that each gets, as far as it is known."""
    shape: Shape | None = None
    for layer in layers:
        yield layer, shape
        inner = layer.get("config") if isinstance(layer, dict) else None
        shape = _after(layer.get("class_name"), inner, _input(layer) or shape) if isinstance(inner, dict) else None


def _after(name: Any, inner: dict[str, Any], shape: Shape | None) -> Shape | None:
    """Return the shape of what a layer gives, for those of which it is simple."""
    if not isinstance(name, str):
        return None
    if name == "InputLayer":
        return _shape(inner.get("batch_shape"))
    if shape is None or name in _SAME_SHAPE or name in _NORMALIZING:
        return shape
    after = _AFTER.get(name)
    return None if after is None else after(inner, shape)


def _after_dense(inner: dict[str, Any], shape: Shape) -> Shape | None:
    return (*shape[:-1], inner["units"]) if type(inner.get("units")) is int else None


def _after_flatten(inner: dict[str, Any], shape: Shape) -> Shape | None:
    return None if None in shape[1:] else (shape[0], math.prod(size or 0 for size in shape[1:]))


_AFTER: dict[str, Callable[[dict[str, Any], Shape], Shape | None]] = {
    "Dense": _after_dense,
    "Flatten": _after_flatten,
}


def _of_layer(config: dict[str, Any], inner: dict[str, Any], shape: Shape | None) -> Iterator[tuple[int, int]]:
    """Yield what the variables of one layer ask for."""
    name = config["class_name"]
    last = 1 if name == "Embedding" else None if shape is None else shape[-1]
    make = _VARIABLES.get(name) if isinstance(name, str) else None
    if make is None or type(last) is not int:
        return
    try:
        shapes = make(inner, last)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return  # Keras says what is wrong with it
    for number, sizes in enumerate(shapes):
        if min(sizes, default=0) >= 0:
            yield _BYTES * math.prod(sizes), _work(inner, sizes) if number == 0 else 0


def _work(inner: dict[str, Any], shape: tuple[int, ...]) -> int:
    """Return what `Orthogonal` takes for the first variable of a layer, if that is what makes it."""
    initializer = inner.get("kernel_initializer", inner.get("embeddings_initializer"))
    name = initializer.get("class_name") if isinstance(initializer, dict) else initializer
    if not isinstance(name, str) or name.lower().replace("_", "") not in _ORTHOGONAL:
        return 0
    rows, columns = math.prod(shape[:-1]), shape[-1]
    return 2 * max(rows, columns) * min(rows, columns) ** 2


def _dense(inner: dict[str, Any], last: int) -> list[tuple[int, ...]]:
    units = int(inner["units"])
    return [(last, units), *_bias(inner, units)]


def _bias(inner: dict[str, Any], size: int) -> list[tuple[int, ...]]:
    return [(size,)] if inner.get("use_bias", True) else []


def _convolution(rank: int) -> Variables:
    def variables(inner: dict[str, Any], last: int) -> list[tuple[int, ...]]:
        size = inner["kernel_size"]
        kernel = (size,) * rank if isinstance(size, int) else tuple(map(int, size))
        filters = int(inner["filters"])
        return [(*kernel, last // int(inner.get("groups", 1)), filters), *_bias(inner, filters)]

    return variables


def _recurrent(gates: int) -> Variables:
    def variables(inner: dict[str, Any], last: int) -> list[tuple[int, ...]]:
        units = int(inner["units"])
        return [(last, gates * units), (units, gates * units), *_bias(inner, gates * units)]

    return variables


_NORMALIZING = frozenset({"BatchNormalization", "LayerNormalization"})
_VARIABLES: dict[str, Variables] = {
    "Dense": _dense,
    "Embedding": lambda inner, last: [(int(inner["input_dim"]), int(inner["output_dim"]))],
    **{f"Conv{rank}D": _convolution(rank) for rank in (1, 2, 3)},
    **{name: _recurrent(gates) for name, gates in _GATES.items()},
    **dict.fromkeys(_NORMALIZING, lambda inner, last: [(last,), (last,)]),
}
