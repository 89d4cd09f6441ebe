"""Codecs of Python's own values, in the form of Keras 3.15."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from hornbook import places
from hornbook.engine import code
from hornbook.engine.codecs import tensor
from hornbook.engine.codecs.table import CodecTable, Tag, ValueReader, ValueWriter, field
from hornbook.errors import ConfigError, HornbookError, SerializationError, short

ATOMS = places.ATOMS
are_atoms = places.are_atoms
_SLICE = ("start", "stop", "step")


def plain_codecs() -> CodecTable:
    """Return a table with the codecs that need no framework."""
    table = CodecTable()
    table.add(*ATOMS, encode=lambda value, writer: value)
    table.add(list, encode=_encode_list)
    table.add(tuple, encode=lambda value, writer: tuple(_encode_list(value, writer)))
    table.add(dict, encode=lambda value, writer: writer.mapping(value))
    table.add(
        bytes,
        encode=_encode_bytes,
        tag="__bytes__",
        decode=lambda inner, config, reader: _bytes_of(config),
        known=Tag(look=_bytes_of),
    )
    table.add(
        slice, encode=_encode_slice, tag="__slice__", decode=_decode_slice, known=Tag(data=False, look=_slice_parts)
    )
    table.add(
        type(Ellipsis),
        encode=lambda value, writer: {"class_name": "__ellipsis__", "config": {}},
        tag="__ellipsis__",
        decode=lambda inner, config, reader: Ellipsis,
        known=Tag(),
    )
    table.add(types.FunctionType, encode=_encode_function, tag="__lambda__", decode=_decode_lambda)
    table.add(tag=tensor.TAG, decode=tensor.decode_tensor, known=Tag(look=tensor.check_array))
    table.add(object, encode=lambda value, writer: writer.instance(value))
    return table


def _encode_list(values: Any, writer: ValueWriter) -> list[Any]:
    out, position = [], 0
    try:
        for position, value in enumerate(values):
            out.append(value if type(value) in ATOMS else writer.encode(value))
    except HornbookError as error:
        error.under(position)
        raise
    return out


def _encode_bytes(value: bytes, writer: ValueWriter) -> dict[str, Any]:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SerializationError(
            f"Bytes {short(value)} are not UTF-8, and the Keras form has no other kind",
            hint="Store them as a list of integers or as text.",
        ) from error
    return {"class_name": "__bytes__", "config": {"value": text}}


def _bytes_of(config: dict[str, Any]) -> bytes:
    value = field(config["config"], "value", "__bytes__")
    if not isinstance(value, str):
        raise ConfigError(f"`__bytes__` needs a string, not {short(value)}", config=config)
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConfigError(f"`__bytes__` holds no text: {short(value)}", config=config) from error


def _encode_slice(value: slice, writer: ValueWriter) -> dict[str, Any]:
    parts = {name: writer.encode(getattr(value, name)) for name in _SLICE}
    return {"class_name": "__slice__", "config": parts}


def _slice_parts(config: dict[str, Any]) -> list[Any]:
    return [field(config["config"], name, "__slice__") for name in _SLICE]


def _decode_slice(inner: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> slice:
    return slice(*map(reader.decode, _slice_parts(config)))


def _encode_function(value: Callable[..., Any], writer: ValueWriter) -> dict[str, Any]:
    if value.__name__ == "<lambda>":
        return code.dump(value)
    return writer.function(value)


def _decode_lambda(inner: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
    return code.load(inner, policy=reader.policy)
