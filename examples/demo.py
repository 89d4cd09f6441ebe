"""From a trained model to a new process and back: what hornbook does, in ten lines.

Run it with `make demo`; what it writes stays in `build/demo/`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from demo_objects import Gate, LopsidedLoss

import hornbook

FOLDER = Path(__file__).parents[1] / "build" / "demo"
GOOD, BAD, PREDICTIONS = FOLDER / "model.keras", FOLDER / "lambda.keras", FOLDER / "predictions.npy"
CUSTOM_OBJECTS = {"Gate": Gate, "LopsidedLoss": LopsidedLoss}


def data():
    """200 points of a wave with noise on it, and two features that say nothing."""
    random = np.random.default_rng(2)
    x = random.uniform(-2, 2, size=(200, 3)).astype("float32")
    y = np.sin(2 * x[:, :1]) + random.normal(scale=0.1, size=(200, 1))
    return x, y.astype("float32")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    x, y = data()

    model, before, after = trained(x, y)
    expect(after < before, "training lowers the loss")
    print(f"Trained a model with a layer and a loss of our own: the loss fell from {before:.2f} to {after:.2f}.")

    hornbook.save_model(model, GOOD)
    print(f"Saved it with its optimizer to {shown(GOOD)}.")

    found = inspected(GOOD)
    needed = [one["label"] for one in found["custom_objects"]]
    expect(found["parameters"] == model.count_params(), "the parameters are counted right")
    expect(needed == list(CUSTOM_OBJECTS), "the custom objects are told")
    expect(found["lambdas"] == [], "there are no lambdas")
    print(
        f"`hornbook inspect` read it without Keras: {found['parameters']} parameters, {found['compiled']['optimizer']},"
    )
    print(f"  no lambdas, custom objects {' and '.join(needed)}.")

    save_with_lambda(BAD)
    where = inspected(BAD)["lambdas"]
    expect(len(where) == 1, "the lambda is found")
    print(f"Wrote a second file, {shown(BAD)}, with Python code at `{where[0]}`.")
    reason = refusal(BAD)
    expect("byte code" in reason, "the lambda is refused")
    print("Loading that one was refused, before anything was built:")
    print("  " + reason.replace("\n", "\n  "))

    subprocess.run([sys.executable, __file__, "reload"], check=True)
    expect(np.array_equal(np.load(PREDICTIONS), model.predict(x, verbose=0)), "the predictions are equal")
    print(f"A new process loaded {GOOD.name} with custom_objects, which it was refused without:")
    print(f"  its predictions for {len(x)} points are exactly equal to ours.")


def reload():
    """What the new process does."""
    expect("Gate" in refusal(GOOD), "the file cannot be loaded without custom_objects")
    model = hornbook.load_model(GOOD, custom_objects=CUSTOM_OBJECTS)
    x, _ = data()
    np.save(PREDICTIONS, model.predict(x, verbose=0))


def trained(x, y):
    """A model, and its loss in the first and in the last round of training."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), Gate(), keras.layers.Dense(16, "tanh"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.03), LopsidedLoss(weight=3.0))
    losses = model.fit(x, y, batch_size=50, epochs=40, verbose=0).history["loss"]
    return model, losses[0], losses[-1]


def inspected(file):
    """What the command line tells of a file."""
    command = [sys.executable, "-m", "hornbook.cli", "inspect", "--json", file]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def save_with_lambda(file):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x * 2)])
    hornbook.save_model(model, file)


def refusal(file):
    """The error that loading a file ends with."""
    try:
        hornbook.load_model(file)
    except hornbook.HornbookError as error:
        return str(error)
    return ""


def shown(file):
    return file.relative_to(FOLDER.parents[1])


def expect(truth, what):
    if not truth:
        sys.exit(f"The demo failed, for this does not hold: {what}.")


if __name__ == "__main__":
    if sys.argv[1:] == ["reload"]:
        reload()
    else:
        main()
