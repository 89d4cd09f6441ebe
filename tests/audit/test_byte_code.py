"""Byte code is read as data: what it names and does is told, and nothing of it can run or crash."""

from __future__ import annotations

import base64
import contextlib
import marshal
import random
import struct
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hornbook.reports.listing import byte_code, listed, marshalled_functions
from hornbook.reports.marshal_stream import LAYOUTS, MOST_BYTES, MarshalStream
from hornbook.reports.marshalled import Code, NotReadError, inner, read_code
from hornbook.reports.walk import look_through

# `lambda x: abs(x) + "k"`, marshalled by the Python that is named.
BY_PYTHON = {
    "3.8": (
        "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMMAAAAdAB8AIMBZAEXAFMAKQJO2gFrKQHaA2FicykB2gF4qQByBAAA"
        "ANoIPHN0cmluZz7aCDxsYW1iZGE+AwAAAPMAAAAA"
    ),
}


def text_of(function):
    return base64.encodebytes(marshal.dumps(function.__code__)).decode()


def everything(text):
    return list(inner(read_code(text)))


def nested(limit):
    import os

    shown = lambda n: os.system(f"echo {n}\x1b[2J")  # noqa: S605  never called
    return [shown(n) for n in range(limit)]


def with_constants(x):
    return x in (1, -(2**70), 2.5, 1j, None, True, ..., b"bytes", "größe", frozenset({1}))


FUNCTIONS = [lambda x: abs(x) + 1, nested, with_constants, lambda *a, b=3, **k: a]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_read_is_what_was_marshalled(function):
    """Names, variables and constants are those that Python gives the code."""
    code, found = function.__code__, read_code(text_of(function))
    assert (found.name, found.file, found.line) == (code.co_name, code.co_filename, code.co_firstlineno)
    assert found.names == code.co_names
    assert found.arguments == code.co_argcount
    assert found.variables[: len(code.co_varnames)] == code.co_varnames
    plain = [one for one in code.co_consts if not hasattr(one, "co_code") and not isinstance(one, frozenset)]
    assert [one for one in found.constants if not isinstance(one, (Code, tuple))] == [
        one for one in plain if not isinstance(one, tuple)
    ]


def test_functions_within_a_function_are_told():
    """Also where only an inner one does something."""
    assert "system" in {name for code in everything(text_of(nested)) for name in code.names}


def test_the_text_has_names_and_constants():
    """What the bytes themselves say."""
    lines = listed(text_of(FUNCTIONS[0]))
    assert lines[0].startswith("<lambda>(x), line")
    assert lines[1:] == ("  names: abs", "  constants: 1") or sys.version_info >= (
        3,
        14,
    )  # which keeps small numbers apart


def test_the_text_cannot_command_a_terminal():
    lines = listed(text_of(nested))
    assert all(line.isprintable() for line in lines)
    assert any("echo" in line for line in lines)


@pytest.mark.parametrize("version", BY_PYTHON)
def test_code_of_another_python_is_told_alike(version):
    """Which instructions its numbers mean, the bytes do not say: none are told, of any Python."""
    lines = listed(BY_PYTHON[version])
    assert len(lines) == 3
    assert "names: abs" in lines[1]
    assert "'k'" in lines[2]


def bomb(levels):
    """A tuple of two references to a tuple of two references ... 2 ** levels values if they were copied."""
    data, place = b"", 1
    for _ in range(levels):
        data += b"\xa9\x02"
    return data + b"N" + b"".join(b"r" + struct.pack("<I", place) for _ in range(levels))


