"""What is found wrong in a config, where, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from hornbook.engine.reference import Reference
from hornbook.errors import ConfigError, HornbookError, LambdaRefusedError, LimitError
from hornbook.policy import Policy

Steps = tuple["str | int", ...]


class Fault(NamedTuple):
    """Something wrong in a config, before anybody asked for its place.

    Args:
        at: The container that it is in, or a thing at the top.
        steps: The steps from there.
        rule: Which rule it breaks, in a word.
        error: The error to raise for it; its place is not told yet.
        reference: What is named there, if something is.
    """

    at: Any
    steps: Steps
    rule: str
    error: HornbookError
    reference: Reference | None = None


class Finding(NamedTuple):
    """Why a config would be refused.

    Args:
        place: Where in the config, as `$.config.layers[3]`.
        rule: Which rule it breaks: `"unknown"`, `"untrusted"`, `"ambiguous"`
            (a name); `"lambda"`, `"code"`, `"file"` (what would run or be
            read); `"kind"` (an object in a place where it does not belong);
            `"type"`, `"argument"` (a wrong value); `"shared"`, `"graph"`;
            `"limit"`.
        what: What is wrong, in one sentence.
        reference: What is named there, if something is.
        error: What reading the config would raise.
    """

    place: str
    rule: str
    what: str
    reference: Reference | None
    error: HornbookError


class Context(NamedTuple):
    """What a rule for an argument may ask for, and where it counts."""

    policy: Policy
    total: dict[str, int]
    patterns: list[str]


# Says what is wrong with a plain value, or nothing.
Check = Callable[[Any, Context], "Wrong | None"]


class Wrong(NamedTuple):
    """What is wrong with a value."""

    rule: str
    what: str
    error: type[HornbookError] = ConfigError
    hint: str | None = None


class Rule(NamedTuple):
    """What may stand in one place of a config.

    Args:
        kinds: The kinds of objects; `None` for any.  What is of no kind, as a
            class of the user's without a base of the framework, may stand
            anywhere.
        named: The kinds of objects that a string may name; `None` where it is
            a text.
        check: Looks at plain values, or `None`.
        required: Whether no object is made without it.
        strings: The kind of built-in that a string has to mean, where it means nothing of the user's.
    """

    kinds: Collection[str] | None = None
    named: Collection[str] | None = None
    check: Check | None = None
    required: bool = False
    strings: str | None = None


Rules = Mapping[str, Rule]


def rule_of(error: HornbookError) -> str:
    """Return the word for what is wrong, of an error that was raised without one."""
    if isinstance(error, LambdaRefusedError):
        return "lambda"
    return "limit" if isinstance(error, LimitError) else "type"


def places(config: Any, wanted: Collection[int]) -> dict[int, Steps]:
    """Return where in `config` the values with these addresses stand, each for the first time."""
    found: dict[int, Steps] = {}
    todo: list[tuple[Any, Any]] = [(config, None)]
    while todo and len(found) < len(wanted):
        value, steps = todo.pop()
        if id(value) in wanted and id(value) not in found:
            found[id(value)] = _unrolled(steps)
        if isinstance(value, dict):
            todo += reversed([(member, (name, steps)) for name, member in value.items()])
        elif isinstance(value, (list, tuple)):
            todo += reversed([(member, (i, steps)) for i, member in enumerate(value)])
    return found


def _unrolled(steps: Any) -> Steps:
    out = []
    while steps is not None:
        step, steps = steps
        out.append(step)
    return tuple(reversed(out))
