"""What is wrong in a config, where, and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from hornbook.engine.reference import Reference
from hornbook.errors import ConfigError, HornbookError, LambdaRefusedError, LimitError
from hornbook.places import Steps
from hornbook.policy import Policy


class Violation(NamedTuple):
    """Why a config would be refused.

    Args:
        rule: Which rule it breaks: `"unknown"`, `"untrusted"`, `"ambiguous"`
            (a name); `"lambda"`, `"code"`, `"file"` (what would run or be
            read); `"kind"` (an object in a place where it does not belong);
            `"type"`, `"argument"` (a wrong value); `"shared"`, `"graph"`;
            `"limit"`.
        error: What reading the config raises; without its place until
            somebody has asked for that.
        at: The container that it is in, or a thing at the top.
        steps: The steps from there.
        reference: What is named there, if something is.
    """

    rule: str
    error: HornbookError
    at: Any = None
    steps: Steps = ()
    reference: Reference | None = None

    @property
    def place(self) -> str:
        """Where in the config, as `$.config.items[3]`."""
        return str(self.error.place)

    @property
    def what(self) -> str:
        """What is wrong, in one sentence."""
        return self.error.problem


class Problem(NamedTuple):
    """What is wrong with a value, said by a check of that value."""

    rule: str
    what: str
    error: type[HornbookError] = ConfigError
    hint: str | None = None
    code: str | None = None


class Tally(NamedTuple):
    """What a check of a value may ask for, and where it counts for a whole config.

    Args:
        policy: What is allowed.
        counts: Numbers, by names that the checks agree on.
        patterns: Regular expressions.
    """

    policy: Policy
    counts: dict[str, int]
    patterns: list[str]


# Returns what is wrong with a plain value, or nothing.
Check = Callable[[Any, Tally], "Problem | None"]


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
        passed: Types of which `check` refuses no value, so that it need not be called.
        objects: Whether `check` refuses no object config either.
    """

    kinds: Collection[str] | None = None
    named: Collection[str] | None = None
    check: Check | None = None
    required: bool = False
    strings: str | None = None
    passed: Collection[type] = frozenset()
    objects: bool = False


Rules = Mapping[str, Rule]
NO_RULES: Rules = MappingProxyType({})


def rule_of(error: HornbookError) -> str:
    """Return the word for what is wrong, of an error that was raised without one."""
    if isinstance(error, LambdaRefusedError):
        return "lambda"
    return "limit" if isinstance(error, LimitError) else "type"
