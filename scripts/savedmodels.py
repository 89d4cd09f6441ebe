"""Write small SavedModels and checkpoints of TensorFlow's Keras, with inputs, outputs and state, for tests/ages.

Runs with TensorFlow 2.5 to 2.15, or with tf_keras where that is installed:
`python scripts/savedmodels.py tests/ages [name ...]`.  Each model becomes one ZIP archive: the
folder `model`, the checkpoint `weights`, and `recorded.npz`.  `saved_model.pb`, which
is large, is left out but where vocabularies are in it: what Keras says of its
objects is beside it.
"""

import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

try:
    import tf_keras as keras
except ImportError:
    from tensorflow import keras

L = keras.layers
_KEPT = ("texts", "numbers", "sequential")
_DATE = (1980, 1, 1, 0, 0, 0)


class Branches(keras.Model):
    """A model that is no graph of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = L.Dense(3)
        self.steps = [L.Dense(3), L.BatchNormalization()]
        self.named = {"left": L.Dense(3), "right": L.Dense(3)}
        self.head = keras.Sequential([L.Dense(3, activation="relu"), L.Dense(1)])

    def call(self, inputs: Any) -> Any:
        value = self.first(inputs)
        for step in self.steps:
            value = step(value)
        return self.head(self.named["left"](value) - self.named["right"](value))


def sequential(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    model = keras.Sequential([L.Input((4,)), L.Dense(3), L.BatchNormalization(), L.Dense(2, name="head")])
    model.compile("adam", "mse")
    return model, [random.rand(6, 4).astype("float32")]


def nested(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    inner = keras.Sequential(
        [
            L.Input((5, 3)),
            L.Bidirectional(L.LSTM(2, return_sequences=True)),
            L.BatchNormalization(),
            L.GRU(2),
        ],
        name="inner",
    )
    tokens, more = L.Input((5,), name="tokens"), L.Input((2,), name="more")
    output = L.Dense(1, name="out")(L.Concatenate()([inner(L.Embedding(7, 3)(tokens)), more]))
    model = keras.Model([tokens, more], output)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model, [random.randint(0, 7, (6, 5)).astype("float32"), random.rand(6, 2).astype("float32")]


def attention(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    inputs = L.Input((5, 4))
    frozen = L.Dense(4, trainable=False)
    output = L.LayerNormalization()(L.MultiHeadAttention(2, 3)(frozen(inputs), inputs))
    model = keras.Model(inputs, L.Conv1D(2, 3)(output))
    model.compile(keras.optimizers.RMSprop(0.01, momentum=0.5), "mse")
    return model, [random.rand(6, 5, 4).astype("float32")]


def branches(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    return Branches(), [random.rand(6, 4).astype("float32")]


def texts(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    lookup = L.TextVectorization(output_sequence_length=3)
    lookup.adapt(np.array(["b a", "b c d", "a b"]))
    model = keras.Sequential([L.Input((1,), dtype="string"), lookup, L.Embedding(8, 2)])
    return model, [np.array([["a b c"], ["d x"]])]


def numbers(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    lookup = L.IntegerLookup()
    lookup.adapt(np.array([[12], [12], [40], [7]]))
    words = L.StringLookup(vocabulary=["red", "blue"], num_oov_indices=2)
    number, word = L.Input((1,), dtype="int64", name="number"), L.Input((1,), dtype="string", name="word")
    embedded = L.Concatenate()([L.Embedding(6, 2)(lookup(number)), L.Embedding(6, 2)(words(word))])
    return keras.Model([number, word], embedded), [np.array([[40], [7], [99]]), np.array([["blue"], ["no"], ["red"]])]


def adapted(random: np.random.RandomState) -> tuple[Any, list[Any]]:
    data = random.rand(6, 3).astype("float32")
    scale = L.Normalization(input_shape=(None,))
    scale.adapt(data)
    return keras.Sequential([scale, L.Dense(2)]), [data]


MODELS = (sequential, nested, attention, branches, texts, numbers, adapted)


def write(make: Callable[[Any], tuple[Any, list[Any]]], folder: str, version: str) -> None:
    random = np.random.RandomState(3)
    keras.utils.set_random_seed(3)
    model, inputs = make(random)
    given = inputs if len(inputs) > 1 else inputs[0]
    outputs = np.asarray(model(given))
    if model.optimizer is not None:
        model.fit(given, random.rand(*outputs.shape), epochs=3, verbose=0)
    for layer in getattr(model, "steps", ()):  # statistics that are not those of the start
        layer.set_weights([random.rand(*weight.shape) for weight in layer.get_weights()])
    outputs = np.asarray(model(given))
    model.predict(given, verbose=0)
    recorded = {f"x{i}": value for i, value in enumerate(inputs)}
    recorded["y"] = outputs
    if model.optimizer is not None:
        variables = model.optimizer.variables
        variables = variables() if callable(variables) else variables
        recorded.update((f"o{i}", np.asarray(variable)) for i, variable in enumerate(variables))
    model.save(f"{folder}/model", save_format="tf")
    model.save_weights(f"{folder}/weights", save_format="tf")
    np.savez(f"{folder}/recorded.npz", **recorded)
    target = Path(sys.argv[1]) / f"tf-{version}-{make.__name__}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(Path(folder).rglob("*")):
            left_out = path.name == "saved_model.pb" and make.__name__ not in _KEPT
            if path.is_file() and not left_out and path.name not in ("checkpoint", "fingerprint.pb"):
                name = path.relative_to(folder).as_posix()
                archive.writestr(zipfile.ZipInfo(name, _DATE), path.read_bytes(), zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    wanted = sys.argv[2:]
    for make in MODELS:
        if wanted and make.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            write(make, folder, tf.__version__)


if __name__ == "__main__":
    main()
