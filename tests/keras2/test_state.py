"""State of models of Keras 2: where Keras itself keeps less than was there, and what it keeps otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .test_golden import PACKAGE, installed

pytestmark = pytest.mark.skipif(not PACKAGE, reason="no Keras 2 is installed")
ARCHIVES = pytest.mark.skipif(installed(PACKAGE or "none") < (2, 12), reason="no `.keras` files before TF 2.12")

COMMON = f"""
import warnings
import numpy as np
{"import tf_keras as keras" if PACKAGE == "tf_keras" else "from tensorflow import keras"}
import hornbook

legacy = getattr(keras.optimizers, "legacy", keras.optimizers)


def model(optimizer):
    made = keras.Sequential([keras.layers.InputLayer((3,)), keras.layers.Dense(2)])
    made.compile(optimizer, "mse")
    made.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    return made


def values(optimizer):
    variables = optimizer.variables
    return [np.asarray(one) for one in (variables() if callable(variables) else variables)]


def warned(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    return result, [one for one in caught if issubclass(one.category, hornbook.errors.OptimizerStateWarning)]
"""


def run(folder: Path, program: str) -> None:
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-c", COMMON + program]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_hdf5_keeps_the_state_of_every_kind_of_optimizer(tmp_path: Path) -> None:
    program = """
for optimizer in (
    legacy.Adam(0.1), legacy.SGD(0.1), keras.optimizers.Adam(0.1), keras.optimizers.SGD(0.1, momentum=0.9),
    keras.mixed_precision.LossScaleOptimizer(legacy.Adam(0.1)),
):
    made = model(optimizer)
    made.save("m.h5")
    again, said = warned(lambda: hornbook.load_model("m.h5"))
    assert not said and isinstance(optimizer, type(again.optimizer))
    for one, other in zip(values(again.optimizer), values(optimizer), strict=True):
        np.testing.assert_array_equal(one, other)
"""
    run(tmp_path, program)


@ARCHIVES
def test_an_archive_without_the_state_of_the_optimizer_says_so(tmp_path: Path) -> None:
    """Keras writes none for a legacy optimizer, and takes a fresh one: TF 2.15.1, tf_keras 2.21.0."""
    program = """
for optimizer, lost in ((legacy.Adam(0.1), True), (keras.optimizers.Adam(0.1), False)):
    made = model(optimizer)
    made.save("theirs.keras")
    _, on_saving = warned(lambda: hornbook.save_model(made, "ours.keras"))
    assert bool(on_saving) is lost
    for name in ("theirs.keras", "ours.keras"):
        again, on_loading = warned(lambda: hornbook.load_model(name))
        assert bool(on_loading) is lost
        assert int(np.asarray(again.optimizer.iterations)) == (0 if lost else 1)
"""
    run(tmp_path, program)


def test_state_that_does_not_fit_leaves_the_optimizer_as_it_began(tmp_path: Path) -> None:
    """Keras 2 goes on with a fresh optimizer as well; the weights of the model are there."""
    program = """
import h5py
made = model(legacy.Adam(0.1))
made.save("m.h5")
with h5py.File("m.h5", "r+") as file:
    group = file["optimizer_weights"]
    names = list(group.attrs["weight_names"])
    group.attrs["weight_names"] = names[:-1]
    last = names[-1]
    del group[last]
again, said = warned(lambda: hornbook.load_model("m.h5"))
assert len(said) == 1 and "starts anew" in str(said[0].message)
assert int(again.optimizer.iterations) == 0 and not any(one.any() for one in values(again.optimizer))
for one, other in zip(again.get_weights(), made.get_weights(), strict=True):
    np.testing.assert_array_equal(one, other)
"""
    run(tmp_path, program)


def node(kind: Any) -> dict[str, Any]:
    """Return the config of a model with one node of TensorFlow's graph, as TF 2.2 wrote it."""
    definition = {"name": "op", "op": kind, "input": ["in"], "attr": {"T": {"type": "DT_FLOAT"}}}
    begin = {"name": "in", "batch_input_shape": [None, 4], "dtype": "float32"}
    layers = [
        {"class_name": "InputLayer", "config": begin, "name": "in", "inbound_nodes": []},
        {
            "class_name": "TensorFlowOpLayer",
            "config": {"name": "op", "dtype": "float32", "node_def": definition, "constants": {}},
            "name": "tf_op_layer_op",
            "inbound_nodes": [[["in", 0, 0, {}]]],
        },
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["tf_op_layer_op", 0, 0]]}
    return {"class_name": "Model", "config": {"name": "m", "layers": layers, **ends}}


def test_a_node_of_the_graph_takes_tensors_alone(tmp_path: Path) -> None:
    kinds = ["ReadFile", "WriteFile", "PyFunc", "PartitionedCall", ["Abs"], None]
    program = f"""
import json
made = hornbook.model_from_config(json.loads('''{json.dumps(node("Abs"))}'''), framework="{PACKAGE}")
np.testing.assert_array_equal(made.predict(-np.ones((1, 4)), verbose=0), np.ones((1, 4)))
for config in json.loads('''{json.dumps([node(kind) for kind in kinds])}'''):
    try:
        hornbook.model_from_config(config, framework="{PACKAGE}")
    except hornbook.errors.UntrustedReferenceError as error:
        assert "node_def" in str(error)
    else:
        raise AssertionError(config)
"""
    run(tmp_path, program)
