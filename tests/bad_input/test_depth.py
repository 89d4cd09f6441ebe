"""Nesting of 100,000 levels is one error of ours, and no crash (each case in a process of its own)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.needs import KERAS

# What all cases share.  `CASE` follows and defines `call`.
PRELUDE = """
import io, json, os, sys, tempfile, warnings
import hornbook
LEVELS = 100_000

class Leaf:
    def __init__(self, deep=None):
        self.deep = deep
    def get_config(self):
        return {"deep": self.deep}
    @classmethod
    def from_config(cls, config):
        return cls(hornbook.deserialize_keras_object(config["deep"]))

def nested(wrap, value=None):
    for _ in range(LEVELS):
        value = wrap(value)
    return value

lists, dicts = (lambda inner: [inner]), (lambda inner: {"a": inner})
leaves = lambda inner: {"class_name": "Leaf", "config": {"deep": inner}}
layers = lambda inner: {
    "module": "keras.layers", "class_name": "TimeDistributed", "config": {"layer": inner}, "registered_name": None
}
GIVEN = {"Leaf": Leaf}
"""

FINISH = """
from hornbook.engine import scope
from hornbook.engine.decode import current_reader
from hornbook.engine.writing import current_writer
folder = tempfile.mkdtemp()
tempfile.tempdir = folder
try:
    call()
except hornbook.HornbookError as error:
    text = str(error)
    assert len(text) < 600 and len(text.splitlines()) <= 2, text[:600]
    assert error.place, text
    assert current_reader() is None and current_writer() is None and not scope.in_scope()
    assert os.listdir(folder) == []
    print("refused:", type(error).__name__, text)
else:
    print("accepted")
