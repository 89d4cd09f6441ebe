"""The first gate: a name becomes an object, or a reason why not.

A name resolves to something passed in, in scope, registered, or in the
catalogue of an active integration.  Nothing else exists for it, and nothing
is imported because a file names it.  The order is one for strings, dicts and
nested values: argument, scope, registry, module objects, built-ins; an older
generation of Keras may have another one (:mod:`hornbook.engine.dialects`).
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hornbook.engine import scope
from hornbook.engine.dialects import ARGUMENT_FIRST, HORNBOOK, Dialect, Order
from hornbook.engine.plugins import known_as
from hornbook.engine.reference import NO_MODULE, Kind, Reference
from hornbook.engine.registry import Registry, origin
from hornbook.errors import (
    AmbiguousReferenceError,
    UnknownReferenceError,
    UnresolvedReferenceError,
    UntrustedReferenceError,
)
from hornbook.policy import Policy

if TYPE_CHECKING:
    from hornbook.engine.violations import Rules

_NOTHING = object()
_SHOWN = 12  # names in one message


class Resolved:
    """An object that a name stands for.

    Args:
        target: The class, function or instance.
        builtin: Whether it is one of a framework's own.
        offered: Whether it comes from `module_objects`.
        adapt: Puts right the arguments that older versions wrote, or `None`.
        kind: What it is, as `"layer"`; `None` for a class of the user's
            without a base that tells.
        rules: What its arguments may be, by name.

    Attributes:
        makes: Whether objects are made of it; a function or an instance stands
            for itself.
        entry: What takes the arguments; the second gate finds it when the
            first object is made.
    """

    __slots__ = ("adapt", "builtin", "entry", "kind", "makes", "offered", "rules", "target")

    def __init__(  # noqa: PLR0917  made for each reference
        self,
        target: Any,
        builtin: bool = False,
        adapt: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        offered: bool = False,
        kind: str | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.target = target
        self.builtin = builtin
        self.offered = offered
        self.adapt = adapt
        self.kind = kind
        self.rules = rules
        self.makes = isinstance(target, type)
        self.entry: Callable[[dict[str, Any]], Any] | None = None


class Refusal(NamedTuple):
    """Why a name stands for nothing."""

    label: str
    reason: Literal["unknown", "untrusted", "ambiguous"]
    what: str = ""
    near: Callable[[], tuple[str, ...]] = tuple
    gone: str | None = None


UNKNOWN: Literal["unknown"] = "unknown"
_ERRORS: dict[str, type[UnresolvedReferenceError]] = {
    "untrusted": UntrustedReferenceError,
    "ambiguous": AmbiguousReferenceError,
    "unknown": UnknownReferenceError,
}
_HINTS = {
    "untrusted": "Review it, then register it, pass it in custom_objects=, or name it in Policy(trusted=).",
    "ambiguous": "Pass the one that is meant in custom_objects=.",
    "unknown": "Register it with @register_keras_serializable() or pass it in custom_objects=.",
}


class Resolver:
    """Looks names up for one session.

    Args:
        registry: Where registered objects and integrations are.
        policy: What may be used.
        arguments: The `custom_objects` of the calls, innermost first.
        dialect: Where names are looked up, in which order.
    """

    __slots__ = ("_modules", "arguments", "dialect", "policy", "registry")

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        arguments: Sequence[Mapping[str, Any]] = (),
        dialect: Dialect = HORNBOOK,
    ) -> None:
        self.registry = registry
        self.policy = policy
        self.arguments = arguments
        self.dialect = dialect
        self._modules: dict[int, tuple[str, Any]] = {}

    def resolve(
        self,
        reference: Reference,
        module_objects: Mapping[str, Any] | None = None,
        order: Order | None = None,
    ) -> Resolved | Refusal:
        """Return what `reference` stands for, or why it stands for nothing.

        Args:
            reference: The name.
            module_objects: Built-ins that the caller offers, by name.
            order: Where to look; that of the dialect for a part by default.
        """
        verdict = self._resolve(reference, module_objects, order or self.dialect.parts)
        if not isinstance(verdict, Resolved):
            return verdict
        if self._is_wrong_sort(reference, verdict.target):
            what = f"The config names `{reference.label}` as a {reference.kind}, which it is not"
            return Refusal(reference.label, "untrusted", what)
        self._complete(verdict)
        return verdict

    def meaning(self, reference: Reference) -> Any:
        """Return the object that `reference` leads to, or `None` if it leads to none."""
        verdict = self._resolve(reference, None, self.dialect.parts)
        if not isinstance(verdict, Resolved) or self._is_wrong_sort(reference, verdict.target):
            return None
        return verdict.target

    def _is_wrong_sort(self, reference: Reference, target: Any) -> bool:
        return self.dialect.sorted and isinstance(target, types.FunctionType if reference.kind == "class" else type)

    def _complete(self, found: Resolved) -> None:
        """Add what the active integrations know of an object."""
        for integration in self.registry.integrations.active:
            if found.adapt is None:
                found.adapt = integration.adapter(found.target)
            if found.kind is None:
                found.kind = integration.kind_of(found.target)
                if found.kind is not None:
                    found.rules = (
                        integration.rules(found.kind) if found.builtin else integration.inherited(found.target)
                    )

    def _resolve(
        self, reference: Reference, module_objects: Mapping[str, Any] | None, order: Order
    ) -> Resolved | Refusal:
        builtin = self._builtin(reference)
        if (
            isinstance(builtin, Resolved)
            and not self.dialect.registered_only
            and reference.registered_name
            not in (reference.name, None if reference.kind == "function" else reference.name, "function")
        ):
            # "`registered_name` is only used for non-built-in classes"
            # (documents of TF 2.15 and Keras 3.6).
            return builtin
        custom = self._custom(reference, order)
        if custom is not None:
            return custom
        offered = None if module_objects is None else module_objects.get(reference.name)
        expected = type if reference.kind == "class" else types.FunctionType
        if isinstance(offered, expected):
            return Resolved(offered, builtin=self._exported(offered), offered=True)
        if builtin is not None:
            return builtin
        if isinstance(offered, (type, types.FunctionType)):
            return Resolved(offered, builtin=self._exported(offered), offered=True)
        return self._called(reference) or self._imported(reference) or self._unknown(reference, module_objects)

    def named(self, name: str, module_objects: Mapping[str, Any] | None = None, order: Order | None = None) -> Any:
        """Return what a plain string stands for, or `None`."""
        for table in (*self.tables(order or self.dialect.parts), module_objects or {}):
            target = table.get(name)
            if target is not None:
                return target
        return None

    def called(self, name: str) -> Resolved | None:
        """Return what a plain string stands for, and its kind."""
        target = self.named(name)
        if target is None:
            return None
        found = Resolved(target)
        self._complete(found)
        return found

    def means(self, name: str, kind: str) -> bool:
        """Say whether a string means anything where a built-in of a kind is expected."""
        return self.own(name) is not None or self.registry.integrations.knows(name, kind)

    def own(self, name: str, kind: str | None = None) -> Any:
        """Return what a name without a module means among the user's objects, or `None`.

        Built-ins come after these, so an older version's config is asked here
        before a name in it is taken for one.

        Args:
            name: The name of a class or function.
            kind: The kind expected in that place, where it is known.
        """
        target = self.named(name)
        if target is None:
            sorts: tuple[Kind, ...] = ("class", "function")
            found = [self._called(Reference(sort, name, NO_MODULE, name)) for sort in sorts]
            targets = [one.target for one in found if isinstance(one, Resolved)]
            target = targets[0] if len(targets) == 1 else None
        if kind is None or not isinstance(target, type):
            return target
        kinds = [one.kind_of(target) for one in self.registry.integrations.active]
        theirs = next(filter(None, kinds), None)
        return target if theirs is None or stands_for(theirs, kind) else None

    def tables(self, order: Order) -> Iterator[Mapping[str, Any]]:
        """Yield the tables of names, in the order of their sources."""
        for source in order:
            if source == "argument":
                yield from self.arguments
            elif source == "registry":
                yield from self.registry.tables()
            else:
                yield from scope.open_scopes()
                for integration in self.registry.integrations.active:
                    theirs = integration.scope()
                    if theirs:
                        yield theirs

    def _custom(self, reference: Reference, order: Order) -> Resolved | Refusal | None:
        for name in self._names(reference):
            for table in self.tables(order):
                target = table.get(name, _NOTHING)
                if target is not _NOTHING and target is not None:
                    return self._same_module(reference, name, target)
        # A config without a module says no more of a registered class than its name.
        found = self._called(reference) if reference.module == NO_MODULE and reference.kind == "class" else None
        return found if isinstance(found, Resolved) else None

    def _names(self, reference: Reference) -> Iterator[str]:
        """Yield the names by which a custom object may be known, the most telling first."""
        registered = reference.registered_name if reference.kind == "class" else None
        if reference.kind == "class" and self.dialect.registered_only:
            if registered is not None:
                yield registered
            return
        if registered is not None and registered != reference.name:  # else it was not registered
            yield registered
        if reference.qualified is not None:
            yield reference.qualified
        yield reference.name
        if ">" in reference.name:  # what was registered when it was written, and is passed in now
            yield reference.name.rpartition(">")[2]

    def _same_module(self, reference: Reference, name: str, target: Any) -> Resolved | Refusal:
        """Refuse one object for classes of one bare name from two modules."""
        if ">" in name or name == reference.qualified or reference.module in (None, NO_MODULE):
            return Resolved(target)
        module, _ = self._modules.setdefault(id(target), (str(reference.module), target))
        if module == reference.module or reference.kind == "function":
            return Resolved(target)
        what = f"`{name}` is a class of `{module}` and one of `{reference.module}`, and only {origin(target)} is known"
        return Refusal(str(reference.qualified), "ambiguous", what)

    def _exported(self, target: Any) -> bool:
        """Say whether an active framework exports a class as its own."""
        return isinstance(target, type) and any(
            integration.public_name(target) is not None for integration in self.registry.integrations.active
        )

    def _builtin(self, reference: Reference) -> Resolved | Refusal | None:
        integrations = self.registry.integrations
        if reference.module in (NO_MODULE, "builtins"):
            candidates: Iterable[Any] = integrations.active
        elif reference.module:
            reference = reference._replace(module=known_as(reference.module))
            candidates = filter(None, [integrations.activate_for(str(reference.module))])
        else:
            return None
        for integration in candidates:
            target = integration.find(reference)
            if target is not None:
                kind = integration.role(reference)
                return Resolved(target, builtin=True, kind=kind, rules=integration.rules(kind, reference.name))
            if integration.refuses(reference) and not self.policy.trusts(str(reference.qualified)):
                what = f"The config names `{reference.qualified}`, which is not a modelling object"
                return Refusal(reference.label, "untrusted", what)
        return None

    def _called(self, reference: Reference) -> Resolved | Refusal | None:
        """Find what is registered, and was written by its bare name."""
        if ">" in reference.name:
            return None
        if reference.kind == "function":  # Keras up to 3.6 wrote a registered one by its `__name__` alone
            found = self.registry.called(reference.name, types.FunctionType)
        elif reference.module is None:  # Keras writes so what was not registered with itself
            found = self._classes(reference.name, lambda cls: cls.__module__ == "__main__")
        elif reference.module == NO_MODULE and self.dialect.called:
            found = self._classes(reference.name, lambda cls: not self._is_companion(cls))
        else:
            return None
        if len({id(target) for target in found.values()}) > 1:
            keys = ", ".join(f"`{key}`" for key in sorted(found))
            what = f"The {reference.kind} name `{reference.name}` may stand for {keys}"
            return Refusal(reference.name, "ambiguous", what)
        return Resolved(next(iter(found.values()))) if found else None

    def _classes(self, name: str, fits: Callable[[type], bool]) -> dict[str, Any]:
        return {key: cls for key, cls in self.registry.called(name, type).items() if fits(cls)}

    def _is_companion(self, target: Any) -> bool:
        """Say whether an object is of a library that the framework trusts: its files always name the package."""
        return any(one.is_companion(target) for one in self.registry.integrations.active)

    def _imported(self, reference: Reference) -> Resolved | Refusal | None:
        """Look in a module that is imported already, never import one."""
        module, qualified = reference.module, reference.qualified
        if not module or qualified is None:
            return None
        target: Any = sys.modules.get(module)
        for part in reference.name.split("."):  # `Outer.Inner` since TF 2.14
            target = vars(target).get(part) if isinstance(target, (type, types.ModuleType)) else None
        if not isinstance(target, (type, types.FunctionType)) or target.__module__ != module:
            return None
        if self.policy.trusts(qualified) or self.registry.name_of(target) is not None:
            return Resolved(target)
        if self.dialect.imported and hasattr(target, "get_config"):
            return Resolved(target)
        if self.policy.companions and self._is_companion(target):
            return Resolved(target)
        what = f"The config names `{qualified}`, which is imported but neither registered nor trusted"
        return Refusal(reference.label, "untrusted", what)

    def _unknown(self, reference: Reference, module_objects: Mapping[str, Any] | None) -> Refusal:
        gone = next(filter(None, (one.gone(reference.name) for one in self.registry.integrations.active)), None)
        return Refusal(reference.label, "unknown", "", lambda: self._near(reference.name, module_objects or {}), gone)

    def _near(self, name: str, module_objects: Mapping[str, Any]) -> tuple[str, ...]:
        import difflib  # only for an error

        known = [key for table in (*self.tables(ARGUMENT_FIRST), module_objects) for key in table]
        for integration in self.registry.integrations.active:
            known.extend(integration.builtin_names())
        by_name: dict[str, str] = {}
        for key in known:
            by_name.setdefault(key.rpartition(">")[2], key)
        close = difflib.get_close_matches(name, list(islice(by_name, 20_000)), n=3, cutoff=0.75)
        return tuple(by_name[one] for one in close if by_name[one] != name)[:2]


def awaited(reference: Reference, policy: Policy) -> bool:
    """Say whether a policy trusts a name that stands for nothing yet, since its module is not imported.

    A name without a module is in none that could be imported, and one whose
    module is imported already is not in it.
    """
    if reference.module in (None, NO_MODULE, "builtins") or reference.module in sys.modules:
        return False
    return any(map(policy.trusts, filter(None, (reference.qualified, reference.registered_name))))


def stands_for(kind: str, wanted: str | None) -> bool:
    """Say whether an object of one kind may stand where another is expected."""
    return wanted is None or kind == wanted or (wanted == "layer" and kind in ("model", "operation"))


class CatalogueResolver(Resolver):
    """Looks names up without a framework: a built-in is what the catalogues know of it."""

    __slots__ = ()

    def _builtin(self, reference: Reference) -> Resolved | Refusal | None:
        if reference.module is None:
            return None
        if reference.module:
            reference = reference._replace(module=known_as(reference.module))
        known = self.registry.integrations.catalogued(reference)
        if known is None:
            return self._foreign(reference)
        found = Resolved(None, builtin=True, kind=known[0], rules=known[1])
        found.makes = reference.kind == "class"
        return found

    def _foreign(self, reference: Reference) -> Refusal | None:
        """Refuse what lies in a framework's own modules and in no catalogue."""
        qualified = reference.qualified
        if qualified is None or not self.registry.integrations.has_root(qualified) or self.policy.trusts(qualified):
            return None
        return Refusal(reference.label, "untrusted", f"The config names `{qualified}`, which is not a modelling object")


def refusal_error(refusals: Sequence[Refusal], *, noun: str = "") -> UnresolvedReferenceError:
    """Make one error of all `refusals`; the gravest reason gives its class."""
    reason = next(r for r in _ERRORS if any(one.reason == r for one in refusals))
    told = [one.what for one in refusals if one.what]
    unknown = [one for one in refusals if not one.what]
    if unknown:
        names = [_with_near(one) for one in unknown[:_SHOWN]]
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        told.append(f"Unknown {noun + ': ' if noun else ''}{', '.join(names)}{more}")
    return _ERRORS[reason](
        "; ".join(told[:_SHOWN]),
        hint=_HINTS[reason],
        names=tuple(one.label for one in refusals),
    )


def unknown(*names: str) -> UnresolvedReferenceError:
    """Return the error for strings that stand for nothing."""
    return refusal_error([Refusal(name, UNKNOWN) for name in dict.fromkeys(names)])


def _with_near(refusal: Refusal) -> str:
    if refusal.gone:
        return f"`{refusal.label}` (gone since {refusal.gone})"
    near = " or ".join(f"`{name}`" for name in refusal.near())
    return f"`{refusal.label}`" + (f" (did you mean {near}?)" if near else "")
