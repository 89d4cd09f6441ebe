"""Record what TF 2.15 writes for one object of each class that `tf.keras` exports.

    python scripts/old_objects.py       # with TensorFlow 2.15.1 and its Keras 2.15.0

Each class is made with as few arguments as it takes, and written by
`serialize_keras_object` with modules, and by the one of the flat form.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.saving import serialization_lib
from keras.src.saving.legacy import serialization

TARGET = Path(__file__).parents[1] / "tests" / "upgrading" / "objects_tf_2_15.jsonl"
LEFT_OUT = frozenset({"applications", "backend", "datasets", "wrappers"})
keras = tf.keras
layers = keras.layers
# The first kind that fits counts: a metric is a layer in TF 2.15.
KINDS: dict[str, Any] = {
    "metric": keras.metrics.Metric,
    "loss": keras.losses.Loss,
    "optimizer": (keras.optimizers.Optimizer, keras.optimizers.legacy.Optimizer),
    "schedule": keras.optimizers.schedules.LearningRateSchedule,
    "initializer": keras.initializers.Initializer,
    "regularizer": keras.regularizers.Regularizer,
    "constraint": keras.constraints.Constraint,
    "layer": keras.layers.Layer,
}
# Arguments that have no default, by classes; a function makes an object that is one.
_ARGUMENTS: dict[str, list[Any]] = {
    "ConvLSTM1D ConvLSTM2D ConvLSTM3D LocallyConnected1D LocallyConnected2D CenterCrop RandomCrop "
                    "Resizing Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose SeparableConv1D "
                    "SeparableConv2D": [2, 2],
    "CategoryEncoding CuDNNGRU CuDNNLSTM Dense DepthwiseConv1D DepthwiseConv2D GRU GRUCell "
                    "HashedCrossing Hashing LSTM LSTMCell MeanIoU OneHotMeanIoU RandomFourierFeatures RepeatVector "
                    "SimpleRNN SimpleRNNCell": [2],
    "AlphaDropout Dropout GaussianDropout GaussianNoise RandomBrightness RandomContrast RandomHeight "
                    "RandomRotation RandomWidth RandomZoom Rescaling SpatialDropout1D SpatialDropout2D "
                    "SpatialDropout3D PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity "
                    "SpecificityAtSensitivity": [0.1],
    "Activation": ["relu"], "Bidirectional": [lambda: layers.LSTM(2)], "Constant": [1.0], "CosineDecay": [0.1, 10],
    "CosineDecayRestarts": [0.1, 10], "Discretization": [[0.0, 1.0]], "Dot": [1], "EinsumDense": ["ab,bc->ac", 3],
    "Embedding": [4, 2], "ExponentialDecay": [0.1, 10, 0.9], "InputLayer": [(3,)], "InverseTimeDecay": [0.1, 10, 0.9],
    "IoU": [2, [0]], "LossScaleOptimizer": [keras.optimizers.SGD], "MeanMetricWrapper":
    [lambda: keras.losses.mean_squared_error], "MeanRelativeError": [[1.0, 2.0]], "MultiHeadAttention": [1, 2],
    "OneHotIoU": [2, [0]], "Permute": [(2, 1)], "PiecewiseConstantDecay": [[1], [0.1, 0.2]], "Policy":
    ["mixed_float16"], "PolynomialDecay": [0.1, 10], "RNN": [lambda: layers.LSTMCell(2)], "RandomTranslation":
    [0.1, 0.1], "Reshape": [(2,)], "SpectralNormalization": [lambda: layers.Dense(2)], "StackedRNNCells":
    [lambda: [layers.LSTMCell(2)]], "TimeDistributed": [lambda: layers.Dense(2)], "Wrapper": [lambda: layers.Dense(2)],
}  # fmt: skip
ARGUMENTS = {name: given for names, given in _ARGUMENTS.items() for name in names.split()}


def exported() -> Iterator[tuple[type, list[str]]]:
    """Yield each class with a config, and all names that it has."""
    names: dict[type, list[str]] = {}
    waiting, seen = [("keras", keras)], set()
    while waiting:
        place, module = waiting.pop()
        seen.add(place)
        for name in dir(module):
            value = getattr(module, name, None)
            if name.startswith("_") or name in LEFT_OUT:
                continue
            if isinstance(value, types.ModuleType) or type(value).__name__.endswith("Loader"):
                waiting += [(f"{place}.{name}", value)] if f"{place}.{name}" not in seen else []
            elif isinstance(value, type) and hasattr(value, "from_config"):
                names.setdefault(value, []).append(f"{place}.{name}")
    yield from names.items()


def plain(value: Any) -> Any:
    """Return a value that JSON does not have as one that it has."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value.as_list() if isinstance(value, tf.TensorShape) else list(value)


def main() -> int:
    lines = []
    for cls, names in exported():
        arguments = ARGUMENTS.get(cls.__name__, [])
        try:
            made = cls(*[one() if callable(one) else one for one in arguments])
            forms = {"v3": serialization_lib.serialize_keras_object(made),
                     "flat": serialization.serialize_keras_object(made)}  # fmt: skip
        except (TypeError, NotImplementedError) as error:
            print(f"{names[0]} is left out: {error}")
            continue
        kind = next((kind for kind, bases in KINDS.items() if issubclass(cls, bases)), "")
        record = {"names": sorted(names), "kind": "layer" if cls in (keras.Model, keras.Sequential) else kind, **forms}
        lines.append(json.dumps(record, default=plain, separators=(",", ":")))
    TARGET.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    print(f"{len(lines)} classes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
