"""What archives are made of, each by itself: files that are replaced, JSON, tuples, folders, weights by path."""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

import hornbook
from hornbook.archive import foreign, json_text, savedmodel, writing
from hornbook.archive.container import Opening
from hornbook.archive.files import atomic, open_file
from hornbook.archive.files.scratch import scratch
from hornbook.archive.formats import BUILT_IN
from hornbook.archive.reading import open_archive
from hornbook.archive.tuples import restored, tuples
from hornbook.archive.weights.flat import FlatStore, FlatWriter
from hornbook.archive.weights.report import Match, WeightsReport
from hornbook.archive.weights.stores import Folder, Labels, StoredArray
from hornbook.archive.weights_alone import WeightsArchive
from hornbook.errors import (
    ArchiveError,
    ArchiveNotFoundError,
    HornbookError,
    LimitError,
    SerializationError,
    UnreadableError,
)

LIMITS = hornbook.Limits()


# What systems lack: names are given otherwise there.
@pytest.fixture(params=["this system", "no unnamed files", "no locks", "no exchange", "no descriptors of folders"])
def system(request, monkeypatch):
    if request.param == "no unnamed files":
        monkeypatch.setattr(atomic, "_unnamed", lambda target, mode: None)
    elif request.param == "no locks":
        monkeypatch.setattr(atomic, "_unnamed", lambda target, mode: None)
        monkeypatch.setattr(atomic, "fcntl", None)
    elif request.param == "no exchange":
        monkeypatch.setattr(atomic.sys, "platform", "darwin")
    elif request.param == "no descriptors of folders":
        monkeypatch.delattr(atomic.os, "O_DIRECTORY", raising=False)
        monkeypatch.delattr(atomic.os, "O_TMPFILE", raising=False)
    return request.param


def put_folder(target: Path, text: str) -> None:
    with atomic.replacing_folder(target) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text(text)


def put_file(target: Path, text: str) -> None:
    with atomic.replacing_file(target) as file:
        file.write(text.encode())


def test_a_file_is_replaced_whole_or_not_at_all(system, tmp_path):
    """With its mode, and nothing is left beside it."""
    target = tmp_path / "file"
    put_file(target, "old")
    target.chmod(0o640)
    with pytest.raises(ZeroDivisionError), atomic.replacing_file(target) as file:  # noqa: PT012
        file.write(b"new")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    put_file(target, "new")
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)
    assert [*tmp_path.iterdir()] == [target]


def test_a_folder_is_replaced_whole_or_not_at_all(system, tmp_path):
    """As a file is."""
    target = tmp_path / "folder"
    put_folder(target, "old")
    with pytest.raises(ZeroDivisionError):  # noqa: PT012, SIM117  what is written first must go
        with atomic.replacing_folder(target) as folder:
            (folder / "file").touch()
            raise ZeroDivisionError
    assert (target / "inner" / "file").read_text() == "old"
    put_folder(target, "new")
    assert (target / "inner" / "file").read_text() == "new"
    assert [*tmp_path.iterdir()] == [target]


def test_a_folder_does_not_take_the_place_of_a_file(system, tmp_path):
    """The file is as it was."""
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(OSError, match="irectory"):
        put_folder(target, "new")
    assert target.read_text() == "old"


@pytest.mark.parametrize("suffix", [".tmp", ".old"])
def test_what_a_killed_process_has_left_goes_or_is_put_back(suffix, tmp_path):
    """A half-written file or folder goes; an old folder without a new one comes back."""
    target = tmp_path / "model"
    left = tmp_path / f"{atomic._stem(target)}0{suffix}"
    left.mkdir()
    (left / "file").write_text("left")
    half = tmp_path / f"{atomic._stem(target)}1.tmp"
    half.touch()
    with pytest.raises(ZeroDivisionError), atomic.replacing_folder(target):
        raise ZeroDivisionError
    assert not left.exists()
    assert not half.exists()
    assert target.exists() == (suffix == ".old")


