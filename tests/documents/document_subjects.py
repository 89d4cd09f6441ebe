"""What the documents call `my_regularizer`, `MyObject`, a custom layer or a custom metric."""

from __future__ import annotations

import numpy as np
from document_framework import KERAS_2, keras


def my_regularizer(x):
    return 0.01 * keras.ops.sum(keras.ops.square(x))


class MyObject(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 0.01 * keras.ops.sum(keras.ops.square(x))

    def get_config(self):
        return {}


class MyLayer(keras.layers.Dense):
    pass


class MyMetric(keras.metrics.MeanAbsoluteError):
    pass


class Box:
    """A class of an application's own, of no framework."""

    def __init__(self, width):
        self.width = width

    def get_config(self):
        return {"width": self.width}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


BATCH = np.linspace(-1.0, 1.0, 8, dtype="float32").reshape(2, 4)


def model_of(*layers):
    return keras.Sequential([keras.Input((4,)), *layers])


def outputs(model):
    return np.asarray(model.predict(BATCH, verbose=0))


def compiled_metrics(model):
    """Return the metrics that a model was compiled with, after one evaluation."""
    model.evaluate(BATCH, np.ones((2, 3), "float32"), verbose=0)
    if KERAS_2:  # the first one is that of the loss
        return model.metrics[1:]
    return [inner for metric in model.metrics for inner in getattr(metric, "metrics", [])]
