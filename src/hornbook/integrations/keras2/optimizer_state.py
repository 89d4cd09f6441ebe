"""The state of an optimizer of Keras 2 from HDF5, in which it is a list of arrays.

Keras 2 makes an optimizer of the version that a file names: the legacy one for
files of before TF 2.11, whose variables stand in the same order.  Keras 1 to
2.3.1 stored more than it needs; Keras' own `set_weights` knows some of that.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hornbook.archive.weights.stores import StoredArray
from hornbook.errors import OptimizerStateWarning
from hornbook.integrations.keras2.assign import assign, in_order_of, with_values

if TYPE_CHECKING:
    from hornbook.integrations.keras2.private import Private


def restore(
    optimizer: Any, trained: Sequence[Any], arrays: Sequence[StoredArray], place: str, private: Private
) -> None:
    """Give an optimizer the state that a file has, or warn that it starts anew.

    Args:
        optimizer: The optimizer.
        trained: The variables that it trains.
        arrays: The arrays of the file, in its order.
        place: Where they are, for the warning.
        private: The private names of the optimizer's Keras.
    """
    variables = _variables(optimizer, trained)
    values: Sequence[Any] = [array.read() for array in arrays]
    values = in_order_of(variables, [array.name for array in arrays], values) or values
    if not (
        _assigned(variables, values, private)
        or _taken(optimizer, variables, values, private)
        or _counted(variables, values, private)
    ):
        _warn(optimizer, f"it has {len(variables)} variables of other shapes than the {len(values)} arrays", place)


def warn_of_others(model: Any, stored: int, place: str) -> None:
    """Warn where Keras has passed over the state that a `.keras` file has, as it does for another number of arrays.

    Args:
        model: The model, which is filled.
        stored: How many arrays the file has.
        place: Where they are.
    """
    variables = _variables(model.optimizer, model.trainable_variables)
    if stored != len(variables):
        _warn(model.optimizer, f"it has {len(variables)} variables, and there are {stored} arrays", place)


def _warn(optimizer: Any, why: str, place: str) -> None:
    warnings.warn(
        f"The optimizer {type(optimizer).__name__} starts anew: {why} in the file - at `{place}`",
        OptimizerStateWarning,
        stacklevel=3,
    )


def warn_of_none(optimizer: Any, what: str, stacklevel: int = 2) -> None:
    """Warn of an optimizer whose state is not in a `.keras` file.

    TF 2.13, TF 2.15.1 and tf_keras 2.21.0 write none for `keras.optimizers.legacy`, and say nothing of it.

    Args:
        optimizer: The optimizer.
        what: What follows of it.
        stacklevel: How many calls above this one the warning stands.
    """
    warnings.warn(
        f"The optimizer {type(optimizer).__name__} {what}: a `.keras` file of Keras 2 has no state of"
        " optimizers of this kind",
        OptimizerStateWarning,
        stacklevel=stacklevel + 1,
    )


def _variables(optimizer: Any, trained: Sequence[Any]) -> list[Any]:
    """Return the variables of an optimizer, all of which it has made by then."""
    if hasattr(optimizer, "_create_all_weights"):
        optimizer._create_all_weights(trained)
        return list(optimizer.weights)
    optimizer.build(trained)
    variables = optimizer.variables
    return list(variables() if callable(variables) else variables)


def _assigned(variables: Sequence[Any], values: Sequence[Any], private: Private) -> bool:
    """Give each variable its array, if there is one of its shape for each; return whether that was so."""
    if _shapes(variables) != _shapes(values):
        return False
    assign(zip(variables, values, strict=True), private)
    return True


def _taken(optimizer: Any, variables: Sequence[Any], values: Sequence[Any], private: Private) -> bool:
    """Have a legacy optimizer take what Keras 1 to 2.3.1 stored; return whether it did.

    Adam leaves out slots that are not used, and others begin to count at 0 where
    there was no count (`set_weights` of Keras 2.9.0 and 2.15.0).
    """
    if not hasattr(optimizer, "_create_all_weights"):
        return False
    before = with_values(variables, private)
    try:
        optimizer.set_weights(list(values))
    except ValueError:
        assign(before, private)
        return False
    return True


def _counted(variables: Sequence[Any], values: Sequence[Any], private: Private) -> bool:
    """Take the count of steps for an SGD without momentum: its last step is stored by Keras 1 to 2.3.1, for no use."""
    if _shapes(variables) != [()] or not values or values[0].shape != ():
        return False
    assign([(variables[0], values[0])], private)
    return True


def _shapes(arrays: Sequence[Any]) -> list[tuple[int, ...]]:
    return [tuple(array.shape) for array in arrays]
