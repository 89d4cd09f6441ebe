"""The Keras part of a SavedModel: `keras_metadata.pb`, read without TensorFlow.

It is a protocol buffer: `SavedMetadata` holds nodes, and each node a path and
a JSON text (tensorflow/python/keras/protobuf/saved_metadata.proto of TF 2.6).
Only these fields are understood; the wire format is read strictly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from hornbook.archive import json_text
from hornbook.archive.protobuf import BYTES, VARINT, fields, text, varint
from hornbook.errors import ArchiveError, HornbookError, LimitError, short
from hornbook.policy import Limits

FILE = "keras_metadata.pb"
# The path of the model itself.
ROOT = "root"

# The fields of `SavedObject`.
_NODES, _NODE_PATH, _IDENTIFIER, _METADATA = 1, 3, 4, 5
_FIELDS = {1: VARINT, 2: VARINT, _NODE_PATH: BYTES, _IDENTIFIER: BYTES, _METADATA: BYTES, 6: BYTES}


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
    if len(head) < 4 or head[0] != (_NODES << 3 | BYTES):
        return False
    try:
        _, start = varint(head, 1, len(head))
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
    for count, (_, value) in enumerate(fields(data, {_NODES: BYTES})):
        if count >= limits.members:
            raise LimitError(f"The file has more than {limits.members} nodes", place=None)
        parts = dict(fields(value, _FIELDS))
        path, identifier = (text(parts.get(number, b"")) for number in (_NODE_PATH, _IDENTIFIER))
        yield Node(path, identifier, bytes(parts.get(_METADATA, b"")))


def with_shapes(config: dict[str, Any], said: Callable[[], Iterable[Any]]) -> dict[str, Any]:
    """Return the config of a chain of layers in which these tell the shapes that they were built for.

    It is the same one, unless the place of a layer is open to any size and the
    layer is not: one that has learnt from data before it got its place was built
    for the shape of that, and so were those behind it.

    Args:
        config: The config.
        said: Returns what the metadata say of each layer.

    Example:
        >>> learnt = {"name": "scale", "build_input_shape": {"class_name": "TensorShape", "items": [None, 2]}}
        >>> layer = {"class_name": "Scale", "config": {"name": "scale", "batch_input_shape": [None, None]}}
        >>> with_shapes({"config": {"layers": [layer]}}, lambda: [learnt])["config"]["layers"][0]["build_config"]
        {'input_shape': [None, 2]}
    """
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(layers, list) or not any(map(_open_place, layers)):
        return config
    if any(not isinstance(layer, dict) or "inbound_nodes" in layer for layer in layers):
        return config
    built = {each["name"]: _shape(each.get("build_input_shape")) for each in said() if _is_named(each)}
    shapes = [built.get(_name(layer)) for layer in layers]
    if not any(_open_place(layer) and _is_closed(shape) for layer, shape in zip(layers, shapes, strict=True)):
        return config
    layers = [
        {"build_config": {"input_shape": shape}, **layer} if _is_closed(shape) else layer
        for layer, shape in zip(layers, shapes, strict=True)
    ]
    return {**config, "config": {**inner, "layers": layers}}


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str)


def _name(layer: dict[str, Any]) -> str:
    config = layer.get("config")
    return config["name"] if isinstance(config, dict) and _is_named(config) else ""


def _shape(value: Any) -> list[Any]:
    """Return a shape as a list, in whichever way it is written; an empty one for anything else."""
    items = value.get("items") if isinstance(value, dict) else value
    return items if isinstance(items, list) else []


def _open_place(layer: Any) -> bool:
    """Return whether the place of a layer is open to other sizes, beyond the number of examples."""
    config = layer.get("config") if isinstance(layer, dict) else None
    return isinstance(config, dict) and None in _shape(config.get("batch_input_shape"))[1:]


def _is_closed(shape: list[Any] | None) -> bool:
    """Return whether all sizes of a shape are known, beyond the number of examples."""
    return bool(shape) and all(type(size) is int for size in (shape or ())[1:])
