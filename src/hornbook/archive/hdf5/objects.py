"""The objects of an HDF5 file: groups, arrays, and the texts that attributes have.

Understood is what h5py writes without being asked for more: superblock 0 to 3,
headers 1 and 2, groups with a symbol table or with links in the header, texts
in a global heap.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import NamedTuple

from hornbook.archive.hdf5 import messages
from hornbook.archive.hdf5.blocks import Blocks
from hornbook.archive.hdf5.heap import GlobalHeap
from hornbook.archive.hdf5.messages import UNDEFINED, Attribute, Datatype, Layout, Link, Reader, damaged, foreign
from hornbook.errors import ArchiveError, HornbookError, LimitError, UnreadableError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_LONGEST_NAME = 4096
_DEEPEST_TREE = 32

_SPACE, _LINKS, _TYPE, _FILL, _LINK, _EXTERNAL, _LAYOUT = 1, 2, 3, 5, 6, 7, 8
_FILTERS, _ATTRIBUTE, _CONTINUED, _SYMBOLS, _ATTRIBUTES = 11, 12, 16, 17, 21
# How a message begins, in headers of version 1 and 2: kind, length, flags.
_HEAD, _HEAD_NEWER = struct.Struct("<HHB"), struct.Struct("<BHB")
# A member of a group: where its name is, where its header is, what is cached of it.
_SYMBOL = struct.Struct("<QQI20x")
# A node of a tree: what it is, of what, how deep, how many.
_NODE = struct.Struct("<4sBBH16x")
# Without meaning for what is read here: nothing, old fill value, group info, comment, times, counts.
_IGNORED = frozenset({0, 4, 10, 13, 14, 18, 22})
_ONCE = frozenset({_SPACE, _LINKS, _TYPE, _FILL, _LAYOUT, _FILTERS, _SYMBOLS, _ATTRIBUTES})
_KNOWN = _ONCE | _IGNORED | {_LINK, _EXTERNAL, _ATTRIBUTE, _CONTINUED}


class Group(NamedTuple):
    """A group.

    Args:
        address: Where its header is.
        attributes: Its attributes.
        links: The address of each member; `None` where it is no part of the file.
    """

    address: int
    attributes: dict[str, Attribute]
    links: dict[str, int | None]


class Dataset(NamedTuple):
    """An array, not read.

    Args:
        address: Where its header is.
        attributes: Its attributes.
        shape: Its shape; `None` where it has no value at all.
        type: The type of its values.
        layout: Where they are.
        filters: What the chunks went through.
        fill: The bytes of a value that was never written; empty for zero.
    """

    address: int
    attributes: dict[str, Attribute]
    shape: tuple[int, ...] | None
    type: Datatype
    layout: Layout
    filters: tuple[int, ...]
    fill: bytes

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return 0 if self.shape is None else math.prod(self.shape) * self.type.size


class Objects:
    """Reads the objects of a file, each once.

    Args:
        blocks: The bytes of the file.
        most: How many objects it may have.

    Attributes:
        root: The address of the topmost group.
    """

    def __init__(self, blocks: Blocks, most: int) -> None:
        self._blocks = blocks
        self._most = most
        self._objects: dict[int, Group | Dataset] = {}
        self._failed: dict[int, HornbookError] = {}
        self._heap = GlobalHeap(blocks)
        self._texts: dict[int, list[bytes]] = {}
        self.root = self._superblock()

    def _superblock(self) -> int:
        """Return the address of the topmost group (II.A)."""
        blocks = self._blocks
        read = Reader(blocks.peek(0, min(96, blocks.size)))
        if read.next(8) != SIGNATURE:
            raise damaged()
        version = read.number(1)
        if version in (0, 1):
            read.next(4)
            sizes = read.next(2)
            read.next(9 + 4 * version)
            base, _, end, driver = [read.number(8) for _ in range(4)]
            read.number(8)
            root = read.number(8)
            size = read.at + 24
        elif version in (2, 3):
            sizes = read.next(2)
            read.number(1)
            base, driver, end, root = [read.number(8) for _ in range(4)]
            size = read.at + 4
        else:
            raise damaged()
        if sizes != b"\x08\x08" or base or driver != UNDEFINED:
            raise foreign("a superblock of another kind")
        if end != blocks.size:
            raise UnreadableError(f"The file has {blocks.size} bytes and says {end}", place=None)
        blocks.take(0, size)
        return root

    def _messages(self, address: int) -> Iterator[tuple[int, bytes]]:
        """Yield kind and content of each message in a header (IV.A)."""
        begin = self._blocks.peek(address, min(40, self._blocks.size - address))
        newer = begin[:4] == b"OHDR"
        start, size, more = _newer(Reader(begin)) if newer else _older(Reader(begin))
        head = _HEAD_NEWER if newer else _HEAD
        todo = [self._blocks.take(address, start + size)[start : start + size - (4 if newer else 0)]]
        for data in todo:  # each message of a file comes by here: it stays in one function
            at, size = 0, len(data)
            while at + 4 + more <= size:
                from_, at = at, at + head.size + more
                if at > size:
                    raise damaged()
                kind, length, flags = head.unpack_from(data, from_)
                if kind not in _KNOWN or flags & 2:
                    raise foreign("named types" if flags & 2 else f"a message of the kind {kind}")
                from_, at = at, at + length
                if at > size:
                    raise damaged()
                content = data[from_:at]
                if kind == _CONTINUED:
                    todo.append(self._continued(Reader(content), newer=newer))
                else:
                    yield kind, content

    def _continued(self, read: Reader, *, newer: bool) -> bytes:
        """Return the messages that stand elsewhere (IV.A.2.q)."""
        block = self._blocks.take(read.number(8), read.number(8))
        if newer and block[:4] != b"OCHK":
            raise damaged()
        return block[4:-4] if newer else block

    def get(self, address: int) -> Group | Dataset:
        """Return the object whose header is at an address.

        Raises:
            ArchiveError: It is damaged, or of a kind that Keras never writes.
        """
        if address in self._failed:  # its bytes are taken: a second attempt would tell of something else
            raise self._failed[address]
        known = self._objects.get(address)
        if known is None:
            if len(self._objects) >= self._most:
                raise LimitError(f"The file has more than {self._most} groups and arrays", place=None)
            try:
                known = self._objects[address] = self._object(address)
            except HornbookError as error:
                self._failed[address] = error
                raise
        return known

    def _object(self, address: int) -> Group | Dataset:
        once: dict[int, bytes] = {}
        attributes: dict[str, Attribute] = {}
        links: list[Link] = []
        for kind, content in self._messages(address):
            if kind in _ONCE and once.setdefault(kind, content) is not content:
                raise damaged()
            if kind == _EXTERNAL:
                raise ArchiveError("The array is stored in another file", place=None)
            if kind == _LINK:
                links.append(messages.link(content))
            elif kind == _ATTRIBUTE:
                name, value = messages.attribute(content)
                if attributes.setdefault(_name(name), value) is not value:
                    raise ArchiveError("An object has two attributes of one name", place=None)
        self._check_inline(once)
        return self._made(address, attributes, once, links)

    def _made(
        self, address: int, attributes: dict[str, Attribute], once: dict[int, bytes], links: list[Link]
    ) -> Group | Dataset:
        """Return what the messages of a header make."""
        if _LAYOUT in once and _SPACE in once and _TYPE in once:
            return self._dataset(address, attributes, once)
        if _SYMBOLS in once:
            links += self._symbols(Reader(once[_SYMBOLS]))
        elif _LINKS not in once:
            raise ArchiveError("There is neither a group nor an array", place=None)
        members = {_name(link.name): link.address for link in links}
        if len(members) != len(links):
            raise ArchiveError("A group has two members of one name", place=None)
        return Group(address, attributes, members)

    def _check_inline(self, once: dict[int, bytes]) -> None:
        """Refuse links and attributes that are kept in a heap: h5py makes that for thousands, if asked to."""
        for kind, counted in ((_LINKS, 8), (_ATTRIBUTES, 2)):
            if kind in once:
                read = Reader(once[kind])
                read.number(1)
                read.next(counted if read.number(1) & 1 else 0)
                if read.number(8) != UNDEFINED:
                    raise foreign("groups or attributes kept in a heap")

    def _dataset(self, address: int, attributes: dict[str, Attribute], once: dict[int, bytes]) -> Dataset:
        return Dataset(
            address,
            attributes,
            messages.dataspace(once[_SPACE]),
            messages.datatype(once[_TYPE]),
            messages.layout(once[_LAYOUT]),
            messages.filters(once[_FILTERS]) if _FILTERS in once else (),
            messages.fill_value(once[_FILL]) if _FILL in once else b"",
        )

    def _symbols(self, read: Reader) -> Iterator[Link]:
        """Yield the members of a group of the older kind (III.B to III.D)."""
        tree, heap = read.number(8), read.number(8)
        head = Reader(self._blocks.take(heap, 32))
        if head.next(8) != b"HEAP\0\0\0\0":
            raise damaged()
        size, _, at = [head.number(8) for _ in range(3)]
        names, left = self._blocks.take(at, size), size
        for leaf in self.leaves(tree, kind=0, key=8):
            node = Reader(self._blocks.peek(leaf[1], 8))
            if node.next(6) != b"SNOD\1\0":
                raise damaged()
            count = node.number(2)
            for start, address, cached in _SYMBOL.iter_unpack(self._blocks.take(leaf[1], 8 + 40 * count)[8:]):
                end = names.find(b"\0", start, start + left + 1) if start < len(names) else -1
                if end < 0 or cached > 2:
                    raise damaged()
                left -= end - start  # two names do not overlap
                yield Link(names[start:end], address if cached != 2 else None)

    def leaves(self, tree: int, *, kind: int, key: int) -> Iterator[tuple[bytes, int]]:
        """Yield key and address of all that a tree leads to (III.A.1).

        Args:
            tree: The address of its topmost node.
            kind: 0 for the members of a group, 1 for the chunks of an array.
            key: The bytes of a key.
        """
        todo = [(tree, -1)]
        while todo:
            at, expected = todo.pop()
            signature, of, level, count = _NODE.unpack(self._blocks.peek(at, _NODE.size))
            if signature != b"TREE" or of != kind or level > _DEEPEST_TREE or expected not in (-1, level):
                raise damaged()
            data = self._blocks.take(at, 24 + count * (key + 8) + key)[24 : 24 + count * (key + 8)]
            children = list(struct.iter_unpack(f"<{key}sQ", data))
            if level:
                todo += [(child, level - 1) for _, child in reversed(children)]
            else:
                yield from children

    def texts(self, attribute: Attribute) -> list[bytes] | None:
        """Return the texts of an attribute; `None` if it holds anything else.

        Raises:
            ArchiveError: They are damaged, or one is named twice.
        """
        size, data, kind = attribute.type.size, attribute.data, attribute.type.kind
        if kind not in ("text", "texts"):
            return None
        if id(attribute) not in self._texts:
            parts = [data[at : at + size] for at in range(0, len(data), size)]
            texts = parts if kind == "text" else [self._heap.text(part) for part in parts]
            self._texts[id(attribute)] = [part.rstrip(b"\0") for part in texts]
        return self._texts[id(attribute)]


def _older(read: Reader) -> tuple[int, int, int]:
    """Return where messages begin, their bytes, and what each has beside kind, length and flags."""
    if read.next(2) != b"\1\0":
        raise damaged()
    read.next(6)
    return 16, read.number(4), 3


def _newer(read: Reader) -> tuple[int, int, int]:
    read.next(4)
    version, flags = read.number(1), read.number(1)
    if version != 2:
        raise damaged()
    read.next((16 if flags & 32 else 0) + (4 if flags & 16 else 0))
    size = read.number(1 << (flags & 3))
    # The checksum behind the messages counts as one of their bytes; it is not compared.
    return read.at, size + 4, 2 if flags & 4 else 0


def _name(data: bytes) -> str:
    """Return the name of a member or attribute."""
    try:
        name = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError("The file has a name that cannot be one", place=None) from error
    if len(data) > _LONGEST_NAME:
        raise LimitError(f"The file has a name of {len(data)} bytes; the limit is {_LONGEST_NAME}", place=None)
    if not name or "\0" in name:
        raise ArchiveError("The file has a name that cannot be one", place=None)
    return name
