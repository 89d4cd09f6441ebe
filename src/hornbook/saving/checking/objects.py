"""Whether each object of a config is what it was when it is made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hornbook.archive import json_text
from hornbook.engine.construct import ENTRY
from hornbook.engine.generations import framework_of
from hornbook.engine.parameters import parameters_of
from hornbook.engine.registry import current_registry
from hornbook.engine.session import read
from hornbook.errors import HornbookError
from hornbook.frameworks.lookup import models_of
from hornbook.saving.checking.compare import differences, first_difference, not_given, not_taken, shown
from hornbook.saving.checking.findings import CheckFinding, class_name_of, finding, is_foreign
from hornbook.saving.checking.recorder import OWN, Recorder
from hornbook.saving.checking.trial import Trial, attempted

# An object with one of these is not made again as what it was, and neither is what holds it.
_SPOILING = (ENTRY, "arguments", "forgotten")


def objects(trial: Trial) -> Iterator[CheckFinding]:
    """Yield what goes wrong when each object of a class of the user's is made again."""
    failed: list[str] = []
    for obj, config in trial.objects():
        if is_foreign(type(obj)):
            yield from attempted("forgotten", obj, _not_written(obj, config))
            if obj is not trial.obj:
                continue
        text = json.dumps(config)
        # What holds a failed part fails as well, and not by its own fault.
        if any(part in text for part in failed):
            continue
        findings = attempted(ENTRY, obj, _made_again(trial, obj, config))
        if any(finding.rule in _SPOILING for finding in findings):
            failed.append(text)
        yield from findings


def _not_written(obj: Any, config: dict[str, Any]) -> Iterator[CheckFinding]:
    """Yield the arguments of a built-in that its `get_config` leaves out."""
    for name, value in _left_out(obj, config["config"]).items():
        problem = f"`{name}` was {shown(value)} and comes back with its default: it is not written"
        hint = f"Register a subclass whose get_config() writes `{name}`."
        yield finding("forgotten", problem, hint, type(obj), "get_config")


def _left_out(obj: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a framework's `get_config` leaves out of the config of an object."""
    left_out = [integration.left_out(obj, arguments) for integration in current_registry().integrations.active]
    return {name: value for names in left_out for name, value in names.items()}


def _made_again(trial: Trial, obj: Any, config: dict[str, Any]) -> Iterator[CheckFinding]:
    cls = type(obj)
    try:
        parsed = json_text.parse(json_text.dump(config), "config", OWN.limits)
        copy = read(parsed, custom_objects=trial.names(), policy=OWN, framework=framework_of(trial.obj))
    except HornbookError as error:
        yield from _refused(cls, config["config"], error)
        return
    if type(copy) is not cls:
        if not is_foreign(cls):
            problem = f"from_config() gives {shown(copy)}, which is no {class_name_of(cls)}"
            yield finding(ENTRY, problem, "Let from_config() return an object of its class.", cls, ENTRY)
        return
    findings = [*_compared(obj, copy, config)]
    if findings and models_of(obj) is not None:
        # What it has learned may be in its config as well: a vocabulary.
        with suppress(HornbookError):
            findings = [*_compared(obj, trial.copy(obj), config)]
    yield from findings


def _refused(cls: type, arguments: dict[str, Any], error: HornbookError) -> Iterator[CheckFinding]:
    """Yield why a class refused its own config."""
    extra, missing = not_taken(cls, arguments), not_given(cls, arguments)
    if extra:
        names = ", ".join(f"`{name}`" for name in extra)
        problem = f"__init__ does not take {names}, which get_config() writes"
        hint = "Take **kwargs in __init__ and pass them to super().__init__()."
        yield finding("arguments", problem, hint, cls, "__init__", "get_config")
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        problem = f"get_config() leaves out {names}, which __init__ needs"
        yield finding("forgotten", problem, "Write it in get_config().", cls, "get_config", "__init__")
    if not extra and not missing:
        hint = error.hint or "Make from_config() take what get_config() returns."
        yield finding(ENTRY, error.problem, hint, cls, ENTRY, "__init__", place=error.place)


def _compared(obj: Any, copy: Any, config: dict[str, Any]) -> Iterator[CheckFinding]:
    """Yield what differs in an object and in what came back."""
    cls = type(obj)
    arguments = config["config"]
    differing = [*differences(obj, copy, written=arguments, is_foreign=is_foreign)]
    for name, value, other in [*differing, *_passed_on(obj, copy, arguments)]:
        problem = f"`{name}` was {shown(value)} and comes back as {shown(other)}"
        if name.lstrip("_") in arguments:
            hint = f"Convert `{name}` in __init__ or from_config."
            yield finding("lossy", problem, hint, cls, "__init__")
        else:
            hint = f"Write `{name}` in get_config()."
            yield finding("forgotten", problem, hint, cls, "get_config", "__init__")
    again, second = Recorder.of(copy)
    place = first_difference(arguments, second.get("config"), "$.config")
    if place is not None and not again.failed:
        hint = "Let get_config() return what __init__ was given."
        problem = f"the config of what comes back differs at `{place}`"
        yield finding("lossy", problem, hint, cls, "get_config", "__init__", place=place)


def _passed_on(obj: Any, copy: Any, arguments: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the arguments that an object of the user's has handed on, and that come back as others."""
    if is_foreign(type(obj)):
        return  # that was asked before
    others = _left_out(copy, arguments)
    for name, value in _left_out(obj, arguments).items():
        if name not in vars(obj) and (name not in others or others[name] != value):
            yield name, value, others.get(name, parameters_of(type(obj))[name].default)