FOREIGN = {
    "nothing": b"",
    "a cut": marshal.dumps(nested.__code__)[:-9],
    "more than code": marshal.dumps(nested.__code__) + b"N",
    "no code": marshal.dumps((1, 2)),
    "a long that is too long": b"l" + struct.pack("<i", 2**30),
    "a tuple that is too long": b"(" + struct.pack("<i", 2**31 - 1),
    "a negative size": b"s" + struct.pack("<i", -5),
    "a reference to nothing": b"r" + struct.pack("<I", 7),
    "deep tuples": b"\x29\x01" * 100_000 + b"N",
    "tuples of references": bomb(50),
    "an endless dict": b"{" * 500,
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_code_is_said_in_one_line(what):
    lines = listed(base64.b64encode(FOREIGN[what]).decode())
    assert len(lines) == 1
    assert lines[0].startswith("This byte code is not read")


@pytest.mark.parametrize("value", [None, 3, [], {}, "%%%", "é", "A", "A" * 5_000_000])
def test_what_is_no_base_64_is_said_in_one_line(value):
    assert len(listed(value)) == 1


@settings(max_examples=600, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 2**32))
def test_damaged_code_is_text_or_an_error_of_ours(seed):
    """Whatever bytes are changed: nothing crashes, and the text stays short."""
    chance = random.Random(seed)
    data = bytearray(marshal.dumps(nested.__code__))
    for _ in range(chance.randrange(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    lines = listed(base64.b64encode(data).decode())
    assert 1 <= len(lines) <= 200
    assert all(line.isprintable() for line in lines)


@settings(max_examples=600, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=300))
def test_bytes_are_code_or_an_error(data):
    with contextlib.suppress(NotReadError):
        assert isinstance(read_code(base64.b64encode(data).decode()), Code)


def test_byte_code_is_found_in_each_form_that_keras_writes():
    """As one value, as three, and as the text alone."""
    text = text_of(FUNCTIONS[0])
    forms = [{"value": [text, None, None]}, {"code": text, "defaults": None, "closure": None}, {"value": text}]
    config = [{"class_name": "__lambda__", "config": form} for form in forms]
    found = list(byte_code(marshalled_functions(look_through(config, bool).configs)))
    assert [one.place for one in found] == ["$[0]", "$[1]", "$[2]"]
    assert len({one.lines for one in found}) == 1
    assert "names: abs" in found[0].lines[1]


def test_only_so_many_lambdas_are_told():
    config = [{"class_name": "__lambda__", "config": {"value": text_of(FUNCTIONS[0])}}] * 100
    assert len(list(byte_code(marshalled_functions(look_through(config, bool).configs)))) == 20


def sized(data):
    return struct.pack("<i", len(data)) + data


VALUES = {
    "a long": (b"l" + struct.pack("<iHH", 2, 1, 1), (1 << 15) + 1),
    "a negative long": (b"l" + struct.pack("<iH", -1, 5), -5),
    "64 bits": (b"I" + struct.pack("<q", -(2**40)), -(2**40)),
    "a float as text": (b"f\x032.5", 2.5),
    "a complex as text": (b"x\x011\x012", 1 + 2j),
    "interned text": (b"(" + struct.pack("<i", 2) + b"t" + sized(b"a") + b"R" + struct.pack("<I", 0), ("a", "a")),
    "a set": (b"<" + struct.pack("<i", 1) + b"T", (True,)),
}


@pytest.mark.parametrize("what", VALUES)
def test_values_of_every_type_are_read(what):
    """Those that this Python no longer writes among them."""
    data, value = VALUES[what]
    assert MarshalStream(data, LAYOUTS[0]).whole() == value


UNREAD = {
    "a long of thousands of digits": (b"l" + struct.pack("<i", 300) + b"\0" * 600, "<a long number>"),
    "a dict": (b"{TF0", "<a dict>"),
    "the end of an iterator": (b"S", "<StopIteration>"),
    "a tuple within itself": (b"\xa9\x01r" + struct.pack("<I", 0), "(<a value within itself>,)"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_a_value_that_is_not_read_has_its_type(what):
    data, shown = UNREAD[what]
    assert repr(MarshalStream(data, LAYOUTS[0]).whole()) == shown


def code_of_python_2(**changed):
    """A code object in the layout of Python 2, all of it empty but what is changed."""
    fields = {
        "code": b"s" + sized(b""),
        **dict.fromkeys(("constants", "names", "variables", "free", "cells"), b"(" + struct.pack("<i", 0)),
        "file": b"s" + sized(b"a.py"),
        "name": b"s" + sized(b"f"),
        **changed,
    }
    return b"c" + b"\0" * 16 + b"".join(fields.values()) + struct.pack("<i", 7) + b"s" + sized(b"")


def test_code_of_python_2_is_read():
    code = read_code(base64.b64encode(code_of_python_2()).decode())
    assert (code.name, code.file, code.line, code.layout) == ("f", "a.py", 7, "2")
    assert repr(code) == "<code of f>"


@pytest.mark.parametrize("field", ["code", "constants", "names", "file", "name"])
def test_code_with_a_field_of_a_wrong_type_is_none(field):
    with pytest.raises(NotReadError):
        read_code(base64.b64encode(code_of_python_2(**{field: b"N"})).decode())


def test_bytes_that_are_too_many_are_not_read():
    with pytest.raises(NotReadError):
        MarshalStream(b"\0" * (MOST_BYTES + 1), LAYOUTS[0])
