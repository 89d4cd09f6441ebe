"""Byte code read as data: a reader of marshalled code that makes no code.

`marshal.loads` trusts its input: bytes that are not its own may crash the
process.  So nothing is unmarshalled to look at a lambda.  This reader takes
the format apart itself, within bounds, and makes names and constants of it,
which nothing can run.

Source of the rule: CPython's `Python/marshal.c`, versions 2 to 4 of the format
(Python 2.7 to 3.13).  The fields of a code object changed in 3.8 and in 3.11;
nothing in the bytes tells which they are, so the order that reads them to
the last byte is taken.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hornbook.errors import one_line

_MOST_BYTES = 1 << 20
_MOST_VALUES = 100_000
_DEEPEST = 60
_LONGEST_NUMBER = 200  # digits of 15 bits

_REFERENCE = 0x80  # a later value may refer to this one


class NotReadError(ValueError):
    """The bytes are no marshalled code, or more of it than is read."""


class Code(NamedTuple):
    """A code object as data.

    Args:
        name: The name of the function; `<lambda>` for a lambda.
        file: The source file, as the writer had it.
        line: The first line in that file.
        arguments: How many arguments it takes by position.
        names: The names of globals and attributes, by number.
        variables: The names of arguments and locals.
        constants: The constants, by number; code of inner functions is among
            them.
        layout: Which order of fields it was read with.
    """

    name: str
    file: str
    line: int
    arguments: int
    names: tuple[str, ...]
    variables: tuple[str, ...]
    constants: tuple[Any, ...]
    layout: str

    def __repr__(self) -> str:
        return f"<code of {one_line(self.name, 40)}>"


class Unknown(NamedTuple):
    """A value that is told by its type alone.

    Args:
        what: What it is.
    """

    what: str

    def __repr__(self) -> str:
        return f"<{self.what}>"


class _Layout(NamedTuple):
    """The fields of a code object in one range of Python versions.

    Args:
        name: That range.
        numbers: How many numbers stand first.
        objects: What stands behind them.
        last: How many objects follow the number of the first line.
    """

    name: str
    numbers: int
    objects: tuple[str, ...]
    last: int


_OLD = ("code", "constants", "names", "variables", "free", "cells", "file", "name")
_NEW = ("code", "constants", "names", "variables", "kinds", "file", "name", "qualified")
# The newest first.  Python 2.7 had no keyword-only arguments.
LAYOUTS = (
    _Layout("3.11 or later", 5, _NEW, 2),
    _Layout("3.8 to 3.10", 6, _OLD, 1),
    _Layout("3.0 to 3.7", 5, _OLD, 1),
    _Layout("2", 4, _OLD, 1),
)


def read_code(text: str) -> Code:
    """Return the code that a config holds, as data.

    Args:
        text: Marshalled code in base 64, as Keras writes it.

    Raises:
        NotReadError: It is none, or there is more of it than is read.

    Example:
        >>> import base64, marshal
        >>> text = base64.b64encode(marshal.dumps((lambda x: abs(x)).__code__)).decode()
        >>> code = read_code(text)
        >>> code.name, code.names, code.variables
        ('<lambda>', ('abs',), ('x',))
    """
    if len(text) > _MOST_BYTES * 2:
        raise NotReadError("it is too long")
    try:
        data = base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise NotReadError("it is not in base 64") from error
    for layout in LAYOUTS:
        try:
            found = _Stream(data, layout).whole()
        except (ValueError, struct.error, IndexError, KeyError, TypeError):
            continue
        if isinstance(found, Code):
            return found
    raise NotReadError("it is no marshalled code that is known")


class _Stream:
    """Bytes, and how far they have been read.

    Args:
        data: Marshalled values.
        layout: The fields of code objects.
    """

    def __init__(self, data: bytes, layout: _Layout) -> None:
        if len(data) > _MOST_BYTES:
            raise NotReadError("it is too long")
        self._data = data
        self._at = 0
        self._layout = layout
        self._values = 0
        self._depth = 0
        self._references: list[Any] = []
        self._interned: list[Any] = []

    def whole(self) -> Any:
        """Return the one value that the bytes are."""
        value = self._value()
        if self._at != len(self._data):
            raise NotReadError("something follows it")
        return value

    def _take(self, count: int) -> bytes:
        if not 0 <= count <= len(self._data) - self._at:
            raise NotReadError("it is cut off")
        self._at += count
        return self._data[self._at - count : self._at]

    def _number(self, form: str = "<i") -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _value(self) -> Any:
        self._values += 1
        if self._values > _MOST_VALUES or self._depth > _DEEPEST:
            raise NotReadError("it is too large or too deep")
        byte = self._take(1)[0]
        tag, place = chr(byte & ~_REFERENCE), len(self._references)
        if byte & _REFERENCE:
            self._references.append(Unknown("a value within itself"))
        self._depth += 1
        value = _READ[tag](self) if tag in _READ else self._unknown(tag)
        self._depth -= 1
        if byte & _REFERENCE:
            self._references[place] = value
        return value

    def _unknown(self, tag: str) -> Any:
        raise NotReadError(f"it has a value of the unknown type {tag!r}")

    # ------------------------------------------------------------ plain values
    def long(self) -> Any:
        count = self._number()
        if abs(count) > _LONGEST_NUMBER:
            self._take(2 * abs(count))
            return Unknown("a long number")
        digits = struct.unpack(f"<{abs(count)}H", self._take(2 * abs(count)))
        value = sum(digit << (15 * i) for i, digit in enumerate(digits))
        return -value if count < 0 else value

    def floats(self, form: str) -> Any:
        parts = struct.unpack(form, self._take(struct.calcsize(form)))
        return parts[0] if len(parts) == 1 else complex(*parts)

    def written(self, count: int) -> Any:
        parts = [float(self._take(self._number("<B")).decode("ascii")) for _ in range(count)]
        return parts[0] if count == 1 else complex(*parts)

    def data(self) -> bytes:
        return self._take(self._number())

    def text(self, form: str, *, interned: bool = False) -> str:
        value = self._take(self._number(form)).decode("utf-8", "surrogatepass")
        if interned:
            self._interned.append(value)
        return value

    def reference(self) -> Any:
        return self._references[self._number("<I")]

    def interned(self) -> Any:
        return self._interned[self._number("<I")]

    # ------------------------------------------------------------ containers
    def several(self, form: str) -> tuple[Any, ...]:
        return tuple([self._value() for _ in range(self._count(form))])

    def _count(self, form: str = "<i") -> int:
        count: int = self._number(form)
        if not 0 <= count <= len(self._data) - self._at:  # each takes a byte at least
            raise NotReadError("it is cut off")
        return count

    def mapping(self) -> Any:
        while self._data[self._at : self._at + 1] not in (b"0", b""):
            self._value()
            self._value()
        self._take(1)
        return Unknown("a dict")

    def code(self) -> Code:
        numbers = [self._number() for _ in range(self._layout.numbers)]
        found = {field: self._value() for field in self._layout.objects}
        line = self._number()
        for _ in range(self._layout.last):
            self._value()
        names, variables = _texts(found["names"]), _texts(found["variables"])
        if not isinstance(found["code"], bytes) or not isinstance(found["constants"], tuple):
            raise NotReadError("it has fields of wrong types")
        return Code(
            name=_text(found["name"]),
            file=_text(found["file"]),
            line=line,
            arguments=numbers[0],
            names=names,
            variables=variables,
            constants=found["constants"],
            layout=self._layout.name,
        )


def _text(value: Any) -> str:
    if isinstance(value, bytes):  # Python 2
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise NotReadError("it has fields of wrong types")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise NotReadError("it has fields of wrong types")
    return tuple(map(_text, value))


_READ: dict[str, Callable[[_Stream], Any]] = {
    "N": lambda stream: None,
    "F": lambda stream: False,
    "T": lambda stream: True,
    ".": lambda stream: ...,
    "S": lambda stream: Unknown("StopIteration"),
    "i": lambda stream: stream._number(),
    "I": lambda stream: stream._number("<q"),
    "l": _Stream.long,
    "g": lambda stream: stream.floats("<d"),
    "y": lambda stream: stream.floats("<dd"),
    "f": lambda stream: stream.written(1),
    "x": lambda stream: stream.written(2),
    "s": _Stream.data,
    "u": lambda stream: stream.text("<i"),
    "t": lambda stream: stream.text("<i", interned=True),
    "a": lambda stream: stream.text("<i"),
    "A": lambda stream: stream.text("<i"),
    "z": lambda stream: stream.text("<B"),
    "Z": lambda stream: stream.text("<B"),
    "r": _Stream.reference,
    "R": _Stream.interned,
    "(": lambda stream: stream.several("<i"),
    ")": lambda stream: stream.several("<B"),
    "[": lambda stream: stream.several("<i"),
    "<": lambda stream: stream.several("<i"),
    ">": lambda stream: stream.several("<i"),
    "{": _Stream.mapping,
    "c": _Stream.code,
}


def inner(code: Code) -> Iterator[Code]:
    """Yield `code` and the code of all functions within it, each once and before those in it."""
    todo, seen = [code], {id(code)}
    while todo:
        one = todo.pop()
        yield one
        for value in reversed(one.constants):
            if isinstance(value, Code) and id(value) not in seen:
                seen.add(id(value))
                todo.append(value)
