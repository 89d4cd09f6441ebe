"""What is loaded fast is what Keras loads, variable by variable."""

from __future__ import annotations

import copy
import gc
import importlib
import os
import pickle
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tests import needs
from tests.golden import golden_files as golden

import hornbook
from hornbook.integrations import divert
from hornbook.integrations.keras3 import deferred_init
from hornbook.integrations.keras3.hooks import sequential

ABSENT = [pytest.param("", "", marks=pytest.mark.skip("no golden files"))]


def files() -> list[tuple[str, str]]:
    """Return a Keras 3 golden file of each model."""
    own = [(version, name) for version, _, name in golden.cases((".keras",)) if version.startswith("keras-3")]
    return needs.in_turns(own, lambda file: file[1])


UNSET = pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="with TensorFlow every variable is made")
SEEDS = keras.random.SeedGenerator(0).state.dtype  # backends differ


def variables(model: Any) -> list[tuple[tuple, str, bool, np.ndarray]]:
    """Return shape, dtype, trainability and value of everything that a model and its optimizer hold."""
    optimizer = getattr(model, "optimizer", None)
    found = [*model.variables, *(optimizer.variables if optimizer is not None else ())]
    return [
        (tuple(one.shape), one.dtype, one.trainable, np.array(keras.ops.convert_to_numpy(one.value))) for one in found
    ]


def assert_equal(one: Any, other: Any, *, seeds: bool = True) -> None:
    """Compare two models; without `seeds`, those that a file may lack, and that are drawn anew then."""
    for (*told, value), (*wanted, expected) in zip(variables(one), variables(other), strict=True):
        assert told == wanted
        if seeds or told[:2] != [(2,), SEEDS]:
            assert value.tobytes() == expected.tobytes()
    assert not any("assign" in vars(variable) for variable in one.variables)


@needs.shared
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("version", "name"), files() or ABSENT)
def test_every_variable_of_a_golden_file_is_what_keras_loads(version: str, name: str, tmp_path: Path) -> None:
    """Weights, state of the optimizer, dtypes and `trainable` are equal bit by bit."""
    if "lambda" in name:
        golden.skip_byte_code()
    path, customs = golden.extracted(version, f"{name}.keras", tmp_path), golden.zoo()[1]
    try:
        plain = keras.saving.load_model(path, customs, safe_mode=False)
    except Exception as error:
        pytest.skip(f"Keras does not load it: {type(error).__name__}")
    try:
        ours = hornbook.load_model(path, customs, safe_mode=False)
    except hornbook.HornbookError as error:
        pytest.skip(f"not loaded for another reason: {type(error).__name__}")
    assert_equal(ours, plain, seeds=False)


def branches() -> Any:
    """A model with layers that keep all kinds of state."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(inputs)
    x = keras.layers.SpectralNormalization(keras.layers.Conv2D(4, 3))(x)
    x = keras.layers.Dropout(0.1, seed=3)(keras.layers.BatchNormalization()(x))
    x = keras.layers.Reshape((36, 4))(x)
    x = keras.layers.Bidirectional(keras.layers.GRU(5, kernel_constraint="max_norm"))(x)
    model = keras.Model(inputs, keras.layers.Dense(300, dtype="mixed_bfloat16", kernel_initializer="orthogonal")(x))
    model.compile("adam", "mse")
    model.fit(np.ones((2, 8, 8, 3)), np.zeros((2, 300)), verbose=0)
    return model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fast") / "model.keras"
    branches().save(path)
    return path


def test_state_of_all_kinds_is_equal(saved: Path) -> None:
    """Normalization, spectral normalization, seeds, constraints, mixed precision and Adam."""
    assert_equal(hornbook.load_model(saved), keras.saving.load_model(saved), seeds=False)


@UNSET
def test_no_initializer_of_a_large_variable_runs(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file has is not made first."""
    made: list[tuple] = []
    call = keras.initializers.OrthogonalInitializer.__call__

    def counted(self: Any, shape: Any, dtype: Any = None) -> Any:
        made.append(tuple(shape))
        return call(self, shape, dtype)

    monkeypatch.setattr(keras.initializers.OrthogonalInitializer, "__call__", counted)
    hornbook.load_model(saved)
    assert (10, 300) not in made
    keras.saving.load_model(saved)
    assert (10, 300) in made


