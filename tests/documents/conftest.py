"""The library that the sentences are tried on: ours, or Keras itself.

Each test runs on our own functions and on those of `hornbook.legacy` for the
generation of its document.  `HORNBOOK_DOCUMENTS_LIBRARY=keras` in the
environment runs the same tests on plain Keras, where hornbook is not even
imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests import needs

# Beside Keras 2, other tests do without it: nothing of these is imported then.
_ASKED = needs.KERAS or os.environ.get("HORNBOOK_DOCUMENTS_FRAMEWORK")
collect_ignore_glob = [] if _ASKED else ["*.py"]

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


# The modules of `hornbook.legacy` that a document describes.
GENERATIONS = {
    "keras-3.6": ["keras3_6"],
    "tf-2.15": ["tf2_15"],
    "tf-2.2-scope": ["tf2_2"],
    "tf-2.9-scope": ["tf2_9"],
    "tf-2.9-deserialize": ["legacy", "tf2_9"],
}
PLAIN_KERAS = os.environ.get("HORNBOOK_DOCUMENTS_LIBRARY") == "keras"


def pytest_configure(config):
    for line in (
        "sentence(document, text, read_as=None): the sentence that a test holds us to, and how it is read",
        "default_alone(reason): not for the module of the generation, which differs as the generation did",
        "generation_alone(reason): not for our default functions",
    ):
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc):
    """Run a test on our default functions, and on those of the generations that its documents describe."""
    if "lib" not in metafunc.fixturenames or PLAIN_KERAS:
        return
    from document_framework import KERAS_2, tried

    marks = list(metafunc.definition.iter_markers())
    kinds = {mark.name for mark in marks}
    documents = [mark.args[0] for mark in reversed(marks) if mark.name == "sentence"]
    documents = [document for document in documents if document in tried()] if KERAS_2 else documents
    older = dict.fromkeys(name for document in documents for name in GENERATIONS[document])
    names = ["hornbook"] * ("generation_alone" not in kinds) + [*older] * ("default_alone" not in kinds)
    metafunc.parametrize("lib", names, indirect=True)


def pytest_collection_modifyitems(items):
    """Put what a test quotes, and what it ran on, into the reports, for `scripts/documents.py`."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    if not here:
        return  # the tests of other folders may have to do without the framework
    from document_framework import KERAS_2, tried

    if KERAS_2:
        # Keras 2 warns where a function stands for an object, though its documents say that one may.
        for item in here:
            item.add_marker(pytest.mark.filterwarnings("ignore::UserWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::DeprecationWarning"))
        left = {item for item in here if not any(mark.args[0] in tried() for mark in item.iter_markers("sentence"))}
        items[:] = [item for item in items if item not in left]
    for item in here:
        for marker in reversed(list(item.iter_markers("sentence"))):
            item.user_properties.append(("sentence", json.dumps([*marker.args, marker.kwargs.get("read_as")])))
        on = getattr(item, "callspec", None) and item.callspec.params.get("lib")
        item.user_properties += [("ran on", on)] if on else []


def _hornbook():
    import hornbook
    import hornbook.saving
    from hornbook.engine.registry import DEFAULT

    return SimpleNamespace(
        name="hornbook",
        alias=hornbook,
        trusting=lambda *patterns: {"policy": hornbook.Policy(trusted=patterns)},
        registries=[DEFAULT.objects, DEFAULT._names],
        **{name: getattr(hornbook.saving, name) for name in NAMES},
    )


def _older(default, name):
    """Return the names of a generation; what it has not, as `load_model`, is ours."""
    module = import_module("hornbook.legacy" if name == "legacy" else f"hornbook.legacy.{name}")
    names = {one: getattr(module, one) for one in module.__all__}
    return SimpleNamespace(**{**vars(default), **names, "name": module.__name__, "alias": module})


def _keras():
    from document_framework import KERAS_2

    return _keras_2() if KERAS_2 else _keras_3()


def _keras_2():
    """Return the functions of Keras 2 itself."""
    from document_framework import keras

    spaces = [space for space in (getattr(keras, "saving", None), keras.utils, keras.models) if space is not None]
    found = {name: getattr(space, name) for name in NAMES for space in reversed(spaces) if hasattr(space, name)}
    return SimpleNamespace(name="keras.utils", alias=keras.utils, trusting=lambda *patterns: {}, registries=[], **found)


def _keras_3():
    import keras
    from keras.src.legacy.saving.serialization import SharedObjectLoadingScope

    spaces = (keras.saving, keras.models)
    found = {name: getattr(space, name) for name in NAMES for space in spaces if hasattr(space, name)}
    found["SharedObjectLoadingScope"] = SharedObjectLoadingScope
    return SimpleNamespace(
        name="keras.saving", alias=keras.utils, trusting=lambda *patterns: {}, registries=[], **found
    )


@pytest.fixture(scope="session")
def library():
    """Return the names under test; Keras lacks some of them."""
    return _keras() if PLAIN_KERAS else _hornbook()


def _registries_of_keras():
    """Return the tables of objects by name, and of names by object, of the Keras that is tried."""
    from document_framework import KERAS_2, keras

    if KERAS_2:
        from hornbook.integrations.keras2.private import Private

        private = Private(keras.layers.Dense.__module__.partition(".")[0])
        return [private.global_objects, private.global_names]
    from keras.src.saving import object_registration

    return [object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES]


@pytest.fixture
def lib(library, request):
    """Return the library, and put its registry and that of Keras back afterwards."""
    name = getattr(request, "param", "hornbook")
    library = library if name == "hornbook" else _older(library, name)
    registries = [*library.registries, *_registries_of_keras()]
    before = [dict(registry) for registry in registries]
    yield library
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)


@pytest.fixture
def fresh(lib):
    """Return what runs a program, with `lib` for the library's name, in a process of its own."""

    from document_framework import KERAS_2, program_for

    def run(program):
        warnings = "ignore" if KERAS_2 else "error::UserWarning"
        done = subprocess.run(
            [sys.executable, "-W", warnings, "-c", program_for(program).replace("{lib}", lib.name)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
