"""The Keras part of a SavedModel: `keras_metadata.pb`, read without TensorFlow.

It is a protocol buffer: `SavedMetadata` holds nodes, and each node a path and
a JSON text (tensorflow/python/keras/protobuf/saved_metadata.proto of TF 2.6).
Only these fields are understood; the wire format is read strictly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hornbook.archive import json_text
from hornbook.errors import ArchiveError, HornbookError, LimitError, short
from hornbook.policy import Limits

FILE = "keras_metadata.pb"
# The path of the model itself.
ROOT = "root"

# Wire types, and the fields of `SavedObject`.
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_NODES, _NODE_PATH, _IDENTIFIER, _METADATA = 1, 3, 4, 5
_LONGEST_VARINT = 10  # bytes of a 64-bit number
_FIELDS = {1: _VARINT, 2: _VARINT, _NODE_PATH: _BYTES, _IDENTIFIER: _BYTES, _METADATA: _BYTES, 6: _BYTES}


class Node(NamedTuple):
    """A node of the metadata.

    Args:
        path: Where the object is, as `"root.layer-1"`.
        identifier: What it is, as `"_tf_keras_network"`.
        metadata: A JSON text.
    """

    path: str
    identifier: str
    metadata: bytes


def looks_like_it(head: bytes) -> bool:
    """Return whether a file that begins with these bytes may be one: a node with its number or path."""
    if len(head) < 4 or head[0] != (_NODES << 3 | _BYTES):
        return False
    try:
        _, start = _varint(head, 1, len(head))
        return start < len(head) and head[start] in (0x08, 0x10, 0x1A)
    except ArchiveError:
        return False


def nodes(data: bytes, name: str, limits: Limits) -> list[Node]:
    """Return all nodes of the metadata.

    Raises:
        ArchiveError: They are damaged.
        LimitError: There are too many.
    """
    if len(data) > limits.config_bytes:
        raise LimitError(f"The file has more than {limits.config_bytes} bytes", place=name)
    try:
        return list(_nodes(data, limits))
    except HornbookError as error:
        error.place = name
        raise


def root_of(known: list[Node], name: str, limits: Limits) -> dict[str, Any]:
    """Return what the metadata say of the model.

    Returns:
        The JSON object of the node `root`; `model_config`, `training_config`,
        `keras_version` and `backend` are what is of use in it.

    Raises:
        ArchiveError: There is no model, or more than one.
    """
    roots = [node for node in known if node.path == ROOT]
    if len(roots) != 1:
        raise ArchiveError(f"The file has {len(roots)} nodes `{ROOT}`, not one", place=name)
    value = json_text.parse(roots[0].metadata, f"{name}: {ROOT}", limits)
    if not isinstance(value, dict):
        raise ArchiveError(f"The metadata must be a JSON object, not {short(value)}", place=f"{name}: {ROOT}")
    return value


def _nodes(data: bytes, limits: Limits) -> Iterator[Node]:
    for count, (_, value) in enumerate(_fields(data, {_NODES: _BYTES})):
        if count >= limits.members:
            raise LimitError(f"The file has more than {limits.members} nodes", place=None)
        fields = {number: content for number, content in _fields(value, _FIELDS) if isinstance(content, bytes)}
        path, identifier = (_decoded(fields.get(number, b"")) for number in (_NODE_PATH, _IDENTIFIER))
        yield Node(path, identifier, fields.get(_METADATA, b""))


def _fields(data: bytes, known: dict[int, int]) -> Iterator[tuple[int, Any]]:
    """Yield number and value of each field of a message.

    Raises:
        ArchiveError: A field is not known, or of another type, or cut off.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at, end)
        number, kind = key >> 3, key & 7
        if known.get(number) != kind:
            raise ArchiveError(f"The file has a field {number} of type {kind}, which no metadata of Keras have")
        value, at = _varint(data, at, end)
        if kind == _BYTES:
            if value > end - at:
                raise ArchiveError("The file is cut off")
            yield number, data[at : at + value]
            at += value
        else:
            yield number, value


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    value = 0
    for shift in range(_LONGEST_VARINT):
        if at >= end:
            raise ArchiveError("The file is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at
    raise ArchiveError("The file has a number that is too long")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError("The file has a name that is no text") from error