sys.stdout.flush()
os._exit(0)  # what is nested so deep need not be taken apart
"""

ARCHIVE = """
sys.path.insert(0, {tests!r})
from bad_input import archives
data = archives.with_members({{{member!r}: ({text}).encode()}})
call = lambda: hornbook.load_model(io.BytesIO(data))
"""

READING = {
    "a list": "call = lambda: hornbook.deserialize_keras_object(nested(lists))",
    "a tuple": "call = lambda: hornbook.deserialize_keras_object(nested(lambda inner: (inner,)))",
    "a dict": "call = lambda: hornbook.deserialize_keras_object(nested(dicts))",
    "a list in a class": "call = lambda: hornbook.deserialize_keras_object(leaves(nested(lists)), GIVEN)",
    "classes": "call = lambda: hornbook.deserialize_keras_object(nested(leaves), GIVEN)",
    "layers": "import keras; call = lambda: hornbook.deserialize_keras_object(nested(layers))",
    "unknown classes": "call = lambda: hornbook.deserialize_keras_object(nested(leaves))",
    "a slice": (
        "cut = lambda inner: {'class_name': '__slice__', 'config': {'start': inner, 'stop': 1, 'step': 1}}\n"
        "call = lambda: hornbook.deserialize_keras_object(nested(cut))"
    ),
    "an array": (
        "array = {'class_name': '__numpy__', 'config': {'value': nested(lists), 'dtype': 'int8'}}\n"
        "call = lambda: hornbook.deserialize_keras_object([array])"
    ),
    "a class name": "call = lambda: hornbook.deserialize_keras_object({'class_name': nested(lists), 'config': {}})",
    "a registered name": (
        "call = lambda: hornbook.deserialize_keras_object("
        "{'class_name': 'Leaf', 'config': {}, 'registered_name': nested(lists)}, GIVEN)"
    ),
    "a shared id": (
        "call = lambda: hornbook.deserialize_keras_object("
        "{'class_name': 'Leaf', 'config': {'deep': 1}, 'shared_object_id': nested(lists)}, GIVEN)"
    ),
    "a build config": (
        "call = lambda: hornbook.deserialize_keras_object("
        "{'class_name': 'Leaf', 'config': {'deep': 1}, 'build_config': nested(dicts)}, GIVEN)"
    ),
    "what a class makes up": (
        "class Making(Leaf):\n"
        "    @classmethod\n"
        "    def from_config(cls, config):\n"
        "        return cls(hornbook.deserialize_keras_object(nested(lists)))\n"
        "call = lambda: hornbook.deserialize_keras_object(leaves(1), {'Leaf': Making})"
    ),
    "a class that calls itself": (
        "class Endless(Leaf):\n"
        "    @classmethod\n"
        "    def from_config(cls, config):\n"
        "        return cls(hornbook.deserialize_keras_object(leaves(1)))\n"
        "call = lambda: hornbook.deserialize_keras_object(leaves(1), {'Leaf': Endless})"
    ),
    "a list that holds itself": "deep = []; deep.append(deep); call = lambda: hornbook.deserialize_keras_object(deep)",
    "a dict that holds itself": "deep = {}; deep['a'] = deep; call = lambda: hornbook.deserialize_keras_object(deep)",
    "a class that holds itself": (
        "deep = leaves(1); deep['config']['deep'] = deep\ncall = lambda: hornbook.deserialize_keras_object(deep, GIVEN)"
    ),
    "a list of itself many times": (
        "deep = [1]\n"
        "for _ in range(100): deep = [deep] * 10\n"
        "policy = hornbook.Policy(limits=hornbook.Limits(nodes=10_000))\n"
        "call = lambda: hornbook.deserialize_keras_object(deep, policy=policy)"
    ),
    "a model config": "import keras; call = lambda: hornbook.model_from_config(nested(layers))",
    "a Sequential of old": (
        "import keras\ncall = lambda: hornbook.model_from_config({'class_name': 'Sequential', 'config': nested(dicts)})"
    ),
    "JSON lists": "call = lambda: hornbook.model_from_json('[' * LEVELS + ']' * LEVELS)",
    "JSON lists without an end": "call = lambda: hornbook.model_from_json('[' * LEVELS)",
    "JSON objects": "call = lambda: hornbook.model_from_json('{\"a\":' * LEVELS + '1' + '}' * LEVELS)",
    "JSON bytes": "call = lambda: hornbook.model_from_json(b'[' * LEVELS + b']' * LEVELS)",
}

WRITING = {
    "a list": "call = lambda: hornbook.serialize_keras_object(nested(lists))",
    "a dict": "call = lambda: hornbook.serialize_keras_object(nested(dicts))",
    "a tuple": "call = lambda: hornbook.serialize_keras_object(nested(lambda inner: (inner,)))",
    "objects": "call = lambda: hornbook.serialize_keras_object(nested(Leaf))",
    "a list in a model": (
        "import keras\n"
        "class Deep(keras.layers.Layer):\n"
        "    def get_config(self):\n"
        "        return {**super().get_config(), 'deep': nested(lists)}\n"
        "model = keras.Sequential([keras.Input((2,)), Deep()])\n"
        "call = lambda: hornbook.save_model(model, io.BytesIO())"
    ),
}

MEMBERS = {
    "lists in the config": ("config.json", '"[" * LEVELS + "]" * LEVELS'),
    "objects in the config": ("config.json", "'{\"a\":' * LEVELS + '1' + '}' * LEVELS"),
    "lists in a part of the config": (
        "config.json",
        'json.dumps(archives.config())[:-1] + ", \\"deep\\": " + "[" * LEVELS + "]" * LEVELS + "}"',
    ),
    "lists in the metadata": ("metadata.json", '"[" * LEVELS + "]" * LEVELS'),
}


def outcome(case):
    """Return what a case printed, in a process of its own that must end well."""
    if not KERAS and ("keras" in case or "archives" in case):
        pytest.skip("needs Keras 3, which is not here")
    ended = subprocess.run(
        [sys.executable, "-c", PRELUDE + case + FINISH], capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, f"exit {ended.returncode}: {ended.stderr[-1500:]}"
    return ended.stdout


@pytest.mark.parametrize("what", READING)
def test_reading_what_nests_100000_levels_is_refused(what):
    """Python objects and JSON text nested that deep are one error of ours."""
    assert outcome(READING[what]).startswith("refused:")


@pytest.mark.parametrize("what", WRITING)
def test_writing_what_nests_100000_levels_is_refused(what):
    """So are objects to be written."""
    assert outcome(WRITING[what]).startswith("refused: SerializationError")


@pytest.mark.parametrize("what", MEMBERS)
def test_an_archive_that_nests_100000_levels_is_refused(what):
    """So is JSON within an archive, and the error names the member."""
    member, text = MEMBERS[what]
    tests = str(Path(__file__).parents[1])
    found = outcome(ARCHIVE.format(tests=tests, member=member, text=text))
    assert found.startswith("refused:")
    assert member in found
