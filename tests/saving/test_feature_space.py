"""A `FeatureSpace` is saved and loaded as a model is, though it is not one."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import hornbook

Space = keras.utils.FeatureSpace


def described() -> Space:
    features = {"a": Space.float(), "b": Space.float_rescaled(scale=0.5)}
    return Space(features, crosses=None, output_mode="dict", name="space")


def adapted() -> Space:
    """Return one that has learned from data; needs TensorFlow's datasets."""
    tf = pytest.importorskip("tensorflow", reason="a FeatureSpace adapts to datasets of TensorFlow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("layers that look strings up compute with TensorFlow")
    space = Space(
        {"a": Space.string_categorical(num_oov_indices=1), "b": Space.float_normalized()}, output_mode="concat"
    )
    space.adapt(tf.data.Dataset.from_tensor_slices({"a": ["x", "y", "z"], "b": [1.0, 2.0, 5.0]}))
    return space


@pytest.mark.filterwarnings("ignore:The model is not built yet")
def test_one_that_is_described_comes_back(tmp_path: Path) -> None:
    """By both libraries, written by both."""
    space = described()
    hornbook.save_model(space, tmp_path / "ours.keras")
    with hornbook.install():
        space.save(tmp_path / "installed.keras")
    for name in ("ours.keras", "installed.keras"):
        for load in (hornbook.load_model, keras.models.load_model):
            again = load(tmp_path / name)
            assert type(again) is Space
            assert {**again.get_config(), "name": ""} == {**space.get_config(), "name": ""}
        assert not hornbook.audit(tmp_path / name).findings
    assert hornbook.fingerprint(space) == hornbook.fingerprint(tmp_path / "ours.keras")


def test_what_it_has_learned_comes_back(tmp_path: Path) -> None:
    """Vocabularies are assets, statistics are weights."""
    space = adapted()
    data = {"a": ["x", "q"], "b": [1.0, 3.0]}
    wanted = np.asarray(space(data))
    hornbook.save_model(space, tmp_path / "ours.keras")
    space.save(tmp_path / "keras.keras")
    for name in ("ours.keras", "keras.keras"):
        np.testing.assert_array_equal(np.asarray(hornbook.load_model(tmp_path / name)(data)), wanted)
    np.testing.assert_array_equal(np.asarray(keras.models.load_model(tmp_path / "ours.keras")(data)), wanted)


def test_a_layer_is_still_no_model(tmp_path: Path) -> None:
    """`save_model` takes what Keras calls a model, and a FeatureSpace."""
    with pytest.raises(hornbook.HornbookError, match="not a model"):
        hornbook.save_model(keras.layers.Dense(2), tmp_path / "m.keras")
    assert not [*tmp_path.iterdir()]
