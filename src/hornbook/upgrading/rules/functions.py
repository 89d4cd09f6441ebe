"""Functions that a layer holds: lambdas as byte code, and functions by name."""

from __future__ import annotations

from typing import Any

from hornbook.engine.code import FUNCTIONS
from hornbook.upgrading.node import ABSENT, Part, Rule, function, sequence
from hornbook.upgrading.rules.operations import UNARY

_SOURCE = "keras/layers/core/lambda_layer.py of Keras 2.15.0 and 3.15.1, `get_config`"


def _lambda(part: Part) -> None:
    """The type of a function stood beside it; now it shows in its form."""
    for field in FUNCTIONS:
        kind = part.drop(f"{field}_type")
        module = part.drop(f"{field}_module" if field != "function" else "module")
        value = part.get(field)
        if kind == "lambda" and value not in (None, ABSENT):
            part.set(field, _code(value))
        elif kind == "function" and isinstance(value, str):
            part.set(field, _operation(value, module) or function(value))
        elif kind not in ("lambda", "function", "raw", None, ABSENT):
            part.open(f"a function of the type {kind!r}", field)
    if part.get("mask") is None:
        part.drop("mask")
    part.drop("node_indices")


def _code(value: Any) -> dict[str, Any]:
    """Return the form of Keras 3 for byte code with defaults and closure; tuples are lists in it."""
    value = _listed(value)
    parts = [*value, None, None, None] if isinstance(value, list) else [value, None, None]
    return {"class_name": "__lambda__", "config": {"code": parts[0], "defaults": parts[1], "closure": parts[2]}}


def _listed(value: Any) -> Any:
    members = value if isinstance(value, list) else sequence(value)
    return value if members is None else [_listed(one) for one in members]


def _operation(name: str, module: Any) -> dict[str, Any] | None:
    """Return the config of the operation that a function of TensorFlow is, where it is one of one tensor."""
    if name not in UNARY or not str(module).startswith("tensorflow."):
        return None
    name = UNARY[name]
    return {"module": "keras.ops", "class_name": "function", "config": name, "registered_name": name}


def _policy(part: Part) -> None:
    """A policy of TF 2.1 to 2.3 could hold a loss scale, which belongs to the optimizer now."""
    if part.get("loss_scale") not in (None, ABSENT):
        part.lose("the loss scale of a policy; LossScaleOptimizer has it now", "loss_scale")
    part.drop("loss_scale")


def _dtype(part: Part) -> None:
    """TF 2.1 wrote a policy that takes the dtype of the first input."""
    dtype = part.get("dtype")
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        name = dtype["config"].get("name")
        if isinstance(name, str) and name.strip("_") == "infer":
            part.drop("dtype")


RULES = (
    Rule("lambda-form", frozenset({"Lambda"}), "Keras 1 to 2.15", _SOURCE, _lambda),
    Rule("policy-loss-scale", frozenset({"DTypePolicy"}), "TF 2.1 to 2.3",
         "TF 2.4 release notes: `tf.keras.mixed_precision` is no longer experimental", _policy),
    Rule("policy-infer", frozenset({"<layer>"}), "TF 2.1",
         "tensorflow/python/keras/mixed_precision/experimental/policy.py of TF 2.1", _dtype),
)  # fmt: skip
