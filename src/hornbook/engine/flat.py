"""The flat form: what TF 2.2 to 2.12 wrote, and libraries built on them still do.

An object is `{"class_name": ..., "config": ...}` without a module; a function
is its name; an object within a config is marked by `__passive_serialization__`
where nobody else would read it.  Classes are found among what the caller
offers as `module_objects`, and among custom objects.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.construct import instance, is_of_older, make_flat
from hornbook.engine.decode import CURRENT, ReadSession, offered
from hornbook.engine.dialects import ARGUMENT_FIRST, HORNBOOK, Dialect
from hornbook.engine.reference import NO_MODULE, checked, key_of, not_a_dict
from hornbook.engine.refusals import Refusal, refusal_error
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Resolved
from hornbook.engine.scope import CustomObjectScope
from hornbook.engine.session import build, reading
from hornbook.engine.shared import loading, saving
from hornbook.errors import ConfigError, HornbookError, SerializationError, short
from hornbook.places import copied, is_object_config
from hornbook.policy import Policy

MARKER = "__passive_serialization__"
_SKIPPED = {"layer was saved without config": True}

_skipping: ContextVar[bool] = ContextVar("hornbook_skip_failed", default=False)


@contextmanager
def skip_failed_serialization() -> Iterator[None]:
    """Write a placeholder for an object whose `get_config` is not implemented.

    Source of the rule: `skip_failed_serialization` of TF 2.2.0 to Keras 2.15.0,
    where it holds for all threads; here it holds for this context.
    """
    token = _skipping.set(True)
    try:
        yield
    finally:
        _skipping.reset(token)


def write_flat(instance: Any, dialect: Dialect = HORNBOOK) -> Any:
    """Return the flat config of an object, the name of a function, or `None` for `None`.

    Raises:
        SerializationError: `instance` has neither `get_config` nor a name, or
            its `get_config` failed; the reason is the `__cause__`.
    """
    try:
        return _written(instance, dialect)
    except RecursionError as error:
        raise SerializationError("The object nests deeper than Python can write, or holds itself") from error


def _written(instance: Any, dialect: Dialect) -> Any:
    if instance is None:
        return None
    if dialect.flat_unwraps:
        with suppress(ValueError):  # it wraps itself
            instance = inspect.unwrap(instance)
    if hasattr(instance, "get_config") and not isinstance(instance, type):
        return _object_config(instance, dialect)
    if hasattr(instance, "__name__") and not hasattr(instance, "get_config"):
        return current_registry().name_of(instance) or instance.__name__
    raise SerializationError(
        f"{short(instance)} of type `{type(instance).__qualname__}` has no config",
        hint="Only functions, and objects with a get_config() method, have one in this form.",
        config=instance,
    )


def _object_config(instance: Any, dialect: Dialect) -> dict[str, Any]:
    cls = type(instance)
    name = current_registry().name_of(cls) or cls.__name__
    try:
        config = instance.get_config()
    except NotImplementedError as error:
        if _skipping.get():
            return {"class_name": name, "config": dict(_SKIPPED)}
        raise _failed(instance, error) from error
    except (HornbookError, RecursionError):
        raise
    except Exception as error:
        raise _failed(instance, error) from error
    if not isinstance(config, Mapping):
        raise SerializationError(f"`{cls.__qualname__}.get_config` must return a dict, not {short(config)}")
    out = {}
    field = None
    try:
        for field, value in config.items():
            out[field] = _field(value, dialect)
    except HornbookError as error:
        error.under("config", str(field))
        raise
    return saving({"class_name": name, "config": out}, instance)


def _failed(instance: Any, error: Exception) -> SerializationError:
    return SerializationError(
        f"`{type(instance).__qualname__}.get_config` raised {type(error).__name__}: {short(str(error))}",
        config=instance,
    )


def _field(value: Any, dialect: Dialect) -> Any:
    """Return what stands in a config for `value`: an object marked, a plain value as it is."""
    if hasattr(value, "get_config") and not isinstance(value, type):
        config = _written(value, dialect)
        config[MARKER] = True
        return config
    if hasattr(value, "__name__"):
        return _written(value, dialect)
    if dialect.flat_containers and isinstance(value, dict):
        return {name: _field(one, dialect) for name, one in value.items()}
    if dialect.flat_containers and type(value) in (list, tuple):
        return type(value)([_field(one, dialect) for one in value])
    return value


def read_flat(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    noun: str = "object",
    *,
    policy: Policy | None = None,
    dialect: Dialect = HORNBOOK,
    framework: Integration | None = None,
) -> Any:
    """Return the object that a flat config, a name or a function stands for.

    Args:
        identifier: The config; it is never changed.
        module_objects: Built-ins by name, looked up last.
        custom_objects: Objects by name.
        noun: What the object is, for messages.
        policy: What may be used; the outermost call's holds.
        dialect: The generation of Keras whose rules hold; that of the reading.
        framework: The framework that the objects are of, where that is decided.

    Raises:
        HornbookError: One of its classes, with the place in `identifier`.
    """
    offered(custom_objects)
    offered(module_objects, "module_objects")
    call = _Call(module_objects or {}, custom_objects or {}, noun)
    outer = CURRENT.get()
    if outer is None:
        with reading(policy, custom_objects, dialect=dialect, framework=framework) as reader:
            copy = reader.scan(identifier, call.module_objects, noun, own=True)
            return build(reader, lambda: call.read(copy, reader))
    reader = outer.nested(call.custom_objects, dialect, framework)
    token = CURRENT.set(reader)
    try:
        return call.read(copied(identifier), reader)
    except HornbookError as error:
        error.part = identifier
        raise
    finally:
        CURRENT.reset(token)


class _Call:
    """What the caller of :func:`read_flat` offers."""

    __slots__ = ("custom_objects", "module_objects", "noun")

    def __init__(self, module_objects: Mapping[str, Any], custom_objects: Mapping[str, Any], noun: str) -> None:
        self.module_objects = module_objects
        self.custom_objects = custom_objects
        self.noun = noun

    def read(self, identifier: Any, reader: ReadSession) -> Any:
        """Return what `identifier`, which is a copy, stands for."""
        if identifier is None or isinstance(identifier, types.FunctionType):
            return identifier
        if isinstance(identifier, str):
            return self._named(identifier, reader)
        if not isinstance(identifier, dict):
            raise ConfigError(f"{short(identifier)} is no config of a {self.noun}", config=identifier)
        if not is_object_config(identifier):
            raise ConfigError(f"A {self.noun} needs `class_name` and `config`", config=identifier)
        return self._object(identifier, reader)

    def _named(self, name: str, reader: ReadSession) -> Any:
        # What the argument says is believed even where it says `None`.
        if name in self.custom_objects:
            target, offered = self.custom_objects[name], False
        else:
            target = reader.resolver.named(name, None, ARGUMENT_FIRST)
            offered = target is None
            target = self.module_objects.get(name) if offered else target
            if target is None:
                raise refusal_error([Refusal(name, "unknown")], noun=self.noun)
        return instance(target, offered=offered) if isinstance(target, type) else target

    def _object(self, config: dict[str, Any], reader: ReadSession) -> Any:
        reference = checked(key_of(config))
        if reader.dialect.flat_whole_names:
            reference = reference._replace(module=NO_MODULE, registered_name=reference.name)
        resolved = reader.resolver.resolve(reference, self.module_objects, reader.dialect.root)
        if isinstance(resolved, Resolved) and is_of_older(resolved) and not resolved.offered:
            # The caller has to offer it.
            resolved = Refusal(reference.label, "unknown", of_class=reference.kind == "class")
        if isinstance(resolved, Refusal):
            refused = refusal_error([resolved], noun=self.noun)
            refused.config = config
            raise refused
        calls = (
            not reader.dialect.strict_kinds and not resolved.offered and isinstance(resolved.target, types.FunctionType)
        )
        if not resolved.makes and not calls:
            raise ConfigError(f"`{reference.name}` stands for no class, and a config is made by one", config=config)
        return loading(config, lambda: self._made(resolved, config, reader))

    def _made(self, resolved: Resolved, config: dict[str, Any], reader: ReadSession) -> Any:
        arguments = self._arguments(config["config"], reader, resolved.adapt)
        # Within `from_config` the custom objects of this call are a scope, as
        # in TF 2.2.0 to Keras 3.15.1.
        with CustomObjectScope(self.custom_objects) if self.custom_objects else nullcontext():
            return make_flat(resolved, arguments, config, lambda: self._names(reader))

    def _arguments(self, inner: Any, reader: ReadSession, adapt: Any) -> Any:
        if isinstance(inner, list) and "flat" in reader.dialect.config_may_be_list:
            return inner
        if not isinstance(inner, dict):
            raise not_a_dict(inner, inner)
        arguments = {}
        field = None
        try:
            for field, value in inner.items():
                exempt = field == "name" and not reader.dialect.flat_name_field
                arguments[field] = value if exempt else self._part(value, reader)
        except HornbookError as error:
            error.under("config", str(field))
            raise
        return arguments if adapt is None else adapt(arguments)

    def _part(self, value: Any, reader: ReadSession) -> Any:
        """Return what stands for `value` in the arguments of a class."""
        if isinstance(value, dict) and MARKER in value:
            return _Call(self.module_objects, self.custom_objects, "config_item").read(value, reader)
        if isinstance(value, str):
            modules = self.module_objects if reader.dialect.flat_functions else None
            target = reader.resolver.named(value, modules, reader.dialect.root)
            return target if isinstance(target, types.FunctionType) else value
        return self._members(value, reader) if reader.dialect.flat_containers else value

    def _members(self, value: Any, reader: ReadSession) -> Any:
        """Return a copy of a container with what stands for its members; a string in a list is no name."""
        if isinstance(value, dict) and not is_object_config(value):
            return {name: self._within(name, member, reader) for name, member in value.items()}
        if isinstance(value, list):
            return [
                member if isinstance(member, str) else self._within(i, member, reader) for i, member in enumerate(value)
            ]
        return value

    def _within(self, step: str | int, value: Any, reader: ReadSession) -> Any:
        """Return what :meth:`_part` does, with `step` in the place of an error."""
        try:
            return self._part(value, reader)
        except HornbookError as error:
            error.under(step)
            raise

    def _names(self, reader: ReadSession) -> dict[str, Any]:
        """Return all custom objects, those of the caller in front."""
        merged: dict[str, Any] = {}
        for table in reversed([*reader.resolver.tables(("argument", "scope", "registry"))]):
            merged.update(table)
        return merged
