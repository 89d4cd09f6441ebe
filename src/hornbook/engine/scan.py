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
from hornbook.engine.arguments import MOST, ArgumentCheck
from hornbook.engine.codecs.table import Look, Tag
from hornbook.engine.identity import ID
from hornbook.engine.reference import Key, checked, key_of, not_a_dict
from hornbook.engine.refusals import UNKNOWN, Refusal, refusal_error
from hornbook.engine.reporting import check_completions, check_inner, first_reported, placed, precise
from hornbook.engine.resolve import Resolved
from hornbook.engine.violations import Violation, rule_of
from hornbook.errors import HornbookError, LimitError
from hornbook.places import ATOMS, are_atoms, first_steps, place_of, steps_by_address
from hornbook.policy import Policy

Judge = Callable[[Key], "Resolved | Refusal"]
Named = Callable[[str], "Resolved | None"]


def _no_name(name: str) -> None:
    return None


# An object config of the copy, its names, its inner config and what was found
# for it.  A plain tuple: a NamedTuple takes five times as long to make, and
# there is one for each object.
Names = tuple[Any, Any, Any]
Planned = tuple[dict[str, Any], Names, Any, Resolved]

# The names in a whole object config of a class; one call in C.
class_names: Callable[[dict[str, Any]], Names] = itemgetter("class_name", "module", "registered_name")

_DATA = Resolved(None, builtin=True)
_CONTAINER = Resolved(None, builtin=True)


# How many keys an object config has that is neither shared nor built nor compiled.
_PLAIN_KEYS = 4


