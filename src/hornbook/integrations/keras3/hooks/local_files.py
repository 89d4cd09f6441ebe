"""Which paths Keras takes for local files of models: all others stay with Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def is_archive(filepath: Any) -> bool:
    """Return whether Keras takes a path for a local `.keras` archive or its unzipped folder."""
    return _is_file(filepath, ".keras") or _is_folder(filepath)


def is_hdf5(filepath: Any) -> bool:
    """Return whether Keras takes a path for a local HDF5 file."""
    return _is_file(filepath, ".h5", ".hdf5")


def _is_folder(filepath: Any) -> bool:
    try:
        return isinstance(filepath, (str, os.PathLike)) and (Path(filepath) / "config.json").exists()
    except (OSError, ValueError):
        return False


def _is_file(filepath: Any, *suffixes: str) -> bool:
    try:
        return (
            isinstance(filepath, (str, os.PathLike)) and Path(filepath).suffix in suffixes and Path(filepath).is_file()
        )
    except (OSError, ValueError):  # it is no path: a NUL in it, or too long
        return False
