"""Beside Keras 2 all works that needs no framework, its models are served, and what needs Keras 3 says so in one error.

These run where Keras 2 is installed, with TensorFlow 2.9 to 2.15, in processes
of their own: what counts is what is imported when.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest


def keras_version() -> str:
    try:
        return version("keras")
    except PackageNotFoundError:
        return "none"


VERSION = keras_version()
pytestmark = pytest.mark.skipif(not VERSION.startswith("2."), reason=f"Keras 2 is not installed, but {VERSION}")

# What each program begins with: own classes, and all that needs no framework.
COMMON = """
import io, json, sys
import hornbook
from hornbook.errors import MissingDependencyError


@hornbook.register_keras_serializable("beside")
class Box:
    def __init__(self, value):
        self.value = value

    def get_config(self):
        return {"value": self.value}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Loose(Box):
    pass


def use():
    for value in (3, [1, 2.5], {"a": None}):
        config = json.loads(json.dumps(hornbook.serialize_keras_object([Box(value)])))
        assert hornbook.deserialize_keras_object(config)[0].value == value
    with hornbook.custom_object_scope({"Loose": Loose}):
        loose = hornbook.deserialize_keras_object(hornbook.serialize_keras_object(Loose(1)))
        assert type(loose) is Loose
    assert hornbook.get_registered_name(Box) == "beside>Box"
    assert hornbook.get_registered_object("beside>Box") is Box
    assert hornbook.check(Box(3)).ok
    for name in ("tf2_2", "tf2_9", "tf2_15", "keras3_6", "keras3_15"):
        module = getattr(hornbook.legacy, name)
        with module.custom_object_scope({"Box": Box}):
            made = module.deserialize_keras_object(module.serialize_keras_object(Box(5)))
            assert made.value == 5


def use_files():
    assert hornbook.audit("old.h5").findings == ()
    assert hornbook.inspect_model("old.h5").parameters == 8
    assert hornbook.inspect_model("old.json").custom_objects == ()
    config = hornbook.read_config("old.json")
    assert hornbook.upgrade(config)[0]["module"].startswith("keras")
    assert hornbook.check_upgrade("old.h5").has_weights
    assert hornbook.upgrade_file("old.json", "new.json", overwrite=True).written
    assert hornbook.fingerprint("old.h5").startswith("sha256:")


def use_models():
    dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}, "registered_name": None}
    assert hornbook.deserialize_keras_object(dense).units == 2
    with open("old.json") as file:
        text = file.read()
    assert len(hornbook.model_from_json(text).weights) == 2
    model = hornbook.load_model("old.h5")
    hornbook.save_model(model, "again.h5")
    hornbook.load_weights(model, "again.h5")
    hornbook.install()
    hornbook.uninstall()


def refuse():
    try:
        hornbook.upgrade_file("old.h5", "new.keras")
    except MissingDependencyError as error:
        text = str(error)
    assert "needs Keras 3, and Keras VERSION is installed" in text, text
    assert len(text.splitlines()) == 2 and "pip install" not in text, text


def do_all():
    use()
    use_files()
    use_models()
    refuse()
""".replace("VERSION", VERSION)

MAKE = """
import keras
model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
model.save("old.h5")
with open("old.json", "w") as file:
    file.write(model.to_json())
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that the installed Keras 2 wrote."""
    folder = tmp_path_factory.mktemp("made")
    run(folder, MAKE)
    return folder


def run(folder: Path, program: str) -> str:
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("first", ["import tensorflow", "import keras", "from tensorflow import keras"])
def test_keras_2_that_is_imported_before_is_left_alone(first: str, made: Path) -> None:
    """Also where only TensorFlow is imported, which brings it along."""
    run(made, f"{first}\n{COMMON}\ndo_all()\ndo_all()")


def test_keras_2_is_not_imported_for_what_needs_no_framework(made: Path) -> None:
    """That would take seconds."""
    run(made, f"{COMMON}\nuse()\nuse_files()\nassert not {{'keras', 'tensorflow'}} & set(sys.modules)")


@pytest.mark.parametrize("later", ["import tensorflow", "import keras"])
def test_keras_2_that_is_imported_later_changes_nothing(later: str, made: Path) -> None:
    run(made, f"{COMMON}\ndo_all()\n{later}\ndo_all()")


def test_keras_2_may_be_half_imported(made: Path) -> None:
    """What runs while it is imported, in the same thread, at each of its modules."""
    program = """
class Watch:
    seen = 0

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "keras":
            Watch.seen += 1
            if Watch.seen % 20 == 1:
                use()
        return None

sys.meta_path.insert(0, Watch())
import keras
assert Watch.seen > 50
do_all()
"""
    run(made, COMMON + program)


def test_keras_2_may_be_imported_by_another_thread_meanwhile(made: Path) -> None:
    program = """
import threading
use()  # imports of two threads may wait for each other in Python up to 3.11 (gh-91351)
thread = threading.Thread(target=lambda: __import__("tensorflow"))
thread.start()
while thread.is_alive():
    use()
thread.join()
do_all()
"""
    run(made, COMMON + program)


def test_keras_2_is_what_it_was(made: Path) -> None:
    """Its functions are the same objects, outside of scopes they do what they did, and it saves and loads."""
    program = """
import keras
functions = [
    one for module in (keras.utils, keras.models, keras.layers, keras.regularizers)
    for one in vars(module).values() if hasattr(one, "__code__")
]
before = [(id(one), one.__name__, one.__doc__) for one in functions]
do_all()
with hornbook.custom_object_scope({"Loose": Loose}):
    model = keras.models.load_model("old.h5")
    model.save("again.h5")
assert len(functions) > 50
assert [(id(one), one.__name__, one.__doc__) for one in functions] == before
"""
    run(made, COMMON + program)


def test_a_layer_of_ones_own_is_a_class_of_ones_own(made: Path) -> None:
    """Keras 2 is only the base of the class; its config is plain."""
    program = """
import keras

@hornbook.register_keras_serializable("beside")
class Scale(keras.layers.Layer):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

config = json.loads(json.dumps(hornbook.serialize_keras_object(Scale(3.0, name="s"))))
made = hornbook.deserialize_keras_object(config)
assert (made.factor, made.name) == (3.0, "s")
assert hornbook.check(made).ok
"""
    run(made, COMMON + program)


@pytest.mark.parametrize("command", [["inspect", "old.h5"], ["audit", "old.h5"], ["upgrade", "--check", "old.h5"]])
def test_the_command_line_tells_what_files_hold(command: list[str], made: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "hornbook.cli", *command], cwd=made, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_refuses_to_rewrite_weights(made: Path) -> None:
    command = [sys.executable, "-m", "hornbook.cli", "upgrade", "old.h5", "-o", "new.keras"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"needs Keras 3, and Keras {VERSION} is installed - at old.h5" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert "pip install" not in done.stderr
