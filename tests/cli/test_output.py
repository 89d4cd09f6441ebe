"""`-o FILE`: an earlier report is replaced, anything else where that is asked for, and a model never."""

from __future__ import annotations

import json
import os
import zipfile

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from hornbook.cli.commands import hornbook as command

from .runner import runner

DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}, "registered_name": None}


def run(*arguments):
    return runner().invoke(command, ["audit", *map(str, arguments)])


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(DENSE))
    return path


def write_zip(path, **members):
    with zipfile.ZipFile(path, "w") as file:
        for name, text in members.items():
            file.writestr(name.replace("_", "."), text)
    return path


def refused(result, why):
    assert result.exit_code == 2
    assert result.stdout == ""
    assert why in result.stderr
    assert 1 <= len(result.stderr.splitlines()) <= 2
    return True


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
@pytest.mark.parametrize("earlier", ["text", "json", "sarif"])
def test_an_earlier_report_is_replaced_without_asking(model, tmp_path, form, earlier):
    report = tmp_path / "report"
    assert run(model, "--format", earlier, "-o", report).exit_code == 0
    assert run(model, "--format", form, "-o", report).exit_code == 0
    assert report.read_text() == run(model, "--format", form).stdout


def test_the_report_of_a_run_without_files_is_one(tmp_path, model):
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", "-o", tmp_path / "report").exit_code == 0
    assert run(model, "-o", tmp_path / "report").exit_code == 0


@pytest.mark.parametrize("content", [b"", b"my notes\n", b'{"a": 1}', b"\x80\x02pickle", b"hornbook"])
def test_anything_else_is_replaced_only_by_force(model, tmp_path, content):
    notes = tmp_path / "notes"
    notes.write_bytes(content)
    assert refused(run(model, "-o", notes), "is no earlier report")
    assert notes.read_bytes() == content
    assert run(model, "-o", notes, "--force").exit_code == 0
    assert "\n1 audited: 1 clean" in notes.read_text()


def models(folder):
    """Files that are models, and files that would be if they were whole."""
    yield write_zip(folder / "m.keras", config_json=json.dumps(DENSE), metadata_json="{}")
    (folder / "other.json").write_text(json.dumps(DENSE))
    yield folder / "other.json"
    (folder / "cut.keras").write_bytes((folder / "m.keras").read_bytes()[:-40])
    yield folder / "cut.keras"
    (folder / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 600)
    yield folder / "weights.h5"
    with (folder / "note.keras").open("wb") as file:  # a model whose last bytes are those of a report
        file.write((folder / "m.keras").read_bytes() + b"\n1 audited: 1 clean\n")
    yield folder / "note.keras"


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_model_is_never_replaced(model, tmp_path, force):
    (tmp_path / "others").mkdir()
    for other in models(tmp_path / "others"):
        before = other.read_bytes()
        assert refused(run(model, "-o", other, *force), "is a model file"), other
        assert other.read_bytes() == before


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_what_is_audited_is_never_replaced(model, tmp_path, force):
    """By whatever name, and though it is no model."""
    (tmp_path / "text.keras").write_text("This is no model.")
    os.link(tmp_path / "text.keras", tmp_path / "same")
    for target in ("text.keras", "same"):
        assert refused(run(tmp_path / "text.keras", "-o", tmp_path / target, *force), "is what the command reads")
        assert (tmp_path / target).read_text() == "This is no model."
    # A report is no exception where it is what is looked at.
    run(model, "-o", tmp_path / "report")
    assert refused(run(tmp_path / "report", "-o", tmp_path / "report", *force), "is what the command reads")


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_written_through_a_link(model, tmp_path, force, there):
    other = tmp_path / "other"
    if there:
        run(model, "-o", other)
    before = other.read_bytes() if there else None
    (tmp_path / "link").symlink_to(other)
    assert refused(run(model, "-o", tmp_path / "link", *force), "is a link")
    assert (other.read_bytes() if other.exists() else None) == before
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_neither_pipe_nor_device_nor_folder_is_written_to(model, tmp_path, force):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert refused(run(model, "-o", tmp_path / "pipe", *force), "is a device, a pipe or a socket")
    assert refused(run(model, "-o", tmp_path / "folder", *force), "is a folder")
    assert refused(run(model, "-o", os.devnull, *force), "is a device, a pipe or a socket")


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_nothing_is_added_to_the_folder_of_a_model(model, tmp_path, force):
    folder = tmp_path / "unzipped"
    (folder / "assets").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(DENSE))
    (folder / "metadata.json").write_text("{}")
    (tmp_path / "way").symlink_to(folder, target_is_directory=True)
    for parent in (folder, folder / "assets", tmp_path / "way"):
        assert refused(run(model, "-o", parent / "report", *force), "lies within the folder of a model")
        assert not (parent / "report").exists()


def test_a_file_that_comes_to_be_there_meanwhile_is_left_alone(model, tmp_path):
    """It is looked at again when the report is whole."""
    from hornbook.cli import output

    def write():
        with output.output_file(tmp_path / "report") as file:
            file.write(b"report")
            (tmp_path / "report").write_text("notes")

    with pytest.raises(output.ArchiveError, match="is no earlier report"):
        write()
    assert (tmp_path / "report").read_text() == "notes"
    assert [path.name for path in tmp_path.iterdir() if path != model] == ["report"]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_the_report_of_an_upgrade_replaces_no_model_either(tmp_path, force):
    """Nor what a link leads to; another model than the two that it is about."""
    old = tmp_path / "old.json"
    old.write_text(json.dumps({"class_name": "Sequential", "config": []}))
    other = write_zip(tmp_path / "m.keras", config_json=json.dumps(DENSE), metadata_json="{}")
    (tmp_path / "link").symlink_to(tmp_path / "notes")
    (tmp_path / "notes").write_text("notes")
    before = other.read_bytes()
    for target in (other, tmp_path / "link"):
        line = ["upgrade", old, "-o", tmp_path / "new.json", "--report", target, *force]
        result = runner().invoke(command, [*map(str, line)])
        assert result.exit_code == 2
        assert not (tmp_path / "new.json").exists()
    assert other.read_bytes() == before
    assert (tmp_path / "notes").read_text() == "notes"
