"""HDF5 files that are damaged, foreign, lead elsewhere or do not fit: one error, at the place, nothing changed."""

from __future__ import annotations

import io

import h5py
import keras
import numpy as np
import pytest

import hornbook

from . import h5_files as h5

KERNEL = "model_weights/first/first/kernel:0"


def change(edit):
    return h5.changed(h5.two_layers(), edit)


def without(name):
    """Return a change that takes an attribute, a group or an array away."""

    def edit(file):
        if name in file.attrs:
            del file.attrs[name]
        else:
            del file[name]

    return edit


def attribute(owner, name, value):
    def edit(file):
        (file[owner] if owner else file).attrs[name] = value

    return edit


def instead(make):
    """Return a change that puts something else in the place of a kernel."""

    def edit(file):
        del file[KERNEL]
        make(file)

    return edit


def link(made):
    return instead(lambda file: file.__setitem__(KERNEL, made))


def virtual(file):
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", (3, 2))
    file.create_virtual_dataset(KERNEL, layout)


def again(file):
    """Name one array for two weights."""
    file["model_weights/first"].attrs["weight_names"] = [b"first/kernel:0", b"first/kernel:0"]


def unknown_filter(file):
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((3, 2))
    creation.set_filter(32_013, h5py.h5z.FLAG_OPTIONAL, ())
    h5py.h5d.create(file.id, KERNEL.encode(), h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3, 2)), creation)