def test_without_the_hooks_loading_is_plain(saved: Path) -> None:
    """Where Keras has no such functions, everything is loaded as it was."""
    code = (
        "import sys, keras, numpy as np, hornbook\n"
        "from hornbook.integrations.keras3 import deferred_init\n"
        "from hornbook.integrations.keras3.hooks import sequential\n"
        "sequential.gates = deferred_init.gates = lambda: []\n"
        "ours, plain = hornbook.load_model(sys.argv[1]), keras.saving.load_model(sys.argv[1])\n"
        "pairs = zip(ours.weights, plain.weights, strict=True)\n"
        "numbers = keras.ops.convert_to_numpy\n"
        "assert all(np.array_equal(numbers(a), numbers(b)) for a, b in pairs)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(saved)], check=True, timeout=300)


def test_a_version_without_the_hooks_is_told_by_its_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No function that makes variables, or that adds up a `Sequential`: nothing is diverted."""
    from keras.src import backend

    assert len(sequential.gates()) == 2
    monkeypatch.setattr(backend.Variable, "_initialize_with_initializer", None)
    monkeypatch.delattr(keras.Sequential, "_maybe_rebuild")
    assert deferred_init.gates() == []
    assert sequential.gates() == []


def test_weights_do_not_change_with_the_file(saved: Path, tmp_path: Path) -> None:
    """The file may be overwritten in place once it is loaded."""
    path = tmp_path / "model.keras"
    path.write_bytes(saved.read_bytes())
    model = hornbook.load_model(path)
    before = [value.copy() for value in model.get_weights()]
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


@keras.saving.register_keras_serializable("fast")
class Reads(keras.layers.Layer):
    """Reads a weight while it is built, keeps what is read from it, and does not store all weights."""

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(3, 3), initializer=keras.initializers.RandomNormal(seed=1))
        self.first = keras.ops.convert_to_numpy(self.kernel.value).copy()
        self.extra = self.add_weight(shape=(300, 300), initializer=keras.initializers.RandomNormal(seed=2))

    def call(self, x: Any) -> Any:
        return x @ self.kernel

    def save_own_variables(self, store: Any) -> None:
        store["0"] = keras.ops.convert_to_numpy(self.kernel)

    def load_own_variables(self, store: Any) -> None:
        self.array = store["0"]
        self.kernel.assign(self.array)


@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow",
    reason="variables do not wait, so none is known to lack values",
)
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras with torch
def test_a_weight_that_is_read_early_has_its_initial_value(tmp_path: Path) -> None:
    """The initializer runs when somebody looks; what the file lacks is initialized as usual, with a warning."""
    model = keras.Sequential([keras.Input((3,)), Reads()])
    model.layers[0].kernel.assign(np.full((3, 3), 7.0))
    model.save(tmp_path / "model.keras")
    with pytest.warns(UserWarning, match="no values for"):
        loaded = hornbook.load_model(tmp_path / "model.keras")
    layer, old = loaded.layers[0], model.layers[0]
    assert layer.first.tobytes() == old.first.tobytes()
    assert np.array_equal(keras.ops.convert_to_numpy(layer.kernel), np.full((3, 3), 7.0))
    assert np.array_equal(*(keras.ops.convert_to_numpy(one.extra) for one in (layer, old)))
    layer.array[:] = 0  # a class of the user's may keep what it was given
    assert np.array_equal(keras.ops.convert_to_numpy(layer.kernel), np.full((3, 3), 7.0))


class Assigns(keras.layers.Layer):
    """Takes its weights in ways that Keras' own layers do not."""

    def build(self, shape: Any) -> None:
        self.double, self.twice, self.spread = (self.add_weight(shape=(3, 3), name=f"weight_{i}") for i in range(3))

    def call(self, x: Any) -> Any:
        return x @ self.double @ self.twice @ self.spread

    def save_own_variables(self, store: Any) -> None:
        for number, variable in enumerate((self.double, self.twice, self.spread)):
            store[str(number)] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store: Any) -> None:
        self.double.assign(np.asarray(store["0"], "float64"))
        self.twice.assign(store["1"])
        self.seen = keras.ops.convert_to_numpy(self.twice.value).copy()
        self.twice.assign(2 * self.seen)
        try:
            self.spread.assign(np.ones((2, 2), "float32"))
        except ValueError as error:
            self.refused = str(error)
        self.spread.assign(store["2"])


