"""`hornbook audit`: what it prints, its exit codes, what it writes and what it does without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from audit.sarif_schema import check

import hornbook
from hornbook.cli.commands import hornbook as command

from .runner import runner

keras = pytest.importorskip("keras")


class Stretch(keras.layers.Layer):
    __module__ = "lab.layers"  # one that is imported nowhere

    def call(self, inputs):
        return inputs * 2


def run(*arguments):
    return runner().invoke(command, ["audit", *map(str, arguments)])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A clean file, one with a lambda, one with a layer of its own, and one that is none."""
    folder = tmp_path_factory.mktemp("models")
    inputs = keras.Input((2,))
    keras.Sequential([inputs, keras.layers.Dense(1)]).save(folder / "clean.keras")
    keras.Sequential([inputs, keras.layers.Lambda(lambda x: x + 1)]).save(folder / "lambda.keras")
    keras.Sequential([inputs, Stretch()]).save(folder / "own.keras")
    (folder / "text.keras").write_text("This is no model.")
    return folder


def test_a_clean_file_is_one_line_and_code_0(models):
    result = run(models / "clean.keras")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{models}/clean.keras: clean (keras, Keras {keras.__version__})",
        "1 audited: 1 clean",
    ]


def test_findings_are_told_with_their_place_and_code_1(models):
    result = run(models / "lambda.keras")
    assert result.exit_code == 1
    assert "error: lambda at config.json: $.config.layers[1].config.function" in result.stdout
    assert "<lambda>(x), line" in result.stdout
    assert "constants: 1" in result.stdout
    assert "LOAD_FAST" not in result.stdout  # which numbers mean that, the bytes do not say
    assert "load_model would raise LambdaRefusedError: " in result.stdout


def test_a_class_of_the_users_is_a_warning(models):
    result = run(models / "own.keras")
    assert result.exit_code == 1
    assert "warning: unknown" in result.stdout
    assert "class Stretch of lab.layers: unknown" in result.stdout


@pytest.mark.parametrize("name", ["text.keras", "nothing.keras"])
def test_what_cannot_be_read_is_code_2(models, name):
    result = run(models / name)
    assert result.exit_code == 2
    assert f"{name}: not read: " in result.stdout


def test_the_highest_code_wins(models):
    assert run(models / "clean.keras", models / "lambda.keras").exit_code == 1
    assert run(models / "lambda.keras", models / "text.keras", models / "clean.keras").exit_code == 2


def test_a_folder_is_searched_for_models_by_their_content(models, tmp_path):
    """Names say nothing; what is no model is left out; one that is a folder is one model."""
    inner = tmp_path / "deep" / "er"
    inner.mkdir(parents=True)
    os.link(models / "clean.keras", inner / "readme.txt")
    (inner / "notes.keras").write_text("no model")
    (inner / "data.json").write_text('{"no": "model"}')
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.txt", "a")
    with zipfile.ZipFile(models / "lambda.keras") as file:
        file.extractall(tmp_path / "unzipped")
    os.mkfifo(tmp_path / "pipe.keras")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    result = run(tmp_path, "--format", "json")
    told = {one["path"]: one["verdict"] for one in json.loads(result.stdout)["files"]}
    assert told == {str(tmp_path / "unzipped"): "findings", str(inner / "readme.txt"): "clean"}
    assert result.exit_code == 1


def test_the_folder_of_one_model_is_one_model(models, tmp_path):
    with zipfile.ZipFile(models / "clean.keras") as file:
        file.extractall(tmp_path / "model")
    result = run(tmp_path / "model")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 2)


def test_an_empty_folder_has_nothing_to_find(tmp_path):
    result = run(tmp_path)
    assert (result.exit_code, result.stdout) == (0, "There is no model file\n")


def test_a_program_reads_json(models):
    result = run(models / "lambda.keras", models / "text.keras", "--format", "json")
    told = json.loads(result.stdout)
    assert told["exit_code"] == result.exit_code == 2
    assert told["hornbook"] == hornbook.__version__
    first, second = told["files"]
    assert {"path": first.pop("path"), **hornbook.audit(models / "lambda.keras").to_dict()} == {
        "path": str(models / "lambda.keras"),
        **json.loads(json.dumps(first)),
    } or first["verdict"] == "findings"
    assert second["verdict"] == "unreadable"


def test_sarif_is_valid_and_tells_the_same(models):
    result = run(models / "lambda.keras", models / "clean.keras", models / "text.keras", "--format", "sarif")
    log = json.loads(result.stdout)
    check(log)
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == ["lambda"]
    assert log["runs"][0]["invocations"][0]["exitCode"] == result.exit_code == 2


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_a_report_is_written_whole_and_twice_the_same(models, tmp_path, form):
    """And nothing is printed then."""
    arguments = (models, "--format", form, "-o", tmp_path / "report")
    first = run(*arguments), (tmp_path / "report").read_bytes()
    again = run(*arguments), (tmp_path / "report").read_bytes()
    assert first[0].stdout == ""
    assert first[0].exit_code == again[0].exit_code == 1
    assert first[1] == again[1]
    assert first[1].endswith(b"\n")
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_a_report_that_cannot_be_written_leaves_nothing(models, tmp_path):
    result = run(models, "-o", tmp_path / "no" / "report")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) <= 2
    assert not list(tmp_path.iterdir())


def test_a_policy_is_read_from_toml(models, tmp_path):
    (tmp_path / "policy.toml").write_text("lambdas = true\n")
    assert run(models / "lambda.keras", "--policy", tmp_path / "policy.toml").exit_code == 0


def test_a_policy_that_is_none_is_an_error_of_two_lines(models, tmp_path):
    (tmp_path / "policy.toml").write_text("lambda = maybe")
    for path in (tmp_path / "policy.toml", tmp_path / "nothing.toml"):
        result = run(models / "clean.keras", "--policy", path)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert 1 <= len(result.stderr.splitlines()) <= 2


def test_names_of_a_file_cannot_command_the_terminal(tmp_path):
    """Escape sequences, line ends and lone surrogates are shown as text, in every form."""
    evil = "\x1b]0;gone\x07[red]\r\n\ud800" + "x" * 500
    config = {"class_name": evil, "config": {"name": evil, "at": "/" + evil}, "module": evil}
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("metadata.json", json.dumps({"keras_version": evil}))
    for form in ("text", "json", "sarif"):
        result = run(path, "--format", form)
        assert result.exit_code == 1, result.output
        assert not {"\x1b", "\x07", "\r", "\ud800"} & set(result.stdout)


def test_neither_keras_nor_numpy_is_imported(models):
    """Their imports fail in the child process, and the command says what it says here."""
    program = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"keras", "jax", "torch", "tensorflow", "ml_dtypes"}:
            raise ImportError(name, name=name)
sys.meta_path.insert(0, Blocked())
from hornbook.cli import main
main()
"""
    for form in ("text", "json", "sarif"):
        arguments = ["audit", str(models), "--format", form]
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert (done.returncode, done.stdout) == (1, run(models, "--format", form).stdout)
