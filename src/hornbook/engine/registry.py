"""The registry: which object has which key, and the other way round.

Registries are objects: two of them know nothing of each other.  The functions
of the package use the one that is in use in their context, which is
:data:`DEFAULT` unless :meth:`Registry.use` says otherwise.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from hornbook.engine.builtins import Integration
from hornbook.engine.codecs.codec import GROUP, Codec, is_codec_tag
from hornbook.engine.codecs.plain import plain_codecs
from hornbook.engine.codecs.table import Decoder, Tag
from hornbook.engine.dialects import OnDuplicate
from hornbook.engine.plugins import Integrations
from hornbook.errors import AmbiguousRegistrationWarning, RegistrationError, short
from hornbook.extensions import Extensions

T = TypeVar("T")


class Registry:
    """Objects by key, keys by object, codecs and integrations.

    Args:
        announces: Whether the frameworks' own registries get to know what is
            registered here.  They are one for the process, so a registry that
            keeps to itself does not.

    Attributes:
        objects: The live dictionary that `get_custom_objects()` returns.
        codecs: The table of codecs.
        integrations: The installed integrations.
    """

    def __init__(self, host: Any = None, *, announces: bool = False) -> None:
        self._host = host
        self.objects: dict[str, Any] = {}
        self._names: dict[Any, str] = {}
        self._announces = announces
        # What frameworks have entered in their registries on our behalf.
        self.announced: dict[str, Any] = {}
        self.codecs = plain_codecs()
        self._has_codecs = False  # whether those of installed packages are among them
        self.integrations = Integrations(self.codecs)
        self._extensions: dict[str, Extensions[Any]] = {}

    @property
    def host(self) -> Any:
        """What a framework's own functions do that come to us: handed in by what stands above, for all registries."""
        return self._host or DEFAULT._host

    @host.setter
    def host(self, host: Any) -> None:
        self._host = host

    @contextmanager
    def use(self) -> Iterator[Registry]:
        """Have the functions of the package use this registry in the block, in this thread or task alone.

        Example:
            >>> acme = Registry()
            >>> with acme.use():
            ...     get_custom_objects() is acme.objects
            True
        """
        token = _IN_USE.set(self)
        try:
            yield self
        finally:
            _IN_USE.reset(token)

    def extensions(self, group: str, kind: type[T]) -> Extensions[T]:
        """Return the table of what is added of one sort.

        Args:
            group: The group of entry points that add to it.
            kind: The class that all of them have.
        """
        table = self._extensions.get(group)
        return self._extensions.setdefault(group, Extensions(group, kind)) if table is None else table

    def registering(
        self,
        package: str,
        name: str | None,
        objects: dict[str, Any] | None = None,
        names: dict[Any, str] | None = None,
        again: OnDuplicate = "warning",
        *,
        announced: bool = False,
    ) -> Callable[[T], T]:
        """Return a decorator that registers its argument under `package>name`.

        Args:
            package: The package.
            name: The name, or `None` for that of the object.
            objects: The table of objects by key, where it is not ours.
            names: The table of keys by object, where it is not ours.
            again: What a second registration under one key is.
            announced: Whether frameworks enter it in their own registries too,
                where this registry announces anything; older generations do in any case.

        Raises:
            RegistrationError: `package` is no string; or, from the decorator,
                a class has no `get_config`, or where `again` says so the
                key or the object is registered already.
        """
        if not isinstance(package, str):
            raise RegistrationError(
                f"`package` must be a string, not {short(package)}",
                hint='Write the decorator with parentheses: @register_keras_serializable("package").',
                place=None,
            )
        tables = (self.objects if objects is None else objects, self._names if names is None else names)

        def register(target: T) -> T:
            key = _registered(target, package, name, *tables, again=again)
            if announced and self._announces:
                self.announced[key] = target
                self.integrations.announce_to_all({target: key}, everything=lambda: dict(self._names))
            elif self._announces and objects is None and self.integrations.announce_to_older({target: key}):
                self.announced[key] = target
            return target

        return register

    def name_of(self, target: Any) -> str | None:
        """Return the key of `target`, also from an active framework's registry."""
        key = self._names.get(target)
        if key is None:
            for integration in self.integrations.active:
                key = integration.registered_name(target)
                if key is not None:
                    break
        return key

    def decoder(self, tag: str) -> Decoder | None:
        """Return what reads values with `tag`, activating an integration for it.

        Raises:
            MissingDependencyError: The framework for it is not installed.
        """
        decoder = self.codecs.decoders.get(tag)
        if decoder is None and isinstance(tag, str) and tag[:2] == "__":
            root = self.integrations.declared().roots.get(tag)
            if root is not None:
                self.integrations.activate_for(root)
            elif is_codec_tag(tag):
                self.load_codecs()
            decoder = self.codecs.decoders.get(tag)
        return decoder

    def load_codecs(self) -> bool:
        """Add the codecs that installed packages bring; return whether this is the first time."""
        if self._has_codecs:
            return False
        self._has_codecs = True
        for codec in self.extensions(GROUP, Codec):
            codec.add_to(self.codecs)
        return True

    def tag(self, name: str) -> Tag | None:
        """Return how values with a tag are looked at, activating an integration for it; `None` if it is no tag.

        Raises:
            MissingDependencyError: The framework for it is not installed.
        """
        return None if self.decoder(name) is None else self.known_tag(name)

    def known_tag(self, name: str) -> Tag | None:
        """Return how values with a tag are looked at; activates and imports no framework."""
        if is_codec_tag(name):
            self.load_codecs()
        return self.integrations.tags.get(name) or self.codecs.tags.get(name)

    def tables(self, framework: Integration | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield the registries in the order of look-up: ours, that of the framework that is wanted, those of others."""
        yield self.objects
        for integration in self.integrations.active_for(framework):
            table = integration.registered()
            yield Theirs(table, self) if self.announced else table

    def called(self, name: str, sort: type) -> dict[str, Any]:
        """Return what a bare `name` may stand for of that which is registered under a package, by key.

        Args:
            name: The name, without a package.
            sort: `type` for classes, `types.FunctionType` for functions.
        """
        suffix = f">{name}"
        return {
            key: target
            for table in self.tables()
            for key, target in list(table.items())
            if isinstance(target, sort)
            and not self.integrations.is_of_older(target)
            and (key.endswith(suffix) or (">" in key and getattr(target, "__name__", None) == name))
        }


class Theirs(Mapping[str, Any]):
    """The registry of a framework, without what it has from us and what was taken out of ours since.

    Args:
        table: The registry of the framework.
        registry: Ours.
    """

    __slots__ = ("_registry", "_table")

    def __init__(self, table: Mapping[str, Any], registry: Registry) -> None:
        self._table, self._registry = table, registry

    def __getitem__(self, key: str) -> Any:
        target = self._table[key]
        if self._registry.announced.get(key) is target and key not in self._registry.objects:
            raise KeyError(key)
        return target

    def __iter__(self) -> Iterator[str]:
        return (key for key in list(self._table) if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def origin(target: Any) -> str:
    """Name an object by where it was defined."""
    module, name = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    return f"`{module}.{name}`" if module and name else f"`{short(target)}`"


def same_origin(one: Any, other: Any) -> bool:
    """Return whether both are the same object, or the second redefines the first."""
    if one is other:
        return True
    names = [(getattr(o, "__module__", o), getattr(o, "__qualname__", o)) for o in (one, other)]
    return type(one) is type(other) and names[0] == names[1]


def _registered(
    target: Any, package: str, name: str | None, objects: dict[str, Any], names: dict[Any, str], *, again: OnDuplicate
) -> str:
    _check_registrable(target)
    key = f"{package}>{getattr(target, '__name__', None) if name is None else name}"
    before = objects.get(key)
    if again == "error" and (before is not None or target in names):
        taken = f"`{key}` is {origin(before)}" if before is not None else f"{origin(target)} is `{names[target]}`"
        raise RegistrationError(f"{taken} already", place=None)
    if again == "warning" and before is not None and not same_origin(before, target):
        warnings.warn(
            f"`{key}` was {origin(before)} and is now {origin(target)}; the last one is used",
            AmbiguousRegistrationWarning,
            stacklevel=3,
        )
    objects[key] = target
    names[target] = key
    return key


def _check_registrable(target: Any) -> None:
    """Refuse what nothing could be made of.

    Raises:
        RegistrationError: It is neither a class nor a function, or a class without `get_config`.
    """
    if not isinstance(target, type) and not hasattr(target, "__name__"):
        raise RegistrationError(
            f"{short(target)} is neither a class nor a function",
            hint="Register its class.",
            place=None,
        )
    if isinstance(target, type) and not hasattr(target, "get_config"):
        raise RegistrationError(
            f"Class `{target.__qualname__}` has no get_config() method",
            hint="Give it a get_config() that returns a dict of its arguments.",
            place=None,
            code="no-get-config",
        )


DEFAULT = Registry(announces=True)
_IN_USE: ContextVar[Registry] = ContextVar("hornbook_registry", default=DEFAULT)
# Returns the registry of this context.  It is asked for in every call, so it
# is the method itself and not a function around it.
current_registry: Callable[[], Registry] = _IN_USE.get


def register_integration(integration: Integration, registry: Registry | None = None) -> Integration:
    """Add what a framework brings along, beside those that installed packages bring by an entry point.

    The framework is used from then on as soon as it is imported, or a config
    names a module of it.

    Args:
        integration: What the framework adds.  An installed one for the same
            root is not used any more.
        registry: Where it is added; by default the registry in use.

    Returns:
        `integration`.

    Raises:
        RegistrationError: It is no integration, or one for its root is in use already.

    Example:
        >>> class Acme(Integration):
        ...     root = "acme"
        ...     aliases = {"acme_v1": "acme"}
        >>> registry = Registry()
        >>> register_integration(Acme(), registry).root
        'acme'
        >>> registry.integrations.known_as("acme_v1.shapes")
        'acme.shapes'
    """
    (registry or current_registry()).integrations.register(integration)
    return integration


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Return a decorator that registers a class or function for serialization.

    The key is `package>name`.  Registering a class again that was redefined in
    the same module is allowed; another object under the same key is a warning
    that names both.  Keras 3 knows it as well, whether it was imported before
    or is imported later.

    Args:
        package: The package the object belongs to.  Defaults to `"Custom"`.
        name: The name within the package.  Defaults to the object's `__name__`.

    Returns:
        A decorator that returns its argument unchanged.

    Raises:
        RegistrationError: (a `ValueError`) The class has no `get_config`.

    Source of the rule: the Keras 3.6 document, `register_keras_serializable`.

    Example:
        >>> @register_keras_serializable("my_package")
        ... class Point:
        ...     def __init__(self, x): self.x = x
        ...     def get_config(self): return {"x": self.x}
        >>> get_registered_name(Point)
        'my_package>Point'
    """
    return current_registry().registering(package, name, announced=True)


def get_custom_objects() -> dict[str, Any]:
    """Return the live dictionary of registered objects: key to object.

    What a scope adds never appears in it (Keras 3.6 document,
    `get_custom_objects`).

    Example:
        >>> get_custom_objects()["MyObject"] = dict
        >>> get_custom_objects().pop("MyObject")
        <class 'dict'>
    """
    return current_registry().objects


def get_registered_name(obj: Any) -> str:
    """Return the key that a class or function is registered under.

    Args:
        obj: A class or a function.

    Returns:
        `"package>name"`, or `obj.__name__` where it is not registered.

    Raises:
        AttributeError: `obj` is not registered and has no `__name__`, as in
            every version from TF 2.2 to Keras 3.15.1.

    Example:
        >>> get_registered_name(dict)
        'dict'
    """
    return current_registry().name_of(obj) or str(obj.__name__)
