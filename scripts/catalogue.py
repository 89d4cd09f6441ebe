"""Write the catalogue of Keras' built-ins: which names a config may use.

Run it with the Keras whose names are to be known:

    python scripts/catalogue.py            # rewrites the catalogue
    python scripts/catalogue.py --check    # exits 1 if a name is missing from it

The catalogue is an allow-list by kind.  It is made of classes by their base,
and of the functions of the modelling namespaces; functions that take another
function are left out, and so is everything under `keras.config`, `utils`,
`datasets`, `applications`, `saving` and the like.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
import types
from pathlib import Path
from typing import Any, cast

import keras
from keras.src import api_export
from keras.src.saving.keras_saveable import KerasSaveable

TARGET = Path(__file__).parents[1] / "src/hornbook/integrations/keras3/catalogue.json"

# Where Keras looks a bare function name up (3.0 to 3.15.1), then operations.
FUNCTION_SPACES = (
    "activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers",
    "ops", "ops.image", "ops.linalg", "ops.nn", "ops.numpy",
)  # fmt: skip
# The kind of what each namespace has, where a string may stand for it.
STRINGS = {
    "activation": "activations", "constraint": "constraints", "initializer": "initializers", "loss": "losses",
    "metric": "metrics", "optimizer": "optimizers", "regularizer": "regularizers",
}  # fmt: skip
# What `compile` makes a metric of, by the loss (`get_metric` of keras/src/trainers/compile_utils.py, Keras 3.15.1).
SHORTHANDS = {"metrics": {"accuracy", "acc", "crossentropy", "ce"}}
NOT_MODELLING = {"get", "serialize", "deserialize"}
CALLABLES = {
    "f",
    "fn",
    "fun",
    "func",
    "pyfunc",
    "body",
    "cond",
    "body_fun",
    "cond_fun",
    "true_fn",
    "false_fn",
    "branches",
    "function",
}
# Bases that no config names, and what runs a program however it is named.
LEFT_OUT = {
    "keras.src.saving.keras_saveable.KerasSaveable",
    "keras.src.ops.function.Function",
    "keras.src.layers.preprocessing.feature_space.TFDConcat",  # a `FeatureSpace` makes it by itself
}
# Bases that Keras does not export are written all the same if they are of these kinds, or this one.
WRITTEN_KINDS, WRITTEN_BASES = {"model", "operation"}, {"keras.src.losses.losses.LossFunctionWrapper"}
INTERNAL = ("keras.src.testing", "keras.src.export", "keras.src.backend", "keras.src.legacy", "keras.src.wrappers")


def bases() -> dict[str, tuple[type, ...]]:
    """Return the base classes of each kind; the first kind that fits counts."""
    from keras.src.dtype_policies.dtype_policy import DTypePolicy
    from keras.src.ops.operation import Operation

    def also(path: str) -> tuple[type, ...]:
        value: Any = keras
        for part in path.split("."):
            value = getattr(value, part, None)
        return (value,) if isinstance(value, type) else ()

    return {
        "model": (keras.Model, keras.utils.FeatureSpace),
        "layer": (keras.layers.Layer,),
        "operation": (Operation,),
        "metric": (keras.metrics.Metric,),
        "loss": (
            keras.losses.Loss,
            *also("distillation.FeatureDistillation"),
            *also("distillation.LogitsDistillation"),
        ),
        "optimizer": (keras.optimizers.Optimizer, *also("optimizers.OptimizerMap")),
        "schedule": (keras.optimizers.schedules.LearningRateSchedule,),
        "initializer": (keras.initializers.Initializer,),
        "regularizer": (keras.regularizers.Regularizer,),
        "constraint": (keras.constraints.Constraint,),
        "dtype_policy": (DTypePolicy, keras.dtype_policies.DTypePolicyMap),
        "quantizer": also("quantizers.Quantizer") + also("quantizers.QuantizationConfig"),
        "random": also("random.SeedGenerator"),
        "input": (keras.InputSpec,),
        "saveable": (KerasSaveable,),
    }


def kind_of(cls: type, kinds: dict[str, tuple[type, ...]]) -> str | None:
    return next((kind for kind, some in kinds.items() if some and issubclass(cls, some)), None)


def public_modules() -> dict[str, types.ModuleType]:
    found, todo = {}, [("keras", keras)]
    while todo:
        name, module = todo.pop()
        found[name] = module
        for part, value in vars(module).items():
            inner = f"{name}.{part}"
            if not isinstance(value, types.ModuleType) or part.startswith("_") or part in ("src", "api"):
                continue
            if inner not in found and value.__name__.startswith("keras"):
                todo.append((inner, value))
    return found


def subclasses(cls: type) -> set[type]:
    found = {cls}
    for sub in cls.__subclasses__():
        found |= subclasses(sub)
    return found


def is_internal_base(cls: type) -> bool:
    """Say whether a class is there for others to derive from it: Keras has such, and exports it nowhere."""
    exported = cls in set(api_export.REGISTERED_NAMES_TO_OBJS.values())
    return not exported and any(sub.__module__.startswith("keras.src.") for sub in cls.__subclasses__())


def classes_of(kinds: dict[str, tuple[type, ...]]) -> dict[str, dict[str, str]]:
    """Return the classes by module and name: as exported, and as they are written."""
    classes: dict[str, dict[str, str]] = {}

    def add(module: str, name: str, value: Any) -> None:
        kind = kind_of(value, kinds) if isinstance(value, type) else None
        if kind is not None and f"{value.__module__}.{value.__qualname__}" not in LEFT_OUT:
            classes.setdefault(module, {})[name] = kind

    for path, module in public_modules().items():
        for name, value in vars(module).items():
            add(path, name, value)
    # Names that only the export table knows, as `keras._legacy.layers.ThresholdedReLU`.
    for path, value in api_export.REGISTERED_NAMES_TO_OBJS.items():
        add(path.rpartition(".")[0], path.rpartition(".")[2], value)
    for cls in {sub for some in kinds.values() for base in some for sub in subclasses(base)}:
        module = cls.__module__
        if not module.startswith("keras.src.") or module.startswith(INTERNAL) or module.endswith("_test"):
            continue
        written = kind_of(cls, kinds) in WRITTEN_KINDS or f"{module}.{cls.__qualname__}" in WRITTEN_BASES
        if is_internal_base(cls) and not written:
            continue
        if vars(sys.modules[module]).get(cls.__name__) is cls:
            add(module, cls.__name__, cls)
    return classes


def functions_of(space: str) -> dict[str, str]:
    """Return the functions of a namespace by name; an alias gives the name it stands for."""
    module: Any = keras
    for part in space.split("."):
        module = getattr(module, part, None)
    if module is None:
        return {}
    table = {name: name for name, value in vars(module).items() if is_modelling(name, value)}
    source = sys.modules.get(f"keras.src.{space}")
    for alias, value in getattr(source, "ALL_OBJECTS_DICT", {}).items():
        if isinstance(value, types.FunctionType) and value.__name__ in table:
            table.setdefault(alias, value.__name__)
    return table


def strings_of(space: str) -> list[str]:
    """Return the strings that `get` of a namespace knows."""
    table = set(getattr(sys.modules.get(f"keras.src.{space}"), "ALL_OBJECTS_DICT", {}))
    return sorted(table | SHORTHANDS.get(space, set()))


def is_modelling(name: str, value: Any) -> bool:
    """Say whether a member of a namespace is a function that a config may name."""
    if not isinstance(value, types.FunctionType) or name.startswith("_") or name in NOT_MODELLING:
        return False
    return not CALLABLES & set(inspect.signature(value).parameters)


# What an argument is, by its name: words of `integrations/keras3/argument_rules.py`.  The
# first pattern that fits counts, and what none fits holds plain values.  A name
# that looks like a file or a function and is reviewed is among the first ones.
PLAIN_LOOKS = "output_(name|names|mode|axes|size|padding|sequence_length)|call_endpoint|call_training_endpoint|encoding"
PARAMETERS = {
    "name|source_name": "name",
    PLAIN_LOOKS: "plain",
    "vocabulary|filepath|idf_weights|.*path|.*file.*|.*url.*|.*host.*|.*address.*|.*(?<!in)dir(ectory)?": "file",
    "weights|variables|params|state": "weights",
    "function|mask|output_shape|fn": "function",
    "standardize|split|call_fn|init_fn|method|body|cond|body_fun|cond_fun|dataset|tokenizer|.*_fn": "callable",
    "module": "code",
    "(.*_)?initializer": "initializer",
    "(.*_)?regularizer": "regularizer",
    "(.*_)?constraint": "constraint",
    "(.*_)?activation": "activation",
    "loss|distillation_losses|_loss": "loss",
    "(weighted_)?metrics": "metric",
    "layer|backward_layer|forward_layer|student|teacher|layers": "layer",
    "cells?": "cell",
    "(.*_)?optimizer": "optimizer",
    "learning_rate": "rate",
    "(.*_)?dtype": "dtype",
    "policy_map|optimizer_map": "policies",
    "default_policy": "dtype",
    "exclude_layers": "patterns",
    "quantization_config|.*_quantizer|config": "quantizer",
    "arguments": "any",
    "seed|seed_generator": "seed",
    "input_spec": "input",
    "features|crosses|preprocessors?|crossers|inner_.*": "feature",
    "build_config": "shapes",
    "(batch_|batch_input_|input_|target_|new)?shape|size|dims|axes|pool_size|kernel_size|strides?": "size",
    "rank|pool_dimensions|num_classes|num_oov_indices|ngrams": "few",
    "filters|units|filter_size|groups|depth_multiplier|(key_|value_|head_|input_|output_)dim": "size",
    "dilation(_rate)?|cropping|pad_width|repeats|num_(query_|key_value_)?heads|n|N|k": "size",
    "num_(bins|tokens|labels|regressors|segments)": "size",
    "height|width|batch_size|lora_rank|amax_history_length|projection_dim|max_number|output_sequence_length": "size",
    "fft_length|frame_length|frame_step|sequence_length|sequence_stride|num_mel_bins|(crossing|hashing)_dim": "size",
    "max_tokens|block_size|group_size|num_discretization_bins|bins|minlength|length|beam_width": "size",
    "(top|bottom|left|right)_(padding|cropping)|target_(height|width)|top_paths|spatial_dims|newshape": "size",
    "sliding_window|gptq_unpacked_column_size|num_samples|num_grid_points|tile_grid_size": "size",
    "num_thresholds|num_ops|num_chains|chain_depth|ns_steps|power_iterations|num|maximum_iterations": "count",
    "indices_or_sections": "outputs",
    "unroll": "unroll",
}
# Arguments that are taken as keywords, and parts of a config that are no arguments.
KEYWORDS = (
    "name", "dtype", "trainable", "activity_regularizer", "input_shape", "batch_input_shape", "batch_shape", "weights",
    "input_dtype", "seed_generator", "input_spec", "build_config", "optimizer", "loss", "metrics", "weighted_metrics",
    "loss_weights", "run_eagerly", "steps_per_execution", "jit_compile", "forward_layer", "preprocessors", "crossers",
    "quantization_config", "build_input_shape", "input_layers", "output_layers", "is_legacy_layer", "layers",
)  # fmt: skip
OPERATION_PARAMETERS = {"dtype": "dtype"} | dict.fromkeys(("function", "body", "cond", "body_fun"), "traced")


def word_for(name: str) -> str:
    """Return what an argument of a name may hold."""
    return next((word for pattern, word in PARAMETERS.items() if re.fullmatch(pattern, name)), "plain")


def parameters_of(cls: type) -> set[str]:
    """Return the names of the arguments of a class and of its bases."""
    return {
        name
        for base in cls.__mro__
        if "__init__" in vars(base) and base is not object
        for name, one in inspect.signature(base.__init__).parameters.items()
        if name != "self" and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    }


def parameters(classes: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return for all arguments of all classes what they may hold."""
    tables: dict[str, dict[str, str]] = {"object": dict.fromkeys(KEYWORDS, ""), "operation": {"name": "", "dtype": ""}}
    for module, names in classes.items():
        for name, kind in names.items():
            cls = symbol(module, name)
            tables["operation" if kind == "operation" else "object"].update(dict.fromkeys(parameters_of(cls), ""))
    return {
        kind: {
            name: (OPERATION_PARAMETERS.get(name) if kind == "operation" else None) or word_for(name)
            for name in sorted(names)
        }
        for kind, names in tables.items()
    }


