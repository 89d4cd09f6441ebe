"""Runs over many paths: what cannot be read hides nothing else, and what is no model is left out below a folder."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

import hornbook
from hornbook.errors import NotAModelError
from hornbook.reports import runs

CONFIG = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}


def test_a_path_that_is_none_is_reported():
    run = runs.run(["a\0b"], version="0.1.0")
    assert run.exit_code == runs.UNREAD
    assert run.files[0].problem is not None


def test_a_damaged_file_below_a_folder_is_reported_and_what_is_no_model_is_not(tmp_path):
    (tmp_path / "cut.keras").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    (tmp_path / "data.json").write_text('{"a": 1}')
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "model.json").write_text(json.dumps(CONFIG))
    run = runs.run([str(tmp_path), str(tmp_path / "model.json")], version="0.1.0")
    assert {file.path.rpartition("/")[2] for file in run.files} <= {"cut.keras", "model.json"}
    assert [file.report.verdict for file in run.files if file.path.endswith("model.json")] == ["clean"]


def test_an_error_of_a_reader_below_a_folder_is_reported(tmp_path, monkeypatch):
    def unreadable(path, *, policy):
        raise hornbook.HornbookError("It is on fire", place=None)

    (tmp_path / "model.json").write_text(json.dumps(CONFIG))
    monkeypatch.setattr(runs, "audit", unreadable)
    (file,) = runs.run([str(tmp_path)], version="0.1.0").files
    assert (file.report, file.problem) == (None, "It is on fire")


def test_a_folder_that_cannot_be_searched_is_reported(tmp_path, monkeypatch):
    """The error that `os.walk` hands over, whoever runs the tests."""

    def forbidden(folder, beat):
        raise PermissionError(13, "Permission denied")
        yield

    monkeypatch.setattr(runs, "models_below", forbidden)
    run = runs.run([str(tmp_path)], version="0.1.0")
    assert run.files[0].problem.startswith("It cannot be searched: ")
    assert run.exit_code == runs.UNREAD


def test_json_with_a_config_somewhere_is_judged_and_json_without_one_is_no_model():
    inner = {"some": [{"class_name": "Own", "module": "lab", "config": {}, "registered_name": "lab>Own"}]}
    report = hornbook.audit(io.BytesIO(json.dumps(inner).encode()))
    assert [finding.rule for finding in report.findings] == ["unknown", "alone"]
    with pytest.raises(NotAModelError):
        hornbook.audit(io.BytesIO(b'{"a": 1}'))


def put(path, **more):
    """Write a config of a layer, whole JSON by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**CONFIG, **more}))
    return path


def put_keras(path, config):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("metadata.json", "{}")


def found(*paths):
    return {file.path: file.verdict for file in runs.run([str(path) for path in paths], version="0.1.0").files}


@pytest.fixture
def folder(tmp_path):
    """An unzipped model."""
    put(tmp_path / "models" / "one" / "config.json")
    (tmp_path / "models" / "one" / "metadata.json").write_text("{}")
    return tmp_path / "models" / "one"


@pytest.mark.parametrize("search", ["model", "folder above"])
def test_other_models_in_the_folder_of_a_model_are_judged_by_themselves(folder, search):
    """Whatever they are called; what belongs to the model is judged with it."""
    put_keras(folder / "notes.txt", {**CONFIG, "class_name": "Own", "module": "lab", "registered_name": "lab>Own"})
    put(folder / "deep" / "er" / "other.json")
    put(folder / "inner" / "config.json")
    (folder / "inner" / "metadata.json").write_text("{}")
    put(folder / "inner" / "more.json")
    (folder / "readme.md").write_text("no model")
    (folder / "cut.keras").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    (folder / "assets").mkdir()
    (folder / "assets" / "vocabulary.json").write_text(json.dumps(CONFIG))
    told = found(folder if search == "model" else folder.parent)
    names = [path.removeprefix(str(folder)).lstrip("/") for path in told]
    assert names == ["", "cut.keras", "inner", "inner/more.json", "notes.txt", "deep/er/other.json"]
    assert told[str(folder / "notes.txt")] == "findings"


def test_the_keras_part_of_a_savedmodel_within_another_model_is_judged(folder):
    """It is a part of a folder that is a model, and this folder is another one."""
    node = b'root"\x00*\x05dense2\x02{}'
    (folder / "keras_metadata.pb").write_bytes(b"\n" + bytes([len(node) + 2]) + b"\x1a\x04" + node)
    assert str(folder / "keras_metadata.pb") in found(folder)


def test_another_model_beside_a_savedmodel_is_judged(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01\x12\x00\n")
    (tmp_path / "fingerprint.pb").write_bytes(b"\x08\x01")
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "variables.index").write_bytes(b'{"class_name": "no model"')
    (tmp_path / "variables" / "hidden").write_text(json.dumps(CONFIG))
    put(tmp_path / "assets" / "words.json")
    put(tmp_path / "beside.json")
    assert [path.removeprefix(f"{tmp_path}") for path in found(tmp_path)] == [
        "",
        "/beside.json",
        "/variables/hidden",
    ]


def test_a_path_that_is_given_and_found_is_judged_once_and_as_given(tmp_path):
    put(tmp_path / "model.json")
    (tmp_path / "data.json").write_text('{"a": 1}')
    told = found(tmp_path, tmp_path / "data.json", tmp_path / "model.json", tmp_path / "model.json")
    assert list(told.values()) == ["unreadable", "clean"]
    assert list(told) == [str(tmp_path / name) for name in ("data.json", "model.json")]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError("no such key"), "The audit of this file failed: KeyError: 'no such key'"),
        (RecursionError("too deep"), "The audit of this file failed: RecursionError: too deep"),
        (MemoryError(), "The audit of this file failed: It takes more memory than there is"),
    ],
)
def test_an_audit_that_fails_is_a_finding_of_the_file(tmp_path, monkeypatch, error, told):
    """And the files after it are audited."""

    def fails(path, *, policy):
        if path.endswith("bad.json"):
            raise error
        return hornbook.audit(path, policy=policy)

    put(tmp_path / "bad.json")
    put(tmp_path / "good.json")
    monkeypatch.setattr(runs, "audit", fails)
    run = runs.run([str(tmp_path)], version="0.1.0")
    assert run.exit_code == runs.FINDINGS
    (finding,) = run.files[0].report.findings
    assert (finding.rule, finding.level, finding.message) == ("failed", "error", told)
    assert run.files[0].report.loading == "what load_model would do is not known"
    assert run.files[1].verdict == "clean"


def test_a_file_that_the_system_cannot_read_is_not_read(tmp_path, monkeypatch):
    def fails(path, *, policy):
        raise OSError(5, "Input/output error")

    put(tmp_path / "model.json")
    monkeypatch.setattr(runs, "audit", fails)
    (file,) = runs.run([str(tmp_path)], version="0.1.0").files
    assert file.problem == "It cannot be read: [Errno 5] Input/output error"
