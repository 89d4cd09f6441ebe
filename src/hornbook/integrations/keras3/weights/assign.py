"""Where arrays become the values of variables: here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hornbook.integrations.keras3 import deferred_init
from hornbook.integrations.keras3.weights import bins

# Variables with the values they are to have.
Pairs = list[tuple[Any, Any]]


def assign(pairs: Iterable[tuple[Any, Any]]) -> None:
    """Give variables their values."""
    for variable, value in pairs:
        variable.assign(value)


def load_own(value: Any, arrays: Mapping[str, Any]) -> None:
    """Give an object the arrays that it is to make its state of.

    Args:
        value: An object with `load_own_variables`.
        arrays: What the file has for it.
    """
    with deferred_init.given_to(value.load_own_variables, arrays) as given:
        value.load_own_variables(given)
    bins.finish(value)
