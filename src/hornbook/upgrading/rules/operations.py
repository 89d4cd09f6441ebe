"""Functions of TensorFlow called on the tensors of a model, as operations of Keras 3.

TF 2.4 to 2.15 wrote them as `TFOpLambda` with the name of the function, TF 1.15
to 2.3 as `TensorFlowOpLayer` with a node of TensorFlow's graph.  Only what means
the same for all arguments is in the tables.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any, NamedTuple

from hornbook.upgrading.node import Part
from hornbook.upgrading.rules import calls

CLASSES = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})


class Operation(NamedTuple):
    """One operation of Keras 3.

    Args:
        name: The class.
        space: The module of `keras.src.ops` that it is in.
        inputs: Names that TensorFlow has for the inputs after the first.
        settings: Names that TensorFlow has for its other arguments, in their
            order, and the ones of the class.
        defaults: Arguments of the class where TensorFlow has another default.
    """

    name: str
    space: str = "numpy"
    inputs: tuple[str, ...] = ()
    settings: dict[str, str] = {}  # noqa: RUF012  a table
    defaults: dict[str, Any] = {}  # noqa: RUF012  a table


_REDUCE = {"axis": "axis", "keepdims": "keepdims"}
_Y = ("y",)
_UNARY = {
    "Absolute": "abs", "Negative": "negative neg", "Exp": "exp", "Expm1": "expm1", "Log": "log", "Log1p": "log1p",
    "Sqrt": "sqrt", "Square": "square", "Sin": "sin", "Cos": "cos", "Tan": "tan", "Tanh": "tanh", "Floor": "floor",
    "Ceil": "ceil", "Round": "round rint", "Sign": "sign", "Reciprocal": "reciprocal", "LogicalNot": "logical_not",
    "Isnan": "is_nan isnan", "Isfinite": "is_finite isfinite", "Isinf": "is_inf isinf", "Sinh": "sinh", "Cosh": "cosh",
    "Arcsin": "asin", "Arccos": "acos", "Arctan": "atan", "Arcsinh": "asinh", "Arccosh": "acosh", "Arctanh": "atanh",
    "Real": "real", "Conjugate": "conj",
}  # fmt: skip
# Functions of one tensor and no other argument, as TensorFlow calls them and as `keras.ops` does.
UNARY = {old: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name, olds in _UNARY.items() for old in olds.split()}
_BINARY = {
    "Add": "add addv2", "Subtract": "subtract sub", "Multiply": "multiply mul", "TrueDivide": "truediv divide realdiv",
    "FloorDivide": "floordiv floor_div", "Mod": "floormod mod", "Power": "pow", "Maximum": "maximum",
    "Minimum": "minimum",
    "Equal": "equal", "NotEqual": "not_equal notequal", "Greater": "greater", "GreaterEqual":
    "greater_equal greaterequal", "Less": "less", "LessEqual": "less_equal lessequal", "LogicalAnd":
    "logical_and logicaland", "LogicalOr": "logical_or logicalor", "LogicalXor": "logical_xor",
}  # fmt: skip
_REDUCTIONS = {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "Any": "any", "All": "all",
               "Std": "std", "Var": "variance"}  # fmt: skip
_ACTIVATIONS = {"Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Softplus": "softplus", "Softsign": "softsign",
                "Selu": "selu"}  # fmt: skip
BINARY = frozenset(" ".join(_BINARY.values()).split())
_IMAGES = frozenset({"resize", "flip_left_right", "flip_up_down", "rgb_to_grayscale"})
_SPACES = ("math.", "__operators__.", "nn.", "", "compat.v1.math.", "compat.v1.nn.", "compat.v1.")


def _functions() -> dict[str, Operation]:
    """Return the table: the last part of the name of a function, in lower case, and the operation."""
    table = {old: Operation(name) for name, olds in _UNARY.items() for old in olds.split()}
    table |= {old: Operation(name, inputs=_Y) for name, olds in _BINARY.items() for old in olds.split()}
    table |= {f"reduce_{old}": Operation(name, settings=_REDUCE) for name, old in _REDUCTIONS.items()}
    table |= {old: Operation(name, "nn") for name, old in _ACTIVATIONS.items()}
    table |= {
        "rsqrt": Operation("Rsqrt", "math"),
        "erf": Operation("Erf", "math"),
        "silu": Operation("Silu", "nn"),
        "swish": Operation("Silu", "nn"),
        "softmax": Operation("Softmax", "nn", settings={"axis": "axis"}),
        "log_softmax": Operation("LogSoftmax", "nn", settings={"axis": "axis"}),
        "elu": Operation("Elu", "nn"),
        "reshape": Operation("Reshape", settings={"shape": "newshape"}),
        "expand_dims": Operation("ExpandDims", settings={"axis": "axis"}),
        "squeeze": Operation("Squeeze", settings={"axis": "axis"}),
        "transpose": Operation("Transpose", settings={"perm": "axes"}),
        "concat": Operation("Concatenate", settings={"axis": "axis"}),
        "stack": Operation("Stack", settings={"axis": "axis"}),
        "cast": Operation("Cast", "core", settings={"dtype": "dtype"}),
        "clip_by_value": Operation("Clip", settings={"clip_value_min": "x_min", "clip_value_max": "x_max"}),
        "matmul": Operation("Matmul", inputs=("b",)),
        "tile": Operation("Tile", settings={"multiples": "repeats"}),
        "stop_gradient": Operation("StopGradient", "core"),
        "zeros_like": Operation("ZerosLike"),
        "ones_like": Operation("OnesLike"),
        "argmax": Operation("Argmax", settings={"axis": "axis"}, defaults={"axis": 0}),
        "argmin": Operation("Argmin", settings={"axis": "axis"}, defaults={"axis": 0}),
        "argsort": Operation("Argsort", settings={"axis": "axis"}),
        "broadcast_to": Operation("BroadcastTo", settings={"shape": "shape"}),
        "cholesky": Operation("Cholesky", "linalg"),
        "cross": Operation("Cross", inputs=("b",)),
        "cumprod": Operation("Cumprod", settings={"axis": "axis"}, defaults={"axis": 0}),
        "det": Operation("Det", "linalg"),
        "diag_part": Operation("Diagonal", defaults={"axis1": -2, "axis2": -1}),
        "erfinv": Operation("Erfinv", "math"),
        "inv": Operation("Inv", "linalg"),
        "log_sigmoid": Operation("LogSigmoid", "nn"),
        "scalar_mul": Operation("Multiply", inputs=("x",)),
        "solve": Operation("Solve", "linalg", inputs=("rhs",)),
        "trace": Operation("Trace", defaults={"axis1": -2, "axis2": -1}),
        "triangular_solve": Operation(
            "SolveTriangular", "linalg", inputs=("rhs",), settings={"lower": "lower"}, defaults={"lower": True}
        ),
        "atan2": Operation("Arctan2", inputs=("x",)),
        "roll": Operation("Roll", settings={"shift": "shift", "axis": "axis"}),
        "gelu": Operation("Gelu", "nn", settings={"approximate": "approximate"}, defaults={"approximate": False}),
        "leaky_relu": Operation("LeakyRelu", "nn", settings={"alpha": "negative_slope"}),
        "where": Operation("Where", inputs=("x", "y")),
        "divide_no_nan": Operation("DivideNoNan", inputs=_Y),
        "identity": Operation("Copy"),
        "reverse": Operation("Flip", settings={"axis": "axis"}),
        "cumsum": Operation("Cumsum", settings={"axis": "axis"}, defaults={"axis": 0}),
        "one_hot": Operation(
            "OneHot",
            "nn",
            settings={"depth": "num_classes", "axis": "axis", "dtype": "dtype"},
            defaults={"dtype": "float32"},
        ),
        "repeat": Operation("Repeat", settings={"repeats": "repeats", "axis": "axis"}),
        "unstack": Operation("Unstack", "core", settings={"num": "num", "axis": "axis"}),
        "top_k": Operation("TopK", "math", settings={"k": "k", "sorted": "sorted"}, defaults={"k": 1}),
        "sort": Operation("Sort", settings={"axis": "axis"}),
        "tensordot": Operation("Tensordot", inputs=("b",), settings={"axes": "axes"}),
        "reduce_logsumexp": Operation("Logsumexp", "math", settings=_REDUCE),
    }
    return table


FUNCTIONS = _functions()
# Arguments that ask for nothing at these values.
_IDLE: dict[str, tuple[Any, ...]] = {
    "transpose_a": (False,), "transpose_b": (False,), "adjoint_a": (False,), "adjoint_b": (False,),
    "a_is_sparse": (False,), "b_is_sparse": (False,), "conjugate": (False,), "name": (...,),
    "exclusive": (False,), "reverse": (False,), "direction": ("ASCENDING",), "stable": (...,), "adjoint": (False,),
    "output_type": ("int32", "int64"), "k": (0,), "padding_value": (0,), "align": ("RIGHT_LEFT",),
}  # fmt: skip
# Names of nodes of TensorFlow's graph that are called otherwise as functions.
_NODES = {"concatv2": "concat", "pack": "stack", "expanddims": "expand_dims", "logsoftmax": "log_softmax",
          "batchmatmulv2": "matmul", "stopgradient": "stop_gradient"} | {
    old: f"reduce_{old}" for old in ("mean", "sum", "max", "min", "prod", "any", "all")
}  # fmt: skip
_TYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_INT32": "int32", "DT_INT64": "int64",
          "DT_BOOL": "bool", "DT_UINT8": "uint8", "DT_BFLOAT16": "bfloat16"}  # fmt: skip


def upgraded(layer: dict[str, Any], part: Part) -> list[dict[str, Any]]:
    """Return the operations of Keras 3 for a layer that calls a function of TensorFlow; the last has its name.

    Args:
        layer: The layer, its calls as `args` and `kwargs`.
        part: The model; gets what stays open.
    """
    if layer.get("class_name") not in CLASSES or not isinstance(layer.get("config"), dict):
        return [layer]
    read = _node if layer["class_name"] == "TensorFlowOpLayer" else _function
    made = read(layer)
    if isinstance(made, str):
        lacking = not any(_has_tensor(node) for node in layer["inbound_nodes"])
        what = "was written without its tensors" if lacking else "has no certain counterpart in Keras 3"
        part.open(f"the TensorFlow function {made} in layer {layer['name']!r} {what}", "layers")
        return [layer]
    steps, nodes = made
    part.replaced("layers", layer["class_name"], " of ".join(step.name for step in reversed(steps)))
    taken = {one.get("name") for one in part.arguments["layers"] if isinstance(one, dict)}
    layers: list[dict[str, Any]] = []
    for number, step in enumerate(steps, 1):
        name = layer["name"]
        while number < len(steps) and name in taken:
            name = f"{name}_{step.name.lower()}"
        taken.add(name)
        layers.append(_layer(step, name, nodes))
        nodes = [{"args": [calls.tensor(name, node, 0)], "kwargs": {}} for node in range(len(nodes))]
    return layers


def _layer(step: calls.Step, name: str, nodes: list[Any]) -> dict[str, Any]:
    return {
        "module": f"keras.src.ops.{step.space}",
        "class_name": step.name,
        "config": {**step.settings, "name": name},
        "registered_name": None,
        "name": name,
        "inbound_nodes": nodes,
    }


# Operations, each on what the one before gives, and the calls of the first.
Made = tuple[list[calls.Step], list[Any]]


def _function(layer: dict[str, Any]) -> Made | str:
    """Return what a `TFOpLambda` is; the name of the function where that is not known."""
    function = str(layer["config"].get("function"))
    if function == "__operators__.getitem":
        return _getitem(layer["inbound_nodes"], function)
    space, _, last = function.rpartition(".")
    if not _is_known(f"{space}.", last):
        return function
    if last in calls.FUNCTIONS:
        return _converted(calls.FUNCTIONS[last], layer["inbound_nodes"]) or function
    known = FUNCTIONS.get(last)
    if known is None:
        return function
    settings: dict[str, Any] = {}
    nodes: list[Any] = []
    for node in layer["inbound_nodes"]:
        called = _called(known, node, {})
        if called is None or (nodes and called[1] != settings):
            return function
        nodes.append(called[0])
        settings = called[1]
    return [calls.Step(known.name, known.space, settings)], nodes


def _is_known(space: str, last: str) -> bool:
    """Return whether the tables have the functions of a namespace; those of NumPy have other defaults."""
    if space == "experimental.numpy.":
        return last in UNARY or last in BINARY
    return space == "image." if last in _IMAGES else space in (*_SPACES, ".", "linalg.")


def _converted(convert: calls.Convert, nodes: list[Any]) -> Made | None:
    """Return what all calls of a function are, if that is one operation with one set of arguments."""
    made = [convert(list(node["args"]), dict(node["kwargs"])) for node in nodes]
    first = made[0] if made else None
    if first is None or any(one is None or one._replace(args=first.args) != first for one in made):
        return None
    steps = [calls.Step(first.name, first.space, first.settings), *first.then]
    return steps, [{"args": one.args, "kwargs": {}} for one in made if one]


def _called(known: Operation, node: dict[str, Any], given: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Return one call and its settings, or `None` if there is an argument that the table has not."""
    args, kwargs, settings = list(node["args"]), dict(node["kwargs"]), dict(given)
    args += [calls.constant(kwargs.pop(name)) for name in known.inputs if name in kwargs]
    for name, value in kwargs.items():
        if name in known.settings and not _has_tensor(value):
            settings[known.settings[name]] = value
        elif value is not None and _IDLE.get(name) != (...,) and value not in _IDLE.get(name, ()):
            return None
    if len(args) != 1 + len(known.inputs):
        return None
    settings = known.defaults | {name: value for name, value in settings.items() if value is not None}
    return {"args": args, "kwargs": {}}, settings


