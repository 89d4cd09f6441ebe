"""The objects of a SavedModel itself, `saved_model.pb`: before TF 2.5 they have what Keras says of each of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from hornbook.archive.bundle.graph import children_of
from hornbook.archive.protobuf import BYTES, Buffer, fields, text
from hornbook.archive.savedmodel import ROOT, Node
from hornbook.errors import ArchiveError, LimitError, errors_within
from hornbook.policy import Limits

FILE = "saved_model.pb"

# Fields of `SavedModel`, `MetaGraphDef`, `SavedObjectGraph`, `SavedObject` and `SavedUserObject`.
_GRAPHS, _OBJECTS, _NODES = 2, 7, 1
_CHILDREN, _USER_OBJECT = 1, 4
_IDENTIFIER, _METADATA = 1, 3
_KERAS = "_tf_keras_"
# Objects, and attributes of all of them together, for each array that there may be.
_MOST_OBJECTS, _MOST_WAYS = 2, 10
_MOST = 4  # bytes of all descriptions together, for each byte that a config may have


def keras_nodes(data: Buffer, name: str, limits: Limits) -> list[Node]:
    """Return what Keras says of its objects, each with the attributes that lead to it; none if it is no model of Keras.

    Args:
        data: The file.
        name: What to call it in errors.
        limits: How much it may have.

    Raises:
        ArchiveError: It is damaged.
        LimitError: There are too many objects.
    """
    with errors_within(name):
        objects = counted((_object(message) for message in messages_of(data, limits)), limits)
        nodes = list(_nodes(objects, limits))
        return nodes if nodes and nodes[0].path == ROOT else []


def messages_of(data: Buffer, limits: Limits) -> Iterator[Buffer]:
    """Yield the objects of the graph that a SavedModel of Keras has: one."""
    graphs = list(every(data, _GRAPHS))
    if len(graphs) != 1:
        return
    count = 0
    for objects in every(graphs[0], _OBJECTS):
        for node in every(objects, _NODES):
            count += 1
            if count > _MOST_OBJECTS * limits.arrays:
                raise LimitError(f"The SavedModel has more than {_MOST_OBJECTS * limits.arrays} objects", place=None)
            yield node


Saved = TypeVar("Saved", bound=tuple[Any, ...])


def counted(objects: Iterable[Saved], limits: Limits) -> list[Saved]:
    """Return objects, whose first part is what their attributes lead to.

    Raises:
        LimitError: All together have too many attributes.
    """
    found: list[Saved] = []
    count = 0
    for each in objects:
        count += len(each[0])
        if count > _MOST_WAYS * limits.arrays:
            raise LimitError(f"The SavedModel has more than {_MOST_WAYS * limits.arrays} attributes", place=None)
        found.append(each)
    return found


def every(data: Buffer, number: int) -> Iterator[Buffer]:
    """Yield the bytes of each field of that number, all others passed over."""
    return (value for _, value in fields(data, {number: BYTES}, others=True))


def _object(message: Buffer) -> tuple[dict[str, int], str, Buffer]:
    """Return where the attributes of an object lead, what it is, and what is said of it."""
    found: dict[int, list[Buffer]] = {_CHILDREN: [], _USER_OBJECT: []}
    for number, value in fields(message, {_CHILDREN: BYTES, _USER_OBJECT: BYTES}, others=True):
        found[number].append(value)
    children = children_of(iter(found[_CHILDREN]))
    for user in found[_USER_OBJECT]:
        said = dict(fields(user, {_IDENTIFIER: BYTES, _METADATA: BYTES}, others=True))
        return children, text(said.get(_IDENTIFIER, b"")), said.get(_METADATA, b"")
    return children, "", b""


def _nodes(objects: list[tuple[dict[str, int], str, Buffer]], limits: Limits) -> Iterator[Node]:
    """Yield what is Keras' of the objects that the root leads to, the nearest first."""
    todo, seen, said, paths = deque([(0, ROOT)] if objects else []), {0}, 0, 0
    while todo:
        number, path = todo.popleft()
        if number >= len(objects):
            raise ArchiveError("The SavedModel names an object that it does not have")
        children, identifier, metadata = objects[number]
        if identifier.startswith(_KERAS):
            said += len(metadata)
            yield Node(path, identifier, bytes(metadata))
        for name, child in children.items():
            if child not in seen:
                seen.add(child)
                todo.append((child, f"{path}.{name}"))
                paths += len(path) + len(name)
        if max(said, paths) > _MOST * limits.config_bytes:
            raise LimitError("The SavedModel has too long a description of its objects", place=None)
