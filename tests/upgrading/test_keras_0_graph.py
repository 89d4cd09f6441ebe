"""A `Graph` of Keras 0.x becomes the functional model that it was."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras")

import hornbook
from hornbook.errors import ConfigError


def dense(name: str, units: int) -> dict[str, Any]:
    """Return what Keras 0.3.3 wrote for a layer of a graph."""
    return {
        "name": "Dense", "trainable": True, "cache_enabled": True, "custom_name": name, "output_dim": units,
        "init": "glorot_uniform", "activation": "linear", "W_regularizer": None, "b_regularizer": None,
        "activity_regularizer": None, "W_constraint": None, "b_constraint": None, "input_dim": None,
    }  # fmt: skip


def node(name: str, source: str | None = None, *sources: str, mode: str = "concat") -> dict[str, Any]:
    return {
        "name": name, "input": source, "inputs": list(sources), "merge_mode": mode, "concat_axis": -1,
        "dot_axes": -1, "create_output": False,
    }  # fmt: skip


# As `Graph.to_json` of Keras 0.3.3 wrote it, run on Python 3.8 with Theano.
GRAPH: dict[str, Any] = {
    "name": "Graph",
    "input_config": [{"name": "a", "dtype": "float", "input_shape": [4]}],
    "node_config": [node("d1", "a"), node("d2", "a"), node("d3", None, "d1", "d2")],
    "output_config": [node("o", "d3"), node("both", None, "d1", "d2", mode="sum")],
    "input_order": ["a"],
    "output_order": ["o", "both"],
    "nodes": {"d1": dense("d1", 3), "d2": dense("d2", 3), "d3": dense("d3", 2)},
    "optimizer": {"name": "SGD", "lr": 0.01},
    "loss": {"o": "mse"},
}


def test_it_computes_what_it_did() -> None:
    """Nodes and outputs that join others get a merging layer of their own."""
    model = hornbook.model_from_json(json.dumps(GRAPH))
    random = np.random.default_rng(1)
    weights = [random.normal(size=one.shape).astype("float32") for one in model.get_weights()]
    model.set_weights(weights)
    x = random.normal(size=(5, 4)).astype("float32")
    first, second = x @ weights[0] + weights[1], x @ weights[2] + weights[3]
    outputs = [np.concatenate([first, second], -1) @ weights[4] + weights[5], first + second]
    for found, expected in zip(model.predict(x, verbose=0), outputs, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_keras_1_wrote_the_same_with_classes() -> None:
    """Keras 1.0.8, keras/legacy/models.py."""
    nodes = {
        name: {"class_name": "Dense", "config": {"name": name, "output_dim": layer["output_dim"], "bias": False}}
        for name, layer in GRAPH["nodes"].items()
    }
    inner = {key: GRAPH[key] for key in ("input_config", "node_config", "output_config")}
    config = {"class_name": "Graph", "keras_version": "1.0.8", "config": {**inner, "nodes": nodes}}
    assert [weight.shape for weight in hornbook.model_from_config(config).weights] == [(4, 3), (4, 3), (6, 2)]


def test_a_sequential_may_be_a_node() -> None:
    """A container has no arguments beside its layers."""
    config = deepcopy(GRAPH)
    config["nodes"]["d2"] = {"name": "Sequential", "layers": [{**dense("inner", 3), "input_shape": [4]}]}
    assert len(hornbook.model_from_config(config).weights) == 6


def test_a_merge_with_branches_is_no_row_of_layers() -> None:
    """It holds `layers` as a container does, and joins them: what is not certain is said."""
    branches = [{"name": "Sequential", "layers": [{**dense("d", units), "input_shape": [4]}]} for units in (3, 2)]
    merge = {"name": "Merge", "mode": "concat", "layers": branches}
    _, report = hornbook.upgrade({"name": "Sequential", "layers": [merge, dense("last", 2)]})
    assert any("Merge" in one.what for one in report.open)


def without(*path: Any) -> Any:
    def change(config: Any) -> None:
        for step in path[:-1]:
            config = config[step]
        del config[path[-1]]

    return change


def put(value: Any, *path: Any) -> Any:
    def change(config: Any) -> None:
        for step in path[:-1]:
            config = config[step]
        config[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put("gone", "node_config", 0, "input"), "joins 'gone'"),
        (put("d3", "node_config", 0, "input"), "joins 'd3'"),
        (without("nodes", "d1"), "no layer"),
        (put({"name": "Siamese"}, "nodes", "d1"), "shared"),
        (put("d2", "node_config", 0, "name"), "names of its own"),
        (put([1], "input_config"), "no list of dicts"),
        (without("output_config"), "no list of dicts"),
        (put({"units": 3}, "nodes", "d1"), "no layer of Keras 0.x"),
    ],
)
def test_what_is_no_graph_is_refused(change: Any, told: str) -> None:
    """One error that says what is wrong."""
    config = deepcopy(GRAPH)
    change(config)
    with pytest.raises(ConfigError, match=told):
        hornbook.model_from_config(config)
