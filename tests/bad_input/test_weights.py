"""Weights that are no HDF5, lead elsewhere, or do not fit."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests import needs

import hornbook

from . import archives

KERNEL = "layers/dense/vars/0"


def replaced(make):
    """Return a change that removes the first kernel and has `make` put something in its place."""

    def change(file):
        del file[KERNEL]
        make(file)

    return change


NO_HDF5 = {
    "empty": b"",
    "text": b"not HDF5",
    "the signature alone": b"\x89HDF\r\n\x1a\n",
    "the signature and zeros": b"\x89HDF\r\n\x1a\n" + bytes(2000),
    "a ZIP": archives.archive({"a": b"b"}),
}


@pytest.mark.parametrize("what", NO_HDF5)
def test_weights_that_are_no_hdf5_are_refused(refused, file, what):
    """The error names the member."""
    error = refused(hornbook.load_model, file(archives.with_members({archives.WEIGHTS: NO_HDF5[what]})))
    assert archives.WEIGHTS in error.place


def test_weights_cut_off_anywhere_are_refused(refused, file):
    """A part of the weights is not taken for the whole."""
    data = archives.members(archives.good())[archives.WEIGHTS]
    for length in range(1, len(data) - 1, len(data) // 30):
        refused(hornbook.load_model, file(archives.with_members({archives.WEIGHTS: data[:length]})))


# Loads the good archive with other weights 300 times, and prints every error that is none of ours.
SPOILING = """
import io, random, sys, warnings
sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")
import hornbook
from bad_input import archives
choose = random.Random(0)
data = archives.members(archives.good())[archives.WEIGHTS]
for _ in range(300):
    spoiled = bytearray(data)
    for _ in range(choose.choice([1, 2, 4, 8])):
        spoiled[choose.randrange(len(data))] = choose.randrange(256)
    try:
        hornbook.load_model(io.BytesIO(archives.with_members({archives.WEIGHTS: bytes(spoiled)})))
    except hornbook.HornbookError as error:
        assert len(str(error)) < 600, str(error)
    except Exception as error:
        print(type(error).__name__, error)
print("done")
"""


@needs.keras
def test_weights_with_wrong_bytes_load_or_are_refused():
    """What HDF5 itself does not notice is at worst another number (in a process that HDF5 may end)."""
    tests = str(Path(__file__).parents[1])
    ended = subprocess.run([sys.executable, "-c", SPOILING, tests], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-1500:]
    assert ended.stdout == "done\n"


def external_storage(file):
    """Put a dataset there whose data are in another file."""
    file.create_dataset(KERNEL, (3, 2), "float32", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    """Put a dataset there that is made of parts of other files."""
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", (3, 2))
    file.create_virtual_dataset(KERNEL, layout)


def set_link(link):
    """Return what puts a link there."""

    def make(file):
        file[KERNEL] = link

    return make


def linked_group(link):
    """Return a change that puts a link in the place of a group."""

    def change(file):
        del file["layers/dense"]
        file["layers/dense"] = link

    return change


ELSEWHERE = {
    "a soft link": replaced(set_link(h5py.SoftLink("/layers/dense_1/vars/0"))),
    "a soft link to nothing": replaced(set_link(h5py.SoftLink("/nothing"))),
    "a soft link to itself": replaced(set_link(h5py.SoftLink(f"/{KERNEL}"))),
    "an external link": replaced(set_link(h5py.ExternalLink("/etc/other.h5", "/data"))),
    "an external link to a device": replaced(set_link(h5py.ExternalLink("/dev/zero", "/"))),
    "external storage": replaced(external_storage),
    "a virtual dataset": replaced(virtual),
    "a soft link for a group": linked_group(h5py.SoftLink("/layers/dense_1")),
    "an external link for a group": linked_group(h5py.ExternalLink("/etc/other.h5", "/")),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_weights_that_lead_elsewhere_are_refused(refused, file, what):
    """Nothing but what the file itself holds is read, and the error says where that is."""
    error = refused(hornbook.load_model, file(archives.with_weights(ELSEWHERE[what])))
    assert archives.WEIGHTS in error.place
    assert "layers/dense" in error.place
    assert "link" in error.problem or "another file" in error.problem


@pytest.mark.parametrize("what", ELSEWHERE)
def test_a_folder_whose_weights_lead_elsewhere_is_refused(refused, tmp_path, what):
    """The same holds for the weights of a folder, which HDF5 opens by their path."""
    folder = archives.folder(tmp_path / "folder", archives.with_weights(ELSEWHERE[what]))
    assert archives.WEIGHTS in refused(hornbook.load_model, folder).place


def absurd(file):
    """Put a dataset there that declares a terabyte and stores nothing."""
    file.create_dataset(KERNEL, (1 << 20, 1 << 18), "float32", chunks=(1 << 10, 1 << 10))


def absurd_fill(file):
    """Put a compressed dataset there that declares far more than it stores."""
    file.create_dataset(KERNEL, (1 << 16, 1 << 16), "float64", chunks=(64, 64), compression="gzip", fillvalue=1.0)


def filtered(file):
    """Put a dataset there with a filter that is not of HDF5 itself."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((3, 2))
    creation.set_filter(32_013, h5py.h5z.FLAG_OPTIONAL, ())
    group = file[KERNEL.rpartition("/")[0]]
    space = h5py.h5s.create_simple((3, 2))
    h5py.h5d.create(group.id, b"0", h5py.h5t.IEEE_F32LE, space, creation)