def symbol(module: str, name: str) -> type:
    """Return a class of the catalogue."""
    found: Any = api_export.REGISTERED_NAMES_TO_OBJS.get(f"{module}.{name}")
    if found is None:
        found = getattr(public_modules().get(module) or sys.modules[module], name)
    return cast("type", found)


def catalogue() -> dict[str, Any]:
    functions = {f"keras.{space}": functions_of(space) for space in FUNCTION_SPACES}
    classes = classes_of(bases())
    return {
        "classes": classes,
        "functions": {space: table for space, table in functions.items() if table},
        "parameters": parameters(classes),
        "strings": {kind: dict.fromkeys(strings_of(space), space) for kind, space in STRINGS.items()},
    }


def sort(tables: dict[str, Any]) -> dict[str, Any]:
    """Sort names; the order of function namespaces is the order of look-up."""
    return {
        "classes": {path: dict(sorted(names.items())) for path, names in sorted(tables["classes"].items())},
        "functions": {path: dict(sorted(names.items())) for path, names in tables["functions"].items()},
        "parameters": tables["parameters"],
        "strings": {kind: list(names) for kind, names in tables["strings"].items()},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    new = sort(catalogue())
    if asked.check:
        old = json.loads(TARGET.read_text())
        missing = [
            f"{path}.{name}"
            for part in ("classes", "functions", "parameters", "strings")
            for path, names in new[part].items()
            for name in names
            if name not in old[part].get(path, ())
        ]
        print(f"keras {keras.__version__}: {len(missing)} names are missing", *missing[:20])
        return 1 if missing else 0
    TARGET.write_text(json.dumps(new, indent=1) + "\n")
    print(f"keras {keras.__version__}:", {part: sum(map(len, new[part].values())) for part in new})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