def test_a_first_value_may_be_any_value_that_a_variable_takes(tmp_path: Path) -> None:
    """Of another type, followed by a second one, or of a shape that is refused."""
    model = keras.Sequential([keras.Input((3,)), Assigns()])
    model.save(tmp_path / "model.keras")
    own, loaded = model.layers[0], hornbook.load_model(tmp_path / "model.keras", {"Assigns": Assigns}).layers[0]
    values = [keras.ops.convert_to_numpy(weight) for weight in own.weights]
    np.testing.assert_array_equal(loaded.seen, values[1])
    for value, weight in zip((values[0], 2 * values[1], values[2]), loaded.weights, strict=True):
        np.testing.assert_array_equal(value, keras.ops.convert_to_numpy(weight))
    assert "shape" in loaded.refused


def branched() -> str:
    """Return the JSON of a model with all sorts of initial values."""
    inputs = keras.Input((6, 4))
    x = keras.layers.LSTM(5, recurrent_dropout=0.1)(keras.layers.BatchNormalization()(inputs))
    x = keras.layers.Dense(3, kernel_initializer="orthogonal", bias_initializer="ones", dtype="mixed_bfloat16")(x)
    text: str = keras.Model(inputs, x).to_json()
    return text


def both(text: str) -> tuple[Any, Any]:
    """Return the model of a JSON text by hornbook and by Keras, from one seed."""
    keras.utils.set_random_seed(4)
    ours = hornbook.model_from_json(text)
    keras.utils.set_random_seed(4)
    return ours, keras.models.model_from_json(text)


LAZY = pytest.mark.skipif(keras.backend.backend() != "jax", reason="only with JAX variables may wait")
DATA = np.linspace(0, 1, 48, dtype="float32").reshape(2, 6, 4)
USES: dict[str, Any] = {
    "call": lambda model: model(DATA),
    "predict": lambda model: model.predict(DATA, verbose=0),
    "jit": lambda model: importlib.import_module("jax").jit(lambda x: model.layers[-1](x))(np.ones((2, 5), "float32")),
    "stateless": lambda model: model.stateless_call(model.trainable_variables, model.non_trainable_variables, DATA)[0],
    "symbolic": lambda model: model(keras.KerasTensor((2, 6, 4))),
    "deepcopy": lambda model: copy.deepcopy(model.layers[-1]),
    "pickle": lambda model: pickle.loads(pickle.dumps(model.layers[-1].kernel)).value,
    "assign": lambda model: model.layers[-1].bias.assign_add(np.ones(3)),
    "weights": lambda model: model.set_weights([2 * value for value in model.get_weights()]),
    "fit": lambda model: (
        keras.utils.set_random_seed(5),
        model.compile("sgd", "mse"),
        model.fit(DATA, np.ones((2, 3)), verbose=0),
    ),
    "lora": lambda model: (keras.utils.set_random_seed(6), model.layers[-1].enable_lora(2)),
}


@pytest.mark.parametrize("use", USES)
def test_a_model_of_a_config_is_used_as_that_of_keras(use: str) -> None:
    """Whatever is done first with a model whose variables have no values yet, it is the same model."""
    if use == "jit" and keras.backend.backend() != "jax":
        pytest.skip("JAX only")
    ours, plain = both(branched())
    results = [USES[use](model) for model in (ours, plain)]
    if hasattr(results[0], "get_weights"):
        results = [result.get_weights()[0] for result in results]
    if use in ("call", "predict", "jit", "stateless", "pickle"):
        np.testing.assert_allclose(
            *(keras.ops.convert_to_numpy(result).astype("float32") for result in results), rtol=1e-5
        )
    assert_equal(ours, plain)


