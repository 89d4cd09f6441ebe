"""Which functions of Keras 2 ask us first, and what each of them does then.

As with Keras 3: outside of a scope, a reading and a writing of ours every one
of them is Keras' original, unless `hornbook.install()` holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from hornbook.engine import scope
from hornbook.engine.construct import ENTRY
from hornbook.engine.decode import ReadSession, current_reader
from hornbook.engine.flat import read_flat, write_flat
from hornbook.engine.registry import current_registry
from hornbook.engine.session import build, known, read, reading
from hornbook.engine.writing import current_writer, write
from hornbook.errors import LambdaRefusedError
from hornbook.integrations.calls import named_object, ours
from hornbook.integrations.divert import Diversion, Gate, divert, method
from hornbook.integrations.keras2 import allocating, install
from hornbook.integrations.messages import in_words_of_keras
from hornbook.legacy.tables import TF_2_9
from hornbook.policy import Policy
from hornbook.upgrading.upgrade import readable

if TYPE_CHECKING:
    from hornbook.integrations.keras2 import Keras2
    from hornbook.integrations.keras2.private import Private

# Whether an object of the user's own is copied.
_CLONING: ContextVar[bool] = ContextVar("hornbook_cloning", default=False)
_CONFIGS = (str, dict, list, tuple, type(None))
_SPACES = ("activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers")


def open_gates(integration: Keras2, keras: Any, private: Private) -> None:
    """Divert the functions of a package of Keras 2, once in the life of a process: all of them or none.

    Args:
        integration: That of the package.
        keras: The package.
        private: Its private names.

    Raises:
        IntegrationError: This Keras is not one that can be served.
    """
    gates = Gates(integration, private)
    spaces = {space: getattr(getattr(keras, space), "get", None) for space in _SPACES}
    diversions = [
        Diversion("serialize_keras_object", private.serialize, gates.serialize),
        Diversion("deserialize_keras_object", private.deserialize, gates.deserialize),
        Diversion("legacy.serialize_keras_object", private.flat_serialize, gates.flat_serialize, needed=True),
        Diversion("legacy.deserialize_keras_object", private.flat_deserialize, gates.flat_deserialize, needed=True),
        Diversion("get_registered_name", private.get_registered_name, gates.registered_name, needed=True),
        Diversion("get_registered_object", private.get_registered_object, gates.registered_object, needed=True),
        Diversion("func_load", private.func_load, gates.byte_code, needed=True),
        Diversion("CustomObjectScope.__enter__", method(private.CustomObjectScope, "__enter__"), _scope_changes),
        Diversion("CustomObjectScope.__exit__", method(private.CustomObjectScope, "__exit__"), _scope_changes),
        Diversion("optimizers.deserialize", keras.optimizers.deserialize, _own_copy),
        Diversion("Lambda.from_config", method(private.Lambda, ENTRY), gates.lambda_layer, needed=True),
        Diversion("Layer.build_from_config", method(keras.layers.Layer, "build_from_config"), _keeping_shape),
        Diversion("clone_model", private.clone_model, _cloning),
        Diversion("_clone_layer", private.clone_layer, _cloning),
        *(Diversion(f"{space}.get", get, _get) for space, get in spaces.items()),
        *(Diversion(f"{name}.{ENTRY}", entry, gates.from_config) for name, entry in _entries(keras, private)),
        *install.gates(integration.root, private, gates.policy),
    ]
    divert(
        [*map(_in_words, diversions), *allocating.gates(keras, private)],
        served="Keras 2.9 to 2.21",
    )


def _in_words(diversion: Diversion) -> Diversion:
    return diversion._replace(gate=lambda original: in_words_of_keras()(diversion.gate(original)))


class Gates:
    """The gates of one package.

    Args:
        integration: That of the package.
        private: Its private names.
    """

    def __init__(self, integration: Keras2, private: Private) -> None:
        self._integration = integration
        self._private = private

    def serialize(self, original: Gate) -> Gate:
        """Write the form with modules."""

        def serialize_keras_object(obj: Any) -> Any:
            if not ours() or self._in_saved_model():
                return original(obj)
            seen = self._sharing("id_to_config_map")
            dialect = self._integration.written_as._replace(shares_objects=seen is not None)
            return write(obj, dialect=dialect, seen=seen, lenient=True)

        return serialize_keras_object

    def deserialize(self, original: Gate) -> Gate:
        """Read the form with modules."""

        def deserialize_keras_object(
            config: Any, custom_objects: Any = None, safe_mode: bool = True, **kwargs: Any
        ) -> Any:
            if not ours() or self._in_saved_model():
                return original(config, custom_objects, safe_mode, **kwargs)
            if not isinstance(config, _CONFIGS):
                return config  # an object already
            module_objects = self._integration.offered(kwargs.get("module_objects"))
            reader = current_reader()
            if reader is not None:
                return self._part(reader, config, custom_objects, module_objects)
            config = readable(config, custom_objects, module_objects, framework=self._integration)
            return read(
                config,
                custom_objects=custom_objects,
                policy=self.policy(safe_mode),
                module_objects=module_objects,
                shared=self._sharing("id_to_obj_map"),
                framework=self._integration,
            )

        return deserialize_keras_object

    def flat_serialize(self, original: Gate) -> Gate:
        """Write the flat form of an object."""

        def serialize_keras_object(instance: Any) -> Any:
            if not ours() or self._shares_flat():
                return original(instance)
            if self._private.serialize is None and current_writer() is not None:
                return write(instance)  # a part of what is written with modules, which this Keras has no form for
            return write_flat(instance, TF_2_9)

        return serialize_keras_object

    def flat_deserialize(self, original: Gate) -> Gate:
        """Read the flat form of an object, a name or a function."""

        def deserialize_keras_object(
            identifier: Any,
            module_objects: Any = None,
            custom_objects: Any = None,
            printable_module_name: str = "object",
        ) -> Any:
            if not ours() or not isinstance(identifier, _CONFIGS):
                return original(identifier, module_objects, custom_objects, printable_module_name)
            reader = current_reader()
            if reader is not None and isinstance(identifier, dict) and "module" in identifier:
                # `Wrapper` of Keras 2.15.0 takes every config for a flat one.
                return self._part(reader, identifier, custom_objects, self._integration.offered(module_objects))
            if reader is None:
                identifier = readable(identifier, custom_objects, module_objects, framework=self._integration)
            return read_flat(
                identifier,
                self._integration.offered(module_objects),
                custom_objects,
                printable_module_name,
                policy=self.policy(safe_mode=True),
                dialect=TF_2_9,
                framework=self._integration,
            )

        return deserialize_keras_object

    def _part(self, reader: ReadSession, config: Any, custom_objects: Any, module_objects: Any) -> Any:
        """Return what a class asks for that is made in a reading."""
        if module_objects is not None:
            config = _unbuilt(config, module_objects)
        return reader.nested_call(config, custom_objects, module_objects, framework=self._integration)

    def registered_name(self, original: Gate) -> Gate:
        """Know what is registered with us."""

        def get_registered_name(obj: Any) -> Any:
            name = current_registry().name_of(obj) if ours() and getattr(obj, "__hash__", None) else None
            return original(obj) if name is None else name

        return get_registered_name

    def registered_object(self, original: Gate) -> Gate:
        """Know what is registered with us and in scope."""

        def get_registered_object(name: Any, custom_objects: Any = None, module_objects: Any = None) -> Any:
            if ours():
                return known(name, custom_objects, module_objects)
            registered = current_registry().objects.get(name)
            return original(name, custom_objects, module_objects) if registered is None else registered

        return get_registered_object

    def byte_code(self, original: Gate) -> Gate:
        """Make no function of byte code where that is not allowed."""

        def func_load(*args: Any, **kwargs: Any) -> Any:
            if not self._allows_byte_code():
                raise LambdaRefusedError(
                    "The config holds the byte code of a function",
                    hint="Load it with safe_mode=False if you trust whoever wrote it.",
                )
            return original(*args, **kwargs)

        return func_load

    def lambda_layer(self, original: Gate) -> Gate:
        """Read a `Lambda` layer that no reading of ours has seen as one that it has."""

        def from_config(cls: type, config: Any, custom_objects: Any = None) -> Any:
            if current_reader() is not None or not ours() or _CLONING.get() or not isinstance(config, dict):
                return original(cls, config, custom_objects)
            with self._reading(custom_objects) as reader:
                copy = reader.scan({"class_name": "Lambda", "config": config})
                return original(cls, copy["config"], custom_objects)

        return from_config

    def from_config(self, original: Gate) -> Gate:
        """Judge the whole config of a model before a part of it is built."""

        def from_config(cls: type, config: Any, custom_objects: Any = None, *args: Any, **kwargs: Any) -> Any:
            layers = config.get("layers") if isinstance(config, dict) else None
            if current_reader() is not None or not ours() or not isinstance(layers, list):
                return original(cls, config, custom_objects, *args, **kwargs)
            name = "Functional" if "input_layers" in config else "Sequential"
            with self._reading(custom_objects) as reader:
                copy = reader.scan({"class_name": name, "config": config})
                return build(reader, lambda: original(cls, copy["config"], custom_objects, *args, **kwargs))

        return from_config

    def _reading(self, custom_objects: Any) -> AbstractContextManager[ReadSession]:
        policy = Policy(lambdas=True) if _CLONING.get() else self.policy(safe_mode=True)
        return reading(policy, custom_objects, framework=self._integration)

    def _allows_byte_code(self) -> bool:
        reader = current_reader()
        if reader is not None:
            return reader.policy.lambdas
        return not ours() or _CLONING.get() or self.policy(safe_mode=True).lambdas

    def policy(self, safe_mode: bool) -> Policy:
        """Return the policy of a call: that of the installation, else Keras' own."""
        installed = current_registry().integrations.policy
        if installed is not None:
            return installed
        mode = getattr(self._private.safe_mode, "safe_mode", None)
        return Policy(lambdas=not (safe_mode if mode is None else mode))

    def _sharing(self, name: str) -> dict[int, Any] | None:
        """Return what Keras' `ObjectSharingScope` keeps from one call to the next, if one is open."""
        kept = self._private.shared_objects
        return getattr(kept, name) if getattr(kept, "enabled", False) else None

    def _in_saved_model(self) -> bool:
        """Return whether Keras writes or reads a SavedModel, for which its functions take the flat form."""
        asked = self._private.in_saved_model
        return asked is not None and bool(asked())

    def _shares_flat(self) -> bool:
        """Return whether a scope of Keras' is open in which an object that is met twice is one."""
        opened = self._private.flat_saving_scope
        return opened is not None and opened() is not None


