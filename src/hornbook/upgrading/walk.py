"""Goes through a config from the outside in, and applies the rules to each object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hornbook.upgrading.node import Names, Part, Path, Rule, is_builtin, sequence
from hornbook.upgrading.report import Change, Report, place_of
from hornbook.upgrading.versions import objects

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
# What these hold is data, however much it looks like a config.
_DATA = frozenset({"__tensor__", "__numpy__", "__bytes__", "__lambda__", "__keras_tensor__", "__ellipsis__"})


def kind_of(field: str) -> str | None:
    """Return what kind of object a field holds, as its name tells."""
    return _KINDS.get(field) or _KINDS.get(re.sub(r"\d+$", "", field.rpartition("_")[2]))


class Walk:
    """One upgrade.

    Args:
        rules: The rules, in the order in which they are applied.
        names: What names stand for.
        report: Gets what is done.
        version: The version that wrote the config, as numbers.
    """

    def __init__(self, rules: Iterable[Rule], names: Names, report: Report, version: tuple[int, ...]) -> None:
        rules = tuple(rules)
        self._forms = [rule for rule in rules if "<form>" in rule.classes]
        self._done = [rule for rule in rules if "<done>" in rule.classes]
        self._others = [rule for rule in rules if not rule.classes & {"<form>", "<done>"}]
        self._names = names
        self._report = report
        self._version = version

    def value(self, value: Any, path: Path, kind: str | None = None) -> Any:
        """Return a copy of `value` in which every object has been upgraded."""
        if isinstance(value, dict):
            members = sequence(value)
            if members is not None:
                return self.value(members, path, kind)
            if "class_name" in value and isinstance(value.get("config"), (dict, list)):
                return self.object(value, path, kind)
            return {name: self._member(one, path, name, kind) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(one, (*path, i), kind) for i, one in enumerate(value)]
        return value

    def object(self, config: Mapping[str, Any], path: Path, kind: str | None = None) -> dict[str, Any]:
        """Return a copy of an object config, upgraded."""
        copy = dict(config)
        name = copy["class_name"]
        inner = copy["config"]
        if not isinstance(name, str) or name in _DATA or name == "function" or not isinstance(inner, (dict, list)):
            return copy
        copy["config"] = dict(inner) if isinstance(inner, dict) else list(inner)
        part = Part(copy, path, self._version, self._report, kind, self._names)
        for rule in self._forms:
            if not rule.classes - {"<form>"} or (part.name in rule.classes and not part.own):
                part.apply(rule)
        self._settle(part)
        if isinstance(copy["config"], dict):
            for rule in self._matching(part):
                part.apply(rule)
        part.config = {
            field: self._arguments(one, path) if field == "config" else self._member(one, path, field)
            for field, one in copy.items()
        }
        if isinstance(part.config["config"], dict):
            for rule in self._done:
                part.apply(rule)
        return part.config

    def _arguments(self, inner: Any, path: Path) -> Any:
        if not isinstance(inner, dict):
            return self.value(inner, (*path, "config"))
        return {field: self._member(one, (*path, "config"), field) for field, one in inner.items()}

    def _member(self, value: Any, path: Path, field: str, kind: str | None = None) -> Any:
        """Return a copy of what a field holds; its name is looked at only if there may be objects in it."""
        if not isinstance(value, (dict, list, tuple)):
            return value
        return self.value(value, (*path, field), kind_of(str(field)) or kind)

    def _matching(self, part: Part) -> Iterable[Rule]:
        """Return the rules for the arguments of an object."""
        marks = _marks(part)
        return [rule for rule in self._others if rule.classes & marks]

    def _settle(self, part: Part) -> None:
        """Name the module that the class lives in now, if it is built in."""
        if part.own:
            part.kind = None
            return
        config = part.config
        module = config.get("module")
        if isinstance(module, str):
            known = self._names.known(module, part.name)
            if self._names.lives(module, part.name) or not is_builtin(module):
                part.kind = known
                if config.get("registered_name") == part.name:
                    config["registered_name"] = None
                return
        elif "module" in config or config.get("registered_name") not in (None, part.name):
            part.kind = None
            return
        home = self._names.home(part.name, "operation" if _is_operation(part) else part.kind)
        if home is None:
            part.kind = None
            return
        place, part.kind = home
        self._report.changes.append(Change("module", place_of((*part.path, "module")), module, place))
        config["module"] = place
        config["registered_name"] = None


def _stands_as(kind: str) -> str:
    """Return the kind whose rules hold for an object of a kind."""
    return "layer" if kind in ("model", "operation") else kind


def _marks(part: Part) -> set[str]:
    """Return the names that rules for the arguments of an object hold for: by class, by kind, by place."""
    marks = {"<any>", f"<expected {part.expected}>"}
    if part.kind is not None:
        marks |= {part.name, f"<{_stands_as(part.kind)}>"}
    if "output_layers" in part.arguments:
        marks.add("<graph>")
    return marks


class Tells:
    """The rules by which what an older version wrote is told from what Keras 3 writes.

    Args:
        rules: The rules; those that tell are asked, by the names that they hold for.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._forms: dict[str, list[Rule]] = {}
        self._others: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.tells:
                table = self._forms if "<form>" in rule.classes else self._others
                for name in rule.classes - {"<form>"}:
                    table.setdefault(name, []).append(rule)

    def of(self, config: Any, names: Names, kind: str | None = None) -> bool:
        """Return whether a built-in within a config has what only an older version wrote.

        Below the outermost object, only what names its module is looked at: a
        name alone is of an older form anyway.

        Args:
            config: A config.
            names: What names stand for.
            kind: What kind of object is expected.
        """
        for one in objects(config):
            if "class_name" not in one:
                continue
            bare = one is config and "module" not in one
            if (bare or is_builtin(one.get("module"))) and self._told(one, names, kind if bare else None):
                return True
        return False

    def _told(self, config: dict[str, Any], names: Names, kind: str | None) -> bool:
        """Return whether one of the rules would rewrite an object, apart from its parts."""
        name, module = config["class_name"], config.get("module")
        if not isinstance(name, str) or not isinstance(config.get("config"), dict):
            return False
        rules: list[Rule] = []
        if name in self._forms:
            lives = names.lives(module, name) if module is not None else names.home(name, kind) is not None
            rules += [] if lives else self._forms[name]
        kind = kind if module is None else names.known(module, name)
        if kind is not None:
            rules += [*self._others.get(name, ()), *self._others.get(f"<{_stands_as(kind)}>", ())]
        report = Report()
        part = Part({**config, "config": dict(config["config"])}, (), (2,), report, None, names)
        part.kind = kind
        for rule in rules:
            part.apply(rule)
        return bool(report.changes or report.open or report.lost) and not part.own


def _is_operation(part: Part) -> bool:
    """Say whether a node of a graph is an operation: some have a layer of their name, as `Multiply`.

    Keras 3 writes `dtype` for every layer and for no operation (`get_config`
    of keras/src/layers/layer.py and keras/src/ops/operation.py, 3.15.1).
    """
    config = part.config
    inner = config.get("config")
    graph = part.kind == "layer" and part.version >= (3,) and "inbound_nodes" in config
    return graph and isinstance(inner, dict) and "dtype" not in inner