NO_ARRAYS = {
    "a group": lambda file: file.create_group(KERNEL),
    "text": lambda file: file.create_dataset(KERNEL, data="text"),
    "text of a fixed length": lambda file: file.create_dataset(KERNEL, data=np.zeros((3, 2), "S10")),
    "text of any length": lambda file: file.create_dataset(KERNEL, (3, 2), h5py.string_dtype()),
    "arrays of any length": lambda file: file.create_dataset(KERNEL, (3, 2), h5py.vlen_dtype("int8")),
    "references": lambda file: file.create_dataset(KERNEL, (3, 2), h5py.ref_dtype),
    "records": lambda file: file.create_dataset(KERNEL, (3, 2), np.dtype([("a", "f4"), ("b", "i4")])),
    "opaque bytes": lambda file: file.create_dataset(KERNEL, data=np.zeros((3, 2), "V7")),
    "nothing": lambda file: file.create_dataset(KERNEL, data=h5py.Empty("f4")),
    "a terabyte that is not there": absurd,
    "gigabytes that are not there": absurd_fill,
    "an unknown filter": filtered,
}


@pytest.mark.parametrize("what", NO_ARRAYS)
def test_what_is_no_array_of_numbers_is_refused(refused, file, what):
    """The error says where it is, and no memory was asked for."""
    error = refused(hornbook.load_model, file(archives.with_weights(replaced(NO_ARRAYS[what]))))
    assert archives.WEIGHTS in error.place
    assert "layers/dense" in error.place


def shaped(*shape):
    """Return a change that gives the first kernel another shape."""
    return replaced(lambda file: file.create_dataset(KERNEL, data=np.zeros(shape, "float32")))


def without(path):
    """Return a change that removes a part."""

    def change(file):
        del file[path]

    return change


def emptied(file):
    """Remove everything."""
    for name in list(file):
        del file[name]


MISFITS = {
    "another shape": (shaped(2, 3), "first"),
    "too many numbers": (shaped(30, 20), "first"),
    "fewer dimensions": (shaped(6), "first"),
    "a scalar": (shaped(), "first"),
    "no numbers": (shaped(0, 2), "first"),
    "a missing array": (without(KERNEL), "first"),
    "a missing layer": (without("layers/dense"), "first"),
    "missing arrays of a layer": (without("layers/dense_1/vars"), "second"),
    "nothing at all": (emptied, "first"),
    "complex numbers": (
        replaced(lambda file: file.create_dataset(KERNEL, data=np.full((3, 2), 1 + 1j))),
        None,  # refused before there is a layer
    ),
}


@pytest.mark.parametrize("what", MISFITS)
@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_weights_that_do_not_fit_are_refused(refused, file, what):
    """The error names the layer and where its weights should be."""
    change, layer = MISFITS[what]
    error = refused(hornbook.load_model, file(archives.with_weights(change)))
    assert layer is None or f"`{layer}`" in error.problem
    assert archives.WEIGHTS in error.place


def test_an_array_in_the_place_of_a_group_is_refused(refused, file):
    """A layer has a group, and the error says where it should be."""

    def change(weights):
        del weights["layers/dense"]
        weights["layers/dense"] = np.zeros(3)

    error = refused(hornbook.load_model, file(archives.with_weights(change)))
    assert archives.WEIGHTS in error.place
    assert "layers/dense" in error.place


def test_all_layers_that_do_not_fit_are_named(refused, file):
    """One error names every layer whose weights are missing."""
    error = refused(hornbook.load_model, file(archives.with_weights(emptied)))
    assert "`first`" in error.problem
    assert "`second`" in error.problem


def test_a_layer_with_a_failing_load_of_its_own_is_named(refused, file):
    """What `load_own_variables` of a user's class raises is told like the rest."""
    keras = pytest.importorskip("keras", minversion="3.0")

    class Failing(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(1,), name="scale")

        def call(self, x):
            return x * self.scale

        def load_own_variables(self, store):
            raise KeyError("why\n" * 200)

    target = io.BytesIO()
    hornbook.save_model(keras.Sequential([keras.Input((2,)), Failing(name="mine")]), target)
    error = refused(hornbook.load_model, file(target.getvalue()), custom_objects={"Failing": Failing})
    assert "`mine`" in error.problem
    assert "why" in error.problem
