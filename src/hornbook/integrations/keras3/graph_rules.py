"""What several objects of a config say together: layers, the graph that connects them, and how much work that is.

Keras makes a model of its config by calling layers as often as the config
says, in the order in which it says so.  Here it is judged before any layer is
made whether the calls have the right form, whether what they name is there,
and whether there are more of them than a policy allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import add
from typing import Any

from hornbook.engine.arguments import objects_within
from hornbook.engine.builtins import Check, NamedObject
from hornbook.engine.construct import ENTRY
from hornbook.engine.patterns import steps as pattern_steps
from hornbook.engine.reference import is_object_config
from hornbook.engine.violations import Problem, Rules
from hornbook.errors import LimitError, short
from hornbook.integrations.keras3 import private
from hornbook.integrations.keras3.argument_rules import LAYERS, MODEL, rules_for
from hornbook.integrations.keras3.graph_form import ENDS, TENSOR, GraphForm, ObjectsWithin, ends, is_end
from hornbook.places import Steps

# What a node of a graph hands to a layer: tensors and plain values, and what the user brought along.
_IN_NODES = frozenset({"function"})
_NOTHING: frozenset[str] = frozenset()
# Keras (3.15) compares the shapes of the tensors that it joins with one another.
_PAIRS = 20_000_000


class GraphReview:
    """Judges layers and graphs of one config.

    Args:
        check: Where is said what is wrong.
    """

    __slots__ = ("_calls", "_check", "_layers", "_pairs")

    def __init__(self, check: Check) -> None:
        self._check = check
        self._layers = 0
        self._pairs = 0  # of tensors that one layer is called with
        self._calls: dict[int, int] = {}

    def object(self, config: dict[str, Any], inner: dict[str, Any], named: NamedObject) -> None:
        """Judge a layer, a model or an operation, or what has a `build_config` or a `compile_config`."""
        if named.builtin and named.rules:
            self._of_builtin(config, inner, named.kind, named.rules)
        layers = inner.get("layers")
        if type(layers) is list and named.kind in LAYERS:
            rules = named.rules if named.builtin else None
            if rules is None and _inherits_form(inner, named):
                rules = rules_for(MODEL, "Functional")
                self._check.arguments(inner, {field: inner[field] for field in ("layers", *ENDS)}, rules)
            self._graph(inner, layers, rules)

    def _of_builtin(self, config: dict[str, Any], inner: dict[str, Any], kind: str | None, rules: Rules) -> None:
        """Judge what the config of a model needs, and what that of anything else may not have."""
        if kind != MODEL:
            compiled = config.get("compile_config")
            if compiled and type(compiled) is dict:
                problem = Problem("type", "What is no model is not compiled")
                self._check.violation(config, ("compile_config",), problem)
            return
        for field, rule in rules.items():
            if rule.required and field not in inner:
                problem = Problem("type", f"The config of a model needs `{field}`", code="model-lacks-field")
                self._check.violation(config, ("config",), problem)
        if inner.get("build_input_shape") and inner.get("layers") in ([], ()):
            self._check.violation(config, ("config",), Problem("graph", "A model without layers is not built"))

    def _graph(self, inner: dict[str, Any], layers: list[Any], rules: Rules | None) -> None:
        """Judge the layers of a model, and how they are connected.

        Args:
            inner: The inner config of the model.
            layers: Its layers.
            rules: Those for arguments, of a model that Keras reads in its own way.
        """
        self._layers += len(layers)
        if self._layers > self._check.tally.policy.limits.layers:
            return  # reported at the end
        if "input_layers" not in inner:
            self._row(inner, len(layers))
        names = self._layer_names(inner, layers)
        if names is not None and "input_layers" in inner:
            self._known_ends(inner, names)
            within = self._nodes(inner, layers, names)
            if rules is not None:
                self._form(inner, layers, names, rules, within)

    def _row(self, inner: dict[str, Any], longest: int) -> None:
        """Judge how many calls of layers follow one another: Keras 3.15 goes through them from the end, each in a call.

        Args:
            inner: The inner config of the model.
            longest: How many there are.
        """
        most = self._check.tally.policy.limits.chain
        if longest > most:
            self._check.violation(inner, ("layers",), _too_many("layers in a row", longest, most))

    def _layer_names(self, inner: dict[str, Any], layers: list[Any]) -> dict[str, int] | None:
        """Return the positions of the layers by their names; `None` if there is one name twice."""
        names: dict[str, int] = {}
        for position, layer in enumerate(layers):
            if type(layer) is not dict:
                continue
            if is_object_config(layer):
                self._check.fits(layer, inner, ("layers", position), LAYERS)
            name = _name_of(layer)
            if name is None:
                continue
            if "/" in name:  # Keras keeps weights by path
                problem = Problem("graph", f"A layer cannot be called {short(name)}")
                self._check.violation(inner, ("layers", position), problem)
            if name in names:
                problem = Problem("graph", f"Two layers of one model are called {short(name)}")
                self._check.violation(inner, ("layers", position), problem)
                return None
            names[name] = position
        return names

    def _known_ends(self, inner: dict[str, Any], names: dict[str, int]) -> None:
        for end in ENDS:
            if any(name not in names for name in _names_of(inner.get(end))):
                problem = Problem("graph", f"`{end}` names a layer that the model does not have")
                self._check.violation(inner, (end,), problem)

    def _nodes(self, inner: dict[str, Any], layers: list[Any], names: dict[str, int]) -> ObjectsWithin:
        """Judge what the nodes call their layers with, and how often Keras goes through the list.

        Keras (3.0 to 3.15) makes passes over the list of layers until all
        nodes are made; a node waits for a later pass if it needs one that
        comes after it.

        Returns:
            The objects within each node, by its address.
        """
        within: ObjectsWithin = {}
        needs: list[list[tuple[int, ...]]] = []
        for position, layer in enumerate(layers):
            nodes = layer.get("inbound_nodes") if type(layer) is dict else None
            kinds = self._in_nodes(layer)
            needs.append([
                self._node(inner, node, ("layers", position, "inbound_nodes", number), names, within, kinds=kinds)
                for number, node in enumerate(nodes if type(nodes) is list else ())
            ])  # fmt: skip
        work, longest = _work(needs)
        self._row(inner, longest)
        if work > 10 * self._check.tally.policy.limits.calls:
            what = f"The layers are listed in an order that takes {work} steps to connect"
            self._check.violation(inner, ("layers",), Problem("limit", what, LimitError))
        return within

    def _in_nodes(self, layer: Any) -> frozenset[str]:
        """Return the kinds of objects that a layer may be called with; an operation would call a function at once."""
        named = self._check.meaning(layer) if type(layer) is dict and is_object_config(layer) else None
        calls = named is not None and named.kind == "operation" and not self._check.tally.policy.lambdas
        return _NOTHING if calls else _IN_NODES

    def _node(
        self,
        inner: dict[str, Any],
        node: Any,
        place: Steps,
        names: dict[str, int],
        within: ObjectsWithin,
        *,
        kinds: frozenset[str],
    ) -> tuple[int, ...]:
        """Judge what one node calls its layer with; return the positions of the layers that it needs."""
        sources, tensors = set(), 0
        within[id(node)] = [*objects_within(node)]
        for child, steps in within[id(node)]:
            if child["class_name"] == TENSOR:
                tensors += 1
                sources.add(_source(child, names))
            else:
                self._check.fits(child, inner, (*place, *steps), kinds)
        self._pairs += tensors * tensors
        what = ""
        if not sources and type(node) is dict:
            what = "A node calls its layer without a tensor of the graph"
        elif -1 in sources:
            what = "A node takes a tensor of a layer that the model does not have"
        if what:
            self._check.violation(inner, place, Problem("graph", what))
        return tuple(source for source in sources if source >= 0)

    def _form(
        self, inner: dict[str, Any], layers: list[Any], names: dict[str, int], rules: Rules, within: ObjectsWithin
    ) -> None:
        """Judge the form of the calls of layers, and of the tensors in them."""
        # One of a wrong form is reported as such, and its layer is an input all the same.
        begins = {end[0] for end in ends(inner.get("input_layers")) if isinstance(end, (list, tuple))}
        calls = {name: self._called(layers[position], begins=name in begins) for name, position in names.items()}
        rule, tally = rules.get("dtype"), self._check.tally
        check = None if rule is None else rule.check
        form = GraphForm(calls, within, None if check is None else lambda value: check(value, tally))
        for steps, problem in form.problems(inner, layers):
            self._check.violation(inner, steps, problem)

    def _called(self, layer: dict[str, Any], *, begins: bool) -> int:
        """Return how often a layer of a graph is called; an input and a model have a call of their own."""
        nodes = layer.get("inbound_nodes")
        named = self._check.meaning(layer) if is_object_config(layer) else None
        own = begins or named is None or named.kind in (None, MODEL)
        return (len(nodes) if type(nodes) is list else 0) + own

    def finish(self, config: Any) -> None:
        """Judge how much work all objects of a config are."""
        tally = self._check.tally
        limits, counts = tally.policy.limits, tally.counts
        amounts = [("layers", self._layers, limits.layers)]
        if self._layers <= limits.layers:
            steps = counts.get("unrolled", 0) * counts.get("longest", 0)
            calls = self.calls(config) + steps + counts.get("outputs", 0)
            amounts = [("calls of layers", calls, limits.calls)]
        amounts.append(("objects for its arguments", counts.get("count", 0), limits.objects))
        amounts.append(("pairs of tensors", self._pairs, _PAIRS))
        if tally.patterns:
            longest = 2 * counts.get("name", 0) + 64
            work = sum(pattern_steps(pattern, longest) for pattern in tally.patterns) * max(1, self._layers)
            amounts.append(("steps of regular expressions", work, limits.pattern_steps))
        for what, number, limit in amounts:
            if number > limit:
                self._check.violation(config, (), _too_many(what, number, limit))

    def calls(self, config: Any) -> int:
        """Return how many layers are called while an object is made, those within called models included."""
        if type(config) is not dict:
            return 0
        known = self._calls.get(id(config))
        if known is not None:
            return known
        self._calls[id(config)] = 1
        inner = config.get("config")
        total = 1 + (sum(self._calls_in(*item) for item in inner.items()) if type(inner) is dict else 0)
        self._calls[id(config)] = total
        return total

    def _calls_in(self, field: str, value: Any) -> int:
        """Return how many layers one argument of an object has called."""
        if field == "layers" and type(value) is list:
            return sum(_times(layer) * self.calls(layer) for layer in value)
        if type(value) is dict and _holds_layers(field) and is_object_config(value) and type(value["config"]) is dict:
            return self.calls(value)
        return 0


def _inherits_form(inner: dict[str, Any], named: NamedObject) -> bool:
    """Return whether a class of the user's has a graph in its config that Keras reads in its own way.

    One that reads its config itself may have another form.
    """
    if named.kind != MODEL or not all(field in inner for field in ENDS):
        return False
    read = getattr(getattr(named.target, ENTRY, None), "__func__", None)
    return read is not None and private.is_own(read)


def _names_of(value: Any) -> Iterator[str]:
    """Yield the names of the layers that a model begins or ends with."""
    for end in ends(value):
        if is_end(end):
            yield end[0]


def _times(layer: Any) -> int:
    """Return how often a layer is called in its model, once at least."""
    nodes = layer.get("inbound_nodes") if type(layer) is dict else None
    return max(1, len(nodes) if type(nodes) is list else 1)


def _holds_layers(field: str) -> bool:
    return field == "cell" or field.endswith("layer") or field in ("student", "teacher")


def _name_of(layer: dict[str, Any]) -> str | None:
    """Return the name of a layer of a model: beside its config in a graph, within it in a `Sequential`."""
    name = layer.get("name")
    if name is None:
        inner = layer.get("config")
        name = inner.get("name") if type(inner) is dict else None
    return name if type(name) is str else None


def _source(tensor: dict[str, Any], names: dict[str, int]) -> int:
    """Return the position of the layer that a tensor comes from; -1 if that is unknown."""
    inner = tensor.get("config")
    history = inner.get("keras_history") if type(inner) is dict else None
    name = history[0] if isinstance(history, (list, tuple)) and history else None
    return names.get(name, -1) if type(name) is str else -1


def _work(needs: list[list[tuple[int, ...]]]) -> tuple[int, int]:
    """Return how many times nodes are tried until all are made, and how many follow one another at most.

    The pass in which the last node of a layer is made is the pass of what it
    needs, or the next one if that stands further behind.  A cycle has no
    such pass, and is Keras' to refuse.  The nodes of a layer count as if they
    followed one another.
    """
    waiting = [{source for node in nodes for source in node} for nodes in needs]
    row = [max(1, len(nodes)) for nodes in needs]
    users = _users(waiting)
    turn, before = [1] * len(needs), [0] * len(needs)
    left = [len(sources) for sources in waiting]
    ready = [position for position, number in enumerate(left) if number == 0]
    while ready:
        source = ready.pop()
        for position in users.get(source, ()):
            turn[position] = max(turn[position], turn[source] + (source > position))
            before[position] = max(before[position], before[source] + row[source])
            left[position] -= 1
            if left[position] == 0:
                ready.append(position)
    last = max(turn, default=0)
    # Each pass also looks at every layer.
    work = sum(turn) + last * len(needs) // 16
    if any(left):  # layers that are called in turn
        return work, sum(row)
    return work, max(map(add, before, row), default=0)


def _users(waiting: list[set[int]]) -> dict[int, list[int]]:
    """Return the positions of the layers that need one, by its position."""
    users: dict[int, list[int]] = {}
    for position, sources in enumerate(waiting):
        for source in sources:
            users.setdefault(source, []).append(position)
    return users


def _too_many(what: str, number: int, limit: int) -> Problem:
    return Problem("limit", f"The config asks for {number} {what}; the limit is {limit}", LimitError)
