"""The values of a checkpoint: bytes of its shards, each claimed by one array, and their sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from hornbook.archive.bundle.crc32c import crc32c, unmasked
from hornbook.archive.bundle.entries import (
    BFLOAT16,
    DTYPES,
    STRING,
    BundleEntry,
    check_apart,
    entry_of,
    full,
    header_of,
    slice_key,
)
from hornbook.archive.bundle.table import damaged, read_table
from hornbook.archive.protobuf import text, varint
from hornbook.archive.weights.stores import StoredArray
from hornbook.errors import ArchiveError, LimitError, UnreadableError, WeightsError, errors_within, short
from hornbook.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

_ALIGNMENT = 64  # bytes: frameworks take over memory that begins at a multiple of this
_COPY = "Copy the checkpoint again: all its files belong together."

# Opens the shard of a number.
Opener = Callable[[int, int], BinaryIO]


class Bundle:
    """The arrays of a checkpoint by key, none of them read.

    Args:
        index: The bytes of the index.
        open_shard: Returns the file of a shard, of its number and of how many there are.
        place: What to call the index in errors.
        limits: How much it may ask for.

    Raises:
        ArchiveError: The index is damaged, or arrays have bytes that no shard has.
        WeightsError: A shard is missing.
        LimitError: There is too much.
    """

    def __init__(self, index: bytes, open_shard: Opener, place: str, limits: Limits) -> None:
        self.place, self._limits, self._open_shard = place, limits, open_shard
        self._files: dict[int, tuple[BinaryIO, int]] = {}
        with errors_within(place):
            table = read_table(index, limits)
            header = table.pop(b"", None)
            if header is None:
                raise damaged("it has no header")
            self._header = header_of(header)
            self._entries = {key: entry_of(value) for key, value in table.items()}
            self._check()

    def _check(self) -> None:
        """Refuse arrays whose bytes are not there, or are those of others."""
        claimed = []
        for key, entry in self._entries.items():
            if entry.slices:
                if entry.size:
                    raise damaged("an array has slices, and bytes of its own")
                continue
            if entry.shard >= self._header.shards:
                raise damaged("an array is in a shard that is none of it")
            _check_size(entry)
            end = entry.offset + entry.size
            if end > self._shard(entry.shard)[1]:
                raise ArchiveError(
                    f"The checkpoint is cut off: {short(_shown(key))} ends behind the end of its shard", hint=_COPY
                )
            if entry.size:
                claimed.append((entry.shard, entry.offset, end))
        check_apart(claimed)

    def _shard(self, number: int) -> tuple[BinaryIO, int]:
        """Return a shard, and its size."""
        if number not in self._files:
            if len(self._files) >= self._limits.members:
                raise LimitError(f"The checkpoint has more than {self._limits.members} files", place=None)
            file = self._open_shard(number, self._header.shards)
            self._files[number] = file, file.seek(0, 2)
        return self._files[number]

    def keys(self) -> Iterator[str]:
        """Yield the keys of all arrays, but for those of slices."""
        return (_shown(key) for key in self._entries if not key.startswith(b"\0"))

    def has(self, key: str) -> bool:
        """Return whether there is an array of that key."""
        return key.encode() in self._entries

    def bytes_of(self, key: str) -> int:
        """Return how many bytes an array has in its shard."""
        return self._entries[key.encode()].size

    def array(self, key: str, name: str) -> StoredArray:
        """Return an array of numbers, not read.

        Args:
            key: Its key.
            name: What it is to be called.

        Raises:
            ArchiveError: It is of a type that no weight has, or a part of it is missing.
        """
        entry, place = self._entry(key), f"{self.place}: {key}"
        with errors_within(place):
            if entry.dtype not in DTYPES:
                raise ArchiveError(f"The array is of type {entry.dtype}, which is none of numbers")
            parts = list(self._parts(key, entry))
        size = entry.values * (4 if entry.dtype == BFLOAT16 else _width(entry.dtype))
        return StoredArray(name, place, entry.shape, size, lambda: self._read(entry, parts, place))

    def _entry(self, key: str) -> BundleEntry:
        entry = self._entries.get(key.encode())
        if entry is None:
            raise WeightsError(f"The checkpoint has no array {short(key)}", hint=_COPY, place=self.place)
        return entry

    def _parts(self, key: str, entry: BundleEntry) -> Iterator[tuple[tuple[tuple[int, int], ...], BundleEntry]]:
        """Yield the parts that an array is stored in: where each belongs, and what it is."""
        if not entry.slices:
            yield tuple([(0, size) for size in entry.shape]), entry
            return
        for part, ends in zip(entry.slices, full(entry.slices, entry.shape), strict=True):
            stored = self._entries.get(slice_key(key.encode(), part))
            if stored is None or stored.slices:
                raise damaged("a slice of an array is missing")
            if stored.dtype != entry.dtype or stored.shape != tuple([end - start for start, end in ends]):
                raise damaged("a slice has another type or shape than its array")
            yield ends, stored

    def _read(self, entry: BundleEntry, parts: list[Any], place: str) -> npt.NDArray[Any]:
        with errors_within(place):
            if not entry.slices:
                return self._numbers(entry)
            return self._joined(entry, parts)

    def _joined(self, entry: BundleEntry, parts: list[Any]) -> npt.NDArray[Any]:
        import numpy as np

        missing = np.ones(entry.shape, bool)
        whole: npt.NDArray[Any] | None = None
        for ends, stored in parts:
            at = tuple([slice(*pair) for pair in ends])
            if not missing[at].all():
                raise damaged("the slices of an array are not the whole of it")
            missing[at] = False
            values = self._numbers(stored)
            whole = np.empty(entry.shape, values.dtype) if whole is None else whole
            whole[at] = values
        assert whole is not None  # noqa: S101  there is one part at least
        return whole

    def _numbers(self, entry: BundleEntry) -> npt.NDArray[Any]:
        """Return the values of an array that is stored in one part, in the byte order of this machine."""
        import numpy as np

        stored = np.dtype(self._header.order + DTYPES[entry.dtype])
        values = self._bytes(entry).view(stored).reshape(entry.shape)
        if entry.dtype == BFLOAT16:
            return (values.astype("u4") << 16).view("f4")
        if entry.dtype == _BOOL and entry.size and values.view("u1").max() > 1:
            raise ArchiveError("The array has truth values that are none")
        return values.astype(stored.newbyteorder("="), copy=False)

    def _bytes(self, entry: BundleEntry) -> npt.NDArray[Any]:
        """Return the bytes of an array, once their sum is right."""
        data = _aligned(entry.size)
        self._fill(entry, data.data)
        if crc32c(data.data) != unmasked(entry.crc):
            raise ArchiveError("The checkpoint is damaged: the checksum of this array is another one", hint=_COPY)
        return data

    def _fill(self, entry: BundleEntry, into: memoryview) -> None:
        file, _ = self._shard(entry.shard)
        try:
            file.seek(entry.offset)
            at = 0
            while at < len(into):
                done = file.readinto(into[at:])  # type: ignore[attr-defined]
                if not done:
                    raise ArchiveError("The checkpoint is cut off", hint=_COPY)
                at += done
        except (OSError, ValueError) as error:
            raise UnreadableError(f"The checkpoint cannot be read: {short(str(error))}") from error

    def tokens(self, key: str) -> tuple[str | int, ...]:
        """Return the texts or whole numbers of an array; raise as :meth:`texts` does."""
        if self._entry(key).dtype == STRING:
            with errors_within(f"{self.place}: {key}"):
                return tuple(map(text, self.texts(key)))
        array = self.array(key, key)
        if array.bytes > self._limits.config_bytes:
            raise LimitError(f"The tokens have more than {self._limits.config_bytes} bytes", place=array.place)
        return tuple([int(value) for value in array.read().ravel().tolist()])

    def texts(self, key: str) -> list[bytes]:
        """Return the texts of an array of them.

        Raises:
            ArchiveError: It is none, or damaged.
            LimitError: It has more bytes than a config may have.
        """
        entry = self._entry(key)
        with errors_within(f"{self.place}: {key}"):
            if entry.dtype != STRING or entry.slices:
                raise ArchiveError("The array is none of texts")
            if entry.size > self._limits.config_bytes or entry.values > entry.size:
                raise LimitError(f"The texts have more than {self._limits.config_bytes} bytes")
            data = bytearray(entry.size)
            self._fill(entry, memoryview(data))
            return _texts(bytes(data), entry)


_BOOL = 10


def _texts(data: bytes, entry: BundleEntry) -> list[bytes]:
    """Return texts: first stand the lengths of all of them, then a sum of these, then the texts."""
    lengths, at = [], 0
    for _ in range(entry.values):
        length, at = varint(data, at, len(data))
        lengths.append(length)
    behind = at + 4
    if behind + sum(lengths) != len(data):
        raise ArchiveError("The checkpoint is damaged: texts are cut off", hint=_COPY)
    numbers = b"".join(length.to_bytes(4, "little") for length in lengths)
    total = crc32c(numbers)
    wrong = unmasked(int.from_bytes(data[at:behind], "little")) != total
    if wrong or crc32c(data[at:], total) != unmasked(entry.crc):
        raise ArchiveError("The checkpoint is damaged: the checksum of this array is another one", hint=_COPY)
    texts = []
    for length in lengths:
        texts.append(data[behind : behind + length])
        behind += length
    return texts


def _check_size(entry: BundleEntry) -> None:
    """Refuse an array that has more or fewer bytes than its shape takes."""
    if entry.dtype in DTYPES and entry.size != entry.values * _width(entry.dtype):
        shape = "x".join(map(str, entry.shape)) or "one value"
        raise damaged(f"an array of {shape} has {entry.size} bytes")


def _width(dtype: int) -> int:
    """Return the bytes of a value."""
    return int(DTYPES[dtype][1:])


def _shown(key: bytes) -> str:
    return key.decode("utf-8", "replace")


def _aligned(size: int) -> npt.NDArray[Any]:
    """Return new memory that frameworks can take over as it is."""
    import numpy as np

    memory = np.empty(size + _ALIGNMENT, "u1")
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size]
