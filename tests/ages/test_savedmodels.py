"""SavedModels and checkpoints that real versions wrote give the outputs that these gave, without TensorFlow."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tests.ages import savedmodel_files
from tests.ages.savedmodel_files import of, recorded, unpacked

import hornbook
from hornbook.archive.reading import open_archive
from hornbook.errors import UnknownReferenceError, WeightsError

GRAPHS = [*of("sequential"), *of("nested"), *of("attention")]
OWN = of("branches")


def outputs(model: Any, inputs: Any) -> Any:
    return keras.ops.convert_to_numpy(model(inputs, training=False))


def same(given: Any, wanted: Any) -> None:
    np.testing.assert_allclose(given, wanted, rtol=1e-5, atol=1e-6)


def shaken(model: Any) -> None:
    """Give all weights other values."""
    for variable in model.weights:
        variable.assign(np.full(variable.shape, 0.5))


class Branches(keras.Model):
    """The model of the script, its attributes set in another order."""

    def __init__(self) -> None:
        super().__init__()
        layers = keras.layers
        self.head = keras.Sequential([layers.Dense(3, activation="relu"), layers.Dense(1)])
        self.named = {"right": layers.Dense(3), "left": layers.Dense(3)}
        self.steps = [layers.Dense(3), layers.BatchNormalization()]
        self.first = layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        value = self.first(inputs)
        for step in self.steps:
            value = step(value)
        return self.head(self.named["left"](value) - self.named["right"](value))


@pytest.mark.parametrize("file", GRAPHS, ids=[file.stem for file in GRAPHS])
def test_a_model_gives_the_outputs_of_the_version_that_wrote_it(file: Path, tmp_path: Path) -> None:
    folder = unpacked(file, tmp_path)
    inputs, wanted, _ = recorded(folder)
    same(outputs(hornbook.load_model(folder / "model"), inputs), wanted)


@pytest.mark.parametrize("file", of("adapted"), ids=[file.stem for file in of("adapted")])
def test_what_has_learnt_before_it_got_its_place_has_the_shape_of_that(file: Path, tmp_path: Path) -> None:
    """The config says that its input may be of any size."""
    folder = unpacked(file, tmp_path)
    inputs, wanted, _ = recorded(folder)
    same(outputs(hornbook.load_model(folder / "model"), inputs), wanted)


@pytest.mark.parametrize("file", GRAPHS, ids=[file.stem for file in GRAPHS])
def test_the_optimizer_goes_on(file: Path, tmp_path: Path) -> None:
    """Each array of its state is one of those that the version had; hyperparameters are none of them."""
    folder = unpacked(file, tmp_path)
    _, _, state = recorded(folder)
    optimizer = hornbook.load_model(folder / "model").optimizer
    assert int(optimizer.iterations) == 3
    left = [array for array in state if array.ndim]
    for variable in optimizer.variables:
        if variable.ndim:
            found = [i for i, array in enumerate(left) if np.array_equal(array, keras.ops.convert_to_numpy(variable))]
            assert found, variable.path
            del left[found[0]]
    assert not any(array.any() for array in left)


@pytest.mark.parametrize("file", GRAPHS, ids=[file.stem for file in GRAPHS])
def test_a_checkpoint_alone_gives_its_weights(file: Path, tmp_path: Path) -> None:
    folder = unpacked(file, tmp_path)
    inputs, wanted, _ = recorded(folder)
    model = hornbook.load_model(folder / "model", compile=False)
    shaken(model)
    report = hornbook.load_weights(model, folder / "weights")
    assert {match.by for match in report.matched} <= {"name", "order"}
    assert report.left_over == ("optimizer",)
    same(outputs(model, inputs), wanted)


@pytest.mark.parametrize("file", OWN, ids=[file.stem for file in OWN])
@pytest.mark.parametrize("form", ["model", "weights"])
def test_attributes_tell_the_weights_of_a_model_of_the_users(file: Path, form: str, tmp_path: Path) -> None:
    """Layers of one shape are told by nothing else."""
    folder = unpacked(file, tmp_path)
    inputs, wanted, _ = recorded(folder)
    model = Branches()
    model(inputs)
    report = hornbook.load_weights(model, folder / form)
    assert {match.by for match in report.matched} == {"path"}
    assert "named.left" in {match.stored for match in report.matched}
    same(outputs(model, inputs), wanted)


def test_other_attributes_are_refused(tmp_path: Path) -> None:
    folder = unpacked(OWN[0], tmp_path)
    model = Branches()
    model(np.ones((1, 4), "float32"))
    model.second = model.first
    del model.first
    before = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    with pytest.raises(WeightsError, match="attributes of the model lead to other weights") as caught:
        hornbook.load_weights(model, folder / "weights")
    assert len(caught.value.config["missing"]) == len(caught.value.config["left over"]) == 2
    for weight, value in zip(model.weights, before, strict=True):
        same(keras.ops.convert_to_numpy(weight), value)


def test_a_model_of_the_users_says_what_it_needs(tmp_path: Path) -> None:
    folder = unpacked(OWN[0], tmp_path)
    with pytest.raises(UnknownReferenceError, match=r"`Branches`(.|\n)*architecture is in that class"):
        hornbook.load_model(folder / "model")
    with pytest.raises(WeightsError, match="cannot be built"):
        hornbook.load_model(folder / "model", {"Branches": Branches})


def test_it_is_looked_at_without_being_loaded(tmp_path: Path) -> None:
    folder = unpacked(savedmodel_files.BY_NAME["tf-2.9.3-sequential"], tmp_path)
    found = hornbook.inspect_model(folder / "model")
    assert (found.format, found.keras_version) == ("savedmodel", "2.9.0")
    assert hornbook.audit(folder / "model").verdict == "clean"
    with pytest.raises(hornbook.HornbookError, match="weights and no architecture"):
        hornbook.inspect_model(folder / "weights")


def test_it_becomes_a_file_of_keras_3(tmp_path: Path) -> None:
    folder = unpacked(savedmodel_files.BY_NAME["tf-2.15.1-nested"], tmp_path)
    inputs, wanted, _ = recorded(folder)
    hornbook.upgrade_file(folder / "model", tmp_path / "new.keras")
    same(outputs(hornbook.load_model(tmp_path / "new.keras"), inputs), wanted)


@pytest.mark.parametrize("name", ["texts", "numbers"])
@pytest.mark.parametrize("version", ["2.9.3", "2.15.1", "2.21.0"])
def test_lookups_have_their_vocabularies(name: str, version: str, tmp_path: Path) -> None:
    """Keras 3 has the lookups of texts with TensorFlow alone; without it, it says so."""
    folder = unpacked(savedmodel_files.BY_NAME[f"tf-{version}-{name}"], tmp_path)
    if find_spec("tensorflow") is None:
        with pytest.raises(hornbook.HornbookError, match="requires TensorFlow"):
            hornbook.load_model(folder / "model")
        return
    if keras.backend.backend() != "tensorflow":
        pytest.skip("its texts are tensors of TensorFlow")
    inputs, wanted, _ = recorded(folder)
    same(outputs(hornbook.load_model(folder / "model"), inputs), wanted)


@pytest.mark.parametrize("version", ["2.9.3", "2.15.1", "2.21.0"])
def test_a_file_tells_the_vocabularies_of_its_lookups(version: str, tmp_path: Path) -> None:
    found = {}
    for name in ("texts", "numbers"):
        folder = unpacked(savedmodel_files.BY_NAME[f"tf-{version}-{name}"], tmp_path / name)
        with open_archive(folder / "model", hornbook.Limits()) as archive:
            stored = archive.layers()
            assert stored is not None
            found.update(stored.vocabularies)
    assert found["text_vectorization"] == ("b", "a", "d", "c")
    assert found["integer_lookup"] == (12, 40, 7)
    assert ("red", "blue") in found.values()
