"""A program that saves a model where no file may have more than some bytes, and says what that raised."""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main(target, form):
    import resource

    import keras

    import hornbook

    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    raised = []
    for most in (0, 100, 5000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
        try:
            hornbook.save_model(model, target, zipped=form == "file")
        except hornbook.HornbookError as error:
            raised.append(f"{type(error).__name__}: {error}")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    print(json.dumps({"raised": raised, "left": sorted(os.listdir(Path(target).parent))}))


if __name__ == "__main__":
    if find_spec("jax"):  # Keras' NumPy backend needs it, and starts sooner
        os.environ["KERAS_BACKEND"] = "numpy"
    main(*sys.argv[1:])