def test_without_locks_what_is_left_is_removed_where_it_is_a_file(tmp_path, monkeypatch):
    """An open one cannot be there."""
    monkeypatch.setattr(atomic, "fcntl", None)
    left = tmp_path / f"{atomic._stem(tmp_path / 'file')}0.tmp"
    left.touch()
    put_file(tmp_path / "file", "new")
    assert not left.exists()


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EISDIR, errno.EACCES])
def test_a_file_system_without_unnamed_files_gets_named_ones(number, tmp_path, monkeypatch):
    """Other errors are errors."""
    opened = os.open

    def fails(path, flags, *args, **options):
        if hasattr(os, "O_TMPFILE") and flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(number, os.strerror(number))
        return opened(path, flags, *args, **options)

    monkeypatch.setattr(atomic.os, "open", fails)
    if number == errno.EACCES:
        with pytest.raises(PermissionError):
            put_file(tmp_path / "file", "new")
    else:
        put_file(tmp_path / "file", "new")
        assert (tmp_path / "file").read_text() == "new"


def test_what_is_taken_for_left_before_it_is_locked_is_made_anew(tmp_path, monkeypatch):
    """By another process that cleans up."""
    answers = iter([False, True, False, True])
    monkeypatch.setattr(atomic, "_unnamed", lambda target, mode: None)
    monkeypatch.setattr(atomic, "_is_still", lambda descriptor, path: next(answers))
    put_file(tmp_path / "file", "new")
    put_folder(tmp_path / "folder", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert (tmp_path / "folder" / "inner" / "file").read_text() == "new"


def test_a_descriptor_is_that_of_its_path_still_or_not(tmp_path):
    """It may be gone."""
    path = tmp_path / "file"
    with path.open("w") as file:
        assert atomic._is_still(file.fileno(), path)
        path.unlink()
        assert not atomic._is_still(file.fileno(), path)


def test_another_owner_costs_the_special_bits(tmp_path, monkeypatch):
    """No set-user-id for somebody else."""

    def refuse(descriptor, user, group):
        raise PermissionError

    target = tmp_path / "file"
    put_file(target, "old")
    target.chmod(0o4755)
    monkeypatch.setattr(atomic.os, "fchown", refuse)
    put_file(target, "new")
    assert target.stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize("what", ["missing", "folder", "nul", "pipe"])
def test_what_is_no_file_is_not_opened(what, tmp_path):
    """The error says what it is."""
    path = tmp_path / ("\0" if what == "nul" else what)
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    with pytest.raises(ArchiveNotFoundError if what == "missing" else UnreadableError):
        open_file.open_file(path, "file")


def test_what_becomes_another_thing_while_it_is_opened_is_closed(tmp_path, monkeypatch):
    """It is asked for twice."""
    (tmp_path / "file").touch()
    asked = iter([None, ZeroDivisionError()])

    def check(status, place):
        answer = next(asked)
        if answer:
            raise answer

    monkeypatch.setattr(open_file, "_check_regular", check)
    with pytest.raises(ZeroDivisionError):
        open_file.open_file(tmp_path / "file", "file")


class Failing(io.BytesIO):
    def read(self, size=-1):
        raise OSError("the disk fails")


def test_a_file_is_read_as_far_as_it_may_be(tmp_path):
    """And no further."""
    (tmp_path / "file").write_bytes(b"1234")
    assert open_file.read_file(tmp_path / "file", "file", 4) == b"1234"
    with pytest.raises(LimitError):
        open_file.read_file(tmp_path / "file", "file", 3)
    with pytest.raises(UnreadableError):
        open_file.read_rest(Failing(), "file", 3)


def test_a_folder_is_listed_within_its_limits(tmp_path):
    """Names that have a number are those of steps of a training."""
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "data.pkl").touch()
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert open_file.names_in(tmp_path, "folder", LIMITS) == ["link", "3", "3/data.pkl"]
    assert [*open_file.files_below(tmp_path, "folder", LIMITS)] == [("3/data.pkl", 0)]
    with pytest.raises(UnreadableError):
        [*open_file.files_below(tmp_path, "folder", LIMITS, links=False)]
    with pytest.raises(LimitError):
        [*open_file.files_below(tmp_path, "folder", hornbook.Limits(members=1))]
    with pytest.raises(ArchiveError):
        open_file.names_in(tmp_path / "missing", "folder", LIMITS)