@LAZY
def test_variables_of_a_config_wait_until_they_are_read() -> None:
    """Whichever function reads the config; 640 MB of variables take no memory."""
    dense = keras.layers.Dense(16_000)
    config = {
        "class_name": "Sequential",
        "module": "keras",
        "config": {
            "name": "wide",
            "layers": [
                keras.saving.serialize_keras_object(keras.layers.InputLayer((10_000,))),
                keras.saving.serialize_keras_object(dense),
            ],
        },
    }
    for read in (hornbook.model_from_config, hornbook.deserialize_keras_object):
        layer = read(config).layers[-1]
        assert layer.kernel._value is None
        assert layer.kernel.shape == (10_000, 16_000)
    small, _ = both(branched())
    with ThreadPoolExecutor(8) as pool:
        outputs = list(pool.map(lambda _: np.array(small(DATA), "float32"), range(8)))
    assert all(np.array_equal(one, outputs[0]) for one in outputs)


@LAZY
def test_what_is_computed_with_at_once_is_limited() -> None:
    """A layer that reads its variables while it is built makes them fill memory."""
    config = keras.saving.serialize_keras_object(keras.layers.Normalization())
    config["build_config"] = {"input_shape": [None, 50_000_000]}
    with pytest.raises(hornbook.errors.LimitError, match="computed with"):
        hornbook.deserialize_keras_object(config)


def test_an_error_in_the_middle_leaves_nothing_open(saved: Path, tmp_path: Path) -> None:
    """Variables made afterwards are initialized at once, and no file stays open."""
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    broken = tmp_path / "model.keras"
    data = saved.read_bytes()
    broken.write_bytes(data[: len(data) // 2])
    with pytest.raises(hornbook.HornbookError):
        hornbook.load_model(broken)
    hornbook.load_model(saved)
    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    assert layer.kernel._value is not None
    gc.collect()
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before


def test_a_sequential_is_built_once(tmp_path: Path) -> None:
    """Each layer is called once, whichever way the model was made, and nested ones too."""
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), keras.layers.Dense(4)], name="inner")
    model = keras.Sequential([keras.Input((4,)), inner, *(keras.layers.Dense(4) for _ in range(5))])
    model.save(tmp_path / "model.keras")
    loaded = hornbook.load_model(tmp_path / "model.keras")
    assert [len(layer._inbound_nodes) for layer in loaded.layers[1:]] == [1] * 5
    inputs = np.ones((2, 4), "float32")
    assert np.array_equal(loaded.predict(inputs, verbose=0), model.predict(inputs, verbose=0))
    assert_equal(loaded, model)


@UNSET
@needs.since("3.9", "its variables copy what they are given")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process")
def test_peak_memory_is_that_of_the_weights(tmp_path: Path) -> None:
    """A process that loads 200 MB grows by little more."""
    code = (
        "import sys, keras, hornbook\n"
        "from pathlib import Path\n"
        "hornbook.load_model(sys.argv[1])\n"
        "told = Path('/proc/self/status').read_text().split('VmHWM:')[1]\n"
        "print(int(told.split()[0]) * 1024)\n"
    )

    def peak(width: int) -> int:
        path = tmp_path / f"{width}.keras"
        model = keras.Sequential([keras.Input((width,)), *(keras.layers.Dense(width) for _ in range(8))])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hornbook.save_model(model, path)
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, timeout=300
        )
        return int(done.stdout)

    grown, weights = peak(2500) - peak(8), 8 * 4 * 2500 * 2501
    assert grown < 1.5 * weights


def test_functions_with_free_variables_are_diverted() -> None:
    """A method that calls `super()` keeps its `__class__`."""

    class Base:
        def value(self) -> int:
            return 1

    class Derived(Base):
        def value(self) -> int:
            return super().value() + 1

    diversion = divert.Diversion("value", Derived.value, lambda original: lambda self: original(self) + 10)
    divert.divert([diversion], served="this one")
    assert Derived().value() == 12
