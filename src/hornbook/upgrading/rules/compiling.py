"""What a model was compiled with: optimizers, losses, metrics."""

from __future__ import annotations

from typing import Any

from hornbook.upgrading.node import ABSENT, OldObject, UpgradeRule, function, sequence

# Names of losses and metrics that Keras 3 has under another name alone.
NAMES = {
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
}
# And as a metric.
_METRIC_NAMES = {**NAMES, "logcosh": "log_cosh_error", "log_cosh": "log_cosh_error"}
# Names of one function: the loss is the negative sum since 2.0.9, the negative mean before; the metric had the sign of
# the loss before 2.3.
_COSINE = frozenset({"cosine_proximity", "cosine"})
# Functions that a metric wraps, and the class that is named after each.
WRAPPED = {
    "accuracy": "Accuracy",
    "binary_accuracy": "BinaryAccuracy",
    "categorical_accuracy": "CategoricalAccuracy",
    "sparse_categorical_accuracy": "SparseCategoricalAccuracy",
    "top_k_categorical_accuracy": "TopKCategoricalAccuracy",
    "sparse_top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_hinge": "CategoricalHinge",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "kl_divergence": "KLDivergence",
    "log_cosh": "LogCosh",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_error": "MeanSquaredError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "poisson": "Poisson",
}
_METRIC_CLASSES = {"LogCosh": "LogCoshError"}
_SHORT = {"mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
          "msle": "mean_squared_logarithmic_error"}  # fmt: skip
# Arguments of `compile` that were written as `None` where they had no value.
_DEFAULTS = ("run_eagerly", "steps_per_execution", "jit_compile", "sample_weight_mode", "from_serialized")


def _compiled(obj: OldObject) -> None:
    """HDF5 and SavedModel have a training config; `.keras` a compile config."""
    training = obj.config.pop("training_config", None)
    if isinstance(training, dict) and not obj.config.get("compile_config"):
        obj.config["compile_config"] = training
        obj.record("training_config", "HDF5 form", "compile_config")
    state = obj.config.get("compile_config")
    if not isinstance(state, dict):
        return
    upgraded = _state(dict(state), obj)
    if upgraded != state:
        obj.config["compile_config"] = upgraded
        obj.record("compile_config", "old form", "form of Keras 3")


def _state(state: dict[str, Any], obj: OldObject) -> dict[str, Any]:
    """Return the arguments of `compile` in the form of Keras 3."""
    if "optimizer_config" in state:
        state["optimizer"] = state.pop("optimizer_config")
    if isinstance(state.get("optimizer"), dict):
        state["optimizer"] = _old_optimizer(state["optimizer"])
    for name in _DEFAULTS:
        if state.get(name) is None:
            state.pop(name, None)
    if "sample_weight_mode" in state:
        obj.record("sample_weight_mode", state.pop("sample_weight_mode"), "gone in Keras 3")
    for name in ("loss", "metrics", "weighted_metrics"):
        if name in state:
            state[name] = _named(state[name], obj, "loss" if name == "loss" else "metric")
    for name in ("metrics", "weighted_metrics"):
        state[name] = _flat(state.get(name))
    return state


def _old_optimizer(config: dict[str, Any]) -> dict[str, Any]:
    """Return the object config of an optimizer of Keras 0.x or 1, which had its name among its arguments."""
    if "class_name" in config or "name" not in config:
        return config
    return {"class_name": config["name"], "config": {k: v for k, v in config.items() if k != "name"}}


def _flat(metrics: Any) -> Any:
    """Return the metrics of a model with one output as a plain list; Keras 2 took a single one as well."""
    if isinstance(metrics, str) or (isinstance(metrics, dict) and "class_name" in metrics):
        return [metrics]
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        return metrics[0]
    return metrics or None


