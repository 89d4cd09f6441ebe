"""What is registered with us is known to plain Keras, whenever that is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests import needs

pytestmark = needs.keras

REGISTER = """
@hornbook.register_keras_serializable("lab")
class Box:
    def __init__(self, value=1): self.value = value
    def get_config(self): return {"value": self.value}
    @classmethod
    def from_config(cls, config): return cls(**config)

@hornbook.register_keras_serializable("lab", "double")
def twice(x): return 2 * x
"""
USE = """
from keras.src.saving import object_registration
assert object_registration.GLOBAL_CUSTOM_NAMES[Box] == "lab>Box"
config = keras.saving.serialize_keras_object(Box(4))
assert config["registered_name"] == "lab>Box"
assert keras.saving.deserialize_keras_object(config).value == 4
if tuple(map(int, keras.__version__.split(".")[:2])) >= (3, 7):  # before, Keras wrote the bare name of a function
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(twice)) is twice
assert keras.saving.get_registered_name(twice) == "lab>double"
"""
NOTHING_ELSE = """
from keras.src.saving import serialization_lib
assert serialization_lib.deserialize_keras_object.__code__.co_argcount == 3
assert type(keras.__loader__) is type(keras.__spec__.loader) is type(keras.layers.__loader__)
waiting = [one for one in sys.meta_path if "hornbook" in type(one).__module__]
assert [one._name for one in waiting] == ["tf_keras"]  # which may be imported yet
"""


def in_a_new_process(*parts: str) -> None:
    done = subprocess.run([sys.executable, "-c", "".join(parts)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("first", ["import keras, hornbook\n", "import hornbook, keras\n"])
def test_where_keras_was_imported_before(first: str) -> None:
    """Its table is filled at once, and nothing of it is diverted."""
    in_a_new_process("import sys\n", first, REGISTER, USE, NOTHING_ELSE)


def test_where_keras_is_imported_later() -> None:
    """Its table is filled when its import has ended; the import leaves no trace of ours."""
    in_a_new_process("import sys, hornbook\n", REGISTER, "import keras\n", USE, NOTHING_ELSE)


def test_where_keras_is_looked_for_and_imported_in_a_part() -> None:
    """`find_spec` and `import keras.layers` are imports like any other."""
    code = "import importlib.util\nassert importlib.util.find_spec('keras').origin\nimport keras.layers, keras\n"
    in_a_new_process("import sys, hornbook\n", REGISTER, code, USE, NOTHING_ELSE)


def test_a_failed_import_of_keras_is_what_it_was() -> None:
    """The error is Keras' own, and a second try fills its table."""
    code = (
        "import os\n"
        "sys.modules['keras.src'] = None\n"
        "try: import keras\n"
        "except ImportError: pass\n"
        "else: raise AssertionError\n"
        "del sys.modules['keras.src']\n"
        "import keras\n"
    )
    in_a_new_process("import sys, hornbook\n", REGISTER, code, USE, NOTHING_ELSE)


def test_a_class_that_was_registered_with_keras_keeps_that_name() -> None:
    """Keras' table gets the second key, and the name that Keras writes stays."""
    in_a_new_process(
        "import hornbook, keras\n",
        "@hornbook.register_keras_serializable('ours')\n@keras.saving.register_keras_serializable('theirs')\n",
        "class Box:\n    def get_config(self): return {}\n",
        "assert keras.saving.get_registered_name(Box) == 'theirs>Box'\n",
        "assert keras.saving.get_registered_object('ours>Box') is Box\n",
    )


def test_a_model_is_saved_by_keras_and_loaded_by_keras(tmp_path) -> None:
    """The main use: a layer of the user's."""
    in_a_new_process(
        "import keras, hornbook, numpy as np\n",
        "@hornbook.register_keras_serializable('lab')\n",
        "class Plus(keras.layers.Layer):\n    def call(self, x): return x + 1\n",
        f"path = {str(tmp_path / 'm.keras')!r}\n",
        "keras.Sequential([keras.Input((3,)), Plus()]).save(path)\n",
        "assert (np.asarray(keras.models.load_model(path)(np.ones((1, 3)))) == 2).all()\n",
    )


def test_scopes_of_an_older_generation_let_nothing_escape() -> None:
    """Registering with a module of `hornbook.legacy` fills no table of Keras."""
    in_a_new_process(
        "import keras\nfrom hornbook.legacy import tf2_9\n",
        "@tf2_9.register_keras_serializable('old')\n",
        "class Box:\n    def get_config(self): return {}\n",
        "assert keras.saving.get_registered_object('old>Box') is None\n",
    )
