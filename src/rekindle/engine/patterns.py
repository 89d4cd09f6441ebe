"""Regular expressions of a file: how many steps they may take, told without running them.

Python's `re` goes back and tries again, so an expression can take longer than
any file is worth.  What is counted here is the most that it can do: every
choice multiplies.
"""

from __future__ import annotations

import re

ENDLESS = 1 << 62
_LONGEST = 1000  # characters of a pattern
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[aiLmsux]+\)|\(\?:|\(\?P<\w+>|\(\??|[)|]|[*+?]\??|\{\d*,?\d*\}\??|.", re.DOTALL
)
_REPEAT = re.compile(r"\{\d*,?\d*\}\??")


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
        (113, 115, True)
    """
    if len(pattern) > _LONGEST:
        return ENDLESS
    # For each open group: the choices of the branches before, and of this one.
    groups = [[0, 1]]
    closed = size = 0
    for token in _TOKEN.findall(pattern):
        size += 1
        last, closed = closed, 0
        if _is_uncounted(token):
            return ENDLESS
        if token[0] == "(":
            groups.append([0, 1])
        elif token == ")":
            if len(groups) == 1:
                return ENDLESS
            closed = sum(groups.pop())
            groups[-1][1] *= closed
        elif token == "|":
            groups[-1] = [sum(groups[-1]), 1]
        elif token[0] in "*+?" or _REPEAT.fullmatch(token):
            if last > 1:  # a group with a choice, again and again
                return ENDLESS
            groups[-1][1] *= 2 if token[0] == "?" else length + 1
        if groups[-1][1] > ENDLESS:
            return ENDLESS
    return max(length + size, sum(groups[0])) if len(groups) == 1 else ENDLESS


def _is_uncounted(token: str) -> bool:
    """Say whether a token refers back or looks around."""
    if token[0] == "\\":
        return token[1:].isdigit()
    return token == "(?" or (token[0] == "(" and token[1:2] == "?" and not token.startswith(("(?:", "(?P<")))
