"""One pass over a raw config, before anything is built.

It copies the containers, has each reference judged, counts levels, and raises
one error for all that is refused.  Places are looked for only
then, in a second pass.  The copy is what gets built: `from_config` may do to
it what it likes, and the caller's config stays as it is.

What lies inside the config of a class that is not built in is that class's
own business: it may bring objects of its own when it asks for them.  A name
that is unknown there is left to the gate in :mod:`hornbook.engine.resolve`,
which every name passes again when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from operator import itemgetter
from typing import Any

from hornbook.engine import code
from hornbook.engine.arguments import MOST, Judging
from hornbook.engine.codecs import tensor
from hornbook.engine.codecs.plain import ATOMS, are_atoms
from hornbook.engine.identity import ID
from hornbook.engine.reference import COMPLETIONS, Key, checked, completion, key_of
from hornbook.engine.resolve import UNKNOWN, Refusal, Resolved, refusal_error, unknown
from hornbook.engine.violations import Fault, Finding, Steps, places, rule_of
from hornbook.errors import ConfigError, HornbookError, LimitError, short
from hornbook.policy import Policy

Judge = Callable[[Key], "Resolved | Refusal"]
Named = Callable[[str], "Resolved | None"]
# Raises what reading a value would raise, of which the scan itself says nothing.
Look = Callable[[dict[str, Any]], None]


def _no_name(name: str) -> None:
    return None


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
        named: Tells what a string stands for, or `None`.
        means: Says whether a string means anything where a built-in of a kind is expected.
        own: Whether all of the config is a class's own business.
        lax: Whether what stands for arguments need be no dict.
        kinds: The kinds of which the outermost object must be; any by default.

    Attributes:
        plan: The object configs in the copy, by address.
    """

    __slots__ = (
        "_at",
        "_decoder",
        "_faults",
        "_found",
        "_judge",
        "_kinds",
        "_lax",
        "_left",
        "_means",
        "_named",
        "_noun",
        "_odd",
        "_own",
        "_policy",
        "_refused",
        "_room",
        "_ruled",
        "_sharing",
        "_unfit",
        "plan",
    )

    def __init__(
        self,
        judge: Judge,
        decoder: Callable[[str], Any],
        policy: Policy,
        noun: str = "",
        *,
        named: Named = _no_name,
        means: Callable[[str, str], bool] = lambda name, kind: True,
        own: bool = False,
        lax: bool = False,
        kinds: Collection[str] | None = None,
    ) -> None:
        self._own = own
        self._lax = lax
        self._named = named
        self._means = means
        self._kinds = kinds
        self._faults: list[Fault] = []
        self._ruled = False  # whether there is anything that rules hold for
        self._odd: list[tuple[dict[str, Any], Any, Resolved]] = []  # object configs that are not in the plan
        self._sharing: list[dict[str, Any]] = []  # object configs with a shared id
        self._unfit: list[tuple[dict[str, Any], Look]] = []  # what is looked at before anything is built
        self._judge = judge
        self._decoder = decoder
        self._policy = policy
        self._noun = noun
        self._room = policy.limits.nodes  # for containers: one may hold itself many times over
        self._found: dict[Names, Resolved] = {}
        self._refused: dict[Key, Refusal] = {}
        self._at: dict[Key, Any] = {}  # the object config of the copy that names each of these first
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
        except HornbookError as error:
            failed = error.config
            if failed is not None:
                error.place = _place(top[0], lambda value: value is failed)
            raise
        if self._refused and not self._faults:
            refused = refusal_error(list({**self._refused, **self._left}.values()), noun=self._noun)
            refused.place = _place(top[0], _one_of(list(self._at.values())))
            raise refused
        faults = self._faults or self._judged(top[0]) or ([] if self._lax else self._misfits())
        if faults:
            raise _placed(_first(faults), places(top[0], {id(faults[0].at)}))
        return top[0]

    def check(self, resolved: Resolved, arguments: Any, config: dict[str, Any]) -> None:
        """Judge the arguments of one object, without what lies within them.

        Raises:
            HornbookError: The first thing that is wrong.
        """
        judging = Judging(self._object, self._named, self._policy, self._means)
        judging.object(config, arguments, resolved)
        judging.finish(config)
        for fault in judging.faults[:1]:
            error = _placed(fault, {})
            if fault.at is arguments:
                error.under("config")
            raise error

    def findings(self, config: Any) -> list[Finding]:
        """Return all that :meth:`run` would refuse `config` for, each with its place; nothing if it is clean.

        What breaks a limit of the pass itself, as the depth, is the only
        finding then.
        """
        top = [config]
        try:
            self._levels(top)
        except (RecursionError, HornbookError) as error:
            ours = error if isinstance(error, HornbookError) else LimitError("The config nests too deep")
            self._faults.append(Fault(ours.config, (), rule_of(ours), ours))
        else:
            self._judged(top[0])
            self._unfit += [(planned, _incomplete) for planned, *_ in self.plan.values()]
            self._unfit += [(odd, _incomplete) for odd, *_ in self._odd]
            self._misfits()
        faults = self._faults
        for key, refusal in self._refused.items():
            unresolved = refusal_error([refusal], noun=self._noun)
            faults.append(Fault(self._at[key], (), refusal.reason, unresolved, checked(key)))
        found = places(top[0], {id(fault.at) for fault in faults})
        for fault in faults:
            _placed(fault, found)
        return [Finding(str(one.error.place), one.rule, one.error.problem, one.reference, one.error) for one in faults]

    def _misfits(self) -> list[Fault]:
        """Judge values of which the pass has seen no more than that they stand there."""
        for value, look in self._unfit:
            try:
                look(value)
            except HornbookError as error:
                self._fault(value, error)
        return self._faults

    def _fault(self, at: Any, error: HornbookError) -> None:
        if len(self._faults) < MOST:
            self._faults.append(Fault(at, (), rule_of(error), error))

    def _judged(self, config: Any) -> list[Fault]:
        """Judge what the objects are given; names are judged already."""
        if not (self._ruled or self._sharing or self._kinds):
            return self._faults
        judging = Judging(self._object, self._named, self._policy, self._means)
        if self._kinds:
            judging.root(config, self._kinds)
        for one in self._sharing:
            judging.shared(one)
        if self._ruled:
            for planned, _, inner, found in self.plan.values():
                if found.rules or found.kind is not None:
                    judging.object(planned, inner, found)
            for odd, inner, found in self._odd:
                judging.object(odd, inner, found)
            judging.finish(config)
        self._faults += judging.faults
        return self._faults

    def _object(self, config: dict[str, Any]) -> Resolved | None:
        """Return what an object config within the copy stands for, if it is known and not data."""
        planned = self.plan.get(id(config))
        if planned is not None:
            return planned[3]
        name = config["class_name"]
        try:
            if isinstance(name, str) and name[:2] == "__" and self._decoder(name) is not None:
                return None
            verdict = self._judge(key_of(config))
        except (TypeError, HornbookError):
            return None
        return None if isinstance(verdict, Refusal) else verdict

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

    def _level(self, level: list[Any], below: list[Any], own: list[Any]) -> None:  # noqa: C901, PLR0912, PLR0915
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
                        if found is not None:
                            if names is not None:  # objects are made of it
                                plan[id(container)] = (container, names, inner, found)
                            elif found.makes:
                                self._odd.append((container, inner, found))
                    elif type(inner) not in ATOMS:
                        if found is not None and found.makes and below is not own:
                            self._unfit.append((container, _no_dict))
                        inner = container["config"] = self._other(inner, inside)
                    elif inner is None:
                        if found is not None and found.makes and found.builtin:
                            self._odd.append((container, {}, found))
                    elif found is not None and found.makes and (inner or not self._lax):
                        self._fault(container, ConfigError(f"`config` must be a dict, not {short(inner)}"))
                    if len(container) == 4 and names is not None:
                        continue
                    if ID in container:
                        self._sharing.append(container)
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
                self._fault(value, code.refusal(value))
            return None, _DATA
        try:
            if isinstance(name, str) and name[:2] == "__" and self._decoder(name) is not None:
                look = _LOOKS.get(name)
                if look is not None and not own:
                    self._unfit.append((value, look))
                return None, _DATA if name in _DATA_TAGS else _CONTAINER
            key = key_of(value)
            verdict = self._judge(key)
        except (TypeError, HornbookError) as error:
            if own:
                return None, None  # data of the user's, which only looks like a config
            self._fault(value, _precise(value, error))
            return None, _DATA
        if isinstance(verdict, Refusal):
            # Not remembered: it may be refused in one place and left in another.
            if own and verdict.reason == "unknown":
                self._left[key] = verdict
            else:
                self._refused[key] = verdict
                self._at.setdefault(key, value)
            return None, None
        self._ruled = self._ruled or bool(verdict.rules) or verdict.kind is not None
        names = None
        if verdict.makes and key[0] == "class" and "module" in value and "registered_name" in value:
            names = class_names(value)
            self._found[names] = verdict
        return names, verdict