class Scan:
    """One pass over one config.

    Args:
        judge: Tells what a reference stands for; remembers its answers.
        tag: Tells how values of a class name are looked at that is a tag, or `None`.
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
        "_faults",
        "_judge",
        "_kinds",
        "_known",
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
        "_tag",
        "_unfit",
        "plan",
    )

    def __init__(
        self,
        judge: Judge,
        tag: Callable[[str], Tag | None],
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
        self._faults: list[Violation] = []
        self._ruled = False  # whether there is anything that rules hold for
        self._odd: list[tuple[dict[str, Any], Any, Resolved]] = []  # object configs that are not in the plan
        self._sharing: list[dict[str, Any]] = []  # object configs with a shared id
        self._unfit: list[tuple[dict[str, Any], Look]] = []  # what is looked at before anything is built
        self._judge = judge
        self._tag = tag
        self._policy = policy
        self._noun = noun
        self._room = policy.limits.nodes  # for containers: one may hold itself many times over
        self._known: dict[Names, Resolved] = {}
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
        copy = self._copied(config)
        if self._refused and not self._faults:
            refused = refusal_error(list({**self._refused, **self._left}.values()), noun=self._noun)
            named = {id(value) for value in self._at.values()}
            refused.place = place_of(first_steps(copy, lambda value: id(value) in named) or ())
            raise refused
        faults = self._faults or self._judged(copy) or ([] if self._lax else self._misfits())
        if faults:
            raise placed(first_reported(faults), steps_by_address(copy, {id(faults[0].at)}))
        return copy

    def _copied(self, config: Any) -> Any:
        """Return a copy of `config`, with all that it names judged but nothing raised for it.

        Raises:
            LimitError: The config is too deep or too large.
        """
        top = [config]
        try:
            self._levels(top)
        except RecursionError as error:
            raise LimitError("The config nests deeper than Python can go") from error
        except HornbookError as error:
            failed = error.config
            if failed is not None:
                error.place = place_of(first_steps(top[0], lambda value: value is failed) or ())
            raise
        return top[0]

    def check(self, resolved: Resolved, arguments: Any, config: dict[str, Any]) -> None:
        """Judge the arguments of one object, without what lies within them.

        Raises:
            HornbookError: The first thing that is wrong.
        """
        check = ArgumentCheck(self._object, self._named, self._policy, self._means)
        check.object(config, arguments, resolved)
        check.finish(config)
        for fault in check.violations[:1]:
            error = placed(fault, {})
            if fault.at is arguments:
                error.under("config")
            raise error

    def findings(self, config: Any) -> list[Violation]:
        """Return all that :meth:`run` would refuse `config` for, each with its place; nothing if it is clean.

        What breaks a limit of the pass itself, as the depth, is the only
        finding then.
        """
        top = [config]
        try:
            self._levels(top)
        except (RecursionError, HornbookError) as error:
            ours = error if isinstance(error, HornbookError) else LimitError("The config nests too deep")
            self._faults.append(Violation(rule_of(ours), ours, ours.config))
        else:
            self._judged(top[0])
            self._unfit += [(planned, check_completions) for planned, *_ in self.plan.values()]
            self._unfit += [(odd, check_completions) for odd, *_ in self._odd]
            self._misfits()
        faults = self._faults
        for key, refusal in self._refused.items():
            unresolved = refusal_error([refusal], noun=self._noun)
            faults.append(Violation(refusal.reason, unresolved, self._at[key], (), checked(key)))
        steps = steps_by_address(top[0], {id(fault.at) for fault in faults})
        for fault in faults:
            placed(fault, steps)
        return faults

    def _misfits(self) -> list[Violation]:
        """Judge values of which the pass has seen no more than that they stand there."""
        for value, look in self._unfit:
            try:
                look(value)
            except HornbookError as error:
                self._fault(value, error)
        return self._faults

    def _fault(self, at: Any, error: HornbookError) -> None:
        if len(self._faults) < MOST:
            self._faults.append(Violation(rule_of(error), error, at))

    def _judged(self, config: Any) -> list[Violation]:
        """Judge what the objects are given; names are judged already."""
        if not (self._ruled or self._sharing or self._kinds):
            return self._faults
        check = ArgumentCheck(self._object, self._named, self._policy, self._means)
        if self._kinds:
            check.root(config, self._kinds)
        for shared in self._sharing:
            check.shared(shared)
        if self._ruled:
            self._judge_arguments(check)
            check.finish(config)
        self._faults += check.violations
        return self._faults

    def _judge_arguments(self, check: ArgumentCheck) -> None:
        for planned, _, inner, resolved in self.plan.values():
            if resolved.rules or resolved.kind is not None:
                check.object(planned, inner, resolved)
        for odd, inner, resolved in self._odd:
            check.object(odd, inner, resolved)

    def _object(self, config: dict[str, Any]) -> Resolved | None:
        """Return what an object config within the copy stands for, if it is known and not data."""
        planned = self.plan.get(id(config))
        if planned is not None:
            return planned[3]
        name = config["class_name"]
        try:
            if isinstance(name, str) and name[:2] == "__" and self._tag(name) is not None:
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
            below: list[Any] = []
            below_own: list[Any] = []
            for containers, within in ((level, below), (own, below_own)):
                if containers:
                    self._room -= sum(map(len, containers))
                    if self._room < 0:
                        raise LimitError(f"The config has more than {limits.nodes} values")
                    self._level(containers, within, below_own)
            if not below and not below_own:
                return
            level, own = below, below_own
        raise LimitError(f"The config nests deeper than {limits.depth} levels")

    def _level(self, level: list[Any], below: list[Any], own: list[Any]) -> None:  # noqa: C901, PLR0912
        """Exchange the members of some containers for copies, and judge what they name.

        This takes most of the time of a reading.  It looks at exact types
        first, and copies what holds plain values alone without a loop.  What is
        done for an object whose reference has an answer, and for the members of
        a container, stands here and not in methods: with those a scan took 2 to 7 % longer.

        Args:
            level: Dicts and lists, which are copies already.
            below: Gets the copies that have to be looked at in their turn.
            own: The same, for what is within the config of a user's class.
        """
        known, plan = self._known, self.plan
        for container in level:
            inner: Any = None
            if type(container) is list:
                members: Iterable[tuple[Any, Any]] = enumerate(container)
            else:
                if "class_name" in container and "config" in container:
                    try:
                        names = class_names(container)
                        resolved = known[names]
                        inner = container["config"]
                    except (KeyError, TypeError):
                        resolved = None
                    if resolved is not None and type(inner) is dict:
                        inner = container["config"] = inner.copy()
                        if inner:
                            (below if resolved.builtin else own).append(inner)
                        plan[id(container)] = (container, names, inner, resolved)
                        if len(container) == _PLAIN_KEYS:
                            continue
                    elif self._rare_object(container, below, own):
                        continue
                    if ID in container:
                        self._sharing.append(container)
                    inner = container["config"]
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
                    if not are_atoms(map(type, copy)):
                        below.append(copy)
                else:
                    container[field] = self._other(member, below)

    def _rare_object(self, container: dict[str, Any], below: list[Any], own: list[Any]) -> bool:
        """Judge an object config that is the first of its reference, or whose inner config is no dict.

        Returns:
            Whether there is nothing more to look at in it.
        """
        names, resolved = self._first(container, own=below is own)
        if resolved is _DATA:
            return True
        inner = container["config"]
        inside = below if resolved is not None and resolved.builtin else own
        if type(inner) is dict:
            inner = container["config"] = inner.copy()
            if inner:
                inside.append(inner)
            if resolved is not None:
                self._keep(container, names, inner, resolved)
        else:
            if resolved is not None and resolved.makes:
                self._check_inner(container, inner, resolved, own=below is own)
            container["config"] = self._other(inner, inside)
        return len(container) == _PLAIN_KEYS and names is not None

    def _keep(self, container: dict[str, Any], names: Names | None, inner: Any, resolved: Resolved) -> None:
        """Plan an object config, or keep it to be judged alone."""
        if names is not None:  # objects are made of it
            self.plan[id(container)] = (container, names, inner, resolved)
        elif resolved.makes:
            self._odd.append((container, inner, resolved))

    def _check_inner(self, container: dict[str, Any], inner: Any, resolved: Resolved, *, own: bool) -> None:
        """Judge what stands for arguments and is no dict as JSON gives it."""
        if type(inner) not in ATOMS:
            if not own:
                self._unfit.append((container, check_inner))
        elif inner is None:
            if resolved.builtin:
                self._odd.append((container, {}, resolved))
        elif inner or not self._lax:
            self._fault(container, not_a_dict(inner, None))

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
        try:
            tagged = self._tagged(value, own=own)
            if tagged is not None:
                return None, tagged
            key = key_of(value)
            verdict = self._judge(key)
        except (TypeError, HornbookError) as error:
            if own:
                return None, None  # data of the user's, which only looks like a config
            self._fault(value, precise(value, error))
            return None, _DATA
        if isinstance(verdict, Refusal):
            self._refuse(key, verdict, value, own=own)
            return None, None
        self._ruled = self._ruled or bool(verdict.rules) or verdict.kind is not None
        names = None
        if verdict.makes and key[0] == "class" and "module" in value and "registered_name" in value:
            names = class_names(value)
            self._known[names] = verdict
        return names, verdict

    def _tagged(self, value: dict[str, Any], *, own: bool) -> Resolved | None:
        """Return what a tagged value stands for; `None` for any other.

        Raises:
            MissingDependencyError: The framework that reads it is not installed.
        """
        name = value["class_name"]
        if name == code.TAG:
            if not self._policy.lambdas:
                self._fault(value, code.refusal(value))
            return _DATA
        tag = self._tag(name) if isinstance(name, str) and name[:2] == "__" else None
        if tag is None:
            return None
        if tag.look is not None and not own:
            self._unfit.append((value, tag.look))
        return _DATA if tag.data else _CONTAINER

    def _refuse(self, key: Key, refusal: Refusal, value: dict[str, Any], *, own: bool) -> None:
        """Keep a refusal; not as an answer, since it may be refused in one place and left in another."""
        if own and refusal.reason == UNKNOWN:
            self._left[key] = refusal
        else:
            self._refused[key] = refusal
            self._at.setdefault(key, value)
