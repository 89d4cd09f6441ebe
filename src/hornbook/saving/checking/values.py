"""Whether the values of a config can be written, and are the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbook.archive import json_text
from hornbook.errors import HornbookError
from hornbook.saving.checking.compare import first_difference
from hornbook.saving.checking.findings import CheckFinding, finding, raised
from hornbook.saving.checking.recorder import NUMBERS, OWN, Recorder
from hornbook.saving.checking.trial import Trial


def written(trial: Trial) -> Iterator[CheckFinding]:
    """Write the config; yield why there is none."""
    trial.write()
    for obj, error in trial.recorder.failed:
        yield raised("unwritable", error, type(obj), "get_config")


def values(trial: Trial) -> Iterator[CheckFinding]:
    """Yield findings of values: what JSON has no form for, and byte code."""
    for value, place, owner in trial.walk():
        cls = trial.class_of(owner)
        if isinstance(value, dict) and value.get("class_name") == "__lambda__":
            problem = "a lambda is written as byte code, which is not loaded in safe mode"
            hint = "Make it a function with a name, and register that."
            yield finding("lambda", problem, hint, cls, "get_config", "__init__", place=place)
        try:
            json_text.dump(dict.fromkeys(value) if isinstance(value, dict) else _plain(value))
        except HornbookError as error:
            hint = error.hint or "Let get_config() return a plain value for it."
            yield finding("unwritable", error.problem, hint, cls, "get_config", place=place)


def _plain(value: Any) -> Any:
    """Return what of a value is not looked at on its own."""
    return None if isinstance(value, (list, tuple)) and not set(map(type, value)) <= NUMBERS else value


def legible(trial: Trial) -> Iterator[CheckFinding]:
    """Raise if what is written could not be read again: it is too large, or no text."""
    json_text.parse(json_text.dump(trial.config), "config", OWN.limits)
    yield from ()


def unstable(trial: Trial) -> Iterator[CheckFinding]:
    """Yield a finding if a second writing gives another config."""
    again, config = Recorder.of(trial.obj)
    for obj, error in again.failed:
        yield raised("unstable", error, type(obj), "get_config")
    place = first_difference(trial.config, config)
    if place is None or again.failed:
        return
    owners = [owner for _, at, owner in trial.walk() if place.startswith(at)]
    yield finding(
        "unstable",
        f"get_config() gives another value each time at `{place}`",
        "Leave out what changes: addresses, times, new objects.",
        trial.class_of(owners[-1]),
        "get_config",
        place=place,
    )
