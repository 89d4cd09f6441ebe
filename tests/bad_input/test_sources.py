"""What is given as a file and is none: paths, folders and file objects."""

from __future__ import annotations

import io
import os

import pytest
from tests import needs

import hornbook

from . import archives

HDF5 = b"\x89HDF\r\n\x1a\n"

NO_MODELS = {
    "empty": b"",
    "one byte": b"P",
    "text": b"not a model",
    "JSON": b'{"class_name": "Sequential", "config": []}',
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a pickle": b"\x80\x04\x95\x00",
    "a compressed file": b"\x1f\x8b\x08\x00" + bytes(20),
    "zeros": bytes(1000),
    "HDF5": HDF5 + bytes(100),
    "the signature of a ZIP": b"PK\x03\x04",
    "a ZIP of nothing": b"PK\x05\x06" + bytes(18),
    "a ZIP with text before": b"text" + archives.archive({"a": b"b"}),
}


@pytest.mark.parametrize("what", NO_MODELS)
def test_a_file_of_another_kind_is_refused_by_its_content(refused, file, what):
    """The content tells what a file is, and the error names the file."""
    error = refused(hornbook.load_model, file(NO_MODELS[what]))
    assert isinstance(error, ValueError)
    assert error.place.startswith("model.keras")


@pytest.mark.parametrize("what", NO_MODELS)
def test_bytes_of_another_kind_are_refused(refused, what):
    """The same holds for a file object."""
    refused(hornbook.load_model, io.BytesIO(NO_MODELS[what]))


@pytest.mark.parametrize("name", ["none.keras", "no/such/folder/model.keras", "none", "none.h5"])
def test_a_missing_file_is_told_as_missing(refused, tmp_path, name):
    """The error is a `FileNotFoundError` as well, and names the path."""
    error = refused(hornbook.load_model, tmp_path / name)
    assert isinstance(error, FileNotFoundError)
    assert name in error.place


ODD_PATHS = {
    "with a null": "a\0b.keras",
    "too long": "x" * 5000,
    "of too long a name": "x" * 300 + ".keras",
    "of many lines": "a\nb\nc\nd.keras",
    "with control characters": "\x1b[31m.keras",
    "empty": "",
    "below a file": f"{__file__}/model.keras",
    "of a device": os.devnull,
}


@pytest.mark.parametrize("what", ODD_PATHS)
def test_an_odd_path_is_refused(refused, what):
    """Whatever the system says of a path, the error is one of ours and on two lines."""
    assert "\x1b" not in str(refused(hornbook.load_model, ODD_PATHS[what]))


@pytest.mark.parametrize("what", ["with a null", "too long", "of too long a name", "empty", "below a file"])
def test_an_odd_path_to_write_to_is_refused(refused, what):
    """So it is when a model is to be written there."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    refused(hornbook.save_model, model, ODD_PATHS[what])


@pytest.mark.parametrize("source", [None, 5, 1.5, True, [], {}, object, b"model.keras"], ids=repr)
def test_what_is_no_path_and_no_file_is_refused(source, tmp_path):
    """The error says what it got."""
    with pytest.raises(hornbook.HornbookError, match="no path"):
        hornbook.load_model(source)


def test_an_empty_folder_is_no_model(refused, tmp_path):
    """A folder needs a config."""
    (tmp_path / "folder").mkdir()
    error = refused(hornbook.load_model, tmp_path / "folder")
    assert error.place == "folder"
    assert "config.json" in error.problem


def test_a_folder_of_other_files_is_no_model(refused, tmp_path):
    """So does one that has other files."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("nothing")
    refused(hornbook.load_model, tmp_path / "folder")


def test_a_folder_without_weights_is_refused(refused, tmp_path):
    """A folder with a config and no weights says what is missing."""
    folder = archives.folder(tmp_path / "folder", archives.with_members({archives.WEIGHTS: None}))
    error = refused(hornbook.load_model, folder)
    assert "weights" in error.problem
    assert error.place.startswith("folder")


@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS, archives.METADATA])
def test_a_folder_in_the_place_of_a_file_is_refused(refused, tmp_path, name):
    """A member that is a folder is no member."""
    folder = archives.folder(tmp_path / "folder", archives.with_members({name: None}))
    (folder / name).mkdir()
    if name == archives.METADATA:
        assert hornbook.load_model(folder).layers
    else:
        refused(hornbook.load_model, folder)


@pytest.mark.parametrize("name", [archives.CONFIG, archives.WEIGHTS, archives.METADATA])
def test_a_link_that_leads_outside_of_a_folder_is_refused(refused, tmp_path, name):
    """A folder cannot have another file read for its own."""
    outside = archives.folder(tmp_path / "outside", archives.good())
    folder = archives.folder(tmp_path / "folder", archives.with_members({name: None}))
    (folder / name).symlink_to(outside / name)
    error = refused(hornbook.load_model, folder)
    assert "link" in error.problem
    assert error.place.endswith(name)