SPOILED = {
    "no weights of a layer": (without("model_weights/first"), "first"),
    "no array": (without(KERNEL), "kernel:0"),
    "no list of weights": (lambda file: file["model_weights/first"].attrs.__delitem__("weight_names"), "first"),
    "a config that is no JSON": (attribute("", "model_config", b"{"), "model_config"),
    "a config that is a list": (attribute("", "model_config", b"[]"), "model_config"),
    "a config with a key twice": (attribute("", "model_config", b'{"a": 1, "a": 2}'), "model_config"),
    "an absolute name": (attribute("model_weights/first", "weight_names", [b"/first", b"b"]), "first"),
    "a name with dots": (attribute("model_weights/first", "weight_names", [b"../second", b"b"]), "first"),
    "names that are no text": (attribute("model_weights/first", "weight_names", [b"\xff\xfe", b"b"]), "first"),
    "names that are numbers": (attribute("model_weights/first", "weight_names", [1, 2]), "first"),
    "one array twice": (again, "first/kernel:0"),
    "a soft link": (link(h5py.SoftLink("/model_weights/second/second/kernel:0")), "kernel:0"),
    "an external link": (link(h5py.ExternalLink("/etc/other.h5", "/data")), "kernel:0"),
    "a virtual array": (instead(virtual), "kernel:0"),
    "a filter that loads a plug-in": (instead(unknown_filter), "kernel:0"),
    "an array of texts": (instead(lambda file: file.create_dataset(KERNEL, data=[b"a"])), "kernel:0"),
    "a group for an array": (instead(lambda file: file.create_group(KERNEL)), "kernel:0"),
    "an array for a group": (
        lambda file: (file.__delitem__("model_weights/first"), file.create_dataset("model_weights/first", data=1)),
        "first",
    ),
    "an array of a terabyte": (
        instead(lambda file: file.create_dataset(KERNEL, (1 << 20, 1 << 18), "float32", chunks=(1024, 1024))),
        "kernel:0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_file_is_refused_at_the_place(what, refused, file):
    """The error names the file and the group, array or attribute in it."""
    edit, place = SPOILED[what]
    error = refused(hornbook.load_model, file(change(edit), "model.h5"))
    assert "model.h5" in error.place
    assert place in error.place


def test_a_file_cut_off_anywhere_is_refused(refused, file):
    """A part is not taken for the whole."""
    data = h5.two_layers()
    for length in range(1, len(data) - 1, len(data) // 30):
        refused(hornbook.load_model, file(data[:length], "model.h5"))


def test_hdf5_that_keras_did_not_write_is_refused(refused, file):
    """The error says what a file of Keras has."""
    data = h5.made(lambda one: one.create_dataset("table", data=np.zeros(3)))
    error = refused(hornbook.load_model, file(data, "model.h5"))
    assert "neither a Keras model nor weights" in error.problem


def test_an_architecture_without_weights_is_refused(refused, file):
    """The hint names what makes a model of an architecture."""
    data = h5.model(h5.sequential(h5.dense_config("first", 2, 3)), None)
    error = refused(hornbook.load_model, file(data, "model.h5"))
    assert error.problem == "The file has an architecture and no weights"
    assert "model_from_config" in error.hint


def test_weights_without_an_architecture_are_no_model(refused, file):
    """The hint names `load_weights`."""
    error = refused(hornbook.load_model, file(h5.weights([h5.dense("first", 3, 2)]), "weights.h5"))
    assert "load_weights" in error.hint


OTHERS = {
    "more layers": ([h5.dense("a", 3, 2), h5.dense("b", 2, 1), h5.dense("c", 1, 1)], "`c`"),
    "fewer layers": ([h5.dense("a", 3, 2)], "`b`"),
    "another shape": ([h5.dense("a", 3, 2), h5.dense("b", 2, 4)], "b/kernel:0"),
    "an array too much": ([h5.dense("a", 3, 2), ("b", [*h5.dense("b", 2, 1)[1], ("b/more:0", h5.array(1))])], "`b`"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_weights_of_another_architecture_change_nothing(what, refused, file):
    """One error names what is missing, left over, or of another shape."""
    layers, named = OTHERS[what]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")])
    before = model.get_weights()
    error = refused(hornbook.load_weights, model, file(h5.weights(layers), "weights.h5"))
    assert named in str(error)
    assert "weights.h5" in error.place
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_weights_of_keras_3_for_another_architecture_change_nothing(refused, tmp_path):
    """The same holds for the layout of Keras 3, with layers left over as well."""

    def made(*units):
        return keras.Sequential([keras.Input((3,)), *[keras.layers.Dense(one) for one in units]])

    made(2, 1, 1).save_weights(str(tmp_path / "three.weights.h5"))
    for units in ((2, 1), (2, 1, 1, 1), (2, 2, 1)):
        model = made(*units)
        before = model.get_weights()
        refused(hornbook.load_weights, model, tmp_path / "three.weights.h5")
        for one, two in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


def test_a_model_that_is_not_built_gets_no_weights(refused):
    """There is nothing yet to put them into."""
    error = refused(hornbook.load_weights, keras.Sequential([keras.layers.Dense(2)]), io.BytesIO(h5.two_layers()))
    assert "not built" in error.problem


def test_a_subclassed_model_in_hdf5_cannot_be_built(refused, tmp_path):
    """The form has no place for the shapes of its inputs; the hint says what to do."""

    class Small(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = keras.layers.Dense(2)

        def call(self, x):
            return self.inner(x)

        def get_config(self):
            return {"name": self.name}

    model = Small()
    model(np.zeros((1, 3)))
    model.save(str(tmp_path / "model.h5"))
    error = refused(hornbook.load_model, tmp_path / "model.h5", {"Small": Small})
    assert "shapes of all inputs" in error.problem
    other = Small()
    other(np.zeros((1, 3)))
    hornbook.load_weights(other, tmp_path / "model.h5")
    np.testing.assert_array_equal(other.inner.kernel, model.inner.kernel)


METADATA = {
    "cut off": b"\x0a\x20\x1a\x04root",
    "a field of another type": b"\x0a\x02\x18\x01",
    "an unknown field": b"\x0a\x03\x7a\x01a",
    "a number without end": b"\x0a\x0b\x10" + b"\xff" * 10,
    "no root": b"\x0a\x07\x1a\x05other",
    "no JSON": b"\x0a\x09\x1a\x04root\x2a\x01{",
}


@pytest.mark.parametrize("what", METADATA)
def test_metadata_of_a_saved_model_are_read_strictly(what, refused, file):
    """What is not understood is refused."""
    error = refused(hornbook.inspect_model, file(METADATA[what], "keras_metadata.pb"))
    assert "keras_metadata.pb" in error.place
