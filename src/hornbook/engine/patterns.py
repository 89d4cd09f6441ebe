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
    # For each open group: the choices of the branches before, and of this one.
    groups = [[0, 1]]
    closed = size = 0  # the choices of the group that has just ended
    for size, piece in enumerate(_PIECE.findall(pattern), 1):
        last, closed = closed, 0
        if _is_uncounted(piece) or (piece == ")" and len(groups) == 1):
            return ENDLESS
        if piece[0] == "(":
            groups.append([0, 1])
        elif piece == ")":
            closed = sum(groups.pop())
            groups[-1][1] *= closed
        elif piece == "|":
            groups[-1] = [sum(groups[-1]), 1]
        elif _REPEAT.fullmatch(piece):
            # A group with a choice, again and again, is exponential.
            groups[-1][1] *= ENDLESS if last > 1 else 2 if piece[0] == "?" else length + 1
        if groups[-1][1] >= ENDLESS:
            return ENDLESS
    return max(length + size, sum(groups[0])) if len(groups) == 1 else ENDLESS


def _is_uncounted(piece: str) -> bool:
    """Say whether a piece refers back or looks around."""
    if piece[0] == "\\":
        return piece[1:].isdigit()
    return piece == "(?" or (piece[0] == "(" and piece[1:2] == "?" and not piece.startswith(("(?:", "(?P<")))
