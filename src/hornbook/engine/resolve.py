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
from operator import attrgetter
from typing import Any

from hornbook.engine import scope
from hornbook.engine.builtins import Adapt, Builtin, Integration, Refused
from hornbook.engine.dialects import ARGUMENT_FIRST, HORNBOOK, ClassName, Dialect, Order
from hornbook.engine.reference import NO_MODULE, Kind, Reference
from hornbook.engine.refusals import Refusal
from hornbook.engine.registry import Registry, origin
from hornbook.engine.violations import Rules
from hornbook.policy import Policy

_FUNCTION_NAMES: tuple[ClassName, ...] = ("qualified", "bare", "unpackaged")
_NAME_OF: dict[ClassName, Callable[[Reference], str | None]] = {
    "registered": attrgetter("registered_name"),
    "qualified": attrgetter("qualified"),
    "bare": attrgetter("name"),
    # What was registered when it was written, and is passed in now.
    "unpackaged": lambda reference: reference.name.rpartition(">")[2] if ">" in reference.name else None,
}


# Names that others like them are looked for, for one session, and their length: that takes a millisecond each.
_MOST_HINTS, _LONGEST_HINTED = 20, 100


class Resolved:
    """An object that a name stands for.

    Args:
        target: The class, function or instance.
        builtin: Whether it is one of a framework's own.
        offered: Whether it comes from `module_objects`.

    Attributes:
        adapt: Puts right the arguments that older versions wrote, or `None`.
        kind: What it is, in a word of its framework; `None` for a class of
            the user's without a base that tells.
        rules: What its arguments may be, by name.
        composite: Whether its configs are made of others, which its framework
            reviews together.
        owner: The integration that knows it, if one does.
        makes: Whether objects are made of it; others stand for themselves.
        entry: What takes the arguments; the second gate finds it when the
            first object is made.
    """

    __slots__ = ("adapt", "builtin", "composite", "entry", "kind", "makes", "offered", "owner", "rules", "target")

    def __init__(self, target: Any, builtin: bool = False, offered: bool = False) -> None:
        self.target = target
        self.builtin = builtin
        self.offered = offered
        self.adapt: Adapt | None = None
        self.kind: str | None = None
        self.rules: Rules | None = None
        self.composite = False
        self.owner: Integration | None = None
        self.makes = isinstance(target, type)
        self.entry: Callable[[dict[str, Any]], Any] | None = None


def of_builtin(owner: Integration, builtin: Builtin) -> Resolved:
    """Return what a name stands for that its framework has described."""
    resolved = Resolved(builtin.target, builtin=True)
    resolved.owner = owner
    resolved.kind, _, resolved.rules, resolved.adapt, resolved.composite = builtin
    return resolved


