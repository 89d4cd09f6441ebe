"""Which Keras wrote a store by path, and orders of arrays that changed between versions of Keras 3.

A rule belongs to a class, holds where the file was written on one side of a
version and is read on the other, and gives the arrays under the numbers that
the class has in the Keras at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from hornbook.integrations.keras3.weights import older_stores
from hornbook.upgrading.versions import Version, parsed

if TYPE_CHECKING:
    from hornbook.archive.weights.stores import WeightStore

# What wrote a store by path: TF 2.12 to 2.15, or Keras 3.
TF, KERAS_3 = 2, 3
Arrays = Mapping[str, Any]
_FIXED = 2  # count of steps and learning rate, which stand first in every version


class Reordering(NamedTuple):
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


def rules() -> dict[type, Reordering]:
    """Return what changed, by class."""
    import keras

    return {keras.optimizers.Nadam: Reordering((3, 10), _product_last, _product_first)}


def version_of(metadata: Mapping[str, Any]) -> Version | None:
    """Return the version that wrote a file, or `None` if it does not say."""
    return parsed(str(metadata.get("keras_version", "")))


def generation(weights: WeightStore, written_by: Version | None) -> int | None:
    """Return `KERAS_3` or `TF`, by the layout where no version is stored; `None` if that does not decide either.

    Keras 3.6 to 3.15 write the name of the model (3.0 does not, nor does TF);
    TF 2.12 and 2.13 had a container that is gone.
    """
    if written_by is not None:
        return KERAS_3 if written_by >= (3,) else TF
    labels = weights.labels("")
    if labels is not None and labels.name is not None:
        return KERAS_3
    return TF if older_stores.is_older(entry.path for entry in weights.entries()) else None


def reordered(value: Any, arrays: Arrays, written_by: Version | None) -> Arrays:
    """Return the stored `arrays` of `value` in the order that its class has in the Keras at hand.

    Where no version is stored, the shapes decide.
    """
    rule = _rule(value)
    if rule is None or len(arrays) <= _FIXED:
        return arrays
    if written_by is None:
        return fitting(value, arrays) or arrays
    import keras

    here = (parsed(keras.__version__) or rule.since) >= rule.since
    there = written_by >= rule.since
    if here == there:
        return arrays
    return rule.newer(arrays) if here else rule.older(arrays)


def fitting(value: Any, arrays: Arrays) -> Arrays | None:
    """Return `arrays` in the first order in which each has the shape of its variable; `None` if there is none."""
    shapes = [tuple(variable.shape) for variable in value.variables]
    if set(arrays) != {str(number) for number in range(len(shapes))}:
        return None
    read, rule = dict(arrays), _rule(value)
    orders: list[Arrays] = [read]
    if rule is not None and len(read) > _FIXED:
        orders += [rule.newer(read), rule.older(read)]
    for order in orders:
        if [order[str(number)].shape for number in range(len(shapes))] == shapes:
            return order
    return None


def _rule(value: Any) -> Reordering | None:
    return next((rule for cls, rule in rules().items() if isinstance(value, cls)), None)
