"""Object to config: the session of one writing, found again by user code.

`get_config` may itself call `serialize_keras_object`.  Those calls find the
session of the outermost call in a context variable, so that an object which
two owners hold is still one object afterwards.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from itertools import islice
from typing import Any

from hornbook.engine.builtins import Completion, Exported, Integration
from hornbook.engine.codecs.table import Encoder
from hornbook.engine.decode import current_reader
from hornbook.engine.dialects import HORNBOOK, Dialect
from hornbook.engine.identity import ID, new_ids, shared_id
from hornbook.engine.reference import NO_MODULE, Reference
from hornbook.engine.registry import Registry, origin, same_origin
from hornbook.engine.resolve import Resolver
from hornbook.errors import (
    AmbiguousReferenceError,
    HornbookError,
    SerializationError,
    SerializationWarning,
    short,
    text_of,
)
from hornbook.places import ATOMS, levels
from hornbook.policy import Policy

# Containers that stand for one value at most: an object, its config, and what holds the value of a tag.
_LEVELS = 3

WRITER: ContextVar[WriteSession | None] = ContextVar("hornbook_writer", default=None)


class WriteSession:
    """The state of one outermost writing.

    Args:
        registry: Where registered names, codecs and integrations are.
        shares: Whether an object met twice gets a `shared_object_id`.
        dialect: How functions are named, and which values are not written.
        seen: Objects met and their configs by address, of earlier writings and
            for later ones.
        lenient: Whether what would not come back as it is, and Keras writes
            all the same, is warned of and written.
        framework: The older generation of a framework that the objects are of,
            if they are of one.

    Attributes:
        shared: The configs that have an id, each of them once.
    """

    __slots__ = (
        "_classes",
        "_codecs",
        "_configs",
        "_deepest",
        "_dialect",
        "_framework",
        "_functions",
        "_id",
        "_lenient",
        "_level",
        "_made",
        "_named",
        "_resolvers",
        "_seen",
        "_shares",
        "registry",
        "shared",
    )

    def __init__(
        self,
        registry: Registry,
        *,
        shares: bool = True,
        seen: dict[int, tuple[Any, dict[str, Any]]] | None = None,
        dialect: Dialect = HORNBOOK,
        lenient: bool = False,
        framework: Integration | None = None,
    ) -> None:
        self.registry = registry
        self._framework = framework
        self._lenient = lenient
        self._dialect = dialect
        self._codecs = registry.codecs.without(dialect.unwritten_types) if dialect.unwritten_types else registry.codecs
        self._shares = shares
        # Both keep what they hold alive: an address is an identity only then.
        self._seen: dict[int, tuple[Any, dict[str, Any]]] = {} if seen is None else seen
        self._made: dict[int, dict[str, Any]] = {}
        # Whether what is written was returned by a `get_config`, where configs of objects may stand; a value
        # that is handed in to be written, from within one as well, stands for itself.
        self._configs = False
        # How many values are within each other, and were at most: a bound for the levels of the config.
        self._level = self._deepest = 0
        self.shared: list[dict[str, Any]] = []
        self._id: int | None = None  # the last one that was given
        # The references of functions and classes: module, name, registered name; with a class what adds to its
        # configs the arguments that `get_config` leaves out.
        self._named: dict[Any, tuple[str | None, str, str | None]] = {}
        self._classes: dict[type, tuple[str | None, str, str | None, Completion | None]] = {}
        self._functions: dict[str, Callable[..., Any]] = {}
        self._resolvers: dict[Integration | None, Resolver] = {}

    def encode(self, value: Any) -> Any:
        """Return the config of `value`; of a plain value, the value."""
        cls = type(value)
        if cls in ATOMS:
            return value
        encoder = self._codecs.encoder_of.get(cls)
        if encoder is None:
            encoder = self._find_encoder(cls)
        self._level += 1
        if self._level > self._deepest:  # noqa: PLR1730  `max` takes three times as long
            self._deepest = self._level
        try:
            return encoder(value, self)
        finally:
            self._level -= 1

    def _find_encoder(self, cls: type) -> Encoder:
        """Return what writes instances of a class that is met for the first time."""
        self.registry.integrations.activate_loaded()
        encoder, of_objects = self._codecs.find(cls), self._codecs.find(object)
        if hasattr(cls, "get_config"):
            if issubclass(cls, (dict, list, tuple, str, int, float)):  # an object of its own, and no plain value
                encoder = self._codecs.encoder_of[cls] = of_objects
        elif self._codecs.of_exactly(cls) is None and self.registry.load_codecs():
            encoder = self._codecs.find(cls)  # one of an installed package, also for a class derived from a plain type
        return encoder

    def outermost(self, value: Any) -> Any:
        """Return the config of what a writing began with.

        Raises:
            SerializationError: As :func:`write`; or it nests deeper than is read again.
        """
        config = self.encode(value)
        limits = (self.registry.integrations.policy or Policy()).limits
        if self._deepest * _LEVELS > limits.depth and self._dialect is HORNBOOK and _nests(config, limits.depth):
            what = f"The config nests deeper than {limits.depth} levels, which is not read again"
            self.refuse(SerializationError(what, hint="Keep the parts in a flat list.", config=value))
        return config

    def mapping(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return `values` encoded.

        A config that this writer made comes back as the same dict, so that a
        shared id found later still reaches it; what was added is encoded.
        """
        made = self._made.get(id(values))
        out: dict[Any, Any] = {} if made is None else made
        name = None
        try:
            for name, value in values.items():
                if type(name) is not str and not isinstance(name, str):
                    self._refuse_key(name, values)
                out[name] = value if type(value) in ATOMS else self.encode(value)
        except HornbookError as error:
            error.under(name if isinstance(name, (str, int)) else short(name))
            raise
        if made is None and "class_name" in out and "config" in out:
            self._check_config(out)
        return out

    def _check_config(self, config: dict[Any, Any]) -> None:
        """Refuse a dict that would be read as an object and is none; keep a config of an earlier writing."""
        if not self._configs or ("module" not in config and "registered_name" not in config):
            self._refuse_lookalike(config)
        if ID in config and shared_id(config) is not None:
            self.shared.append(config)

    def _refuse_key(self, name: Any, values: Mapping[Any, Any]) -> None:
        """Refuse a key that JSON would change; the functions of TF 2.15 to Keras 3.15 leave keys untouched."""
        if self._dialect is not HORNBOOK:
            return
        error = SerializationError(
            f"The key {short(name)} of a dict is not a string and would become one",
            hint="Use strings as keys.",
            config=values,
        )
        self.refuse(error)

    def instance(self, obj: Any) -> dict[str, Any]:
        """Return the object config of `obj`, from its `get_config`."""
        seen = self._seen.get(id(obj))
        cls = type(obj)
        module, class_name, registered_name, complete = self._classes.get(cls) or self._name(cls)
        config = {
            "module": module,
            "class_name": class_name,
            "config": self._inner(obj, complete),
            "registered_name": registered_name,
        }
        for part, method in (("build_config", "get_build_config"), ("compile_config", "get_compile_config")):
            get = getattr(obj, method, None)
            if get is not None:
                self._extra(config, part, get)
        if self._shares:
            if seen is None:  # get_config may have met `obj` for the first time meanwhile
                seen = self._seen.setdefault(id(obj), (obj, config))
            if seen[1] is not config:
                self._share(seen[1], config)
            self._made[id(config)] = config
        return config

    def _inner(self, obj: Any, complete: Completion | None) -> dict[str, Any]:
        get_config = getattr(obj, "get_config", None)
        if get_config is None or isinstance(obj, type):
            raise SerializationError(
                f"{short(obj)} of type `{type(obj).__qualname__}` cannot be written",
                hint="Only plain values, functions, and objects with a get_config() method can.",
                config=obj,
            )
        before, self._configs = self._configs, False
        try:
            try:
                config = get_config()
            except (HornbookError, RecursionError):
                raise
            except Exception as error:
                raise _raised(f"{type(obj).__qualname__}.get_config", obj, error) from error
            if not isinstance(config, dict):
                raise SerializationError(
                    f"`{type(obj).__qualname__}.get_config` must return a dict, not {short(config)}", config=obj
                )
            self._configs = True
            if complete is not None:
                config = complete(obj, config)
            try:
                return self.mapping(config)
            except HornbookError as error:
                error.under("config")
                raise
        finally:
            self._configs = before

    def _extra(self, config: dict[str, Any], part: str, get: Callable[[], Any]) -> None:
        before, self._configs = self._configs, True
        try:
            try:
                values = get()
            except (HornbookError, RecursionError):
                raise
            except Exception as error:
                raise _raised(getattr(get, "__qualname__", part), get, error) from error
            if values is not None:
                config[part] = self.mapping(values)
        except HornbookError as error:
            error.under(part)
            raise
        finally:
            self._configs = before

    def _share(self, first: dict[str, Any], config: dict[str, Any]) -> None:
        """Give two configs of one object one id."""
        if ID not in first:
            self._id = new_ids() if self._id is None else self._id + 1
            first[ID] = self._id
            self.shared.append(first)
        config[ID] = first[ID]
        self.shared.append(config)

    def _name(self, cls: type) -> tuple[str | None, str, str | None, Completion | None]:
        """Return module, class name and registered name that stand for `cls`, and what completes its configs."""
        public, owner = self._exported(cls)
        complete, certain = None, False
        if public is not None:
            module: str | None = public.module
            name, registered = public.name, None
            if self._dialect is HORNBOOK:  # an older generation writes what its own get_config gives
                complete, certain = public.completion, public.leads_back
        else:
            module = None if cls.__module__ == "__main__" else cls.__module__
            name, registered = cls.__name__, self.registry.name_of(cls) or cls.__name__
        if not certain:
            self._check_meaning(Reference("class", name, module, registered), cls, owner)
        named = self._classes[cls] = (module, name, registered, complete)
        return named

    def function(self, function: Callable[..., Any]) -> dict[str, Any]:
        """Return the config of a function, which is its name.

        Raises:
            AmbiguousReferenceError: The name stands for another function.
        """
        named = self._named.get(function)
        if named is None:
            reference = Reference("function", self._function_name(function), "builtins", "function")
            if self._meaning(reference) is not function:
                exported, owner = self._exported(function)
                if exported is not None:
                    reference = Reference("function", exported.name, exported.module, exported.name)
                self._check_meaning(reference, function, owner)
            named = self._named[function] = (reference.module, reference.name, reference.registered_name)
        return {"module": named[0], "class_name": "function", "config": named[1], "registered_name": named[2]}

    def _exported(self, target: Any) -> tuple[Exported | None, Integration | None]:
        """Return the module and the name under which a framework exports a class or function, and the framework."""
        for integration in self.registry.integrations.active:
            exported = integration.exported(target)
            if exported is not None:
                return exported, integration
        return None, None

    def _meaning(self, reference: Reference, owner: Integration | None = None) -> Any:
        """Return what a reader would take a reference for, or `None` where that would be an error."""
        framework = owner if owner is not None and owner.written_as is not None else self._framework
        resolver = self._resolvers.get(framework)
        if resolver is None:
            reader = current_reader()
            given = () if reader is None else reader.arguments
            resolver = Resolver(self.registry, Policy(), given, self._dialect, framework)
            self._resolvers[framework] = resolver
        return resolver.meaning(reference)

    def _check_meaning(self, reference: Reference, target: Any, owner: Integration | None) -> None:
        """Refuse a reference that would lead to another object than the one it is written for."""
        meaning = self._meaning(reference, owner)
        if meaning is None or meaning is target:
            return
        redefined = "<locals>" not in target.__qualname__ and same_origin(meaning, target)
        exported = self._exported(target)[0]
        other = None if exported is None else self._exported(meaning)[0]
        if redefined or (exported is not None and other is not None and exported[:2] == other[:2]):
            return
        hint = "Register it with @register_keras_serializable() under a name of its own."
        if exported is not None:
            hint = f"Take `{reference.name}` out of the custom objects, or write it outside of their scope."
        self.refuse(
            AmbiguousReferenceError(
                f"`{reference.label}` would be read as {origin(meaning)}, and stands for another {origin(target)}",
                hint=hint,
                names=(reference.label,),
            )
        )

    def refuse(self, error: HornbookError) -> None:
        """Raise an error about what Keras would write; a lenient writing warns of it.

        Raises:
            HornbookError: The error.
        """
        if not self._lenient:
            raise error
        error.place = None
        warnings.warn(str(error), SerializationWarning, stacklevel=2)

    def _function_name(self, function: Callable[..., Any]) -> str:
        """Return the name of a function.

        Raises:
            AmbiguousReferenceError: Another function of that name, not
                registered either, was written already.
        """
        registered = self.registry.name_of(function)
        if registered is not None and self._dialect.function_names == "registered":
            return registered
        name = function.__name__
        other = self._functions.setdefault(name, function)
        if other is not function and not self._builtin(other) and not self._builtin(function):
            self.refuse(
                AmbiguousReferenceError(
                    f"Two functions are called `{name}`: {origin(other)} and {origin(function)}",
                    hint="Register them with @register_keras_serializable() under different names.",
                    names=(name,),
                )
            )
        return name

    def _builtin(self, function: Callable[..., Any]) -> bool:
        root = (function.__module__ or "").partition(".")[0]
        return any(one.root == root for one in self.registry.integrations.active)

    def _refuse_lookalike(self, values: dict[Any, Any]) -> None:
        """Refuse a dict of the user's that a reader would take for an object."""
        name = values["class_name"]
        if isinstance(name, str) and self.registry.decoder(name) is not None:
            return  # Keras writes tensors of a graph so
        known = self._configs and isinstance(name, str)
        if known and self._meaning(Reference("class", name, NO_MODULE, name)) is not None:
            return
        self.refuse(
            SerializationError(
                f"A dict with the keys `class_name` and `config` would be read as an object `{short(name)}`",
                hint="Rename one of the keys.",
                config=values,
            )
        )


def _nests(config: Any, most: int) -> bool:
    """Return whether there are more levels of containers in a config than so many."""
    return next(islice(levels(config), most, None), None) is not None


def _raised(method: str, owner: Any, error: Exception) -> SerializationError:
    """Return the error for a method of the user's that raised one."""
    return SerializationError(f"`{method}` raised {type(error).__name__}: {text_of(error)}", config=owner)
