"""Registries as they were, after each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hornbook.engine.registry import DEFAULT


def registries() -> list[dict[Any, Any]]:
    """Return the live dictionaries of both libraries."""
    from keras.src.saving import object_registration as keras_registry

    return [
        DEFAULT.objects,
        DEFAULT._names,
        keras_registry.GLOBAL_CUSTOM_OBJECTS,
        keras_registry.GLOBAL_CUSTOM_NAMES,
    ]


@pytest.fixture(autouse=True)
def clean_registries() -> Iterator[None]:
    """Take out of both registries, and out of Keras' open scope, what a test left there."""
    from keras.src.backend.common import global_state

    before = [dict(one) for one in registries()]
    yield
    for one, content in zip(registries(), before, strict=True):
        one.clear()
        one.update(content)
    global_state.set_global_attribute("custom_objects_scope_dict", {})
