"""The vocabularies of lookups in a SavedModel: constants that the function gets by which a table is made.

A layer leads to a table, the table to that function, the function to keys and
values, and each of these is a node of the graph, with a tensor.  Where a table
can grow, keys and values are arrays of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from hornbook.archive.bundle.entries import STRING
from hornbook.archive.bundle.graph import children_of
from hornbook.archive.bundle.savedobjects import counted, every, messages_of
from hornbook.archive.protobuf import BYTES, VARINT, Buffer, fields, signed, text, varint
from hornbook.errors import ArchiveError, LimitError, errors_within
from hornbook.policy import Limits

Tokens = tuple[str | int, ...]

# How an object leads to its table: a lookup, and what looks texts up.
TABLES = (("lookup_table",), ("_lookup_layer", "lookup_table"), ("_index_lookup_layer", "lookup_table"))
OLDER_TABLES = (("_table",), ("_index_lookup_layer", "_table"))
_MAKES = "_initialize"

# Fields of `MetaGraphDef`, `SavedObjectGraph`, `SavedObject`, and what these have.
_META_GRAPHS, _GRAPH, _OBJECT_GRAPH, _FUNCTIONS = 2, 2, 7, 2
_CHILDREN, _FUNCTION, _CONSTANT = 1, 6, 9
_MAP_KEY, _MAP_VALUE, _BOUND = 1, 2, 2
# Fields of `NodeDef`, `AttrValue` and `TensorProto`.
_NODES, _NODE_NAME, _NODE_ATTRIBUTES, _TENSOR = 1, 1, 5, 8
_DTYPE, _CONTENT, _INT, _TEXT, _INT64 = 1, 4, 7, 8, 10
_WIDTHS = {3: 4, 9: 8}  # bytes of whole numbers, by their type


class _Saved(NamedTuple):
    """An object of a SavedModel.

    Args:
        children: Where its attributes lead.
        functions: The names of what it runs, where it is a function.
        constant: The name of the node that has its value, where it is a constant.
    """

    children: Mapping[str, int]
    functions: tuple[str, ...]
    constant: str


class SavedTables:
    """The tables of a SavedModel.

    Args:
        data: The bytes of `saved_model.pb`.
        place: What to call it in errors.
        limits: How much it may have.

    Raises:
        ArchiveError: It is damaged.
        LimitError: There is too much.
    """

    def __init__(self, data: Buffer, place: str, limits: Limits) -> None:
        self._data, self._place, self._limits = data, place, limits
        with errors_within(place):
            self._objects = counted((_saved(message) for message in messages_of(data, limits)), limits)
            self._bound = dict(self._functions())

    def vocabulary(self, path: str) -> Tokens | None:
        """Return the tokens of a lookup in their order, or `None` if it has no table of constants.

        Args:
            path: The attributes that lead to it, as `"root.layer-1"`.

        Raises:
            ArchiveError: The table is damaged.
        """
        with errors_within(self._place):
            layer = self._at(0, *path.split(".")[1:])
            tables = [self._at(layer, *names) for names in TABLES] if layer is not None else []
            table = next((at for at in tables if at is not None), None)
            function = None if table is None else self._at(table, _MAKES)
            if function is None:
                return None
            names = [name for made in self._objects[function].functions for name in self._constants(made)]
            if len(names) != 2:
                return None
            return ordered(*[self._tensor(name) for name in names])

    def _at(self, number: int | None, *names: str) -> int | None:
        if not self._objects:
            return None
        for name in names:
            number = None if number is None else self._objects[number].children.get(name)
            if number is not None and number >= len(self._objects):
                raise ArchiveError("The SavedModel names an object that it does not have")
        return number

    def _constants(self, function: str) -> Iterator[str]:
        """Yield the names of the constants that a function gets."""
        for number in self._bound.get(function, ()):
            if number >= len(self._objects):
                raise ArchiveError("The SavedModel names an object that it does not have")
            if self._objects[number].constant:
                yield self._objects[number].constant

    def _functions(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        count = 0
        for objects in self._of(_OBJECT_GRAPH):
            for function in every(objects, _FUNCTIONS):
                name, bound = _bound(function)
                count += 1 + len(bound)
                if count > self._limits.nodes:
                    raise LimitError(f"The SavedModel has more than {self._limits.nodes} functions", place=None)
                yield name, bound

    def _of(self, number: int) -> Iterator[Buffer]:
        return (value for graph in every(self._data, _META_GRAPHS) for value in every(graph, number))

    @cached_property
    def _nodes(self) -> dict[bytes, Buffer]:
        """The nodes of the graph by name."""
        nodes: dict[bytes, Buffer] = {}
        for graph in self._of(_GRAPH):
            for node in every(graph, _NODES):
                nodes[bytes(next(every(node, _NODE_NAME), b""))] = node
                if len(nodes) > self._limits.nodes:
                    raise LimitError(f"The SavedModel has more than {self._limits.nodes} nodes", place=None)
        return nodes

    def _tensor(self, name: str) -> Tokens:
        """Return the values of a constant.

        Raises:
            ArchiveError: There is none of that name, or it is none of tokens.
        """
        for attribute in every(self._nodes.get(name.encode(), b""), _NODE_ATTRIBUTES):
            entry = dict(fields(attribute, {_MAP_KEY: BYTES, _MAP_VALUE: BYTES}))
            if entry.get(_MAP_KEY) == b"value":
                for tensor in every(entry.get(_MAP_VALUE, b""), _TENSOR):
                    return _tokens(tensor, self._limits)
        raise ArchiveError("The SavedModel has no values for a vocabulary")


def ordered(keys: Tokens, values: Tokens) -> Tokens:
    """Return tokens in the order of their indices; which of both are the indices, they tell.

    Raises:
        ArchiveError: They are not as many.

    Example:
        >>> ordered(("b", "a"), (3, 2)), ordered((2, 3), ("a", "b"))
        (('a', 'b'), ('a', 'b'))
    """
    if any(isinstance(value, str) for value in values):
        keys, values = values, keys
    indices = [value for value in values if isinstance(value, int)]
    if len(keys) != len(values) or len(set(indices)) != len(keys):
        raise ArchiveError("A vocabulary has other indices than tokens")
    return tuple([token for _, token in sorted(zip(indices, keys, strict=True), key=lambda pair: pair[0])])


def _saved(message: Buffer) -> _Saved:
    children: list[Buffer] = []
    functions: list[str] = []
    constant = ""
    kinds = {_CHILDREN: BYTES, _FUNCTION: BYTES, _CONSTANT: BYTES}
    for number, value in fields(message, kinds, others=True):
        if number == _CHILDREN:
            children.append(value)
        elif number == _FUNCTION:
            functions += map(text, every(value, 1))
        else:
            constant = text(next(every(value, 1), b""))
    return _Saved(children_of(iter(children)), tuple(functions), constant)


def _bound(function: Buffer) -> tuple[str, tuple[int, ...]]:
    """Return the name of a function, and the numbers of the objects that it gets."""
    entry = dict(fields(function, {_MAP_KEY: BYTES, _MAP_VALUE: BYTES}))
    numbers: list[int] = []
    for packed in every(entry.get(_MAP_VALUE, b""), _BOUND):
        numbers += _packed(packed)
    return text(entry.get(_MAP_KEY, b"")), tuple(numbers)


def _packed(data: Buffer) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = varint(data, at, len(data))
        yield signed(value)


def _tokens(tensor: Buffer, limits: Limits) -> Tokens:
    """Return the texts or whole numbers of a tensor."""
    dtype, tokens = 0, list[str | int]()
    known = {_DTYPE: VARINT, _CONTENT: BYTES, _INT: BYTES, _TEXT: BYTES, _INT64: BYTES}
    for number, value in fields(tensor, known, others=True):
        if number == _DTYPE:
            dtype = value
        elif number == _TEXT:
            tokens.append(text(value))
        else:
            tokens += _packed(value) if number != _CONTENT else _raw(value, _WIDTHS.get(dtype, 0))
        if len(tokens) > limits.nodes:
            raise LimitError(f"A vocabulary has more than {limits.nodes} tokens", place=None)
    if dtype != STRING and dtype not in _WIDTHS:
        raise ArchiveError("A vocabulary is none of texts or whole numbers")
    return tuple(tokens)


def _raw(data: Buffer, width: int) -> Iterator[int]:
    if not width or len(data) % width:
        raise ArchiveError("A vocabulary is none of texts or whole numbers")
    content = bytes(data)
    return (int.from_bytes(content[i : i + width], "little", signed=True) for i in range(0, len(content), width))
