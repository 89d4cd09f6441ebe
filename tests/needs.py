"""What tests need that not every environment of the noxfile has."""

from __future__ import annotations

import os
from importlib.metadata import version

import pytest

WITHOUT = frozenset(filter(None, os.environ.get("HORNBOOK_WITHOUT", "").split(",")))
KERAS = "keras" not in WITHOUT
keras = pytest.mark.skipif(not KERAS, reason="needs Keras 3, which is not here")


def older(wanted: str) -> bool:
    """Say whether Keras is there, and older than a version."""
    return KERAS and parts(version("keras")) < parts(wanted)


def backend() -> str:
    """Return the name of the backend of Keras, where it is there."""
    if not KERAS:
        return ""
    import keras

    return str(keras.backend.backend())


def since(wanted: str, reason: str) -> pytest.MarkDecorator:
    """Skip a test with an older Keras.

    Args:
        wanted: The oldest version that was run and has it, as `"3.9"`.
        reason: What older ones do.
    """
    return pytest.mark.skipif(older(wanted), reason=f"needs Keras {wanted}: {reason}")


def parts(text: str) -> tuple[int, ...]:
    """Return major and minor version."""
    return tuple(map(int, text.split(".")[:2]))
