"""One pass over a raw config, before anything is built.

It has each distinct reference judged once, counts nodes and depth, and raises
one error for all that is refused.  Places are looked for only then, in a
second pass.

What lies inside the config of a class that is not built in is that class's
own business: it may bring objects of its own when it asks for them.  A name
that is unknown there is left to the gate in :mod:`rekindle.engine.resolve`,
which every name passes again when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rekindle.engine import code
from rekindle.engine.codecs.plain import ATOMS
from rekindle.engine.reference import Key, checked, key_of
from rekindle.engine.resolve import Refusal, Resolved, refusal_error
from rekindle.errors import ConfigError, LimitError, RekindleError
from rekindle.policy import Policy

Judge = Callable[[Key], "Resolved | Refusal"]


def scan(config: Any, judge: Judge, policy: Policy, decoder: Callable[[str], Any]) -> None:
    """Judge everything that `config` names.

    Args:
        config: A config as JSON or a `get_config` gives it.
        judge: Tells what a reference stands for; remembers its answers.
        policy: What is allowed, and how much of it.
        decoder: Tells what reads values of a class name, or `None`.

    Raises:
        UnresolvedReferenceError: Names that are unknown, ambiguous or not
            trusted: all of them in one error.
        LambdaRefusedError: There is byte code and the policy forbids that.
        LimitError: The config is too deep or too large.
        ConfigError: A name has a wrong type.
    """
    _Scan(config, judge, policy, decoder).run()


class _Scan:
    def __init__(self, config: Any, judge: Judge, policy: Policy, decoder: Callable[[str], Any]) -> None:
        self.config = config
        self.judge = judge
        self.policy = policy
        self.decoder = decoder
        self.refused: dict[Key, Refusal] = {}
        self.left: dict[Key, Refusal] = {}  # unknown, but within a user's class
        self.nodes = 0

    def run(self) -> None:
        """Walk level by level: the depth needs no stack, whatever the file says."""
        open_level: list[Any] = [self.config]
        own_level: list[Any] = []
        for _ in range(self.policy.limits.depth):
            open_below: list[Any] = []
            own_below: list[Any] = []
            self._expand(open_level, open_below, own_below)
            self._expand(own_level, own_below, None)
            open_level, own_level = open_below, own_below
            if not open_level and not own_level:
                break
        else:
            raise LimitError(f"The config nests deeper than {self.policy.limits.depth} levels")
        if self.refused:
            error = refusal_error(list({**self.refused, **self.left}.values()))
            error.place = _place(self.config, lambda value: _key(value) in self.refused)
            raise error

    def _expand(self, values: list[Any], below: list[Any], own_below: list[Any] | None) -> None:
        """Put the containers within `values` on the next level.

        `own_below` is `None` when `values` lie within a user's class already.
        """
        for value in values:
            if isinstance(value, dict):
                members: Any = value.values()
                if "class_name" in value and "config" in value:
                    user_class = self._reference(value, own=own_below is None)
                    if user_class and own_below is not None:
                        own_below.append(value["config"])
                        members = [member for name, member in value.items() if name != "config"]
            elif isinstance(value, (list, tuple)):
                members = value
            else:
                continue
            self.nodes += len(value)
            below += [member for member in members if type(member) not in ATOMS]
        if self.nodes > self.policy.limits.nodes:
            raise LimitError(f"The config has more than {self.policy.limits.nodes} values")

    def _reference(self, value: dict[str, Any], *, own: bool) -> bool:
        """Have the reference of `value` judged; say whether its class is a user's."""
        name = value["class_name"]
        if name == code.TAG:
            if not self.policy.lambdas:
                raise self._at(code.refusal(value), value)
            return False
        try:
            if self.decoder(name) is not None:
                return False
            verdict = self.judge(key_of(value))
        except (TypeError, RekindleError) as error:
            if own:
                return False  # the user's data, which only looks like a config
            raise self._at(_wrong_type(value, error), value) from None
        if isinstance(verdict, Resolved):
            return not verdict.builtin
        (self.left if own and verdict.reason == "unknown" else self.refused)[key_of(value)] = verdict
        return True

    def _at(self, error: RekindleError, value: Any) -> RekindleError:
        error.place = _place(self.config, lambda other: other is value)
        return error


def _wrong_type(value: dict[str, Any], error: Exception) -> RekindleError:
    """Return the error for a reference with a part that is not even hashable."""
    if isinstance(error, RekindleError):
        return error
    try:
        checked(key_of(value))
    except ConfigError as precise:
        return precise
    return ConfigError(str(error), config=value)


def _key(value: Any) -> Key | None:
    if isinstance(value, dict) and "class_name" in value and "config" in value:
        key = key_of(value)
        return key if all(part is None or isinstance(part, str) for part in key) else None
    return None


def _place(config: Any, wanted: Callable[[Any], bool]) -> str:
    """Return where the first value that is `wanted` stands in `config`."""
    stack: list[tuple[Any, tuple[str | int, ...]]] = [(config, ())]
    while stack:
        value, path = stack.pop()
        if wanted(value):
            found = RekindleError("")
            found.under(*path)
            return str(found.place)
        if isinstance(value, dict):
            stack += reversed([(member, (*path, name)) for name, member in value.items()])
        elif isinstance(value, (list, tuple)):
            stack += reversed([(member, (*path, i)) for i, member in enumerate(value)])
    return "$"


def place_within(config: Any, part: Any) -> str | None:
    """Return where `part` stands in `config`: itself, else the first equal to it."""
    for same in (lambda value: value is part, lambda value: value == part):
        place = _place(config, same)
        if place != "$":
            return place
    return None
