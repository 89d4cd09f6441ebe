"""Makes SavedModels and checkpoints that attack their reader, each with what it tries.

They are written byte by byte, from the descriptions of the formats and without
TensorFlow.  A case is a function that gets an empty folder and returns the path
of what it put there; its docstring says what it tries.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .containers import GIB, Make

HOSTILE: dict[str, Make] = {}
BENIGN: dict[str, Make] = {}

GRAPH = b"_CHECKPOINTABLE_OBJECT_GRAPH"
MAGIC = bytes.fromhex("57fb808b247547db")
FLOAT, TEXT, INT64, BOOL, HALF, BFLOAT16 = 1, 7, 9, 10, 19, 14
KERNEL, BIAS = (
    "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE",
    "layer_with_weights-0/bias/.ATTRIBUTES/VARIABLE_VALUE",
)
INDEX, SHARD = "variables.index", "variables.data-00000-of-00001"


# ---------------------------------------------------------------- the formats
def crc(data: bytes, total: int = 0) -> int:
    """Return the CRC-32C of bytes, bit by bit."""
    total ^= 0xFFFFFFFF
    for byte in data:
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ (0x82F63B78 if total & 1 else 0)
    return total ^ 0xFFFFFFFF


def masked(total: int) -> bytes:
    """Return a sum as it is stored."""
    return (((total >> 15 | total << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes | str) -> bytes:
    """Return a field of a message: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def block(entries: Mapping[bytes, bytes], kind: int = 0) -> bytes:
    """Return a block of a table, with what stands behind it; no key shares anything."""
    content = b"".join(b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in entries.items())
    starts, at = [], 0
    for key, value in entries.items():
        starts.append(at)
        at += 1 + len(varint(len(key))) + len(varint(len(value))) + len(key) + len(value)
    return sealed(
        content + struct.pack(f"<{len(starts or [0])}I", *(starts or [0])) + struct.pack("<I", len(starts or [0])), kind
    )


def sealed(content: bytes, kind: int = 0) -> bytes:
    """Return a block with its kind and sum."""
    return content + bytes([kind]) + masked(crc(content + bytes([kind])))


def handle(start: int, size: int) -> bytes:
    return varint(start) + varint(size)


def table(blocks: list[bytes], lasts: list[bytes]) -> bytes:
    """Return a table of blocks; `lasts` are the keys that list them."""
    data, entries = b"", {}
    for last, each in zip(lasts, blocks, strict=True):
        entries[last] = handle(len(data), len(each) - 5)
        data += each
    meta = block({})
    index = block(entries)
    footer = handle(len(data), len(meta) - 5) + handle(len(data) + len(meta), len(index) - 5)
    return data + meta + index + footer.ljust(40, b"\0") + MAGIC


def entry(dtype: int, shape: tuple[int, ...], offset: int, data: bytes, **more: Any) -> bytes:
    """Return what an index says of an array."""
    dims = b"".join(field(2, field(1, size)) for size in shape)
    size, total, shard = more.get("size", len(data)), more.get("crc"), more.get("shard", 0)
    stored = masked(crc(data)) if total is None else total
    number = lambda name, value: field(name, value) if value else b""
    slices = b"".join(field(7, part) for part in more.get("slices", ()))
    return (
        field(1, dtype)
        + field(2, dims)
        + number(3, shard)
        + number(4, offset)
        + number(5, size)
        + b"\x35"
        + stored
        + slices
    )


def texts(*values: bytes) -> tuple[bytes, bytes]:
    """Return the bytes of an array of texts, and its sum."""
    lengths = b"".join(len(value).to_bytes(4, "little") for value in values)
    stored = masked(crc(lengths))
    return b"".join(varint(len(value)) for value in values) + stored + b"".join(values), masked(
        crc(stored + b"".join(values), crc(lengths))
    )


def node(
    children: Mapping[str, int] | list[tuple[str, int]] = (),
    key: str = "",
    name: str = "",
    slots: list[tuple[int, str, int]] = (),
) -> bytes:  # type: ignore[assignment]
    """Return an object of the graph."""
    pairs = children.items() if isinstance(children, Mapping) else children
    data = b"".join(field(1, field(1, at) + field(2, child)) for child, at in pairs)
    if key:
        data += field(2, field(1, "VARIABLE_VALUE") + field(2, name) + field(3, key))
    return data + b"".join(field(3, field(1, of) + field(2, slot) + field(3, at)) for of, slot, at in slots)


