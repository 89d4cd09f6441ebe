"""The library that the sentences are tried on: ours, or Keras itself.

`REKINDLE_DOCUMENTS_LIBRARY=keras` in the environment runs the same tests on
plain Keras, where rekindle is not even imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

collect_ignore_glob = [] if find_spec("keras") else ["*.py"]

NAMES = (
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "model_from_config",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "serialize_keras_object",
)


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "sentence(document, text, read_as=None): the sentence that a test holds us to, and how it is read"
    )


def pytest_collection_modifyitems(items):
    """Put what a test quotes into the reports, for `scripts/documents.py`."""
    for item in items:
        for marker in reversed(list(item.iter_markers("sentence"))):
            item.user_properties.append(("sentence", json.dumps([*marker.args, marker.kwargs.get("read_as")])))


def _rekindle():
    import rekindle
    import rekindle.saving
    from rekindle.engine.registry import DEFAULT

    return SimpleNamespace(
        name="rekindle",
        alias=rekindle,
        trusting=lambda *patterns: {"policy": rekindle.Policy(trusted=patterns)},
        registries=[DEFAULT.objects, DEFAULT._names],
        **{name: getattr(rekindle.saving, name) for name in NAMES},
    )


def _keras():
    import keras

    spaces = (keras.saving, keras.models)
    found = {name: getattr(space, name) for name in NAMES for space in spaces if hasattr(space, name)}
    return SimpleNamespace(
        name="keras.saving", alias=keras.utils, trusting=lambda *patterns: {}, registries=[], **found
    )


@pytest.fixture(scope="session")
def library():
    """Return the names under test; Keras lacks some of them."""
    return _keras() if os.environ.get("REKINDLE_DOCUMENTS_LIBRARY") == "keras" else _rekindle()


@pytest.fixture
def lib(library):
    """Return the library, and put its registry and that of Keras back afterwards."""
    from keras.src.saving import object_registration

    registries = [*library.registries, object_registration.GLOBAL_CUSTOM_OBJECTS]
    registries.append(object_registration.GLOBAL_CUSTOM_NAMES)
    before = [dict(registry) for registry in registries]
    yield library
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)


@pytest.fixture
def fresh(lib):
    """Return what runs a program, with `lib` for the library's name, in a process of its own."""

    def run(program):
        done = subprocess.run(
            [sys.executable, "-W", "error::UserWarning", "-c", program.replace("{lib}", lib.name)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
