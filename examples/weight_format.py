"""A weight format of one's own, in the layout of safetensors: a JSON header, then the arrays as they are in memory.

The file is not believed: every number in it is compared with the bytes that are there before an array is read.

    import weight_format

    hornbook.save_model(model, "model.keras", weight_format="tensors")
    hornbook.load_model("model.keras")
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

from hornbook.errors import ArchiveError, LimitError, SerializationError
from hornbook.extending import (
    FlatStore,
    FlatWriter,
    Labels,
    Limits,
    StoredArray,
    WeightFormat,
    WeightStore,
    WeightWriter,
    parse_json,
    register_weight_format,
)

LABELS = "__metadata__"
SIZE = 8  # bytes of the length of the header, which is the first thing in the file
DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
    "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Tensors(WeightFormat):
    """Arrays one behind the other, with a header that says where."""

    name = "tensors"
    suffix = "tensors"

    def recognizes(self, head: bytes) -> bool:
        return len(head) > SIZE and head[SIZE : SIZE + 1] == b"{" and int.from_bytes(head[:SIZE], "little") < 1 << 32

    def open(self, file: BinaryIO, place: str, limits: Limits) -> WeightStore:
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        length = int.from_bytes(file.read(SIZE), "little")
        if size < SIZE or length > size - SIZE:
            raise ArchiveError("The file is cut off", place=place)
        if length > limits.config_bytes:
            raise LimitError(f"The header has more than {limits.config_bytes} bytes", place=place)
        header = parse_json(file.read(length), place, limits)
        if not isinstance(header, dict):
            raise ArchiveError("The header must be a JSON object", place=place)
        labels = dict(labels_of(header.pop(LABELS, {}), place))
        data = start + SIZE + length
        return FlatStore(arrays_of(header, file, data, size - SIZE - length, place), labels, place, limits)

    def create(self, file: BinaryIO, convert: Callable[[Any], Any]) -> WeightWriter:
        return TensorsWriter(file, convert)


def arrays_of(header: dict[str, Any], file: BinaryIO, data: int, size: int, place: str) -> Iterator[StoredArray]:
    """Yield the arrays of a header, which must fill the file from the first byte of data to the last.

    Args:
        header: What stands in it for each name.
        file: The file.
        data: Where the data begin.
        size: How many bytes of them there are.
        place: What to call the file in errors.
    """
    end = 0
    for name, entry in header.items():
        where = f"{place}: {name}"
        dtype, shape, offsets = checked(entry, where)
        if offsets[0] != end:
            raise ArchiveError("The arrays do not lie one behind the other", place=where)
        end = offsets[1]
        stored = end - offsets[0]
        if stored != math.prod(shape) * np.dtype(dtype).itemsize or end > size:
            raise ArchiveError("The array has another size than its place in the file", place=where)
        yield StoredArray(name, where, shape, stored, Reading(file, data + offsets[0], stored, dtype, shape))
    if end != size:
        raise ArchiveError("Something stands behind the arrays", place=place)


def checked(entry: Any, place: str) -> tuple[str, tuple[int, ...], list[int]]:
    """Return dtype, shape and offsets of an entry of the header."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ArchiveError("An entry must have dtype, shape and data_offsets", place=place)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ArchiveError("The dtype is not known", place=place)
    if not (is_counts(shape) and is_counts(offsets) and len(offsets) == 2):
        raise ArchiveError("Shape and offsets must be lists of sizes", place=place)
    return DTYPES[dtype], tuple(shape), offsets


def is_counts(value: Any) -> bool:
    """Return whether a value is a list of numbers that may be sizes."""
    return isinstance(value, list) and all(type(number) is int and number >= 0 for number in value)


def labels_of(value: Any, place: str) -> Iterator[tuple[str, Labels]]:
    """Yield the names of objects, and their keys in dicts, by path; the metadata of this layout hold texts alone."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ArchiveError("The metadata must be texts by name", place=place)
    for path in {name.partition(" ")[2] for name in value}:
        yield path, Labels(value.get(f"name {path}"), value.get(f"key {path}"))


class Reading:
    """Reads one array when it is called."""

    def __init__(self, file: BinaryIO, at: int, size: int, dtype: str, shape: tuple[int, ...]) -> None:
        self.file, self.at, self.size, self.dtype, self.shape = file, at, size, dtype, shape

    def __call__(self) -> Any:
        self.file.seek(self.at)
        data = bytearray(self.file.read(self.size))
        return np.frombuffer(data, np.dtype(self.dtype).newbyteorder("<")).astype(self.dtype).reshape(self.shape)


class TensorsWriter(FlatWriter):
    """Writes the header and then the arrays, in the order in which the model gave them."""

    def __init__(self, file: BinaryIO, convert: Callable[[Any], Any]) -> None:
        super().__init__(convert)
        self.file = file

    def close(self) -> None:
        names = {f"name {path}": labels.name for path, labels in self.labels.items() if labels.name is not None}
        keys = {f"key {path}": labels.key for path, labels in self.labels.items() if labels.key is not None}
        header: dict[str, Any] = {LABELS: names | keys}
        end = 0
        for path, array in self.arrays.items():
            if array.dtype.name not in NAMES:
                raise SerializationError(f"`{self.__class__.__name__}` has no {array.dtype.name}: {path}", place=None)
            begin, end = end, end + array.nbytes
            header[path] = {
                "dtype": NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": [begin, end],
            }  # fmt: skip
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % SIZE)
        self.file.write(len(text).to_bytes(SIZE, "little") + text)
        for array in self.arrays.values():
            self.file.write(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())


register_weight_format(Tensors())