class Resolver:
    """Looks names up for one session.

    Args:
        registry: Where registered objects and integrations are.
        policy: What may be used.
        arguments: The `custom_objects` of the calls, innermost first.
        dialect: Where names are looked up, in which order.
        framework: The framework that the objects are of, where that is decided.
    """

    __slots__ = ("_hints", "_modules", "_state", "_tables", "arguments", "dialect", "framework", "policy", "registry")

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        arguments: Sequence[Mapping[str, Any]] = (),
        dialect: Dialect = HORNBOOK,
        framework: Integration | None = None,
    ) -> None:
        self.registry = registry
        self.policy = policy
        self.arguments = arguments
        self.dialect = dialect
        self.framework = framework
        self._hints = _MOST_HINTS
        self._modules: dict[int, tuple[str, Any]] = {}
        # The tables of names, and what they hold for: the same until a scope is entered or left.
        self._tables: dict[Order, tuple[Mapping[str, Any], ...]] = {}
        self._state: tuple[Any, Any, bool] | None = None

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
        if verdict.owner is None:
            self._recognize(verdict)
        return verdict

    def meaning(self, reference: Reference) -> Any:
        """Return the object that `reference` leads to, or `None` if it leads to none."""
        verdict = self._resolve(reference, None, self.dialect.parts)
        if not isinstance(verdict, Resolved) or self._is_wrong_sort(reference, verdict.target):
            return None
        return verdict.target

    def _is_wrong_sort(self, reference: Reference, target: Any) -> bool:
        return self.dialect.strict_kinds and isinstance(
            target, types.FunctionType if reference.kind == "class" else type
        )

    def _recognize(self, resolved: Resolved) -> None:
        """Add what the active integrations know of an object that no name of theirs led to."""
        for integration in self.registry.integrations.active:
            recognized = integration.recognize(resolved.target)
            if recognized is None:
                continue
            if resolved.adapt is None:
                resolved.adapt = recognized.adapt
            if resolved.offered and recognized.builtin:
                resolved.builtin = True
            if resolved.kind is None and recognized.kind is not None:
                resolved.owner = integration
                resolved.kind = recognized.kind
                resolved.rules = recognized.rules
                resolved.composite = recognized.composite

    def _resolve(
        self, reference: Reference, module_objects: Mapping[str, Any] | None, order: Order
    ) -> Resolved | Refusal:
        builtin = self._builtin(reference)
        certain = isinstance(builtin, Resolved) or (builtin is not None and builtin.reason == "ambiguous")
        if builtin is not None and certain and self._is_written_as_builtin(reference):
            return builtin
        return (
            self._custom(reference, order)
            or _offered(reference, module_objects, builtin)
            or self._called(reference)
            or self._imported(reference)
            or self._unknown(reference, module_objects)
        )

    def _is_written_as_builtin(self, reference: Reference) -> bool:
        """Return whether a reference that leads to a built-in can mean nothing of the user's.

        "`registered_name` is only used for non-built-in classes" (documents of
        TF 2.15 and Keras 3.6).
        """
        if "bare" not in self.dialect.class_names:
            return False
        # A function may be written without one, as a class of the user's never is.
        of_users = (reference.name, "function", None) if reference.kind == "function" else (reference.name, "function")
        return reference.registered_name not in of_users

    def named(self, name: str, module_objects: Mapping[str, Any] | None = None, order: Order | None = None) -> Any:
        """Return what a plain string stands for, or `None`."""
        for table in self.tables(order or self.dialect.parts):
            target = table.get(name)
            if target is not None:
                return target
        return None if module_objects is None else module_objects.get(name)

    def called(self, name: str) -> Resolved | None:
        """Return what a plain string stands for, and its kind."""
        target = self.named(name)
        if target is None:
            return None
        resolved = Resolved(target)
        self._recognize(resolved)
        return resolved

    def means(self, name: str, kind: str) -> bool:
        """Return whether a string means anything where a built-in of a kind is expected."""
        return self.registry.integrations.knows(name, kind) or self.own(name) is not None

    def own(self, name: str, kind: str | None = None) -> Any:
        """Return what a name without a module means among the user's objects, or `None`.

        Built-ins come after these, so an older version's config is asked here
        before a name in it is taken for one.

        Args:
            name: The name of a class or function.
            kind: The kind expected in that place, where it is known.
        """
        target = self.named(name)
        if self.registry.integrations.is_of_older(target) and self.named(name, order=("argument", "scope")) is None:
            target = None
        if target is None:
            target = self._only_one_called(name)
        if kind is None or not isinstance(target, type):
            return target
        theirs = self._kind_of(target)
        return target if theirs is None or self.registry.integrations.stands_for(theirs, kind) else None

    def _only_one_called(self, name: str) -> Any:
        """Return the only class or function of a bare name, if there is only one."""
        sorts: tuple[Kind, ...] = ("class", "function")
        matches = [self._called(Reference(sort, name, NO_MODULE, name)) for sort in sorts]
        targets = [match.target for match in matches if isinstance(match, Resolved)]
        return targets[0] if len(targets) == 1 else None

    def _kind_of(self, target: type) -> str | None:
        """Return the kind of a class of the user's, by its base."""
        resolved = Resolved(target)
        self._recognize(resolved)
        return resolved.kind

    def tables(self, order: Order) -> tuple[Mapping[str, Any], ...]:
        """Return the tables of names, in the order of their sources."""
        registry = self.registry
        open_scopes, active, announced = scope.OPEN.get(), registry.integrations.active, bool(registry.announced)
        state = self._state
        if state is None or state[0] is not open_scopes or state[1] is not active or state[2] is not announced:
            self._state, self._tables = (open_scopes, active, announced), {}
        tables = self._tables.get(order)
        if tables is None:
            found: list[Mapping[str, Any]] = []
            for source in order:
                found += self._of(source)
            tables = self._tables[order] = tuple(found)
        return tables

    def _of(self, source: str) -> Iterable[Mapping[str, Any]]:
        """Return the tables of one source of names."""
        if source == "argument":
            return self.arguments
        if source == "registry":
            return self.registry.tables(self.framework)
        tables = [*scope.open_scopes()]
        for integration in self.registry.integrations.active_for(self.framework):
            theirs = integration.scope()
            if theirs:
                tables.append(theirs)
        return tables

    def _custom(self, reference: Reference, order: Order) -> Resolved | Refusal | None:
        tables = self.tables(order)
        for name in self._names(reference):
            for table in tables:
                target = table.get(name)
                if target is not None:
                    return self._same_module(reference, name, target)
        # A config without a module says no more of a registered class than its name.
        match = self._called(reference) if reference.module == NO_MODULE and reference.kind == "class" else None
        return match if isinstance(match, Resolved) else None

    def _names(self, reference: Reference) -> Iterator[str]:
        """Yield the names by which a custom object may be known, the most telling first."""
        order = self.dialect.class_names if reference.kind == "class" else _FUNCTION_NAMES
        for sort in order:
            name = _NAME_OF[sort](reference)
            # A registered name that is the class's own says that it was not registered.
            if name is not None and (sort != "registered" or name != reference.name or len(order) == 1):
                yield name

    def _same_module(self, reference: Reference, name: str, target: Any) -> Resolved | Refusal:
        """Refuse one object for classes of one bare name from two modules."""
        if ">" in name or name == reference.qualified or reference.module in (None, NO_MODULE):
            return Resolved(target)
        module, _ = self._modules.setdefault(id(target), (str(reference.module), target))
        if module == reference.module or reference.kind == "function":
            return Resolved(target)
        what = f"`{name}` is a class of `{module}` and one of `{reference.module}`, and only {origin(target)} is known"
        return Refusal(str(reference.qualified), "ambiguous", what)

    def _builtin(self, reference: Reference) -> Resolved | Refusal | None:
        integrations, framework = self.registry.integrations, self.framework
        if framework is not None and (
            reference.module in (NO_MODULE, "builtins") or framework.names(reference.module or "")
        ):
            candidates: Iterable[Integration] = (framework,)
        elif framework is None and len(integrations.rivals) > 1 and self._is_of_several(reference):
            names = " or ".join(f'framework="{each.root}"' for each in integrations.rivals)
            return Refusal(reference.label, "ambiguous", f"`{reference.label}` may be one of several: {names}")
        elif reference.module in (NO_MODULE, "builtins"):
            candidates = integrations.active
        elif reference.module:
            reference = reference._replace(module=integrations.known_as(reference.module))
            owner = integrations.activate_for(str(reference.module))
            candidates = () if owner is None else (owner,)
        else:
            return None
        for integration in candidates:
            described = integration.describe(reference)
            if isinstance(described, Builtin):
                if described.target is not None:
                    return of_builtin(integration, described)
            elif described is not None and not described.gone and not self.policy.trusts(str(reference.qualified)):
                return refused_name(reference, described)
        return None

    def _is_of_several(self, reference: Reference) -> bool:
        """Return whether a name is a built-in of one of several generations, and nothing decides of which."""
        integrations, module = self.registry.integrations, reference.module or ""
        shared = module in (NO_MODULE, "builtins") or integrations.older_name(module)
        return shared and any(isinstance(each.describe(reference), Builtin) for each in integrations.rivals)

    def _called(self, reference: Reference) -> Resolved | Refusal | None:
        """Find what is registered, and was written by its bare name."""
        if ">" in reference.name:
            return None
        if reference.kind == "function":  # Keras up to 3.6 wrote a registered one by its `__name__` alone
            matches = self.registry.called(reference.name, types.FunctionType)
        elif reference.module is None:  # Keras writes so what was not registered with itself
            matches = self._classes(reference.name, lambda cls: cls.__module__ == "__main__")
        elif reference.module == NO_MODULE and not self.dialect.flat_whole_names:
            matches = self._classes(reference.name, lambda cls: not self._is_companion(cls))
        else:
            return None
        if len({id(target) for target in matches.values()}) > 1:
            keys = ", ".join(f"`{key}`" for key in sorted(matches))
            what = f"The {reference.kind} name `{reference.name}` may stand for {keys}"
            return Refusal(reference.name, "ambiguous", what)
        return Resolved(next(iter(matches.values()))) if matches else None

    def _classes(self, name: str, fits: Callable[[type], bool]) -> dict[str, Any]:
        return {key: cls for key, cls in self.registry.called(name, type).items() if fits(cls)}

    def _is_companion(self, target: Any) -> bool:
        """Return whether an object is of a library that a framework trusts: its files always name the package."""
        recognized = (integration.recognize(target) for integration in self.registry.integrations.active)
        return any(each is not None and each.companion for each in recognized)

    def _imported(self, reference: Reference) -> Resolved | Refusal | None:
        """Look in a module that is imported already, never import one."""
        qualified = reference.qualified
        target = None if qualified is None else _in_loaded_module(str(reference.module), reference.name)
        if target is None:
            return None
        if self._may_be_used(target, str(qualified)):
            return Resolved(target)
        what = f"The config names `{qualified}`, which is imported but neither registered nor trusted"
        return Refusal(reference.label, "untrusted", what)

    def _may_be_used(self, target: Any, qualified: str) -> bool:
        """Return whether what is imported already may be used without having been passed in."""
        if self.policy.trusts(qualified) or self.registry.name_of(target) is not None:
            return True
        if self.dialect.imported_classes == "with config" and hasattr(target, "get_config"):
            return True
        return self.policy.companions and self._is_companion(target)

    def _unknown(self, reference: Reference, module_objects: Mapping[str, Any] | None) -> Refusal:
        described = (integration.describe(reference) for integration in self.registry.integrations.active)
        gone = (each.gone for each in described if isinstance(each, Refused))
        return Refusal(
            reference.label,
            "unknown",
            near=lambda: self._near(reference.name, module_objects or {}),
            gone=next(filter(None, gone), None),
            of_class=reference.kind == "class",
        )

    def _near(self, name: str, module_objects: Mapping[str, Any]) -> tuple[str, ...]:
        import difflib  # only for an error

        if self._hints == 0 or len(name) > _LONGEST_HINTED:
            return ()
        self._hints -= 1
        known = [key for table in (*self.tables(ARGUMENT_FIRST), module_objects) for key in table]
        for integration in self.registry.integrations.active:
            known.extend(integration.builtin_names())
        by_name: dict[str, str] = {}
        for key in known:
            by_name.setdefault(key.rpartition(">")[2], key)
        close = difflib.get_close_matches(name, list(islice(by_name, 20_000)), n=3, cutoff=0.75)
        return tuple(by_name[match] for match in close if by_name[match] != name)[:2]