def _no_dict(value: dict[str, Any]) -> None:
    inner = value["config"]
    if not isinstance(inner, dict):
        raise ConfigError(f"`config` must be a dict, not {short(inner)}", config=value)


def _incomplete(value: dict[str, Any]) -> None:
    for part in COMPLETIONS:
        completion(value, part)


def _no_array(value: dict[str, Any]) -> None:
    tensor.parts(value["config"], value["class_name"])


# How values with some tags are looked at.
_LOOKS: dict[str, Look] = {tensor.TAG: _no_array, "__numpy__": _no_array, "__typespec__": tensor.check_spec}


def _one_of(values: list[Any]) -> Callable[[Any], bool]:
    addresses = {id(value) for value in values}
    return lambda value: id(value) in addresses


def _first(faults: list[Fault]) -> Fault:
    """Return what is told of some faults: the first; of names that are unknown, all in one."""
    first = faults[0]
    names = [one.reference.name for one in faults if one.rule == UNKNOWN and one.reference is not None]
    return first._replace(error=unknown(*names)) if first.rule == UNKNOWN and names else first


def _placed(fault: Fault, found: dict[int, Steps]) -> HornbookError:
    """Return the error for a fault, with its place."""
    error = fault.error
    error.under(*found.get(id(fault.at), ()), *fault.steps)
    return error


