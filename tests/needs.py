"""What tests need that not every environment of the noxfile has."""

from __future__ import annotations

import os
from importlib.metadata import version

import pytest

WITHOUT = frozenset(filter(None, os.environ.get("HORNBOOK_WITHOUT", "").split(",")))
KERAS = "keras" not in WITHOUT
keras = pytest.mark.skipif(not KERAS, reason="needs Keras 3, which is not here")


def since(wanted: str, reason: str) -> pytest.MarkDecorator:
    """Skip a test with an older Keras.

    Args:
        wanted: The oldest version that was run and has it, as `"3.9"`.
        reason: What older ones do.
    """
    older = KERAS and parts(version("keras")) < parts(wanted)
    return pytest.mark.skipif(older, reason=f"needs Keras {wanted}: {reason}")


def parts(text: str) -> tuple[int, ...]:
    """Return major and minor version."""
    return tuple(map(int, text.split(".")[:2]))
