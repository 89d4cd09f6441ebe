"""Reads the values of an HDF5 array, of which the gate has allowed the size."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from hornbook.archive.hdf5.blocks import Blocks
from hornbook.archive.hdf5.messages import UNDEFINED, damaged, foreign
from hornbook.archive.hdf5.objects import Dataset, Objects
from hornbook.errors import ArchiveError, LimitError, MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_DEFLATE, _SHUFFLE = 1, 2
_SLACK = 1 << 20  # bytes that the chunks of a small array may have beyond it
_ALIGNMENT = 64  # bytes: JAX takes over memory that begins at a multiple of this


class Chunk:
    """A part of an array, as it is stored.

    Args:
        data: Size, filters that were left out, and the offsets in the array, as the file has them.
        address: Where it is.
        rank: The number of dimensions.
    """

    __slots__ = ("address", "left_out", "offsets", "size")

    def __init__(self, data: bytes, address: int, rank: int) -> None:
        if len(data) < 8 + 8 * rank:
            raise damaged()
        self.size, self.left_out, *offsets = struct.unpack_from(f"<II{rank}Q", data)
        self.offsets = tuple(offsets)
        self.address = address


class Arrays:
    """Reads arrays, the bytes of each once.

    Args:
        blocks: The bytes of the file.
        objects: Its objects.
    """

    def __init__(self, blocks: Blocks, objects: Objects) -> None:
        self._blocks, self._objects = blocks, objects
        self._chunks: dict[int, list[Chunk]] = {}
        self._claimed: set[int] = set()

    def stored(self, dataset: Dataset) -> int:
        """Return how many bytes of the file an array has; they are its own from now on.

        Raises:
            ArchiveError: Another one has them too, or they are not as many as they must be.
            LimitError: The chunks are much larger than the array.
        """
        layout = dataset.layout
        if layout.data is not None:
            size = len(layout.data)
        elif layout.chunk is not None:
            self._check_chunks(dataset)
            return sum(chunk.size for chunk in self._chunks_of(dataset))
        elif layout.address == UNDEFINED:
            return 0
        else:
            size = layout.size
            if dataset.address not in self._claimed:
                self._blocks.claim([(layout.address, layout.address + size)])
                self._claimed.add(dataset.address)
        if size != dataset.bytes:
            raise ArchiveError(f"The array has {dataset.bytes} bytes and {size} are stored", place=None)
        return size

    def _check_chunks(self, dataset: Dataset) -> None:
        """Refuse chunks of another rank, or that are absurdly larger than the array."""
        shape, chunk = dataset.shape or (), dataset.layout.chunk or ()
        if len(chunk) != len(shape) + 1 or 0 in chunk or chunk[-1] != dataset.type.size:
            raise damaged()
        _check_filters(dataset.filters)
        count = math.prod(-(-size // step) for size, step in zip(shape, chunk, strict=False))
        if math.prod(chunk) > dataset.bytes + _SLACK or count * math.prod(chunk) > 16 * dataset.bytes + _SLACK:
            raise LimitError("The chunks are much larger than the array", place=None)

    def _chunks_of(self, dataset: Dataset) -> list[Chunk]:
        if dataset.address not in self._chunks:
            chunks = list(self._read_chunks(dataset))
            self._blocks.claim((chunk.address, chunk.address + chunk.size) for chunk in chunks)
            self._chunks[dataset.address] = chunks
        return self._chunks[dataset.address]

    def _read_chunks(self, dataset: Dataset) -> Iterator[Chunk]:
        shape, steps = dataset.shape or (), dataset.layout.chunk or ()
        if dataset.layout.address == UNDEFINED:
            return
        seen = set()
        for key, address in self._objects.leaves(dataset.layout.address, kind=1, key=8 + 8 * len(steps)):
            chunk = Chunk(key, address, len(shape))
            inside = all(
                at < size and at % step == 0 for at, size, step in zip(chunk.offsets, shape, steps, strict=False)
            )
            if not inside or chunk.offsets in seen:
                raise damaged()
            seen.add(chunk.offsets)
            yield chunk

    def read(self, dataset: Dataset) -> npt.NDArray[Any]:
        """Return the values of an array whose size is allowed, in the byte order of this machine.

        Raises:
            ArchiveError: It is damaged.
        """
        import numpy as np

        dtype, layout = _dtype(dataset), dataset.layout
        shape = dataset.shape or ()
        if layout.data is not None:
            array = np.frombuffer(bytearray(layout.data), dtype).reshape(shape)
        elif layout.chunk is None and layout.address != UNDEFINED:
            data = _aligned(layout.size)
            self._blocks.fill(data.data, layout.address)
            array = data.view(dtype).reshape(shape)
        else:
            array = np.full(shape, _fill(dataset, dtype), dtype)
            for chunk in self._chunks_of(dataset) if layout.chunk else ():
                self._put(array, dataset, chunk)
        if dataset.type.kind == "bool":
            array = array != 0
        elif not dtype.isnative:
            array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
        return array

    def _put(self, array: npt.NDArray[Any], dataset: Dataset, chunk: Chunk) -> None:
        import numpy as np

        steps = (dataset.layout.chunk or ())[:-1]
        values = np.frombuffer(self._unfiltered(dataset, chunk), array.dtype).reshape(steps)
        into = tuple([slice(at, at + step) for at, step in zip(chunk.offsets, steps, strict=True)])
        part = array[into]
        part[...] = values[tuple([slice(size) for size in part.shape])]

    def _unfiltered(self, dataset: Dataset, chunk: Chunk) -> bytes:
        """Return the bytes of a chunk, its filters undone from the last to the first."""
        import numpy as np

        data, size = self._blocks.peek(chunk.address, chunk.size), math.prod(dataset.layout.chunk or ())
        for position, number in reversed([*enumerate(dataset.filters)]):
            if chunk.left_out >> position & 1:
                continue
            if number == _DEFLATE:
                data = _inflated(data, size)
            elif len(data) == size:
                data = np.frombuffer(data, "u1").reshape(dataset.type.size, -1).T.tobytes()
        if len(data) != size:
            raise damaged()
        return data


def _check_filters(numbers: Collection[int]) -> None:
    used = set(numbers)
    if not used <= {_DEFLATE, _SHUFFLE} or len(used) != len(numbers):
        raise foreign(f"the unknown filters {sorted(used - {_DEFLATE, _SHUFFLE})}")


def _aligned(size: int) -> npt.NDArray[Any]:
    """Return new memory that frameworks can take over as it is."""
    import numpy as np

    memory = np.empty(size + _ALIGNMENT, "u1")
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size]


def _inflated(data: bytes, size: int) -> bytes:
    inflate = zlib.decompressobj()
    try:
        inflated = inflate.decompress(data, size + 1)
    except zlib.error as error:
        raise damaged() from error
    if not inflate.eof or inflate.unused_data or len(inflated) != size:
        raise damaged()
    return inflated


def _dtype(dataset: Dataset) -> np.dtype[Any]:
    import numpy as np

    name = "u1" if dataset.type.kind == "bool" else dataset.type.dtype
    return special_dtype(name) if name == "bfloat16" else np.dtype(name)


def special_dtype(name: str) -> np.dtype[Any]:
    """Return a dtype of numbers that NumPy does not have by itself.

    Args:
        name: Its name, as `"bfloat16"`.

    Raises:
        MissingDependencyError: The package that has it is not installed.
    """
    import numpy as np

    try:
        import ml_dtypes
    except ImportError as error:
        problem = f"The numbers are of {name}, which ml_dtypes brings, and that is not installed"
        raise MissingDependencyError(problem, hint="Install it with: pip install ml_dtypes", place=None) from error
    dtype: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return dtype


def _fill(dataset: Dataset, dtype: Any) -> Any:
    import numpy as np

    if len(dataset.fill) not in (0, dataset.type.size):
        raise damaged()
    return np.frombuffer(dataset.fill or bytes(dataset.type.size), dtype)[0]
