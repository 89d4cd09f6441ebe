"""What all tests share: the backend, and where the shared material is."""

from __future__ import annotations

import gc
import os
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if os.environ.get("HORNBOOK_DOCUMENTS_FRAMEWORK") == "keras2" and find_spec("tf_keras"):
    # TensorFlow 2.16 and later import Keras 3 without it: then two are in use, and nothing says which is meant.
    os.environ["TF_USE_LEGACY_KERAS"] = "1"

import pytest
from tests import needs

# Tests that say nothing of the package's own lines, or that go through the same ones a thousand times: tracing them
# takes time for nothing.
UNCOUNTED = (
    *("architecture/", "faults/", "fuzz/", "hostile/"),
    *("audit/test_agreement.py", "audit/test_hostile.py", "audit/test_refusals.py", "saving/test_seed_generators.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave such tests out of what is counted."""
    for item in items:
        if item.nodeid.removeprefix("tests/").startswith(UNCOUNTED):
            item.add_marker(pytest.mark.no_cover)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives as long as the tests: ten thousand of them, and Keras.

    It looks at everything again and again otherwise, the more of it there is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def shared(no_cover: None) -> Path:
    """The folder with real files; absent where only the repository is."""
    if not needs.SHARED.is_dir():
        pytest.skip("the folder with shared material is not beside this checkout")
    return needs.SHARED
