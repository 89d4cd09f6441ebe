"""Compare the functions of old versions of Keras with those of Keras 3, on one grid of inputs.

A name that is still there may mean something else.  So each activation, loss,
metric, initializer and simple layer is called with the same numbers in every
version, by its name as a string, and `docs/functions.md` says which differ:

    python scripts/generations_functions.py tf-2.2.0=/path/of/its/python tf-2.15.1=/path/of/its/python

The Python that runs this has Keras 3.  Exits with 1 if a difference is not in
the list of known ones.  This file runs on Python 3.8 too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

TARGET = Path(__file__).resolve().parents[1] / "docs" / "functions.md"
LAYERS = ("LeakyReLU", "ELU", "ReLU", "ThresholdedReLU", "Softmax", "PReLU")
KINDS = ("activations", "losses", "metrics", "initializers", "layers")
# What differs, and what is done about it.
KNOWN = {
    "activations.hard_sigmoid": "kept by `hornbook>hard_sigmoid_2`",
}


def record(label: str, more: list[str]) -> dict[str, Any]:
    """Call everything that the installed version has, and `more`; return the answers by name."""
    import numpy as np

    if label.startswith("tf-"):
        from tensorflow import keras
    else:
        import keras
    random = np.random.RandomState(0)
    inputs = {
        "grid": np.linspace(-6, 6, 48).reshape(6, 8).astype("float32"),
        "probabilities": random.dirichlet(np.ones(5), 6).astype("float32"),
        "truth": np.eye(5, dtype="float32")[[0, 1, 2, 3, 4, 0]],
        "numbers": random.uniform(0.1, 2.0, (2, 6, 5)).astype("float32"),
    }
    names = {f"{kind}.{name}" for kind in KINDS for name in names_of(keras, kind)} | set(more)
    return {name: answer(keras, name, inputs) for name in sorted(names)}


def names_of(keras: Any, kind: str) -> list[str]:
    if kind == "layers":
        return [name for name in LAYERS if hasattr(keras.layers, name)]
    space = getattr(keras, kind)
    return sorted(
        name
        for name in dir(space)
        if not name.startswith("_")
        and name not in ("get", "serialize", "deserialize")
        and callable(getattr(space, name))
    )


def answer(keras: Any, name: str, inputs: dict[str, Any]) -> Any:
    """Return rounded numbers, or the type of the exception."""
    try:
        return [float(f"{value:.5g}") for value in called(keras, *name.split("."), inputs)]
    except Exception as error:  # noqa: BLE001  any version may raise anything
        return type(error).__name__


def called(keras: Any, kind: str, name: str, inputs: dict[str, Any]) -> list[float]:
    """Return what a function gives, as numbers; of a metric the mean, of an initializer its moments."""
    import numpy as np

    if kind == "layers":
        found = getattr(keras.layers, name, None) or getattr(keras._legacy.layers, name)
        return np.ravel(np.asarray(found()(inputs["grid"]))).tolist()
    found = getattr(keras, kind).get(name)
    if isinstance(found, type):
        found = found()
    if kind == "activations":
        return np.ravel(np.asarray(found(keras_tensor(keras, inputs["grid"])))).tolist()
    if kind == "initializers":
        sample = np.asarray(found(shape=(600, 400)))
        return [round(float(sample.mean()), 2), round(float(sample.std()), 2)]
    truth, probabilities = inputs["truth"], inputs["probabilities"]
    sparse = "sparse" in name.lower()
    pairs = [(truth.argmax(-1).astype("int32") if sparse else truth, probabilities)]
    pairs += [] if sparse or "entropy" in name.lower() else [tuple(inputs["numbers"])]
    results = [
        found(keras_tensor(keras, expected), keras_tensor(keras, predicted)) for expected, predicted in pairs[:1]
    ]
    if not hasattr(found, "update_state"):  # a metric that is an object goes on counting
        results += [found(keras_tensor(keras, one), keras_tensor(keras, other)) for one, other in pairs[1:]]
    if kind == "metrics":
        return [float(np.mean(np.asarray(results[0], dtype="float64")))]
    return [value for result in results for value in np.ravel(np.asarray(result, dtype="float64")).tolist()]


def keras_tensor(keras: Any, value: Any) -> Any:
    ops = getattr(keras, "ops", None)
    return ops.convert_to_tensor(value) if ops is not None else keras.backend.constant(value, dtype=str(value.dtype))


def table(pythons: dict[str, str]) -> int:
    """Write what differs from Keras 3; return 1 if any of it is not known."""
    old = {label: json.loads(asked_of(python, label)) for label, python in pythons.items()}
    import keras

    label = f"keras-{keras.__version__}"
    new = record(label, sorted({name for answers in old.values() for name in answers}))
    differs: dict[str, list[str]] = {}
    gone: set[str] = set()
    count = 0
    for version, answers in old.items():
        for name, numbers in answers.items():
            if isinstance(numbers, str):
                continue
            count += 1
            if isinstance(new[name], str):
                gone.add(name)
            elif not close(numbers, new[name]):
                differs.setdefault(name, []).append(version)
    rows = [f"| `{name}` | {', '.join(some)} | {KNOWN.get(name, '?')} |" for name, some in sorted(differs.items())]
    text = [
        f"# Functions of {', '.join(old)} beside those of {label}",
        "Written by `scripts/generations_functions.py`: every activation, loss, metric, initializer and simple layer,",
        f"by its name, on the same numbers; {count} comparisons, relative difference above 1e-4.\n",
        "| function | differs in | what is done |\n|---|---|---|",
        *rows,
        "\nNo answer in Keras 3 under that name: " + ", ".join(f"`{name}`" for name in sorted(gone)) + ".",
    ]
    TARGET.write_text("\n".join(text) + "\n")
    return int(any(name not in KNOWN for name in differs))


def asked_of(python: str, label: str) -> str:
    done = subprocess.run([python, __file__, "--record", label], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()[-1]


def close(one: list[float], other: list[float]) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) <= 1e-5 + 1e-4 * abs(b)
        for a, b in zip(one, other)  # noqa: B905  Python 3.8
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("versions", nargs="*", help="LABEL=PYTHON, as tf-2.2.0=/opt/tf22/bin/python")
    parser.add_argument("--record", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.record:
        print("\n" + json.dumps(record(asked.record, [])))
    else:
        sys.exit(table(dict(one.split("=", 1) for one in asked.versions)))
