"""What a model was compiled with: optimizers, losses, metrics."""

from __future__ import annotations

from typing import Any

from hornbook.upgrading.node import ABSENT, Part, Rule, function, sequence

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


def _compiled(part: Part) -> None:
    """HDF5 and SavedModel have a training config; `.keras` a compile config."""
    training = part.config.pop("training_config", None)
    if isinstance(training, dict) and not part.config.get("compile_config"):
        part.config["compile_config"] = training
        part.replaced("training_config", "HDF5 form", "compile_config")
    state = part.config.get("compile_config")
    if not isinstance(state, dict):
        return
    made = _state(dict(state), part)
    if made != state:
        part.config["compile_config"] = made
        part.replaced("compile_config", "old form", "form of Keras 3")


def _state(state: dict[str, Any], part: Part) -> dict[str, Any]:
    """Return the arguments of `compile` in the form of Keras 3."""
    if "optimizer_config" in state:
        state["optimizer"] = state.pop("optimizer_config")
    if isinstance(state.get("optimizer"), dict):
        state["optimizer"] = _old_optimizer(state["optimizer"])
    for name in _DEFAULTS:
        if state.get(name) is None:
            state.pop(name, None)
    if "sample_weight_mode" in state:
        part.replaced("sample_weight_mode", state.pop("sample_weight_mode"), "gone in Keras 3")
    for name in ("loss", "metrics", "weighted_metrics"):
        if name in state:
            state[name] = _named(state[name], part, "loss" if name == "loss" else "metric")
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


def _named(value: Any, part: Part, kind: str) -> Any:
    """Return losses or metrics with the names that Keras 3 has; tuples of TensorFlow are lists in it."""
    members = sequence(value)
    if members is not None:
        value = members
    names = NAMES if kind == "loss" else _METRIC_NAMES
    if isinstance(value, str):
        if part.is_own(value, kind):
            return part.named(value, kind)
        return _cosine(value, part, kind) if value in _COSINE else part.named(names.get(value, value), kind)
    if isinstance(value, list):
        return [_named(one, part, kind) for one in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {name: _named(one, part, kind) for name, one in value.items()}
    if isinstance(value, dict) and value["class_name"] == "function" and value.get("module") in (None, "builtins"):
        return names.get(value["config"], value)
    return value


def _cosine(value: str, part: Part, kind: str) -> str:
    """Return the loss or metric that has this name now; say where none is the same."""
    if part.version >= ((2, 0, 9) if kind == "loss" else (2, 3)):
        return "cosine_similarity"
    part.open(f"`{value}` of Keras {part.written_by or 1} is no function of Keras 3; load with compile=False")
    return value


# ---------------------------------------------------------------- rules
def _wrapper(part: Part) -> None:
    """A function given as a metric was wrapped; the built-in ones have a class of their own."""
    wrapped = part.get("fn")
    if isinstance(wrapped, dict):
        wrapped = wrapped.get("config")
    if not isinstance(wrapped, str):
        return
    own = part.is_own(wrapped, "metric" if part.name == "MeanMetricWrapper" else "loss")
    wrapped = wrapped if own else NAMES.get(wrapped, _SHORT.get(wrapped, wrapped))
    name = None if own else WRAPPED.get(wrapped)
    if name is None:
        if not isinstance(part.get("fn"), dict):
            part.set("fn", function(wrapped))
        return
    part.drop("fn")
    metric = part.name == "MeanMetricWrapper"
    part.become(_METRIC_CLASSES.get(name, name) if metric else name, "keras.metrics" if metric else "keras.losses")


def _function(part: Part) -> None:
    """Losses and metrics wrote the function that they are named after."""
    if not part.name.endswith("Wrapper"):
        part.drop("fn")


def _reduction(part: Part) -> None:
    """`"auto"` meant the mean over the batch outside of a distribution strategy."""
    if part.get("reduction") == "auto":
        part.set("reduction", "sum_over_batch_size")


def _optimizer(part: Part) -> None:
    """`lr` is `learning_rate`; `decay` made it smaller with each step."""
    part.rename("lr", "learning_rate")
    if part.get("epsilon", 0) is None:
        part.set("epsilon", 1e-7)
    decay = part.drop("schedule_decay") if part.name == "Nadam" else ABSENT
    if part.name == "Nadam":
        decay = part.drop("decay") if decay is ABSENT else decay
        if decay is not ABSENT:
            part.lose("Nadam's momentum schedule follows another formula since Keras 2.11", "schedule_decay")
        return
    decay = part.drop("decay")
    if decay not in (ABSENT, None, 0, 0.0):
        rate = part.get("learning_rate", 0.001)
        if isinstance(rate, dict):
            part.open("`decay` together with a schedule of the learning rate", "decay")
            return
        arguments = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay, "staircase": False}
        part.set("learning_rate", {"class_name": "InverseTimeDecay", "config": arguments})


def _scaled(part: Part) -> None:
    """The loss scale was an object of its own; now its numbers are arguments."""
    part.rename("optimizer", "inner_optimizer")
    scale = part.drop("loss_scale")
    if isinstance(scale, dict):
        inner = scale.get("config", {})
        if scale.get("class_name") == "DynamicLossScale" and inner.get("multiplier", 2.0) in (2, 2.0):
            part.set("initial_scale", inner.get("initial_loss_scale", 32768.0))
            part.set("dynamic_growth_steps", inner.get("increment_period", 2000))
        else:
            part.lose("a fixed loss scale; Keras 3 has a dynamic one", "loss_scale")
    if part.get("dynamic") in (True, ABSENT):
        part.drop("dynamic")
    else:
        part.lose("a fixed loss scale; Keras 3 has a dynamic one", "dynamic")
    for name, default in (("initial_scale", 32768.0), ("dynamic_growth_steps", 2000)):
        if part.get(name, 0) is None:
            part.set(name, default)


_ALL = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD"
FORMS = (
    Rule("compile-state", frozenset({"<form>"}), "Keras 0.x to 2.15",
         "keras/saving/legacy/saving_utils.py of Keras 2.15.0, `compile_args_from_training_config`", _compiled),
    Rule("wrapped-function", frozenset({"<form>", "MeanMetricWrapper", "LossFunctionWrapper"}), "Keras 2.3 to 2.15",
         "keras/metrics/base_metric.py of Keras 2.15.0, `MeanMetricWrapper.from_config`", _wrapper),
)  # fmt: skip
RULES = (
    Rule("function-name", frozenset({"<loss>", "<metric>"}), "TF 2.2 to 2.15",
         "keras/losses.py of Keras 2.15.0, `LossFunctionWrapper.get_config`", _function),
    Rule("loss-reduction", frozenset({"<loss>"}), "TF 2.0 to 2.15",
         "keras/losses.py of Keras 2.15.0: `ReductionV2.AUTO`", _reduction, tells=True),
    Rule("optimizer-arguments", frozenset(_ALL.split()), "Keras 0.x to 2.15",
         "keras/optimizers.py of Keras 2.2.4: `lr * (1 / (1 + decay * iterations))`; Keras 2.3.0 release notes",
         _optimizer, tells=True),
    Rule("loss-scale", frozenset({"LossScaleOptimizer"}), "TF 2.1 to 2.15",
         "keras/mixed_precision/loss_scale_optimizer.py of Keras 2.15.0", _scaled, tells=True),
)  # fmt: skip
