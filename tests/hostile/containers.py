"""Makes containers that attack their reader: ZIP, HDF5, JSON and folders, each with what it tries.

What libraries refuse to write is written byte by byte.  A case is a function
that gets an empty folder and returns the path of what it put there; its
docstring says what it tries.  `HOSTILE` and `BENIGN` hold them by name.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Make = Callable[[Path], Path]
HOSTILE: dict[str, Make] = {}
BENIGN: dict[str, Make] = {}

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
KERNEL = "layers/dense/vars/0"
GIB = 1 << 30


# ---------------------------------------------------------------- a good model, without Keras
def config(**more: Any) -> dict[str, Any]:
    """Return the config of a Sequential of one Dense layer, 2 to 2."""
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 2], "name": "in"}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2, "name": "first"}},
    ]
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "good", "layers": layers}, **more}


def fill(file: h5py.File) -> None:
    """Put the weights of the good model into a file."""
    file.create_dataset(KERNEL, data=np.ones((2, 2), "float32"))
    file.create_dataset("layers/dense/vars/1", data=np.zeros(2, "float32"))


def hdf5(change: Callable[[h5py.File], Any] = lambda file: None, **options: Any) -> bytes:
    """Return the good weights, changed."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        fill(file)
        change(file)
    return buffer.getvalue()


@cache
def members() -> dict[str, bytes]:
    """Return the members of the good archive."""
    metadata = {"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}
    return {METADATA: json.dumps(metadata).encode(), CONFIG: json.dumps(config()).encode(), WEIGHTS: hdf5()}


# ---------------------------------------------------------------- ZIP, byte by byte
@dataclass
class Part:
    """A member, with what its two headers say; `local` overrides for the first of them."""

    name: bytes
    data: bytes = b""
    method: int = 0
    flags: int = 0
    attributes: int = 0
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    header: int | None = None
    local: tuple[tuple[str, Any], ...] = ()
    before: bytes = b""

    def told(self, name: str, *, local: bool) -> Any:
        return dict(self.local).get(name, getattr(self, name)) if local else getattr(self, name)

    def stored(self) -> bytes:
        if self.method != 8:
            return self.data
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.data) + deflate.flush()

    def head(self, *, local: bool, at: int = 0) -> bytes:
        """Return one of the two headers."""
        name, method, flags, size, crc, extra = (
            self.told(one, local=local) for one in ("name", "method", "flags", "size", "crc", "extra")
        )
        crc = zlib.crc32(self.data) if crc is None else crc
        size = len(self.data) if size is None else size
        common = struct.pack("<5H3I2H", 20, flags, method, 0, 33, crc, len(self.stored()), size, len(name), len(extra))
        if local:
            return LOCAL + common + name + extra
        at = at if self.header is None else self.header
        return CENTRAL + b"\x14\3" + common + struct.pack("<3H2I", 0, 0, 0, self.attributes, at) + name + extra


def archive(*parts: Part, behind: bytes = b"", comment: bytes = b"", count: int | None = None) -> bytes:
    """Return an archive of these members."""
    made, directory = bytearray(), bytearray()
    for part in parts:
        made += part.before
        directory += part.head(local=False, at=len(made))
        made += part.head(local=True) + part.stored()
    count = len(parts) if count is None else count
    end = struct.pack("<4H2IH", 0, 0, count, count, len(directory), len(made), len(comment))
    return bytes(made + directory) + END + end + comment + behind


def good_parts(**changes: bytes | None) -> list[Part]:
    """Return the members of the good archive; `config` and `weights` may be others."""
    content = dict(members())
    for name, key in (("config", CONFIG), ("weights", WEIGHTS)):
        if name in changes:
            content[key] = changes[name] or b""
    return [Part(name.encode(), data) for name, data in content.items()]


def put(folder: Path, data: bytes, name: str = "model.keras") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def hostile(make: Make) -> Make:
    HOSTILE[make.__name__] = make
    return make


def benign(make: Make) -> Make:
    BENIGN[make.__name__] = make
    return make


def add(kind: dict[str, Make], name: str, tries: str, data: Callable[[], bytes], suffix: str = "keras") -> None:
    """Add a case that is one file."""

    def make(folder: Path) -> Path:
        return put(folder, data(), f"model.{suffix}")

    make.__doc__ = tries
    kind[name] = make


