"""SavedModels and checkpoints of real versions, and what their models gave; `scripts/savedmodels.py` made them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

FILES = sorted(Path(__file__).parent.glob("tf-*.zip"))
BY_NAME = {file.stem: file for file in FILES}


def of(name: str) -> list[Path]:
    """The archives of a model, one for each version."""
    return [file for file in FILES if file.stem.endswith(f"-{name}")]


def unpacked(file: Path, folder: Path) -> Path:
    """Unpack an archive; return the folder."""
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    return folder


def recorded(folder: Path) -> tuple[Any, Any, list[Any]]:
    """The inputs of a model, its outputs, and the state of its optimizer."""
    values = np.load(folder / "recorded.npz")
    inputs = [values[name] for name in values.files if name.startswith("x")]
    state = [values[name] for name in values.files if name.startswith("o")]
    return (inputs if len(inputs) > 1 else inputs[0]), values["y"], state
