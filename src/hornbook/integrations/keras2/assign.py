"""Where arrays become the values of variables of Keras 2: here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def assign(pairs: Iterable[tuple[Any, Any]]) -> None:
    """Give variables their values."""
    for variable, value in pairs:
        variable.assign(value)
