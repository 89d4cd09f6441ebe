"""Fingerprints: the same for a model and its files, another one for anything that it covers."""

from __future__ import annotations

import io
import zipfile

import pytest

np = pytest.importorskip("numpy")
keras = pytest.importorskip("keras")
pytest.importorskip("h5py")

from tests.hdf5 import h5_files

import hornbook
from hornbook.errors import ArchiveError, ConfigError
from hornbook.reports.digests import HashedWeights, digest, files_digests, fingerprint_of


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="d")], name="s")
    model.compile("adam", "mse")
    return model


def test_a_model_and_its_files_have_one_fingerprint(model, tmp_path):
    path, folder = tmp_path / "m.keras", tmp_path / "folder"
    hornbook.save_model(model, path)
    with zipfile.ZipFile(path) as file:
        file.extractall(folder)
    expected = hornbook.fingerprint(model)
    assert expected.startswith("sha256:")
    assert len(expected) == len("sha256:") + 64
    assert hornbook.fingerprint(path) == expected
    assert hornbook.fingerprint(folder) == expected
    assert hornbook.fingerprint(io.BytesIO(path.read_bytes())) == expected


def test_another_weight_is_another_fingerprint(model):
    before = hornbook.fingerprint(model)
    weights = model.get_weights()
    model.set_weights([array + 1 for array in weights])
    assert hornbook.fingerprint(model) != before
    model.set_weights(weights)
    assert hornbook.fingerprint(model) == before


def test_a_file_of_keras_2_has_that_of_what_it_stores():
    config = h5_files.sequential(h5_files.dense_config("a", 3, 2))
    first, again, other = (h5_files.model(config, [h5_files.dense("a", 2, 3, seed)]) for seed in (0, 0, 1))
    assert hornbook.fingerprint(io.BytesIO(first)) == hornbook.fingerprint(io.BytesIO(again))
    assert hornbook.fingerprint(io.BytesIO(first)) != hornbook.fingerprint(io.BytesIO(other))


def test_an_architecture_alone_has_one():
    config = b'{"class_name": "Sequential", "module": "keras", "config": {"layers": []}}'
    assert hornbook.fingerprint(io.BytesIO(config)).startswith("sha256:")


@pytest.mark.parametrize("value", [3, None, object()])
def test_what_is_no_model_is_refused(value):
    with pytest.raises(ConfigError):
        hornbook.fingerprint(value)


def test_what_is_no_file_is_refused():
    with pytest.raises(ArchiveError):
        hornbook.fingerprint("no such file")


def test_an_array_is_its_dtype_its_shape_and_its_numbers():
    """However it lies in memory."""
    array = np.arange(6, dtype="float32").reshape(2, 3)
    assert digest(array) == digest(array.astype(">f4")) == digest(np.asfortranarray(array))
    others = [array.reshape(3, 2), array.astype("float64"), array + 1, array[:0], np.float32(0).reshape(())]
    assert len({digest(one) for one in (array, *others)}) == 6


def test_assets_count_by_their_names_and_bytes(tmp_path):
    for name, content in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        (tmp_path / name).write_bytes(content)
    digests = files_digests((name, tmp_path / name) for name in "abc")
    assert digests["a"] == digests["c"] != digests["b"]
    names = [{"a": digests["a"]}, {"b": digests["a"]}, {"a": digests["b"]}, {}]
    assert len({fingerprint_of({}, {}, one) for one in names}) == 4
    assert fingerprint_of({}, names[0], {}) != fingerprint_of({}, {}, names[0])


def test_hashed_weights_keep_digests_of_what_was_converted():
    arrays = HashedWeights(np.asarray)
    arrays.make("layer", "name")["0"] = [1, 2]
    arrays.put_seeds("layer", {"0": [1]})
    arrays.make("other", None).update()
    assert arrays.digests() == {"layer/vars/0": digest(np.asarray([1, 2]))}
