"""Compile states: optimizers, losses and metrics of old versions."""

from __future__ import annotations

from typing import Any

import pytest
from tests import needs

import hornbook


def compiled(version: str = "2.2.4", **training: Any) -> dict[str, Any]:
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": []}, "training_config": training}
    made, report = hornbook.upgrade(config, version=version)
    assert not report.open
    return made["compile_config"]


def optimizer(name: str, **arguments: Any) -> dict[str, Any]:
    made = compiled(optimizer_config={"class_name": name, "config": arguments})["optimizer"]
    assert made["module"] == "keras.optimizers"
    return made


def test_lr_is_learning_rate() -> None:
    """The short name is gone since 2.3; an epsilon of `None` was the backend's."""
    made = optimizer("Adam", lr=0.1, decay=0.0, epsilon=None)
    assert made["config"] == {"learning_rate": 0.1, "epsilon": 1e-7}


def test_decay_is_a_schedule() -> None:
    """lr / (1 + decay * iterations) is InverseTimeDecay."""
    rate = optimizer("SGD", lr=0.1, decay=0.01)["config"]["learning_rate"]
    assert rate["class_name"] == "InverseTimeDecay"
    assert (rate["module"], rate["config"]["decay_steps"]) == ("keras.optimizers.schedules", 1)
    keras = pytest.importorskip("keras", minversion="3.0")

    schedule = keras.optimizers.schedules.deserialize(rate)
    assert float(schedule(5)) == pytest.approx(0.1 / (1 + 0.01 * 5))


def test_a_registered_optimizer_is_the_built_in_one() -> None:
    """TF 2.11 to 2.15 wrote `Custom>Adam`."""
    made = optimizer("Custom>Adam", learning_rate=0.1, jit_compile=True, is_legacy_optimizer=False)
    assert (made["class_name"], made["config"]) == ("Adam", {"learning_rate": 0.1})


def test_the_schedule_of_nadam_is_lost_and_said_so() -> None:
    """It is another formula; only further training would show it."""
    config = {"class_name": "Nadam", "config": {"lr": 0.1, "schedule_decay": 0.004}}
    made, report = hornbook.upgrade(config, version="2.2.4")
    assert made["config"] == {"learning_rate": 0.1}
    assert len(report.lost) == 1


@pytest.mark.parametrize(
    "written",
    [
        {"class_name": "LossScaleOptimizerV3", "config": {"dynamic": True, "initial_scale": 8.0}},
        {"class_name": "LossScaleOptimizer", "config": {"loss_scale": {
            "class_name": "DynamicLossScale", "config": {"initial_loss_scale": 8.0, "increment_period": 2000}}}},
    ],
)  # fmt: skip
def test_a_loss_scale_is_numbers(written: dict) -> None:
    """It was an object of its own."""
    written["config"]["optimizer" if "loss_scale" in written["config"] else "inner_optimizer"] = {
        "class_name": "SGD",
        "config": {"learning_rate": 0.5},
    }
    made, _ = hornbook.upgrade(written, version="2.9.0")
    assert (made["class_name"], made["config"]["initial_scale"]) == ("LossScaleOptimizer", 8.0)
    assert made["config"]["inner_optimizer"]["module"] == "keras.optimizers"
    assert not {"dynamic", "loss_scale", "optimizer"} & made["config"].keys()


def test_losses_and_metrics_keep_their_meaning_under_the_new_name() -> None:
    """Some names are gone; `"auto"` was the mean."""
    loss = {"class_name": "MeanSquaredError", "config": {"reduction": "auto", "fn": "mean_squared_error"}}
    wrapped = {"class_name": "MeanMetricWrapper", "config": {"name": "acc", "fn": "categorical_accuracy"}}
    custom = {"class_name": "MeanMetricWrapper", "config": {"name": "f", "fn": "mine"}}
    made = compiled(loss=loss, metrics=[[wrapped, custom, "kullback_leibler_divergence"]], sample_weight_mode=None)
    assert made["loss"]["config"] == {"reduction": "sum_over_batch_size"}
    first, second, third = made["metrics"]
    assert (first["module"], first["class_name"], first["config"]) == (
        "keras.metrics", "CategoricalAccuracy", {"name": "acc"})  # fmt: skip
    assert second["config"]["fn"]["config"] == "mine"
    assert third == "kl_divergence"
    assert "sample_weight_mode" not in made


@needs.keras
def test_a_compiled_model_of_keras_2_compiles() -> None:
    """The whole state goes through `compile`."""
    config = {
        "class_name": "Sequential",
        "config": [{"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 3]}}],
        "keras_version": "2.2.4",
        "training_config": {
            "optimizer_config": {"class_name": "RMSprop", "config": {"lr": 0.25, "decay": 0.0}},
            "loss": "logcosh",
            "metrics": ["accuracy"],
            "sample_weight_mode": None,
            "loss_weights": None,
        },
    }
    model = hornbook.model_from_config(config)
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.loss == "log_cosh"


@pytest.mark.parametrize(("version", "certain"), [("2.0.8", False), ("2.0.9", True), ("2.3.1", True)])
def test_cosine_proximity_is_the_negative_sum_since_2_0_9(version: str, certain: bool) -> None:
    """Keras 2.0.8 gave the negative mean; the sources of both, keras/losses.py."""
    old = {"class_name": "Sequential", "config": [], "training_config": {"loss": "cosine_proximity"}}
    made, report = hornbook.upgrade(old, version=version)
    assert (not report.open) is certain
    assert (made["compile_config"]["loss"] == "cosine_similarity") is certain
