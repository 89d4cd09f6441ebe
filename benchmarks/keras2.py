"""Loading models of Keras 2, with hornbook and with Keras 2 itself, in alternating pairs in one process.

Run it with a Python that has `tf_keras`, or TensorFlow up to 2.15:

    python benchmarks/keras2.py --pairs 5

It prints the median time of each, and the median of the ratios of a pair:
below 1, hornbook is the faster one.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if find_spec("tf_keras"):
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import tf_keras as keras
else:
    import tensorflow as tf

    keras = tf.keras

import hornbook

WIDTH, HEADS, BLOCKS, LENGTH = 768, 12, 12, 128


def transformer() -> Any:
    """Return an encoder of 85 million parameters, as BERT of the base size has without its vocabulary."""
    layers = keras.layers
    inputs = keras.Input((LENGTH, WIDTH))
    stream = inputs
    for _ in range(BLOCKS):
        seen = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(stream, stream)
        stream = layers.LayerNormalization()(layers.Add()([stream, seen]))
        wide = layers.Dense(WIDTH)(layers.Dense(4 * WIDTH, "gelu")(stream))
        stream = layers.LayerNormalization()(layers.Add()([stream, wide]))
    return keras.Model(inputs, stream)


def resnet() -> Any:
    return keras.applications.ResNet50(weights=None)


MODELS: dict[str, Callable[[], Any]] = {"transformer": transformer, "ResNet50": resnet}


def timed(load: Callable[[], Any]) -> float:
    """Return the seconds that a call takes, with nothing left of the one before."""
    keras.backend.clear_session()
    gc.collect()
    start = time.perf_counter()
    load()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    warnings.simplefilter("ignore")
    print(f"Keras {keras.__version__}, Python {sys.version.split()[0]}, {pairs} pairs; seconds")
    for name, make in MODELS.items():
        for suffix in ("h5", "keras"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, f"model.{suffix}")
                try:
                    make().save(path)
                except ValueError as error:  # `.keras` came with 2.12
                    print(f"{name} .{suffix}: {error}")
                    continue
                loads = (lambda p=path: keras.models.load_model(p)), (lambda p=path: hornbook.load_model(p))
                for load in loads:
                    timed(load)
                times = [tuple(timed(load) for load in loads) for _ in range(pairs)]
            theirs, ours = zip(*times, strict=True)
            ratio = statistics.median(mine / other for other, mine in times)
            print(
                f"{name} .{suffix}: Keras {statistics.median(theirs):.2f}, hornbook {statistics.median(ours):.2f}, "
                f"ratio {ratio:.2f} [{min(m / t for t, m in times):.2f}, {max(m / t for t, m in times):.2f}]"
            )


if __name__ == "__main__":
    main()
