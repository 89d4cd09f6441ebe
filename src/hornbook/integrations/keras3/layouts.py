"""Orders of stored arrays that changed between versions of Keras 3.

A rule belongs to a class, holds where the file was written on one side of a
version and is read on the other, and gives the arrays under the numbers that
the class has in the Keras at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

Arrays = Mapping[str, Any]
Version = tuple[int, ...]


class Rule(NamedTuple):
    """A change of order.

    Args:
        since: The first version with the new order.
        newer: Gives the arrays of an older file in the new order.
        older: Gives those of a newer file in the old one.
    """

    since: Version
    newer: Callable[[Arrays], Arrays]
    older: Callable[[Arrays], Arrays]


def _numbered(arrays: Arrays, order: Iterable[int]) -> Arrays:
    return {str(position): arrays[str(number)] for position, number in enumerate(order)}


def _product_last(arrays: Arrays) -> Arrays:
    """The running product of Nadam stood before the moments, and stands after them since 3.10.

    The order follows from the order of assignments in `Nadam.build`.
    """
    return _numbered(arrays, [0, 1, *range(3, len(arrays)), 2])


def _product_first(arrays: Arrays) -> Arrays:
    return _numbered(arrays, [0, 1, len(arrays) - 1, *range(2, len(arrays) - 1)])


def rules() -> dict[type, Rule]:
    """Return what changed, by class."""
    import keras

    return {keras.optimizers.Nadam: Rule((3, 10), _product_last, _product_first)}


def version_of(metadata: Mapping[str, Any]) -> Version | None:
    """Return the version that wrote a file, or `None` if it does not say."""
    return _version(str(metadata.get("keras_version", "")))


def _version(text: str) -> Version | None:
    parts = text.split(".")[:2]
    return tuple(map(int, parts)) if len(parts) == 2 and all(part.isdecimal() for part in parts) else None


def reordered(value: Any, arrays: Arrays, written_by: Version | None) -> Arrays:
    """Return the stored `arrays` of `value` in the order that its class has in the Keras at hand."""
    for cls, rule in rules().items():
        if isinstance(value, cls) and written_by is not None and len(arrays) > 2:
            import keras

            here = (_version(keras.__version__) or rule.since) >= rule.since
            there = written_by >= rule.since
            if here != there:
                return rule.newer(arrays) if here else rule.older(arrays)
    return arrays
