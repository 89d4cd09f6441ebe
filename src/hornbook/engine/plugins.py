"""What a framework adds, and how it is found.

An integration is an entry point of the group `hornbook.integrations`; its
name is the root module it stands for.  A file can make an *installed*
integration active by naming a module under that root.  It can never name a
module to import: what is imported is the entry point's own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hornbook.engine.imported import when_imported
from hornbook.errors import HornbookError, MissingDependencyError, short

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from hornbook.engine.codecs.table import CodecTable
    from hornbook.engine.reference import Reference
    from hornbook.engine.violations import Rules
    from hornbook.policy import Policy

GROUP = "hornbook.integrations"
# Frameworks with a registry of their own, known before entry points are looked for, which takes long.
REGISTRIES = ("keras",)


# Packages that have had the modules of another one, as files name them; and ours, for what plain Keras loads from it.
ALIASES = {
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tf_keras": "keras",
    "hornbook.integrations.keras3": "keras",
}


def known_as(module: str) -> str:
    """Return a module by the name that its integration knows it by.

    Example:
        >>> known_as("tensorflow.keras.layers")
        'keras.layers'
    """
    for alias, root in ALIASES.items():
        if module == alias or module.startswith(f"{alias}."):
            return root + module[len(alias) :]
    return module


class Integration:
    """What a framework may add; every part has a default that adds nothing.

    Attributes:
        root: The top-level module of the framework, as `"keras"`.
        tensor: Makes a tensor of nested lists and a dtype name, or `None`.
    """

    root: str = ""
    tensor: Callable[[Any, str], Any] | None = None

    def serves(self, module: Any) -> bool:
        """Return whether a module imported as :attr:`root` is the framework; another generation may have its name."""
        return True

    def unavailable(self) -> MissingDependencyError | None:
        """Return the error that says why what is installed as :attr:`root` is not the framework; imports nothing."""
        return None

    def failure(self, cause: Exception) -> HornbookError:
        """Return the error for a framework of which the import, or :meth:`activate`, raised `cause`."""
        why = f"{type(cause).__name__}: {short(str(cause))}"
        return MissingDependencyError(
            f"{self.root} cannot be used: {why}", hint=f"`import {self.root}` alone shows why."
        )

    def activate(self, codecs: CodecTable) -> None:
        """Import the framework, bring its functions to us, and add its codecs; all of it or nothing.

        Called once for each registry.  What it changes in the framework stays
        for the life of the process, and does nothing but ask whether a scope,
        a session or an installation of ours is open.

        Raises:
            ImportError: The framework is not installed.
            IntegrationError: This version of it cannot be served.
        """

    def find(self, reference: Reference) -> Any | None:
        """Return the built-in that `reference` names, from the catalogue only."""
        return None

    def kind(self, reference: Reference) -> str | None:
        """Return what kind of built-in `reference` names, as `"layer"`, or `None`.

        Needs no framework: it is asked before :meth:`activate` as well.
        """
        return None

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return (module, kind) of each built-in class called `name`; needs no framework."""
        return ()

    def knows(self, name: str, kind: str) -> bool:
        """Say whether a string means a built-in where an object of a kind is expected; needs no framework."""
        return False

    def role(self, reference: Reference) -> str | None:
        """Return the kind of a built-in as the rules know it: as :meth:`kind`, and functions by their use."""
        return self.kind(reference)

    def kind_of(self, target: Any) -> str | None:
        """Return the kind of a class or function of the user's, by its base; `None` for any other."""
        return None

    def rules(self, kind: str | None, name: str = "") -> Rules:
        """Return what the built-ins of a kind may be given, or the one of a name; needs no framework."""
        return {}

    def inherited(self, target: Any) -> Rules:
        """Return what a class of the user's may not hand to the built-in that is its base."""
        return {}

    def asks(self, config: Any) -> Iterable[tuple[int, int]]:
        """Return bytes, and multiplications of its initializer, of variables that a config is certain to ask for.

        Needs no framework, and may leave out what it cannot tell.
        """
        return ()

    def refuses(self, reference: Reference) -> bool:
        """Say whether the name exists in the framework but not in the catalogue."""
        return False

    def gone(self, name: str) -> str | None:
        """Return the version that a built-in of that name is gone since, as `"Keras 3.0"`, if there was one."""
        return None

    def builtin_names(self) -> Iterable[str]:
        """Yield names of built-ins, for "did you mean"."""
        return ()

    def public_name(self, cls: type) -> tuple[str, str] | None:
        """Return (module, name) under which the framework exports `cls`."""
        return None

    def scope(self) -> Mapping[str, Any] | None:
        """Return the objects of the framework's own open scope.

        Who has one calls `hornbook.engine.scope.changed` when it is entered or
        left.
        """
        return None

    def registered(self) -> Mapping[str, Any]:
        """Return the framework's own registry: key to object."""
        return {}

    def announce(self, keys: Mapping[Any, str]) -> None:
        """Enter objects that were registered with us in the framework's own registry, if it is imported.

        Needs no :meth:`activate`, and changes nothing else.

        Args:
            keys: Objects, with the keys that they have.
        """

    def registered_name(self, target: Any) -> str | None:
        """Return the key that the framework's own registry has for `target`."""
        return None

    def adapter(self, target: Any) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        """Return what puts right the arguments that older versions of `target` wrote."""
        return None

    def completion(self, cls: type) -> Callable[[Any, dict[str, Any]], dict[str, Any]] | None:
        """Return what gives, for an object and its config, the config with the arguments that `get_config` left out.

        Args:
            cls: A built-in that :meth:`public_name` has a name for.
        """
        return None

    def left_out(self, value: Any, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a built-in that are not in its config, and come back as others."""
        return {}

    def isolated(self) -> AbstractContextManager[Any]:
        """Return what gives back, at its end, what making objects changes in the framework beside them."""
        return nullcontext()

    def is_companion(self, target: Any) -> bool:
        """Return whether an object is a class of a library that the framework itself trusts."""
        return False

    def is_model(self, value: Any) -> bool:
        """Say whether a value is a model of the framework, with weights to save."""
        return False

    def is_saveable(self, value: Any) -> bool:
        """Say whether a value is of the framework and has a state that can be saved: a model, or a part of one."""
        return False

    def parts(self, value: Any) -> Mapping[str, Any]:
        """Return the parts of what is saveable, itself among them, by their places in a file."""
        return {}

    def arrays(self, value: Any) -> Iterator[Any] | None:
        """Return the numbers that a value of the framework stands for, as NumPy arrays; `None` for any other value."""
        return None

    def own_attributes(self, value: Any) -> Mapping[str, Any]:
        """Return the attributes of what is saveable but for those that the framework gives to all of its kind."""
        return {}

    def reading(self, *, lambdas: bool) -> AbstractContextManager[Any] | None:
        """Return what must be open while a config is read, if anything."""
        return None


class Integrations:
    """The installed integrations: found once, active when needed.

    Attributes:
        active: Those whose framework is in use.
    """

    def __init__(self, codecs: CodecTable, discover: Callable[[], Iterable[EntryPoint]] | None = None) -> None:
        self._codecs = codecs
        self._discover = discover or _installed
        self._lock = threading.RLock()
        self._awaited: set[str] = set()  # frameworks whose import is waited for
        self._everything: Callable[[], Mapping[Any, str]] = dict
        self._waiting: dict[str, EntryPoint] | None = None
        self.active: tuple[Integration, ...] = ()
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
            self._installations = tuple(one for one in self._installations if one[0] is not owner)

    def uninstall(self) -> None:
        """Take all installations back."""
        with self._lock:
            self._installations = ()

    def announce_to_all(self, keys: Mapping[Any, str], *, everything: Callable[[], Mapping[Any, str]]) -> None:
        """Make registered objects known to the registries of frameworks: now, or when they are imported.

        Args:
            keys: Objects that were registered just now, with their keys.
            everything: Returns all that are registered, for a framework that is
                imported later.
        """
        self._everything = everything
        for root in REGISTRIES:
            if root in sys.modules:
                self._announce_to(root, keys)
                continue
            with self._lock:
                if root in self._awaited:
                    continue
                self._awaited.add(root)
                when_imported(root, lambda root=root: self._announce_to(root, everything()))  # type: ignore[misc]

    def _announce_to(self, root: str, keys: Mapping[Any, str]) -> None:
        for one in self._known():
            if one.root == root:
                one.announce(keys)

    def _found(self) -> dict[str, EntryPoint]:
        if self._waiting is None:
            with self._lock:
                if self._waiting is None:
                    self._waiting = {point.name: point for point in self._discover()}
        return self._waiting

    def activate_loaded(self) -> bool:
        """Activate those whose framework is imported; say whether any was new.

        Raises:
            IntegrationError: It is imported, and this version of it cannot be served.
        """
        loaded = sys.modules
        others = self._others
        names = [
            root for root in self._found() if _ready(loaded.get(root)) and loaded.get(root) is not others.get(root)
        ]
        return any([self._activate(root) for root in names])  # noqa: C419  each of them

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
            if root in self._found():
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
        return next((one for one in self.active if one.root == root), None)

    def is_installed(self, root: str) -> bool:
        """Return whether a module of that name may be imported: one that is imported already, or installed.

        A folder of that name in the current one, as it may lie beside a model
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
        places = [*(spec.submodule_search_locations or ()), *filter(None, [spec.origin])]
        here = Path.cwd().resolve()
        return all(Path(place).resolve().parent != here for place in places)

    def kind(self, reference: Reference) -> str | None:
        """Return what kind of built-in `reference` names; activates and imports no framework.

        Args:
            reference: The name.  Functions are written without the module of
                their framework, so those are asked for everywhere.

        Returns:
            The kind, as `"layer"`, or `None` for what is not built in.
        """
        root = known_as(reference.module or "").partition(".")[0]
        anywhere = reference.kind == "function" and root in ("", "builtins")
        asked = [one for one in self.active if anywhere or one.root == root]
        for name, point in self._found().items():
            if anywhere or name == root:
                # One that needs its framework to be imported at all knows nothing without.
                with suppress(ImportError):
                    asked.append(point.load())
        return next(filter(None, (one.kind(reference) for one in asked)), None)

    def catalogued(self, reference: Reference) -> tuple[str, Rules] | None:
        """Return the role of a built-in and the rules for it; activates and imports no framework."""
        root = (reference.module or "").partition(".")[0]
        anywhere = root in ("", "builtins")
        for one in self._known():
            if anywhere or one.root == root:
                role = one.role(reference)
                if role is not None:
                    return role, one.rules(role, reference.name)
        return None

    def asks(self, config: Any) -> Iterator[tuple[int, int]]:
        """Yield what is certain to be asked for by a config; activates and imports no framework."""
        for one in self._known():
            yield from one.asks(config)

    def has_root(self, module: str) -> bool:
        """Say whether a module is one of a framework that an installed integration is for."""
        root = module.partition(".")[0]
        return root in self._found() or any(one.root == root for one in self.active)

    def _known(self) -> Iterator[Integration]:
        """Yield the active integrations, and the others that need no framework to be asked."""
        yield from self.active
        for point in self._found().values():
            with suppress(ImportError):
                yield point.load()

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return (module, kind) of each built-in class called `name`; activates nothing."""
        return tuple(home for one in self._known() for home in one.homes(name))

    def knows(self, name: str, kind: str) -> bool:
        """Say whether a string means a built-in where an object of a kind is expected; activates nothing."""
        return any(one.knows(name, kind) for one in self._known())

    def _activate(self, root: str, *, required: bool = False) -> bool:
        """Activate an integration, unless another module has the name of its framework.

        Raises:
            MissingDependencyError: It cannot be imported, or another module has its name and it is `required`.
            IntegrationError: This version of it cannot be served.
        """
        with self._lock:
            point = self._found().get(root)
            if point is None:
                return False
            integration: Integration = point.load()
            module = sys.modules.get(root)
            other = integration.unavailable() if required else None
            if other is not None:
                raise other
            if _ready(module) and not integration.serves(module):
                self._others = {**self._others, root: module}
                return False
            try:
                integration.activate(self._codecs)
            except HornbookError as error:
                raise integration.unavailable() or error from error.__cause__
            except Exception as error:
                raise integration.unavailable() or integration.failure(error) from error
            integration.announce(self._everything())  # it may have been half imported before
            self.active = (*self.active, integration)
            # A new dict: another thread may be walking over the old one.
            self._waiting = {k: v for k, v in self._found().items() if k != root}
            self._codecs.forget()
            return True


def _installed() -> Iterable[EntryPoint]:
    # Imported here: it takes a third of the time of `import hornbook`.
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _ready(module: Any) -> bool:
    """Say whether a module is there and its own import has ended."""
    spec = getattr(module, "__spec__", None)
    return module is not None and not getattr(spec, "_initializing", False)
