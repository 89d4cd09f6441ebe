"""How large arrays may be beside the variables that they are for: asked before one is read."""

from __future__ import annotations

import math
from typing import Any

from hornbook.errors import WeightsError

_SLACK = 1 << 24  # bytes that arrays may have beyond the variables they are for


def size_of(*values: Any) -> int:
    """Return the bytes of variables, and of those that objects have, at eight for each number."""
    total = 0
    for value in values:
        for variable in getattr(value, "variables", (value,)):
            total += math.prod(getattr(variable, "shape", ())) * 8
    return total


def check_size(stored: int, own: int, place: str | None) -> None:
    """Refuse arrays that are much larger than the variables they are for.

    Args:
        stored: The bytes of the arrays.
        own: Those of the variables.
        place: Where the arrays are, if that is known here.

    Raises:
        WeightsError: They have more than four times their bytes.
    """
    if stored > _SLACK + 4 * own:
        raise WeightsError(f"The file has {stored} bytes for variables of {own}", place=place)