def _precise(value: dict[str, Any], error: Exception) -> HornbookError:
    """Return the error for a reference; a part of it may not even be hashable."""
    if not isinstance(error, HornbookError):
        try:
            checked(key_of(value))
        except ConfigError as precise:
            error = precise
    ours = error if isinstance(error, HornbookError) else ConfigError(str(error))
    ours.config = value
    return ours


def _place(config: Any, wanted: Callable[[Any], bool]) -> str:
    """Return where the first value that is `wanted` stands in `config`."""
    stack: list[tuple[Any, tuple[str | int, ...]]] = [(config, ())]
    while stack:
        value, path = stack.pop()
        if wanted(value):
            found = HornbookError("")
            found.under(*path)
            return str(found.place)
        if isinstance(value, dict):
            stack += reversed([(member, (*path, name)) for name, member in value.items()])
        elif isinstance(value, (list, tuple)):
            stack += reversed([(member, (*path, i)) for i, member in enumerate(value)])
    return "$"


def _is_equal(value: Any, part: Any) -> bool:
    """Return whether two containers are equal; what is no data in them may not tell, as an array."""
    try:
        return type(value) is type(part) and bool(value == part)
    except Exception:  # noqa: BLE001  the `__eq__` of anything
        return False


def place_within(config: Any, part: Any) -> str | None:
    """Return where `part` stands in `config`: itself, else the first equal to it."""
    for same in (lambda value: value is part, lambda value: _is_equal(value, part)):
        place = _place(config, same)
        if place != "$":
            return place
    return None
