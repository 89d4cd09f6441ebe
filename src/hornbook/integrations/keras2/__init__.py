"""Keras 2: `tf.keras` of TensorFlow 2.9 to 2.15, and `tf_keras` 2.16 to 2.21.

One integration for each of the two packages, told by what is there: `keras` may
be Keras 2 or Keras 3, and `tf_keras` may stand beside either.  Files of both
name their modules by `keras`.  What the arguments of built-ins may be is that
of Keras 3, whose catalogue has most of them.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from hornbook.engine.builtins import Adapt, Builtin, Check, Exported, Integration, Recognized, Refused, Review
from hornbook.engine.codecs.table import CodecTable
from hornbook.engine.dialects import Dialect
from hornbook.engine.points import is_ready
from hornbook.engine.reference import NO_MODULE, Reference
from hornbook.errors import MissingDependencyError
from hornbook.integrations.keras2 import presence
from hornbook.integrations.keras2.argument_rules import inherited, rules_of
from hornbook.integrations.keras2.models import Keras2Models
from hornbook.integrations.keras2.private import Private
from hornbook.legacy.tables import TF_2_9, TF_2_15, TF_2_19

# Where Keras 2.15.0 looks for a function that is written by its name alone.
_SPACES = ("activations", "losses", "metrics")
# Classes that files name, and Keras does not export: of 2.9.0 to 2.21.0.
_UNEXPORTED = frozenset({
    "AddLoss", "AddMetric", "ClassMethod", "Container", "Cross", "CustomScaleLayer", "Feature", "Functional",
    "InstanceMethod", "InstanceProperty", "LayerScale", "LossScaleOptimizer", "LossScaleOptimizerV3", "LossesContainer",
    "MetricsContainer", "SlicingOpLambda", "StochasticDepth", "TFOpLambda", "TensorFlowOpLayer",
})  # fmt: skip
# Of these, those that a file names without a module.
_UNEXPORTED_BARE = frozenset({
    "AddLoss", "AddMetric", "ClassMethod", "Functional", "InstanceMethod", "InstanceProperty", "SlicingOpLambda",
    "TFOpLambda", "TensorFlowOpLayer",
})  # fmt: skip
_SPACES_OF_CLASSES = (
    *("layers", "models", "initializers", "regularizers", "constraints", "losses", "metrics", "optimizers"),
    *("optimizers.schedules", "mixed_precision"),
)
# Where a string names a built-in of a kind.
_SPACE_OF = {
    "activation": "activations",
    "constraint": "constraints",
    "initializer": "initializers",
    "optimizer": "optimizers",
    "regularizer": "regularizers",
}
# What no file may name: what reads a SavedModel, and what has parts that TensorFlow reads by itself, files among them.
_REFUSED = frozenset({"DenseFeatures", "ReloadedLayer", "SequenceFeatures", "TFSMLayer"})
# Where functions are that may be named, and those there that are none of these.
_SPACES_OF_FUNCTIONS = frozenset({*_SPACES, "regularizers"})
_NO_FUNCTIONS = frozenset({"deserialize", "get", "serialize"})
_MOST_OFFERED = 64
# Kinds whose configs are made of others, which are judged together.
_COMPOSITE = frozenset({"layer", "model"})


class Keras2(Integration):
    """The integration of Keras 2.

    Args:
        package: The package it is: `"tf_keras"`, or `"keras"`.
    """

    has_registry = True
    file_kinds = frozenset({"model"})
    composite_fields = frozenset({"layers"})
    stand_ins = MappingProxyType({"layer": frozenset({"model"})})
    written_as: Dialect = TF_2_15

    def __init__(self, package: str) -> None:
        self.root = package
        self.private = Private(package)
        self.keras: Any = None
        self.models = Keras2Models(self)
        self._bases: dict[str, tuple[type, ...]] = {}
        # What was offered, by its address, how much that was, and what is left of it.
        self._offered: dict[int, tuple[Any, int, dict[str, Any]]] = {}

    def serves(self, module: Any) -> bool:
        return presence.serves(module)

    def is_imported(self) -> bool:
        public = sys.modules.get(f"{self.root}.api._v2.keras")
        return public is None or is_ready(public)

    def unavailable(self) -> MissingDependencyError | None:
        return presence.unavailable(self.root)

    def activate(self, codecs: CodecTable) -> None:
        from hornbook.integrations.keras2 import hooks

        keras = _public(self.root)
        self._bases = _bases(keras, self.private)
        hooks.open_gates(self, keras, self.private)
        self.keras = keras
        if self.private.serialize is None:
            self.written_as = TF_2_9
        elif [int(part) for part in self.models.version().split(".")[:2]] >= [2, 19]:
            self.written_as = TF_2_19

    def names(self, module: str) -> bool:
        return self._within(module) is not None

    def _within(self, module: str) -> str | None:
        """Return a module as `keras.layers`, the way that Keras 2 exports it; `None` for one of another framework."""
        for root in ("tensorflow.python.keras", "tensorflow.keras", "tf.keras", "tf_keras", "keras"):
            if module == root or module.startswith(f"{root}."):
                return "keras" + module[len(root) :]
        return None

    def describe(self, reference: Reference) -> Builtin | Refused | None:
        if self.keras is None:
            return None
        if reference.kind == "function":
            return self._function(reference)
        if reference.name in _REFUSED:
            return Refused()
        target = self._bare(reference.name) if reference.module == NO_MODULE else self._found(reference)
        if target is None:
            return None
        kind = self._kind_of(target)
        if kind is None or not self.may_be_named(target):
            return Refused()
        return Builtin(kind, target, rules_of(kind, target.__name__), self._adapt(target), kind in _COMPOSITE)

    def may_be_named(self, target: Any) -> bool:
        """Return whether a class or function of Keras is one that a config may have.

        Only what is exported, and a few that files of it name all the same.
        """
        name, exported = getattr(target, "__name__", ""), self._name_of(target)
        if isinstance(target, type):
            return name not in _REFUSED and (name in _UNEXPORTED or exported is not None)
        space = (exported or "").rpartition(".")[0].removeprefix("keras.")
        return space in _SPACES_OF_FUNCTIONS and name not in _NO_FUNCTIONS

    def _bare(self, name: str) -> type | None:
        """Return the class of a name that only one is exported by."""
        if name in _UNEXPORTED_BARE:
            unexported: type | None = getattr(self.private, name)
            return unexported
        exported = {attrgetter(space)(self.keras).__dict__.get(name) for space in _SPACES_OF_CLASSES}
        classes = [target for target in exported if isinstance(target, type)]
        return classes[0] if len(classes) == 1 else None

    def _found(self, reference: Reference) -> type | None:
        module = self._within(str(reference.module))
        return None if module is None else self._class(module, reference.name)

    def _class(self, module: str, name: str) -> type | None:
        """Return a class that Keras exports, or that one of its modules defines."""
        target = self._exported_object(f"{module}.{name}")
        if target is None:
            place = self.private.module(module)
            target = vars(place).get(name) if place is not None else None
            if getattr(target, "__module__", None) != getattr(place, "__name__", ""):
                return None
        return target if isinstance(target, type) else None

    def _exported_object(self, name: str) -> Any:
        if ".__internal__.legacy" in name:
            name = f"compat.v1.{name}"
        return self._exports.get_symbol_from_name(name)

    @cached_property
    def _exports(self) -> Any:
        from tensorflow.python.util import tf_export

        return tf_export

    def _function(self, reference: Reference) -> Builtin | None:
        if reference.module in (None, NO_MODULE, "builtins"):
            modules = [f"keras.{space}" for space in _SPACES]
        else:
            module = self._within(str(reference.module))
            modules = [module] if module is not None and module.rpartition(".")[2] in _SPACES else []
        for module in modules:
            target = self._exported_object(f"{module}.{reference.name}")
            if isinstance(target, types.FunctionType) and self.may_be_named(target):
                kind = "activation" if module.endswith("activations") else "loss function"
                return Builtin(kind, target)
        return None

    def _adapt(self, target: type) -> Adapt | None:
        optimizers = self._bases.get("optimizer", ())
        return _without_decay if optimizers and issubclass(target, optimizers[0]) else None

    def recognize(self, target: Any) -> Recognized | None:
        if not isinstance(target, type):
            return None
        kind, builtin = self._kind_of(target), self._is_own(target)  # one that is not exported has rules as well
        if kind is None:
            return Recognized(None, builtin) if builtin else None
        rules = rules_of(kind, target.__name__) if builtin else inherited(target, self._is_own)
        return Recognized(kind, builtin, rules, self._adapt(target) if builtin else None, composite=kind in _COMPOSITE)

    def review(self, check: Check) -> Review:
        from hornbook.integrations.keras2.graph_rules import Keras2Review

        return Keras2Review(check)

    def offered(self, module_objects: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Return what a function of Keras offers by name without what no config may have.

        Its tables hold whatever a module of it has imported, `deserialize` and
        `TensorFlowOpLayer` among that.
        """
        if module_objects is None:
            return None
        known = self._offered.get(id(module_objects))
        if known is None or known[0] is not module_objects or known[1] != len(module_objects):
            if len(self._offered) > _MOST_OFFERED:  # some are made for each call
                self._offered.clear()
            known = module_objects, len(module_objects), self._allowed(module_objects)
            self._offered[id(module_objects)] = known
        return known[2]

    def _allowed(self, module_objects: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: target
            for name, target in module_objects.items()
            if not self._is_own(target) or self.may_be_named(target)
        }

    def _is_own(self, target: Any) -> bool:
        return str(getattr(target, "__module__", "")).partition(".")[0] == self.root

    def _kind_of(self, target: type) -> str | None:
        for kind, bases in self._bases.items():
            if issubclass(target, bases):
                return kind
        return None

    def _name_of(self, target: Any) -> str | None:
        if not self._is_own(target) and not callable(target):
            return None
        name: str | None = self._exports.get_canonical_name_for_symbol(target, api_name="keras")
        return name

    def exported(self, target: Any) -> Exported | None:
        name = self._name_of(target)
        if name is None or str(getattr(target, "__module__", "")).partition(".")[0] != self.root:
            return None
        module, _, name = name.rpartition(".")
        return Exported(module, name)

    def knows(self, name: str, kind: str) -> bool:
        space = getattr(self.keras, _SPACE_OF.get(kind, ""), None)
        if name in _NO_FUNCTIONS:
            return False
        return space is not None and (
            hasattr(space, name) or (kind == "optimizer" and name in map(str.lower, dir(space)))
        )

    def scope(self) -> Mapping[str, Any] | None:
        local = self.private.local_objects
        return None if local is None else local.__dict__

    def registered(self) -> Mapping[str, Any]:
        objects: Mapping[str, Any] | None = self.private.global_objects
        return {} if objects is None else objects

    def announce(self, keys: Mapping[Any, str]) -> None:
        objects, names = self.private.global_objects, self.private.global_names
        if objects is None or names is None:
            return
        for target, key in keys.items():
            objects[key] = target
            names.setdefault(target, key)

    def registered_name(self, target: Any) -> str | None:
        try:
            name: str | None = (self.private.global_names or {}).get(target)
        except TypeError:  # it has no hash
            return None
        return name

    def builtin_names(self) -> Iterator[str]:
        for space in ("layers", "losses", "metrics", "optimizers"):
            yield from (name for name in dir(getattr(self.keras, space, None)) if name[:1].isupper())


