"""The format of marshalled values, read as data: what comes out is names and constants, which nothing can run.

Source of the rule: CPython's `Python/marshal.c`, versions 2 to 4 of the format
(Python 2.7 to 3.13).  The fields of a code object changed in 3.8 and in 3.11.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from hornbook.errors import one_line

MOST_BYTES = 1 << 20
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


class UnreadValue(NamedTuple):
    """A value of which only its type is known.

    Args:
        what: What it is.
    """

    what: str

    def __repr__(self) -> str:
        return f"<{self.what}>"


class CodeLayout(NamedTuple):
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
    CodeLayout("3.11 or later", 5, _NEW, 2),
    CodeLayout("3.8 to 3.10", 6, _OLD, 1),
    CodeLayout("3.0 to 3.7", 5, _OLD, 1),
    CodeLayout("2", 4, _OLD, 1),
)


class MarshalStream:
    """Bytes, and how far they have been read.

    Args:
        data: Marshalled values.
        layout: The fields of code objects.
    """

    def __init__(self, data: bytes, layout: CodeLayout) -> None:
        if len(data) > MOST_BYTES:
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

    def number(self, form: str = "<i") -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _value(self) -> Any:
        self._values += 1
        if self._values > _MOST_VALUES or self._depth > _DEEPEST:
            raise NotReadError("it is too large or too deep")
        byte = self._take(1)[0]
        tag, place = chr(byte & ~_REFERENCE), len(self._references)
        if byte & _REFERENCE:
            self._references.append(UnreadValue("a value within itself"))
        self._depth += 1
        value = _READ[tag](self) if tag in _READ else self._unknown(tag)
        self._depth -= 1
        if byte & _REFERENCE:
            self._references[place] = value
        return value

    def _unknown(self, tag: str) -> Any:
        raise NotReadError(f"it has a value of the unknown type {tag!r}")

    def long(self) -> Any:
        count = self.number()
        if abs(count) > _LONGEST_NUMBER:
            self._take(2 * abs(count))
            return UnreadValue("a long number")
        digits = struct.unpack(f"<{abs(count)}H", self._take(2 * abs(count)))
        value = sum(digit << (15 * i) for i, digit in enumerate(digits))
        return -value if count < 0 else value

    def floats(self, form: str) -> Any:
        parts = struct.unpack(form, self._take(struct.calcsize(form)))
        return parts[0] if len(parts) == 1 else complex(*parts)

    def written(self, count: int) -> Any:
        parts = [float(self._take(self.number("<B")).decode("ascii")) for _ in range(count)]
        return parts[0] if count == 1 else complex(*parts)

    def data(self) -> bytes:
        return self._take(self.number())

    def text(self, form: str, *, interned: bool = False) -> str:
        value = self._take(self.number(form)).decode("utf-8", "surrogatepass")
        if interned:
            self._interned.append(value)
        return value

    def reference(self) -> Any:
        return self._references[self.number("<I")]

    def interned(self) -> Any:
        return self._interned[self.number("<I")]

    def several(self, form: str) -> tuple[Any, ...]:
        return tuple([self._value() for _ in range(self._count(form))])

    def _count(self, form: str = "<i") -> int:
        count: int = self.number(form)
        if not 0 <= count <= len(self._data) - self._at:  # each takes a byte at least
            raise NotReadError("it is cut off")
        return count

    def mapping(self) -> Any:
        while self._data[self._at : self._at + 1] not in (b"0", b""):
            self._value()
            self._value()
        self._take(1)
        return UnreadValue("a dict")

    def code(self) -> Code:
        numbers = [self.number() for _ in range(self._layout.numbers)]
        parts = {field: self._value() for field in self._layout.objects}
        line = self.number()
        for _ in range(self._layout.last):
            self._value()
        names, variables = _texts(parts["names"]), _texts(parts["variables"])
        if not isinstance(parts["code"], bytes) or not isinstance(parts["constants"], tuple):
            raise NotReadError("it has fields of wrong types")
        return Code(
            name=_text(parts["name"]),
            file=_text(parts["file"]),
            line=line,
            arguments=numbers[0],
            names=names,
            variables=variables,
            constants=parts["constants"],
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


_READ: dict[str, Callable[[MarshalStream], Any]] = {
    "N": lambda stream: None,
    "F": lambda stream: False,
    "T": lambda stream: True,
    ".": lambda stream: ...,
    "S": lambda stream: UnreadValue("StopIteration"),
    "i": lambda stream: stream.number(),
    "I": lambda stream: stream.number("<q"),
    "l": MarshalStream.long,
    "g": lambda stream: stream.floats("<d"),
    "y": lambda stream: stream.floats("<dd"),
    "f": lambda stream: stream.written(1),
    "x": lambda stream: stream.written(2),
    "s": MarshalStream.data,
    "u": lambda stream: stream.text("<i"),
    "t": lambda stream: stream.text("<i", interned=True),
    "a": lambda stream: stream.text("<i"),
    "A": lambda stream: stream.text("<i"),
    "z": lambda stream: stream.text("<B"),
    "Z": lambda stream: stream.text("<B"),
    "r": MarshalStream.reference,
    "R": MarshalStream.interned,
    "(": lambda stream: stream.several("<i"),
    ")": lambda stream: stream.several("<B"),
    "[": lambda stream: stream.several("<i"),
    "<": lambda stream: stream.several("<i"),
    ">": lambda stream: stream.several("<i"),
    "{": MarshalStream.mapping,
    "c": MarshalStream.code,
}
