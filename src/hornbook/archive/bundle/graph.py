"""The graph of the objects that a checkpoint has the values of: which attribute of which object leads where.

It may have circles and several ways to one object, so whoever goes through it
visits each object once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hornbook.archive.protobuf import BYTES, VARINT, Buffer, fields, text
from hornbook.errors import ArchiveError, LimitError, short
from hornbook.policy import Limits

# The key of the graph in a checkpoint.
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
ROOT = 0

# Fields of `TrackableObjectGraph`, of an object, of a reference, of an attribute, of a slot.
_NODES = 1
_CHILDREN, _ATTRIBUTES, _SLOTS = 1, 2, 3
_NODE_ID, _NAME = 1, 2
_ATTRIBUTE, _FULL_NAME, _KEY = 1, 2, 3
_OF, _SLOT_NAME, _SLOT = 1, 2, 3
_OBJECT = {_CHILDREN: BYTES, _ATTRIBUTES: BYTES, _SLOTS: BYTES}
_REFERENCE = {_NODE_ID: VARINT, _NAME: BYTES}
_VALUE = "VARIABLE_VALUE"
# Objects, and attributes of all of them together, for each array that there may be.
_MOST_OBJECTS, _MOST_WAYS = 2, 10
_FUNCTIONS = frozenset({"keras_api", "__call__", "_default_save_signature", "signatures", "regularization_losses"})
_RANDOM = "_state_var"  # the state of a random generator, which no layer has among its weights


class OptimizerSlot(NamedTuple):
    """What an optimizer keeps for a variable.

    Args:
        variable: The number of the variable.
        name: What it is, as `"momentum"`.
        node: The number of the object that has it.
    """

    variable: int
    name: str
    node: int


class ObjectPart(NamedTuple):
    """An object of the graph.

    Args:
        children: The numbers of the objects that its attributes lead to, in the order in which they were set.
        key: The key of its value in the checkpoint, where it is a variable; else empty.
        full_name: The name of the variable, as `"dense/kernel"`.
        slots: What it keeps for variables, where it is an optimizer.
        tables: The keys of what it has beside: those of tables.
    """

    children: Mapping[str, int]
    key: str = ""
    full_name: str = ""
    slots: tuple[OptimizerSlot, ...] = ()
    tables: tuple[str, ...] = ()


class ObjectGraph:
    """The objects of a checkpoint, by number; the first is the root.

    Args:
        parts: The objects.
        limits: How many steps from one to another there may be, all ways through the graph together.
    """

    def __init__(self, parts: list[ObjectPart], limits: Limits) -> None:
        self.parts = parts
        self._most = self._left = limits.nodes

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise LimitError(f"The objects of the checkpoint lead to each other in more than {self._most} ways")

    def __getitem__(self, number: int) -> ObjectPart:
        return self.parts[number]

    def child(self, number: int, *names: str) -> int | None:
        """Return the number of the object that attributes lead to, one after the other; `None` if one is missing."""
        at: int | None = number
        for name in names:
            if at is None:
                return None
            at = self.parts[at].children.get(name)
        return at

    def members(self, number: int | None) -> list[int]:
        """Return the numbers of the objects in a list, in its order; none for no list."""
        if number is None:
            return []
        children = self.parts[number].children
        self._spend(len(children))
        return [children[name] for name in sorted(filter(is_number, children), key=int)]

    def variables(self, number: int, seen: set[int]) -> list[int]:
        """Return the variables that an object leads to and that were not seen yet, in the order of its attributes.

        Args:
            number: The object.
            seen: The objects that were visited; they become more.
        """
        found: list[int] = []
        todo = [number]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            if self.parts[at].key:
                found.append(at)
            ways = [way for name, way in self.parts[at].children.items() if not is_function(name)]
            self._spend(len(ways))
            todo += reversed(ways)
        return found


def is_number(name: str) -> bool:
    """Return whether an attribute is the place of something in a list."""
    return name.isascii() and name.isdigit() and len(name) < 10


def is_function(name: str) -> bool:
    """Return whether an attribute leads to a function, or to what Keras keeps beside: none is a weight of a layer."""
    return name == _RANDOM or name in _FUNCTIONS or name.startswith("call_and_return_") or name.endswith("_function")


def read_graph(data: Buffer, limits: Limits) -> ObjectGraph:
    """Return the graph of a checkpoint.

    Args:
        data: The message that has it.
        limits: How many objects there may be.

    Raises:
        ArchiveError: It is damaged.
        LimitError: There are too many objects.
    """
    parts: list[ObjectPart] = []
    ways = 0
    for _, message in fields(data, {_NODES: BYTES}):
        if len(parts) >= _MOST_OBJECTS * limits.arrays:
            raise LimitError(f"The checkpoint has more than {_MOST_OBJECTS * limits.arrays} objects", place=None)
        parts.append(_part(message))
        ways += len(parts[-1].children)
        if ways > _MOST_WAYS * limits.arrays:
            raise LimitError(f"The objects have more than {_MOST_WAYS * limits.arrays} attributes", place=None)
    if not parts:
        raise ArchiveError("The checkpoint has no objects")
    count = len(parts)
    for part in parts:
        if any(number >= count for number in part.children.values()):
            raise ArchiveError("The checkpoint names an object that it does not have")
        if any(slot.variable >= count or slot.node >= count for slot in part.slots):
            raise ArchiveError("The checkpoint names an object that it does not have")
    return ObjectGraph(parts, limits)


def children_of(messages: Iterator[Buffer]) -> dict[str, int]:
    """Return where attributes lead to.

    Raises:
        ArchiveError: One leads to two objects.
    """
    children: dict[str, int] = {}
    for message in messages:
        name, number = "", 0
        for field, value in fields(message, _REFERENCE):
            if field == _NAME:
                name = text(value)
            else:
                number = value
        if children.setdefault(name, number) != number:
            raise ArchiveError(f"The attribute {short(name)} leads to two objects")
    return children


def _part(message: Buffer) -> ObjectPart:
    if not len(message):
        return _EMPTY
    found: dict[int, list[Buffer]] = {_CHILDREN: [], _ATTRIBUTES: [], _SLOTS: []}
    for number, value in fields(message, _OBJECT, others=True):
        found[number].append(value)
    key = full_name = ""
    tables = []
    for attribute in found[_ATTRIBUTES]:
        values = {number: text(value) for number, value in fields(attribute, _TEXTS, others=True)}
        if values.get(_ATTRIBUTE) != _VALUE:
            tables.append(values.get(_KEY, ""))
        elif key:
            raise ArchiveError("An object of the checkpoint has two values")
        else:
            key, full_name = values.get(_KEY, ""), values.get(_FULL_NAME, "")
    slots = tuple([_slot(slot) for slot in found[_SLOTS]])
    return ObjectPart(children_of(iter(found[_CHILDREN])), key, full_name, slots, tuple(tables))


_EMPTY = ObjectPart({})
_TEXTS = {_ATTRIBUTE: BYTES, _FULL_NAME: BYTES, _KEY: BYTES}


def _slot(message: Buffer) -> OptimizerSlot:
    parts = dict(fields(message, {_OF: VARINT, _SLOT_NAME: BYTES, _SLOT: VARINT}))
    return OptimizerSlot(parts.get(_OF, 0), text(parts.get(_SLOT_NAME, b"")), parts.get(_SLOT, 0))