def _public(package: str) -> Any:
    """Return what a package exports: up to 2.12 `keras` is not all of what TensorFlow exports as `tf.keras`."""
    if package == "tf_keras":
        import tf_keras

        return tf_keras
    from keras.api._v2 import keras

    return keras


def _bases(keras: Any, private: Private) -> dict[str, tuple[type, ...]]:
    """Return the base of each kind, the most telling first."""
    found: dict[str, tuple[Any, ...]] = {
        "model": (keras.Model,),
        "metric": (keras.metrics.Metric,),
        "layer": (keras.layers.Layer,),
        "loss": (keras.losses.Loss,),
        "optimizer": (
            keras.optimizers.Optimizer,
            getattr(getattr(keras.optimizers, "experimental", None), "Optimizer", None),
            getattr(getattr(keras.optimizers, "legacy", None), "Optimizer", None),
            keras.mixed_precision.LossScaleOptimizer,  # no optimizer by its bases: calling it makes one
        ),
        "schedule": (keras.optimizers.schedules.LearningRateSchedule,),
        "initializer": (keras.initializers.Initializer,),
        "regularizer": (keras.regularizers.Regularizer,),
        "constraint": (keras.constraints.Constraint,),
        "dtype_policy": (keras.mixed_precision.Policy,),
        "input": (keras.layers.InputSpec,),
        "container": (private.Container,),
        "saveable": (private.Feature, private.Cross),
    }
    return {
        kind: tuple(base for base in bases if base is not None)
        for kind, bases in found.items()
        if any(base is not None for base in bases)
    }


def _without_decay(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of an optimizer without a decay of nothing.

    The example of the TF 2.15 document has one; the optimizers of Keras 2.11 to
    2.21 refuse the argument, and that of before has no effect where it is 0.
    """
    return (
        arguments if arguments.get("decay") else {name: value for name, value in arguments.items() if name != "decay"}
    )


TF_KERAS = Keras2("tf_keras")
KERAS = Keras2("keras")