def objects(*nodes: bytes) -> bytes:
    return b"".join(field(1, each) for each in nodes)


GOOD_GRAPH = objects(
    node({"layer-0": 1, "layer_with_weights-0": 1}),
    node({"kernel": 2, "bias": 3}),
    node(key=KERNEL, name="first/kernel"),
    node(key=BIAS, name="first/bias"),
)
ARRAYS = {KERNEL: np.ones((2, 2), "float32"), BIAS: np.zeros(2, "float32")}


def parts(graph: bytes = GOOD_GRAPH, arrays: Mapping[str, Any] = ARRAYS) -> tuple[dict[bytes, bytes], bytes]:
    """Return the entries of a checkpoint, and its shard."""
    data, entries = b"", {b"": field(1, 1) + field(3, field(1, 1))}
    stored, total = texts(graph)
    entries[GRAPH] = entry(TEXT, (), 0, stored, crc=total)
    data += stored
    for key, array in sorted(arrays.items()):
        content = array.tobytes()
        entries[key.encode()] = entry(FLOAT, array.shape, len(data), content)
        data += content
    return entries, data


def metadata(**more: Any) -> bytes:
    """Return what Keras says of the good model."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2], "dtype": "float32", "name": "in"}},
        {"class_name": "Dense", "config": {"units": 2, "name": "first", "activation": "linear"}},
    ]
    model = {"class_name": "Sequential", "config": {"name": "good", "layers": layers}}
    root = {
        "class_name": "Sequential",
        "keras_version": "2.9.0",
        "backend": "tensorflow",
        "model_config": model,
        **more,
    }
    layer = {"name": "first", "class_name": "Dense", "config": layers[1]["config"]}
    return field(1, saved("root", "_tf_keras_sequential", root)) + field(
        1, saved("root.layer-0", "_tf_keras_layer", layer)
    )


def saved(path: str, identifier: str, value: Any) -> bytes:
    return field(3, path) + field(4, identifier) + field(5, json.dumps(value))


def write(folder: Path, index: bytes, shard: bytes | None, said: bytes | None = None) -> Path:
    """Write a SavedModel."""
    model = folder / "model"
    (model / "variables").mkdir(parents=True)
    (model / "keras_metadata.pb").write_bytes(metadata() if said is None else said)
    (model / "variables" / INDEX).write_bytes(index)
    if shard is not None:
        (model / "variables" / SHARD).write_bytes(shard)
    return model


def whole(entries: Mapping[bytes, bytes]) -> bytes:
    """Return the index of entries, in one block."""
    ordered = dict(sorted(entries.items()))
    return table([block(ordered)], [max(ordered, default=b"")])


def changed(folder: Path, **entries: bytes) -> Path:
    """Write the good SavedModel with other entries: `kernel`, `bias`, `graph` or `header`."""
    keys = {"kernel": KERNEL.encode(), "bias": BIAS.encode(), "graph": GRAPH, "header": b""}
    known, shard = parts()
    return write(folder, whole({**known, **{keys[name]: value for name, value in entries.items()}}), shard)


def with_graph(folder: Path, graph: bytes) -> Path:
    entries, shard = parts(graph)
    return write(folder, whole(entries), shard)


def hostile(make: Make) -> Make:
    HOSTILE[make.__name__] = make
    return make


def benign(make: Make) -> Make:
    BENIGN[make.__name__] = make
    return make


# ---------------------------------------------------------------- what is read
@benign
def good(folder: Path) -> Path:
    """Loads, as it is."""
    entries, shard = parts()
    return write(folder, whole(entries), shard)


@benign
def several_blocks(folder: Path) -> Path:
    """Has a block for each entry."""
    entries, shard = parts()
    keys = sorted(entries)
    return write(folder, table([block({key: entries[key]}) for key in keys], keys), shard)


@benign
def gaps(folder: Path) -> Path:
    """Has bytes between its arrays, as writers that align them leave."""
    entries, shard = parts()
    kernel, bias = ARRAYS[KERNEL].tobytes(), ARRAYS[BIAS].tobytes()
    at = len(shard) + 7
    entries[KERNEL.encode()] = entry(FLOAT, (2, 2), at, kernel)
    entries[BIAS.encode()] = entry(FLOAT, (2,), at + 40, bias)
    return write(folder, whole(entries), shard + b"\0" * 7 + kernel + b"\0" * 24 + bias)


@benign
def circles(folder: Path) -> Path:
    """Has a root that leads to itself, as checkpoints of training have."""
    graph = objects(
        node({"layer-0": 1, "layer_with_weights-0": 1, "root": 0}),
        node({"kernel": 2, "bias": 3, "parent": 0}),
        node(key=KERNEL, name="first/kernel"),
        node(key=BIAS, name="first/bias"),
    )
    return with_graph(folder, graph)


@benign
def sliced(folder: Path) -> Path:
    """Has the kernel in two parts, as a partitioned variable is stored."""
    entries, shard = parts()
    rows = [np.ones((1, 2), "float32").tobytes()] * 2
    slices = [field(1, field(1, row) + field(2, 1)) + field(1, b"") for row in (0, 1)]
    entries[KERNEL.encode()] = entry(FLOAT, (2, 2), 0, b"", size=0, crc=b"\0" * 4, slices=slices)
    for row, data in enumerate(rows):
        key = b"\0" + KERNEL.encode() + b"\0\1" + b"\1\2" + bytes([0x80 + row, 0x81, 0x80, 0x7F])
        entries[key] = entry(FLOAT, (1, 2), len(shard), data)
        shard += data
    return write(folder, whole(entries), shard)


@benign
def half(folder: Path) -> Path:
    """Has a kernel of half the width; it is read as what the variable is."""
    entries, shard = parts()
    data = np.ones((2, 2), "float16").tobytes()
    entries[KERNEL.encode()] = entry(HALF, (2, 2), len(shard), data)
    return write(folder, whole(entries), shard + data)


@benign
def short_floats(folder: Path) -> Path:
    """Has a kernel of `bfloat16`, which NumPy has not."""
    entries, shard = parts()
    data = bytes.fromhex("803f") * 4
    entries[KERNEL.encode()] = entry(BFLOAT16, (2, 2), len(shard), data)
    return write(folder, whole(entries), shard + data)


# ---------------------------------------------------------------- the index
def _index(name: str, doc: str, change: Callable[[bytes], bytes]) -> None:
    def make(folder: Path) -> Path:
        entries, shard = parts()
        return write(folder, change(whole(entries)), shard)

    make.__name__, make.__doc__ = name, doc
    hostile(make)


_index("empty_index", "Has an index of no bytes.", lambda data: b"")
_index("no_magic", "Ends in something else.", lambda data: data[:-1] + b"\0")
_index("cut_index", "Lacks the beginning of its index.", lambda data: data[20:])
_index("bytes_before", "Has bytes before the first block.", lambda data: b"\0" * 9 + data)
_index("damaged_block", "Has another bit in a block.", lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:])
_index(
    "footer_beyond",
    "Points behind the end.",
    lambda data: data[:-48] + (handle(1 << 40, 8) * 2).ljust(40, b"\0") + MAGIC,
)
_index(
    "footer_on_itself",
    "Takes one block for both.",
    lambda data: data[:-48] + (handle(0, 8) * 2).ljust(40, b"\0") + MAGIC,
)
_index("long_number", "Has a number of endless bytes.", lambda data: data[:-48] + b"\xff" * 40 + MAGIC)


@hostile
def compressed(folder: Path) -> Path:
    """Claims that a block is compressed, as no writer of checkpoints does."""
    entries, shard = parts()
    return write(folder, table([block(dict(sorted(entries.items())), kind=1)], [max(entries)]), shard)


@hostile
def same_key_twice(folder: Path) -> Path:
    """Has one key in two blocks: which array it means depends on the reader."""
    entries, shard = parts()
    keys = sorted(entries)
    return write(
        folder,
        table([block({key: entries[key] for key in keys}), block({keys[-1]: entries[keys[-1]]})], [keys[-1]] * 2),
        shard,
    )


@hostile
def keys_out_of_order(folder: Path) -> Path:
    """Has keys in no order, so that a search misses some."""
    entries, shard = parts()
    return write(folder, table([block(dict(sorted(entries.items(), reverse=True)))], [max(entries)]), shard)


@hostile
def one_block_many_times(folder: Path) -> Path:
    """Lists one block ten thousand times: a few bytes become many entries."""
    entries, shard = parts()
    data = block(dict(sorted(entries.items())))
    meta = block({})
    index = block({b"%05d" % i: handle(0, len(data) - 5) for i in range(10_000)})
    footer = handle(len(data), len(meta) - 5) + handle(len(data) + len(meta), len(index) - 5)
    return write(folder, data + meta + index + footer.ljust(40, b"\0") + MAGIC, shard)


@hostile
def growing_keys(folder: Path) -> Path:
    """Has keys that each share all of the one before: a byte more of the file is a longer key."""
    content = b"\0" + varint(1) + varint(0) + b"a"
    for size in range(1, 100_000):
        content += varint(size) + varint(1) + varint(0) + b"a"
    data = sealed(content + struct.pack("<II", 0, 1))
    return write(folder, table([data], [b"b"]), b"")


@hostile
def shares_what_is_not(folder: Path) -> Path:
    """Has a first key that shares the beginning of none."""
    content = varint(9) + varint(1) + varint(0) + b"a"
    return write(folder, table([sealed(content + struct.pack("<II", 0, 1))], [b"b"]), b"")


@hostile
def many_restarts(folder: Path) -> Path:
    """Claims four thousand million restarts."""
    return write(folder, table([sealed(b"\0\1\0a" + struct.pack("<II", 0, 0xFFFFFFFF))], [b"b"]), b"")


@hostile
def no_header(folder: Path) -> Path:
    """Does not say how many shards there are."""
    entries, shard = parts()
    del entries[b""]
    return write(folder, whole(entries), shard)


@hostile
def many_shards(folder: Path) -> Path:
    """Claims two thousand million shards."""
    return changed(folder, header=field(1, 1 << 31))


@hostile
def huge_index(folder: Path) -> Path:
    """Has an index of a GiB, most of it a hole in the disk."""
    path = good(folder)
    with (path / "variables" / INDEX).open("r+b") as file:
        file.truncate(GIB)
    return path


@hostile
def filters(folder: Path) -> Path:
    """Has a filter, which no checkpoint has."""
    entries, shard = parts()
    data, meta = block(dict(sorted(entries.items()))), block({b"filter": handle(0, 1)})
    index = block({max(entries): handle(0, len(data) - 5)})
    footer = handle(len(data), len(meta) - 5) + handle(len(data) + len(meta), len(index) - 5)
    return write(folder, data + meta + index + footer.ljust(40, b"\0") + MAGIC, shard)


# ---------------------------------------------------------------- arrays
@hostile
def wrong_sum(folder: Path) -> Path:
    """Has an array with another checksum: a disk has lost a bit."""
    return changed(folder, kernel=entry(FLOAT, (2, 2), len(parts()[1]) - 16, ARRAYS[KERNEL].tobytes(), crc=b"\1" * 4))


@hostile
def beyond_the_shard(folder: Path) -> Path:
    """Has an array behind the end of its shard."""
    return changed(folder, kernel=entry(FLOAT, (2, 2), 1 << 40, ARRAYS[KERNEL].tobytes()))


@hostile
def negative_offset(folder: Path) -> Path:
    """Has an array before the beginning of its shard."""
    return changed(folder, kernel=entry(FLOAT, (2, 2), -16, ARRAYS[KERNEL].tobytes()))


@hostile
def huge_shape(folder: Path) -> Path:
    """Declares an array of a TiB in 16 bytes."""
    return changed(folder, kernel=entry(FLOAT, (1 << 19, 1 << 19), 0, b"", size=16))


@hostile
def huge_shape_and_size(folder: Path) -> Path:
    """Declares an array of a TiB, and that it is all there."""
    return changed(folder, kernel=entry(FLOAT, (1 << 19, 1 << 19), 0, b"", size=1 << 40))


@hostile
def overflowing_shape(folder: Path) -> Path:
    """Declares sizes whose product a 64-bit number cannot hold, beside a size of nothing."""
    return changed(folder, kernel=entry(FLOAT, (1 << 40, 1 << 40, 0), 0, b"", size=0))


@hostile
def negative_shape(folder: Path) -> Path:
    """Declares a negative size."""
    return changed(folder, kernel=entry(FLOAT, (-2, -2), 0, ARRAYS[KERNEL].tobytes()))


@hostile
def many_dimensions(folder: Path) -> Path:
    """Declares a thousand dimensions."""
    return changed(folder, kernel=entry(FLOAT, (1,) * 1000, 0, b"\0" * 4))


@hostile
def same_bytes_twice(folder: Path) -> Path:
    """Has two arrays in the same bytes."""
    at = len(parts()[1]) - 16
    return changed(folder, bias=entry(FLOAT, (2,), at, ARRAYS[KERNEL].tobytes()[:8]))


@hostile
def array_of_texts(folder: Path) -> Path:
    """Has texts in the place of a kernel."""
    return changed(folder, kernel=entry(TEXT, (2, 2), len(parts()[1]) - 16, ARRAYS[KERNEL].tobytes()))


@hostile
def unknown_type(folder: Path) -> Path:
    """Has an array of a type that is none."""
    return changed(folder, kernel=entry(99, (2, 2), len(parts()[1]) - 16, ARRAYS[KERNEL].tobytes()))


@hostile
def truth_that_is_none(folder: Path) -> Path:
    """Has truth values that are neither true nor false."""
    entries, shard = parts()
    entries[KERNEL.encode()] = entry(BOOL, (2, 2), len(shard), b"\7" * 4)
    return write(folder, whole(entries), shard + b"\7" * 4)


@hostile
def another_shard(folder: Path) -> Path:
    """Has an array in a shard that is none of the checkpoint."""
    return changed(folder, kernel=entry(FLOAT, (2, 2), 0, ARRAYS[KERNEL].tobytes(), shard=7))


@hostile
def missing_shard(folder: Path) -> Path:
    """Lacks its values."""
    return write(folder, whole(parts()[0]), None)


@hostile
def cut_shard(folder: Path) -> Path:
    """Lacks the last bytes of its values."""
    entries, shard = parts()
    return write(folder, whole(entries), shard[:-1])


@hostile
def shard_elsewhere(folder: Path) -> Path:
    """Has a link in the place of its values that leads out of the folder."""
    entries, shard = parts()
    (folder / "elsewhere").write_bytes(shard)
    path = write(folder, whole(entries), None)
    (path / "variables" / SHARD).symlink_to(folder / "elsewhere")
    return path


@hostile
def shard_that_waits(folder: Path) -> Path:
    """Has a pipe in the place of its values: whoever opens it waits for ever."""
    path = write(folder, whole(parts()[0]), None)
    os.mkfifo(path / "variables" / SHARD)
    return path


@hostile
def slices_that_overlap(folder: Path) -> Path:
    """Has one half of the kernel twice, and the other never: what is there in memory would be a weight."""
    entries, shard = parts()
    data = np.ones((1, 2), "float32").tobytes()
    part = field(1, field(2, 1)) + field(1, b"")
    entries[KERNEL.encode()] = entry(FLOAT, (2, 2), 0, b"", size=0, crc=b"\0" * 4, slices=[part, part])
    entries[b"\0" + KERNEL.encode() + b"\0\1\1\2\x80\x81\x80\x7f"] = entry(FLOAT, (1, 2), len(shard), data)
    return write(folder, whole(entries), shard + data)


@hostile
def slices_beyond(folder: Path) -> Path:
    """Has a slice that reaches behind its array."""
    part = field(1, field(1, 1) + field(2, 1 << 40)) + field(1, b"")
    return changed(folder, kernel=entry(FLOAT, (2, 2), 0, b"", size=0, crc=b"\0" * 4, slices=[part]))


@hostile
def slice_that_is_not(folder: Path) -> Path:
    """Names a slice that it does not have."""
    part = field(1, b"") + field(1, b"")
    return changed(folder, kernel=entry(FLOAT, (2, 2), 0, b"", size=0, crc=b"\0" * 4, slices=[part]))


@hostile
def many_slices(folder: Path) -> Path:
    """Has a hundred thousand slices."""
    part = field(1, b"") + field(1, b"")
    return changed(folder, kernel=entry(FLOAT, (2, 2), 0, b"", size=0, crc=b"\0" * 4, slices=[part] * 100_000))


@hostile
def graph_of_numbers(folder: Path) -> Path:
    """Has numbers in the place of the graph."""
    return changed(folder, graph=entry(FLOAT, (), 0, parts()[1][:4]))


@hostile
def many_graphs(folder: Path) -> Path:
    """Declares more texts than it has bytes."""
    return changed(folder, graph=entry(TEXT, (1 << 40,), 0, parts()[1][:16]))


@hostile
def long_text(folder: Path) -> Path:
    """Has a text that is longer than the file."""
    data = varint(1 << 50) + b"\0" * 4
    entries, _ = parts()
    entries = {b"": entries[b""], GRAPH: entry(TEXT, (), 0, data)}
    return write(folder, whole(entries), data)


@hostile
def no_graph(folder: Path) -> Path:
    """Has variables by name alone, as TensorFlow 1 wrote them."""
    entries, shard = parts()
    del entries[GRAPH]
    return write(folder, whole(entries), shard)


# ---------------------------------------------------------------- the graph
@hostile
def empty_graph(folder: Path) -> Path:
    """Has no objects."""
    return with_graph(folder, b"")


@hostile
def object_that_is_not(folder: Path) -> Path:
    """Leads to an object that it does not have."""
    return with_graph(folder, objects(node({"layer-0": 1 << 40})))


@hostile
def negative_object(folder: Path) -> Path:
    """Leads to an object of a negative number."""
    return with_graph(folder, objects(node({"layer-0": -1})))


@hostile
def two_ways(folder: Path) -> Path:
    """Has one attribute that leads to two objects."""
    graph = objects(
        node([("layer-0", 1), ("layer-0", 0)]), node({"kernel": 2, "bias": 3}), node(key=KERNEL), node(key=BIAS)
    )
    return with_graph(folder, graph)


@hostile
def key_that_is_not(folder: Path) -> Path:
    """Names an array that the checkpoint does not have."""
    return with_graph(folder, objects(node({"layer-0": 1}), node({"kernel": 2}), node(key="elsewhere")))


@hostile
def endless_circle(folder: Path) -> Path:
    """Has ten thousand layers that all lead to each other: going through each is quadratic."""
    count = 3_000
    nodes = [node([(f"layer-{i}", i + 1) for i in range(count)])]
    nodes += [node([(f"a{(i * 7 + j) % count}", (i * 7 + j) % count + 1) for j in range(9)]) for i in range(count)]
    return with_graph(folder, objects(*nodes))


@hostile
def deep_graph(folder: Path) -> Path:
    """Has fifty thousand objects, each within the one before."""
    count = 50_000
    return with_graph(folder, objects(*[node({"layer-0": i + 1}) for i in range(count)], node()))


@hostile
def lists_of_everything(folder: Path) -> Path:
    """Has ten thousand layers that all list the same thousand variables."""
    layers, variables = 10_000, 1_000
    root = node([(f"layer-{i}", i + 1) for i in range(layers)])
    one = node({"variables": layers + 1})
    listed = node([(str(i), layers + 2 + i) for i in range(variables)])
    return with_graph(folder, objects(root, *[one] * layers, listed, *[node(key=KERNEL)] * variables))


@hostile
def many_objects(folder: Path) -> Path:
    """Has two million objects in two bytes each."""
    return with_graph(folder, b"\x0a\x00" * 2_000_000)


@hostile
def slots_elsewhere(folder: Path) -> Path:
    """Has an optimizer that keeps something for a variable that is not."""
    graph = objects(node({"optimizer": 1}), node(slots=[(1 << 40, "m", 0)]))
    return with_graph(folder, graph)


@hostile
def no_text(folder: Path) -> Path:
    """Has names that are no text."""
    return with_graph(folder, objects(field(1, field(1, 0) + field(2, b"\xff\xfe"))))


@hostile
def weights_of_another(folder: Path) -> Path:
    """Has a layer more than the model."""
    graph = objects(
        node({"layer-0": 1, "layer-1": 4}),
        node({"kernel": 2, "bias": 3}),
        node(key=KERNEL, name="first/kernel"),
        node(key=BIAS, name="first/bias"),
        node({"kernel": 5}),
        node(key="more/.ATTRIBUTES/VARIABLE_VALUE", name="second/kernel"),
    )
    entries, shard = parts(graph, {**ARRAYS, "more/.ATTRIBUTES/VARIABLE_VALUE": np.ones((2, 2), "float32")})
    return write(folder, whole(entries), shard)


# ---------------------------------------------------------------- saved_model.pb
def without_metadata(folder: Path, data: bytes) -> Path:
    """Write a SavedModel of before TF 2.5: what Keras says is in `saved_model.pb`."""
    path = good(folder)
    (path / "keras_metadata.pb").unlink()
    (path / "saved_model.pb").write_bytes(data)
    return path


def saved_objects(*nodes: bytes) -> bytes:
    return field(1, 1) + field(2, field(7, b"".join(field(1, each) for each in nodes)))


def said() -> list[tuple[str, str]]:
    """Return identifier and metadata of the root and its layer."""
    layer = {"class_name": "Dense", "name": "first", "config": {"units": 2, "name": "first", "activation": "linear"}}
    start = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2], "dtype": "float32", "name": "in"}}
    model = {"class_name": "Sequential", "config": {"name": "good", "layers": [start, layer]}}
    root = {"class_name": "Sequential", "keras_version": "2.3.0-tf", "backend": "tensorflow", "model_config": model}
    return [("_tf_keras_sequential", json.dumps(root)), ("_tf_keras_layer", json.dumps(layer))]


def user(children: Mapping[str, int], identifier: str, text: str) -> bytes:
    return node(children) + field(4, field(1, identifier) + field(3, text))


@benign
def of_before_2_5(folder: Path) -> Path:
    """Has what Keras says of its objects in the graph of these."""
    root, layer = said()
    return without_metadata(folder, saved_objects(user({"layer-0": 1}, *root), user({}, *layer)))


@hostile
def graph_alone(folder: Path) -> Path:
    """Has objects, and none of Keras."""
    return without_metadata(folder, saved_objects(user({}, "_generic_user_object", "{}")))


@hostile
def objects_that_are_not(folder: Path) -> Path:
    """Leads to an object that it does not have."""
    root, _ = said()
    return without_metadata(folder, saved_objects(user({"layer-0": 1 << 33}, *root)))


@hostile
def long_paths(folder: Path) -> Path:
    """Has objects within each other, so that the paths of all are long together."""
    root, layer = said()
    nodes = [user({"layer-0": i + 1}, *(layer if i else root)) for i in range(25_000)]
    return without_metadata(folder, saved_objects(*nodes, user({}, *layer)))


@hostile
def cut_model(folder: Path) -> Path:
    """Is cut off."""
    root, layer = said()
    return without_metadata(folder, saved_objects(user({"layer-0": 1}, *root), user({}, *layer))[:-9])


@hostile
def huge_model(folder: Path) -> Path:
    """Has a `saved_model.pb` of two GiB, most of it a hole in the disk."""
    path = without_metadata(folder, saved_objects())
    with (path / "saved_model.pb").open("r+b") as file:
        file.truncate(2 * GIB)
    return path


@hostile
def lookup_without_vocabulary(folder: Path) -> Path:
    """Has a table that is made of constants, and these are not there."""
    graph = objects(
        node({"layer-0": 1, "layer_with_weights-0": 1}),
        node({"kernel": 2, "bias": 3, "lookup_table": 4}),
        node(key=KERNEL, name="first/kernel"),
        node(key=BIAS, name="first/bias"),
        node(),
    )
    path = with_graph(folder, graph)
    function = node() + field(6, field(1, "f"))
    constants = [field(9, field(1, name)) for name in ("keys", "values")]
    bound = field(2, field(1, "f") + field(2, field(2, b"\4\5")))
    nodes = [node({"layer-0": 1}), node({"lookup_table": 2}), node({"_initialize": 3}), function, *constants]
    data = field(1, 1) + field(2, field(7, b"".join(field(1, each) for each in nodes) + bound))
    (path / "saved_model.pb").write_bytes(data)
    return path
