"""Runs over many paths: what cannot be read hides nothing else, and what is no model is left out below a folder."""

from __future__ import annotations

import io
import json

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

    def forbidden(folder):
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
