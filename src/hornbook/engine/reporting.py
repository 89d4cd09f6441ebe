"""What of that which is wrong in a config is raised, and how it gets its place."""

from __future__ import annotations

from typing import Any

from hornbook.engine.reference import COMPLETIONS, checked, completion, key_of, not_a_dict
from hornbook.engine.refusals import UNKNOWN, unknown
from hornbook.engine.violations import Violation
from hornbook.errors import ConfigError, HornbookError
from hornbook.places import Steps


def check_inner(value: dict[str, Any]) -> None:
    """Refuse an object config whose arguments are no dict.

    Raises:
        ConfigError: They are none.
    """
    inner = value["config"]
    if not isinstance(inner, dict):
        raise not_a_dict(inner, value)


def check_completions(value: dict[str, Any]) -> None:
    """Refuse an object config with parts of a wrong type that are applied to the object once it is made.

    Raises:
        ConfigError: There is one.
    """
    for part in COMPLETIONS:
        completion(value, part)


def first_reported(faults: list[Violation]) -> Violation:
    """Return the fault to raise: the first; of names that are unknown, all in one."""
    first = faults[0]
    names = [fault.reference.name for fault in faults if fault.rule == UNKNOWN and fault.reference is not None]
    return first._replace(error=unknown(*names)) if first.rule == UNKNOWN and names else first


def placed(fault: Violation, found: dict[int, Steps]) -> HornbookError:
    """Return the error for a fault, with its place."""
    error = fault.error
    error.under(*found.get(id(fault.at), ()), *fault.steps)
    return error


def precise(value: dict[str, Any], error: Exception) -> HornbookError:
    """Return the error for a reference; a part of it may not even be hashable."""
    if not isinstance(error, HornbookError):
        try:
            checked(key_of(value))
        except ConfigError as precise:
            error = precise
    ours = error if isinstance(error, HornbookError) else ConfigError(str(error))
    ours.config = value
    return ours
