"""Keras' registry is as it was after each test: other tests ask what is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.needs import KERAS


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    if not KERAS:
        yield
        return
    from keras.src.saving import object_registration

    tables = (object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES)
    kept = [dict(table) for table in tables]
    yield
    for table, entries in zip(tables, kept, strict=True):
        table.clear()
        table.update(entries)
