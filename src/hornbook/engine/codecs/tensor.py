"""The tag `__tensor__`: made by whichever framework is there to make it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hornbook.engine.codecs.table import field
from hornbook.errors import (
    ConfigError,
    MissingDependencyError,
    SerializationError,
    UntrustedReferenceError,
    short,
)

if TYPE_CHECKING:
    from hornbook.engine.decode import Reader
    from hornbook.engine.encode import Writer

TAG = "__tensor__"

# A dtype string decides how much is allocated (`U400000000`), so only these.
DTYPES = frozenset(
    ["bool", "bfloat16", "complex64", "complex128"]
    + [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
    + [f"float{bits}" for bits in (16, 32, 64)]
    + ["float8_e4m3fn", "float8_e5m2", "int4", "uint4"]
)


def array_config(tag: str, values: Any, dtype: str, shape: Sequence[int], writer: Writer) -> dict[str, Any]:
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


def check_spec(config: dict[str, Any]) -> None:
    """Refuse a type spec that is none of TensorFlow's.

    Raises:
        UntrustedReferenceError: Its class lives elsewhere.
    """
    module = config.get("module")
    if module is not None and not (isinstance(module, str) and module.partition(".")[0] == "tensorflow"):
        name = f"{module}.{config.get('spec_name')}"
        problem = f"The type spec {short(name)} is none of TensorFlow's"
        raise UntrustedReferenceError(problem, names=(name,), config=config)


def decode_tensor(inner: dict[str, Any], config: dict[str, Any], reader: Reader) -> Any:
    """Make a tensor: of Keras' backend if Keras is active, else of the one framework."""
    value, dtype = parts(inner, TAG)
    makers = [one for one in reader.registry.integrations.active if one.tensor is not None]
    chosen = [one for one in makers if one.root == "keras"] or makers
    if len(chosen) != 1:
        raise MissingDependencyError(
            "A tensor can be made by several frameworks" if chosen else "No framework is loaded to make a tensor",
            hint="Import keras, or exactly one of torch, jax and tensorflow, before reading.",
        )
    make = chosen[0].tensor
    assert make is not None  # noqa: S101  chosen for it
    try:
        return make(value, dtype)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:  # RuntimeError: PyTorch
        raise ConfigError(f"`{TAG}` holds no {dtype} array: {short(str(error))}", config=inner) from error