def test_a_link_among_the_assets_of_a_folder_is_refused(refused, tmp_path):
    """Neither can it have one for an asset."""
    folder = archives.folder(tmp_path / "folder", archives.good())
    (folder / "assets").mkdir()
    (folder / "assets" / "secret").symlink_to("/etc/hostname")
    refused(hornbook.load_model, folder)


class Failing(io.BytesIO):
    """A file object of which a method fails."""

    def __init__(self, method):
        super().__init__(archives.good())
        setattr(self, method, self.fail)

    def fail(self, *args):
        raise OSError(5, "Input/output error")


def closed():
    """Return a file object that is closed."""
    file = io.BytesIO(archives.good())
    file.close()
    return file


def detached():
    """Return a file object whose buffer is gone."""
    file = io.BufferedReader(io.BytesIO(archives.good()))
    file.detach()
    return file


class Unseekable(io.BytesIO):
    """A file object like that of a pipe."""

    def seekable(self):
        return False

    def seek(self, *args):
        raise io.UnsupportedOperation("seek")

    def tell(self):
        raise io.UnsupportedOperation("tell")


FILE_OBJECTS = {
    "text": lambda: io.StringIO("text"),
    "empty text": lambda: io.StringIO(""),
    "closed": closed,
    "detached": detached,
    "not seekable": lambda: Unseekable(archives.good()),
    "failing to read": lambda: Failing("read"),
    "failing to seek": lambda: Failing("seek"),
    "at its end": lambda: (file := io.BytesIO(archives.good())).seek(0, 2) and file,
    "in the middle": lambda: (file := io.BytesIO(archives.good())).seek(100) and file,
}


@pytest.mark.parametrize("what", FILE_OBJECTS)
def test_a_file_object_that_cannot_be_read_is_refused(refused, what):
    """Every reason is one error of ours."""
    refused(hornbook.load_model, FILE_OBJECTS[what]())


def test_a_file_open_as_text_is_refused(refused, file):
    """A file that is open for text says so."""
    with file(archives.good()).open(encoding="latin-1") as text:
        assert "text" in refused(hornbook.load_model, text).problem


def test_a_file_open_for_writing_is_refused(refused, tmp_path):
    """A file that cannot be read at all is refused."""
    with (tmp_path / "target").open("wb") as target:
        refused(hornbook.load_model, target)


def test_the_callers_file_object_stays_open(refused):
    """Who opened a file closes it."""
    source = io.BytesIO(archives.with_members({archives.CONFIG: b"{"}))
    refused(hornbook.load_model, source)
    assert not source.closed


WRITE_ONLY = {
    "text": io.StringIO,
    "closed": closed,
    "failing to write": lambda: Failing("write"),
    "none": lambda: None,
    "a number": lambda: 5,
}


@pytest.mark.parametrize("what", WRITE_ONLY)
def test_a_target_that_cannot_be_written_is_refused(tmp_path, what):
    """Writing to it is one error of ours."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    with pytest.raises(hornbook.HornbookError):
        hornbook.save_model(model, WRITE_ONLY[what]())


def test_a_missing_folder_to_write_to_is_refused(refused, tmp_path):
    """No folder is made unasked."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    for zipped in (True, False):
        error = refused(hornbook.save_model, model, tmp_path / "none" / "model", zipped=zipped)
        assert "none" in error.place


def test_an_archive_does_not_take_the_place_of_a_folder(refused, tmp_path):
    """A folder at the path of an archive stays."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    (tmp_path / "model.keras").mkdir()
    refused(hornbook.save_model, model, tmp_path / "model.keras")


def test_a_folder_does_not_take_the_place_of_a_file(refused, file):
    """A file at the path of a folder stays."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    refused(hornbook.save_model, model, file(b"notes", "model"), zipped=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_an_archive_does_not_take_the_place_of_a_pipe_or_device(refused, tmp_path):
    """What is no regular file, as `/dev/null`, is not replaced by one."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    os.mkfifo(tmp_path / "pipe")
    refused(hornbook.save_model, model, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_model_that_cannot_be_written_leaves_the_old_file(refused, file):
    """The target is not touched before everything is serialized."""
    keras = pytest.importorskip("keras", minversion="3.0")

    class Broken(keras.layers.Layer):
        def get_config(self):
            return {**super().get_config(), "z": 1 + 2j}

    target = file(archives.good())
    model = keras.Sequential([keras.Input((2,)), Broken()])
    assert refused(hornbook.save_model, model, target).place.endswith(".config.z")


def test_an_existing_file_is_not_overwritten_unasked(refused, file):
    """`overwrite=False` is an error and no question on the terminal."""
    model = hornbook.load_model(io.BytesIO(archives.good()))
    assert isinstance(refused(hornbook.save_model, model, file(archives.good()), overwrite=False), FileExistsError)


@needs.keras
@pytest.mark.parametrize("value", [None, 5, {}, object, "model"], ids=repr)
def test_what_is_no_model_is_not_written(refused, tmp_path, value):
    """Only models are written to files."""
    refused(hornbook.save_model, value, tmp_path / "model.keras")
