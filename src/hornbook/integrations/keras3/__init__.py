"""Keras 3: its built-ins, its tensors, its own scopes, and the way into its functions.

Everything that touches a private name of Keras stands in this package.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from hornbook.engine.codecs.table import CodecTable, field
from hornbook.engine.plugins import Integration
from hornbook.engine.reference import NO_MODULE, Reference
from hornbook.integrations.keras3 import presence, private
from hornbook.integrations.keras3.argument_rules import CUSTOM_FUNCTION, OF_A_FORM, inherited_rules, rules_for
from hornbook.integrations.keras3.bare_names import bare_names_count
from hornbook.integrations.keras3.catalogue import GONE, Entry, catalogue

if TYPE_CHECKING:
    from hornbook.archive.reading import Archive
    from hornbook.archive.weights.report import WeightsReport
    from hornbook.archive.weights.stores import Folder, WeightWriter
    from hornbook.engine.decode import Reader
    from hornbook.engine.encode import Writer
    from hornbook.engine.violations import Rules
    from hornbook.errors import HornbookError, MissingDependencyError

TENSOR_TAG = "__keras_tensor__"
# Libraries whose classes Keras 3.15.1 takes from a config though they are not registered.
COMPANIONS = frozenset({"keras_hub", "keras_cv", "keras_nlp"})
# What upgraded configs name, and its kind; it is in `functions.py`, which needs Keras.
OURS = {"hornbook>hard_sigmoid_2": "function", "hornbook>HoldingBidirectional": "layer"}
# What 0.1 wrote in place of `hornbook>`.
_FORMER_PACKAGE = "rekindle>"


class Keras3(Integration):
    """The integration of Keras 3; needs Keras only once it is active."""

    root = "keras"

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
        codecs.add(keras.KerasTensor, encode=_encode_tensor, tag=TENSOR_TAG, decode=_decode_tensor)
        self.tensor = lambda value, dtype: keras.ops.convert_to_tensor(value, dtype=dtype)

    # ------------------------------------------------------------ built-ins
    def find(self, reference: Reference) -> Any | None:
        own = _own_key(reference)
        if own is not None:
            from hornbook.integrations.keras3 import functions

            return functions.registered(own)
        entry = self._entry(reference)
        return None if entry is None else self._object(entry)

    def kind(self, reference: Reference) -> str | None:
        role = self.role(reference)
        return "function" if role is not None and reference.kind == "function" else role

    def role(self, reference: Reference) -> str | None:
        own = _own_key(reference)
        if own is not None:
            return "activation" if OURS[own] == "function" else OURS[own]
        entry = self._entry(reference)
        return None if entry is None else entry.kind

    def kind_of(self, target: Any) -> str | None:
        if isinstance(target, type):
            return next((kind for kind, base in self._bases.items() if issubclass(target, base)), None)
        return CUSTOM_FUNCTION if isinstance(target, types.FunctionType) else None

    def rules(self, kind: str | None, name: str = "") -> Rules:
        return rules_for(kind, name if name in OF_A_FORM else "")

    def inherited(self, target: Any) -> Rules:
        if not isinstance(target, type) or self.kind_of(target) is None:
            return {}
        return inherited_rules(target, lambda base: _exported_name(base) is not None)

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        return catalogue().homes(name)

    def knows(self, name: str, kind: str) -> bool:
        strings = catalogue().strings.get(kind, ())
        return name in strings or (kind == "optimizer" and name.lower() in strings)

    def _entry(self, reference: Reference) -> Entry | None:
        module = reference.module
        if reference.kind == "function":
            return catalogue().find_function(None if module in (NO_MODULE, "builtins") else module, reference.name)
        if module == NO_MODULE and bare_names_count():
            return catalogue().find_bare(reference.name)
        return catalogue().find_class(module, reference.name) if module else None

    def _object(self, entry: Entry) -> Any | None:
        return _exported_object(f"{entry.module}.{entry.name}")

    def asks(self, config: Any) -> Iterable[tuple[int, int]]:
        from hornbook.integrations.keras3 import shape_estimate

        return shape_estimate.asks(config)

    def refuses(self, reference: Reference) -> bool:
        if private.get_symbol_from_name is None:
            return False
        exported = private.get_symbol_from_name(reference.qualified or "")
        return exported is not None and self._entry(reference) is None

    def gone(self, name: str) -> str | None:
        return GONE.get(name)

    def builtin_names(self) -> Iterable[str]:
        return catalogue().names()

    def public_name(self, cls: type) -> tuple[str, str] | None:
        name = _exported_name(cls)
        if name is None:
            return None
        module, _, class_name = name.rpartition(".")
        return module, class_name

    # ------------------------------------------------------------ Keras' own state
    def scope(self) -> Mapping[str, Any] | None:
        scope: Mapping[str, Any] | None = private.state("custom_objects_scope_dict")
        return scope

    def registered(self) -> Mapping[str, Any]:
        return private.GLOBAL_CUSTOM_OBJECTS or {}

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

    # ------------------------------------------------------------ reading
    def adapter(self, target: Any) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        from hornbook.integrations.keras3 import older_arguments

        return older_arguments.adapter(target, self._rules) if isinstance(target, type) else None

    def completion(self, cls: type) -> Callable[[Any, dict[str, Any]], dict[str, Any]] | None:
        from hornbook.integrations.keras3 import unwritten

        return unwritten.completion(cls)

    def left_out(self, value: Any, config: Mapping[str, Any]) -> dict[str, Any]:
        from hornbook.integrations.keras3 import unwritten

        cls = type(value)
        known = self.kind_of(cls) is not None or _exported_name(cls) is not None
        return unwritten.left_out(value, config) if known else {}

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

    # ------------------------------------------------------------ models
    def is_companion(self, target: Any) -> bool:
        root = str(getattr(target, "__module__", "")).partition(".")[0]
        saveable = private.KerasSaveable or tuple(self._bases.values())
        return root in COMPANIONS and isinstance(target, type) and issubclass(target, saveable)

    def is_model(self, value: Any) -> bool:
        return isinstance(value, self._bases["model"])

    def is_saveable(self, value: Any) -> bool:
        bases = [self._bases[kind] for kind in ("model", "layer", "loss", "metric", "optimizer")]
        return any(isinstance(value, one) for one in ([private.KerasSaveable] if private.KerasSaveable else bases))

    def parts(self, value: Any) -> Mapping[str, Any]:
        from hornbook.integrations.keras3.weights import by_path as state

        return state.parts(value)

    def own_attributes(self, value: Any) -> Mapping[str, Any]:
        from hornbook.integrations.keras3.weights import by_path as state

        return state.own_attributes(value)

    def arrays(self, value: Any) -> Iterator[Any] | None:
        from hornbook.integrations.keras3.weights import kept

        return kept.arrays(value)

    def unset_variables(self) -> AbstractContextManager[Any]:
        from hornbook.integrations.keras3 import deferred_init

        return deferred_init.unset_variables()

    def load_state(self, model: Any, archive: Archive, *, strict: bool) -> None:
        from hornbook.integrations.keras3.weights import by_path as state

        state.load(model, archive, strict=strict)

    def load_weights(self, model: Any, archive: Archive, *, by_order: bool, strict: bool) -> WeightsReport:
        from hornbook.integrations.keras3.weights import by_path as state

        return state.load_weights(model, archive, by_order=by_order, strict=strict)

    def save_state(self, model: Any, weights: WeightWriter, assets: Folder) -> None:
        from hornbook.integrations.keras3.weights import by_path as state

        state.save(model, weights, assets)

    def bytes_of(self, value: Any) -> int:
        from hornbook.integrations.keras3.weights import by_layer

        return by_layer.size_of(*getattr(value, "variables", ())) // 2

    def view(self, value: Any) -> Any:
        from hornbook.integrations.keras3 import device

        return device.view(value)

    def to_numpy(self, value: Any) -> Any:
        return self._keras.ops.convert_to_numpy(value)

    def version(self) -> str:
        return str(self._keras.__version__)


def _exported_name(target: Any) -> str | None:
    """Return the public name of a class or function of Keras, as `"keras.layers.Dense"`.

    A class that a backend puts in the place of a public one, as that of PyTorch
    does with optimizers, has the name of that: the other backends read it too.
    """
    name = _own_name(target)
    if name is None and isinstance(target, type) and private.is_own(target, "backend"):
        bases = (base for base in target.__mro__[1:] if base.__name__ == target.__name__)
        name = next(filter(None, map(_own_name, bases)), None)
    return name


def _own_name(target: Any) -> str | None:
    if private.get_name_from_symbol is not None:
        name: str | None = private.get_name_from_symbol(target)
        return name
    names = (f"{module}.{target.__name__}" for module, _ in catalogue().homes(target.__name__))
    return next((name for name in names if _exported_object(name) is target), None)


def _exported_object(name: str) -> Any | None:
    """Return what Keras has under a public name."""
    if private.get_symbol_from_name is not None:
        exported = private.get_symbol_from_name(name)
        if exported is not None:
            return exported
    import keras

    place: Any = keras
    for part in name.split(".")[1:]:
        place = getattr(place, part, None)
    return place


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


def _own_key(reference: Reference) -> str | None:
    """Return the key in `OURS` that a reference stands for, if it stands for one."""
    key = reference.label
    if key.startswith(_FORMER_PACKAGE):
        key = f"hornbook>{key.removeprefix(_FORMER_PACKAGE)}"
    return key if key in OURS and (reference.kind == "function") == (OURS[key] == "function") else None


def _encode_tensor(value: Any, writer: Writer) -> dict[str, Any]:
    history = getattr(value, "_keras_history", None)
    if history:
        operation, *rest = history
        history = [operation.name, *rest]
    return {
        "class_name": TENSOR_TAG,
        "config": {"shape": value.shape, "dtype": value.dtype, "keras_history": history},
    }


def _decode_tensor(inner: dict[str, Any], config: dict[str, Any], reader: Reader) -> Any:
    import keras

    from hornbook.errors import ConfigError, HornbookError, short

    shape, dtype = field(inner, "shape", TENSOR_TAG), field(inner, "dtype", TENSOR_TAG)
    history = field(inner, "keras_history", TENSOR_TAG)
    try:
        tensor = keras.KerasTensor(shape, dtype=dtype)
    except HornbookError:  # a limit of the policy, which is a ValueError as well
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(f"`{TENSOR_TAG}` cannot be made: {short(str(error))}", config=config) from error
    # Where `functional_from_config` looks for the tensor that this one stands for.
    tensor._pre_serialization_keras_history = history
    return tensor


INTEGRATION = Keras3()
