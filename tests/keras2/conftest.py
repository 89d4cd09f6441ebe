"""The Keras 2 that is installed: `tf_keras`, or `keras` 2 with TensorFlow up to 2.15."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest


def package() -> str | None:
    """Return the package of Keras 2 that is installed, if one is; imports nothing."""
    if find_spec("tensorflow") is None:
        return None
    for name in ("tf_keras", "keras"):
        try:
            if version(name).startswith("2."):
                return name
        except PackageNotFoundError:
            continue
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Keras 2 warn: that `.h5` files are legacy, that it is, and what TensorFlow has deprecated."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture
def keras() -> Iterator[Any]:
    """Keras 2; its registry and ours are put back afterwards."""
    name = package()
    if name is None:
        pytest.skip("needs Keras 2 and TensorFlow, which are not here")
    if name == "tf_keras":
        import tf_keras as keras
    else:
        import tensorflow as tf

        import_module(name)  # `tf.keras` of 2.15 does that when something is asked of it
        keras = tf.keras
    from hornbook.engine.registry import DEFAULT
    from hornbook.integrations.keras2.private import Private

    private = Private(name)
    tables = [DEFAULT.objects, DEFAULT._names, private.global_objects, private.global_names]
    before = [dict(table) for table in tables]
    yield keras
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)


@pytest.fixture
def has_modules(keras: Any) -> bool:
    """Whether this Keras has the form with modules, and `.keras` files: since 2.12."""
    return hasattr(keras, "saving") and hasattr(keras.saving, "deserialize_keras_object")