def add_parts(name: str, tries: str, *more: Part, **options: Any) -> None:
    """Add a case that is the good archive with more members."""
    add(HOSTILE, name, tries, lambda: archive(*good_parts(), *more, **options))


EVIL = json.dumps({"class_name": "__lambda__", "config": {}}).encode()
ASSET = b"assets/first/vocabulary.txt"

add_parts("zip_twice", "A second config, which other readers take", Part(b"config.json", EVIL))
add_parts("zip_case", "A second config, the same on a file system without case", Part(b"Config.JSON", EVIL))
add_parts(
    "zip_forms",
    "Two names that are one after normalisation",
    Part("assets/\u00e9".encode(), b"a", flags=0x800),
    Part("assets/e\u0301".encode(), b"b", flags=0x800),
)
for _number, _name in enumerate(
    (
        b"../out",
        b"/out",
        b"assets/../../out",
        b"assets\\..\\out",
        b"C:out",
        b"a\0b",
        b"assets/./a",
        b"assets//a",
        b"a\nb",
    )
):
    add_parts(f"zip_name_{_number}", f"A member called {_name!r}", Part(_name, b"x"))
add_parts("zip_long_name", "A name longer than any file system has", Part(b"assets/" + b"x" * 60_000, b"x"))
add_parts("zip_file_is_folder", "A file with files below it", Part(b"assets/a", b"x"), Part(b"assets/a/b", b"x"))
for _kind, _mode in (("link", 0o120777), ("device", 0o020666), ("pipe", 0o010666), ("socket", 0o140666)):
    add_parts(f"zip_{_kind}", f"A member that is a {_kind}", Part(ASSET, b"/etc/passwd", attributes=_mode << 16))
add_parts("zip_folder_with_data", "A folder that has bytes", Part(b"assets/", b"x", attributes=0o040755 << 16))
for _bit in (0, 4, 5, 6, 13):
    add_parts(f"zip_flag_{_bit}", f"Flag {_bit}: encrypted, patched or masked", Part(ASSET, b"x", flags=1 << _bit))
for _method in (1, 6, 9, 12, 14, 93, 98, 99):
    add_parts(f"zip_method_{_method}", "A compression that no .keras file has", Part(ASSET, b"x", method=_method))
for _field, _value in (("name", b"config.jsom"), ("method", 8), ("size", 1), ("crc", 1), ("flags", 2)):
    add_parts(
        f"zip_headers_differ_{_field}",
        "The header before the data says something else",
        Part(b"assets/a", b"abc", local=((_field, _value),)),
    )
add_parts("zip_other_name", "An extra field gives a member another name", Part(ASSET, b"x", extra=b"up\5\0\1abcd"))
add_parts("zip_broken_extra", "An extra field longer than the header", Part(ASSET, b"x", extra=b"\1\0\xff\xff"))
add_parts("zip_checksum", "A wrong checksum", Part(ASSET, b"x", crc=1, local=(("crc", 1),)))
add_parts(
    "zip_wide_size", "A size of 2**63", Part(ASSET, b"x", size=0xFFFFFFFF, extra=struct.pack("<2HQ", 1, 8, 1 << 63))
)
add_parts("zip_between", "Bytes between two members", Part(ASSET, b"x", before=b"MZ" + bytes(100)))
add_parts("zip_behind", "Bytes behind the end: another archive for other readers", behind=b"\0" * 10 + archive())
add_parts("zip_comment", "A program in the comment", comment=b"MZ\0\1\2" * 10)
add_parts("zip_count", "An end record that leaves a member out", count=2)
add_parts("zip_overlap", "Two members with the same bytes", Part(b"assets/b", b"x", header=0))


@hostile
def zip_before(folder: Path) -> Path:
    """Another file in front: what looks at the first bytes sees something else."""
    return put(folder, b"\x89HDF\r\n\x1a\n" + archive(*good_parts()))


@hostile
def zip_pages_before(folder: Path) -> Path:
    """An archive in front of an archive."""
    return put(folder, archive(Part(b"a", b"b")) + archive(*good_parts()))


