"""One object of a config, as a rule sees it: everything it does is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol

from hornbook.places import Steps, place_of
from hornbook.upgrading.report import Change, Open, Report, brief

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "(absent)"})()

# Dicts by which TF 2.x wrote a tuple or a shape into JSON.
_SEQUENCES = {"__tuple__": "items", "TensorShape": "items"}


def sequence(value: Any) -> list[Any] | None:
    """Return the members of what stands for a tuple or a shape, `None` for anything else.

    Example:
        >>> sequence({"class_name": "__tuple__", "items": [1, 2]})
        [1, 2]
    """
    members = value.get(_SEQUENCES.get(str(value.get("class_name")))) if isinstance(value, dict) else None
    return members if isinstance(members, list) else None


def with_lists(value: Any) -> Any:
    """Return a config with lists in the place of what stands for a tuple or a shape, as HDF5 has them.

    Example:
        >>> with_lists({"axis": {"class_name": "__tuple__", "items": [-1]}})
        {'axis': [-1]}
    """
    members = sequence(value)
    if members is not None:
        value = members
    if isinstance(value, dict):
        return {name: with_lists(part) for name, part in value.items()}
    return [with_lists(part) for part in value] if isinstance(value, list) else value


class KnownNames(Protocol):
    """What names stand for; needs no framework."""

    def own(self, name: str, kind: str | None) -> Any:
        """Return what the user has under a name that may stand in a place of a kind, else `None`."""

    def known(self, module: str, name: str) -> str | None:
        """Return the kind of a built-in class that is found under that module, else `None`."""

    def lives(self, module: str, name: str) -> bool:
        """Return whether that module is where a built-in class lives now."""

    def home(self, name: str, kind: str | None) -> tuple[str, str] | None:
        """Return module and kind of a built-in class by its name, else `None`.

        Args:
            name: The name of the class.
            kind: The kind expected in that place, where it is known.
        """

    def means(self, name: str, kind: str) -> bool:
        """Return whether a string means a built-in where an object of a kind is expected."""

    def of_own_class(self, config: Mapping[str, Any]) -> frozenset[str]:
        """Return the names that a rule may have for the class of an object config that is not built in."""


def function(name: str) -> dict[str, Any]:
    """Return the config of a function by its name."""
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


# Roots under which TF and Keras wrote built-ins.
_ROOTS = frozenset({"keras", "tf_keras", "tensorflow"})


def is_builtin(module: Any) -> bool:
    """Return whether a module is one of those of Keras, of whichever version."""
    return isinstance(module, str) and module.partition(".")[0] in _ROOTS


def means_own(names: KnownNames, name: str) -> bool:
    """Return whether a class name without a module is one of the user's."""
    return names.own(name, None) is not None


