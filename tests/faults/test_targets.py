"""What is in the way of a save: a full disk, a link, a folder, an owner, an error in the middle (B2, B4, B6, L8)."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import hornbook
from hornbook.archive.files import atomic

PROGRAM = Path(__file__).parent / "full_disk.py"


def small(value=1.0):
    model = keras.Sequential([keras.Input((3,), name="in"), keras.layers.Dense(2, name="dense")], name="small")
    model.set_weights([weight * 0 + value for weight in model.get_weights()])
    return model


def value_of(path):
    [value] = {float(value) for weight in hornbook.load_model(path).get_weights() for value in np.ravel(weight)}
    return value


@pytest.fixture(params=["file", "folder"])
def form(request):
    return request.param


@pytest.fixture
def save(form):
    def call(model, path, **more):
        hornbook.save_model(model, path, zipped=form == "file", **more)

    return call


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
@pytest.mark.skipif(h5py.version.version_tuple[:2] <= (3, 10), reason="h5py 3.10 crashes at exit once a write failed")
def test_a_full_disk_leaves_the_old_file(form, save, tmp_path):
    """One error of ours each, and nothing else."""
    target = tmp_path / "model.keras"
    save(small(), target)
    before = content(tmp_path)
    command = [sys.executable, PROGRAM, target, form]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["raised"]) == 3
    assert all(error.startswith("ArchiveError: ") for error in told["raised"]), told
    assert told["left"] == ["model.keras"]
    assert content(tmp_path) == before


@hornbook.register_keras_serializable("faults")
class Raises(keras.layers.Layer):
    """Raises when its config is asked for, after others have been written."""

    def __init__(self, value=None, **kwargs):
        super().__init__(**kwargs)
        self.value = value

    def call(self, inputs):
        return inputs

    def get_config(self):
        if self.value is None:
            raise RuntimeError("in the middle")
        return {**super().get_config(), "z": self.value}


@pytest.mark.parametrize("value", [None, 1 + 2j, {1, 2}, object()], ids=["raises", "complex", "set", "object"])
def test_a_config_that_fails_leaves_the_old_file(value, save, tmp_path):
    target = tmp_path / "model.keras"
    save(small(), target)
    before = content(tmp_path)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), Raises(value), keras.layers.Dense(2)])
    with pytest.raises(hornbook.HornbookError):
        save(model, target)
    assert content(tmp_path) == before


def test_two_parts_on_one_path_leave_the_old_file(save, tmp_path):
    """Keras finds that out in the middle of the file (B23)."""
    target = tmp_path / "model.keras"
    save(small(), target)
    before = content(tmp_path)
    classes = [type(name, (keras.layers.Dense,), {}) for name in ("Block", "Block", "Block_1")]
    layers = [cls(2, name=f"layer_{number}") for number, cls in enumerate(classes)]
    with pytest.raises(hornbook.HornbookError):
        save(keras.Sequential([keras.Input((3,)), *layers]), target)
    assert content(tmp_path) == before


def test_a_save_over_another_gives_the_same_bytes(save, tmp_path):
    """A folder twice, which Keras empties (B6); equal models give equal bytes (B27)."""
    save(small(), tmp_path / "model")
    before = content(tmp_path)
    save(small(), tmp_path / "model")
    assert content(tmp_path) == before
    save(small(2.0), tmp_path / "model")
    assert value_of(tmp_path / "model") == 2.0


def test_equal_models_give_equal_bytes_in_other_processes(tmp_path):
    """Whatever the seed of hashes."""
    program = (
        "import sys, keras, hornbook\n"
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer='ones'),"
        " keras.layers.Dropout(0.5, seed=1)], name='m')\n"
        "model.compile('adam', 'mse', metrics=['mae'])\n"
        "hornbook.save_model(model, sys.argv[1])\n"
    )
    for number in (1, 2):
        env = {**os.environ, "PYTHONHASHSEED": str(number)}
        command = [sys.executable, "-c", program, tmp_path / f"{number}.keras"]
        subprocess.run(command, env=env, check=True, timeout=120)
    assert (tmp_path / "1.keras").read_bytes() == (tmp_path / "2.keras").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are other ones there")
def test_mode_and_owner_of_the_old_file_are_kept(form, save, tmp_path):
    target = tmp_path / "model.keras"
    save(small(), target)
    if os.geteuid() == 0:
        os.chown(target, 12, 34)
    target.chmod(0o750 if form == "folder" else 0o640)
    member = target / "config.json" if form == "folder" else target
    member.chmod(0o600)
    before = [path.stat() for path in (target, member)]
    save(small(2.0), target)
    for old, new in zip(before, [path.stat() for path in (target, member)], strict=True):
        assert (old.st_mode, old.st_uid, old.st_gid) == (new.st_mode, new.st_uid, new.st_gid)
        assert old.st_ino != new.st_ino


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
def test_a_new_file_has_the_mode_of_new_files(save, form, tmp_path):
    before = os.umask(0o027)
    try:
        save(small(), tmp_path / "model")
    finally:
        os.umask(before)
    expected = 0o640 if form == "file" else 0o750
    assert stat.S_IMODE((tmp_path / "model").stat().st_mode) == expected


def test_a_link_stays_and_leads_to_the_new_file(save, tmp_path):
    """Also one that led nowhere yet."""
    (tmp_path / "real").mkdir()
    link, target = tmp_path / "model.keras", tmp_path / "real" / "model.keras"
    link.symlink_to(Path("real", "model.keras"))
    for value in (1.0, 2.0):
        save(small(value), link)
        assert link.is_symlink()
        assert not target.is_symlink()
        assert value_of(target) == value
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras", "real"]


def test_links_that_lead_to_each_other_are_refused(save, tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(hornbook.HornbookError):
        save(small(), tmp_path / "a")
    assert (tmp_path / "a").is_symlink()


def test_what_is_no_place_for_a_file_is_refused(save, tmp_path):
    """A folder that is not there, a file as a folder, a name that is too long, a remote one (B8)."""
    (tmp_path / "file").touch()
    before = content(tmp_path)
    for path in ("no/model", "file/model", "x" * 300, "gs://bucket/model.keras", "a\0b"):
        with pytest.raises(hornbook.HornbookError):
            save(small(), tmp_path / path if "://" not in path else path)
    assert content(tmp_path) == before


def test_a_name_may_be_as_long_as_names_may_be(save, tmp_path):
    """A temporary name is no longer than that."""
    save(small(), tmp_path / ("x" * 255))
    assert value_of(tmp_path / ("x" * 255)) == 1.0


SUFFIXES = (
    ".h5", ".hdf5", ".weights.h5", ".pb", ".json", ".safetensors", ".onnx", ".tflite", ".pt", ".npz", ".zip",
    ".keras.gz", ".KERAS", ".95", ".",
)  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_suffix_of_another_format_is_refused(suffix, tmp_path):
    """A ZIP archive under such a name misleads every reader, and plain Keras loads none; what is there stays."""
    for name in (f"m{suffix}", suffix):
        if name != ".":
            (tmp_path / name).write_text("mine")
            with pytest.raises(hornbook.errors.ArchiveError, match="A model is written as") as caught:
                hornbook.save_model(small(), tmp_path / name)
            assert str(caught.value).splitlines()[1:] == ["End the name in .keras."]
            assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["m.keras", "m.h5.keras", "run-0.95.keras", "m", "m-0_95"])
def test_a_name_that_says_nothing_else_is_written(name, tmp_path):
    hornbook.save_model(small(), tmp_path / name)
    assert value_of(tmp_path / name) == 1.0


def test_a_folder_may_have_any_name(tmp_path):
    """No reader takes a folder for a file; Keras writes and reads these as well."""
    for name in ("m.h5", "run-2024.01.02"):
        hornbook.save_model(small(), tmp_path / name, zipped=False)
        assert value_of(tmp_path / name) == 1.0
        assert len(keras.saving.load_model(tmp_path / name).weights) == 2


def test_a_folder_is_not_replaced_by_a_file_nor_a_file_by_a_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(hornbook.HornbookError, match="not a file"):
        hornbook.save_model(small(), tmp_path / "folder")
    with pytest.raises(hornbook.HornbookError, match="not a folder"):
        hornbook.save_model(small(), tmp_path / "file", zipped=False)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_holds_anything_else_is_not_replaced(tmp_path):
    """Keras writes into it; to replace it would lose what is there."""
    hornbook.save_model(small(), tmp_path / "folder", zipped=False)
    (tmp_path / "folder" / "notes.txt").write_text("mine")
    with pytest.raises(hornbook.HornbookError, match=r"notes\.txt"):
        hornbook.save_model(small(), tmp_path / "folder", zipped=False)
    assert (tmp_path / "folder" / "notes.txt").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_is_refused(save, tmp_path):
    target = tmp_path / "closed" / "model"
    target.parent.mkdir()
    save(small(), target)
    target.parent.chmod(0o500)
    try:
        with pytest.raises(hornbook.HornbookError):
            save(small(2.0), target)
        assert value_of(target) == 1.0
    finally:
        target.parent.chmod(0o700)


def test_a_relative_folder_keeps_its_assets(tmp_path, monkeypatch):
    """Keras drops them without a word (B7)."""

    @hornbook.register_keras_serializable("faults")
    class Words(keras.layers.Layer):
        words = ""

        def call(self, inputs):
            return inputs

        def save_assets(self, folder):
            Path(folder, "words.txt").write_text(self.words)

        def load_assets(self, folder):
            self.words = Path(folder, "words.txt").read_text()

    monkeypatch.chdir(tmp_path)
    model = keras.Sequential([keras.Input((3,)), Words()])
    model.layers[0].words = "a b c"
    hornbook.save_model(model, "relative", zipped=False)
    assert hornbook.load_model("relative").layers[0].words == "a b c"
    assert hornbook.fingerprint("relative") == hornbook.fingerprint(model)


def test_a_folder_without_weights_is_one_error(tmp_path):
    """Also one with weights in a form that is not read (B24)."""
    hornbook.save_model(small(), tmp_path / "folder", zipped=False)
    (tmp_path / "folder" / "model.weights.h5").unlink()
    for name in (None, "model.weights.npz"):
        if name:
            (tmp_path / "folder" / name).write_bytes(b"PK\x05\x06" + bytes(18))
        with pytest.raises(hornbook.HornbookError, match="no weights"):
            hornbook.load_model(tmp_path / "folder")


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="TensorFlow makes none, and torch gives no array of them")
def test_weights_of_eight_bits_come_back(tmp_path):
    """Keras writes them and cannot read them (B28)."""

    @hornbook.register_keras_serializable("faults")
    class Eight(keras.layers.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(2,), dtype="float8_e4m3fn", initializer="ones", trainable=False)

        def call(self, inputs):
            return inputs

    hornbook.save_model(keras.Sequential([keras.Input((2,)), Eight()]), tmp_path / "model.keras")
    made = hornbook.load_model(tmp_path / "model.keras")
    assert str(made.layers[0].scale.dtype) == "float8_e4m3fn"
    assert keras.ops.convert_to_numpy(made.layers[0].scale).astype("float32").tolist() == [1.0, 1.0]


def test_an_error_says_what_is_wrong_with_the_file(tmp_path):
    """Not "File not found" for a file that is there (L8)."""
    path = tmp_path / "model.keras"
    path.touch()
    with pytest.raises(hornbook.HornbookError, match="empty"):
        hornbook.load_model(path)
    with pytest.raises(FileNotFoundError):
        hornbook.load_model(tmp_path / "none.keras")
    with pytest.raises(FileExistsError):
        hornbook.save_model(small(), path, overwrite=False)


def test_writers_never_mix(save, form, tmp_path):
    """Four threads save four models to one name; what is there is one of them, whole."""
    target = tmp_path / "model"
    models = [small(float(number)) for number in range(1, 5)]
    failed = []

    def work(model):
        try:
            for _ in range(5):
                save(model, target)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=[model]) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed
    assert value_of(target) in (1.0, 2.0, 3.0, 4.0)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_error_of_the_disk_is_not_lost(monkeypatch):
    """The system tells whoever syncs first, which is not the one that saves."""
    monkeypatch.setattr(atomic, "_INTERVAL", 0)
    reading, writing = os.pipe()  # which cannot be synced
    try:
        with pytest.raises(OSError), atomic._written_back(writing):
            time.sleep(0.05)
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.skipif(atomic.fcntl is None, reason="there are no such locks")
def test_what_a_living_writer_holds_is_left_alone(tmp_path):
    """Only what nobody holds is taken for litter."""
    target = tmp_path / "model.keras"
    descriptor, path = atomic._named(target, 0o600)
    try:
        hornbook.save_model(small(), target)
        assert path.exists()
    finally:
        os.close(descriptor)
    hornbook.save_model(small(), target)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize("kind", [tuple, list])
def test_outputs_keep_their_structure(kind, save, tmp_path):
    """Tuples become lists in the files of Keras (B19), which reads these as well."""
    inputs = keras.Input((3,))
    one, two, three = (keras.layers.Dense(1)(inputs) for _ in range(3))
    model = keras.Model(inputs, kind([one, {"b": kind([two, three])}]))
    save(model, tmp_path / "model.keras")
    made = hornbook.load_model(tmp_path / "model.keras")(np.ones((1, 3)))
    assert type(made) is kind
    assert type(made[1]["b"]) is kind
    if (tmp_path / "model.keras").is_file():
        assert len(keras.saving.load_model(tmp_path / "model.keras")(np.ones((1, 3)))) == 2