@hostile
def zip_nested_headers(folder: Path) -> Path:
    """A member that lies within the data of another one."""
    inner = Part(b"assets/inner", b"x" * 10)
    outer = Part(b"assets/outer", inner.head(local=True) + inner.data)
    parts = [*good_parts(), outer]
    at = len(archive(*good_parts())) - 22 - sum(len(part.head(local=False)) for part in good_parts())
    inner.header = at + len(outer.head(local=True))
    whole = archive(*parts)
    start = struct.unpack_from("<I", whole, len(whole) - 6)[0]
    directory = whole[start:-22] + inner.head(local=False)
    end = struct.pack("<4H2IH", 0, 0, 5, 5, len(directory), start, 0)
    return put(folder, whole[:start] + directory + END + end)


def _big(name: bytes, size: int, byte: bytes = b"\0") -> Part:
    """Return a deflated member of many equal bytes, made piece by piece."""
    deflate, crc, made = zlib.compressobj(9, zlib.DEFLATED, -15), 0, bytearray()
    piece = byte * (1 << 20)
    for _ in range(size >> 20):
        crc = zlib.crc32(piece, crc)
        made += deflate.compress(piece)
    made += deflate.flush()
    part = Part(name, b"", method=8, size=size, crc=crc)
    part.stored = lambda: bytes(made)  # type: ignore[method-assign]
    return part


add(
    HOSTILE,
    "zip_bomb_config",
    "A config of 1 GiB of blanks",
    lambda: archive(good_parts()[0], _big(b"config.json", GIB, b" "), good_parts()[2]),
)
add(
    HOSTILE,
    "zip_bomb_metadata",
    "Metadata of 1 GiB of blanks",
    lambda: archive(_big(b"metadata.json", GIB, b" "), *good_parts()[1:]),
)
add(
    HOSTILE,
    "zip_bomb_assets",
    "Assets of 800 MiB, each of 100",
    lambda: archive(*good_parts(), *[_big(b"assets/%d" % i, 100 << 20) for i in range(8)]),
)


@hostile
def zip_lying_size(folder: Path) -> Path:
    """A member that says 100 bytes and inflates to 1 GiB."""
    part = _big(b"config.json", GIB, b" ")
    part.size = 100
    return put(folder, archive(good_parts()[0], part, good_parts()[2]))


@hostile
def zip_many(folder: Path) -> Path:
    """More members than any model has."""
    return put(folder, archive(*good_parts(), *[Part(b"assets/%d" % i) for i in range(65_000)], count=65_003 & 0xFFFF))


@hostile
def zip_deep(folder: Path) -> Path:
    """Assets in a thousand folders within each other, for each of 2,000 files."""
    steps = b"/".join([b"a"] * 1000)
    return put(folder, archive(*good_parts(), *[Part(b"assets/%s/%d" % (steps, i)) for i in range(2000)]))


@hostile
def zip_folders(folder: Path) -> Path:
    """Hundreds of folders for each of some files."""
    steps = b"/".join([b"a"] * 150)
    return put(folder, archive(*good_parts(), *[Part(b"assets/%d/%s/x" % (i, steps)) for i in range(500)]))


@hostile
def zip_cut(folder: Path) -> Path:
    """A deflated member that never ends."""
    part = Part(b"assets/a", b"abc" * 1000, method=8)
    whole = part.stored()
    part.stored = lambda: whole[:-3]  # type: ignore[method-assign]
    return put(folder, archive(*good_parts(), part))


# ---------------------------------------------------------------- HDF5
def with_weights(name: str, tries: str, data: Callable[[], bytes]) -> None:
    """Add a case of an archive with other weights."""
    add(HOSTILE, name, tries, lambda: archive(*good_parts(weights=data())))


def instead(name: str, tries: str, make: Callable[[h5py.File], Any], path: str = KERNEL) -> None:
    """Add a case that has something else in the place of the kernel."""

    def change(file: h5py.File) -> None:
        del file[path]
        make(file)

    with_weights(name, tries, lambda: hdf5(change))


def link(to: Any, path: str = KERNEL) -> Callable[[h5py.File], Any]:
    return lambda file: file.__setitem__(path, to)


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2, 2), "float32")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", (2, 2))
    file.create_virtual_dataset(KERNEL, layout)


