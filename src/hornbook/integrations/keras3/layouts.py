"""Orders of stored arrays that changed between versions of Keras 3.

A rule belongs to a class, holds for files written before a version, and gives
the arrays under the numbers that the class has now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Arrays = Mapping[str, Any]
Version = tuple[int, ...]


def _nadam(arrays: Arrays) -> Arrays:
    """The running product stood before the moments, and stands after them since 3.10.

    The order follows from the order of assignments in `Nadam.build`.
    """
    order = ["0", "1", *map(str, range(3, len(arrays))), "2"]
    return {str(position): arrays[name] for position, name in enumerate(order)}


def rules() -> dict[type, tuple[Version, Callable[[Arrays], Arrays]]]:
    """Return for each class the first version with the new order, and what reorders."""
    import keras

    return {keras.optimizers.Nadam: ((3, 10), _nadam)}


def version_of(metadata: Mapping[str, Any]) -> Version | None:
    """Return the version that wrote a file, or `None` if it does not say."""
    parts = str(metadata.get("keras_version", "")).split(".")[:2]
    return tuple(map(int, parts)) if len(parts) == 2 and all(part.isdigit() for part in parts) else None


def reordered(value: Any, arrays: Arrays, written_by: Version | None) -> Arrays:
    """Return the stored `arrays` of `value` in the order that its class has now."""
    for cls, (since, reorder) in rules().items():
        if isinstance(value, cls) and written_by is not None and written_by < since and len(arrays) > 2:
            return reorder(arrays)
    return arrays