def _offered(
    reference: Reference, module_objects: Mapping[str, Any] | None, builtin: Resolved | Refusal | None
) -> Resolved | Refusal | None:
    """Return what the caller offers under a name, else the built-in: an object of the expected sort comes first."""
    offered = None if module_objects is None else module_objects.get(reference.name)
    if isinstance(offered, type if reference.kind == "class" else types.FunctionType):
        return Resolved(offered, offered=True)
    if builtin is None and isinstance(offered, (type, types.FunctionType)):
        return Resolved(offered, offered=True)
    return builtin


def _in_loaded_module(module: str, name: str) -> Any:
    """Return the class or function that a module which is imported already defines under a name, or `None`."""
    target: Any = sys.modules.get(module)
    for part in name.split("."):  # `Outer.Inner` since TF 2.14
        target = vars(target).get(part) if isinstance(target, (type, types.ModuleType)) else None
    return target if isinstance(target, (type, types.FunctionType)) and target.__module__ == module else None


def refused_name(reference: Reference, refused: Refused) -> Refusal:
    """Return the refusal of what a framework refuses to have named."""
    what = f"The config names `{reference.qualified or reference.label}`, which is {refused.what}"
    return Refusal(reference.label, "untrusted", what)


def awaited(reference: Reference, policy: Policy) -> bool:
    """Return whether a policy trusts a name that stands for nothing yet, since its module is not imported.

    A name without a module is in none that could be imported, and one whose
    module is imported already is not in it.
    """
    if reference.module in (None, NO_MODULE, "builtins") or reference.module in sys.modules:
        return False
    return any(map(policy.trusts, filter(None, (reference.qualified, reference.registered_name))))