def _getitem(nodes: list[Any], function: str) -> Made | str:
    made = []
    for node in nodes:
        keys = node["kwargs"].get("slice_spec")
        if not isinstance(keys, list) or _has_tensor(keys):
            return function
        made.append({"args": [*node["args"], [_key(key) for key in keys]], "kwargs": {}})
    return [calls.Step("GetItem", "numpy", {})], made


def _key(key: Any) -> Any:
    """Return one part of an index as Keras 3 writes it."""
    if isinstance(key, dict) and "start" in key:
        return {"class_name": "__slice__", "config": {name: key.get(name) for name in ("start", "stop", "step")}}
    if isinstance(key, dict) and key.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    return key


def _has_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__" or any(map(_has_tensor, value.values()))
    return isinstance(value, list) and any(map(_has_tensor, value))


# ---------------------------------------------------------------- nodes of a graph
def _node(layer: dict[str, Any]) -> Made | str:
    """Return what a `TensorFlowOpLayer` is; the name of the node's kind where that is not known."""
    definition = layer["config"].get("node_def")
    if not isinstance(definition, dict):
        return "of a node"
    kind = str(definition.get("op"))
    attributes = {str(name): value for name, value in (definition.get("attr") or {}).items()}
    constants = {int(name): value for name, value in (layer["config"].get("constants") or {}).items()}
    nodes: list[Any] = []
    settings: dict[str, Any] = {}
    known = FUNCTIONS.get(_NODES.get(kind.lower(), kind.lower()))
    for node in layer["inbound_nodes"]:
        first = node["args"][0]
        tensors = list(first) if isinstance(first, list) else [first]
        inputs = _with_constants(tensors, constants)
        if kind == "StridedSlice":
            made = _sliced(inputs, attributes)
        elif kind == "Einsum":
            made = _summed(inputs, attributes)
        else:
            made = _positional(known, kind, inputs, attributes)
        if made is None or (nodes and made[1] != settings):
            return kind
        nodes.append(made[0])
        settings = made[1]
    if kind == "StridedSlice":
        return [calls.Step("GetItem", "numpy", {})], nodes
    if kind == "Einsum":
        return [calls.Step("Einsum", "numpy", settings)], nodes
    return kind if known is None else ([calls.Step(known.name, known.space, settings)], nodes)


