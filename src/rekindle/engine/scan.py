"""One pass over a raw config, before anything is built.

It copies the containers, has each reference judged, counts levels, and raises
one error for all that is refused.  Places are looked for only
then, in a second pass.  The copy is what gets built: `from_config` may do to
it what it likes, and the caller's config stays as it is.

What lies inside the config of a class that is not built in is that class's
own business: it may bring objects of its own when it asks for them.  A name
that is unknown there is left to the gate in :mod:`rekindle.engine.resolve`,
which every name passes again when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from rekindle.engine import code
from rekindle.engine.codecs.plain import ATOMS, are_atoms
from rekindle.engine.reference import Key, checked, key_of
from rekindle.engine.resolve import Refusal, Resolved, refusal_error
from rekindle.errors import ConfigError, LimitError, RekindleError
from rekindle.policy import Policy

Judge = Callable[[Key], "Resolved | Refusal"]


# An object config of the copy, its names, its inner config and what was found
# for it.  A plain tuple: a NamedTuple takes five times as long to make, and
# there is one for each object.
Names = tuple[Any, Any, Any]
Planned = tuple[dict[str, Any], Names, Any, Resolved]

# The names in a whole object config of a class; one call in C.
class_names: Callable[[dict[str, Any]], Names] = itemgetter("class_name", "module", "registered_name")

# What is in a value with one of these tags is numbers and text, never an object.
_DATA_TAGS = frozenset({"__bytes__", "__ellipsis__", "__tensor__", "__numpy__", "__keras_tensor__", "__typespec__"})
_DATA = Resolved(None, builtin=True)
_CONTAINER = Resolved(None, builtin=True)


class Scan:
    """One pass over one config.

    Args:
        judge: Tells what a reference stands for; remembers its answers.
        decoder: Tells what reads values of a class name, or `None`.
        policy: What is allowed, and how much of it.
        noun: What the config stands for, for messages.
        own: Whether all of the config is a class's own business.

    Attributes:
        plan: The object configs in the copy, by address.
    """

    __slots__ = (
        "_at",
        "_decoder",
        "_found",
        "_judge",
        "_left",
        "_noun",
        "_own",
        "_policy",
        "_refused",
        "_room",
        "plan",
    )

    def __init__(
        self, judge: Judge, decoder: Callable[[str], Any], policy: Policy, noun: str = "", *, own: bool = False
    ) -> None:
        self._own = own
        self._judge = judge
        self._decoder = decoder
        self._policy = policy
        self._noun = noun
        self._room = policy.limits.nodes  # for containers: one may hold itself many times over
        self._found: dict[Names, Resolved] = {}
        self._refused: dict[Key, Refusal] = {}
        self._at: set[int] = set()  # which object configs of the copy these are
        self._left: dict[Key, Refusal] = {}  # unknown, but within a user's class
        self.plan: dict[int, Planned] = {}

    def run(self, config: Any) -> Any:
        """Return a copy of `config`, all of whose names may be used.

        Raises:
            UnresolvedReferenceError: Names that are unknown, ambiguous or not
                trusted: all of them in one error.
            LambdaRefusedError: There is byte code and the policy forbids that.
            LimitError: The config is too deep or too large.
            ConfigError: A name has a wrong type.
        """
        top = [config]
        try:
            self._levels(top)
        except RecursionError as error:
            raise LimitError("The config nests deeper than Python can go") from error
        except RekindleError as error:
            failed = error.config
            if failed is not None:
                error.place = _place(top[0], lambda value: value is failed)
            raise
        if self._refused:
            refused = refusal_error(list({**self._refused, **self._left}.values()), noun=self._noun)
            refused.place = _place(top[0], lambda value: id(value) in self._at)
            raise refused
        return top[0]

    def _levels(self, top: list[Any]) -> None:
        """Exchange what is in `top` for copies, one level of nesting after the other."""
        level: list[Any] = []
        own: list[Any] = []  # the same, within the config of a user's class
        (own if self._own else level).append(top)
        limits = self._policy.limits
        for _ in range(limits.depth + 1):
            self._room -= sum(map(len, level)) + sum(map(len, own))
            if self._room < 0:
                raise LimitError(f"The config has more than {limits.nodes} values")
            below: list[Any] = []
            below_own: list[Any] = []
            self._level(level, below, below_own)
            self._level(own, below_own, below_own)
            if not below and not below_own:
                return
            level, own = below, below_own
        raise LimitError(f"The config nests deeper than {limits.depth} levels")

    def _level(self, level: list[Any], below: list[Any], own: list[Any]) -> None:  # noqa: C901, PLR0912
        """Exchange the members of some containers for copies, and judge what they name.

        This takes most of the time of a reading.  It looks at exact types
        first, and copies what holds plain values alone without a loop.

        Args:
            level: Dicts and lists, which are copies already.
            below: Gets the copies that have to be looked at in their turn.
            own: The same, for what is within the config of a user's class.
        """
        known, plan = self._found, self.plan
        for container in level:
            members: Iterable[tuple[Any, Any]]
            inner: Any = None
            if type(container) is list:
                members = enumerate(container)
            else:
                if "class_name" in container and "config" in container:
                    names: Names | None
                    found: Resolved | None
                    try:
                        names = class_names(container)
                        found = known[names]
                    except (KeyError, TypeError):
                        names, found = self._first(container, own=below is own)
                        if found is _DATA:
                            continue
                    inside = below if found is not None and found.builtin else own
                    inner = container["config"]
                    if type(inner) is dict:
                        inner = container["config"] = inner.copy()
                        if inner:
                            inside.append(inner)
                        if names is not None and found is not None:  # objects are made of it
                            plan[id(container)] = (container, names, inner, found)
                    elif type(inner) not in ATOMS:
                        inner = container["config"] = self._other(inner, inside)
                    if len(container) == 4 and names is not None:
                        continue
                members = container.items()
            for field, member in members:
                cls = type(member)
                if cls in ATOMS or member is inner:
                    continue
                if cls is dict:
                    copy = container[field] = member.copy()
                    if copy:
                        below.append(copy)
                elif cls is list:
                    copy = container[field] = member.copy()
                    if copy and (type(copy[0]) is dict or not are_atoms(map(type, copy))):
                        below.append(copy)
                else:
                    container[field] = self._other(member, below)

    def _other(self, value: Any, below: list[Any]) -> Any:
        """Return a copy of a value whose type is not one that JSON gives."""
        if isinstance(value, dict):
            below.append(dict(value))
        elif isinstance(value, list):
            below.append(list(value))
        elif isinstance(value, tuple):
            self._room -= len(value)
            if self._room < 0:
                raise LimitError(f"The config has more than {self._policy.limits.nodes} values")
            return tuple([member if type(member) in ATOMS else self._other(member, below) for member in value])
        else:
            return value
        return below[-1]

    def _first(self, value: dict[str, Any], *, own: bool) -> tuple[Names | None, Resolved | None]:
        """Judge a reference that has no answer yet.

        Returns:
            Its names, if objects are made of it and it has all of them; what
            it stands for, if anything.
        """
        name = value["class_name"]
        if name == code.TAG:
            if not self._policy.lambdas:
                raise code.refusal(value)
            return None, _DATA
        try:
            if name[:2] == "__" and self._decoder(name) is not None:
                return None, _DATA if name in _DATA_TAGS else _CONTAINER
            key = key_of(value)
            verdict = self._judge(key)
        except (TypeError, RekindleError) as error:
            if own:
                return None, None  # data of the user's, which only looks like a config
            raise _precise(value, error) from None
        if isinstance(verdict, Refusal):
            # Not remembered: it may be refused in one place and left in another.
            if own and verdict.reason == "unknown":
                self._left[key] = verdict
            else:
                self._refused[key] = verdict
                self._at.add(id(value))
            return None, None
        if not verdict.makes or key[0] != "class" or "module" not in value or "registered_name" not in value:
            return None, verdict
        names = class_names(value)
        self._found[names] = verdict
        return names, verdict


def _precise(value: dict[str, Any], error: Exception) -> RekindleError:
    """Return the error for a reference; a part of it may not even be hashable."""
    if not isinstance(error, RekindleError):
        try:
            checked(key_of(value))
        except ConfigError as precise:
            error = precise
    ours = error if isinstance(error, RekindleError) else ConfigError(str(error))
    ours.config = value
    return ours


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
