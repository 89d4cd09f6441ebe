"""The strict readers by themselves: whatever the bytes are, they are read or refused, and nothing else happens."""

from __future__ import annotations

import contextlib
import io
import struct
import sys
import zipfile
from pathlib import Path

import pytest

import hornbook
from hornbook.archive.budget import DeclaredBudget
from hornbook.archive.hdf5 import messages
from hornbook.archive.reading import open_archive
from hornbook.archive.zip.reader import Zip
from hornbook.errors import HornbookError, MissingDependencyError

h5py = pytest.importorskip("h5py")
np = pytest.importorskip("numpy")

from tests.hostile import containers

from hornbook.archive.hdf5.file import H5File

LIMITS = hornbook.Limits(arrays=200)
# Made of gigabytes: tests/hostile has them.
LARGE = ("zip_bomb_metadata", "zip_bomb_config", "zip_bomb_assets", "zip_lying_size", "h5_compressed")


def read_hdf5(data: bytes) -> int:
    """Read all arrays and texts of a file; return how many there are."""
    file = H5File(io.BytesIO(data), "file", LIMITS)
    todo, count = [("", file.root)], 0
    while todo:
        path, group = todo.pop()
        for name in file.names(group, path):
            inner = f"{path}/{name}" if path else name
            member = file.member(group, name, inner)
            for attribute in member.attributes:
                file.text(member, attribute, inner)
                file.texts(member, attribute, inner) if attribute == "names" else None
            if hasattr(member, "links"):
                todo.append((inner, member))
            elif member.type.dtype and member.shape is not None:
                file.read(member, inner)
                count += 1
    return count


def filled(**options) -> bytes:
    """Return a file with one of everything that is understood."""
    pytest.importorskip("ml_dtypes")
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        file.attrs["names"] = ["a", "bb"]
        group = file.create_group("layers/dense/vars")
        group.attrs["name"] = "dense"
        group.attrs["names"] = np.array([b"a", b"bc"])
        file.create_dataset("plain", data=np.arange(6, dtype=">f4").reshape(2, 3))
        chunks = {"chunks": (2, 2), "compression": "gzip", "shuffle": True, "fillvalue": 2}
        file.create_dataset("chunked", data=np.arange(9, dtype="i2").reshape(3, 3), **chunks)
        group.create_dataset("0", data=np.array([True, False]))
        opaque = group.create_dataset("1", data=np.zeros(2, "V2"))
        opaque.attrs["dtype"] = "bfloat16"
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((3,))
        made = h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F64LE, space, compact)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ones(3))
        file.create_dataset("nothing", data=h5py.Empty("f4"))
        file.create_dataset("never", (4,), "f4")
        file.create_dataset("texts", data=["a", "b"])
    return buffer.getvalue()


def test_numbers_of_a_package_that_is_missing_are_one_error(monkeypatch):
    def fill(file) -> None:
        file.create_dataset("w", data=np.array([1, 2], "<u2").view("V2")).attrs["dtype"] = "bfloat16"

    file = opened(made(fill))
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(MissingDependencyError, match="ml_dtypes"):
        file.read(file.dataset("w", file.root, "w"), "w")


@pytest.mark.parametrize("libver", ["earliest", "v108"])
def test_one_of_everything_is_read(libver: str) -> None:
    """As h5py writes it, in the older and the newer form."""
    assert read_hdf5(filled(libver=libver)) >= 6


