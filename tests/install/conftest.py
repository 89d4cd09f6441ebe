"""Fixtures of the tests of `hornbook.install()`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from defects.registries import clean_registries

import hornbook

__all__ = ["clean_registries"]


@pytest.fixture
def installed() -> Iterator[None]:
    """Keras' functions are ours during the test."""
    with hornbook.install():
        yield
