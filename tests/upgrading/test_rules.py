"""Each rule, on the smallest config that shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests import needs

import hornbook
from hornbook.upgrading.rules.built_in import BUILT_IN_RULES


def layer(name: str, **arguments: Any) -> dict[str, Any]:
    return {"class_name": name, "config": {"name": "one", **arguments}}


def upgraded(config: dict[str, Any], version: str = "2.2.4") -> dict[str, Any]:
    made, report = hornbook.upgrade(config, version=version)
    assert not report.open
    return made


def arguments(config: dict[str, Any], version: str = "2.2.4") -> dict[str, Any]:
    return {name: value for name, value in upgraded(config, version)["config"].items() if name != "name"}


KERNEL = {"init": "uniform", "W_regularizer": None, "b_regularizer": None, "W_constraint": None, "bias": False}
NEW_KERNEL = {
    "kernel_initializer": "uniform",
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "kernel_constraint": None,
    "use_bias": False,
}
# The class and arguments of Keras 1, and those of Keras 3.
KERAS_1: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("Dense", {"output_dim": 3, "input_dim": 2, **KERNEL}, "Dense", {"units": 3, **NEW_KERNEL}),
    ("TimeDistributedDense", {"output_dim": 3, "input_length": 4, "input_dim": 2}, "Dense", {"units": 3}),
    (
        "Convolution1D",
        {"nb_filter": 2, "filter_length": 3, "subsample_length": 1, "border_mode": "same", "input_dim": None},
        "Conv1D",
        {"filters": 2, "kernel_size": 3, "strides": 1, "padding": "same"},
    ),
    (
        "Convolution2D",
        {"nb_filter": 2, "nb_row": 3, "nb_col": 5, "subsample": [1, 2], "dim_ordering": "th", **KERNEL},
        "Conv2D",
        {"filters": 2, "kernel_size": [3, 5], "strides": [1, 2], "data_format": "channels_first", **NEW_KERNEL},
    ),
    (
        "Convolution3D",
        {"nb_filter": 2, "kernel_dim1": 3, "kernel_dim2": 4, "kernel_dim3": 5, "dim_ordering": "tf"},
        "Conv3D",
        {"filters": 2, "kernel_size": [3, 4, 5], "data_format": "channels_last"},
    ),
    ("AtrousConvolution2D", {"nb_filter": 2, "nb_row": 3, "nb_col": 3, "atrous_rate": [2, 2]}, "Conv2D",
     {"filters": 2, "kernel_size": [3, 3], "dilation_rate": [2, 2]}),
    ("SeparableConvolution2D", {"nb_filter": 2, "nb_row": 3, "nb_col": 3, "init": "one"}, "SeparableConv2D",
     {"filters": 2, "kernel_size": [3, 3], "depthwise_initializer": "one"}),
    (
        "Deconvolution2D",
        {"nb_filter": 2, "nb_row": 2, "nb_col": 2, "output_shape": [None, 8, 8, 2], "subsample": [2, 2],
         "border_mode": "valid", "dim_ordering": "tf"},
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": [2, 2], "strides": [2, 2], "padding": "valid", "data_format": "channels_last"},
    ),
    ("MaxPooling1D", {"pool_length": 2, "stride": 2, "border_mode": "valid"}, "MaxPooling1D",
     {"pool_size": 2, "strides": 2, "padding": "valid"}),
    ("AveragePooling2D", {"pool_size": [2, 2], "dim_ordering": "default"}, "AveragePooling2D",
     {"pool_size": [2, 2], "data_format": None}),
    ("UpSampling1D", {"length": 3}, "UpSampling1D", {"size": 3}),
    ("Dropout", {"p": 0.5}, "Dropout", {"rate": 0.5}),
    ("Dropout", {"p": "0.5"}, "Dropout", {"rate": 0.5}),
    ("GaussianNoise", {"sigma": 0.5}, "GaussianNoise", {"stddev": 0.5}),
    ("PReLU", {"init": "zero"}, "PReLU", {"alpha_initializer": "zero"}),
    (
        "LSTM",
        {"output_dim": 3, "init": "one", "inner_init": "orthogonal", "inner_activation": "sigmoid", "dropout_W": 0.1,
         "dropout_U": 0.2, "forget_bias_init": "one", "consume_less": "cpu", "input_dim": 2, "input_length": None},
        "LSTM",
        {"units": 3, "kernel_initializer": "one", "recurrent_initializer": "orthogonal", "dropout": 0.1,
         "recurrent_activation": "sigmoid", "recurrent_dropout": 0.2, "unit_forget_bias": True},
    ),
    ("Embedding", {"input_dim": 5, "output_dim": 2, "init": "uniform", "dropout": 0.0, "input_length": 3}, "Embedding",
     {"input_dim": 5, "output_dim": 2, "embeddings_initializer": "uniform"}),
    ("BatchNormalization", {"mode": 0, "beta_init": "zero"}, "BatchNormalization",
     {"beta_initializer": "zero", "epsilon": 0.001}),
    ("Merge", {"mode": "concat", "concat_axis": 1, "dot_axes": -1}, "Concatenate", {"axis": 1}),
    ("Merge", {"mode": "sum"}, "Add", {}),
    ("Merge", {"mode": "dot", "dot_axes": 2}, "Dot", {"axes": 2, "normalize": False}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "before", "new", "after"), KERAS_1, ids=[case[0] for case in KERAS_1])
def test_a_layer_of_keras_1_gets_the_names_of_keras_3(old: str, before: dict, new: str, after: dict) -> None:
    """Names of classes and arguments changed in 2.0."""
    made = upgraded(layer(old, **before), "1.2.2")
    assert (made["module"], made["class_name"]) == ("keras.layers", new)
    assert made["config"] == {"name": "one", **after}


@pytest.mark.parametrize(("version", "epsilon"), [("0.3", 1e-6), ("1.0.8", 1e-5), ("1.2.2", 1e-3)])
def test_the_epsilon_of_keras_1_is_kept(version: str, epsilon: float) -> None:
    """BatchNormalization of Keras 1.0 had another default."""
    assert arguments(layer("BatchNormalization"), version)["epsilon"] == epsilon


def test_layers_that_disagree_about_their_channels_stay_open() -> None:
    """A convolution without an order is of Theano, the one beside it is not."""
    layers = [layer("Convolution2D", nb_filter=1, nb_row=1, nb_col=1), layer("MaxPooling2D", dim_ordering="tf")]
    _, report = hornbook.upgrade({"class_name": "Sequential", "config": layers}, version="0.3.0")
    assert "Convolution2D" in report.open[0].what


def test_regularizers_and_constraints_had_a_name_for_their_class() -> None:
    """Keras 1 wrote `{"name": "MaxNorm", "m": 2}`."""
    old = {"W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.1}, "b_constraint": {"name": "nonneg"}}
    made = arguments(layer("Dense", output_dim=1, W_constraint={"name": "MaxNorm", "m": 2, "axis": 0}, **old), "1.0.8")
    assert (made["kernel_regularizer"]["class_name"], made["kernel_regularizer"]["config"]["l2"]) == ("L1L2", 0.1)
    assert (made["kernel_constraint"]["class_name"], made["kernel_constraint"]["config"]["max_value"]) == ("MaxNorm", 2)
    assert (made["bias_constraint"]["module"], made["bias_constraint"]["class_name"]) == ("keras.constraints", "NonNeg")


# A config of Keras 2 and the arguments that remain.
KERAS_2: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("LeakyReLU", {"alpha": 0.3}, {"negative_slope": 0.3}),
    ("SpatialDropout1D", {"rate": 0.1, "noise_shape": None, "trainable": True}, {"rate": 0.1}),
    (
        "DepthwiseConv2D",
        {"kernel_size": 2, "groups": 1, "filters": None, "kernel_initializer": "x"},
        {"kernel_size": 2},
    ),
    ("Conv2DTranspose", {"filters": 2, "groups": 1, "output_padding": None}, {"filters": 2, "output_padding": None}),
    ("BatchNormalization", {"axis": [3], "virtual_batch_size": None, "epsilon": 1}, {"axis": 3, "epsilon": 1}),
    ("Discretization", {"bins": [0.5], "trainable": True}, {"bin_boundaries": [0.5]}),
    ("IntegerLookup", {"vocabulary_size": 4, "vocabulary": [1]}, {"vocabulary": [1]}),
    ("MultiHeadAttention", {"num_heads": 2, "query_shape": [None, 2]}, {"num_heads": 2}),
    ("Attention", {"use_scale": True, "causal": False}, {"use_scale": True}),
    ("InputLayer", {"batch_input_shape": [None, 2], "dtype": "int32"}, {"batch_shape": [None, 2], "dtype": "int32"}),
    ("Embedding", {"input_dim": 3, "output_dim": 2, "dtype": "int32"}, {"input_dim": 3, "output_dim": 2}),
    ("Dense", {"units": 1, "dynamic": False, "batch_input_shape": [None, 3]}, {"units": 1}),
    ("CategoryEncoding", {"max_tokens": 3, "output_mode": "binary"}, {"num_tokens": 3, "output_mode": "multi_hot"}),
    ("SyncBatchNormalization", {"epsilon": 1}, {"epsilon": 1, "synchronized": True}),
    ("RandomRotation", {"factor": 0.1}, {"factor": 0.1, "fill_mode": "constant"}),
]


@pytest.mark.parametrize(("name", "before", "after"), KERAS_2, ids=[case[0] for case in KERAS_2])
def test_arguments_of_keras_2_are_renamed_or_dropped(name: str, before: dict, after: dict) -> None:
    """What one value is left of, or another argument says, is gone."""
    config = {"class_name": "Sequential", "config": [layer("InputLayer"), layer(name, **before)]}
    made, report = hornbook.upgrade(config, version="2.2.4")
    assert not report.open
    assert made["config"]["layers"][1]["config"] == {"name": "one", **after}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("LSTM", {"time_major": True, "recurrent_activation": "sigmoid"}),
        ("Conv2DTranspose", {"groups": 2}),
        ("BatchNormalization", {"axis": [1, 2], "epsilon": 1}),
        ("BatchNormalization", {"mode": 2}),
        ("Merge", {"mode": "weird"}),
        ("Merge", {"mode": "cos", "dot_axes": 2}),
        ("UpSampling2D", {"interpolation": "bilinear"}),
        ("Deconvolution2D", {"output_shape": [None, 9, 9, 1], "nb_row": 2, "nb_col": 2, "subsample": [2, 2],
                             "border_mode": "valid"}),
        ("Lambda", {"function": "f", "function_type": "strange"}),
    ],
)  # fmt: skip
def test_what_is_not_certain_stays_open(name: str, given: dict) -> None:
    """A rule never guesses."""
    _, report = hornbook.upgrade(layer(name, **given), version="2.2.4")
    assert len(report.open) == 1
    assert report.open[0].place.startswith("$")


@needs.keras
def test_loading_fails_with_what_is_open() -> None:
    """The error names the version, what is not certain, and where."""
    config = {"class_name": "Sequential", "config": [layer("LSTM", units=2, batch_input_shape=[None, 3, 2],
                                                           recurrent_activation="tanh", time_major=True)]}  # fmt: skip
    with pytest.raises(hornbook.HornbookError, match=r"time_major=True.* - at `\$\.config\.layers\[1\]") as caught:
        hornbook.model_from_config({**config, "keras_version": "2.2.4-tf"})
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("written", ["hard_sigmoid", {"class_name": "function", "config": "hard_sigmoid"}])
@pytest.mark.parametrize("field", ["activation", "recurrent_activation"])
def test_hard_sigmoid_keeps_its_meaning(written: Any, field: str) -> None:
    """It is another function in Keras 3; ours is the old one."""
    made = arguments(layer("LSTM", units=1, **{"recurrent_activation": "tanh", field: written}))
    assert made[field]["config"] == "hornbook>hard_sigmoid_2"
    assert made[field]["class_name"] == "function"


@needs.keras
def test_an_activation_of_the_user_is_asked_for_with_the_classes() -> None:
    """A plain string would be met only when the layer is made."""
    config = {"class_name": "Sequential", "config": [layer("Mine"), layer("Activation", activation="relu1")]}
    with pytest.raises(hornbook.errors.UnknownReferenceError) as caught:
        hornbook.model_from_config(config)
    assert caught.value.names == ("Mine", "relu1")
    assert arguments(layer("Activation", activation="relu"))["activation"] == "relu"


def test_the_gates_of_old_recurrent_layers_were_hard() -> None:
    """Their default was `hard_sigmoid` before 2.3, and GRU reset before."""
    made = arguments(layer("GRU", units=1), "2.0.8")
    assert made["recurrent_activation"]["config"] == "hornbook>hard_sigmoid_2"
    assert made["reset_after"] is False


@pytest.mark.parametrize(
    ("old", "new", "more"), [("CuDNNLSTM", "LSTM", {}), ("CuDNNGRU", "GRU", {"reset_after": True})]
)
def test_layers_for_cudnn_are_plain_ones(old: str, new: str, more: dict) -> None:
    """cuDNN knows tanh and sigmoid, and a GRU with two biases."""
    made = upgraded(layer(old, units=2))
    assert made["class_name"] == new
    assert made["config"] == {
        "name": "one",
        "units": 2,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        **more,
    }


@needs.keras
def test_byte_code_takes_the_form_that_safe_mode_knows() -> None:
    """A Lambda of Keras 2 says beside its function what that is."""
    old = {"function": ["4wAA", None, [1]], "function_type": "lambda", "module": "m", "output_shape_type": "raw"}
    made = arguments(layer("Lambda", **old, output_shape=None))
    assert made["function"] == {
        "class_name": "__lambda__",
        "config": {"code": "4wAA", "defaults": None, "closure": [1]},
    }
    config = {"class_name": "Sequential", "config": [layer("Lambda", **old, batch_input_shape=[None, 2])]}
    with pytest.raises(hornbook.HornbookError, match="byte code"):
        hornbook.model_from_config({**config, "keras_version": "2.2.4"})


def test_a_function_of_a_lambda_stays_a_name() -> None:
    """It is looked up like every other name."""
    made = arguments(layer("Lambda", function="double", function_type="function"))
    assert made == {
        "function": {"module": "builtins", "class_name": "function", "config": "double", "registered_name": "function"}
    }


def test_a_policy_is_a_dtype_policy() -> None:
    """TF 2.1 to 2.15 wrote `Policy`, some with a loss scale."""
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16", "loss_scale": None}}
    made = arguments(layer("Dense", units=1, dtype=policy))["dtype"]
    assert (made["class_name"], made["config"]) == ("DTypePolicy", {"name": "mixed_float16"})
    infer = {"class_name": "Policy", "config": {"name": "_infer"}}
    assert "dtype" not in arguments(layer("Dense", units=1, dtype=infer))


def test_initializers_lose_what_keras_3_does_not_take() -> None:
    """TF wrote the dtype, and of GlorotUniform what makes it one."""
    glorot = {"class_name": "GlorotUniform", "config": {"seed": 1, "dtype": "float32", "scale": 1.0, "mode": "fan_avg"}}
    scaling = {"class_name": "VarianceScaling", "config": {"distribution": "normal"}}
    made = arguments(layer("Dense", units=1, kernel_initializer=glorot, bias_initializer=scaling))
    assert made["kernel_initializer"]["config"] == {"seed": 1}
    assert made["bias_initializer"]["config"] == {"distribution": "truncated_normal"}


def test_every_rule_says_where_it_comes_from() -> None:
    """Name, versions and source stand in the documentation."""
    for rule in BUILT_IN_RULES:
        assert rule.name
        assert rule.written
        assert rule.source
        assert rule.apply.__doc__


def test_the_documentation_has_every_rule() -> None:
    """`scripts/rules.py` writes it."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, root / "scripts" / "rules.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or "run scripts/rules.py"
