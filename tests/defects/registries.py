"""Registries as they were, after each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.needs import KERAS

from hornbook.engine.registry import DEFAULT


def registries() -> list[dict[Any, Any]]:
    """Return the live dictionaries of both libraries, of ours alone where Keras is not."""
    ours = [DEFAULT.objects, DEFAULT._names]
    if not KERAS:
        return ours
    from keras.src.saving import object_registration as keras_registry

    return [*ours, keras_registry.GLOBAL_CUSTOM_OBJECTS, keras_registry.GLOBAL_CUSTOM_NAMES]


@pytest.fixture(autouse=True)
def clean_registries() -> Iterator[None]:
    """Take out of both registries, and out of Keras' open scope, what a test left there."""
    before = [dict(one) for one in registries()]
    yield
    for one, content in zip(registries(), before, strict=True):
        one.clear()
        one.update(content)
    if not KERAS:
        return
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("custom_objects_scope_dict", {})
