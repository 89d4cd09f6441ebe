"""Byte code as text, for a person to read: made of data alone, and never run.

Listed is what the bytes say themselves: the functions, with the names and
constants that they use.  Which instructions stand for which numbers differs
from one Python to the next, and the bytes do not say which wrote them; so
instructions are not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from hornbook.engine.code import code_in, marshalled
from hornbook.errors import one_line, short
from hornbook.reports.marshalled import Code, NotReadError, inner, read_code
from hornbook.reports.report import ByteCode
from hornbook.reports.walk import Located

_MOST = 20  # functions of a file
_FUNCTIONS = 20  # of one lambda
_NAMES = 40


class MarshalledFunction(NamedTuple):
    """A function that stands somewhere as byte code.

    Args:
        place: Where, in that part.
        text: What ought to be marshalled code in base 64.
        member: What of the file it is in; empty for the config of the model.
    """

    place: str
    text: Any
    member: str = ""

    @property
    def where(self) -> str:
        """The place, with what of the file it is in where that is not the config of the model."""
        return f"{self.member}: {self.place}" if self.member else self.place


def marshalled_functions(configs: Iterable[Located]) -> Iterator[MarshalledFunction]:
    """Yield the byte code that a config holds.

    Args:
        configs: The dicts of the config with a class name, and where they stand.
    """
    for located in configs:
        config = located.value.get("config")
        arguments = config if isinstance(config, dict) and "class_name" not in config else {}
        for step, value in (("", located.value), (".config", arguments)):
            for field, given in marshalled(value):
                place = f"{located.place}{step}{field and f'.{field}'}"
                yield MarshalledFunction(place, code_in(given), located.member)


def byte_code(functions: Iterable[MarshalledFunction]) -> Iterator[ByteCode]:
    """Yield byte code for the report, at most twenty functions of it."""
    for function in islice(functions, _MOST):
        yield ByteCode(function.where, listed(function.text))


def listed(text: Any) -> tuple[str, ...]:
    """Return the lines that say what a lambda names and holds.

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
    for number, function in enumerate(inner(code)):
        if number == _FUNCTIONS:
            lines.append("... more functions")
            break
        lines += _lines(function)
    return tuple(lines)


def _lines(code: Code) -> Iterator[str]:
    arguments = ", ".join(map(_name, code.variables[: max(0, code.arguments)][:_NAMES]))
    yield f"{_name(code.name)}({arguments}), line {code.line} of {short(code.file)}, Python {code.layout}"
    if code.names:
        yield "  names: " + ", ".join(map(_name, code.names[:_NAMES]))
    constants = [short(value) for value in code.constants[:_NAMES] if not isinstance(value, Code) and value is not None]
    if constants:
        yield "  constants: " + ", ".join(constants)


def _name(text: str) -> str:
    return one_line(text, 60)
