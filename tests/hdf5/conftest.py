"""Fixtures of the tests of HDF5 files."""

from __future__ import annotations

from bad_input.conftest import file, refused
from defects.registries import clean_registries

__all__ = ["clean_registries", "file", "refused"]
