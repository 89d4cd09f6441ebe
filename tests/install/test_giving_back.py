"""`uninstall()` has Keras do what it did; what is diverted stays so, and whole, for every thread."""

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


def test_installing_changes_no_attribute_and_no_code() -> None:
    """Over all modules of Keras and the tables of exported names, also after use: what changes is what gates do."""
    with hornbook.custom_object_scope({}):  # whatever is diverted is so from the first use on
        before = surroundings()
    with hornbook.install():
        assert changes(before, surroundings()) == []
        assert is_ours()
        with keras.utils.custom_object_scope({"Missing": dict}):
            keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(1)))
    assert changes(before, surroundings()) == []


def test_only_the_code_of_functions_changes_and_only_once() -> None:
    """Each reference to a function, imported whenever, stays the function itself; nothing is patched before the use."""
    in_a_new_process(
        "import keras, hornbook\n"
        "from install.surroundings import changes, surroundings\n"
        "before = surroundings()\n"
        "with hornbook.install():\n"
        "    keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(keras.layers.Dense(1)))\n"
        "    names = changes(before, surroundings())\n"
        "    assert any('deserialize_keras_object.__code__' in name for name in names), names\n"
        "    ends = ('.__code__', '.__signature__')\n"
        "    assert all(name.endswith(ends) for name in names), names\n"
        "after = surroundings()\n"
        "with hornbook.custom_object_scope({'relu': len}):\n"
        "    assert keras.activations.get('relu') is len\n"
        "assert changes(after, surroundings()) == []\n"
    )


def test_a_diverted_function_shows_its_own_source() -> None:
    """A debugger, a traceback and `inspect` read file, line, name and signature from the code."""
    in_a_new_process(
        "import inspect, keras, hornbook\n"
        "function = keras.saving.deserialize_keras_object\n"
        "def seen(): return (inspect.getsource(function), inspect.signature(function), function.__doc__,\n"
        "    function.__module__, function.__code__.co_name, function.__code__.co_firstlineno)\n"
        "before = seen()\n"
        "with hornbook.custom_object_scope({}): pass\n"
        "assert function.__code__.co_flags & inspect.CO_VARARGS\n"
        "assert seen() == before\n"
    )


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
        "else: raise AssertionError\n"
        "hornbook.uninstall()\n"
        "try: keras.layers.deserialize({'class_name': 'Missing', 'config': {}})\n"
        "except hornbook.HornbookError: raise\n"
        "except TypeError: pass\n"
    )


def test_blocks_may_overlap_and_be_entered_again() -> None:
    """Keras' functions are its own again when the last one has ended."""
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


def test_threads_meet_whole_functions_while_another_installs() -> None:
    """There is no moment at which a function of Keras has lost its gate or its original."""
    in_a_new_process(
        "import sys, threading, time\n"
        "import keras, hornbook\n"
        "sys.setswitchinterval(1e-6)\n"
        "ends, errors = time.monotonic() + 3, []\n"
        "def work():\n"
        "    try:\n"
        "        while time.monotonic() < ends: keras.regularizers.get('l2')\n"
        "    except BaseException as error: errors.append(error)\n"
        "threads = [threading.Thread(target=work) for _ in range(3)]\n"
        "for thread in threads: thread.start()\n"
        "while time.monotonic() < ends:\n"
        "    with hornbook.install(): pass\n"
        "for thread in threads: thread.join()\n"
        "assert not errors, errors\n"
    )


def test_a_second_registry_finds_keras_diverted() -> None:
    """Keras asks once, however many registries there are."""
    in_a_new_process(
        "import keras, hornbook\n"
        "from hornbook.engine.registry import Registry\n"
        "for registry in (Registry(), Registry()):\n"
        "    registry.integrations.activate_for('keras')\n"
        "before = keras.regularizers.get.__code__\n"
        "with hornbook.custom_object_scope({}):\n"
        "    assert keras.regularizers.get('l2').l2 == 0.01\n"
        "assert keras.regularizers.get.__code__ is before\n"
    )


def test_what_is_no_plain_function_is_refused_and_nothing_is_diverted() -> None:
    """One error of ours; plain Keras goes on."""
    in_a_new_process(
        "import functools, keras, hornbook\n"
        "from keras.src.saving import serialization_lib\n"
        "original = serialization_lib.serialize_keras_object\n"
        "other = serialization_lib.deserialize_keras_object\n"
        "before = other.__code__\n"
        "serialization_lib.serialize_keras_object = functools.partial(original)\n"
        "for use in (hornbook.install, hornbook.custom_object_scope({}).__enter__):\n"
        "    try: use()\n"
        "    except hornbook.HornbookError as error: assert 'serialize_keras_object' in str(error), error\n"
        "    else: raise AssertionError\n"
        "assert other.__code__ is before\n"
        "assert keras.layers.Dense(1).from_config(keras.layers.Dense(1).get_config())\n"
        "serialization_lib.serialize_keras_object = original\n"
        "with hornbook.custom_object_scope({'relu': len}): assert keras.activations.get('relu') is len\n"
    )


LOCALS = """
from hornbook.integrations.divert import Diversion, divert

def makes(kept, more):
    def plain(): return None
    def one(): return kept
    def two(): return kept, more
    return plain, one, two

def gate(original):
    def refuses():
        raise ValueError(original())
    return refuses

functions = makes("kept", "more")
divert([Diversion("", function, gate) for function in functions], "")
for function, free in zip(functions, ({}, {"kept": "kept"}, {"kept": "kept", "more": "more"})):
    try:
        function()
    except ValueError as error:
        frame = error.__traceback__.tb_next.tb_frame
        assert frame.f_code.co_name == function.__name__
        assert {**frame.f_locals, **free} == frame.f_locals, frame.f_locals
    else:
        raise AssertionError
"""


def test_the_locals_of_what_is_diverted_can_be_read() -> None:
    """Debuggers read them; without its free variables a frame would end the process."""
    in_a_new_process(LOCALS)
