"""What a framework adds, and what the engine asks of it: one question for each object.

A framework is known by an :class:`Integration`.  All that the engine wants to
know of a name it asks by one call of :meth:`Integration.describe`, all that it
wants to know of a class that is there already by one of
:meth:`Integration.recognize` (to make objects of it) or
:meth:`Integration.exported` (to write them).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from hornbook.engine.codecs.table import CodecTable, Tag
from hornbook.engine.dialects import Dialect
from hornbook.engine.reference import Reference
from hornbook.engine.violations import NO_RULES, Problem, Rules, Tally
from hornbook.errors import HornbookError, MissingDependencyError, short
from hornbook.places import Steps

Arguments = dict[str, Any]
# Puts right the arguments that older versions of a class wrote.
Adapt = Callable[[Arguments], Arguments]
# Gives, for an object and its config, the config with the arguments that `get_config` left out.
Completion = Callable[[Any, Arguments], Arguments]


class Builtin(NamedTuple):
    """What a framework has under a name.

    Args:
        kind: What it is, in a word of the framework: rules speak of kinds.
        target: The class, function or instance; `None` while the framework
            is not in use, or where the version that is installed lacks it.
        rules: What its arguments may be, by name.
        adapt: Puts right the arguments that older versions wrote, or `None`.
        composite: Whether a :class:`Review` looks at each of its configs, and
            not only at those that have one of the
            :attr:`Integration.composite_fields`, or a `compile_config`.
    """

    kind: str
    target: Any = None
    rules: Rules = NO_RULES
    adapt: Adapt | None = None
    composite: bool = False


class Refused(NamedTuple):
    """Why a framework has nothing under a name that a config may use.

    Args:
        what: What is wrong with it, after "which is".
        gone: The version that a built-in of that name is gone since, where
            that is why; what the user has under the name counts then.
    """

    what: str = "not a modelling object"
    gone: str | None = None


class Recognized(NamedTuple):
    """What a framework knows of a class or function that is there already.

    Args:
        kind: What it is, by its base; `None` if that tells nothing.
        builtin: Whether the framework exports it as its own.
        rules: What its arguments may be: all of them for one of the
            framework's own, else what it hands to the built-in that is its base.
        adapt: As for a :class:`Builtin`.
        composite: As for a :class:`Builtin`.
        companion: Whether it is of a library that the framework itself trusts.
    """

    kind: str | None = None
    builtin: bool = False
    rules: Rules = NO_RULES
    adapt: Adapt | None = None
    composite: bool = False
    companion: bool = False


class Exported(NamedTuple):
    """Under which name a framework exports a class or function.

    Args:
        module: The module.
        name: The name in it.
        completion: What adds to a config of one of its objects the arguments
            that `get_config` left out, or `None`.
        leads_back: Whether :meth:`Integration.describe` is certain to lead from
            the name to the class itself, so that a writer need not look.
    """

    module: str
    name: str
    completion: Completion | None = None
    leads_back: bool = False


class NamedObject(Protocol):
    """What an object config or a string stands for."""

    @property
    def kind(self) -> str | None:
        """What it is; `None` for a class of the user's without a base that tells."""

    @property
    def builtin(self) -> bool:
        """Whether it is one of a framework's own."""

    @property
    def rules(self) -> Rules | None:
        """What its arguments may be, by name."""

    @property
    def target(self) -> Any:
        """The class, function or instance; `None` where only a catalogue knows it."""


class Check(Protocol):
    """What a review may ask, and where it says what is wrong."""

    @property
    def tally(self) -> Tally:
        """The policy, and what rules for arguments have counted."""

    def violation(self, at: Any, steps: Steps, problem: Problem) -> None:
        """Keep what is wrong at some steps from a container."""

    def arguments(self, at: Any, given: Mapping[str, Any], rules: Rules) -> None:
        """Judge arguments by rules."""

    def fits(self, child: dict[str, Any], at: Any, steps: Steps, kinds: Collection[str]) -> None:
        """Judge whether an object config is of one of some kinds."""

    def meaning(self, config: dict[str, Any]) -> NamedObject | None:
        """Return what an object config stands for; `None` for data, and for what is refused already."""


