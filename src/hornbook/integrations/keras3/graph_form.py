"""The form of a graph in the config of a model: shapes, tensors by the layer that made them, and calls of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hornbook.engine.codecs.table import field
from hornbook.engine.codecs.tensor import DTYPES
from hornbook.engine.violations import Problem
from hornbook.errors import ConfigError, short
from hornbook.places import Steps

# Objects and the steps to them, by the address of what they are in.
ObjectsWithin = dict[int, list[tuple[dict[str, Any], Steps]]]
# Returns what is wrong with a dtype.
DtypeCheck = Callable[[Any], Problem | None]

TENSOR = "__keras_tensor__"
# Those of tensors in a graph (Keras 3.15.1).
_TENSOR_DTYPES = (DTYPES - {"int4", "uint4"}) | {"string", "int"}
# Where the config of a model has the tensors that it begins and ends with.
ENDS = ("input_layers", "output_layers")
# What Keras 3.0 to 3.15 write for a call of a layer.
_CALL = ("args", "kwargs")
_LEAF = 3  # a layer, the number of its call, the number of the output


class GraphForm:
    """Whether the calls of layers in a graph, and the tensors in them, have the right form.

    Args:
        calls: How often each layer is called, by name.
        within: The objects within each node, by its address.
        dtype: Returns what is wrong with a dtype.
    """

    def __init__(self, calls: Mapping[str, int], within: ObjectsWithin, dtype: DtypeCheck | None) -> None:
        self._calls = calls
        self._within = within
        self._dtype = dtype

    def problems(self, inner: Mapping[str, Any], layers: list[Any]) -> Iterator[tuple[Steps, Problem]]:
        """Yield what is wrong with the form of a graph, and where in the config of its model."""
        for side in ENDS:
            for end in ends(inner.get(side)):
                what = self._beyond(end)
                if what:
                    yield (side,), Problem("graph", what)
        for position, layer in enumerate(layers):
            if type(layer) is dict:
                for steps, problem in self._of_layer(layer):
                    yield ("layers", position, *steps), problem

    def _of_layer(self, layer: dict[str, Any]) -> Iterator[tuple[Steps, Problem]]:
        if type(layer.get("name")) is not str:
            yield (), Problem("type", "A layer of a graph needs a `name`")
        nodes = layer.get("inbound_nodes")
        if type(nodes) is not list:
            yield (), Problem("type", f"A layer of a graph needs a list of `inbound_nodes`, not {short(nodes)}")
            return
        for number, node in enumerate(nodes):
            for steps, problem in self._of_node(node):
                yield ("inbound_nodes", number, *steps), problem

    def _of_node(self, node: Any) -> Iterator[tuple[Steps, Problem]]:
        what = wrong_call(node)
        if what is not None:
            yield (), Problem("type", what)
            return
        for end in ends(node) if isinstance(node, list) else ():
            what = self._beyond(end)
            if what:
                yield (), Problem("graph", what)
        for child, steps in self._within.get(id(node), ()):
            problem = self._of_tensor(child["config"]) if child["class_name"] == TENSOR else None
            if problem is not None:
                yield steps, problem

    def _of_tensor(self, tensor: Any) -> Problem | None:
        """Return what is wrong with a tensor that a layer is called with."""
        if type(tensor) is not dict:
            return Problem("type", f"A tensor needs a dict, not {short(tensor)}")
        history, shape, dtype = (tensor.get(field) for field in ("keras_history", "shape", "dtype"))
        if not is_shape(shape):
            return Problem("type", f"A tensor needs a `shape`, not {short(shape)}")
        if type(dtype) is not str:
            return Problem("type", f"A tensor needs a `dtype`, not {short(dtype)}")
        if not is_end(history):
            return Problem("type", f"A tensor needs a layer and two numbers as `keras_history`, not {short(history)}")
        what = self._beyond(history)
        if what:
            return Problem("graph", what)
        problem = None if self._dtype is None else self._dtype(dtype)
        return None if problem is None else problem._replace(what=f"`dtype` {problem.what}")

    def _beyond(self, end: Any) -> str:
        """Return what is wrong with a tensor where its layer is known and has no such call."""
        if not (isinstance(end, (list, tuple)) and is_end(end[:_LEAF])):
            return ""
        name, call = end[:2]
        if name not in self._calls or call < self._calls[name]:
            return ""
        return f"A tensor is of call {short(call)} of the layer {short(name)}, which has fewer"


def tensor_parts(config: dict[str, Any]) -> tuple[Any, str, Any]:
    """Return shape, dtype and history of a tensor of a graph.

    Raises:
        ConfigError: One is missing, or is none.
    """
    inner = config["config"]
    shape, dtype, history = (field(inner, name, TENSOR) for name in ("shape", "dtype", "keras_history"))
    if not is_shape(shape):
        raise ConfigError(f"`{TENSOR}` needs a `shape`, not {short(shape)}", config=config)
    if not isinstance(dtype, str) or dtype not in _TENSOR_DTYPES:
        raise ConfigError(f"`{TENSOR}` cannot have the dtype {short(dtype)}", config=config)
    return shape, dtype, history


def is_shape(value: Any) -> bool:
    """Return whether these are the lengths of the axes of an array; one that is not known is `null`.

    Example:
        >>> is_shape([None, 3]), is_shape([]), is_shape([-1]), is_shape([True]), is_shape("3")
        (True, True, False, False, False)
    """
    return isinstance(value, (list, tuple)) and all(size is None or (type(size) is int and size >= 0) for size in value)


def is_end(value: Any) -> bool:
    """Return whether this is a tensor by the layer that made it: `["dense", 0, 0]`.

    A number below zero would count from the end, and mean another call than it names.
    """
    return (
        isinstance(value, (list, tuple))
        and len(value) == _LEAF
        and type(value[0]) is str
        and all(type(number) is int and number >= 0 for number in value[1:])
    )


def ends(value: Any) -> Iterator[Any]:
    """Yield what stands for a tensor in whichever containers: what begins with a text, and what is no container.

    In the form of Keras 2 the arguments of the call may follow.  Whether the
    form is right is for :func:`is_end` to say.

    Example:
        >>> list(ends({"a": ["dense", 0, 0], "b": [[["input", 0, 0, {}], 3]]}))
        [['input', 0, 0, {}], 3, ['dense', 0, 0]]
    """
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo += part.values()
        elif not isinstance(part, (list, tuple)) or (part and isinstance(part[0], str)):
            yield part
        else:
            todo += reversed(part)


def wrong_call(node: Any) -> str | None:
    """Return what is wrong with the form of one call of a layer, in Keras 3 or before, if anything is.

    Example:
        >>> wrong_call([["dense", 0, 0, {}]]), wrong_call(3)
        (None, 'A call of a layer needs `args` and `kwargs` and nothing else, not 3')
    """
    if isinstance(node, list):
        if node and all(map(_is_input, node)):
            return None
    elif isinstance(node, Mapping):
        args, kwargs = node.get("args"), node.get("kwargs")
        if isinstance(args, (list, tuple)) and isinstance(kwargs, Mapping) and len(node) == len(_CALL):
            return None
    return f"A call of a layer needs `args` and `kwargs` and nothing else, not {short(node)}"


def _is_input(tensor: Any) -> bool:
    """Return whether this is a tensor as a call of Keras 2 takes it: the arguments of the call may follow."""
    if not isinstance(tensor, (list, tuple)) or not is_end(tensor[:_LEAF]):
        return False
    arguments = tensor[_LEAF:]
    return not arguments or (len(arguments) == 1 and isinstance(arguments[0], dict))
