"""Files that real versions of Keras wrote give the outputs they recorded."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tests import needs

import hornbook

from . import golden_files as golden

# The warnings are Keras' own, on inputs and on byte code.
pytestmark = [needs.shared, pytest.mark.filterwarnings("ignore::UserWarning")]
ABSENT = [pytest.param("", "", "", marks=pytest.mark.skip("no golden files"))]


def chosen(forms: tuple[str, ...]) -> list:
    """Return each model in each form, of one version; those of Keras 3 in its own format always."""
    cases = golden.cases(forms)
    own = [case for case in cases if case[1] == ".keras" and case[0].startswith("keras-3")]
    return sorted({*own, *needs.in_turns(cases, lambda case: case[1:])})


@pytest.mark.parametrize(("version", "form", "name"), chosen((".keras", ".h5", ".hdf5_inside.keras")) or ABSENT)
def test_a_golden_file_gives_its_recorded_outputs_and_optimizer(
    version: str, form: str, name: str, tmp_path: Path
) -> None:
    """Outputs equal the recorded ones within the file's tolerance, and so do optimizer slots."""
    entry = golden.manifest_of(version)[name]
    path = golden.extracted(version, f"{name}{form}", tmp_path)
    inputs, expected = golden.recorded(version, name)
    keras.utils.clear_session()
    try:
        model = loaded(path)
    except hornbook.HornbookError as error:
        golden.skip_if_another(version, error)
        raise
    if name == "preproc_text" and form != ".keras":
        return  # HDF5 keeps no vocabulary (Keras 3.15.1)
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in "UO":
        inputs = pytest.importorskip("tensorflow").constant(inputs.tolist())
    golden.check_outputs(model, version, name, inputs, expected)
    optimizer = entry.get("optimizer") or {}
    if "vars" in optimizer and has_state(path):
        check_optimizer(model.optimizer, optimizer)


@pytest.mark.parametrize(("version", "form", "name"), chosen((".weights.h5",)) or ABSENT)
def test_golden_weights_fill_a_model(version: str, form: str, name: str, tmp_path: Path) -> None:
    """Weights alone, in both layouts, fill the model that they were written with."""
    inputs, expected = golden.recorded(version, name)
    keras.utils.clear_session()
    try:
        model = golden.model_for(version, name)
    except hornbook.HornbookError as error:
        golden.skip_if_another(version, error)
        raise
    golden.outputs_of(model, inputs)
    hornbook.load_weights(model, golden.extracted(version, f"{name}{form}", tmp_path))
    golden.check_outputs(model, version, name, inputs, expected)


@pytest.mark.parametrize(("version", "form", "name"), chosen((".keras_metadata.pb",)) or ABSENT)
def test_the_architecture_of_a_saved_model_is_read(version: str, form: str, name: str, tmp_path: Path) -> None:
    """It is built with new weights; those that were recorded have the shapes of its variables."""
    path = golden.extracted(version, f"{name}{form}", tmp_path)
    keras.utils.clear_session()
    try:
        model = hornbook.model_from_config(hornbook.read_config(path), golden.zoo()[1])
    except hornbook.HornbookError as error:
        if "no certain" not in str(error):
            raise
        pytest.skip("a TensorFlow function in it has no certain counterpart")
    inputs, expected = golden.recorded(version, name)
    outputs = golden.outputs_of(model, inputs)
    assert [output.shape for output in outputs] == [wanted.shape for wanted in expected]
    model.set_weights(golden.weights(version, name))
    golden.check_outputs(model, version, name, inputs, expected)


def loaded(path: Path) -> Any:
    """Return the model of a file; byte code is tried, and need not be that of this Python."""
    customs = golden.zoo()[1]
    try:
        return hornbook.load_model(path, customs)
    except hornbook.HornbookError as error:
        if "requires TensorFlow" in str(error):
            pytest.skip("a layer in it needs TensorFlow, which is not installed")
        if "cannot be built" in str(error):
            pytest.skip("HDF5 does not tell the inputs of a subclassed model")
        if "lambda" not in str(error).lower():
            raise
    golden.skip_byte_code()
    try:
        model = hornbook.load_model(path, customs, safe_mode=False)
        golden.outputs_of(model, np.zeros([1, *model.input_shape[1:]], "float32"))
    except Exception as error:
        pytest.skip(f"its byte code is of another Python, or of a scope that is gone: {type(error).__name__}")
    return model


def has_state(path: Path) -> bool:
    """Say whether a file has the state of an optimizer: TF wrote none for the older ones to `.keras`."""
    if not zipfile.is_zipfile(path):
        return True
    with zipfile.ZipFile(path) as archive:
        return b"keras.optimizers.legacy" not in archive.read("config.json")


def check_optimizer(optimizer: Any, wanted: dict) -> None:
    assert type(optimizer).__name__ == wanted["class"].removesuffix("V3")
    values = [keras.ops.convert_to_numpy(v).astype("float64") for v in optimizer.variables]
    stored, expected = golden.slots([(v.shape, np.abs(v).sum()) for v in values]), golden.slots(wanted["vars"])
    if wanted["class"] == "SGD" and not optimizer.momentum:
        assert int(optimizer.iterations) == wanted["iterations"]
        return  # TF 2.11 to 2.15 store its last step, for which there is no place and no use
    assert stored.keys() == expected.keys()
    for shape, totals in stored.items():
        np.testing.assert_allclose(totals, expected[shape], rtol=1e-3, atol=1e-3)
