"""Keras without the package that it computes with: one error that says which, and how to name another."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from hornbook.integrations.keras3.presence import BACKENDS

pytestmark = pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")

PROGRAM = """
import hornbook

dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
for call in (
    lambda: hornbook.deserialize_keras_object(dense),
    lambda: hornbook.model_from_config({"class_name": "Sequential", "config": {"layers": []}}),
    lambda: hornbook.save_model(None, "m.keras"),
    lambda: hornbook.install(),
):
    try:
        call()
    except hornbook.HornbookError as error:
        assert isinstance(error, ImportError)
        assert len(str(error).splitlines()) == 2
        print(error)
with hornbook.custom_object_scope({}):  # what needs no Keras works
    hornbook.serialize_keras_object([1])
"""


def said(backend: str | None, folder: Path) -> list[str]:
    """Return what the four calls say in a process with that backend, or with the one that Keras takes by itself."""
    env = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    env |= {"KERAS_HOME": str(folder)} | ({} if backend is None else {"KERAS_BACKEND": backend})
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 8
    return [" ".join(lines[at : at + 2]) for at in range(0, 8, 2)]


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="TensorFlow, which Keras takes by itself, is installed")
def test_without_a_variable_the_error_names_tensorflow_and_the_variable(tmp_path: Path) -> None:
    """Keras falls back on TensorFlow; that Keras is not installed would be wrong."""
    for text in said(None, tmp_path):
        assert "`tensorflow`, and that is not installed" in text
        assert "KERAS_BACKEND=" in text
        assert "pip install" not in text


def test_a_backend_that_is_not_installed_is_named(tmp_path: Path) -> None:
    absent = next(one for one in BACKENDS if find_spec(one) is None)
    for text in said(absent, tmp_path):
        assert f"`{absent}`, and that is not installed" in text
        assert f"KERAS_BACKEND={absent}" not in text
        assert "KERAS_BACKEND=" in text


def test_the_name_that_is_proposed_is_one_that_is_installed(tmp_path: Path) -> None:
    absent = next(one for one in BACKENDS if find_spec(one) is None)
    there = [one for one in BACKENDS if find_spec(one)]
    assert any(f"KERAS_BACKEND={one}," in said(absent, tmp_path)[0] for one in there)


def test_a_name_that_is_no_backend_is_one_error_of_ours(tmp_path: Path) -> None:
    """Keras raises a ValueError there."""
    for text in said("abacus", tmp_path):
        assert "abacus" in text
        assert "cannot be used" in text
