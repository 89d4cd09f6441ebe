"""A filter for a class of the warnings tree does what it says."""

from __future__ import annotations

import io
import warnings

import keras
import pytest

import hornbook
from hornbook.errors import UnbuiltModelWarning


def save_unbuilt() -> None:
    hornbook.save_model(keras.Sequential([keras.layers.Dense(1)]), io.BytesIO())


def test_a_model_without_weights_is_saved_with_a_warning() -> None:
    with pytest.warns(UnbuiltModelWarning, match="not built yet"):
        save_unbuilt()


def test_a_filter_for_the_base_holds_for_all() -> None:
    """The suite makes warnings errors; a filter for `HornbookWarning` comes before that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=hornbook.HornbookWarning)
        save_unbuilt()