def _entries(keras: Any, private: Private) -> Iterator[tuple[str, Any]]:
    """Yield what makes a model of its config, of each class that has its own."""
    for cls in (keras.Model, keras.Sequential, private.Functional):
        entry = method(cls, ENTRY)
        if entry is not None:
            yield cls.__name__, entry


def _keeping_shape(original: Gate) -> Gate:
    """Keep the shape that a layer was built with, where its own `build` leaves that to the call that comes next.

    Keras 2.21.0 builds such a layer twice, and it has its variables twice then.
    """

    def build_from_config(self: Any, config: Any) -> None:
        original(self, config)
        if current_reader() is not None and self._build_input_shape is None:
            self._build_input_shape = config["input_shape"]

    return build_from_config


def _cloning(original: Gate) -> Gate:
    """What copies an object that is there already goes through its config, byte code included."""

    def clone(*args: Any, **kwargs: Any) -> Any:
        if current_reader() is not None:
            return original(*args, **kwargs)
        token = _CLONING.set(True)
        try:
            return original(*args, **kwargs)
        finally:
            _CLONING.reset(token)

    return clone


def _unbuilt(config: Any, module_objects: Mapping[str, Any]) -> Any:
    """Return the config of a built-in that its caller builds itself.

    Source of the rule: `deserialize_keras_object` of TF 2.15.1 and tf_keras 2.21.0, which reads of a built-in in
    `module_objects` the name and the arguments alone; `Bidirectional` of TF 2.15.1 could not be built otherwise.
    How a model within another one is compiled is lost there; here it is kept.
    """
    if not isinstance(config, dict) or "build_config" not in config:
        return config
    offered = module_objects.get(str(config.get("class_name")))
    if offered is None or config.get("registered_name") is not None:
        return config
    return {name: part for name, part in config.items() if name != "build_config"}


def _scope_changes(original: Gate) -> Gate:
    def changed(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if current_reader() is not None or current_writer() is not None:
            scope.changed()
        return result

    return changed


def _own_copy(original: Gate) -> Gate:
    """Leave the caller's config as it is: Keras 2.15.0 writes the class name in small letters into it."""

    def deserialize(config: Any, *args: Any, **kwargs: Any) -> Any:
        return original(dict(config) if ours() and isinstance(config, dict) else config, *args, **kwargs)

    return deserialize


def _get(original: Callable[..., Any]) -> Gate:
    """A name given as a string is that of an object in scope, if there is one."""

    def get(identifier: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(identifier, str) and (ours() or identifier in current_registry().objects):
            identifier = named_object(identifier)
        return original(identifier, *args, **kwargs)

    return get
