"""Functions that a layer holds: lambdas as byte code, and functions by name."""

from __future__ import annotations

from typing import Any

from hornbook.engine.code import FUNCTIONS
from hornbook.upgrading.node import ABSENT, OldObject, UpgradeRule, function, sequence
from hornbook.upgrading.rules.operation_table import UNARY

_SOURCE = "keras/layers/core/lambda_layer.py of Keras 2.15.0 and 3.15.1, `get_config`"


def _lambda(obj: OldObject) -> None:
    """The type of a function stood beside it; now it shows in its form."""
    for field in FUNCTIONS:
        kind = obj.drop(f"{field}_type")
        module = obj.drop(f"{field}_module" if field != "function" else "module")
        value = obj.get(field)
        if kind == "lambda" and value not in (None, ABSENT):
            obj.set(field, _code(value))
        elif kind == "function" and isinstance(value, str):
            obj.set(field, _operation(value, module) or function(value))
        elif kind not in ("lambda", "function", "raw", None, ABSENT):
            obj.open(f"a function of the type {kind!r}", field)
    if obj.get("mask") is None:
        obj.drop("mask")
    obj.drop("node_indices")


def _code(value: Any) -> dict[str, Any]:
    """Return the form of Keras 3 for byte code with defaults and closure; tuples are lists in it."""
    value = _listed(value)
    parts = [*value, None, None, None] if isinstance(value, list) else [value, None, None]
    return {"class_name": "__lambda__", "config": {"code": parts[0], "defaults": parts[1], "closure": parts[2]}}


def _listed(value: Any) -> Any:
    members = value if isinstance(value, list) else sequence(value)
    return value if members is None else [_listed(member) for member in members]


def _operation(name: str, module: Any) -> dict[str, Any] | None:
    """Return the config of the operation that a function of TensorFlow is, where it is one of one tensor."""
    if name not in UNARY or not str(module).startswith("tensorflow."):
        return None
    name = UNARY[name]
    return {"module": "keras.ops", "class_name": "function", "config": name, "registered_name": name}


def _policy(obj: OldObject) -> None:
    """A policy of TF 2.1 to 2.3 could hold a loss scale, which belongs to the optimizer now."""
    if obj.get("loss_scale") not in (None, ABSENT):
        obj.lose("the loss scale of a policy; LossScaleOptimizer has it now", "loss_scale")
    obj.drop("loss_scale")


def _dtype(obj: OldObject) -> None:
    """TF 2.1 wrote a policy that takes the dtype of the first input."""
    dtype = obj.get("dtype")
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        name = dtype["config"].get("name")
        if isinstance(name, str) and name.strip("_") == "infer":
            obj.drop("dtype")


HELD_FUNCTIONS = (
    UpgradeRule("lambda-form", frozenset({"Lambda"}), "Keras 1 to 2.15", _SOURCE, _lambda),
    UpgradeRule(
        "policy-loss-scale",
        frozenset({"DTypePolicy"}),
        "TF 2.1 to 2.3",
        "TF 2.4 release notes: `tf.keras.mixed_precision` is no longer experimental",
        _policy,
    ),
    UpgradeRule(
        "policy-infer",
        frozenset({"<layer>"}),
        "TF 2.1",
        "tensorflow/python/keras/mixed_precision/experimental/policy.py of TF 2.1",
        _dtype,
    ),
)
