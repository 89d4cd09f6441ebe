"""Byte code read as data: a reader of marshalled code that makes no code.

`marshal.loads` trusts its input: bytes that are not its own may crash the
process.  So nothing is unmarshalled to look at a lambda: the format is taken
apart within bounds.  Nothing in the bytes says which Python wrote them, so
the order of fields that reads them to the last byte is taken.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator

from hornbook.reports.marshal_stream import LAYOUTS, MOST_BYTES, Code, MarshalStream, NotReadError

__all__ = ["Code", "NotReadError", "inner", "read_code"]


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
    if len(text) > MOST_BYTES * 2:
        raise NotReadError("it is too long")
    try:
        data = base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise NotReadError("it is not in base 64") from error
    for layout in LAYOUTS:
        try:
            value = MarshalStream(data, layout).whole()
        except (ValueError, struct.error, IndexError, KeyError, TypeError):
            continue
        if isinstance(value, Code):
            return value
    raise NotReadError("it is no marshalled code that is known")


def inner(code: Code) -> Iterator[Code]:
    """Yield `code` and the code of all functions within it, each once and before those in it."""
    todo, seen = [code], {id(code)}
    while todo:
        function = todo.pop()
        yield function
        for value in reversed(function.constants):
            if isinstance(value, Code) and id(value) not in seen:
                seen.add(id(value))
                todo.append(value)
