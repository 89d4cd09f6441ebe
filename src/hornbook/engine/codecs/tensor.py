"""The tag `__tensor__`: made by whichever framework is there to make it."""

from __future__ import annotations

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
        ConfigError: One is missing, or the dtype is none of numbers.
    """
    value, dtype = field(inner, "value", tag), field(inner, "dtype", tag)
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ConfigError(f"`{tag}` cannot have the dtype {short(dtype)}", config=inner)
    return value, dtype


def check_array(config: dict[str, Any]) -> None:
    """Refuse a tagged array without a value, or of a dtype that is none of numbers.

    Raises:
        ConfigError: It is one.
    """
    parts(config["config"], config["class_name"])


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