def test_scratch_is_there_once_something_is_put_in_it(monkeypatch):
    """And goes; or there is no place for it."""
    with scratch() as folder:
        assert not [*folder.files()]
        made = Path(folder.make("layers/text"))
        (made / "words").write_text("a")
        assert [name for name, _ in folder.files()] == ["layers/text/words"]
        assert folder.get("layers/text") == str(made)
        assert folder.get("layers/other") is None
        assert folder.has_path("layers")
        assert not folder.has_path("")
        assert [*folder.folders()] == ["layers", "layers/text"]
    assert not made.exists()

    def full(prefix):
        raise OSError("no space")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with scratch() as folder, pytest.raises(ArchiveError):
        folder.make("layers")


JSON = {
    "no text": 3,
    "too long": b" " * 17 + b"1",
    "no UTF-8": b"\xff",
    "too deep": b"[" * 9 + b"]" * 9,
    "too many": b"[1,1,1,1,1,1,1]",
    "too long a number": b"1" * 15,
    "a key twice": b'{"a":1,"a":1}',
    "half of a character": b'"\\ud800"',
    "no JSON": b"{",
}


@pytest.mark.parametrize("what", JSON)
def test_json_is_read_strictly(what, monkeypatch):
    """Whatever it is, the error has the place."""
    monkeypatch.setattr(json_text, "_LONGEST_NUMBER", 9)
    limits = hornbook.Limits(config_bytes=20 if what != "too long" else 16, depth=5, nodes=5)
    with pytest.raises(HornbookError) as caught:
        json_text.parse(JSON[what], "file", limits)
    assert caught.value.place == "file"


def test_what_the_parser_cannot_nest_is_a_limit(monkeypatch):
    """How deep that is, is not ours to say."""

    def deep(*args, **options):
        raise RecursionError

    monkeypatch.setattr(json_text.json, "loads", deep)
    with pytest.raises(LimitError):
        json_text.parse("1", "file", LIMITS)


LOOP: list = []
LOOP.append(LOOP)


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, [b"a"], 10**2000, "\ud800", {"a": {"b": {1}}}])
def test_what_json_would_change_is_not_written(value):
    """The error has the place of it."""
    with pytest.raises(SerializationError):
        json_text.dump(value)


def test_json_keeps_what_it_can():
    """Keys that are no strings only where the caller says so."""
    assert (
        json_text.dump({"a": [1, (2.0, None, True)], "b": "\U0001f600"})
        == '{"a": [1, [2.0, null, true]], "b": "\\ud83d\\ude00"}'
    )
    assert json_text.dump({1: 2}, keys=False) == '{"1": 2}'
    assert json_text.parse(b'{"a": "\\ud83d\\ude00", "b": NaN}', "file", LIMITS)["a"] == "\U0001f600"
    assert json_text.parse(b'["\\\\\\"[[[", ' + b"[], " * 300 + b"1]", "file", LIMITS)[0] == '\\"[[['


def test_tuples_come_back_where_they_were():
    """What is no place of a list is passed over."""
    config = {"config": {"output_layers": ([1], {"a": (2,)}), "pool": (2, 2)}, "x": [3]}
    places = tuples(config)
    assert places == [["config", "output_layers"], ["config", "output_layers", 1, "a"]]
    there = json.loads(json.dumps(config))
    for wrong in (None, [3], [[]], [["config", "output_layers", 9, "a"]], [["config", "output_layers", "a"]], [["x"]]):
        assert restored(json.loads(json.dumps(config)), wrong) == there
    assert restored(there, places)["config"]["output_layers"] == ([1], {"a": (2,)})


def test_a_report_of_weights_is_a_list_of_lines():
    """One for each part."""
    report = WeightsReport((Match("a", "b", "name"),), ("c",), ("d",))
    assert str(report) == "a <- b (by name)\nmissing: c\nleft over: d"


def message(number: int, kind: int, content: bytes = b"") -> bytes:
    return bytes([number << 3 | kind]) + (bytes([len(content)]) + content if kind == 2 else content)


METADATA = {
    "cut off": message(1, 2, b"abc")[:-1],
    "a number that does not end": b"\x0a" + b"\xff" * 12,
    "an end within a number": b"\x0a\x80",
    "an unknown field": message(1, 2, message(9, 2, b"a")),
    "a path that is no text": message(1, 2, message(3, 2, b"\xff")),
    "no root": message(1, 2, message(3, 2, b"a") + message(1, 0, b"\1")),
    "two roots": message(1, 2, message(3, 2, b"root")) * 2,
    "a root that is no object": message(1, 2, message(3, 2, b"root") + message(5, 2, b"[]")),
    "a root without a model": message(1, 2, message(3, 2, b"root") + message(5, 2, b"{}")),
}


