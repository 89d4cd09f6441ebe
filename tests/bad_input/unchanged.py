"""What a failed call must leave as it was, and the two claims that every test here makes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from defects.registries import registries
from tests.needs import KERAS

import hornbook
from hornbook.engine import scope
from hornbook.engine.decode import current_reader
from hornbook.engine.writing import current_writer

LONGEST = 600


def state(root: Path) -> dict[str, Any]:
    """Return all that a call could leave behind: in registries, scopes, sessions, and on disk.

    Args:
        root: The folder with the files of the test and all temporary files.
    """
    return {
        "registries": [dict(one) for one in registries()],
        "scopes": [dict(one) for one in scope.open_scopes()],
        "reading": current_reader(),
        "writing": current_writer(),
        "Keras": state_of_keras() if KERAS else None,
        "open files": open_files(),
        "files": {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()},
        "folders": sorted(str(path) for path in root.rglob("*") if path.is_dir()),
    }


def state_of_keras() -> dict[str, Any]:
    """Return what is set in Keras."""
    import keras
    from keras.src.backend.common import global_state
    from keras.src.saving.serialization_lib import in_safe_mode

    return {
        "safe mode": in_safe_mode(),
        "scope": dict(global_state.get_global_attribute("custom_objects_scope_dict") or {}),
        "sharing": global_state.get_global_attribute("shared_objects/id_to_obj_map"),
        "dtype policy": keras.config.dtype_policy().name,
    }


def open_files() -> dict[str, str]:
    """Return the open file descriptors and where they lead, on systems that tell."""
    found = {}
    folder = Path("/proc/self/fd")
    for descriptor in os.listdir(folder) if folder.is_dir() else ():
        try:
            found[descriptor] = str(folder.joinpath(descriptor).readlink())
        except FileNotFoundError:  # the one that listed the folder
            continue
    return found


def copied(value: Any) -> Any:
    """Return a copy of the containers in a value; what they hold is shared."""
    if isinstance(value, dict):
        return {key: copied(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(member) for member in value)
    return value


@contextmanager
def nothing_changed(root: Path, *given: Any) -> Iterator[None]:
    """Check that the block leaves everything as it was, and the values that it is given as well."""
    copies = copied(given)
    before = state(root)
    yield
    assert state(root) == before
    assert given == copies


def refusal(root: Path, call: Callable[[], Any], *given: Any) -> hornbook.HornbookError:
    """Return the one error that a call raises, after checking its form and that nothing changed.

    Args:
        root: The folder with the files of the test and all temporary files.
        call: What must be refused.
        given: Values of the caller that must stay as they are.
    """
    with nothing_changed(root, *given), pytest.raises(hornbook.HornbookError) as caught:
        call()
    error = caught.value
    text = str(error)
    assert len(text) < LONGEST, f"{len(text)} characters: {text[:LONGEST]}"
    assert len(text.splitlines()) <= 2, text
    assert error.place, text
    return error
