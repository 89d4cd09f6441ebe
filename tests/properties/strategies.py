"""What the property tests draw from: plain values, values with a form of their own, graphs, and junk."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import hornbook

# The same examples each time, and no limit on the time of one: the first one imports frameworks.
DETERMINISTIC = settings(derandomize=True, deadline=None, database=None, max_examples=150)

atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["class_name", "config", "Dense", "relu", "function", "__bytes__"])
)


def no_lookalike(value: dict[str, Any]) -> bool:
    """Say whether a dict cannot be taken for an object."""
    return not ("class_name" in value and "config" in value)


keys = st.text(max_size=8) | st.sampled_from(["class_name", "config", "module", "registered_name", "value"])


def containers(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return lists, tuples and dicts of what is drawn from `members`."""
    lists = st.lists(members, max_size=4)
    return lists | lists.map(tuple) | st.dictionaries(keys, members, max_size=4).filter(no_lookalike)


plain = st.recursive(atoms, containers, max_leaves=15)

numbers = st.integers(-9, 9) | st.none()
dtypes = st.sampled_from(["bool", "int8", "int32", "uint16", "int64", "float16", "float32", "float64"])
tagged = (
    st.text(max_size=9).map(str.encode)
    | st.builds(slice, numbers, numbers, numbers)
    | st.just(...)
    | dtypes.flatmap(lambda dtype: arrays.arrays(dtype, st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)))
)
values = st.recursive(atoms | tagged, containers, max_leaves=12)


def listed(value: Any) -> Any:
    """Return a value with lists in the place of tuples, as it is after JSON."""
    if isinstance(value, (list, tuple)):
        return [listed(member) for member in value]
    if isinstance(value, dict):
        return {key: listed(member) for key, member in value.items()}
    return value


def equal(one: Any, other: Any) -> bool:
    """Say whether two values are equal and of the same types throughout, NaN being equal to itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and repr(one.tolist()) == repr(other.tolist())
    if isinstance(one, float):
        return repr(one) == repr(other)
    return bool(one == other)


class Node:
    """An object with a value and parts, which leaves its parts to whoever writes it."""

    def __init__(self, value=None, parts=()):
        self.value = value
        self.parts = list(parts)

    def get_config(self):
        return {"value": self.value, "parts": self.parts}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        value = hornbook.deserialize_keras_object(config.pop("value"))
        return cls(value, [hornbook.deserialize_keras_object(part) for part in config.pop("parts")])


class Idiomatic(Node):
    """One that writes its parts itself, as the documentation of Keras shows."""

    def get_config(self):
        return {"value": self.value, "parts": [hornbook.serialize_keras_object(part) for part in self.parts]}


class Keyed(Node):
    """One that keeps its parts by name, within a dict within its config."""

    def get_config(self):
        named = {f"part {number}": part for number, part in enumerate(self.parts)}
        return {"inner": {"value": self.value, "parts": named}}

    @classmethod
    def from_config(cls, config):
        inner = hornbook.deserialize_keras_object(config["inner"])
        return cls(inner["value"], inner["parts"].values())


class Fresh(Node):
    """One whose `get_config` makes a new object each time."""

    def get_config(self):
        return {**super().get_config(), "made": Node(["made for", len(self.parts)])}

    @classmethod
    def from_config(cls, config):
        made = hornbook.deserialize_keras_object(config["made"])
        assert made.value[1] == len(config["parts"])
        return super().from_config({name: config[name] for name in ("value", "parts")})


NODES = (Node, Idiomatic, Keyed, Fresh)


@st.composite
def graphs(draw: Any) -> Any:
    """Draw a list of objects that hold one another, many of them held more than once."""
    nodes: list[Node] = []
    for _ in range(draw(st.integers(1, 6))):
        parts = draw(st.lists(st.sampled_from(nodes), max_size=3)) if nodes else []
        nodes.append(draw(st.sampled_from(NODES))(draw(plain.filter(lambda value: not isinstance(value, str))), parts))
    return [*draw(st.lists(st.sampled_from(nodes), max_size=2)), nodes[-1]]


def shape(roots: list[Node]) -> list[Any]:
    """Return what a graph is, whatever its addresses: every object once, with the numbers of its parts."""
    numbers: dict[int, int] = {}
    out: list[Any] = []

    def visit(node: Node) -> int:
        if id(node) not in numbers:
            number = numbers[id(node)] = len(numbers)
            out.append(None)
            out[number] = [type(node).__name__, listed(node.value), [visit(part) for part in node.parts]]
        return numbers[id(node)]

    return [[visit(root) for root in roots], out]


names = st.sampled_from(
    [
        *("", "function", "Node", "lab>Node", "Keyed", "lab>Keyed", "Nobody", "no>body", "<lambda>", "a.b", "\ud800"),
        *("__bytes__", "__numpy__", "__tensor__", "__keras_tensor__", "__lambda__", "__slice__", "__ellipsis__"),
        *("__typespec__", "Dense", "Sequential", "Functional", "TimeDistributed", "Adam", "L2", "MeanSquaredError"),
        *("keras", "keras.layers", "keras.optimizers", "keras.regularizers", "keras.src.models.functional", "builtins"),
        *("relu", "mse", "os", "system", "eval", "keras.utils", "get_file", "float32", "int8", "object", "U99999999"),
    ]
)
tags = st.sampled_from(["__bytes__", "__numpy__", "__tensor__", "__keras_tensor__", "__lambda__", "__slice__"])
junk_keys = st.sampled_from(
    [
        *("class_name", "config", "module", "registered_name", "shared_object_id", "build_config", "compile_config"),
        *("value", "parts", "inner", "dtype", "shape", "keras_history", "start", "stop", "step", "spec_name"),
        *("name", "units", "layers", "layer", "activation", "input_layers", "output_layers", "inbound_nodes", "args"),
    ]
)


def junk_containers(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return containers that are, or nearly are, configs."""
    some_names = names | members
    objects = st.fixed_dictionaries(
        {"class_name": some_names, "config": members},
        optional={
            "module": some_names,
            "registered_name": some_names,
            "shared_object_id": st.integers(0, 2) | members,
            "build_config": members,
            "compile_config": members,
        },
    )
    inner = st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("value", "dtype", "shape", "keras_history", "start", "stop", "step"), members)
    )
    whole = st.fixed_dictionaries({"value": members, "dtype": members | dtypes})
    nearly = st.fixed_dictionaries({"class_name": tags, "config": inner | whole})
    return st.lists(members, max_size=3) | st.dictionaries(junk_keys, members, max_size=4) | objects | nearly


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.just(10**400) | st.floats() | names,
    junk_containers,
    max_leaves=12,
)