@pytest.mark.parametrize("what", METADATA)
def test_metadata_of_a_savedmodel_are_read_strictly(what, tmp_path):
    """A folder and the file in it are the same."""
    (tmp_path / savedmodel.FILE).write_bytes(METADATA[what])
    with pytest.raises(HornbookError):
        hornbook.read_config(tmp_path)


@pytest.mark.parametrize("limit", [{"config_bytes": 3}, {"members": 0}])
def test_metadata_of_a_savedmodel_have_limits(limit):
    """As every config."""
    with pytest.raises(LimitError):
        savedmodel.nodes(message(1, 2, message(3, 2, b"root")), "file", hornbook.Limits(**limit))


def test_metadata_are_recognized_by_their_first_fields():
    """And nothing else is taken for them."""
    assert savedmodel.looks_like_it(message(1, 2, message(3, 2, b"root")))
    for head in (b"\n", b"\x0b\1\2\3", b"\n\xff" + b"\xff" * 12, b"\n\2\xff\xff"):
        assert not savedmodel.looks_like_it(head)


def test_the_other_nodes_of_a_savedmodel_stand_beside_its_config(tmp_path):
    """A subclassed model has its own config and no `model_config`."""
    root = json.dumps(
        {"class_name": "Mine", "config": {}, "keras_version": "2.6.0", "training_config": {"loss": "mse"}}
    )
    data = message(
        1, 2, message(3, 2, b"root") + b"\x2a" + bytes([len(root) & 0x7F | 0x80, len(root) >> 7]) + root.encode()
    )
    first = (
        b"\x0a" + bytes([(len(data) - 2) & 0x7F | 0x80, (len(data) - 2) >> 7]) + data[2:] if len(data) > 129 else data
    )
    layer = message(1, 2, message(3, 2, b"root.layer") + message(5, 2, b'{"class_name": "Dense"}'))
    (tmp_path / savedmodel.FILE).write_bytes(first + layer)
    with open_archive(tmp_path, LIMITS) as archive:
        assert archive.config()["training_config"] == {"loss": "mse"}
        assert archive.metadata() == {"keras_version": "2.6.0"}
        ((place, read),) = archive.beside()
        assert place.endswith("root.layer")
        assert read() == {"class_name": "Dense"}
        with pytest.raises(HornbookError, match="lacks its weights"):
            archive.check_weights()


TEXTS = {
    "a list": "[]",
    "a number in quotes": '"3"',
    "nothing of a model": '{"a": [{"b": 1}]}',
}


@pytest.mark.parametrize("what", TEXTS)
def test_json_without_a_config_is_no_model(what):
    """The hint says what is one."""
    with pytest.raises(HornbookError) as caught:
        hornbook.read_config(io.BytesIO(TEXTS[what].encode()))
    assert caught.value.hint


def test_json_within_json_is_read(tmp_path):
    """As `json.dump(model.to_json())` writes it; and so are the names of TensorFlow.js."""
    config = {"class_name": "Sequential", "config": [], "keras_version": "1.0"}
    data = json.dumps(json.dumps(config)).encode()
    with open_archive(io.BytesIO(data), LIMITS) as archive:
        assert archive.config() == config
        assert archive.members() == {"file object": len(data)}
    whole = {"modelTopology": {**config, "backend": "tensorflow"}, "weightsManifest": []}
    with open_archive(io.BytesIO(json.dumps(whole).encode()), LIMITS) as archive:
        assert archive.metadata() == {"keras_version": "1.0", "backend": "tensorflow"}
        with pytest.raises(HornbookError, match=r"TensorFlow\.js"):
            archive.stored()


def test_a_source_that_is_none_is_refused(tmp_path):
    """A text file, a closed one, a number, a path with a NUL."""
    (tmp_path / "file").write_text("{}")
    closed = io.BytesIO()
    closed.close()
    with (tmp_path / "file").open() as text:
        for source in (text, closed, 3, "\0", Failing()):
            with pytest.raises(UnreadableError), open_archive(source, LIMITS):
                pass


