"""Write small models of Keras 1, with random weights, inputs and outputs, for tests/ages.

Runs on Python 3.8 with keras==1.2.2, theano==1.0.5, numpy<1.20 and h5py<3:
`KERAS_BACKEND=theano python scripts/ages.py FOLDER`.
"""

import sys
from pathlib import Path

import numpy as np
import theano.ifelse  # noqa: F401  Keras 1.2.2 takes it for granted
from keras import layers as L  # noqa: N812
from keras.models import Sequential


def image(order: str) -> Sequential:
    shape = (2, 7, 5) if order == "th" else (7, 5, 2)
    return Sequential([
        L.ZeroPadding2D((1, 1), dim_ordering=order, input_shape=shape),
        L.Convolution2D(3, 3, 2, dim_ordering=order, activation="relu"),
        L.BatchNormalization(axis=1 if order == "th" else -1),
        L.MaxPooling2D((2, 2), dim_ordering=order),
        L.Flatten(),
        L.Dense(2, activation="softmax"),
    ])  # fmt: skip


def branches() -> Sequential:
    first = Sequential([L.Dense(3, input_dim=2)])
    second = Sequential([L.Dense(3, input_dim=4, activation="hard_sigmoid")])
    return Sequential([L.Merge([first, second], mode="mul"), L.Dense(2)])


def recurrent() -> Sequential:
    return Sequential([L.Bidirectional(L.LSTM(2, return_sequences=True), input_shape=(4, 3)), L.GRU(2)])


def strided() -> Sequential:
    return Sequential([
        L.Convolution2D(3, 3, 3, border_mode="same", subsample=(2, 2), dim_ordering="tf", input_shape=(8, 7, 2)),
        L.Convolution2D(2, 2, 4, border_mode="same", dim_ordering="tf", activation="relu"),
        L.Flatten(),
        L.Dense(2),
    ])  # fmt: skip


MODELS = {
    "channels-first": lambda: image("th"),
    "channels-last": lambda: image("tf"),
    "branches": branches,
    "recurrent": recurrent,
    "strided": strided,
    "sequence": lambda: Sequential([L.Convolution1D(3, 3, input_shape=(6, 2)), L.AveragePooling1D()]),
}


def main(folder: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(7)
    for name, make in MODELS.items():
        model = make()
        model.set_weights([random.uniform(0.1, 0.9, one.shape) - 0.4 * (one.ndim > 1) for one in model.get_weights()])
        inputs = [random.uniform(-1, 1, (2, *one._keras_shape[1:])).astype("float32") for one in model.inputs]
        model.compile("sgd", "mse")
        path = str(Path(folder) / f"keras-1.2.2-theano-{name}")
        model.save(path + ".h5")
        np.savez_compressed(path + ".npz", *inputs, outputs=model.predict(inputs))


if __name__ == "__main__":
    main(sys.argv[1])
