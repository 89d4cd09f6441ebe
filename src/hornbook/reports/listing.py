"""Byte code as text, for a person to read: made of data alone, and never run.

What is told is what the bytes say themselves: the functions, with the names
and constants that they use.  Which instructions stand for which numbers
differs from one Python to the next, and the bytes do not say which wrote them;
so instructions are not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from hornbook.engine.code import code_in, marshalled
from hornbook.errors import one_line, short
from hornbook.reports.marshalled import Code, NotReadError, inner, read_code
from hornbook.reports.report import ByteCode
from hornbook.reports.walk import Found

_MOST = 20  # functions of a file
_FUNCTIONS = 20  # of one lambda
_NAMES = 40


class Piece(NamedTuple):
    """A function that stands somewhere as byte code.

    Args:
        place: Where, in that part.
        text: What ought to be marshalled code in base 64.
        member: What of the file it is in; empty for the config of the model.
    """

    place: str
    text: Any
    member: str = ""


def pieces(found: Iterable[Found]) -> Iterator[Piece]:
    """Yield the byte code that a config holds.

    Args:
        found: The dicts of the config with a class name, and where they stand.
    """
    for one in found:
        config = one.value.get("config")
        arguments = config if isinstance(config, dict) and "class_name" not in config else {}
        for steps, value in (("", one.value), (".config", arguments)):
            for field, given in marshalled(value):
                yield Piece(f"{one.place}{steps}{field and f'.{field}'}", code_in(given), one.member)


def byte_code(found: Iterable[Piece]) -> Iterator[ByteCode]:
    """Yield byte code for the report, at most twenty pieces of it."""
    for one in islice(found, _MOST):
        yield ByteCode(f"{one.member}: {one.place}" if one.member else one.place, listed(one.text))


def listed(text: Any) -> tuple[str, ...]:
    """Return the lines that tell what a lambda names and holds.

    Args:
        text: Marshalled code in base 64, as a config has it.

    Returns:
        At most some sixty lines, of printable characters alone; where it
        cannot be read, one that says so.

    Example:
        >>> listed("bm90aGluZw==")
        ('This byte code is not read: it is no marshalled code that is known.',)
    """
    if not isinstance(text, str):
        return ("This byte code is not read: it is no text.",)
    try:
        code = read_code(text)
    except NotReadError as error:
        return (f"This byte code is not read: {error}.",)
    lines: list[str] = []
    for number, one in enumerate(inner(code)):
        if number == _FUNCTIONS:
            lines.append("... more functions")
            break
        lines += _told(one)
    return tuple(lines)


def _told(code: Code) -> Iterator[str]:
    arguments = ", ".join(map(_name, code.variables[: max(0, code.arguments)][:_NAMES]))
    yield f"{_name(code.name)}({arguments}), line {code.line} of {short(code.file)}, Python {code.layout}"
    if code.names:
        yield "  names: " + ", ".join(map(_name, code.names[:_NAMES]))
    constants = [short(one) for one in code.constants[:_NAMES] if not isinstance(one, Code) and one is not None]
    if constants:
        yield "  constants: " + ", ".join(constants)


def _name(text: str) -> str:
    return one_line(text, 60)