def test_an_archive_that_is_damaged_is_named_where_its_kind_is_known():
    """What was refused as no model is that; what was damaged stays damaged."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("archive/data.pkl", b"}.")
    with (
        pytest.raises(ArchiveError, match=r"PyTorch.*damaged|PyTorch"),
        open_archive(io.BytesIO(data.getvalue()[:-1]), LIMITS),
    ):
        pass
    with pytest.raises(ArchiveError, match="damaged"), open_archive(io.BytesIO(b"PK\3\4" + b"a" * 40), LIMITS):
        pass


def test_a_folder_that_cannot_be_read_is_one_error(tmp_path, monkeypatch):
    """Of ours."""
    (tmp_path / "config.json").write_text("{}")

    def fails(self, folder):
        raise OSError("the disk fails")

    monkeypatch.setattr(type(next(iter(BUILT_IN.containers))), "recognizes_folder", fails)
    with pytest.raises(UnreadableError), open_archive(tmp_path, LIMITS):
        pass


def test_assets_of_a_folder_may_be_no_links(tmp_path):
    """Nor more than all together may have."""
    (tmp_path / "config.json").write_text('{"class_name": "A", "config": {}}')
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "words").write_text("abc")
    (tmp_path / "assets").symlink_to(tmp_path / "other")
    with open_archive(tmp_path, LIMITS) as archive, pytest.raises(ArchiveError):
        archive.assets()
    (tmp_path / "assets").unlink()
    (tmp_path / "other").rename(tmp_path / "assets")
    with open_archive(tmp_path, hornbook.Limits(ratio_floor=2)) as archive, pytest.raises(LimitError):
        archive.assets()
    with open_archive(tmp_path, LIMITS) as archive:
        assert [name for name, _ in archive.assets().files()] == ["words"]


def test_assets_of_a_zip_that_cannot_be_written_are_one_error(tmp_path, monkeypatch):
    """The name is that of the member."""
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("assets/a/words", "abc")
    with open_archive(tmp_path / "file", hornbook.Limits(ratio_floor=2)) as archive, pytest.raises(LimitError):
        archive.assets()

    def full(self, *args, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_archive(tmp_path / "file", LIMITS) as archive:
        monkeypatch.setattr(Path, "mkdir", full)
        with pytest.raises(ArchiveError) as caught:
            archive.assets()
    assert caught.value.place == "assets/a/words"


def test_weights_alone_have_nothing_else():
    """What they are asked for beyond, they say that they lack it."""
    archive = WeightsArchive(FlatStore([], {}, "file", LIMITS), Opening("file", LIMITS, ()))
    assert not archive.has_config()
    assert archive.stored() is archive.by_path()
    assert (archive.metadata(), archive.members(), archive.weight_bytes(), archive.assets()) == ({}, {}, 0, None)
    assert archive.config_place == "file"


def flat(*names: str, **options) -> FlatStore:
    arrays = [StoredArray(name, name, (2,), 8, lambda name=name: name) for name in names]
    return FlatStore(arrays, {"head": Labels("out", "towers/left")}, "file", LIMITS, **options)


def test_a_flat_store_answers_as_every_store():
    """Groups before arrays; seeds apart."""
    store = flat("head/vars/0", "head/vars/state/step", "head/seed_generators/0", "loose")
    assert dict(store.get("head")) == {"0": "head/vars/0", "state/step": "head/vars/state/step"}
    assert dict(store.seeds("head")) == {"0": "head/seed_generators/0"}
    assert (len(store.get("head")), len(store.get("other")), store.size("head"), store.size("tail")) == (2, 0, 16, 0)
    assert (store.labels("head"), store.labels("tail")) == (Labels("out", "towers/left"), None)
    assert [entry.path for entry in store.checked() if entry.shape] == ["head/vars/0", "head/vars/state/step", "loose"]
    with pytest.raises(KeyError):
        store.get("head")["1"]


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a//b",), ("../a",), ("a/" * 300 + "b",)])
def test_a_flat_store_refuses_what_cannot_be(names):
    """Before an array is read."""
    with pytest.raises((ArchiveError, LimitError)):
        flat(*names)


def test_a_flat_writer_takes_what_can_be_found_again():
    """And lets an object look at what it has put there."""
    writer = FlatWriter(list)
    part = writer.make("head", None, "towers/left")
    part["state/step"], part["0"] = (1,), (2,)
    del part["0"]
    writer.put_seeds("head", {"0": (3,)})
    assert (part["state/step"], [*part], len(part)) == ([1], ["state/step"], 1)
    assert writer.labels == {"head": Labels(None, "towers/left")}
    for name in ("state", "state/step/more", "", "..", 3):
        with pytest.raises(SerializationError):
            part[name] = (1,)
    with pytest.raises(NotImplementedError):
        writer.close()


def test_hdf5_takes_and_gives_what_an_object_puts_there():
    """As a dict does."""
    np, h5py = pytest.importorskip("numpy"), pytest.importorskip("h5py")
    used = next(iter(BUILT_IN.weight_formats))
    file = io.BytesIO()
    writer = used.create(file, np.asarray)
    part = writer.make("head", "out")
    empty = writer.make("tail", None)
    part["0"], part["state/step"], part["text"] = np.ones(2), np.zeros(1), np.array([b"a"])
    del part["text"]
    assert ([*part], len(part), part["0"].tolist()) == (["0", "state"], 2, [1, 1])
    assert ([*empty], len(empty)) == ([], 0)
    with pytest.raises(KeyError):
        empty["0"]
    with pytest.raises(SerializationError):
        part["a/../b"] = np.ones(1)
    writer.put_seeds("head", {"0": np.ones(2, "u4")})
    writer.close()
    assert h5py.File(file)["head/vars"].attrs["name"] == "out"
    file.seek(0)
    store = used.open(file, "file", LIMITS)
    assert (store.size("head"), store.size("tail"), [*store.seeds("head")], [*store.seeds("tail")]) == (
        16,
        0,
        ["0"],
        [],
    )
    assert [*store.checked()] == [*store.checked()] == [*store.entries()]


def test_a_member_that_grows_beyond_what_was_said_has_a_wider_header(monkeypatch):
    """It is written once more, and can be read and sought meanwhile."""
    monkeypatch.setattr(writing, "_WIDE", 5)
    written = []

    def write(file):
        assert file.readable() and file.writable() and file.seekable()  # noqa: PT018
        file.write(b"123456789")
        file.seek(-3, os.SEEK_CUR)
        assert file.read(9) == b"789"
        file.truncate(8)
        file.seek(0, os.SEEK_END)
        written.append(file.tell())

    target = io.BytesIO()
    writing.write_zip(target, [("a", b"a"), ("b", writing.Stream(write, 3))])
    assert written == [8, 8]
    assert zipfile.ZipFile(target).read("b") == b"12345678"


def test_a_folder_is_written_as_an_archive_is(tmp_path):
    """From bytes, files and streams."""
    (tmp_path / "source").write_bytes(b"c")
    stream = writing.Stream(lambda file: file.write(b"b") and None, 1)
    writing.write_folder(tmp_path / "model", [("a", b"a"), ("b", stream), ("assets/c", tmp_path / "source")])
    assert [name for name, _ in Folder(tmp_path / "model").files()] == ["a", "assets/c", "b"]


NAMES = {
    "PyTorch": ["x/data.pkl"],
    "NumPy": ["a.npy", "b.npy"],
    "SavedModel": ["saved_model.pb"],
    "Orbax": ["_CHECKPOINT_METADATA"],
    "Orbax, not finished": ["a.orbax-checkpoint-tmp-3"],
    "checkpoint of TensorFlow": ["a.index"],
    "TensorFlow.js": ["model.json"],
    "`": ["x/model.keras"],
    "office": ["[Content_Types].xml"],
    "Java": ["META-INF/MANIFEST.MF"],
}


@pytest.mark.parametrize("what", NAMES)
def test_an_archive_is_named_by_the_names_in_it(what):
    """The first that fits."""
    form = foreign.of_members(NAMES[what])
    assert form is not None
    assert what.partition(",")[0].strip("`") in form.what
    assert foreign.of_members(["other"]) is None
    assert foreign.of_members([]) is None


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"format": "graph-model"}, "graph model"), ({"modelTopology": {"node": []}}, "graph model"),
        ({"weight_map": {}}, "index"), ({"nbformat": 4}, "notebook"), ({"model_type": "bert"}, "Hugging Face"),
        ({"class_name": "A", "model_type": "b"}, None), ([], None), ({}, None),
    ],
)  # fmt: skip
def test_json_is_named_by_its_keys(value, word):
    """What may be a config is none of these."""
    form = foreign.of_json(value)
    assert (form is None) == (word is None)
    assert form is None or word in form.what