def _with_constants(tensors: list[Any], constants: dict[int, Any]) -> list[Any]:
    """Return the inputs of a node in their order."""
    waiting = list(tensors)
    count = len(tensors) + len(constants)
    return [constants[i] if i in constants else waiting.pop(0) for i in range(count)]


def _positional(
    known: Operation | None, kind: str, inputs: list[Any], attributes: dict[str, Any]
) -> tuple[Any, dict[str, Any]] | None:
    if known is None:
        return None
    if kind in ("ConcatV2", "Pack"):
        axis = inputs.pop() if kind == "ConcatV2" else _number(attributes.get("axis"))
        return {"args": [inputs], "kwargs": {}}, {"axis": axis}
    settings: dict[str, Any] = {}
    count = 1 + len(known.inputs)
    if len(inputs) < count:
        return None
    for name, value in zip(known.settings.values(), inputs[count:], strict=False):
        if _has_tensor(value):
            return None
        settings[name] = value
    if kind == "Cast":
        settings["dtype"] = _TYPES.get(str((attributes.get("DstT") or {}).get("type")))
    elif kind == "Squeeze":
        axes = ((attributes.get("squeeze_dims") or {}).get("list") or {}).get("i")
        settings["axis"] = None if not axes else [int(axis) for axis in axes]
    elif "keep_dims" in attributes:
        settings["keepdims"] = bool((attributes["keep_dims"] or {}).get("b", False))
    flags = ("transpose_a", "transpose_b", "adj_x", "adj_y", "exclusive", "reverse")
    if any((attributes.get(flag) or {}).get("b") for flag in flags) or len(inputs) > count + len(known.settings):
        return None
    return {"args": inputs[:count], "kwargs": {}}, {k: v for k, v in settings.items() if v is not None}


