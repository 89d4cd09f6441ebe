"""Goes through a config from the outside in, and applies the rules to each object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hornbook.places import Steps, place_of
from hornbook.upgrading.node import KnownNames, OldObject, UpgradeRule, is_builtin, sequence
from hornbook.upgrading.report import Change, Report
from hornbook.upgrading.versions import dicts

# What kind of object stands in a field, by the end of the field's name.
_KINDS = {
    "initializer": "initializer",
    "regularizer": "regularizer",
    "constraint": "constraint",
    "layer": "layer",
    "layers": "layer",
    "cell": "layer",
    "cells": "layer",
    "optimizer": "optimizer",
    "learning_rate": "schedule",
    "loss": "loss",
    "losses": "loss",
    "metric": "metric",
    "metrics": "metric",
    "dtype": "dtype_policy",
    "model": "layer",
}
Numbered = tuple[int, UpgradeRule]  # a rule, with its place in the order
# What these hold is data, however much it looks like a config.
_DATA = frozenset({"__tensor__", "__numpy__", "__bytes__", "__lambda__", "__keras_tensor__", "__ellipsis__"})


def kind_of(field: str) -> str | None:
    """Return what kind of object a field holds, as its name tells."""
    return _KINDS.get(field) or _KINDS.get(re.sub(r"\d+$", "", field.rpartition("_")[2]))


class _Stage:
    """The rules of one stage by the names that they hold for, so that those of others are never looked at.

    Args:
        rules: The rules, in their order.
    """

    def __init__(self, rules: Iterable[UpgradeRule]) -> None:
        self._builtins: dict[str, list[Numbered]] = {}
        self._own: dict[str, list[Numbered]] = {}
        for numbered in enumerate(rules):
            table = self._builtins if numbered[1].builtins else self._own
            for name in numbered[1].classes:
                table.setdefault(name, []).append(numbered)

    def holding(self, builtins: Iterable[str], own: Iterable[str], after: int = -1) -> list[Numbered]:
        """Return the rules that hold for names, each with its place in the order.

        Args:
            builtins: Names that rules for built-ins may hold for.
            own: Names that rules for classes of the user's may hold for.
            after: The place behind which they are.
        """
        found = [numbered for name in builtins for numbered in self._builtins.get(name, ())]
        if self._own:
            found += [numbered for name in own for numbered in self._own.get(name, ())]
        places = {place: rule for place, rule in found if place > after}  # a rule may hold for several of the names
        return sorted(places.items(), key=_place)


def _place(numbered: Numbered) -> int:
    return numbered[0]


class RuleSet:
    """Rules by the stage at which they are applied, in their order.

    Args:
        rules: The rules.
    """

    def __init__(self, rules: Iterable[UpgradeRule]) -> None:
        self.rules = tuple(rules)
        self.forms, self.arguments, self.done = (
            _Stage(rule for rule in self.rules if rule.stage == stage) for stage in ("form", "arguments", "done")
        )
        self.own_classes = frozenset(name for rule in self.rules if not rule.builtins for name in rule.classes)

    def __add__(self, rules: tuple[UpgradeRule, ...]) -> RuleSet:
        return RuleSet((*self.rules, *rules)) if rules else self


class Walk:
    """One upgrade.

    Args:
        rules: The rules, in the order in which they are applied.
        names: What names stand for.
        report: Gets what is done.
        version: The version that wrote the config, as numbers.
    """

    def __init__(self, rules: RuleSet, names: KnownNames, report: Report, version: tuple[int, ...]) -> None:
        self._rules = rules
        self._names = names
        self._report = report
        self._version = version

    def value(self, value: Any, path: Steps, kind: str | None = None) -> Any:
        """Return a copy of `value` in which every object has been upgraded."""
        if isinstance(value, dict):
            members = sequence(value)
            if members is not None:
                return self.value(members, path, kind)
            if "class_name" in value and isinstance(value.get("config"), (dict, list)):
                return self.object(value, path, kind)
            return {name: self._member(member, path, name, kind) for name, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(member, (*path, i), kind) for i, member in enumerate(value)]
        return value

    def object(self, config: Mapping[str, Any], path: Steps, kind: str | None = None) -> dict[str, Any]:
        """Return a copy of an object config, upgraded."""
        copy = dict(config)
        name, inner = copy["class_name"], copy["config"]
        if not isinstance(name, str) or name in _DATA or name == "function" or not isinstance(inner, (dict, list)):
            return copy
        copy["config"] = dict(inner) if isinstance(inner, dict) else list(inner)
        obj = OldObject(copy, path, self._version, self._report, kind, self._names)
        self._take_form(obj)
        self._settle(obj)
        self._apply(self._rules.arguments, obj)
        obj.config = {
            field: self._arguments(member, path) if field == "config" else self._member(member, path, field)
            for field, member in copy.items()
        }
        self._apply(self._rules.done, obj)
        return obj.config

    def _take_form(self, obj: OldObject) -> None:
        """Apply the rules for whole objects; each may give the object another class."""
        place = -1
        while holding := self._forms_for(obj, place):
            place, rule = holding[0]
            obj.apply(rule)

    def _forms_for(self, obj: OldObject, after: int) -> list[Numbered]:
        builtins = ("<any>",) if obj.own or obj.elsewhere else ("<any>", obj.name)
        return self._rules.forms.holding(builtins, self._own_names(obj), after)

    def _apply(self, stage: _Stage, obj: OldObject) -> None:
        """Apply the rules of a stage that hold for an object with arguments."""
        if isinstance(obj.config["config"], dict):
            for _, rule in stage.holding(_marks(obj), self._own_names(obj)):
                obj.apply(rule)

    def _own_names(self, obj: OldObject) -> Iterable[str]:
        return self._names.of_own_class(obj.config) if self._rules.own_classes else ()

    def _arguments(self, inner: Any, path: Steps) -> Any:
        if not isinstance(inner, dict):
            return self.value(inner, (*path, "config"))
        return {field: self._member(member, (*path, "config"), field) for field, member in inner.items()}

    def _member(self, value: Any, path: Steps, field: str, kind: str | None = None) -> Any:
        """Return a copy of what a field holds; its name is looked at only if there may be objects in it."""
        if not isinstance(value, (dict, list, tuple)):
            return value
        return self.value(value, (*path, field), kind_of(str(field)) or kind)

    def _settle(self, obj: OldObject) -> None:
        """Name the module that the class lives in now, if it is built in."""
        if obj.own:
            obj.kind = None
            return
        config = obj.config
        module = config.get("module")
        if isinstance(module, str):
            known = self._names.known(module, obj.name)
            if self._names.lives(module, obj.name) or not is_builtin(module):
                obj.kind = known
                if config.get("registered_name") == obj.name:
                    config["registered_name"] = None
                return
        elif "module" in config or config.get("registered_name") not in (None, obj.name):
            obj.kind = None
            return
        home = self._names.home(obj.name, "operation" if _is_operation(obj) else obj.kind)
        if home is None:
            obj.kind = None
            return
        place, obj.kind = home
        self._report.changes.append(Change("module", place_of((*obj.path, "module")), module, place))
        config["module"] = place
        config["registered_name"] = None


class OwnClassesWalk(Walk):
    """One upgrade of the user's classes in what Keras 3 wrote, which is left as it is otherwise."""

    def upgraded(self, config: Any) -> Any:
        """Return a copy of a config in which the rules have been applied; the config itself if none holds."""
        wanted = self._rules.own_classes
        names = (self._names.of_own_class(member) for member in dicts(config) if "class_name" in member)
        return config if all(map(wanted.isdisjoint, names)) else self.value(config, ())

    def value(self, value: Any, path: Steps, kind: str | None = None) -> Any:
        if isinstance(value, dict):
            if "class_name" in value and isinstance(value.get("config"), (dict, list)):
                return self.object(value, path, kind)
            return {name: self._member(member, path, name, kind) for name, member in value.items()}
        if isinstance(value, (list, tuple)):
            members = [self.value(member, (*path, i), kind) for i, member in enumerate(value)]
            return members if isinstance(value, list) else tuple(members)
        return value

    def _settle(self, obj: OldObject) -> None:
        obj.kind = None


