"""The index of a checkpoint: a sorted table of keys and values, in blocks that share the beginnings of keys.

It is a table of LevelDB: blocks of entries, a block that lists these, and a
footer.  A writer of checkpoints leaves no bytes between the blocks, compresses
none and has no filters, and what does otherwise is refused; so each byte is
read once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from hornbook.archive.bundle.crc32c import crc32c, unmasked
from hornbook.archive.protobuf import varint
from hornbook.errors import ArchiveError, LimitError
from hornbook.policy import Limits

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER, _TRAILER, _NUMBER = 48, 5, 4  # bytes
_COMPRESSIONS = {1: "Snappy", 2: "Zstandard"}
_LONGEST_KEY = 1 << 13  # bytes: a path of attributes
_KEYS = 8  # bytes of all keys for each byte that a config may have
_HINT = "Copy the checkpoint again, or write it again."


class _Block(NamedTuple):
    """Where a block is.

    Args:
        start: Its first byte.
        size: Its bytes, without what stands behind it.
    """

    start: int
    size: int

    @property
    def end(self) -> int:
        """Where the next block begins."""
        return self.start + self.size + _TRAILER


def read_table(data: bytes, limits: Limits) -> dict[bytes, memoryview]:
    """Return the entries of an index.

    Args:
        data: The whole file.
        limits: How many entries there may be.

    Raises:
        ArchiveError: It is damaged, or not in the form in which checkpoints are written.
        LimitError: There are too many entries, or their keys are too long.
    """
    view = memoryview(data)
    meta, index = _footer(data)
    entries: dict[bytes, memoryview] = {}
    at, last, spent = 0, b"", 0
    for separator, handle in _entries(view, index):
        block, end = _handle(handle, 0, len(handle))
        if end != len(handle) or block.start != at or block.end > meta.start:
            raise damaged("its blocks do not lie one after the other")
        at = block.end
        for key, value in _entries(view, block):
            spent += len(key)
            if key <= last and entries:
                raise damaged("its keys are not in order")
            if len(entries) > limits.arrays or spent > _KEYS * limits.config_bytes:
                raise LimitError(f"The index has more than {limits.arrays} entries, or too long ones", place=None)
            entries[key] = value
            last = key
        if separator < last:
            raise damaged("its keys are not in order")
    if at != meta.start:
        raise damaged("its blocks do not lie one after the other")
    if next(_entries(view, meta), None) is not None:
        raise damaged("it has filters, which no checkpoint has")
    return entries


def damaged(what: str) -> ArchiveError:
    """Return the error for an index that is damaged."""
    return ArchiveError(f"The index of the checkpoint is damaged: {what}", hint=_HINT)


def _footer(data: bytes) -> tuple[_Block, _Block]:
    """Return where the block of filters and the block of blocks are: the last ones."""
    start = len(data) - _FOOTER
    if start < 0 or not data.endswith(_MAGIC):
        raise damaged("it is cut off, or no index")
    end = len(data) - len(_MAGIC)
    meta, at = _handle(data, start, end)
    index, at = _handle(data, at, end)
    if any(data[at:end]) or index.start != meta.end or index.end != start:
        raise damaged("its blocks do not lie one after the other")
    return meta, index


def _handle(data: bytes | memoryview, at: int, end: int) -> tuple[_Block, int]:
    start, at = varint(data, at, end)
    size, at = varint(data, at, end)
    return _Block(start, size), at


def _entries(view: memoryview, block: _Block) -> Iterator[tuple[bytes, memoryview]]:
    """Yield keys and values of a block."""
    content = _content(view, block)
    end, restarts = _restarts(content)
    at, key, number = 0, b"", 0
    while at < end:
        start = at
        shared, at = varint(content, at, end)
        own, at = varint(content, at, end)
        size, at = varint(content, at, end)
        if shared > len(key) or own + size > end - at:
            raise damaged("an entry is cut off")
        if shared + own > _LONGEST_KEY:
            raise LimitError(f"A key has more than {_LONGEST_KEY} bytes", place=None)
        if number < len(restarts) and restarts[number] == start:
            number += 1
            if shared:
                raise damaged("an entry shares the key of none")
        key = key[:shared] + bytes(content[at : at + own])
        at += own + size
        yield key, content[at - size : at]
    if number != len(restarts) and end:
        raise damaged("its restarts are elsewhere")


def _content(view: memoryview, block: _Block) -> memoryview:
    """Return what a block holds, once its sum is right."""
    end = block.start + block.size
    if block.size < 2 * _NUMBER or block.end > len(view):
        raise damaged("a block is cut off")
    stored = int.from_bytes(view[end + 1 : block.end], "little")
    if crc32c(view[block.start : end + 1]) != unmasked(stored):
        raise damaged("the checksum of a block is another one")
    if view[end]:
        form = _COMPRESSIONS.get(view[end], "something unknown")
        raise ArchiveError(
            f"The index of the checkpoint is compressed by {form}, as no checkpoint is written",
            hint="Write it again with tf.train.Checkpoint.",
        )
    return view[block.start : end]


def _restarts(content: memoryview) -> tuple[int, list[int]]:
    """Return where the entries of a block end, and which of them share nothing with the one before."""
    count = int.from_bytes(content[-_NUMBER:], "little")
    end = len(content) - _NUMBER * (count + 1)
    if not count or end < 0:
        raise damaged("a block has no entries")
    numbers = content[end:-_NUMBER]
    starts = [int.from_bytes(numbers[i : i + _NUMBER], "little") for i in range(0, len(numbers), _NUMBER)]
    if starts[0] or any(after <= before for before, after in itertools.pairwise(starts)):
        raise damaged("its restarts are elsewhere")
    return end, starts
