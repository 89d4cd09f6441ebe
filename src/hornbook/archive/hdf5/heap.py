"""The global heaps of an HDF5 file, in which texts of any length are kept (III.E)."""

from __future__ import annotations

from collections.abc import Iterator

from hornbook.archive.hdf5.blocks import Blocks
from hornbook.archive.hdf5.messages import Reader, damaged
from hornbook.errors import ArchiveError


class GlobalHeap:
    """Reads the texts of all global heaps, each once.

    Args:
        blocks: The bytes of the file.
    """

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self._named: set[tuple[int, int]] = set()

    def text(self, data: bytes) -> bytes:
        """Return a text; one that is named twice could be a gigabyte in a megabyte."""
        length, heap, index = (int.from_bytes(data[a:b], "little") for a, b in ((0, 4), (4, 12), (12, 16)))
        if length == 0:
            return b""
        at, size = self._objects(heap).get(index, (0, 0))
        if length > size:
            raise damaged()
        if (heap, index) in self._named:
            raise ArchiveError("The file names one text twice", place=None)
        self._named.add((heap, index))
        return self._blocks.peek(at, length)

    def _objects(self, address: int) -> dict[int, tuple[int, int]]:
        """Return where the objects of a global heap are, and their sizes (III.E)."""
        if address not in self._heaps:
            head = Reader(self._blocks.peek(address, 16))
            if head.next(8) != b"GCOL\1\0\0\0":
                raise damaged()
            size = head.number(8)
            if size < 16:
                raise damaged()
            self._heaps[address] = dict(_heap_objects(self._blocks.take(address, size), address))
        return self._heaps[address]


def _heap_objects(data: bytes, address: int) -> Iterator[tuple[int, tuple[int, int]]]:
    at = 16
    while at + 16 <= len(data):
        index, size = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 8 : at + 16], "little")
        if index == 0:
            return
        if at + 16 + size > len(data):
            raise damaged()
        yield index, (address + at + 16, size)
        at += 16 + size + -size % 8
