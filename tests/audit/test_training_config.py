"""Losses and metrics of the user's that an HDF5 file was compiled with are told by whatever tells what it needs."""

from __future__ import annotations

import copy
import io

import pytest

pytest.importorskip("keras")
pytest.importorskip("h5py")

import hornbook
from hornbook.errors import UnknownReferenceError

from .test_refusals import FORMS, TRAINING
from .test_wrapped import of_tuples, root, saved_model

LOSS, METRIC = "far_off", "how_near"


def function(name):
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def wrapper(name, fn):
    return {"class_name": name, "config": {"fn": fn, "name": fn}}


# What a version of Keras wrote as `loss` and as `metrics`.
WRITTEN = {
    "a string": (LOSS, METRIC),
    "a list": ([LOSS, "mse"], ["mae", METRIC]),
    "a list of one": ([LOSS], [METRIC]),
    "a list of lists": ([LOSS], [["mae", METRIC]]),
    "lists of outputs": ([LOSS, "mse"], [["mae"], [METRIC]]),
    "a dict": ({"d": LOSS}, {"d": METRIC}),
    "a dict of lists": ({"d": LOSS}, {"d": ["mae", METRIC]}),
    "a tuple": (of_tuples(LOSS, "mse"), of_tuples("mae", METRIC)),
    "a dict of tuples": ({"d": LOSS}, {"d": of_tuples("mae", METRIC)}),
    "a function": (function(LOSS), [function(METRIC)]),
    "a class": ({"class_name": LOSS, "config": {}}, [{"class_name": METRIC, "config": {"name": "m"}}]),
    "a class in a dict": ({"d": {"class_name": LOSS, "config": {}}}, {"d": [{"class_name": METRIC, "config": {}}]}),
    "a wrapper": (wrapper("LossFunctionWrapper", LOSS), [wrapper("MeanMetricWrapper", METRIC)]),
}
OLD = "HDF5 of Keras 2"


def written(form, what, field="metrics"):
    config, made, _ = FORMS[form]()
    loss, metrics = WRITTEN[what]
    config = copy.deepcopy(config)
    config["training_config"] = {**TRAINING, "loss": loss, "metrics": None, field: metrics}
    if form == "SavedModel":
        node = {"model_config": config["model_config"], "training_config": config["training_config"]}
        return saved_model(("root", node)).getvalue()
    return made(config)


CASES = [(form, what) for form in (OLD, "HDF5", "SavedModel") for what in WRITTEN]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("field", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize(("form", "what"), [one for one in CASES if one != ("HDF5", "a wrapper")])
def test_they_are_told_in_every_form(form, what, field):
    """By `inspect`, by `audit` as names and findings, by the check of an upgrade, and by the error of loading."""
    data = written(form, what, field)
    inspected = hornbook.inspect_model(io.BytesIO(data))
    assert {one.label for one in inspected.custom_objects} == {LOSS, METRIC}
    report = hornbook.audit(io.BytesIO(data))
    assert {one.label for one in report.names if one.by == "unknown"} == {LOSS, METRIC}
    assert {one.message for one in report.findings if one.rule == "unknown"} == {
        f"Unknown `{LOSS}`",
        f"Unknown `{METRIC}`",
    }
    if form == "SavedModel":
        load = lambda source: hornbook.model_from_config(hornbook.read_config(source))
    else:
        checked = hornbook.check_upgrade(io.BytesIO(data))
        assert {one.label for one in checked.custom_objects} == {LOSS, METRIC}
        load = hornbook.load_model
    with pytest.raises(UnknownReferenceError) as caught:
        load(io.BytesIO(data))
    assert set(caught.value.names) == {LOSS, METRIC}


def test_what_it_is_compiled_with_is_told_as_well():
    """The names that it has them by, in their order."""
    compiled = hornbook.inspect_model(io.BytesIO(written(OLD, "a tuple"))).compiled
    assert (compiled.loss, compiled.metrics) == ((LOSS, "mse"), ("mae", METRIC))


def test_built_in_ones_are_no_custom_objects():
    config, made, _ = FORMS[OLD]()
    assert hornbook.inspect_model(io.BytesIO(made(config))).custom_objects == ()
    assert hornbook.audit(saved_model(root(config["model_config"]))).verdict == "clean"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "metrics", [lambda one: [one], lambda one: [[one]], lambda one: {"d": one}, lambda one: {"d": [one]}]
)
@pytest.mark.parametrize("loss", [lambda one: one, lambda one: [one], lambda one: {"d": one}])
def test_check_tells_those_of_a_model(loss, metrics):
    """Before it is written."""
    import keras

    def far_off(y, p):
        return keras.ops.mean(keras.ops.abs(y - p))

    def how_near(y, p):
        return keras.ops.mean(keras.ops.abs(y - p))

    inputs = keras.Input((2,))
    model = keras.Model(inputs, {"d": keras.layers.Dense(1, name="d")(inputs)})
    model.compile("sgd", loss=loss(far_off), metrics=metrics(how_near))
    told = " ".join(map(str, hornbook.check(model).findings))
    assert "far_off" in told
    assert "how_near" in told
