"""`TensorFlowOpLayer` of TF 1.15 to 2.3: a node of TensorFlow's graph, with the constants among its inputs."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from functools import partial
from typing import Any

from hornbook.upgrading.rules.calls import Call, Operations, constant, has_tensor, one_operation
from hornbook.upgrading.rules.operation_table import FUNCTIONS, Operation

Attributes = dict[str, Any]

# Names of nodes of TensorFlow's graph that are called otherwise as functions.
_NODES = {"concatv2": "concat", "pack": "stack", "expanddims": "expand_dims", "logsoftmax": "log_softmax",
          "batchmatmulv2": "matmul", "stopgradient": "stop_gradient"} | {
    old: f"reduce_{old}" for old in ("mean", "sum", "max", "min", "prod", "any", "all")
}  # fmt: skip
_TYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_INT32": "int32", "DT_INT64": "int64",
          "DT_BOOL": "bool", "DT_UINT8": "uint8", "DT_BFLOAT16": "bfloat16"}  # fmt: skip
# Attributes that ask for something else when they are on.
_FLAGS = ("transpose_a", "transpose_b", "adj_x", "adj_y", "exclusive", "reverse")


def operations_of(layer: dict[str, Any]) -> Operations | str:
    """Return what a `TensorFlowOpLayer` is; the name of the node's kind where that is not known."""
    definition = layer["config"].get("node_def")
    if not isinstance(definition, dict):
        return "of a node"
    kind = str(definition.get("op"))
    attributes = {str(name): value for name, value in (definition.get("attr") or {}).items()}
    constants = {int(name): value for name, value in (layer["config"].get("constants") or {}).items()}
    convert = _CONVERTED.get(kind) or partial(_from_table, kind)
    calls = [convert(_inputs(node["args"][0], constants), attributes) for node in layer["inbound_nodes"]]
    return one_operation(calls) or kind


def _inputs(first: Any, constants: dict[int, Any]) -> list[Any]:
    """Return the inputs of a node in their order."""
    tensors = list(first) if isinstance(first, list) else [first]
    count = len(tensors) + len(constants)
    return [constants[i] if i in constants else tensors.pop(0) for i in range(count)]


def _from_table(kind: str, inputs: list[Any], attributes: Attributes) -> Call | None:
    """Return the call of an operation whose arguments are inputs of the node, in the order of the table."""
    known = FUNCTIONS.get(_NODES.get(kind.lower(), kind.lower()))
    if known is None:
        return None
    if kind in ("ConcatV2", "Pack"):
        axis = inputs.pop() if kind == "ConcatV2" else _number(attributes.get("axis"))
        return Call(known.name, known.space, [inputs], {"axis": axis})
    count = 1 + len(known.inputs)
    settings = _settings(known, inputs[count:])
    if len(inputs) < count or settings is None or _is_flagged(attributes):
        return None
    settings |= _from_attributes(kind, attributes)
    settings = {name: value for name, value in settings.items() if value is not None}
    return Call(known.name, known.space, inputs[:count], settings)


def _is_flagged(attributes: Attributes) -> bool:
    return any((attributes.get(flag) or {}).get("b") for flag in _FLAGS)


def _settings(known: Operation, values: list[Any]) -> dict[str, Any] | None:
    """Return the arguments that inputs of a node are, or `None` if there are more, or one is a tensor of the graph."""
    if len(values) > len(known.settings) or any(map(has_tensor, values)):
        return None
    return dict(zip(known.settings.values(), values, strict=False))


def _from_attributes(kind: str, attributes: Attributes) -> dict[str, Any]:
    """Return the arguments that are attributes of a node."""
    if kind == "Cast":
        return {"dtype": _TYPES.get(str((attributes.get("DstT") or {}).get("type")))}
    if kind == "Squeeze":
        axes = ((attributes.get("squeeze_dims") or {}).get("list") or {}).get("i")
        return {"axis": None if not axes else [int(axis) for axis in axes]}
    if "keep_dims" in attributes:
        return {"keepdims": bool((attributes["keep_dims"] or {}).get("b", False))}
    return {}


def _number(attribute: Any) -> int:
    """Return an integer attribute of a node; zero is left out."""
    return int((attribute or {}).get("i", 0))


def _einsum(inputs: list[Any], attributes: Attributes) -> Call | None:
    """Return the call of `Einsum`; JSON has the bytes of the equation in base64."""
    try:
        equation = b64decode(attributes["equation"]["s"], validate=True).decode("ascii")
    except (KeyError, TypeError, ValueError):
        return None
    return Call("Einsum", "numpy", list(map(constant, inputs)), {"subscripts": equation.replace(" ", "")})


def _strided_slice(inputs: list[Any], attributes: Attributes) -> Call | None:
    """Return the call of `GetItem` for a `StridedSlice` with constant bounds."""
    source, *bounds = inputs
    if len(bounds) != 3 or not all(isinstance(bound, list) for bound in bounds):
        return None
    masks = {name: _number(attributes.get(f"{name}_mask")) for name in
             ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}  # fmt: skip
    keys = [
        _key({name for name, mask in masks.items() if mask & 1 << i}, *bound)
        for i, bound in enumerate(zip(*bounds, strict=False))
    ]
    return Call("GetItem", "numpy", [source, keys], {})


def _key(masks: set[str], start: Any, stop: Any, step: Any) -> Any:
    """Return one part of an index as Keras 3 writes it.

    Args:
        masks: The masks in which it is marked.
        start: Where it begins, or the position of a part that is one number.
        stop: Where it ends.
        step: Its step.
    """
    if "ellipsis" in masks:
        return {"class_name": "__ellipsis__", "config": {}}
    if "new_axis" in masks:
        return None
    if "shrink_axis" in masks:
        return start
    start, stop = None if "begin" in masks else start, None if "end" in masks else stop
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}


# Kinds of nodes that need more than another name.
_CONVERTED: dict[str, Callable[[list[Any], Attributes], Call | None]] = {
    "Einsum": _einsum,
    "StridedSlice": _strided_slice,
}