def _summed(inputs: list[Any], attributes: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Return the call of `Einsum`; JSON has the bytes of the equation in base64."""
    try:
        equation = b64decode(attributes["equation"]["s"], validate=True).decode("ascii")
    except (KeyError, TypeError, ValueError):
        return None
    return {"args": list(map(calls.constant, inputs)), "kwargs": {}}, {"subscripts": equation.replace(" ", "")}


def _number(attribute: Any) -> int:
    """Return an integer attribute of a node; zero is left out."""
    return int((attribute or {}).get("i", 0))


def _sliced(inputs: list[Any], attributes: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Return the call of `GetItem` for a `StridedSlice` with constant bounds."""
    source, *bounds = inputs
    if len(bounds) != 3 or not all(isinstance(one, list) for one in bounds):
        return None
    masks = {name: _number(attributes.get(f"{name}_mask")) for name in
             ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}  # fmt: skip
    keys: list[Any] = []
    for place, (start, stop, step) in enumerate(zip(*bounds, strict=False)):
        bit = 1 << place
        if masks["ellipsis"] & bit:
            keys.append({"class_name": "__ellipsis__", "config": {}})
        elif masks["new_axis"] & bit:
            keys.append(None)
        elif masks["shrink_axis"] & bit:
            keys.append(start)
        else:
            start = None if masks["begin"] & bit else start  # noqa: PLW2901
            stop = None if masks["end"] & bit else stop  # noqa: PLW2901
            keys.append({"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}})
    return {"args": [source, keys], "kwargs": {}}, {}