def _stands_as(kind: str) -> str:
    """Return the kind whose rules hold for an object of a kind."""
    return "layer" if kind in ("model", "operation") else kind


def _marks(obj: OldObject) -> set[str]:
    """Return the names that rules for the arguments of an object hold for: by class, by kind, by place."""
    marks = {"<any>", f"<expected {obj.expected}>"}
    if obj.kind is not None:
        marks |= {obj.name, f"<{_stands_as(obj.kind)}>"}
    if "output_layers" in obj.arguments:
        marks.add("<graph>")
    return marks


class Tells:
    """The rules by which what an older version wrote is told from what Keras 3 writes.

    Args:
        rules: The rules; those that tell are asked, by the names that they hold for.
    """

    def __init__(self, rules: Iterable[UpgradeRule]) -> None:
        self._forms: dict[str, list[UpgradeRule]] = {}
        self._others: dict[str, list[UpgradeRule]] = {}
        for rule in rules:
            if rule.tells and rule.builtins:
                table = self._forms if rule.stage == "form" else self._others
                for name in rule.classes:
                    table.setdefault(name, []).append(rule)

    def of(self, config: Any, names: KnownNames, kind: str | None = None) -> bool:
        """Return whether a built-in within a config has what only an older version wrote.

        Below the outermost object, only what names its module is looked at: a
        name alone is of an older form anyway.

        Args:
            config: A config.
            names: What names stand for.
            kind: What kind of object is expected.
        """
        for member in dicts(config):
            if "class_name" not in member:
                continue
            bare = member is config and "module" not in member
            if (bare or is_builtin(member.get("module"))) and self._is_marked(member, names, kind if bare else None):
                return True
        return False

    def _is_marked(self, config: dict[str, Any], names: KnownNames, expected: str | None) -> bool:
        """Return whether one of the rules would rewrite an object, apart from its parts."""
        name, module = config["class_name"], config.get("module")
        if not isinstance(name, str) or not isinstance(config.get("config"), dict):
            return False
        kind = expected if module is None else names.known(module, name)
        rules = [*self._of_form(name, module, names, expected), *self._of_arguments(name, kind)]
        if not rules:
            return False
        report = Report()
        obj = OldObject({**config, "config": dict(config["config"])}, (), (2,), report, None, names)
        obj.kind = kind
        for rule in rules:
            obj.apply(rule)
        return bool(report.changes or report.open or report.lost) and not obj.own

    def _of_form(self, name: str, module: str | None, names: KnownNames, kind: str | None) -> list[UpgradeRule]:
        """Return the rules for a class of old; where it is one of today it has no mark."""
        if name not in self._forms:
            return []
        lives = names.lives(module, name) if module is not None else names.home(name, kind) is not None
        return [] if lives else self._forms[name]

    def _of_arguments(self, name: str, kind: str | None) -> list[UpgradeRule]:
        if kind is None:
            return []
        return [*self._others.get(name, ()), *self._others.get(f"<{_stands_as(kind)}>", ())]


def _is_operation(obj: OldObject) -> bool:
    """Return whether a node of a graph is an operation: some have a layer of their name, as `Multiply`.

    Keras 3 writes `dtype` for every layer and for no operation (`get_config`
    of keras/src/layers/layer.py and keras/src/ops/operation.py, 3.15.1).
    """
    config = obj.config
    inner = config.get("config")
    graph = obj.kind == "layer" and obj.version >= (3,) and "inbound_nodes" in config
    return graph and isinstance(inner, dict) and "dtype" not in inner
