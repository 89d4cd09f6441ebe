"""What a reading may allocate: counted before it is, for all that is made meanwhile.

A config of 80 bytes can ask for a terabyte.  Whoever makes an array during a
reading says so here first; a file that stores much may ask for much.
"""

from __future__ import annotations

from collections.abc import Iterable

from hornbook.errors import LimitError
from hornbook.policy import Limits

# An array of random numbers takes about two more of its size while it is made
# (JAX 0.4 to 0.10: bits, floats, the product with the scale).
_MEANWHILE = 2
# Symbolic tensors for each call of a layer; 12,000 calls in a `Sequential` make about five each.
_TENSORS = 10


class Budget:
    """The bytes and the work that one outermost reading may ask for.

    Args:
        limits: Those of its policy.
    """

    __slots__ = ("_left_bytes", "_left_filled", "_left_tensors", "_left_work", "_limits", "_stored")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stored = 0
        self._left_bytes = limits.variable_bytes
        self._left_filled = limits.filled_bytes
        self._left_work = limits.solving_floor
        self._left_tensors = _TENSORS * limits.calls

    def grant(self, stored: int) -> None:
        """Allow what a file that stores so many bytes of weights may ask for."""
        limits = self._limits
        before = self._allowed(limits.variable_bytes), self._allowed(limits.filled_bytes)
        self._stored += stored
        self._left_bytes += self._allowed(limits.variable_bytes) - before[0]
        self._left_filled += self._allowed(limits.filled_bytes) - before[1]
        self._left_work += limits.solving * stored

    def foresee(self, asked: Iterable[tuple[int, int]]) -> None:
        """Refuse what is certain to be asked for, all of it together, before any of it is made.

        Args:
            asked: Bytes of each variable, and multiplications of its initializer.

        Raises:
            LimitError: It is more than is left.
        """
        left = self._left_bytes, self._left_work
        try:
            for size, multiplications in asked:
                self.take(size)
                self.work(multiplications)
        finally:
            self._left_bytes, self._left_work = left

    def take(self, size: int) -> None:
        """Count an array that is about to be made.

        Args:
            size: Its bytes.

        Raises:
            LimitError: It is more than is left.
        """
        if size * (1 + _MEANWHILE) > self._left_bytes:
            raise LimitError(
                f"The variables take more than the {self._allowed(self._limits.variable_bytes) >> 20} MiB "
                f"that are allowed here: "
                f"{max(1, size >> 20)} MiB more are asked for",
                hint="If that is meant, raise Limits(variable_bytes=) of the policy.",
            )
        self._left_bytes -= size

    def fill(self, size: int) -> None:
        """Count an array, taken already, that must have its values while its object is made.

        Args:
            size: Its bytes.

        Raises:
            LimitError: It is more than is left.
        """
        if size > self._left_filled:
            raise LimitError(
                f"Variables that are computed with while the model is made take more than the "
                f"{self._allowed(self._limits.filled_bytes) >> 20} MiB that are allowed here",
                hint="If that is meant, raise Limits(filled_bytes=) of the policy.",
            )
        self._left_filled -= size

    def work(self, multiplications: int) -> None:
        """Count work that grows faster than the array that it is for.

        Raises:
            LimitError: It is more than is left.
        """
        if multiplications > self._left_work:
            raise LimitError(
                f"An initializer takes {multiplications:.1e} multiplications, more than are allowed here",
                hint="If that is meant, raise Limits(solving_floor=) of the policy.",
            )
        self._left_work -= multiplications

    def tensor(self, number: int = 1) -> None:
        """Count symbolic tensors of a graph: splitting one makes as many as the file likes.

        Args:
            number: How many are made.

        Raises:
            LimitError: They are more than are left.
        """
        if number > self._left_tensors:
            most = _TENSORS * self._limits.calls
            raise LimitError(
                f"The graph has more than the {most} tensors that are allowed here",
                hint="If that is meant, raise Limits(calls=) of the policy.",
            )
        self._left_tensors -= number

    def _allowed(self, floor: int) -> int:
        return max(floor, self._limits.variable_ratio * self._stored)
