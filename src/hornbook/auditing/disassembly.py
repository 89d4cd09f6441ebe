"""Byte code as text, for a person to read: made of data alone, and never run.

`dis` wants a code object, and making one of a file's bytes is what is avoided
here (:mod:`hornbook.auditing.marshalled`).  So this goes through the
instructions itself, with the names that `dis` has for them.  Which Python
wrote them is not told by the bytes: where the fields say that it was none
like this one, names and constants are told without instructions.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from hornbook.auditing.marshalled import LAYOUTS, Code, NotReadError, inner, read_code
from hornbook.auditing.report import ByteCode
from hornbook.auditing.walk import Found
from hornbook.engine.code import TAG
from hornbook.errors import one_line, short

_MOST = 20  # functions of a file
_LINES = 120  # of one lambda
_FUNCTIONS = 20
_NAMES = 40

_THIS = LAYOUTS[0] if sys.version_info >= (3, 11) else LAYOUTS[1]
# How far the argument is shifted where a bit of it means something else.
_SHIFTED = {"LOAD_GLOBAL": (3, 11), "LOAD_ATTR": (3, 12)}


def byte_code(found: Iterable[Found]) -> Iterator[ByteCode]:
    """Yield the byte code that a config holds, at most twenty pieces of it.

    Args:
        found: The dicts of the config with a class name, and where they stand.
    """
    for place, value in islice((one for each in found for one in _pieces(each)), _MOST):
        yield ByteCode(place, disassembled(value))


def _pieces(found: Found) -> Iterator[tuple[str, Any]]:
    """Yield place and text of the byte code of one dict, in all forms that a version of Keras wrote."""
    given = found.value.get("config")
    if found.value["class_name"] == TAG:
        if isinstance(given, dict):
            given = given.get("value", given.get("code"))
        yield found.place, _first(given)
    elif isinstance(given, dict):  # a Lambda of Keras 1 to 2.15
        for field in ("function", "output_shape", "mask"):
            if given.get(f"{field}_type") == "lambda" and isinstance(given.get(field), (list, str)):
                yield f"{found.place}.config.{field}", _first(given[field])


def _first(given: Any) -> Any:
    return given[0] if isinstance(given, list) and given else given


def disassembled(text: Any) -> tuple[str, ...]:
    """Return the lines that tell what a lambda does.

    Args:
        text: Marshalled code in base 64, as a config has it.

    Returns:
        At most some hundred lines, of printable characters alone; where it
        cannot be read, one that says so.

    Example:
        >>> disassembled("bm90aGluZw==")
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
        if number == _FUNCTIONS or len(lines) >= _LINES:
            lines.append("... more functions")
            break
        lines += _told(one, _LINES - len(lines))
    return tuple(lines)


def _told(code: Code, room: int) -> Iterator[str]:
    arguments = ", ".join(map(_name, code.variables[: max(0, code.arguments)][:_NAMES]))
    yield f"{_name(code.name)}({arguments}), line {code.line} of {short(code.file)}, Python {code.layout}"
    if code.names:
        yield "  names: " + ", ".join(map(_name, code.names[:_NAMES]))
    constants = [short(one) for one in code.constants[:_NAMES] if not isinstance(one, Code) and one is not None]
    if constants:
        yield "  constants: " + ", ".join(constants)
    if code.layout == _THIS.name:
        for number, line in enumerate(_instructions(code)):
            if number == room:
                yield "  ... more instructions"
                return
            yield "  " + line


def _instructions(code: Code) -> Iterator[str]:
    extended = 0
    for at in range(0, len(code.instructions) - 1, 2):
        operation, argument = code.instructions[at], code.instructions[at + 1] | extended
        name = dis.opname[operation]
        extended = (argument << 8) & 0xFFFFFFFF if operation == dis.EXTENDED_ARG else 0
        if name in ("CACHE", "EXTENDED_ARG"):
            continue
        if operation < dis.HAVE_ARGUMENT:
            yield f"{at:>4} {name}"
        else:
            yield f"{at:>4} {name:<24} {argument:<4} {_meaning(code, operation, name, argument)}".rstrip()


def _meaning(code: Code, operation: int, name: str, argument: int) -> str:
    """Return what an argument stands for, as `(abs)`; nothing where that is not known."""
    if name in _SHIFTED and sys.version_info >= _SHIFTED[name]:
        argument >>= 1
    tables: tuple[tuple[list[int], tuple[Any, ...], Callable[[Any], str]], ...] = (
        (dis.hasname, code.names, _name),
        (dis.hasconst, code.constants, short),
        (dis.haslocal, code.variables, _name),
    )
    for operations, values, told in tables:
        if operation in operations and argument < len(values):
            return f"({told(values[argument])})"
    return ""


def _name(text: str) -> str:
    return one_line(text, 60)
