"""The pytest plugin: `roundtrip` passes what comes back, and fails with what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LAB = """
import hornbook

class Kept:
    @classmethod
    def from_config(cls, config):
        return cls(**config)

@hornbook.register_keras_serializable("lab")
class Good(Kept):
    def __init__(self, size=1):
        self.size = size
    def get_config(self):
        return {"size": self.size}

@hornbook.register_keras_serializable("lab")
class Needs(Kept):
    def __init__(self, size, ratio=0.5):
        self.size, self.ratio = size, ratio
    def get_config(self):
        return {"size": self.size}

@hornbook.register_keras_serializable("lab")
def half(x):
    return x / 2
"""


@pytest.fixture
def run(tmp_path):
    """Run a test file in pytest with the plugin alone; return its output."""

    def call(test, *, lab=True):
        (tmp_path / "lab.py").write_text(LAB)
        (tmp_path / "pytest.ini").write_text("[pytest]\n")  # or it takes that of a folder above
        (tmp_path / "test_it.py").write_text(f"import lab\n{test}\n" if lab else test)
        command = [sys.executable, "-m", "pytest", "-p", "pytest_hornbook", "-q", "-p", "no:cacheprovider"]
        env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *sys.path])
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)

    return call


def test_an_object_that_comes_back_passes(run):
    done = run("def test_it(roundtrip):\n    assert roundtrip(lab.Good(3)).ok")
    assert "1 passed" in done.stdout, done.stdout


def test_an_object_that_does_not_fails_with_file_and_line(run):
    done = run("def test_it(roundtrip):\n    roundtrip(lab.Needs(3, 0.1))")
    assert done.returncode == 1
    assert "lab.py:" in done.stdout
    assert "`ratio` was float 0.1 and comes back as float 0.5 [forgotten]" in done.stdout
    assert "roundtrip(lab.Needs" not in done.stdout.split("short test summary")[0].split("lab.py:")[1]


def test_a_package_is_checked_as_a_whole(run):
    done = run(
        "def test_it(roundtrip):\n"
        "    assert roundtrip.package('lab', {lab.Needs: lambda: lab.Needs(1)})"
        " == ['lab>Good', 'lab>Needs', 'lab>half']"
    )
    assert "1 passed" in done.stdout, done.stdout


def test_a_class_without_an_example_is_told(run):
    done = run("def test_it(roundtrip):\n    roundtrip.package('lab')")
    assert "lab>Needs: cannot be made without arguments" in done.stdout
    assert "examples={Needs: ...}" in done.stdout


def test_a_package_that_is_not_imported_is_told(run):
    assert "is it imported?" in run("def test_it(roundtrip):\n    roundtrip.package('other')").stdout


def test_the_plugin_alone_imports_nothing(run):
    """A run that does not use it pays for one small module."""
    done = run(
        "import sys\ndef test_it():\n    assert not {'hornbook', 'keras', 'numpy'} & set(sys.modules)", lab=False
    )
    assert "1 passed" in done.stdout, done.stdout


def test_it_is_an_entry_point():
    """pytest finds it where hornbook is installed."""
    if sys.version_info < (3, 11):
        pytest.skip("tomllib came with Python 3.11")
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"hornbook": "pytest_hornbook"}
