"""Regular expressions of a file: how many steps they may take, told without running them.

Python's `re` goes back and tries again, so an expression can take longer than
any file is worth.  What is counted here is the most that it can do: every
choice multiplies.
"""

from __future__ import annotations

import re

ENDLESS = 1 << 62
_LONGEST = 1000  # characters of a pattern
_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[aiLmsux]+\)|\(\?:|\(\?P<\w+>|\(\??|[)|]|[*+?]\??|\{\d*,?\d*\}\??|.", re.DOTALL
)
_REPEAT = re.compile(r"[*+?]\??|\{\d*,?\d*\}\??")


def steps(pattern: str, length: int) -> int:
    """Return how many steps a pattern may take on a text of some length.

    Args:
        pattern: The regular expression.
        length: Characters of the text.

    Returns:
        A number that is never too small; :data:`ENDLESS` for what is not
        counted, as a repeated group that holds a choice, or a look-ahead.

    Example:
        >>> steps("(kernel|bias)", 100), steps("encoder.*/kernel", 100), steps("(a+)+b", 100) == ENDLESS
        (113, 116, True)
    """
    if len(pattern) > _LONGEST:
        return ENDLESS
    count, size = _Choices(length), 0
    for size, piece in enumerate(_PIECE.findall(pattern), 1):
        if _is_uncounted(piece) or not count.add(piece):
            return ENDLESS
    return max(length + size, sum(count.groups[0])) if len(count.groups) == 1 else ENDLESS


class _Choices:
    """The choices of a pattern, piece by piece.

    Args:
        length: Characters of the text.

    Attributes:
        groups: For each open group the choices of the branches before, and of this one.
    """

    def __init__(self, length: int) -> None:
        self.groups = [[0, 1]]
        self._closed = 0  # the choices of the group that has just ended
        self._length = length

    def add(self, piece: str) -> bool:
        """Count a piece; return whether the choices can still be counted."""
        groups = self.groups
        last, self._closed = self._closed, 0
        if piece[0] == "(":
            groups.append([0, 1])
        elif piece == ")":
            if len(groups) == 1:
                return False
            self._closed = sum(groups.pop())
            groups[-1][1] *= self._closed
        elif piece == "|":
            groups[-1] = [sum(groups[-1]), 1]
        elif _REPEAT.fullmatch(piece):
            groups[-1][1] *= self._repetitions(piece, last)
        return groups[-1][1] < ENDLESS

    def _repetitions(self, piece: str, choices: int) -> int:
        if choices > 1:  # a group with a choice, again and again, is exponential
            return ENDLESS
        return 2 if piece[0] == "?" else self._length + 1


def _is_uncounted(piece: str) -> bool:
    """Return whether a piece refers back or looks around."""
    if piece[0] == "\\":
        return piece[1:].isdigit()
    return piece == "(?" or (piece[0] == "(" and piece[1:2] == "?" and not piece.startswith(("(?:", "(?P<")))