@pytest.mark.parametrize("libver", ["earliest", "v108"])
@pytest.mark.parametrize("change", [0xFF, 0x01, 0x10])
def test_a_changed_byte_of_hdf5_is_read_or_refused(libver: str, change: int) -> None:
    """Wherever it is; no other error, no loop, no memory that the file does not have."""
    data = filled(libver=libver)
    refused = 0
    for at in range(len(data)):
        if data[at] == 0 and data[max(0, at - 8) : at + 8] == bytes(16):
            continue  # between the parts
        try:
            read_hdf5(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
        except HornbookError:
            refused += 1
    assert refused > 50


def read_zip(data: bytes) -> int:
    """Read all members of an archive; return how many there are."""
    archive = Zip(io.BytesIO(data), "file", LIMITS)
    for member in archive.members.values():
        archive.read(member, 1 << 20)
        archive.open(member).read()
    return len(archive.members)


class Unseekable(io.BytesIO):
    """Makes zipfile put sizes behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *args: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def zipped(file: io.BytesIO, *, wide: bool = False) -> bytes:
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"a comment"
        archive.writestr(zipfile.ZipInfo("folder/"), b"")
        archive.writestr("folder/stored", b"123456789" * 9)
        archive.writestr("deflated", b"123456789" * 9, zipfile.ZIP_DEFLATED)
        with archive.open(zipfile.ZipInfo("wide \u00e9"), "w", force_zip64=wide) as member:
            member.write(b"abc")
    return file.getvalue()


ZIPS = {
    "plain": lambda: zipped(io.BytesIO()),
    "64 bits": lambda: zipped(io.BytesIO(), wide=True),
    "sizes behind": lambda: zipped(Unseekable()),
    "sizes of 64 bits behind": lambda: zipped(Unseekable(), wide=True),
}


@pytest.mark.parametrize("form", ZIPS)
def test_each_form_of_zip_is_read(form: str) -> None:
    """As Python writes it."""
    assert read_zip(ZIPS[form]()) == 4


@pytest.mark.parametrize("form", ZIPS)
@pytest.mark.parametrize("change", [0xFF, 0x01, 0x10, 0x40])
def test_a_changed_byte_of_zip_is_read_or_refused(form: str, change: int) -> None:
    """Nearly all of it is said twice."""
    data = ZIPS[form]()
    refused = 0
    for at in range(len(data)):
        try:
            read_zip(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
        except HornbookError:
            refused += 1
    assert refused > len(data) // 2


@pytest.mark.parametrize("form", ZIPS)
def test_a_zip_cut_off_or_begun_late_is_refused(form: str) -> None:
    """At every byte."""
    data = ZIPS[form]()
    for at in range(1, len(data)):
        for part in (data[:-at], data[at:]):
            with pytest.raises(HornbookError):
                read_zip(part)


class Failing(io.BytesIO):
    """A file whose disk fails after so many readings."""

    left = 0

    def read(self, size: int | None = -1) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise OSError("the disk fails")
        return super().read(size)

    def readinto(self, buffer) -> int:
        self.left -= 1
        if self.left < 0:
            raise OSError("the disk fails")
        return super().readinto(buffer)


@pytest.mark.parametrize("form", ["keras", "hdf5"])
@pytest.mark.parametrize("short", [False, True])
def test_a_disk_that_fails_at_any_time_is_one_error_of_ours(form: str, short: bool) -> None:
    """Or gives less than there was."""
    data, read = (ZIPS["plain"](), read_zip) if form == "keras" else (filled(), read_hdf5)

    class Short(Failing):
        def read(self, size: int | None = -1) -> bytes:
            try:
                return super().read(size)
            except OSError:
                return b""

        def readinto(self, buffer) -> int:
            try:
                return super().readinto(buffer)
            except OSError:
                return 0

    for count in range(0, 400, 3):
        file = (Short if short else Failing)(data)
        file.left = count
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(io, "BytesIO", lambda _, file=file: file)
            try:
                read(data)
            except HornbookError:
                continue
            break
    else:
        pytest.fail("it is never read to its end")


@pytest.mark.parametrize("what", [what for what in containers.HOSTILE if what not in LARGE])
def test_a_hostile_container_is_read_or_refused(what: str, tmp_path: Path) -> None:
    """Part by part, as every door reads it."""
    try:
        path = containers.HOSTILE[what](tmp_path)
    except ValueError:
        pytest.skip("this h5py cannot write it")
    with contextlib.suppress(HornbookError), open_archive(path, hornbook.Limits()) as archive:
        for read in (archive.metadata, archive.config, archive.members, archive.assets, lambda: [*archive.beside()]):
            with contextlib.suppress(HornbookError):
                read()
        if archive.has_weights():
            assert [*archive.stored().checked()]


def test_a_name_that_no_system_can_have_is_refused() -> None:
    """Nor one that leads outside, or is nearly that of another member."""
    alone = ["a" * 300, "/a", "../a", "c:a", "a\\b", "a//b", "./a", "a\x07"]
    for names in (*([name] for name in alone), ["a", "A"], ["a", "a/b"]):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in names:
                archive.writestr(name, b"")
        with pytest.raises(HornbookError):
            read_zip(buffer.getvalue())


MESSAGES = {
    "a shape of version 3": (messages.dataspace, b"\3\0\0\0"),
    "a shape of 40 dimensions": (messages.dataspace, b"\2\x28\0\1" + bytes(320)),
    "a type of class 15": (messages.datatype, b"\xff\0\0\0\1\0\0\0"),
    "a type of no bytes": (messages.datatype, b"\x10\0\0\0\0\0\0\0"),
    "a virtual layout": (messages.layout, b"\4\3"),
    "a layout of version 2": (messages.layout, b"\2\1"),
    "a newer layout of chunks": (messages.layout, b"\4\2"),
    "a layout of no class": (messages.layout, b"\3\7"),
    "chunks of no dimension": (messages.layout, b"\3\2\0" + bytes(8)),
    "filters of version 3": (messages.filters, b"\3\1"),
    "a fill value of version 9": (messages.fill_value, b"\x09"),
    "an attribute of version 4": (messages.attribute, b"\4\0"),
    "an attribute of a shared type": (messages.attribute, b"\3\1"),
    "an attribute larger than its message": (
        messages.attribute,
        b"\3\0\1\0\x08\0\x0c\0\0" + b"a" + b"\x13\0\0\0\1\0\0\0" + b"\2\1\0\1" + struct.pack("<Q", 1 << 40),
    ),
    "a link of version 2": (messages.link, b"\2\0"),
    "a name that is cut off": (messages.link, b"\1\0\x09a"),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_a_message_that_contradicts_itself_is_refused(what: str) -> None:
    """Each by its own section of the specification."""
    read, data = MESSAGES[what]
    with pytest.raises(HornbookError):
        read(data)


def test_messages_of_other_versions_are_read() -> None:
    """HDF5 1.6 to 1.14 write them."""
    assert messages.dataspace(b"\2\0\0\2") is None
    assert messages.dataspace(b"\1\1\0\0\0\0\0\0" + struct.pack("<Q", 3)) == (3,)
    assert messages.fill_value(b"\2\0\0\0") == b""
    assert messages.fill_value(b"\2\0\0\1\2\0\0\0ab") == b"ab"
    assert messages.fill_value(b"\3\0") == b""
    assert messages.filters(b"\1\1" + bytes(6) + b"\1\0\0\0\0\0\1\0" + bytes(4) + bytes(4)) == (1,)
    assert messages.filters(b"\2\1\1\0\0\0\0\0") == (1,)
    assert messages.link(b"\1\x1c\1" + bytes(8) + b"\0\1a" + b"x").address is None
    assert messages.datatype(b"\x18\0\0\0\1\0\0\0").kind == "other"
    assert messages.datatype(b"\x15\0\0\0\3\0\0\0").kind == "other"
    assert messages.datatype(b"\x10\0\0\0\3\0\0\0\0\0\x18\0").kind == "other"
    assert messages.datatype(b"\x11\0\0\0\4\0\0\0" + bytes(12)).kind == "other"


def test_a_budget_counts_all_parts_together() -> None:
    """A thousand parts that each ask for a little too much are refused as one is."""
    budget = DeclaredBudget(hornbook.Limits(ratio=1, ratio_floor=10))
    for _ in range(10):
        budget.spend(2, 1, "part")
    with pytest.raises(HornbookError):
        budget.spend(2, 1, "part")


def wide_end(data: bytes, **changes: int) -> bytes:
    """Return an archive whose end record has 64 bits, as of one with 100,000 members."""
    at = data.rfind(b"PK\5\6")
    count, size, start = struct.unpack_from("<HII", data, at + 10)
    told = {"length": 44, "count": count, "size": size, "start": start, "disks": 1, "at": at} | changes
    record = struct.pack(
        "<4sQ2H2I4Q", b"PK\6\6", told["length"], 45, 45, 0, 0, count, told["count"], size, told["start"]
    )
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, told["at"], told["disks"])
    return (
        data[:at]
        + record
        + locator
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )


def test_an_end_record_of_64_bits_is_read_as_strictly() -> None:
    """Both records, and what lies between them."""
    data = zipped(io.BytesIO())
    assert read_zip(wide_end(data)) == 4
    for change in ({"length": 45}, {"count": 3}, {"start": 1}, {"disks": 2}, {"at": 1}, {"at": 1 << 40}):
        with pytest.raises(HornbookError):
            read_zip(wide_end(data, **change))


@pytest.mark.parametrize("limit", [{"members": 1}, {"ratio": 0, "ratio_floor": 1}])
def test_an_archive_that_asks_for_too_much_is_refused(limit: dict[str, int]) -> None:
    """In members, or in bytes."""
    with pytest.raises(HornbookError):
        Zip(io.BytesIO(zipped(io.BytesIO())), "file", hornbook.Limits(**limit))


def test_a_member_larger_than_asked_for_is_refused() -> None:
    """Before it is inflated."""
    archive = Zip(io.BytesIO(zipped(io.BytesIO())), "file", LIMITS)
    with pytest.raises(HornbookError, match="more than 8 bytes"):
        archive.read(archive.members["deflated"], 8)


def made(fill) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def opened(data: bytes, **limits: int) -> H5File:
    return H5File(io.BytesIO(data), "file", hornbook.Limits(**limits))


def test_many_chunks_are_claimed_at_once() -> None:
    """And are refused where they are too many, or two of them are one."""
    data = made(lambda file: file.create_dataset("a", data=np.arange(900.0).reshape(30, 30), chunks=(3, 3)))
    assert read_hdf5(data) == 1
    with pytest.raises(HornbookError, match="too many parts"):
        opened(data, arrays=9)
    refused = 0
    tree = data.index(b"TREE\1")
    for at in range(tree, tree + 3000, 7):
        try:
            read_hdf5(data[:at] + bytes([data[at] ^ 8]) + data[at + 1 :])
        except HornbookError:
            refused += 1
    assert refused


class Plain:
    """A file that has no `readinto`."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self.read, self.seek, self.tell = self._file.read, self._file.seek, self._file.tell


def test_a_file_object_with_the_least_is_read() -> None:
    """What it cannot do, is done another way."""
    data = made(lambda file: file.create_dataset("a", data=np.ones(3)))
    file = H5File(Plain(data), "file", LIMITS)
    assert file.read(file.dataset("a", file.root, "a"), "a").tolist() == [1, 1, 1]
    with pytest.raises(HornbookError):
        H5File(object(), "file", LIMITS)


def test_names_that_were_split_are_one_list() -> None:
    """As Keras does where they have more than 64 kB."""

    def fill(file) -> None:
        file.attrs["names0"], file.attrs["names1"], file.attrs["number"] = ["a", "b"], ["c"], 3
        file.attrs["wrong0"] = "a"
        file.attrs["bytes"] = [b"\xff"]

    file = opened(made(fill))
    assert file.texts(file.root, "names", "") == ["a", "b", "c"]
    assert file.texts(file.root, "number", "") is None
    for name in ("wrong", "bytes"):
        with pytest.raises(HornbookError):
            file.texts(file.root, name, "")
    with pytest.raises(HornbookError, match="too many parts"):
        (few := opened(made(fill), arrays=2)).texts(few.root, "names", "")
    with pytest.raises(HornbookError, match="too large"):
        (few := opened(made(fill), config_bytes=1)).texts(few.root, "names0", "")


def test_what_is_asked_for_and_not_there_is_refused_at_its_place() -> None:
    """A group for an array, and the other way round."""

    def fill(file) -> None:
        file.create_group("group/inner")
        file["array"] = np.ones(1)
        file["texts"] = ["a"]

    file = opened(made(fill))
    for path in ("group", "other", "", "group/other"):
        with pytest.raises(HornbookError):
            file.dataset(path, file.root, path)
    for path in ("array", "/group", "group/../group", "a\0"):
        with pytest.raises(HornbookError):
            file.group(path)
    with pytest.raises(HornbookError):
        file.read(file.dataset("texts", file.root, "texts"), "texts")
    with pytest.raises(HornbookError):
        file.group("a/" * 300)


def test_one_object_in_two_places_is_refused() -> None:
    """A hard link could make a gigabyte of a megabyte."""

    def fill(file) -> None:
        file["a"] = np.ones(1)
        file["b"] = file["a"]

    with pytest.raises(HornbookError, match="two places"):
        opened(made(fill))


def test_an_array_that_memory_cannot_hold_is_one_error(monkeypatch) -> None:
    """Of ours."""
    file = opened(made(lambda file: file.create_dataset("a", data=np.ones(3))))

    def full(dataset) -> None:
        raise MemoryError

    monkeypatch.setattr(file._arrays, "read", full)
    with pytest.raises(HornbookError, match="cannot be read"):
        file.read(file.dataset("a", file.root, "a"), "a")


def test_numbers_that_hdf5_has_no_type_for_come_back() -> None:
    """Their name is an attribute."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = {
        "bfloat16": np.array([1, 2], ml_dtypes.bfloat16).view("V2"),
        "float8_e4m3fn": np.array([1, 2], ml_dtypes.float8_e4m3fn).view("V1"),
        "int4": np.array([1, 2], "i1"),
    }

    def fill(file) -> None:
        for name, value in values.items():
            file.create_dataset(name, data=value).attrs["dtype"] = name

    file = opened(made(fill))
    for name in values:
        value = file.read(file.dataset(name, file.root, name), name)
        assert (value.dtype.name, value.astype("f4").tolist()) == (name, [1, 2])