def _named(value: Any, obj: OldObject, kind: str) -> Any:
    """Return losses or metrics with the names that Keras 3 has; tuples of TensorFlow are lists in it."""
    members = sequence(value)
    if members is not None:
        value = members
    if isinstance(value, str):
        return _name(value, obj, kind)
    if isinstance(value, list):
        return [_named(member, obj, kind) for member in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {output: _named(member, obj, kind) for output, member in value.items()}
    if value["class_name"] == "function" and value.get("module") in (None, "builtins"):
        return _names(kind).get(value["config"], value)
    return value


def _name(name: str, obj: OldObject, kind: str) -> Any:
    """Return what a string stands for as a loss or a metric."""
    if obj.is_own(name, kind):
        return obj.named(name, kind)
    return _cosine(name, obj, kind) if name in _COSINE else obj.named(_names(kind).get(name, name), kind)


def _names(kind: str) -> dict[str, str]:
    return NAMES if kind == "loss" else _METRIC_NAMES


def _cosine(value: str, obj: OldObject, kind: str) -> str:
    """Return the loss or metric that has this name now; say where none is the same."""
    if obj.version >= ((2, 0, 9) if kind == "loss" else (2, 3)):
        return "cosine_similarity"
    obj.open(f"`{value}` of Keras {obj.written_by or 1} is no function of Keras 3; load with compile=False")
    return value


def _wrapper(obj: OldObject) -> None:
    """A function given as a metric was wrapped; the built-in ones have a class of their own."""
    wrapped = obj.get("fn")
    if isinstance(wrapped, dict):
        wrapped = wrapped.get("config")
    if not isinstance(wrapped, str):
        return
    own = obj.is_own(wrapped, "metric" if obj.name == "MeanMetricWrapper" else "loss")
    wrapped = wrapped if own else NAMES.get(wrapped, _SHORT.get(wrapped, wrapped))
    name = None if own else WRAPPED.get(wrapped)
    if name is None:
        if not isinstance(obj.get("fn"), dict):
            obj.set("fn", function(wrapped))
        return
    obj.drop("fn")
    metric = obj.name == "MeanMetricWrapper"
    obj.become(_METRIC_CLASSES.get(name, name) if metric else name, "keras.metrics" if metric else "keras.losses")


def _function(obj: OldObject) -> None:
    """Losses and metrics wrote the function that they are named after."""
    if not obj.name.endswith("Wrapper"):
        obj.drop("fn")


def _reduction(obj: OldObject) -> None:
    """`"auto"` meant the mean over the batch outside of a distribution strategy."""
    if obj.get("reduction") == "auto":
        obj.set("reduction", "sum_over_batch_size")


def _optimizer(obj: OldObject) -> None:
    """`lr` is `learning_rate`; `decay` made it smaller with each step."""
    obj.rename("lr", "learning_rate")
    if obj.get("epsilon", 0) is None:
        obj.set("epsilon", 1e-7)
    decay = obj.drop("schedule_decay") if obj.name == "Nadam" else ABSENT
    if obj.name == "Nadam":
        decay = obj.drop("decay") if decay is ABSENT else decay
        if decay is not ABSENT:
            obj.lose("Nadam's momentum schedule follows another formula since Keras 2.11", "schedule_decay")
        return
    decay = obj.drop("decay")
    if decay not in (ABSENT, None, 0, 0.0):
        rate = obj.get("learning_rate", 0.001)
        if isinstance(rate, dict):
            obj.open("`decay` together with a schedule of the learning rate", "decay")
            return
        arguments = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay, "staircase": False}
        obj.set("learning_rate", {"class_name": "InverseTimeDecay", "config": arguments})


def _scaled(obj: OldObject) -> None:
    """The loss scale was an object of its own; now its numbers are arguments."""
    obj.rename("optimizer", "inner_optimizer")
    scale = obj.drop("loss_scale")
    if isinstance(scale, dict):
        inner = scale.get("config", {})
        if scale.get("class_name") == "DynamicLossScale" and inner.get("multiplier", 2.0) in (2, 2.0):
            obj.set("initial_scale", inner.get("initial_loss_scale", 32768.0))
            obj.set("dynamic_growth_steps", inner.get("increment_period", 2000))
        else:
            obj.lose("a fixed loss scale; Keras 3 has a dynamic one", "loss_scale")
    if obj.get("dynamic") in (True, ABSENT):
        obj.drop("dynamic")
    else:
        obj.lose("a fixed loss scale; Keras 3 has a dynamic one", "dynamic")
    for name, default in (("initial_scale", 32768.0), ("dynamic_growth_steps", 2000)):
        if obj.get(name, 0) is None:
            obj.set(name, default)


_ALL = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD"
COMPILED_FORMS = (
    UpgradeRule("compile-state", frozenset({"<any>"}), "Keras 0.x to 2.15",
         "keras/saving/legacy/saving_utils.py of Keras 2.15.0, `compile_args_from_training_config`", _compiled,
         stage="form"),
    UpgradeRule("wrapped-function", frozenset({"MeanMetricWrapper", "LossFunctionWrapper"}), "Keras 2.3 to 2.15",
         "keras/metrics/base_metric.py of Keras 2.15.0, `MeanMetricWrapper.from_config`", _wrapper, stage="form"),
)  # fmt: skip
COMPILED_ARGUMENTS = (
    UpgradeRule(
        "function-name",
        frozenset({"<loss>", "<metric>"}),
        "TF 2.2 to 2.15",
        "keras/losses.py of Keras 2.15.0, `LossFunctionWrapper.get_config`",
        _function,
    ),
    UpgradeRule(
        "loss-reduction",
        frozenset({"<loss>"}),
        "TF 2.0 to 2.15",
        "keras/losses.py of Keras 2.15.0: `ReductionV2.AUTO`",
        _reduction,
        tells=True,
    ),
    UpgradeRule(
        "optimizer-arguments",
        frozenset(_ALL.split()),
        "Keras 0.x to 2.15",
        "keras/optimizers.py of Keras 2.2.4: `lr * (1 / (1 + decay * iterations))`; Keras 2.3.0 release notes",
        _optimizer,
        tells=True,
    ),
    UpgradeRule(
        "loss-scale",
        frozenset({"LossScaleOptimizer"}),
        "TF 2.1 to 2.15",
        "keras/mixed_precision/loss_scale_optimizer.py of Keras 2.15.0",
        _scaled,
        tells=True,
    ),
)
