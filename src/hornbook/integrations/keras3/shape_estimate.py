"""How large the variables are that a config asks for, as far as it can be told without Keras.

Only what is certain is told: the commonest layers, where the shape of their
input is in the config or follows from the layers before.  Loading counts
every variable when it is made (`allocating.py`); this is for those who only
want to know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from hornbook.engine.plugins import known_as
from hornbook.engine.reference import is_object_config

Shape = tuple["int | None", ...]
# Shapes of the variables that a layer makes for the last axis of its input.
Variables = Callable[[dict[str, Any], int], list[tuple[int, ...]]]

_BYTES = 4  # of a number; Keras makes float32 unless it is told otherwise
_GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
_SAME_SHAPE = frozenset(
    {"Activation", "Dropout", "ReLU", "Softmax", "Rescaling", "GaussianNoise", "ActivityRegularization"}
)


def asks(config: Any) -> Iterator[tuple[int, int]]:
    """Yield bytes, and multiplications of its initializer, of each variable that is certain to be made.

    Args:
        config: The config, as Keras 3 has it and of limited depth.

    Example:
        >>> dense = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 5, "use_bias": False}}
        >>> list(asks({**dense, "build_config": {"input_shape": [None, 3]}}))
        [(60, 0)]
    """
    todo: list[tuple[Any, Shape | None]] = [(config, None)]
    while todo:
        one, before = todo.pop()
        if not (isinstance(one, dict) and is_object_config(one) and _is_keras(one)):
            continue
        inner = one["config"]
        if not isinstance(inner, dict):
            continue
        layers = inner.get("layers")
        if isinstance(layers, list):
            chain = one["class_name"] == "Sequential"
            todo += reversed(list(_chained(layers)) if chain else [(layer, None) for layer in layers])
        elif isinstance(inner.get("layer"), dict):
            todo.append((inner["layer"], None))
        yield from _of_layer(one, inner, _input(one) or before)


def _is_keras(config: dict[str, Any]) -> bool:
    module = config.get("module")
    return isinstance(module, str) and known_as(module).partition(".")[0] == "keras"


def _input(config: dict[str, Any]) -> Shape | None:
    """Return the shape that a layer is built with, as its config says."""
    built = config.get("build_config")
    return _shape(built.get("input_shape")) if isinstance(built, dict) else None


def _shape(value: Any) -> Shape | None:
    if not isinstance(value, (list, tuple)) or not value:
        return None
    return tuple(value) if all(one is None or type(one) is int for one in value) else None


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
    if name == "Dense" and type(inner.get("units")) is int:
        return (*shape[:-1], inner["units"])
    if name == "Flatten" and None not in shape[1:]:
        return (shape[0], math.prod(one or 0 for one in shape[1:]))
    return None


def _of_layer(config: dict[str, Any], inner: dict[str, Any], shape: Shape | None) -> Iterator[tuple[int, int]]:
    name = config["class_name"]
    if name == "Embedding":
        last = 1
    elif shape is not None and type(shape[-1]) is int:
        last = shape[-1]
    else:
        return
    make = _VARIABLES.get(name) if isinstance(name, str) else None
    try:
        shapes = make(inner, last) if make is not None else []
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return  # Keras says what is wrong with it
    for number, one in enumerate(shapes):
        if all(size >= 0 for size in one):
            yield _BYTES * math.prod(one), _work(inner, one) if number == 0 else 0


def _work(inner: dict[str, Any], shape: tuple[int, ...]) -> int:
    """Return what `Orthogonal` takes for the first variable of a layer, if that is what makes it."""
    made = inner.get("kernel_initializer", inner.get("embeddings_initializer"))
    name = made.get("class_name") if isinstance(made, dict) else made
    if not isinstance(name, str) or name.lower().replace("_", "") not in ("orthogonal", "orthogonalinitializer"):
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
