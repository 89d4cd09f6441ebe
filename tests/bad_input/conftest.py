"""Fixtures of the tests of bad input: one error of our tree, at the place, and nothing has changed."""

from __future__ import annotations

import tempfile

import pytest
from defects.registries import clean_registries
from tests.needs import KERAS

from . import archives
from .unchanged import refusal

__all__ = ["clean_registries"]


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """A function that calls another one, wants exactly one error of ours, and returns it."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    if KERAS:
        archives.good()  # frameworks open files of their own when they are first used

    def call(function, *args, **kwargs):
        given = [value for value in (*args, *kwargs.values()) if isinstance(value, (dict, list))]
        return refusal(tmp_path, lambda: function(*args, **kwargs), *given)

    return call


@pytest.fixture
def file(tmp_path):
    """A function that puts bytes into a file and returns its path."""

    def write(data, name="model.keras"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    return write
