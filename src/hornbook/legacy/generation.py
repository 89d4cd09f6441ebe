"""The public functions of one generation of Keras, over its dialect.

Signatures are those of the documents.  An exception that a class raised comes
out as it was where the generation let it, so that code which catches it still
does; everything else is an error of our tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from hornbook.engine.builtins import Integration
from hornbook.engine.decode import current_reader
from hornbook.engine.dialects import SCOPE_FIRST, Dialect
from hornbook.engine.flat import read_flat, skip_failed_serialization, write_flat
from hornbook.engine.generations import framework_for
from hornbook.engine.registry import current_registry, get_custom_objects, get_registered_name
from hornbook.engine.session import known, read
from hornbook.engine.shared import DisableSharedObjectScope, SharedObjectLoadingScope, SharedObjectSavingScope
from hornbook.engine.writing import write
from hornbook.errors import ConstructionError, SerializationError
from hornbook.legacy.modes import safe_mode_of, shared_objects, shared_writing
from hornbook.legacy.scopes import unannotated
from hornbook.upgrading.upgrade import readable

T = TypeVar("T")
Objects = Mapping[str, Any] | None


@contextmanager
def as_raised(wrapped: tuple[type[Exception], ...]) -> Iterator[None]:
    """Let an exception of the user's class through as it was.

    Args:
        wrapped: Those that come out as one of ours, with the place.
    """
    try:
        yield
    except (ConstructionError, SerializationError) as error:
        cause = error.__cause__
        if cause is None or isinstance(cause, wrapped):
            raise
        raise cause from None


def upgraded(config: Any, custom_objects: Objects, module_objects: Objects) -> tuple[Any, Integration | None]:
    """Return what an older Keras wrote for built-ins as the Keras has it that makes them, and which that is.

    All else stays as it is; a reading has upgraded what it builds.

    Args:
        config: What is to be read.
        custom_objects: Objects by name.
        module_objects: Objects by name, which may be built-ins.
    """
    if current_reader() is not None:
        return config, None
    framework = framework_for(config, custom_objects, module_objects)
    return readable(config, custom_objects, module_objects, framework=framework), framework


class Flat:
    """The flat form, which was the public one up to TF 2.12 and is `legacy` since.

    Args:
        dialect: What the generation does.
    """

    SharedObjectLoadingScope = SharedObjectLoadingScope
    SharedObjectSavingScope = SharedObjectSavingScope
    DisableSharedObjectScope = DisableSharedObjectScope
    skip_failed_serialization = staticmethod(skip_failed_serialization)

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    @unannotated
    def serialize_keras_object(self, instance: Any) -> Any:
        """Return the flat config of an object, or the name of a function.

        Args:
            instance: An object with `get_config`, a function, or `None`.

        Raises:
            SerializationError: (a `ValueError`) It is none of these.
        """
        with as_raised(()):
            return write_flat(instance, self._dialect)

    @unannotated
    def deserialize_keras_object(
        self,
        identifier: Any,
        module_objects: Objects = None,
        custom_objects: Objects = None,
        printable_module_name: str = "object",
    ) -> Any:
        """Return the object that a flat config or a name stands for.

        Args:
            identifier: The config, a name, a function or `None`; never changed.
            module_objects: Built-ins by name, looked up last.
            custom_objects: Objects by name.
            printable_module_name: What the object is, for messages.

        Raises:
            UnknownReferenceError: (a `ValueError`) A name stands for nothing.
            ConfigError: (a `ValueError`) `identifier` has a wrong shape.
        """
        with as_raised(()):
            config, framework = upgraded(identifier, custom_objects, module_objects)
            return read_flat(
                config,
                module_objects,
                custom_objects,
                printable_module_name,
                dialect=self._dialect,
                framework=framework,
            )


class Generation:
    """The functions that all generations have.

    Args:
        dialect: What the generation does.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.get_custom_objects: Callable[[], dict[str, Any]] = get_custom_objects
        self.get_registered_name: Callable[[Any], str] = get_registered_name

    @unannotated
    def register_keras_serializable(self, package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
        """Return a decorator that registers a class or function under `package>name`.

        Args:
            package: The package it belongs to.
            name: Its name in the package; its `__name__` by default.

        Raises:
            RegistrationError: (a `ValueError`) A class without `get_config`;
                in TF 2.2 and 2.9 also a second registration.
        """
        return current_registry().registering(package, name, again=self._dialect.on_duplicate)

    @unannotated
    def get_registered_object(
        self, name: str, custom_objects: Objects = None, module_objects: Objects = None
    ) -> Any | None:
        """Return the object that a name stands for, or `None`.

        Looked up in the scope, the registry, `custom_objects`, `module_objects`,
        in this order (TF 2.2.0 to Keras 3.15.1).  A name that stands for `None`
        is found.
        """
        return known(name, custom_objects, module_objects, SCOPE_FIRST)


class V3(Generation):
    """The form with modules, public since TF 2.13."""

    @unannotated
    def serialize_keras_object(self, obj: Any) -> Any:
        """Return the config of an object, or the plain value that it is.

        Raises:
            SerializationError: (a `TypeError`) It cannot be written.
        """
        with as_raised(self._dialect.wrapped_exceptions), shared_writing(self._dialect):
            return write(obj, dialect=self._dialect)

    @unannotated
    def deserialize_keras_object(
        self, config: Any, custom_objects: Objects = None, safe_mode: bool = True, **kwargs: Any
    ) -> Any:
        """Return the object that a config stands for.

        Args:
            config: The config; never changed.
            custom_objects: Objects by name, behind those of the scope and the
                registry.
            safe_mode: Whether to refuse byte code; an open `SafeModeScope` wins.
            **kwargs: `module_objects` offers built-ins by name; a name that it
                lacks is returned as it is.  `printable_module_name` is for
                messages.

        Raises:
            UnknownReferenceError: (a `TypeError`) A name stands for nothing.
            LambdaRefusedError: (a `ValueError`) Byte code, in safe mode.
            ValueError: An unknown keyword, in TF 2.15.
        """
        offered = kwargs.pop("module_objects", None)
        noun = kwargs.pop("printable_module_name", "object")
        if kwargs and not self._dialect.extra_keywords:
            raise ValueError(f"The following argument(s) are not supported: {sorted(kwargs)}")
        with as_raised(self._dialect.wrapped_exceptions):
            config, framework = upgraded(config, custom_objects, offered)
            return read(
                config,
                custom_objects=custom_objects,
                safe_mode=safe_mode_of(safe_mode),
                module_objects=offered,
                noun=noun,
                dialect=self._dialect,
                shared=shared_objects(),
                framework=framework,
            )
