"""What the objects of a config are given, judged before anything is built.

Names are judged by :mod:`hornbook.engine.resolve`.  Here it is: which kind of
object stands in which place, which arguments a built-in gets, which objects
share an id, and how much work the graph of a model is.  The rules are data of
the integrations; nothing is looked up but names, nothing is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from hornbook.engine.codecs.plain import ATOMS, are_atoms
from hornbook.engine.graphs import TENSOR, ObjectsWithin, misshapen, objects_within
from hornbook.engine.identity import Forms, shared_id
from hornbook.engine.patterns import steps as pattern_steps
from hornbook.engine.reference import NO_MODULE, Reference, is_object_config
from hornbook.engine.resolve import UNKNOWN, Resolved, unknown
from hornbook.engine.violations import Context, Fault, Rule, Rules, Steps, Wrong
from hornbook.errors import ConfigError, LimitError, short
from hornbook.policy import Policy

MOST = 1000  # faults that are told
_BUILT_OF = frozenset({"layer", "model", "operation"})
# What a node of a graph hands to a layer: tensors and plain values, and what the user brought along.
_NODE = Rule(frozenset({"function"}))
_MODEL = "model"
_NAMING = ("class_name", "module", "registered_name")


class Judging:
    """Judges the objects of one config.

    Args:
        found: Tells what an object config stands for; `None` for data, and
            for what is refused already.
        named: Tells what a string stands for, or `None`.
        policy: What is allowed.
        means: Says whether a string means anything where a built-in of a kind is expected.

    Attributes:
        faults: What is wrong.
    """

    __slots__ = (
        "_calls",
        "_context",
        "_forms",
        "_found",
        "_layers",
        "_longest",
        "_means",
        "_named",
        "_shared",
        "faults",
        "policy",
    )

    def __init__(
        self,
        found: Callable[[dict[str, Any]], Resolved | None],
        named: Callable[[str], Resolved | None],
        policy: Policy,
        means: Callable[[str, str], bool],
    ) -> None:
        self._means = means
        self._found = found
        self._named = named
        self.policy = policy
        self.faults: list[Fault] = []
        self._context = Context(policy, {}, [])
        self._shared: dict[int, dict[str, Any]] = {}
        self._forms = Forms()
        self._layers = 0
        self._longest = 0
        self._calls: dict[int, int] = {}

    # ------------------------------------------------------------ faults
    def fault(self, at: Any, steps: Steps, wrong: Wrong) -> None:
        """Remember something wrong."""
        if len(self.faults) < MOST:
            self.faults.append(Fault(at, steps, wrong.rule, wrong.error(wrong.what, hint=wrong.hint, config=at)))

    # ------------------------------------------------------------ parts
    def root(self, config: Any, kinds: Collection[str]) -> None:
        """Judge whether the outermost object is of one of some kinds."""
        if not isinstance(config, dict) or not is_object_config(config):
            self.fault(config, (), Wrong("kind", f"This is no {_one_of(kinds)}: {short(config)}"))
            return
        self._fits(config, config, (), kinds)

    def object(self, config: dict[str, Any], inner: dict[str, Any], resolved: Resolved) -> None:
        """Judge what one object is given.

        Args:
            config: Its whole config.
            inner: The inner one.
            resolved: What it is of.
        """
        if type(inner) is not dict:
            return
        rules = resolved.rules
        if rules:
            self.arguments(inner, inner, rules)
            if resolved.kind == _MODEL and resolved.builtin:
                self._lacking(config, inner, rules)
            if len(config) > 4:
                compiled = config.get("compile_config")
                if resolved.builtin and type(compiled) is dict:
                    self.arguments(compiled, compiled, rules)
                    if compiled and resolved.kind != _MODEL:
                        self.fault(config, ("compile_config",), Wrong("type", "What is no model is not compiled"))
                built = config.get("build_config")
                if built:
                    self._value(config, "build_config", built, rules.get("build_config"))
        layers = inner.get("layers")
        if type(layers) is list and resolved.kind in _BUILT_OF:
            self._graph(inner, layers, rules if resolved.builtin else None)

    def _lacking(self, config: dict[str, Any], inner: dict[str, Any], rules: Rules) -> None:
        for field, rule in rules.items():
            if rule.required and field not in inner:
                self.fault(config, ("config",), Wrong("type", f"The config of a model needs `{field}`"))
        if inner.get("build_input_shape") and inner.get("layers") in ([], ()):
            self.fault(config, ("config",), Wrong("graph", "A model without layers is not built"))

    def shared(self, config: dict[str, Any]) -> None:
        """Judge whether all objects of one shared id are the same."""
        try:
            number = shared_id(config)
        except ConfigError as error:
            self.fault(config, (), Wrong("type", error.problem))
            return
        first = config if number is None else self._shared.setdefault(number, config)
        if first is config or self._same(first, config):
            return
        names = first.get("class_name"), config.get("class_name")
        what = f"`shared_object_id` {short(number)} names a `{short(names[0])}` and a `{short(names[1])}`"
        if names[0] == names[1]:
            what = f"`shared_object_id` {short(number)} names two different objects of `{short(names[0])}`"
        self.fault(config, (), Wrong("shared", what))

    def _same(self, first: dict[str, Any], second: dict[str, Any]) -> bool:
        """Return whether two configs that share an id stand for one object."""
        one, other = [[config.get(part) for part in _NAMING] for config in (first, second)]
        inner = first.get("config"), second.get("config")
        try:
            if all(type(part) is dict and are_atoms(map(type, part.values())) for part in inner):
                return one == other and inner[0] == inner[1]
            return self._forms.of([*one, inner[0]]) == self._forms.of([*other, inner[1]])
        except RecursionError:
            return False

    def arguments(self, at: Any, given: dict[str, Any], rules: Rules) -> None:
        """Judge the arguments of a built-in."""
        for field, value in given.items():
            rule = rules.get(field)
            if rule is not None:
                self._value(at, field, value, rule)

    def _value(self, at: Any, field: str, value: Any, rule: Rule | None) -> None:
        if rule is None:
            return
        cls = type(value)
        if cls is str:
            if field == "name":
                self._longest = max(self._longest, len(value))
            if rule.named is not None:
                self._name(at, field, value, rule)
        elif rule.kinds is not None and cls not in ATOMS:
            for child, steps in objects_within(value):
                self._fits(child, at, (field, *steps), rule.kinds)
        if rule.check is not None:
            wrong = rule.check(value, self._context)
            if wrong is not None:
                self.fault(at, (field,), wrong._replace(what=f"`{field}` {wrong.what}"))

    def _name(self, at: Any, field: str, name: str, rule: Rule) -> None:
        found, kinds = self._named(name), rule.named or ()
        if found is not None:
            if not _fits(found, kinds):
                self.fault(at, (field,), _misfit(name, found, kinds))
        elif rule.strings is not None and not self._means(name, rule.strings) and len(self.faults) < MOST:
            self.faults.append(
                Fault(at, (field,), UNKNOWN, unknown(name), Reference("function", name, NO_MODULE, name))
            )

    def _fits(self, child: dict[str, Any], at: Any, steps: Steps, kinds: Collection[str]) -> None:
        found = self._found(child)
        if found is not None and not _fits(found, kinds):
            self.fault(at, steps, _misfit(child["class_name"], found, kinds))

    # ------------------------------------------------------------ graphs
    def _graph(self, inner: dict[str, Any], layers: list[Any], rules: Rules | None) -> None:
        """Judge the layers of a model, and how they are connected.

        Args:
            inner: The inner config of the model.
            layers: Its layers.
            rules: Those for arguments, of a model that is read as Keras reads its own.
        """
        self._layers += len(layers)
        if self._layers > self.policy.limits.layers:
            return  # told at the end
        if "input_layers" not in inner and len(layers) > sys.getrecursionlimit():
            # Keras 3.15 follows a row from its end, by one call of Python for each layer.
            self.fault(inner, ("layers",), _too_many("layers in a row", len(layers), sys.getrecursionlimit()))
            return
        names = self._layer_names(inner, layers)
        if names is not None and "input_layers" in inner:
            self._known_ends(inner, names)
            within = self._nodes(inner, layers, names)
            if rules is not None:
                self._calls_of(inner, layers, names, rules, within)

    def _layer_names(self, inner: dict[str, Any], layers: list[Any]) -> dict[str, int] | None:
        """Return the positions of the layers by their names; `None` if there is one name twice."""
        names: dict[str, int] = {}
        for position, layer in enumerate(layers):
            if type(layer) is not dict:
                continue
            if is_object_config(layer):
                self._fits(layer, inner, ("layers", position), _BUILT_OF)
            name = _name_of(layer)
            if name is not None:
                if "/" in name:  # Keras keeps weights by path
                    self.fault(inner, ("layers", position), Wrong("graph", f"A layer cannot be called {short(name)}"))
                if name in names:
                    wrong = Wrong("graph", f"Two layers of one model are called {short(name)}")
                    self.fault(inner, ("layers", position), wrong)
                    return None
                names[name] = position
        return names

    def _calls_of(
        self, inner: dict[str, Any], layers: list[Any], names: dict[str, int], rules: Rules, within: ObjectsWithin
    ) -> None:
        """Judge the form of the calls of layers, and of the tensors in them."""
        begins = set(_ends(inner.get("input_layers")))
        calls = {name: self._called(layers[position], begins=name in begins) for name, position in names.items()}
        rule = rules.get("dtype")
        check = None if rule is None else rule.check
        dtype = None if check is None else lambda value: check(value, self._context)
        for steps, wrong in misshapen(inner, layers, calls, within, dtype):
            self.fault(inner, steps, wrong)

    def _called(self, layer: dict[str, Any], *, begins: bool) -> int:
        """Return how often a layer of a graph is called; an input and a model have a call of their own."""
        nodes = layer.get("inbound_nodes")
        found = self._found(layer) if is_object_config(layer) else None
        own = begins or found is None or found.kind in (None, _MODEL)
        return (len(nodes) if type(nodes) is list else 0) + own

    def _known_ends(self, inner: dict[str, Any], names: dict[str, int]) -> None:
        for end in ("input_layers", "output_layers"):
            if any(name not in names for name in _ends(inner.get(end))):
                self.fault(inner, (end,), Wrong("graph", f"`{end}` names a layer that the model does not have"))

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
            wanted = []
            for number, node in enumerate(nodes if type(nodes) is list else ()):
                sources = set()
                found = within[id(node)] = [*objects_within(node)]
                for child, steps in found:
                    if child["class_name"] == TENSOR:
                        sources.add(_source(child, names))
                    else:
                        place = ("layers", position, "inbound_nodes", number, *steps)
                        self._fits(child, inner, place, _NODE.kinds or ())
                what = ""
                if not sources and type(node) is dict:
                    what = "A node calls its layer without a tensor of the graph"
                elif -1 in sources:
                    what = "A node takes a tensor of a layer that the model does not have"
                if what:
                    self.fault(inner, ("layers", position, "inbound_nodes", number), Wrong("graph", what))
                wanted.append(tuple(one for one in sources if one >= 0))
            needs.append(wanted)
        work = _work(needs)
        if work > 10 * self.policy.limits.calls:
            what = f"The layers are listed in an order that takes {work} steps to connect"
            self.fault(inner, ("layers",), Wrong("limit", what, LimitError))
        return within

    def calls(self, config: Any) -> int:
        """Return how many layers are called while an object is made, those within called models included."""
        if type(config) is not dict:
            return 0
        known = self._calls.get(id(config))
        if known is not None:
            return known
        self._calls[id(config)] = 1
        inner = config.get("config")
        total = 1
        if type(inner) is dict:
            for field, value in inner.items():
                if field == "layers" and type(value) is list:
                    for layer in value:
                        nodes = layer.get("inbound_nodes") if type(layer) is dict else None
                        total += max(1, len(nodes) if type(nodes) is list else 1) * self.calls(layer)
                elif type(value) is dict and is_object_config(value) and type(value["config"]) is dict:
                    total += self.calls(value) if _holds_layers(field) else 0
        self._calls[id(config)] = total
        return total

    # ------------------------------------------------------------ the end
    def finish(self, config: Any) -> None:
        """Judge what only the whole config tells."""
        limits = self.policy.limits
        if self._layers > limits.layers:
            self.fault(config, (), _too_many("layers", self._layers, limits.layers))
        else:
            total = self._context.total
            calls = self.calls(config) + total.get("unrolled", 0) * total.get("longest", 0) + total.get("outputs", 0)
            if calls > limits.calls:
                self.fault(config, (), _too_many("calls of layers", calls, limits.calls))
        count = self._context.total.get("count", 0)
        if count > limits.objects:
            self.fault(config, (), _too_many("objects for its arguments", count, limits.objects))
        longest = 2 * self._longest + 64
        work = sum(pattern_steps(one, longest) for one in self._context.patterns) * max(1, self._layers)
        if work > limits.pattern_steps:
            self.fault(config, (), _too_many("steps of regular expressions", work, limits.pattern_steps))


def integers_within(value: Any) -> Iterator[Any]:
    """Yield the plain values within containers, without what objects are made of."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            if not is_object_config(one):
                todo += one.values()
        elif isinstance(one, (list, tuple)):
            todo += one
        else:
            yield one


