"""`hornbook inspect`: what it prints, how it fails, what it does without."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import threading
import zipfile

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")


import hornbook
from hornbook.cli.commands import hornbook as command
from hornbook.cli.terminal import printable, progress_bar
from hornbook.reports.inspect import inspect_model

from .runner import runner

keras = pytest.importorskip("keras")


class Scale(keras.layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(shape=input_shape[-1:], name="factor")

    def call(self, inputs):
        return inputs * self.factor


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A compiled model with a layer of its own and a lambda."""
    model = keras.Sequential(
        [keras.Input((3,)), Scale(), keras.layers.Lambda(lambda x: x + 1), keras.layers.Dense(2, name="out")]
    )
    model.compile("adam", "mse", metrics=["mae"])
    path = tmp_path_factory.mktemp("models") / "model.keras"
    model.save(path)
    return path


def run(*arguments):
    return runner().invoke(command, list(map(str, arguments)))


def child(*arguments, program="from hornbook.cli import main; main()", **environment):
    """Run a program in a new process."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def blocking(*names):
    """A program that cannot import `names` and then runs the command."""
    return f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ImportError(name, name=name)
sys.meta_path.insert(0, Blocked())
from hornbook.cli import main
main()
"""


def test_a_person_reads_what_the_file_holds(model_file):
    result = run("inspect", model_file)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert f"model.keras: keras, written by Keras {keras.__version__}" in result.stdout
    assert "Compiled: Adam; loss mse; metrics mae" in result.stdout
    assert ["scale", "Scale", "(custom)", "3", "12", "B"] in lines
    assert ["out", "Dense", "8", "32", "B"] in lines
    assert "Parameters: 11, 44 B" in result.stdout
    assert f"Custom objects: class Scale of {__name__}" in result.stdout
    assert "Lambdas: 1, at $.config.layers[2].config.function" in result.stdout


def test_a_program_reads_json(model_file):
    """All of it, and nothing else on stdout."""
    result = run("inspect", model_file, "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert json.loads(result.stdout) == json.loads(json.dumps(inspect_model(model_file).to_dict()))


def test_the_folder_of_a_file_is_shown(model_file, tmp_path):
    with zipfile.ZipFile(model_file) as file:
        file.extractall(tmp_path / "model")
    result = run("inspect", tmp_path / "model")
    assert result.exit_code == 0
    assert "model: keras folder, written by Keras" in result.stdout


def test_attributes_of_a_users_model_are_shown_by_their_paths(tmp_path):
    class Tower(keras.Model):
        def __init__(self):
            super().__init__()
            self.entry = keras.layers.Dense(2)

        def call(self, inputs):
            return self.entry(inputs)

        def get_config(self):
            return {}

    model = Tower()
    model(keras.ops.ones((1, 3)))
    hornbook.save_model(model, tmp_path / "model.keras")
    assert "entry" in run("inspect", tmp_path / "model.keras").stdout


NO_MODELS = {
    "nothing": None,
    "an empty file": b"",
    "text": b"hello",
    "codes": b"\x1b[2J\x1b[31m" * 3,
}


@pytest.mark.parametrize("what", NO_MODELS)
def test_an_error_is_two_lines_on_stderr_and_code_2(what, tmp_path):
    path = tmp_path / "model.keras"
    if NO_MODELS[what] is not None:
        path.write_bytes(NO_MODELS[what])
    for options in ([], ["--json"]):
        result = run("inspect", path, *options)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert 1 <= len(result.stderr.splitlines()) <= 2
        assert "\x1b" not in result.stderr


def test_names_of_a_file_cannot_command_the_terminal(tmp_path):
    """Escape sequences, markup and line ends are shown as text."""
    evil = "\x1b]0;gone\x07[red]\r\n\u202e" + "x" * 500
    config = {"class_name": evil, "config": {"name": evil}, "module": evil, "compile_config": {"loss": evil}}
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("metadata.json", json.dumps({"keras_version": evil, "date_saved": evil}))
    result = run("inspect", path)
    assert result.exit_code == 0
    assert not {"\x1b", "\x07", "\r", "\ud800"} & set(result.stdout)
    assert "[red]" in result.stdout
    assert json.loads(run("inspect", path, "--json").stdout)["objects"][0]["name"] == evil


def test_a_terminal_without_unicode_gets_ascii(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="größe")])
    hornbook.save_model(model, tmp_path / "model.keras")
    result = child("inspect", tmp_path / "model.keras", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert "gr\\xf6\\xdfe" in result.stdout


def test_version():
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"hornbook {hornbook.__version__}\n")


def test_neither_keras_nor_a_framework_is_imported(model_file):
    """Their imports fail in the child process, and the command says what it says here."""
    program = blocking("keras", "jax", "torch", "tensorflow", "ml_dtypes")
    assert child("inspect", model_file, "--json", program=program).stdout == run("inspect", model_file, "--json").stdout


def test_neither_h5py_nor_numpy_is_needed(model_file):
    """Sizes are told without them."""
    program = blocking("h5py", "numpy", "keras")
    assert child("inspect", model_file, program=program).stdout == run("inspect", model_file).stdout


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_its_extra_the_command_says_what_to_install(name):
    result = child("--version", program=blocking(name))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "The command line needs click and rich: pip install hornbook[cli]\n"


def test_importing_hornbook_imports_no_terminal_library():
    program = "import sys, hornbook, hornbook.saving, hornbook.cli; print({'click', 'rich'} & set(sys.modules))"
    assert child(program=program).stdout == "set()\n"


def test_the_module_runs_as_the_command(model_file):
    result = subprocess.run(
        [sys.executable, "-m", "hornbook.cli", "inspect", model_file], capture_output=True, check=True
    )
    assert b"Lambdas: 1" in result.stdout


def test_no_bar_is_shown_where_stderr_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar("Working", after=0) as progress:
        assert progress is None
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize(("after", "seen"), [(0, True), (1000, False)])
def test_a_bar_is_shown_on_a_terminal_when_work_takes_long(monkeypatch, after, seen):
    """Only after the time that is given."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with progress_bar("Working", after=after) as progress:
            for timer in threading.enumerate():
                if isinstance(timer, threading.Timer) and after == 0:
                    timer.join()
            progress(1, 2)
        terminal.write("end")
        terminal.flush()
        shown = b""
        while b"end" not in shown:
            shown += os.read(ours, 4096)
    os.close(ours)
    assert (b"Working" in shown) is seen


def test_text_is_cut_and_escaped():
    assert printable("a" * 100, sys.stdout, 10) == "aaaaaaa..."
    assert printable("a\tb\u202e", io.StringIO()) == "a\\tb\\u202e"
