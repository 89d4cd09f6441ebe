"""Keras 3: its built-ins, its tensors, its own scopes, and the way into its functions.

Everything that touches a private name of Keras stands in this package.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hornbook.engine.builtins import Adapt, Builtin, Check, Exported, Integration, Recognized, Refused, Review
from hornbook.engine.codecs.table import CodecTable, Tag, ValueReader, ValueWriter
from hornbook.engine.reference import NO_MODULE, Reference
from hornbook.integrations.keras3 import presence, private
from hornbook.integrations.keras3.argument_rules import (
    CUSTOM_FUNCTION,
    LAYERS,
    MODEL,
    OF_A_FORM,
    inherited_rules,
    rules_for,
)
from hornbook.integrations.keras3.bare_names import bare_names_count
from hornbook.integrations.keras3.catalogue import GONE, OURS, Entry, catalogue, own_key
from hornbook.integrations.keras3.exports import exported_name, exported_object
from hornbook.integrations.keras3.graph_form import TENSOR, tensor_parts
from hornbook.integrations.keras3.models import KerasModels

if TYPE_CHECKING:
    from hornbook.errors import HornbookError, MissingDependencyError
    from hornbook.integrations.keras3.unwritten import Unwritten

# Libraries whose classes Keras 3.15.1 takes from a config though they are not registered.
COMPANIONS = frozenset({"keras_hub", "keras_cv", "keras_nlp"})
# A function of the user's may stand where Keras has one.
_FUNCTION = Recognized(CUSTOM_FUNCTION)


class Keras3(Integration):
    """The integration of Keras 3; needs Keras only once it is active."""

    root = "keras"
    # Packages that have had the modules of Keras, as files name them; and ours, for what plain Keras loads from it.
    aliases = MappingProxyType(
        dict.fromkeys(("tensorflow.keras", "tensorflow.python.keras", "tf_keras", "hornbook.integrations.keras3"), root)
    )
    tags = MappingProxyType({TENSOR: Tag(look=tensor_parts)})
    has_registry = True
    file_kinds = frozenset({MODEL})
    composite_fields = frozenset({"layers"})
    stand_ins = MappingProxyType({"layer": LAYERS - {"layer"}})
    makes_tensors_first = True
    _keras: Any = None
    models = KerasModels()

    def serves(self, module: Any) -> bool:
        return presence.serves(module)

    def unavailable(self) -> MissingDependencyError | None:
        return presence.unavailable()

    def failure(self, cause: Exception) -> HornbookError:
        return presence.failure(cause)

    def activate(self, codecs: CodecTable) -> None:
        import keras

        from hornbook.integrations.keras3 import older_arguments
        from hornbook.integrations.keras3.hooks import session

        session.open_gates()
        self._keras = keras
        self._rules = older_arguments.rules()
        self._bases = _bases(keras)
        self._adapts: dict[type, Adapt | None] = {}
        self._described: dict[Entry, Builtin] = {}
        self._exports: dict[type, Exported] = {}
        codecs.add(keras.KerasTensor, encode=_encode_tensor, tag=TENSOR, decode=_decode_tensor)
        self.tensor = lambda value, dtype: keras.ops.convert_to_tensor(value, dtype=dtype)

    def describe(self, reference: Reference) -> Builtin | Refused | None:
        own = own_key(reference)
        if own is not None:
            return self._of_ours(own)
        entry = _entry(reference)
        if entry is None:
            return _not_catalogued(reference)
        if self._keras is None:
            return _builtin(entry)
        return self._described.get(entry) or self._describe(entry)

    def _describe(self, entry: Entry) -> Builtin:
        """Return what is known of a built-in with Keras; of what is Keras' own it is worked out once."""
        target = exported_object(f"{entry.module}.{entry.name}")
        described = _builtin(entry)._replace(target=target, adapt=self._adapt(target))
        if private.is_own(target):
            self._described[entry] = described
        return described

    def _of_ours(self, key: str) -> Builtin:
        kind, target = OURS[key], None
        if self._keras is not None:
            from hornbook.integrations.keras3 import functions

            target = functions.registered(key)
        return Builtin(kind, target, rules_for(kind), self._adapt(target), kind == MODEL)

    def _adapt(self, target: Any) -> Adapt | None:
        """Return what puts right the arguments of a class; of Keras' own it is worked out once."""
        if not isinstance(target, type):
            return None
        try:
            return self._adapts[target]
        except KeyError:
            from hornbook.integrations.keras3 import older_arguments

            adapt = older_arguments.adapter(target, self._rules)
            if private.is_own(target):  # what is kept keeps the class alive
                self._adapts[target] = adapt
            return adapt

    def recognize(self, target: Any) -> Recognized | None:
        if not isinstance(target, type):
            return _FUNCTION if isinstance(target, types.FunctionType) else None
        kind, builtin, companion = self._kind_of(target), exported_name(target) is not None, self._is_companion(target)
        if kind is None:
            return Recognized(None, builtin, companion=companion) if builtin or companion else None
        rules = rules_for(kind) if builtin else inherited_rules(target, lambda base: exported_name(base) is not None)
        return Recognized(kind, builtin, rules, self._adapt(target), kind == MODEL, companion)

    def _kind_of(self, target: type) -> str | None:
        """Return the kind of a class by its base; `None` for one that has none of Keras."""
        for kind, base in self._bases.items():
            if issubclass(target, base):
                return kind
        return None

    def _is_companion(self, target: type) -> bool:
        if str(getattr(target, "__module__", "")).partition(".")[0] not in COMPANIONS:
            return False
        return issubclass(target, private.KerasSaveable or tuple(self._bases.values()))

    def exported(self, target: Any) -> Exported | None:
        if isinstance(target, type):
            return self._exports.get(target) or self._export(target)
        name = exported_name(target)
        return None if name is None else Exported(*_parted(name))

    def _export(self, cls: type) -> Exported | None:
        """Return under which name Keras exports a class; of its own it is worked out once."""
        name = exported_name(cls)
        if name is None:
            return None
        module, name = _parted(name)
        named = self.describe(Reference("class", name, module, None))
        leads_back = isinstance(named, Builtin) and named.target is cls
        exported = Exported(module, name, self._unwritten.completion(cls), leads_back)
        if private.is_own(cls):  # what is kept keeps the class alive
            self._exports[cls] = exported
        return exported

    @cached_property
    def _unwritten(self) -> Unwritten:
        from hornbook.integrations.keras3.unwritten import Unwritten

        return Unwritten()

    def review(self, check: Check) -> Review:
        from hornbook.integrations.keras3.graph_rules import GraphReview

        return GraphReview(check)

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        return catalogue().homes(name)

    def knows(self, name: str, kind: str) -> bool:
        strings = catalogue().strings.get(kind, ())
        return name in strings or (kind == "optimizer" and name.lower() in strings)

    def asks(self, config: Any) -> Iterable[tuple[int, int]]:
        from hornbook.integrations.keras3 import shape_estimate

        return shape_estimate.asks(config, self._is_ours)

    def _is_ours(self, module: str) -> bool:
        return any(module == name or module.startswith(f"{name}.") for name in (self.root, *self.aliases))

    def builtin_names(self) -> Iterable[str]:
        return catalogue().names()

    def scope(self) -> Mapping[str, Any] | None:
        scope: Mapping[str, Any] | None = private.state("custom_objects_scope_dict")
        return scope

    def registered(self) -> Mapping[str, Any]:
        objects: Mapping[str, Any] | None = private.GLOBAL_CUSTOM_OBJECTS
        return {} if objects is None else objects

    def announce(self, keys: Mapping[Any, str]) -> None:
        objects, names = private.GLOBAL_CUSTOM_OBJECTS, private.GLOBAL_CUSTOM_NAMES
        if objects is None or names is None:  # beside Keras 2
            return
        for target, key in keys.items():
            objects[key] = target
            names.setdefault(target, key)  # what was registered with Keras itself keeps that name

    def registered_name(self, target: Any) -> str | None:
        name: str | None = (private.GLOBAL_CUSTOM_NAMES or {}).get(target)
        return name

    def left_out(self, value: Any, config: Mapping[str, Any]) -> dict[str, Any]:
        cls = type(value)
        known = self._kind_of(cls) is not None or exported_name(cls) is not None
        return self._unwritten.left_out(value, config) if known else {}

    @contextmanager
    def reading(self, *, lambdas: bool) -> Iterator[None]:
        from hornbook.integrations.keras3 import deferred_init

        with _safe_mode(not lambdas), deferred_init.read_when_used():
            yield

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Give back the counters of names and the random numbers that new objects take."""
        import random

        names, state = private.state("object_name_uids"), random.getstate()
        kept = None if names is None else names.copy()
        try:
            yield
        finally:
            random.setstate(state)
            private.set_state("object_name_uids", kept)


def _entry(reference: Reference) -> Entry | None:
    """Return the entry of the catalogue that a reference leads to."""
    module = reference.module
    if reference.kind == "function":
        return catalogue().find_function(None if module in (NO_MODULE, "builtins") else module, reference.name)
    if module == NO_MODULE and bare_names_count():
        return catalogue().find_bare(reference.name)
    return catalogue().find_class(module, reference.name) if module else None


def _parted(name: str) -> tuple[str, str]:
    """Return the module and the name in it of a public name."""
    module, _, name = name.rpartition(".")
    return module, name


@cache
def _builtin(entry: Entry) -> Builtin:
    """Return what is known of a built-in without Keras: as many as the catalogue has entries are kept."""
    rules = rules_for(entry.kind, entry.name if entry.name in OF_A_FORM else "")
    return Builtin(entry.kind, None, rules, None, entry.kind == MODEL)


def _not_catalogued(reference: Reference) -> Refused | None:
    """Return why a name that is not in the catalogue may not be used, if Keras has it or had it."""
    exported_as = private.get_symbol_from_name
    if exported_as is not None and reference.qualified is not None and exported_as(reference.qualified) is not None:
        return Refused()
    since = GONE.get(reference.name)
    return None if since is None else Refused(gone=since)


def _safe_mode(safe_mode: bool) -> AbstractContextManager[Any]:
    return nullcontext() if private.SafeModeScope is None else private.SafeModeScope(safe_mode=safe_mode)


def _bases(keras: Any) -> dict[str, type | tuple[type, ...]]:
    """Return the base class of each kind that users derive from; the first that fits counts."""
    return {
        "model": (keras.Model, keras.utils.FeatureSpace),
        "layer": keras.layers.Layer,
        "operation": keras.Operation,
        "metric": keras.metrics.Metric,
        "loss": keras.losses.Loss,
        "optimizer": keras.optimizers.Optimizer,
        "schedule": keras.optimizers.schedules.LearningRateSchedule,
        "initializer": keras.initializers.Initializer,
        "regularizer": keras.regularizers.Regularizer,
        "constraint": keras.constraints.Constraint,
        "dtype_policy": keras.dtype_policies.DTypePolicy,
    }


def _encode_tensor(value: Any, writer: ValueWriter) -> dict[str, Any]:
    history = getattr(value, "_keras_history", None)
    if history:
        operation, *rest = history
        history = [operation.name, *rest]
    return {
        "class_name": TENSOR,
        "config": {"shape": value.shape, "dtype": value.dtype, "keras_history": history},
    }


def _decode_tensor(inner: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
    import keras

    from hornbook.errors import ConfigError, short

    shape, dtype, history = tensor_parts(config)
    try:
        tensor = keras.KerasTensor(shape, dtype=dtype)
    except (TypeError, ValueError) as error:  # a dtype that this release lacks
        raise ConfigError(f"`{TENSOR}` cannot be made: {short(str(error))}", config=config) from error
    # Where `functional_from_config` looks for the tensor that this one stands for.
    tensor._pre_serialization_keras_history = history
    return tensor


INTEGRATION = Keras3()
