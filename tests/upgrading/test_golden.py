"""Architecture JSON that real versions of Keras 2 wrote builds, and gives the outputs they recorded."""

from __future__ import annotations

import json
from typing import Any

import keras
import pytest
from golden import golden_files as files
from tests import needs

import hornbook

pytestmark = needs.shared
NONE = [pytest.param("", "", marks=pytest.mark.skip("no golden files beside this checkout"))]
WRITTEN = [
    (label, name)
    for label in files.versions(modern=False)
    for name, entry in files.manifest_of(label).items()
    if any(form in entry.get("files", {}) for form in files.JSON_FORMS)
]
CASES = needs.in_turns(WRITTEN, lambda case: case[1])


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("label", "name"), CASES or NONE)
def test_an_architecture_builds_and_gives_the_recorded_outputs(label: str, name: str) -> None:
    """Each JSON form, with the recorded weights in the order of `get_weights`."""
    seen: list[Any] = []
    for config in files.json_forms(label, name).values():
        made, report = hornbook.upgrade(config)
        assert not report.open
        if made in seen:
            continue
        seen.append(made)
        keras.utils.clear_session()
        if "__lambda__" in json.dumps(made):
            with pytest.raises(hornbook.HornbookError, match="byte code"):
                hornbook.model_from_config(config, files.zoo()[1])
            pytest.skip("byte code of another Python")
        try:
            model = hornbook.model_from_config(config, files.zoo()[1])
        except hornbook.HornbookError as error:
            files.skip_if_another(label, error)
            if "requires TensorFlow" not in str(error):
                raise
            pytest.skip("a layer in it needs TensorFlow, which is not installed")
        compare(model, label, name)


def compare(model: Any, label: str, name: str) -> None:
    """Set the recorded weights and compare the outputs."""
    if name.startswith("preproc"):
        return  # its state is not among the recorded weights
    if name == "lambda_named" and label != "tf-2.2":
        return  # its function closes over the backend, which the JSON cannot hold
    inputs, expected = files.recorded(label, name)
    weights = files.weights(label, name)
    model(inputs, training=False)
    assert [one.shape for one in model.get_weights()] == [one.shape for one in weights]
    model.set_weights(weights)
    files.check_outputs(model, label, name, inputs, expected)


@pytest.mark.parametrize(
    "label", files.versions(modern=False) or [pytest.param("", marks=pytest.mark.skip("no golden files"))]
)
def test_upgrading_twice_is_upgrading_once(label: str) -> None:
    """Rules are idempotent: on what they made they find nothing, whichever version is said to have written it."""
    for name, config in files.configs(label):
        once, report = hornbook.upgrade(config, version=label.partition("-")[2])
        assert not report.open, name
        again, nothing = hornbook.upgrade(once, version=label.partition("-")[2])
        assert (again, nothing.changes) == (once, []), name


@pytest.mark.parametrize(
    "label", files.versions(modern=True) or [pytest.param("", marks=pytest.mark.skip("no golden files"))]
)
def test_what_keras_3_wrote_is_left_alone(label: str) -> None:
    """No rule fires, with the version unknown."""
    for name, config in files.configs(label):
        made, report = hornbook.upgrade(config)
        assert (made, report.changes, report.open) == (config, [], []), name
