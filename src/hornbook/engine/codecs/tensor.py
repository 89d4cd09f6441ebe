"""The tag `__tensor__`: made by whichever framework is there to make it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hornbook.engine.codecs.table import ValueReader, ValueWriter, field
from hornbook.errors import (
    ConfigError,
    MissingDependencyError,
    SerializationError,
    short,
)

TAG = "__tensor__"

# A dtype string decides how much is allocated (`U400000000`), so only these.
DTYPES = frozenset(
    ["bool", "bfloat16", "complex64", "complex128"]
    + [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
    + [f"float{bits}" for bits in (16, 32, 64)]
    + ["float8_e4m3fn", "float8_e5m2", "int4", "uint4"]
)
# The least and the greatest number of each kind of integers.
_RANGES = {
    "bool": (0, 1),
    **{f"int{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (4, 8, 16, 32, 64)},
    **{f"uint{bits}": (0, (1 << bits) - 1) for bits in (4, 8, 16, 32, 64)},
}
# How many axes an array has at most.
_AXES = 32
# Where numbers round to infinity, or to none.
_INFINITE = {
    "float8_e4m3fn": math.nextafter(464.0, math.inf),
    "float8_e5m2": 61440.0,
    "float16": 65520.0,
    "bfloat16": 3.3961775292304601e38,
    "float32": 3.4028235677973366e38,
    "complex64": 3.4028235677973366e38,
}
_INFINITE_64 = (1 << 1024) - (1 << 970)


def array_config(tag: str, values: Any, dtype: str, shape: Sequence[int], writer: ValueWriter) -> dict[str, Any]:
    """Return the config of an array or tensor: nested lists and a dtype name.

    Raises:
        SerializationError: The lists do not tell its shape.
    """
    if 0 in tuple(shape)[:-1]:
        writer.refuse(
            SerializationError(
                f"An empty array of shape {tuple(shape)} would come back with another shape",
                hint="Store its shape beside it.",
            )
        )
    return {"class_name": tag, "config": {"value": values, "dtype": dtype}}


def parts(inner: dict[str, Any], tag: str) -> tuple[Any, str]:
    """Return value and dtype of a tagged array.

    Raises:
        ConfigError: One is missing, the dtype is none of numbers, or the value
            is no array of it.
    """
    value, dtype = field(inner, "value", tag), field(inner, "dtype", tag)
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ConfigError(f"`{tag}` cannot have the dtype {short(dtype)}", config=inner)
    what = _not_an_array(value, dtype)
    if what:
        raise ConfigError(f"`{tag}` holds no {dtype} array: {what}", config=inner)
    return value, dtype


def check_array(config: dict[str, Any]) -> None:
    """Refuse a tagged array without a value, or with one that is no array of its dtype.

    Raises:
        ConfigError: It is one.
    """
    parts(config["config"], config["class_name"])


def _not_an_array(value: Any, dtype: str) -> str:
    """Return what is wrong with nested lists as an array; nothing if they are one, or if there is no list."""
    level: list[Any] = [value]
    for _ in range(_AXES):
        if not any(isinstance(part, (list, tuple)) for part in level):
            break
        if not all(isinstance(part, (list, tuple)) for part in level) or len({len(part) for part in level}) > 1:
            return "lists in it differ in length"
        level = [member for part in level for member in part]
    numbers = _numbers(dtype)
    for number in level:
        if not isinstance(number, numbers) or not _has(dtype, number):
            return f"{short(number)} is not one of its numbers"
    return ""


def _numbers(dtype: str) -> tuple[type, ...]:
    """Return the types that stand for the numbers of a dtype."""
    if dtype in _RANGES:
        return (int,)
    return (float, int, complex) if dtype.startswith("complex") else (float, int)


def _has(dtype: str, number: Any) -> bool:
    """Return whether there is such a number, or one that it rounds to."""
    if dtype in _RANGES:
        low, high = _RANGES[dtype]
        return bool(low <= number <= high)
    infinite = _INFINITE.get(dtype, _INFINITE_64)
    return all(part == math.inf or not part >= infinite for part in map(abs, (number.real, number.imag)))


def decode_tensor(inner: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
    """Make a tensor: of the framework that makes them first, if one is active, else of the only one."""
    value, dtype = parts(inner, TAG)
    makers = [one for one in reader.registry.integrations.active if one.tensor is not None]
    chosen = [one for one in makers if one.makes_tensors_first] or makers
    if len(chosen) != 1:
        raise MissingDependencyError(
            "A tensor can be made by several frameworks" if chosen else "No framework is loaded to make a tensor",
            hint="Import the one that is meant before reading, and no other.",
        )
    make = chosen[0].tensor
    assert make is not None  # noqa: S101  chosen for it
    try:
        return make(value, dtype)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ConfigError(f"`{TAG}` holds no {dtype} array: {short(str(error))}", config=inner) from error
