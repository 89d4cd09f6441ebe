"""Models of the real Keras 2: what we save it loads, what it saves we load, and nothing is lost on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import h5py
import numpy as np
import pytest

import hornbook
from hornbook.errors import (
    ArchiveError,
    ArchiveExistsError,
    HornbookError,
    LambdaRefusedError,
    SerializationError,
    WeightsError,
)

BATCH = np.linspace(-1.0, 1.0, 32, dtype="float32").reshape(4, 8)


def trained(keras: Any) -> Any:
    layers = [keras.layers.InputLayer((8,)), keras.layers.Dense(4, activation="relu")]
    model = keras.Sequential([*layers, keras.layers.BatchNormalization(), keras.layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(BATCH, np.ones((4, 2)), verbose=0)
    return model


def branched(keras: Any) -> Any:
    inputs = keras.Input((8,))
    sides = [keras.layers.Dense(4)(inputs), keras.layers.Dense(4, "relu")(inputs)]
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Add()(sides)))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), keras.losses.Huber())
    model.fit(BATCH, np.ones((4, 3)), verbose=0)
    return model


def recurrent(keras: Any) -> Any:
    inputs = keras.Input((8,))
    steps = keras.layers.Reshape((4, 2))(inputs)
    steps = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(steps)
    return keras.Model(inputs, keras.layers.GRU(2)(steps))


def nested(keras: Any) -> Any:
    inner = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(4)])
    inputs = keras.Input((8,))
    return keras.Model(inputs, inner(keras.layers.Dense(8)(inputs)))


def with_operations(keras: Any) -> Any:
    inputs = keras.Input((8,))
    return keras.Model(inputs, keras.layers.Dense(2)(inputs * 2.0 + 1.0))


MODELS = (trained, branched, recurrent, nested, with_operations)


def state_of(optimizer: Any) -> list[Any]:
    variables = optimizer.variables
    return [np.asarray(variable) for variable in (variables() if callable(variables) else variables)]


def assert_same(made: Any, model: Any, inputs: Any = BATCH) -> None:
    assert type(made) is type(model)
    np.testing.assert_allclose(made.predict(inputs, verbose=0), model.predict(inputs, verbose=0), atol=1e-6)
    if getattr(model, "optimizer", None) is not None:
        theirs, ours = state_of(model.optimizer), state_of(made.optimizer)
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
@pytest.mark.parametrize("make", MODELS)
def test_a_model_survives_the_way(keras: Any, has_modules: bool, make: Any, suffix: str, tmp_path: Path) -> None:
    if suffix == "keras" and not has_modules:
        pytest.skip("`.keras` came with 2.12")
    model = make(keras)
    ours, theirs = tmp_path / f"ours.{suffix}", tmp_path / f"theirs.{suffix}"
    hornbook.save_model(model, ours)
    model.save(theirs)
    assert_same(hornbook.load_model(ours), model)
    assert_same(hornbook.load_model(theirs), model)
    np.testing.assert_allclose(
        keras.models.load_model(ours).predict(BATCH, verbose=0), model.predict(BATCH, verbose=0), atol=1e-6
    )


@pytest.mark.parametrize("make", MODELS)
def test_json_becomes_a_model(keras: Any, make: Any) -> None:
    model = make(keras)
    made = hornbook.model_from_json(model.to_json())
    assert type(made) is type(model)
    assert [weight.shape for weight in made.weights] == [weight.shape for weight in model.weights]


def test_a_sequential_of_keras_1_is_a_list_of_layers(keras: Any, tmp_path: Path) -> None:
    """Before 2.2.3, also within another one, in JSON and in HDF5."""
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [None, 8]}}
    part = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "e", "units": 3}}]}
    model = hornbook.model_from_json(json.dumps({"class_name": "Sequential", "config": [dense, part]}))
    assert model.output_shape == (None, 3)
    model = keras.Sequential([keras.layers.Dense(2, name="d", input_shape=(8,))])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [dense]})
    made = hornbook.load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(made.predict(BATCH, verbose=0), model.predict(BATCH, verbose=0))


def test_a_model_without_its_optimizer_is_asked_for(keras: Any, tmp_path: Path) -> None:
    model = trained(keras)
    hornbook.save_model(model, tmp_path / "m.h5")
    assert getattr(hornbook.load_model(tmp_path / "m.h5", compile=False), "optimizer", None) is None


def test_weights_of_another_model_are_refused_and_change_nothing(keras: Any, tmp_path: Path) -> None:
    hornbook.save_model(branched(keras), tmp_path / "other.h5")
    model = trained(keras)
    before = model.get_weights()
    with pytest.raises(WeightsError):
        hornbook.load_weights(model, tmp_path / "other.h5")
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_file_that_cannot_be_written_leaves_the_old_one(keras: Any, tmp_path: Path) -> None:
    class Broken(keras.layers.Layer):
        def get_config(self) -> dict[str, Any]:
            raise RuntimeError("not today")

    path = tmp_path / "m.h5"
    hornbook.save_model(nested(keras), path)
    before = path.read_bytes()
    with pytest.raises(SerializationError):
        hornbook.save_model(keras.Sequential([keras.layers.InputLayer((8,)), Broken()]), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["m.h5"]


def test_a_custom_layer_comes_from_the_arguments(keras: Any, tmp_path: Path) -> None:
    class Mine(keras.layers.Dense):
        pass

    model = keras.Sequential([keras.layers.InputLayer((8,)), Mine(2)])
    hornbook.save_model(model, tmp_path / "m.h5")
    with pytest.raises(HornbookError, match="Mine"):
        hornbook.load_model(tmp_path / "m.h5")
    made = hornbook.load_model(tmp_path / "m.h5", custom_objects={"Mine": Mine})
    assert type(made.layers[-1]) is Mine


def test_byte_code_is_refused_in_every_form(keras: Any, has_modules: bool, tmp_path: Path) -> None:
    """Keras 2.15.0 runs it in `.h5` in spite of `safe_mode=True`."""
    inputs = keras.Input((8,))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs))
    for suffix in ("h5", "keras")[: 1 + has_modules]:
        model.save(tmp_path / f"m.{suffix}")
        with pytest.raises(LambdaRefusedError):
            hornbook.load_model(tmp_path / f"m.{suffix}")
        made = hornbook.load_model(tmp_path / f"m.{suffix}", safe_mode=False)
        np.testing.assert_array_equal(made.predict(BATCH, verbose=0), BATCH * 2)
    with pytest.raises(LambdaRefusedError):
        hornbook.model_from_json(model.to_json())


def test_a_file_of_keras_3_is_never_read_for_keras_2(keras: Any, has_modules: bool, tmp_path: Path) -> None:
    if not has_modules:
        pytest.skip("`.keras` came with 2.12")
    hornbook.save_model(nested(keras), tmp_path / "m.keras")
    newer = tmp_path / "newer.keras"
    with ZipFile(tmp_path / "m.keras") as old, ZipFile(newer, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "metadata.json":
                data = json.dumps({**json.loads(data), "keras_version": "3.15.1"}).encode()
            new.writestr(member, data)
    with pytest.raises(HornbookError, match=r"Keras 3"):
        hornbook.load_model(newer, framework=type(nested(keras)).__module__.partition(".")[0])


def test_what_a_file_is_compiled_with_is_an_error_of_ours(keras: Any, tmp_path: Path) -> None:
    class Mean2(keras.losses.MeanSquaredError):
        pass

    model = nested(keras)
    model.compile("sgd", Mean2())
    model.fit(BATCH, np.ones((4, 4)), verbose=0)
    model.save(tmp_path / "m.h5")
    with pytest.raises(HornbookError):
        hornbook.load_model(tmp_path / "m.h5")
    assert len(hornbook.load_model(tmp_path / "m.h5", compile=False).weights) == 6


def with_a_part(keras: Any, *, frozen: bool) -> Any:
    """Return a model with a part of two equal layers, the first of them frozen or not."""
    first, second = keras.layers.Dense(8, name="first"), keras.layers.Dense(8, name="second")
    first.trainable = not frozen
    part = keras.Sequential([keras.layers.InputLayer((8,)), first, second], name="part")
    inputs = keras.Input((8,))
    return keras.Model(inputs, part(inputs))


def test_a_part_that_was_frozen_keeps_its_arrays(keras: Any, tmp_path: Path) -> None:
    """Keras 2.15.0 gives the second layer those of the first: it stores what is trained before the rest."""
    model = with_a_part(keras, frozen=True)
    hornbook.save_model(model, tmp_path / "m.h5")
    assert_same(hornbook.load_model(tmp_path / "m.h5"), model)
    other = with_a_part(keras, frozen=False)
    hornbook.load_weights(other, tmp_path / "m.h5")
    np.testing.assert_allclose(other.predict(BATCH, verbose=0), model.predict(BATCH, verbose=0), atol=1e-6)


def test_under_install_a_function_of_keras_2_gives_no_model_of_keras_3(
    keras: Any, has_modules: bool, tmp_path: Path
) -> None:
    if not has_modules:
        pytest.skip("`.keras` came with 2.12")
    model = nested(keras)
    model.save(tmp_path / "m.keras")
    with hornbook.install():
        assert type(keras.models.load_model(tmp_path / "m.keras")) is type(model)
        assert type(keras.models.model_from_json(model.to_json())) is type(model)


def adapted(keras: Any, sort: str) -> tuple[Any, Any]:
    """Return a model with a layer that was adapted, and inputs for it."""
    layers = keras.layers
    if sort == "bins":
        layer, values = layers.Discretization(num_bins=4), np.linspace(0, 1, 40).reshape(-1, 1)
    elif sort == "numbers":
        layer, values = layers.Normalization(), np.linspace(0, 1, 40).reshape(-1, 1)
    elif sort == "integers":
        layer, values = layers.IntegerLookup(), np.array([[1], [5], [7], [9]])
    elif sort == "frequencies":
        layer, values = layers.TextVectorization(output_mode="tf_idf"), np.array([["a b"], ["b c"]])
    else:
        layer, values = layers.StringLookup(), np.array([["a"], ["b"], ["c"]])
    layer.adapt(values)
    kind = {"f": "float32", "i": "int64"}.get(values.dtype.kind, "string")
    return keras.Sequential([keras.layers.InputLayer((1,), dtype=kind), layer]), values


@pytest.mark.parametrize("sort", ["bins", "numbers", "integers", "frequencies", "words"])
def test_what_was_adapted_comes_back(keras: Any, has_modules: bool, sort: str, tmp_path: Path) -> None:
    """Keras 2.15.0 to 2.21.0 put every value into the first bin of a `Discretization` of a `.keras` file."""
    if not has_modules:
        pytest.skip("`.keras` came with 2.12")
    model, values = adapted(keras, sort)
    wanted = model.predict(values, verbose=0)
    for save, path in ((hornbook.save_model, tmp_path / "ours.keras"), (keras.Model.save, tmp_path / "theirs.keras")):
        save(model, path)
        made = hornbook.load_model(path)
        np.testing.assert_array_equal(made.predict(values, verbose=0), wanted)
        hornbook.load_weights(made, path)
        np.testing.assert_array_equal(made.predict(values, verbose=0), wanted)


def test_a_folder_is_a_saved_model_put_in_place_in_one_step(keras: Any, tmp_path: Path) -> None:
    """TensorFlow writes it beside; what else is in a folder would be lost, so that is not replaced."""
    model, path = branched(keras), tmp_path / "model"
    for _ in range(2):
        hornbook.save_model(model, path, zipped=False)
        assert [each.name for each in tmp_path.iterdir()] == ["model"]
    again = keras.models.load_model(path)
    np.testing.assert_allclose(again.predict(BATCH, verbose=0), model.predict(BATCH, verbose=0), atol=1e-6)
    with pytest.raises(ArchiveExistsError):
        hornbook.save_model(model, path, overwrite=False, zipped=False)
    before = {each: each.read_bytes() for each in path.rglob("*") if each.is_file()}

    class Broken(keras.Model):
        def call(self, x: Any) -> Any:
            raise OSError("no more")

    with pytest.raises(SerializationError):
        hornbook.save_model(Broken(), path, zipped=False)
    assert before == {each: each.read_bytes() for each in path.rglob("*") if each.is_file()}
    (path / "notes.txt").touch()
    with pytest.raises(ArchiveError, match=r"notes\.txt"):
        hornbook.save_model(model, path, zipped=False)
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_what_got_which_weights_is_told(keras: Any, has_modules: bool, tmp_path: Path) -> None:
    model = trained(keras)
    model.save(tmp_path / "m.h5")
    report = hornbook.load_weights(model, tmp_path / "m.h5")
    assert [match.by for match in report.matched] == ["name"] * 3
    assert report.left_over == ("optimizer",)
    if has_modules:
        model.save(tmp_path / "m.keras")
        model.reset_metrics()
        counted = [np.asarray(each) for metric in model.metrics for each in metric.variables]
        report = hornbook.load_weights(model, tmp_path / "m.keras")
        assert [match.by for match in report.matched] == ["path"] * 3
        assert "optimizer" in report.left_over
        for number, variable in enumerate(each for metric in model.metrics for each in metric.variables):
            np.testing.assert_array_equal(variable, counted[number])


def test_weights_that_do_not_fit_leave_the_vocabulary(keras: Any, has_modules: bool, tmp_path: Path) -> None:
    """It is a file beside the weights, and stands before the layer that does not fit."""
    if not has_modules:
        pytest.skip("`.keras` came with 2.12")

    def model(words: list[str], units: int) -> Any:
        lookup = keras.layers.StringLookup()
        lookup.adapt(np.array([[word] for word in words]))
        layers = [keras.layers.InputLayer((1,), dtype="string"), lookup, keras.layers.Embedding(9, 2)]
        return keras.Sequential([*layers, keras.layers.Dense(units)])

    model(["x", "y"], 4).save(tmp_path / "m.keras")
    made = model(["a", "b"], 3)
    before = made.layers[0].get_vocabulary(), made.get_weights()
    with pytest.raises(WeightsError):
        hornbook.load_weights(made, tmp_path / "m.keras")
    assert made.layers[0].get_vocabulary() == before[0]
    for one, other in zip(made.get_weights(), before[1], strict=True):
        np.testing.assert_array_equal(one, other)
    fitting = model(["a", "b"], 4)
    hornbook.load_weights(fitting, tmp_path / "m.keras")
    assert {"x", "y"} <= {*map(str, fitting.layers[0].get_vocabulary())}


def test_under_install_errors_have_the_key_words_of_keras(keras: Any, has_modules: bool, tmp_path: Path) -> None:
    """Code that looks for them finds them in an error of ours."""
    with hornbook.install():
        with pytest.raises(OSError, match="No file or directory found at"):
            keras.models.load_model(str(tmp_path / "m.h5"))
        with pytest.raises(ValueError, match=r"Could not locate class 'Odd'\. Make sure custom classes"):
            keras.models.model_from_json('{"class_name": "Odd", "config": {}}')
        if not has_modules:
            return
        text = keras.Sequential([keras.layers.Lambda(lambda x: x, input_shape=(2,))]).to_json()
        with pytest.raises(ValueError, match="arbitrary code execution"):
            keras.models.model_from_json(text)


def test_a_loaded_model_has_the_metrics_that_it_was_compiled_with(keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    model.compile("sgd", "mse", metrics=["mae"])
    model.evaluate(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    model.save(tmp_path / "m.h5")
    assert hornbook.load_model(tmp_path / "m.h5").metrics_names == model.metrics_names == ["loss", "mae"]


def own_part(keras: Any) -> type:
    class Part(keras.Model):
        """A model that does not keep its name, as one without a `get_config` in the documents."""

        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = keras.layers.Dense(4), keras.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.second(self.first(inputs))

        def get_config(self) -> dict[str, Any]:
            return {}

    return Part


def test_a_part_that_gets_another_name_has_its_arrays(keras: Any, tmp_path: Path) -> None:
    part = own_part(keras)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1)(part()(part()(keras.layers.Dense(3)(inputs)))))
    model.save(tmp_path / "m.h5")
    loaded = hornbook.load_model(tmp_path / "m.h5", custom_objects={"Part": part})
    assert_same(loaded, model, np.ones((2, 3)))
    with pytest.raises(WeightsError, match="no layer"):
        hornbook.load_weights(
            keras.models.model_from_json(model.to_json(), custom_objects={"Part": part}), tmp_path / "m.h5"
        )


def test_bins_that_were_learned_come_back_from_hdf5(keras: Any, tmp_path: Path) -> None:
    layer = keras.layers.Discretization(num_bins=3)
    layer.adapt([[1.0], [2.0], [3.0]])
    inputs = keras.Input((1,))
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "m.h5")
    assert_same(hornbook.load_model(tmp_path / "m.h5"), model, np.array([[0.5], [1.5], [2.5]]))


GRAPHS = """
import numpy as np, sys, tensorflow as tf, hornbook
from importlib import import_module
keras = import_module(sys.argv[1]) if sys.argv[1] == "tf_keras" else tf.keras
tf.compat.v1.disable_eager_execution()
model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,)), keras.layers.BatchNormalization()])
model.compile("sgd", "mse")
model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
model.save(sys.argv[2])
loaded = hornbook.load_model(sys.argv[2])
other = keras.models.model_from_json(model.to_json())
hornbook.load_weights(other, sys.argv[2])
for each in (loaded, other):
    for one, two in zip(each.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(one, two)
"""


def test_weights_are_read_where_tensorflow_runs_graphs(keras: Any, tmp_path: Path) -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GRAPHS, keras.__name__.partition(".")[0], str(tmp_path / "m.h5")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_layer_that_keeps_containers_is_written_with_them(keras: Any, has_modules: bool) -> None:
    """TensorFlow wraps what an object keeps."""
    if not has_modules:
        pytest.skip("the flat form has what `get_config` returns")

    class Keeper(keras.layers.Layer):
        def __init__(self, table: Any = None, pair: Any = None, several: Any = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.table, self.pair, self.several = table, pair, several

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "table": self.table, "pair": self.pair, "several": self.several}

    layer = Keeper({"a": [1, {"b": 2}]}, (1, [2]), [{"c": 3}], name="k")
    assert type(layer.table) is not dict
    config = hornbook.serialize_keras_object(layer)["config"]
    assert type(config["table"]) is dict
    assert json.loads(json.dumps(config))["table"] == {"a": [1, {"b": 2}]}
    assert config["several"] == [{"c": 3}]


def test_a_feature_space_comes_back(keras: Any, has_modules: bool, tmp_path: Path) -> None:
    if not hasattr(keras.utils, "FeatureSpace"):
        pytest.skip("it came with 2.12")
    space = keras.utils.FeatureSpace({"a": "float", "b": "integer_categorical"}, crosses=[], output_mode="concat")
    import tensorflow as tf

    data = {"a": [0.1, 0.2, 0.3], "b": [1, 2, 2]}
    space.adapt(tf.data.Dataset.from_tensor_slices(data))
    space.save(tmp_path / "s.keras")
    with hornbook.install():
        loaded = keras.models.load_model(tmp_path / "s.keras")
    given = {name: tf.constant(values) for name, values in data.items()}
    np.testing.assert_allclose(loaded(given), space(given))