class OldObject:
    """An object config that is being rewritten.

    Attributes:
        config: The whole object config; ours to change.
        arguments: Its inner config; ours to change.
        path: Where it stands.
        version: The version that wrote it, as numbers: `(2, 2, 4)`.
        expected: What is expected in this place, as `"layer"`, or `None`.
        kind: What the class is; `None` for one that is not built in.
        own: Whether it is a class of the user's.
    """

    def __init__(  # noqa: PLR0917  made for each object
        self,
        config: dict[str, Any],
        path: Steps,
        version: tuple[int, ...],
        report: Report,
        kind: str | None,
        names: KnownNames,
    ) -> None:
        self.config = config
        self.path = path
        self.version = version
        self.expected = kind
        self.kind = kind
        # With a module of Keras and no registered name, it is the built-in whatever the user has.
        open_name = "module" not in config or (is_builtin(config["module"]) and config.get("registered_name"))
        self.own = bool(open_name) and names.own(config["class_name"], kind) is not None
        self._names = names
        self._report = report
        self._rule = ""

    @property
    def name(self) -> str:
        """The class name."""
        return str(self.config["class_name"])

    @property
    def arguments(self) -> dict[str, Any]:
        """The inner config."""
        inner: dict[str, Any] = self.config["config"]
        return inner

    @property
    def elsewhere(self) -> bool:
        """Whether it names a module that no Keras has, or none and a registered name with a package."""
        module = self.config.get("module")
        if module is None:
            return ">" in str(self.config.get("registered_name"))
        return not is_builtin(module)

    @property
    def written_by(self) -> str:
        """The version that wrote it, as it says: `"2.2.4-tf"`."""
        return self._report.version or ""

    @property
    def backend(self) -> str:
        """The backend that it was written with; empty if that is not known."""
        return self._report.backend

    def is_own(self, name: str, kind: str) -> bool:
        """Return whether a string in a place of a kind means something of the user's."""
        return self._names.own(name, kind) is not None

    def named(self, name: str, kind: str) -> Any:
        """Return what says what a string stands for in a place of a kind.

        A built-in stays a string; anything else is asked for with all other
        names, by the form of a config: a class of the user's or a function.
        """
        own = self._names.own(name, kind)
        if own is None and self._names.means(name, kind):
            return name
        return {"class_name": name, "config": {}} if isinstance(own, type) else function(name)

    def apply(self, rule: UpgradeRule) -> None:
        """Let a rule do what it does, under its name."""
        self._rule = rule.name
        rule.apply(self)

    def get(self, name: str, default: Any = ABSENT) -> Any:
        """Return an argument; `ABSENT` if there is none."""
        return self.arguments.get(name, default)

    def set(self, name: str, value: Any) -> None:
        """Give an argument a value."""
        before = self.arguments.get(name, ABSENT)
        if before is ABSENT or before != value or type(before) is not type(value):
            self.record(name, before, value)
            self.arguments[name] = value

    def drop(self, name: str) -> Any:
        """Take an argument away and return it; `ABSENT` if there is none."""
        before = self.arguments.pop(name, ABSENT)
        if before is not ABSENT:
            self.record(name, before, ABSENT)
        return before

    def rename(self, old: str, new: str) -> None:
        """Give an argument its new name; a value that is there already stays."""
        value = self.drop(old)
        if value is not ABSENT and new not in self.arguments:
            self.arguments[new] = value

    def become(self, class_name: str, module: str | None = None, registered_name: str | None = None) -> None:
        """Name another class.

        Args:
            class_name: The class.
            module: Where it lives; by default where a built-in of that name lives now.
            registered_name: The name that it is registered by, of a class of the user's.
        """
        self._report.changes.append(Change(self._rule, place_of((*self.path, "class_name")), self.name, class_name))
        self.config["class_name"] = class_name
        self.config["registered_name"] = registered_name
        self.config.pop("module", None)
        if module is not None:
            self.config["module"] = module

    def open(self, what: str, name: str | None = None) -> None:
        """Report that something is not certain: loading fails with it."""
        path = (*self.path, "config", name) if name is not None else self.path
        self._report.open.append(Open(place_of(path), what))

    def assume(self, what: str, name: str) -> None:
        """Report that something is taken for certain which the config does not tell."""
        self._report.assumed.append(Open(place_of((*self.path, "config", name)), what))

    def lose(self, what: str, name: str) -> None:
        """Take an argument away that there is no place for any more, and report what is lost."""
        self.drop(name)
        self._report.lost.append(Open(place_of((*self.path, "config", name)), what))

    def replaced(self, name: str, before: Any, after: Any) -> None:
        """Record a change that was made in place."""
        self.record(name, before, after)

    def record(self, name: str, before: Any, after: Any) -> None:
        """Report a change that was made in place."""
        place = place_of((*self.path, "config", name))
        self._report.changes.append(Change(self._rule, place, brief(before), brief(after)))


Stage = Literal["form", "arguments", "done"]


class UpgradeRule(NamedTuple):
    """One rewrite of objects of some classes.

    Args:
        name: What it is called in reports and in the documentation.
        classes: The classes that it holds for.  Of the user's: by their
            registered names, as `"acme>Box"`, or by their modules and names, as
            `"acme.shapes.Box"`.  Built in: by the names they have now; or a
            kind in angle brackets, as `"<layer>"`, for all of that kind;
            `"<any>"` for all objects, `"<graph>"` for all with a graph.
        written: The versions that wrote what it rewrites, as text.
        source: The release note or source file that justifies it.
        apply: Does it; the first line of its docstring stands in reports.  Rules
            are idempotent: what is new already stays.
        tells: Whether what it rewrites tells that an older version of Keras
            wrote the built-in, since no Keras 3 ever did.
        stage: When it is applied: `"form"` first, to whole objects, whose inner
            config may be anything and whose class may change; `"arguments"` to
            objects whose class is settled; `"done"` when all parts are upgraded.
        builtins: Whether it holds for built-ins, in what versions before Keras 3
            wrote; else for classes of the user's, whatever version of Keras wrote
            them.
    """

    name: str
    classes: frozenset[str]
    written: str
    source: str
    apply: Callable[[OldObject], None]
    tells: bool = False
    stage: Stage = "arguments"
    builtins: bool = False
