"""`uninstall()` leaves Keras as it was; installing again changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import pytest

import hornbook
from hornbook.engine.registry import DEFAULT

from .surroundings import changes, surroundings

CONFIG = {"module": "nowhere", "class_name": "Missing", "config": {}, "registered_name": "lab>Missing"}


def is_ours() -> bool:
    """Say whether Keras' deserializer raises errors of ours."""
    try:
        keras.saving.deserialize_keras_object(CONFIG)
    except hornbook.HornbookError:
        return True
    except TypeError:
        return False
    raise AssertionError


def in_a_new_process(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_attribute_and_every_code_is_back_after_uninstall() -> None:
    """Over all modules of Keras and the tables of exported names, also after use."""
    before = surroundings()
    with hornbook.install():
        changed = changes(before, surroundings())
        assert is_ours()
        with keras.utils.custom_object_scope({"Missing": dict}):
            keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(1)))
    assert any(name.endswith("deserialize_keras_object.__code__") or "register" in name for name in changed)
    assert changes(before, surroundings()) == []


def test_nothing_is_left_in_a_process_that_did_nothing_before() -> None:
    """Also the gates that a scope or a reading would have opened are closed again."""
    in_a_new_process(
        "import keras, hornbook\n"
        "from install.surroundings import changes, surroundings\n"
        "before = surroundings()\n"
        "with hornbook.install():\n"
        "    keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(keras.layers.Dense(1)))\n"
        "    names = changes(before, surroundings())\n"
        "    assert any('serialize_keras_object.__code__' in name for name in names), names\n"
        "assert changes(before, surroundings()) == [], changes(before, surroundings())\n"
        "with hornbook.custom_object_scope({'relu': len}):\n"
        "    assert keras.activations.get('relu') is len\n"
    )


def test_no_attribute_of_a_module_is_replaced() -> None:
    """Only code changes: each reference to a function, imported whenever, stays the function itself."""
    before = surroundings()
    with hornbook.install():
        after = surroundings()
        replaced = [name for name in before if before[name] is not after[name]]
    assert all(name.endswith(".__code__") for name in replaced), replaced


def test_installing_twice_is_installing_once() -> None:
    """One `uninstall()` ends it."""
    hornbook.install()
    hornbook.install()
    assert is_ours()
    hornbook.uninstall()
    assert not is_ours()


def test_blocks_nest() -> None:
    """The block that has installed uninstalls, and no other."""
    with hornbook.install():
        with hornbook.install():
            assert is_ours()
        assert is_ours()
    assert not is_ours()


def test_uninstalling_without_installing_does_nothing() -> None:
    """Any number of times."""
    before = surroundings()
    hornbook.uninstall()
    hornbook.uninstall()
    assert changes(before, surroundings()) == []


def test_a_block_left_by_an_exception_uninstalls() -> None:
    """The exception goes on."""
    with pytest.raises(KeyError), hornbook.install():
        raise KeyError
    assert not is_ours()


def test_keras_imported_later_is_ours_at_once() -> None:
    """`install()` brings it in; nothing else of hornbook needs to be called."""
    in_a_new_process(
        "import hornbook\n"
        "hornbook.install()\n"
        "import keras\n"
        "try: keras.layers.deserialize({'class_name': 'Missing', 'config': {}})\n"
        "except hornbook.HornbookError: pass\n"
        "hornbook.uninstall()\n"
        "assert keras.saving.get_custom_objects.__code__.co_names[0] == 'GLOBAL_CUSTOM_OBJECTS'\n"
    )


def test_blocks_may_overlap_and_be_entered_again() -> None:
    """Keras gets its functions back when the last one has ended."""
    one, other = hornbook.install(), hornbook.install()
    one.__exit__()
    assert DEFAULT.integrations.installed
    other.__exit__()
    assert not DEFAULT.integrations.installed
    with one:
        assert DEFAULT.integrations.installed
    assert not DEFAULT.integrations.installed


def test_a_scope_may_outlive_the_installation() -> None:
    """It was entered as ours and is left as ours."""
    names = {"mine": len}
    scope = keras.saving.custom_object_scope(names)
    with hornbook.custom_object_scope({}):  # keeps the gates open
        with hornbook.install():
            scope.__enter__()
        assert hornbook.get_registered_object("mine") is len
        scope.__exit__(None, None, None)
        assert hornbook.get_registered_object("mine") is None


def test_a_scope_may_be_older_than_the_installation() -> None:
    """It was entered as Keras' and is left as Keras'."""
    with keras.saving.custom_object_scope({"mine": len}):
        hornbook.install()
        assert keras.saving.get_registered_object("mine") is len
    assert keras.saving.get_registered_object("mine") is None
    hornbook.uninstall()
    assert keras.saving.get_registered_object("mine") is None
