"""Models of Keras 2 become models of Keras 3 in one process, with the same outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests import needs

import hornbook
from hornbook.errors import ConfigError

from .conftest import package
from .test_golden import FILES, GOLDEN

pytestmark = pytest.mark.skipif(package() != "tf_keras", reason="only tf_keras stands beside Keras 3")
# Keras 3 is imported, and with both in use nothing decides for other tests: each in a process of its own.
ENVIRONMENT = {
    **os.environ,
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "TF_USE_LEGACY_KERAS": "1",
}
COMMON = """
import numpy as np
import tensorflow as tf
import tf_keras
import hornbook

def refused(error, call, text):
    try:
        call()
    except error as found:
        assert text in str(found), found
    else:
        raise AssertionError("it was not refused")
"""


def run(program: str, *arguments: str, given: str = "") -> str:
    command = [sys.executable, "-W", "ignore", *(arguments or ("-c", COMMON + program))]
    done = subprocess.run(command, input=given, env=ENVIRONMENT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_weights_and_the_state_of_the_optimizer_come_along() -> None:
    run("""
inputs = tf_keras.Input((3,))
hidden = tf_keras.layers.BatchNormalization()(tf_keras.layers.Dense(4, "relu")(inputs))
model = tf_keras.Model(inputs, tf_keras.layers.Dense(2)(tf.square(hidden) + 1.0))
model.compile("adam", "mse")
model.fit(np.ones((8, 3)), np.ones((8, 2)), verbose=0)
before = model.get_weights()

made, done = hornbook.convert(model)
import keras
assert isinstance(made, keras.Model) and isinstance(made.optimizer, keras.optimizers.Adam)
assert int(made.optimizer.iterations) == 1
assert done.difference < 1e-5 and not done.not_compared and done.report.changes
batch = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
np.testing.assert_allclose(model.predict(batch, verbose=0), made.predict(batch, verbose=0), atol=1e-5)
for one, other in zip(before, model.get_weights(), strict=True):
    np.testing.assert_array_equal(one, other)
refused(hornbook.errors.ConfigError, lambda: hornbook.convert(made), "Only a model of Keras 2")
""")


def test_a_model_tells_what_it_is_called_with() -> None:
    """Dicts of inputs, open sides, integers and texts; what a model was called with where it has no inputs."""
    run("""
one, two = tf_keras.Input((3,), name="one"), tf_keras.Input((None,), dtype="int32", name="two")
long = tf_keras.layers.Conv1D(2, 9)(tf_keras.layers.Embedding(2, 4)(two))
model = tf_keras.Model({"one": one, "two": two}, [tf_keras.layers.Dense(2)(one), long])
assert hornbook.convert(model)[1].difference < 1e-5

text = tf_keras.layers.TextVectorization(output_sequence_length=3)
text.adapt(["a b", "b c"])
model = tf_keras.Sequential([tf_keras.Input((1,), dtype="string"), text, tf_keras.layers.Embedding(9, 2)])
assert hornbook.convert(model)[1].difference < 1e-5

model = tf_keras.Sequential([tf_keras.layers.Dense(2), tf_keras.layers.Lambda(lambda x: x * 2)])
refused(hornbook.errors.WeightsError, lambda: hornbook.convert(model), "not built")
model.compile("sgd", lambda wanted, given: tf.reduce_sum(wanted - given))
model(tf.ones((1, 3)))
assert hornbook.convert(model, compile=False)[1].difference < 1e-5
pair = tf_keras.Sequential([tf_keras.layers.Dense(2)]), [tf_keras.Input((3,)), tf_keras.Input((3,))]
model = tf_keras.Model(pair[1], tf_keras.layers.Subtract()([pair[0](each) for each in pair[1]]))
assert hornbook.convert(model)[1].difference < 1e-5
""")


def test_what_is_not_the_same_is_an_error() -> None:
    run("""
import keras

class Twice(tf_keras.layers.Layer):
    def call(self, x):
        return 2 * x

class Thrice(keras.layers.Layer):
    def call(self, x):
        return 3 * x

class Same(keras.layers.Layer):
    def call(self, x):
        return 2 * x

model = tf_keras.Sequential([tf_keras.Input((3,)), Twice()])
convert = hornbook.convert
refused(hornbook.errors.UnknownReferenceError, lambda: convert(model), "Twice")
refused(hornbook.errors.WeightsError, lambda: convert(model, custom_objects={"Twice": Thrice}), "differ by")
assert convert(model, custom_objects={"Twice": Thrice}, tolerance=9.0)[1].difference > 0.1
assert convert(model, custom_objects={"Twice": Same})[1].difference == 0
ragged = tf_keras.Sequential([tf_keras.layers.InputLayer((None,), ragged=True), Twice()])
assert convert(ragged, custom_objects={"Twice": Same})[1].not_compared
assert convert(ragged, inputs=np.ones((2, 3), "float32"), custom_objects={"Twice": Same})[1].difference == 0
""")


def test_only_models_of_keras_2_go_to_keras_3() -> None:
    with pytest.raises(ConfigError, match="Only a model of Keras 2"):
        hornbook.convert([1])
    with pytest.raises(ConfigError, match="keras3"):
        hornbook.convert([1], to="keras4")


@needs.shared
@pytest.mark.parametrize("name", list(FILES) or [pytest.param("", marks=pytest.mark.skip("no files"))])
def test_models_of_real_files_give_the_recorded_outputs(name: str) -> None:
    """Byte code of another Python, and of a function that has more than itself, is no model to convert."""
    some = [file for file in FILES[name] if file.endswith(".keras") and not file.startswith("lambda")]
    script = str(Path(__file__).with_name("golden_run.py"))
    said = run("", script, "tf_keras", str(GOLDEN / name), "convert", given="\n".join(some))
    outcomes = dict(json.loads(line) for line in said.splitlines() if line.startswith("["))
    assert list(outcomes) == some
    assert {file: problem for file, problem in outcomes.items() if problem is not None} == {}


def test_a_registered_class_is_that_of_the_framework_that_is_wanted() -> None:
    """Packages for both register one name with each."""
    run("""
import keras
for framework in (tf_keras, keras):
    register = framework.saving.register_keras_serializable("lab")
    made = type("Scale", (framework.layers.Layer,), {"call": lambda self, x: 2 * x})
    register(made)
model = tf_keras.Sequential([tf_keras.Input((3,)),
                             tf_keras.saving.get_registered_object("lab>Scale")()])
done = hornbook.convert(model)
assert isinstance(done[0].layers[-1], keras.layers.Layer) and done[1].difference == 0
""")


def test_a_subclassed_model_becomes_that_of_the_caller() -> None:
    """It has no inputs, and its call may take no `training`."""
    run("""
import keras

def shaped(framework):
    class Shaped(framework.Model):
        def __init__(self, width, **kwargs):
            super().__init__(**kwargs)
            self.width, self.first, self.last = width, framework.layers.Dense(width), framework.layers.Dense(2)

        def call(self, x):
            return self.last(self.first(x))

        def get_config(self):
            return {"width": self.width}
    return Shaped

model = shaped(tf_keras)(3)
model(tf.ones((2, 4)))
made, done = hornbook.convert(model, custom_objects={"Shaped": shaped(keras)})
assert isinstance(made, keras.Model) and done.difference < 1e-5, done
""")
