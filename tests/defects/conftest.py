"""Fixtures of the tests that hold a defect of Keras against both libraries."""

from __future__ import annotations

import pytest

from .libraries import KERAS, Library
from .registries import clean_registries

__all__ = ["clean_registries"]


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Library:
    """hornbook, or the Keras that has the defects."""
    import keras

    if request.param == "keras" and keras.__version__ != KERAS:
        pytest.skip(f"the defects are those of Keras {KERAS}, and this is {keras.__version__}")
    return Library(request.param)
