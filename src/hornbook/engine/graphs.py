"""The parts of the graph of a model in a config: shapes, the ends of calls, and calls of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hornbook.engine.codecs.plain import ATOMS, are_atoms
from hornbook.engine.reference import is_object_config
from hornbook.engine.violations import Steps, Wrong
from hornbook.errors import short

# Objects and the steps to them, by the address of what they are in.
ObjectsWithin = dict[int, list[tuple[dict[str, Any], Steps]]]
# Says what is wrong with a dtype.
Check = Callable[[Any], Wrong | None]

TENSOR = "__keras_tensor__"
_LEAF = 3  # a layer, the number of its call, the number of the output


def is_shape(value: Any) -> bool:
    """Say whether these are the lengths of the axes of an array; one that is not known is `null`.

    Example:
        >>> is_shape([None, 3]), is_shape([]), is_shape([-1]), is_shape([True]), is_shape("3")
        (True, True, False, False, False)
    """
    return isinstance(value, (list, tuple)) and all(one is None or (type(one) is int and one >= 0) for one in value)


def is_end(value: Any) -> bool:
    """Return whether this is a tensor by the layer that made it: `["dense", 0, 0]`.

    A number below zero would count from the end, and mean another call than it names.
    """
    return (
        isinstance(value, (list, tuple))
        and len(value) == _LEAF
        and type(value[0]) is str
        and all(type(one) is int and one >= 0 for one in value[1:])
    )


def ends_within(value: Any) -> Iterator[Any]:
    """Yield the tensors in whichever containers, of calls of Keras 2 without their arguments."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, (list, tuple)):
            if is_end(one[:_LEAF]):
                yield one[:_LEAF]
            else:
                todo += one


def wrong_call(node: Any) -> str | None:
    """Return what is wrong with the form of one call of a layer, in Keras 3 or before, if anything is.

    Example:
        >>> wrong_call([["dense", 0, 0, {}]]), wrong_call(3)
        (None, 'A call of a layer needs `args` and `kwargs`, not 3')
    """
    if isinstance(node, list):
        ends = node and all(isinstance(one, (list, tuple)) and is_end(one[:_LEAF]) for one in node)
        if ends and all(len(one) == _LEAF or (len(one) == _LEAF + 1 and isinstance(one[-1], dict)) for one in node):
            return None
    elif isinstance(node, Mapping):
        args, kwargs = node.get("args"), node.get("kwargs")
        if isinstance(args, (list, tuple)) and isinstance(kwargs, Mapping):
            return None
    return f"A call of a layer needs `args` and `kwargs`, not {short(node)}"


def misshapen(
    inner: Mapping[str, Any],
    layers: list[Any],
    calls: Mapping[str, int],
    within: ObjectsWithin,
    dtype: Check | None,
) -> Iterator[tuple[Steps, Wrong]]:
    """Yield what is wrong with the form of a graph, and where in the config of its model.

    Args:
        inner: The inner config of the model.
        layers: Its layers.
        calls: How often each layer is called, by name.
        within: The objects within each node, by its address.
        dtype: Says what is wrong with a dtype.
    """
    for end in ("input_layers", "output_layers"):
        for one in ends_within(inner.get(end)):
            what = _beyond(one, calls)
            if what:
                yield (end,), Wrong("graph", what)
    for position, layer in enumerate(layers):
        if type(layer) is dict:
            for steps, wrong in _misshapen_layer(layer, calls, within, dtype):
                yield ("layers", position, *steps), wrong


def _misshapen_layer(
    layer: dict[str, Any], calls: Mapping[str, int], within: ObjectsWithin, dtype: Check | None
) -> Iterator[tuple[Steps, Wrong]]:
    if type(layer.get("name")) is not str:
        yield (), Wrong("type", "A layer of a graph needs a `name`")
    nodes = layer.get("inbound_nodes")
    if type(nodes) is not list:
        yield (), Wrong("type", f"A layer of a graph needs a list of `inbound_nodes`, not {short(nodes)}")
        return
    for number, node in enumerate(nodes):
        place: Steps = ("inbound_nodes", number)
        what = wrong_call(node)
        if what is not None:
            yield place, Wrong("type", what)
            continue
        for one in ends_within(node) if isinstance(node, list) else ():
            what = _beyond(one, calls)
            if what:
                yield place, Wrong("graph", what)
        for child, steps in within.get(id(node), ()):
            wrong = _wrong_tensor(child["config"], calls, dtype) if child["class_name"] == TENSOR else None
            if wrong is not None:
                yield (*place, *steps), wrong


def _wrong_tensor(tensor: Any, calls: Mapping[str, int], dtype: Check | None) -> Wrong | None:
    """Return what is wrong with a tensor that a layer is called with."""
    if type(tensor) is not dict:
        return Wrong("type", f"A tensor needs a dict, not {short(tensor)}")
    history, shape = tensor.get("keras_history"), tensor.get("shape")
    if not is_shape(shape):
        return Wrong("type", f"A tensor needs a `shape`, not {short(shape)}")
    if type(tensor.get("dtype")) is not str:
        return Wrong("type", f"A tensor needs a `dtype`, not {short(tensor.get('dtype'))}")
    if not is_end(history):
        return Wrong("type", f"A tensor needs a layer and two numbers as `keras_history`, not {short(history)}")
    what = _beyond(history, calls)
    if what:
        return Wrong("graph", what)
    wrong = None if dtype is None else dtype(tensor["dtype"])
    return None if wrong is None else wrong._replace(what=f"`dtype` {wrong.what}")


def _beyond(end: Any, calls: Mapping[str, int]) -> str:
    """Return what is wrong with a tensor where its layer is known and has no such call."""
    name, call, _ = end
    if name not in calls or call < calls[name]:
        return ""
    return f"A tensor is of call {short(call)} of the layer {short(name)}, which has fewer"


def objects_within(value: Any) -> Iterator[tuple[dict[str, Any], Steps]]:
    """Yield the object configs nearest to `value`, itself included, and the steps to them."""
    todo: list[tuple[Any, Steps]] = [(value, ())]
    while todo:
        one, steps = todo.pop()
        if isinstance(one, dict):
            if is_object_config(one):
                yield one, steps
            else:
                todo += [(member, (*steps, name)) for name, member in one.items() if type(member) not in ATOMS]
        elif isinstance(one, (list, tuple)) and not are_atoms(map(type, one)):
            todo += [(member, (*steps, i)) for i, member in enumerate(one) if type(member) not in ATOMS]
