"""What hornbook saves plain Keras loads, and the other way round."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import hornbook


def dense() -> keras.Model:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(1)])


def graph() -> keras.Model:
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    shared = keras.layers.Dense(3, name="shared")
    merged = keras.layers.Add()([shared(first), keras.ops.tanh(shared(second))])
    return keras.Model({"first": first, "second": second}, {"out": keras.layers.Dense(1)(merged)})


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input((6, 4)), keras.layers.Bidirectional(keras.layers.GRU(3))])
    inputs = keras.Input((6, 4))
    return keras.Model(inputs, keras.layers.BatchNormalization()(inner(inputs)))


def attention() -> keras.Model:
    inputs = keras.Input((6, 8))
    return keras.Model(inputs, keras.layers.MultiHeadAttention(2, 4)(inputs, inputs))


MODELS = {"dense": dense, "graph": graph, "nested": nested, "attention": attention}


def trained(make) -> tuple[keras.Model, object, object]:
    """Return a model that has learnt a little, an input, and what it predicts for it."""
    model = make()
    rng = np.random.default_rng(1)
    arrays = {tensor.name: rng.random((8, *tensor.shape[1:]), dtype="float32") for tensor in model.inputs}
    inputs = arrays if len(arrays) > 1 else next(iter(arrays.values()))
    outputs = model.predict(inputs, verbose=0)
    targets = {k: np.zeros_like(v) for k, v in outputs.items()} if isinstance(outputs, dict) else np.zeros_like(outputs)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)), "mse")
    model.fit(inputs, targets, verbose=0)
    return model, inputs, model.predict(inputs, verbose=0)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("folder", [False, True], ids=["archive", "folder"])
@pytest.mark.parametrize(
    ("save", "load"),
    [("hornbook", "keras"), ("keras", "hornbook"), ("hornbook", "hornbook")],
    ids=lambda name: name,
)
def test_a_model_survives_the_way(make, folder: bool, save: str, load: str, tmp_path: Path) -> None:
    """Predictions and optimizer state are bit for bit those of the model that was saved."""
    model, inputs, expected = trained(make)
    path = tmp_path / ("model" if folder else "model.keras")
    if save == "hornbook":
        hornbook.save_model(model, path, zipped=not folder)
    else:
        model.save(path, zipped=not folder)
    again = hornbook.load_model(path) if load == "hornbook" else keras.models.load_model(path)
    outputs = again.predict(inputs, verbose=0)
    for key in expected if isinstance(expected, dict) else [slice(None)]:
        np.testing.assert_array_equal(outputs[key], expected[key])
    for one, other in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    """No date and no address gets into a file."""
    model, _, _ = trained(dense)
    hornbook.save_model(model, tmp_path / "one.keras")
    hornbook.save_model(model, tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


def test_a_vocabulary_and_adapted_statistics_come_back(tmp_path: Path) -> None:
    """State that is no weight comes back as well."""
    layer = keras.layers.Normalization()
    layer.adapt(np.arange(12, dtype="float32").reshape(4, 3))
    model = keras.Sequential([keras.Input((3,)), layer])
    inputs = np.ones((2, 3), dtype="float32")
    hornbook.save_model(model, tmp_path / "model.keras")
    again = hornbook.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(inputs, verbose=0), model.predict(inputs, verbose=0))


def test_without_compile_a_model_is_not_compiled(tmp_path: Path) -> None:
    """`compile=False` leaves loss and optimizer out."""
    model, _, _ = trained(dense)
    hornbook.save_model(model, tmp_path / "model.keras")
    assert not hornbook.load_model(tmp_path / "model.keras", compile=False).compiled


def test_a_file_object_is_as_good_as_a_path(tmp_path: Path) -> None:
    """Reading and writing take binary file objects."""
    model, inputs, expected = trained(dense)
    with (tmp_path / "model.keras").open("wb") as file:
        hornbook.save_model(model, file)
    with (tmp_path / "model.keras").open("rb") as file:
        np.testing.assert_array_equal(hornbook.load_model(file).predict(inputs, verbose=0), expected)


def test_an_existing_file_is_kept_when_it_must_be(tmp_path: Path) -> None:
    """`overwrite=False` raises; Keras asks on the terminal."""
    path = tmp_path / "model.keras"
    hornbook.save_model(dense(), path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        hornbook.save_model(dense(), path, overwrite=False)
    assert path.read_bytes() == before


def test_assets_are_read_by_name_and_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer's own files come back, and the temporary folder is empty afterwards."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    class Note(keras.layers.Layer):
        text = ""

        def call(self, inputs):
            return inputs

        def save_assets(self, folder):
            (Path(folder) / "note.txt").write_text(self.text)

        def load_assets(self, folder):
            self.text = (Path(folder) / "note.txt").read_text()

    model = keras.Sequential([keras.Input((1,)), Note(name="note")])
    model.layers[0].text = "hello"
    for zipped in (True, False):
        path = tmp_path / ("model.keras" if zipped else "model")
        hornbook.save_model(model, path, zipped=zipped)
        assert hornbook.load_model(path, {"Note": Note}).layers[0].text == "hello"
    assert list(temporary.iterdir()) == []