def filtered(number: int) -> Callable[[h5py.File], Any]:
    def make(file: h5py.File) -> None:
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((2, 2))
        creation.set_filter(number, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(file.id, KERNEL.encode(), h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((2, 2)), creation)

    return make


def array(*shape: int, **options: Any) -> Callable[[h5py.File], Any]:
    return lambda file: file.create_dataset(KERNEL, shape, options.pop("dtype", "float32"), **options)


instead("h5_soft_link", "A soft link for an array", link(h5py.SoftLink("/layers/dense/vars/1")))
instead("h5_soft_cycle", "A soft link to itself", link(h5py.SoftLink("/" + KERNEL)))
instead("h5_external_link", "A link to another file", link(h5py.ExternalLink("/etc/passwd", "/")))
instead(
    "h5_external_pipe",
    "A link to a device: asking whether it is there opens it",
    link(h5py.ExternalLink("/dev/zero", "/")),
)
instead(
    "h5_external_group", "A link for a group", link(h5py.ExternalLink("/etc/x.h5", "/"), "layers/dense"), "layers/dense"
)
instead(
    "h5_external_storage",
    "The bytes of an array are those of another file",
    lambda file: file.create_dataset(KERNEL, (2, 2), "float32", external=[("/etc/passwd", 0, 16)]),
)
instead("h5_virtual", "An array made of parts of another file", virtual)
for _filter in (3, 4, 6, 307, 32_013):
    instead(f"h5_filter_{_filter}", "A filter that Keras never uses: an unknown one loads a plug-in", filtered(_filter))
instead("h5_references", "An array of references", array(2, 2, dtype=h5py.ref_dtype))
instead("h5_regions", "An array of references to regions", array(2, 2, dtype=h5py.regionref_dtype))
instead("h5_records", "An array of records", array(2, 2, dtype=np.dtype([("a", "f4"), ("b", "O8")][:1])))
instead("h5_any_length", "An array of arrays of any length", array(2, 2, dtype=h5py.vlen_dtype("int8")))
instead("h5_texts", "An array of texts", array(2, 2, dtype=h5py.string_dtype()))
instead("h5_named_type", "A named type in the place of an array", link(np.dtype("f4")))
instead("h5_two_gib", "2 GiB declared, nothing stored", array(1 << 15, 1 << 14, chunks=(1 << 5, 1 << 5)))
instead("h5_terabytes", "2**60 bytes declared", array(1 << 29, 1 << 29, chunks=(1 << 5, 1 << 5)))
instead("h5_dimensions", "32 dimensions", array(*[2] * 32, chunks=(2,) * 32))
instead(
    "h5_huge_chunk",
    "An array of four numbers in a chunk of 3 GiB",
    array(2, 2, maxshape=(None, None), chunks=(1 << 15, 3 << 13)),
)
instead(
    "h5_compressed",
    "512 MiB of zeros in 512 kB, in the place of four numbers",
    lambda file: file.create_dataset(KERNEL, data=np.zeros(1 << 27, "f4"), chunks=(1 << 22,), compression="gzip"),
)
instead("h5_null", "An array without values", lambda file: file.create_dataset(KERNEL, data=h5py.Empty("f4")))


def many_unstored(file: h5py.File) -> None:
    for i in range(40):
        file.create_dataset(f"layers/more/vars/{i}", (1 << 24,), "float32", chunks=(1 << 10,))


with_weights("h5_many_unstored", "40 arrays of 64 MiB of which nothing is stored", lambda: hdf5(many_unstored))
with_weights(
    "h5_hard_cycle",
    "A group within itself",
    lambda: hdf5(lambda file: file.__setitem__("layers/dense/again", file["layers"])),
)
with_weights(
    "h5_two_names",
    "One array under two names",
    lambda: hdf5(lambda file: file.__setitem__("layers/dense/vars/2", file[KERNEL])),
)
with_weights(
    "h5_deep", "A thousand groups within each other", lambda: hdf5(lambda file: file.create_group("/".join("a" * 1000)))
)
with_weights("h5_user_block", "Another file in front of the HDF5", lambda: hdf5(userblock_size=512))
with_weights("h5_behind", "Something behind its end", lambda: hdf5() + b"PK\5\6" + bytes(18))
with_weights("h5_cut", "Cut off", lambda: hdf5()[:-1])
with_weights("h5_pickle", "A pickle in the place of the weights", lambda: pickle.dumps(os.getcwd))
with_weights("h5_archive", "An archive in the place of the weights", lambda: archive(Part(b"a", b"b")))


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return data with every occurrence replaced; there must be one."""
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new)


def address(number: int) -> bytes:
    return struct.pack("<Q", number)


def shared_storage() -> bytes:
    """Return weights of which two arrays have the same bytes."""
    data = hdf5()
    with h5py.File(io.BytesIO(data)) as file:
        first, second = (file[f"layers/dense/vars/{i}"].id.get_offset() for i in (0, 1))
    return patched(data, address(second), address(first))


with_weights("h5_shared_storage", "Two arrays over the same bytes", shared_storage)
with_weights(
    "h5_outside",
    "An array behind the end of the file",
    lambda: patched(hdf5(), address(h5py.File(io.BytesIO(hdf5()))[KERNEL].id.get_offset()), address(1 << 40)),
)


def tree_cycle() -> bytes:
    """Return weights with a tree that leads to itself."""
    data = bytearray(hdf5())
    at = data.find(b"TREE")
    data[at + 5] = 1
    data[at + 32 : at + 40] = address(at)
    return bytes(data)


def chunk_cycle() -> bytes:
    """Return weights of which all chunks of an array are the first one."""

    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, data=np.ones((1 << 10, 1 << 8), "f4"), chunks=(1 << 4, 1 << 8), compression="gzip")

    data = hdf5(change)
    with h5py.File(io.BytesIO(data)) as file:
        chunks = [file[KERNEL].id.get_chunk_info(i).byte_offset for i in range(file[KERNEL].id.get_num_chunks())]
    for one in chunks[1:]:
        data = data.replace(address(one), address(chunks[0]))
    return data


def continued() -> bytes:
    """Return weights with a header that goes on in itself."""
    data = bytearray(hdf5())
    with h5py.File(io.BytesIO(bytes(data))) as file:
        at = h5py.h5o.get_info(file[KERNEL].id).addr
    struct.pack_into("<HHB3xQQ", data, at + 16, 16, 16, 0, at, 64)
    return bytes(data)


with_weights("h5_tree_cycle", "A tree that is its own branch", tree_cycle)
with_weights("h5_chunks_are_one", "Many chunks that are one", chunk_cycle)
with_weights("h5_header_cycle", "A header that goes on in itself", continued)


def whole_h5(change: Callable[[h5py.File], Any] = lambda file: None) -> bytes:
    """Return a whole model as Keras 2 wrote it."""
    layers = [{"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 2]}}]
    told = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps(told).encode()
        file.attrs["keras_version"] = b"2.9.0"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        inner = group.create_group("d")
        inner.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        inner["d/kernel:0"], inner["d/bias:0"] = np.ones((2, 2), "f4"), np.zeros(2, "f4")
        change(file)
    return buffer.getvalue()


def attribute(owner: str, name: str, value: Any) -> Callable[[h5py.File], Any]:
    return lambda file: file[owner].attrs.__setitem__(name, value)


def in_h5(name: str, tries: str, change: Callable[[h5py.File], Any]) -> None:
    add(HOSTILE, name, tries, lambda: whole_h5(change), "h5")


_WEIGHTS = "model_weights/d"
in_h5(
    "h5_absolute_name",
    "A weight with a name from the top",
    attribute(_WEIGHTS, "weight_names", [b"/model_weights/d/d/kernel:0", b"d/bias:0"]),
)
in_h5(
    "h5_dots",
    "A weight with a name that goes up",
    attribute(_WEIGHTS, "weight_names", [b"../d/d/kernel:0", b"d/bias:0"]),
)
in_h5("h5_one_twice", "One array for two weights", attribute(_WEIGHTS, "weight_names", [b"d/bias:0", b"d/bias:0"]))
in_h5("h5_foreign_layer", "A layer that is another group", attribute("model_weights", "layer_names", [b"../d"]))
in_h5(
    "h5_reference_attribute",
    "A config that is a reference",
    lambda file: file.attrs.__setitem__("model_config", file["model_weights"].ref),
)
in_h5("h5_long_names", "A name of 60 kB", attribute("model_weights", "layer_names", [b"a" * 60_000]))


@hostile
def h5_shared_texts(folder: Path) -> Path:
    """A thousand names that are one text of a megabyte: a gigabyte in a megabyte."""
    data = whole_h5(attribute("model_weights", "layer_names", np.array(["x" * (1 << 20), *["y"] * 1000], dtype=object)))
    at = data.find(struct.pack("<I", 1 << 20))
    while data[int.from_bytes(data[at + 4 : at + 12], "little") :][:4] != b"GCOL":  # that is in the heap
        at = data.find(struct.pack("<I", 1 << 20), at + 1)
    entry = data[at : at + 16]
    made = bytearray(data)
    for i in range(1, 1001):
        made[at + 16 * i : at + 16 * (i + 1)] = entry
    return put(folder, bytes(made), "model.h5")


# ---------------------------------------------------------------- JSON
def in_config(name: str, tries: str, data: Callable[[], bytes]) -> None:
    """Add a config, within an archive and alone."""
    add(HOSTILE, f"json_{name}", tries, lambda: archive(*good_parts(config=data())))
    add(HOSTILE, f"json_alone_{name}", tries, data, "json")


def _text(**more: Any) -> bytes:
    return json.dumps(config(**more)).encode()


in_config("twice", "A key twice: harmless for one reader, code for another", lambda: _text()[:-1] + b', "config": {}}')
in_config("deep", "100,000 lists within each other", lambda: b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
in_config(
    "deep_texts",
    "Depth behind quotes that are escaped",
    lambda: b'{"\\"": "\\\\", "a": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
)
in_config("digits", "An integer of a million digits", lambda: b'{"a": ' + b"9" * 1_000_000 + b"}")
in_config("values", "Ten million values", lambda: b'{"a": [' + b"{}," * 10_000_000 + b"{}]}")
in_config("utf_16", "UTF-16, which a scanner for names does not read", lambda: _text().decode().encode("utf-16"))
in_config("utf_32", "UTF-32", lambda: _text().decode().encode("utf-32"))
in_config("mark", "A mark of byte order", lambda: b"\xef\xbb\xbf" + _text())
in_config("surrogate", "Half a character, which cannot be printed", lambda: _text(a="\ud800"))
in_config("zero", "A zero byte", lambda: _text() + b"\0")
in_config("two", "A second document behind the first", lambda: _text() + b" " + _text())
in_config("yaml", "YAML with a Python object", lambda: b"{a: !!python/object/apply:os.system [id]}")


# ---------------------------------------------------------------- protocol buffers, pickles
add(HOSTILE, "pickle", "A pickle", lambda: pickle.dumps(os.getcwd), "pkl")
add(HOSTILE, "npz_objects", "An array of objects, which is a pickle", lambda: _npz(), "npz")
add(
    HOSTILE, "metadata_length", "A node of 2**60 bytes", lambda: b"\x0a" + b"\x80" * 8 + b"\x10" + b"\x1a\x04root", "pb"
)
add(HOSTILE, "metadata_nodes", "Four million nodes", lambda: b"\x0a\x02\x1a\x00" * 4_000_000, "pb")


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([os.getcwd], dtype=object))
    return buffer.getvalue()


# ---------------------------------------------------------------- paths and folders
def unzipped(folder: Path, name: str = "model") -> Path:
    """Return the folder of the good archive."""
    target = folder / name
    target.mkdir()
    for member, data in members().items():
        (target / member).write_bytes(data)
    return target


@hostile
def path_pipe(folder: Path) -> Path:
    """A pipe: opening it waits for ever."""
    os.mkfifo(folder / "pipe.keras")
    return folder / "pipe.keras"


@hostile
def path_device(folder: Path) -> Path:
    """A device without an end."""
    return Path("/dev/zero")


@hostile
def path_link_to_device(folder: Path) -> Path:
    """A link to a device."""
    (folder / "model.keras").symlink_to("/dev/zero")
    return folder / "model.keras"


@hostile
def path_socket(folder: Path) -> Path:
    """A socket."""
    with _in(folder), socket.socket(socket.AF_UNIX) as made:
        made.bind("s")
    return folder / "s"


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def in_folder(name: str, tries: str, change: Callable[[Path], Any]) -> None:
    """Add a folder that is changed."""

    def make(folder: Path) -> Path:
        target = unzipped(folder)
        change(target)
        return target

    make.__doc__ = tries
    HOSTILE[f"folder_{name}"] = make


def replaced(name: str, by: Callable[[Path], Any]) -> Callable[[Path], Any]:
    def change(folder: Path) -> None:
        (folder / name).unlink()
        by(folder / name)

    return change


for _member in (CONFIG, METADATA, WEIGHTS):
    in_folder(
        f"link_{_member}",
        f"{_member} is a link to another file",
        replaced(_member, lambda p: p.symlink_to("/etc/passwd")),
    )
    in_folder(f"pipe_{_member}", f"{_member} is a pipe", replaced(_member, os.mkfifo))
    in_folder(
        f"device_{_member}", f"{_member} is a link to a device", replaced(_member, lambda p: p.symlink_to("/dev/zero"))
    )
in_folder("asset_pipe", "A pipe among the assets", lambda p: ((p / "assets").mkdir(), os.mkfifo(p / "assets/a")))
in_folder(
    "asset_link",
    "A link among the assets",
    lambda p: ((p / "assets").mkdir(), (p / "assets/a").symlink_to("/etc/passwd")),
)
in_folder("asset_folder", "Assets that are a link to a folder", lambda p: (p / "assets").symlink_to("/etc"))
in_folder(
    "asset_cycle",
    "A folder of assets that is a link to itself",
    lambda p: ((p / "assets").mkdir(), (p / "assets/a").symlink_to(p / "assets")),
)
in_folder("sparse", "A config of 100 GiB that takes no disk", lambda p: os.truncate(p / CONFIG, 100 * GIB))


# ---------------------------------------------------------------- look-alikes that must load
def python_zip(method: int = zipfile.ZIP_STORED, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in members().items():
            with file.open(name, "w", **options) as member:
                member.write(data)
    return buffer.getvalue()


class _Stream(io.RawIOBase):
    """A file that cannot go back, as a pipe."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def streamed(method: int) -> bytes:
    stream = _Stream()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, data in members().items():
            file.writestr(name, data)
    return bytes(stream.data)


add(BENIGN, "stored", "As Keras writes it", python_zip)
add(BENIGN, "wide", "Sizes of 64 bits, as Keras asks for", lambda: python_zip(force_zip64=True))
add(BENIGN, "deflated", "Compressed", lambda: python_zip(zipfile.ZIP_DEFLATED))
add(BENIGN, "streamed", "Written to a pipe: sizes behind the data", lambda: streamed(zipfile.ZIP_STORED))
add(BENIGN, "streamed_deflated", "The same, compressed", lambda: streamed(zipfile.ZIP_DEFLATED))
add(BENIGN, "comment", "A comment", lambda: archive(*good_parts(), comment="made by \u00e9l\u00e8ve".encode()))
add(
    BENIGN,
    "folders",
    "Folders and a file of the user's",
    lambda: archive(*good_parts(), Part(b"assets/", attributes=0o040755 << 16 | 16), Part(b"README.md", b"hello")),
)
add(
    BENIGN,
    "unix",
    "Times and owners, as zip(1) writes them",
    lambda: archive(*good_parts(), Part(b"README.md", b"x", extra=b"UT\5\0\1abcdux\x0b\0\1\4\0\0\0\0\4\0\0\0\0")),
)
add(
    BENIGN,
    "values",
    "NaN, a text with brackets, characters of all kinds",
    lambda: archive(*good_parts(config=_text(note=[float("nan"), "[{" * 10_000, '\\"', "\u00e9\U0001f600"]))),
)
add(
    BENIGN,
    "ordered",
    "Groups that keep the order of their members",
    lambda: archive(*good_parts(weights=hdf5(track_order=True))),
)
add(BENIGN, "latest", "The newest form of HDF5", lambda: archive(*good_parts(weights=hdf5(libver="latest"))))
add(
    BENIGN,
    "packed",
    "Weights compressed within HDF5",
    lambda: archive(
        *good_parts(
            weights=hdf5(
                lambda file: (
                    file.__delitem__(KERNEL),
                    file.create_dataset(KERNEL, data=np.ones((2, 2), "f4"), compression="gzip", shuffle=True),
                )
            )
        )
    ),
)
add(BENIGN, "whole_h5", "A whole model of Keras 2", whole_h5, "h5")


@benign
def folder_of_files(folder: Path) -> Path:
    """An unzipped archive."""
    return unzipped(folder)


@benign
def zeros(folder: Path) -> Path:
    """64 MiB of zeros, which compress to a thousandth."""
    units = 4096
    told = config()
    told["config"]["layers"][0]["config"]["batch_shape"] = [None, units]
    told["config"]["layers"][1]["config"]["units"] = units
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset(KERNEL, data=np.zeros((units, units), "float32"), compression="gzip")
        file.create_dataset("layers/dense/vars/1", data=np.zeros(units, "float32"))
    parts = good_parts(config=json.dumps(told).encode(), weights=buffer.getvalue())
    for part in parts:
        part.method = 8
    return put(folder, archive(*parts))
