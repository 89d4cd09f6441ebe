"""The fourth gate: what a file declares is compared with what it stores.

A size in a file is the attacker's statement: 200 bytes can declare an array
of a terabyte.  So nothing of a file is inflated or allocated before its
:class:`DeclaredBudget` allows it, and what is inflated is counted, not believed.
"""

from __future__ import annotations

from hornbook.errors import LimitError
from hornbook.policy import Limits


def most_declared(limits: Limits, stored: int) -> int:
    """Return how many bytes a part of a file may declare that has so many of them in the file."""
    return max(limits.ratio_floor, limits.ratio * stored)


class DeclaredBudget:
    """What a file may ask for beyond what it stores: for all its parts together, not for each.

    Args:
        limits: How much that is.

    Example:
        >>> budget = DeclaredBudget(Limits(ratio=10, ratio_floor=100))
        >>> budget.spend(1000, 100, "array")
        >>> budget.spend(1000, 95, "array")
        >>> budget.spend(1000, 94, "array")
        Traceback (most recent call last):
        hornbook.errors.LimitError: The file declares 110 bytes too many: this array 1000, and stores 94
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._unfounded = 0

    def spend(self, declared: int, stored: int, what: str) -> None:
        """Count what a part declares against what it stores.

        Raises:
            LimitError: All parts so far declare too much.
        """
        self._unfounded += max(0, declared - self._limits.ratio * stored)
        if self._unfounded > self._limits.ratio_floor:
            raise LimitError(
                f"The file declares {self._unfounded} bytes too many: this {what} {declared}, and stores {stored}",
                place=None,
            )