def _holds_layers(field: str) -> bool:
    return field == "cell" or field.endswith("layer") or field in ("student", "teacher")


def _fits(found: Resolved, kinds: Collection[str]) -> bool:
    return found.kind is None or found.kind in kinds


def _misfit(name: Any, found: Resolved, kinds: Collection[str]) -> Wrong:
    what = f"`{short(name)[1:-1]}` is {_article(str(found.kind))}, and {_one_of(kinds) or 'no object'} belongs here"
    return Wrong("kind", what)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


def _one_of(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds)[:3])


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


def _ends(value: Any) -> Iterator[str]:
    """Yield the names of the layers that a model begins or ends with."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, (list, tuple)):
            if len(one) == 3 and type(one[0]) is str:
                yield one[0]
            else:
                todo += one


def _work(needs: list[list[tuple[int, ...]]]) -> int:
    """Return how many times nodes are tried until all are made.

    The pass in which the last node of a layer is made is the pass of what it
    needs, or the next one if that stands further behind.  A cycle has no
    such pass, and is Keras' to refuse.
    """
    waiting = [{one for node in nodes for one in node} for nodes in needs]
    users: dict[int, list[int]] = {}
    for position, sources in enumerate(waiting):
        for source in sources:
            users.setdefault(source, []).append(position)
    turn = [1] * len(needs)
    left = [len(sources) for sources in waiting]
    ready = [position for position, number in enumerate(left) if number == 0]
    while ready:
        source = ready.pop()
        for position in users.get(source, ()):
            turn[position] = max(turn[position], turn[source] + (source > position))
            left[position] -= 1
            if left[position] == 0:
                ready.append(position)
    last = max(turn, default=0)
    # Each pass also looks at every layer.
    return sum(turn) + last * len(needs) // 16


def _too_many(what: str, number: int, limit: int) -> Wrong:
    return Wrong("limit", f"The config asks for {number} {what}; the limit is {limit}", LimitError)
