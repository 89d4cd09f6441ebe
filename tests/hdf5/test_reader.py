"""Our reader of HDF5 and the HDF5 library read the same from files that nobody spoiled."""

from __future__ import annotations

import io
from typing import Any

import h5py
import numpy as np
import pytest

import hornbook
from hornbook.archive.hdf5.file import H5File
from hornbook.archive.hdf5.objects import Dataset, Group

CHOOSE = np.random.default_rng(0)
SHAPES = [(), (0,), (1,), (7,), (3, 5), (17, 9), (2, 3, 4, 5)]
DTYPES = ["<f4", ">f4", "<f2", "<f8", ">f8", "<i1", "<i8", ">i4", "<u2", "?"]
STORAGES: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": True},
    "deflated": {"chunks": True, "compression": "gzip"},
    "shuffled": {"chunks": True, "compression": "gzip", "shuffle": True},
    "resizable": {"chunks": True, "maxshape": None},
}


def opened(data: bytes) -> H5File:
    return H5File(io.BytesIO(data), "file", hornbook.Limits())


def written(fill: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        fill(file)
    return buffer.getvalue()


@pytest.mark.parametrize("options", [{}, {"track_order": True}], ids=["plain", "ordered"])
@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_are_those_that_the_library_reads(dtype: str, storage: str, options: dict[str, Any]) -> None:
    """Every number type, shape and layout that h5py makes by itself; the byte order is that of this machine."""
    values = {f"a{i}": (CHOOSE.random(shape) * 9).astype(dtype) for i, shape in enumerate(SHAPES)}

    def fill(file: Any) -> None:
        for name, value in values.items():
            more = {} if value.shape == () else dict(STORAGES[storage])
            if "maxshape" in more:
                more["maxshape"] = (None,) * value.ndim
            if 0 in value.shape:
                more = {}
            file.create_dataset(name, data=value, **more)

    file = opened(written(fill, **options))
    for name, value in values.items():
        member = file.member(file.root, name, name)
        assert isinstance(member, Dataset)
        found = file.read(member, name)
        assert (found.dtype, found.shape) == (value.dtype.newbyteorder("="), value.shape)
        np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
def test_groups_and_texts_are_those_that_were_written(libver: str) -> None:
    """More members than a node of a tree has, and texts of every kind."""
    count = 300 if libver == "earliest" else 6  # the newer forms keep more than eight in a heap
    texts = {"one": "a\u00e9", "bytes": b"b", "list": ["a", "bb", ""], "fixed": np.array([b"a", b"bc"]), "none": []}

    def fill(file: Any) -> None:
        for i in range(count):
            file.create_group(f"layer_{i}/vars")
        for name, value in texts.items():
            file.attrs[name] = value

    file = opened(written(fill, libver=libver))
    assert file.names(file.root, "") == sorted(f"layer_{i}" for i in range(count))
    assert isinstance(file.group("layer_3/vars"), Group)
    assert file.group("layer_3/other") is None
    assert (file.text(file.root, "one", ""), file.text(file.root, "bytes", "")) == ("a\u00e9", "b")
    assert file.texts(file.root, "list", "") == ["a", "bb", ""]
    assert file.texts(file.root, "fixed", "") == ["a", "bc"]
    assert file.texts(file.root, "none", "") == []


def test_what_was_never_written_has_its_fill_value() -> None:
    """Chunks that are not stored."""
    fill = lambda file: file.create_dataset("a", (20, 20), "f4", chunks=(5, 5), fillvalue=1.5)
    file = opened(written(fill))
    member = file.member(file.root, "a", "a")
    assert isinstance(member, Dataset)
    np.testing.assert_array_equal(file.read(member, "a"), np.full((20, 20), 1.5, "f4"))


def test_groups_in_heaps_are_refused_with_a_hint() -> None:
    """h5py makes them when the newest form is asked for, which Keras never does."""
    fill = lambda file: [file.create_group(str(i)) for i in range(50)]
    with pytest.raises(hornbook.HornbookError, match="Keras never does") as caught:
        opened(written(fill, libver="latest"))
    assert "h5py" in str(caught.value.hint)
