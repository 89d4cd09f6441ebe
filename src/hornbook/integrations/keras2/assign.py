"""Which array of a file belongs to which variable of Keras 2, and where it becomes its value: only here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hornbook.integrations.keras2.private import Private


def variables_of(model: Any) -> list[Any]:
    """Return the variables of a model, without what stands for a vocabulary, which is a file of its own."""
    return [variable for variable in model.variables if hasattr(variable, "assign")]


def assign(pairs: Iterable[tuple[Any, Any]], private: Private) -> None:
    """Give variables their values; where TensorFlow runs graphs, in the session of Keras."""
    private.set_values([*pairs])


def with_values(variables: Sequence[Any], private: Private) -> list[tuple[Any, Any]]:
    """Return variables with their values."""
    return [*zip(variables, private.get_values(variables), strict=True)]


def in_order_of(variables: Sequence[Any], names: Sequence[str], values: Sequence[Any]) -> list[Any] | None:
    """Return arrays in the order of the variables that they are called like; `None` where the names do not tell.

    Keras 2 stores the trained variables of a part before the others, so a part of
    which some are frozen has another order than one of which none are.

    Args:
        variables: The variables.
        names: What the arrays are called in the file.
        values: The arrays.
    """
    stored = dict(zip(names, values, strict=True))
    own = [variable.name for variable in variables]
    if len(stored) != len(values) or len(set(own)) != len(own) or stored.keys() != set(own):
        return None
    return [stored[name] for name in own]
