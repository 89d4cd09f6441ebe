"""Which integrations are installed or registered, and which are in use.

A file can make an *installed* integration active by naming a module under its
root.  It can never name a module to import: what is imported is the entry
point's own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from hornbook.engine.builtins import Builtin, Integration
from hornbook.engine.codecs.table import Tag
from hornbook.engine.imported import when_imported
from hornbook.engine.points import Given, Point, installed, is_ready, open_integration, root_of, serving
from hornbook.engine.reference import Reference
from hornbook.errors import HornbookError, MissingDependencyError, RegistrationError, short

if TYPE_CHECKING:
    from hornbook.engine.codecs.table import CodecTable
    from hornbook.policy import Policy


class _Declared(NamedTuple):
    """What all integrations say of themselves, needing no framework.

    Args:
        aliases: Names of modules and what they stand for, by their roots.
        tags: How values of a tag are looked at.
        roots: The framework that reads values of a tag.
        stand_ins: The kinds that may stand where another is expected.
        file_kinds: The kinds of which the object is that a file is of.
    """

    aliases: Mapping[str, tuple[tuple[str, str], ...]]
    tags: Mapping[str, Tag]
    roots: Mapping[str, str]
    stand_ins: Mapping[str, frozenset[str]]
    file_kinds: frozenset[str]


class Integrations:
    """The integrations of one registry: found once, active when needed.

    Args:
        codecs: Gets the codecs of those that become active.
        discover: Finds the installed ones; by default the entry points are.

    Attributes:
        active: Those whose framework is in use.
        older: Those of them that are of an older generation.
        rivals: The same, and those whose modules files of these name as well.
    """

    def __init__(self, codecs: CodecTable, discover: Callable[[], Iterable[Point]] | None = None) -> None:
        self._codecs = codecs
        self._discover = discover or installed
        self._lock = threading.RLock()
        self._expected: tuple[str, ...] = ()
        self._awaited: set[str] = set()  # frameworks whose import is waited for
        self._everything: Callable[[], Mapping[Any, str]] = dict
        self._given: dict[str, Point] = {}
        self._waiting: dict[str, Point] | None = None
        self.active: tuple[Integration, ...] = ()
        self._roots: frozenset[str] = frozenset()
        self._idle: tuple[str, ...] | None = None  # the roots of which none is in use, once they are asked for
        self.older: tuple[Integration, ...] = ()
        self.rivals: tuple[Integration, ...] = ()
        # What is worked out of the others when it is asked for, until one of them is added or becomes active.
        self._known: tuple[Integration, ...] | None = None
        self._declared: _Declared | None = None
        # Modules with the name of a framework that are another one, so that they are asked about once.
        self._others: dict[str, Any] = {}
        # Who has installed, with which policy; replaced as a whole, so that
        # other threads read it without a lock.
        self._installations: tuple[tuple[object, Policy | None], ...] = ()

    @property
    def installed(self) -> bool:
        """Whether the functions of active frameworks are ours in every call, not only within scopes and sessions."""
        return bool(self._installations)

    @property
    def policy(self) -> Policy | None:
        """The policy of the innermost installation that has one."""
        return next((policy for _, policy in reversed(self._installations) if policy is not None), None)

    def install(self, owner: object, policy: Policy | None) -> None:
        """Take over active frameworks, and each that becomes active later, until `owner` releases them.

        Raises:
            IntegrationError: A framework that is imported cannot be served.
        """
        self.activate_loaded()
        with self._lock:
            self._installations = (*self._installations, (owner, policy))

    def release(self, owner: object) -> None:
        """Take the installation of `owner` back."""
        with self._lock:
            self._installations = tuple(each for each in self._installations if each[0] is not owner)

    def uninstall(self) -> None:
        """Take all installations back."""
        with self._lock:
            self._installations = ()

    def register(self, integration: Integration) -> None:
        """Add an integration, in front of an installed one for the same root.

        Raises:
            RegistrationError: It is none, or one for its root is in use.
        """
        if not isinstance(integration, Integration) or not integration.root:
            what = f"An integration is an `Integration` with a `root`, not {short(integration)}"
            raise RegistrationError(what, place=None)
        root = integration.root
        with self._lock:
            if any(each.root == root for each in self.active):
                raise RegistrationError(f"An integration for `{root}` is in use already", place=None)
            self._given = {**self._given, root: Given(root, integration)}
            if self._waiting is not None:
                self._waiting = {**self._waiting, root: self._given[root]}
            self._forget()
        if integration.has_registry and root in sys.modules:
            integration.announce(self._everything())

    def expect(self, *roots: str) -> None:
        """Say which frameworks have a registry of their own, before anybody has looked for entry points.

        Looking takes as long as importing all of ours, and who registers a
        class need not wait for it.
        """
        self._expected = (*self._expected, *roots)

    def announce_to_all(self, keys: Mapping[Any, str], *, everything: Callable[[], Mapping[Any, str]]) -> None:
        """Make registered objects known to the registries of frameworks: now, or when they are imported.

        Args:
            keys: Objects that were registered just now, with their keys.
            everything: Returns all that are registered, for a framework that is
                imported later.
        """
        self._everything = everything
        for root in self._expected:
            if root in sys.modules:
                self._announce_to(root, keys)
                continue
            with self._lock:
                if root in self._awaited:
                    continue
                self._awaited.add(root)
                when_imported(root, lambda root=root: self._announce_to(root, everything()))  # type: ignore[misc]
        for integration in self._known or ():
            if integration.has_registry and integration.root not in self._expected:
                integration.announce(keys)

    def older_name(self, module: str) -> bool:
        """Return whether files of an older generation in use name a module."""
        return any(each.names(module) for each in self.older)

    def announce_to_older(self, keys: Mapping[Any, str]) -> bool:
        """Make objects known to the registries of older generations in use; return whether there are any."""
        self.activate_loaded()
        for each in self.older:
            each.announce(keys)
        return bool(self.older)

    def is_of_older(self, target: Any) -> bool:
        """Return whether an older generation in use has a class for its own; it may have registered that as well."""
        recognized = (each.recognize(target) for each in self.older)
        return any(each is not None and each.builtin for each in recognized)

    def _announce_to(self, root: str, keys: Mapping[Any, str]) -> None:
        for integration in self.known():
            if integration.root == root:
                integration.announce(keys)

    def _found(self) -> dict[str, Point]:
        if self._waiting is None:
            with self._lock:
                if self._waiting is None:
                    self._waiting = {**{point.name: point for point in self._discover()}, **self._given}
        return self._waiting

    def _points(self, root: str) -> dict[str, Point]:
        """Return the integrations for a root of which none is in use: one for each generation that has that name."""
        if root in self._roots:
            return {}
        return {name: point for name, point in self._found().items() if root_of(name) == root}

    def known(self) -> tuple[Integration, ...]:
        """Return the active integrations, and the others that need no framework to be asked."""
        known = self._known
        if known is None:
            with self._lock:
                loaded = []
                for point in self._found().values():
                    with suppress(ImportError):
                        loaded.append(point.load())
                known = self._known = (*self.active, *loaded)
        return known

    def catalogues(self) -> tuple[Integration, ...]:
        """Return those that answer without a framework; older generations know nothing then.

        So what is said of a file does not depend on what else is imported.
        """
        return tuple(each for each in self.known() if each.written_as is None)

    def _forget(self) -> None:
        self._known = self._declared = self._idle = None

    def declared(self) -> _Declared:
        """Return what all integrations say of themselves; activates and imports no framework."""
        declared = self._declared
        if declared is None:
            known = self.known()
            declared = self._declared = _Declared(
                _aliases(known),
                tags={tag: look for each in known for tag, look in each.tags.items()},
                roots={tag: each.root for each in known for tag in each.tags},
                stand_ins={kind: others for each in known for kind, others in each.stand_ins.items()},
                file_kinds=frozenset(kind for each in known for kind in each.file_kinds),
            )
        return declared

    @property
    def tags(self) -> Mapping[str, Tag]:
        """How values of the tags of all integrations are looked at."""
        return self.declared().tags

    @property
    def file_kinds(self) -> frozenset[str]:
        """The kinds of which the object is that a file is of."""
        return self.declared().file_kinds

    def known_as(self, module: str) -> str:
        """Return a module by the name that its integration knows it by; a framework in use has its own."""
        for alias, name in self.declared().aliases.get(module.partition(".")[0], ()):
            if module == alias or module.startswith(f"{alias}."):
                return module if any(each.root == alias for each in self.active) else name + module[len(alias) :]
        return module

    def activate_loaded(self) -> bool:
        """Activate those whose framework is imported; return whether any was new.

        Raises:
            IntegrationError: It is imported, and this version of it cannot be served.
        """
        loaded = sys.modules
        others = self._others
        if self._idle is None:
            self._idle = tuple(root for root in dict.fromkeys(map(root_of, self._found())) if root not in self._roots)
        roots = [
            root
            for root in self._idle
            if (module := loaded.get(root)) is not None and is_ready(module) and module is not others.get(root)
        ]
        return any([self._activate(root) for root in roots]) if roots else False  # noqa: C419  each of them

    def activate_for(self, module: str, *, named: bool = True) -> Integration | None:
        """Return the integration that `module` belongs to, active.

        Args:
            module: A module of the framework.
            named: Whether a config names it; a public function may need it as well.

        Raises:
            MissingDependencyError: It is known, but its framework is not there, or cannot be imported.
            IntegrationError: This version of it cannot be served.
        """
        root = module.partition(".")[0]
        try:
            if self._points(root):
                if not self.is_installed(root):
                    raise MissingDependencyError(
                        f"The config names `{module}`, and {root} is not installed"
                        if named
                        else f"This takes {root}, which is not installed",
                        hint=f"Install it, for instance with: pip install hornbook[{root}]",
                    )
                self._activate(root, required=True)
        except HornbookError as error:
            if not named:
                error.place = None
            raise
        for integration in self.active:
            if integration.root == root:
                return integration
        return None

    def active_for(self, framework: Integration | None) -> Iterable[Integration]:
        """Return those in use, the one that is wanted first: two may have registered classes of one name."""
        if framework is None or len(self.rivals) < 2:
            return self.active
        return sorted(self.active, key=lambda each: each is not framework)

    def is_installed(self, root: str) -> bool:
        """Return whether a module of that name may be imported: one that is imported already, or installed.

        A folder of that name in the current one, as it may lie beside a file
        that was downloaded, is not.
        """
        if sys.modules.get(root) is not None:
            return True
        try:
            spec = find_spec(root)
        except (ImportError, ValueError):  # a finder that refuses it
            return False
        if spec is None:
            return False
        from pathlib import Path  # imported here: it takes a third of the time of `import hornbook`

        places = [*(spec.submodule_search_locations or ()), *filter(None, [spec.origin])]
        here = Path.cwd().resolve()
        return all(Path(place).resolve().parent != here for place in places)

    def describe(self, reference: Reference) -> tuple[Integration, Builtin] | None:
        """Return the built-in that a name leads to, and whose it is; activates and imports no framework.

        Args:
            reference: The name.  What is written without the module of its
                framework, as functions are, is asked for everywhere.
        """
        root = reference.module or ""
        if reference.module is None and reference.kind == "class":  # one of `__main__`
            return None
        if root == "builtins":
            root = ""
        if root:
            reference = reference._replace(module=self.known_as(root))
            root = str(reference.module).partition(".")[0]
        for integration in self.catalogues():
            if not root or integration.root == root:
                described = integration.describe(reference)
                if isinstance(described, Builtin):
                    return integration, described
        return None

    def kind(self, reference: Reference) -> str | None:
        """Return what kind of built-in `reference` names; activates and imports no framework.

        Returns:
            The kind, as `"function"` for all functions, or `None` for what is
            not built in.
        """
        described = self.describe(reference)
        if described is None:
            return None
        return "function" if reference.kind == "function" else described[1].kind

    def asks(self, config: Any) -> Iterator[tuple[int, int]]:
        """Yield what is certain to be asked for by a config; activates and imports no framework."""
        for integration in self.known():
            yield from integration.asks(config)

    def has_root(self, module: str) -> bool:
        """Return whether a module is one of a framework that an installed integration is for."""
        root = module.partition(".")[0]
        return root in self._roots or bool(self._points(root))

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return (module, kind) of each built-in class called `name`; activates nothing."""
        return tuple(home for integration in self.catalogues() for home in integration.homes(name))

    def knows(self, name: str, kind: str) -> bool:
        """Return whether a string means a built-in where an object of a kind is expected; activates nothing."""
        return any(integration.knows(name, kind) for integration in self.known())

    def stands_for(self, kind: str, wanted: str | None) -> bool:
        """Return whether an object of one kind may stand where another is expected."""
        return wanted is None or kind == wanted or kind in self.declared().stand_ins.get(wanted, ())

    def _activate(self, root: str, *, required: bool = False) -> bool:
        """Activate an integration, unless another module has the name of its framework.

        Raises:
            MissingDependencyError: It cannot be imported, or another module has its name and it is `required`.
            IntegrationError: This version of it cannot be served.
        """
        with self._lock:
            generations = {name: point.load() for name, point in self._points(root).items()}
            if not generations:
                return False
            module = sys.modules.get(root)
            integration = serving(generations.values(), module)
            if integration is None:
                other = next(iter(generations.values())).unavailable() if required else None
                if other is not None:
                    raise other
                self._others = {**self._others, root: module}
                return False
            if not required and not integration.is_imported():
                return False
            open_integration(integration, self._codecs)
            if integration.has_registry:
                integration.announce(self._everything())  # it may have been half imported before
            self.active = (*self.active, integration)
            self.older = tuple(each for each in self.active if each.written_as is not None)
            self._roots = frozenset(each.root for each in self.active)
            self.rivals = tuple(each for each in self.active if each in self.older or self.older_name(each.root))
            # A new dict: another thread may be walking over the old one.
            self._waiting = {
                name: point for name, point in self._found().items() if generations.get(name) is not integration
            }
            self._codecs.forget()
            self._forget()
            return True


def _aliases(integrations: Iterable[Integration]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return names of modules and what they stand for, by their roots."""
    aliases: dict[str, tuple[tuple[str, str], ...]] = {}
    for integration in integrations:
        for alias, name in integration.aliases.items():
            root = alias.partition(".")[0]
            aliases[root] = (*aliases.get(root, ()), (alias, name))
    return aliases