class Review(Protocol):
    """Judges what takes more than one object config to see; made for one config by :meth:`Integration.review`."""

    def object(self, config: dict[str, Any], inner: dict[str, Any], named: NamedObject) -> None:
        """Judge the config of one object of the framework, or of a class derived from one, that is composite.

        Args:
            config: The whole object config.
            inner: The inner one.
            named: What it is of.
        """

    def finish(self, config: Any) -> None:
        """Judge what only all objects of the outermost `config` together tell."""


class Integration:
    """What a framework may add; every part has a default that adds nothing.

    An integration is made once for a process and may serve many registries,
    so nothing in it is tied to one.  But for what the docstrings say it is
    asked without its framework as well, and then it must not import that.

    Attributes:
        root: The top-level module of the framework, as `"acme"`.
        aliases: Modules by which files name those under :attr:`root`, and what
            each stands for, as `{"acme_v1.api": "acme"}`.
        tags: The tags of the values that its codecs read.
        has_registry: Whether it has a registry of its own, so that
            :meth:`announce` wants to know what is registered with us.
        stand_ins: For a kind, the others of which objects may stand where one of it is expected.
        file_kinds: The kinds of which the object is that a file of the framework is of.
        composite_fields: Arguments in which parts stand that a :class:`Review` judges together.
        written_as: The dialect of an older generation of a framework, in which its objects are written, and of
            which configs are read as they are; `None` where ours is.
        makes_tensors_first: Whether it makes tensors where others could as well.
        tensor: Makes a tensor of nested lists and a dtype name, or `None`.
    """

    root: str = ""
    aliases: Mapping[str, str] = MappingProxyType({})
    tags: Mapping[str, Tag] = MappingProxyType({})
    has_registry: bool = False
    stand_ins: Mapping[str, frozenset[str]] = MappingProxyType({})
    file_kinds: frozenset[str] = frozenset()
    composite_fields: frozenset[str] = frozenset()
    written_as: Dialect | None = None
    makes_tensors_first: bool = False
    tensor: Callable[[Any, str], Any] | None = None

    def serves(self, module: Any) -> bool:
        """Return whether a module imported as :attr:`root` is the framework; another generation may have its name."""
        return True

    def is_imported(self) -> bool:
        """Return whether the import of the framework has ended, where more than that of its root tells."""
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

    def describe(self, reference: Reference) -> Builtin | Refused | None:
        """Return what the framework has under a name; `None` where the name is none of its own.

        Asked once for each name of a config, of the framework that the module
        belongs to; of all that are in use where the name has no module.
        """
        return None

    def names(self, module: str) -> bool:
        """Return whether a module is one of its own, by a name that another framework's files may have as well."""
        return False

    def recognize(self, target: Any) -> Recognized | None:
        """Return what the framework knows of a class or function; only asked while it is in use."""
        return None

    def exported(self, target: Any) -> Exported | None:
        """Return under which name the framework exports a class or function; only asked while it is in use."""
        return None

    def review(self, check: Check) -> Review | None:
        """Return what judges the objects of one config together."""
        return None

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return (module, kind) of each built-in class called `name`."""
        return ()

    def knows(self, name: str, kind: str) -> bool:
        """Return whether a string means a built-in where an object of a kind is expected."""
        return False

    def builtin_names(self) -> Iterable[str]:
        """Yield names of built-ins, for "did you mean"."""
        return ()

    def asks(self, config: Any) -> Iterable[tuple[int, int]]:
        """Return bytes, and multiplications to fill it, of each variable that a config is certain to ask for.

        It may leave out what it cannot tell.
        """
        return ()

    def scope(self) -> Mapping[str, Any] | None:
        """Return the objects of the framework's own open scope.

        Who has one calls `hornbook.engine.scope.changed` when it is entered or
        left: until then this is not asked again.
        """
        return None

    def registered(self) -> Mapping[str, Any]:
        """Return the framework's own registry: key to object, and always the same live mapping."""
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

    def left_out(self, value: Any, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a built-in that are not in its config, and come back as others."""
        return {}

    def isolated(self) -> AbstractContextManager[Any]:
        """Return what gives back, at its end, what making objects changes in the framework beside them."""
        return nullcontext()

    def reading(self, *, lambdas: bool) -> AbstractContextManager[Any] | None:
        """Return what must be open while a config is read, if anything."""
        return None
