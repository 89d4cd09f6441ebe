"""Whole models from the disk and to it, against Keras: ratios measured in one run.

    KERAS_BACKEND=jax python benchmarks/loading.py [--repeat N] [--only NAME] [--json FILE]

Each round loads, and saves, a model with both libraries one after the other;
the figure of each is its fastest round, so that what else the machine does
counts least.  Files to load are in the page cache; a file to save is a new one,
and the disk has nothing left to write when a save begins.  Keras' save ends
with the file in the page cache, ours with the file on the disk.  Weights of
both are compared, bit by bit.  Peak memory is that of a process of its own that
loads the transformer, less that of one that loads a model of two layers.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

import hornbook

LOAD = {"transformer": 0.2, "ResNet50": 0.4, "MobileNetV2": 0.5, "200 Dense": 0.06, "2 layers": 1.0}
SAVE = {"transformer": 0.5}
AGAINST_READING, MEMORY = 2.5, 1.25


def transformer(width: int = 768, depth: int = 12, heads: int = 12) -> Any:
    """Return an encoder of 85 M parameters."""
    x = inputs = keras.Input((64, width))
    for _ in range(depth):
        part = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(part, part)])
        part = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(width)(part)])
    return keras.Model(inputs, layers.Dense(10)(layers.LayerNormalization()(x)))


def dense(count: int) -> Any:
    """Return a `Sequential` of some layers."""
    return keras.Sequential([keras.Input((64,)), *(layers.Dense(64, activation="relu") for _ in range(count))])


MODELS: dict[str, Callable[[], Any]] = {
    "transformer": transformer,
    "ResNet50": lambda: keras.applications.ResNet50(weights=None),
    "MobileNetV2": lambda: keras.applications.MobileNetV2(weights=None),
    "200 Dense": lambda: dense(200),
    "2 layers": lambda: dense(2),
}


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of a call, and what it returned."""
    keras.utils.clear_session()
    gc.collect()
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def alternating(
    calls: dict[str, Callable[[], Any]], repeat: int, before: Callable[[], Any] = lambda: None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Return the fastest seconds of each call, and what each returned last; `before` is called before each."""
    best, last = dict.fromkeys(calls, float("inf")), {}
    for _ in range(repeat):
        for name, call in calls.items():
            last.pop(name, None)
            before()
            seconds, last[name] = timed(call)
            best[name] = min(best[name], seconds)
    return best, last


def same(one: Any, other: Any) -> None:
    """Stop if two models have not the same weights."""
    pairs = list(zip(one.get_weights(), other.get_weights(), strict=True))
    if not all(np.array_equal(a, b) for a, b in pairs):
        raise SystemExit("the weights differ")


def measure(name: str, folder: Path, repeat: int) -> dict[str, dict[str, float]]:
    """Return the seconds and the limits of one model."""
    model, path = MODELS[name](), folder / "model.keras"
    model.save(path)
    rows: dict[str, dict[str, float]] = {}
    if name in SAVE:
        saved = folder / "saved.keras"

        def clean() -> None:
            saved.unlink(missing_ok=True)
            os.sync()

        calls = {"keras": lambda: model.save(saved), "hornbook": lambda: hornbook.save_model(model, saved)}
        best, _ = alternating(calls, 2 * repeat, clean)
        rows["save"] = {**best, "limit": SAVE[name]}
        same(keras.saving.load_model(saved), model)
    calls = {"keras": lambda: keras.saving.load_model(path), "hornbook": lambda: hornbook.load_model(path)}
    if name == "transformer":
        calls["reading"] = lambda: len(path.read_bytes())
    best, last = alternating(calls, repeat)
    same(last["keras"], last["hornbook"])
    rows["load"] = {**best, "limit": LOAD[name]}
    if "reading" in best:
        rows["load / reading"] = {"keras": best.pop("reading"), "hornbook": best["hornbook"], "limit": AGAINST_READING}
        rows["load"].pop("reading")
    return rows


def peak(path: Path) -> int:
    """Return the most memory, in bytes, of a process that loads a file."""
    done = subprocess.run([sys.executable, __file__, "--peak", str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def memory(folder: Path) -> dict[str, float]:
    """Return the peak memory of loading the transformer, and what its weights take."""
    model, small = transformer(), dense(2)
    model.save(folder / "model.keras")
    small.save(folder / "small.keras")
    weights = sum(weight.nbytes for weight in model.get_weights())
    return {
        "keras": weights / 1e6,
        "hornbook": (peak(folder / "model.keras") - peak(folder / "small.keras")) / 1e6,
        "limit": MEMORY,
    }


def show(case: str, what: str, row: dict[str, float], scale: float) -> bool:
    """Print a row; say whether it is within its limit."""
    ratio = row["hornbook"] / row["keras"]
    print(
        f"{case:14} {what:16} {scale * row['keras']:10.1f} {scale * row['hornbook']:10.1f} "
        f"{ratio:6.3f} {row['limit']:6.2f}"
    )
    return ratio <= row["limit"]


def main() -> int:
    """Print the table; exit 1 if a ratio is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--peak", metavar="FILE", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.peak:
        hornbook.load_model(asked.peak)
        # `ru_maxrss` would be that of the process that started this one, if it was larger.
        told = Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1]
        print(int(told.split()[0]) * 1024)
        return 0
    print(f"Keras {keras.__version__}, {keras.backend.backend()}, Python {sys.version.split()[0]}")
    print(f"{'case':14} {'what':16} {'Keras ms':>10} {'ours ms':>10} {'ratio':>6} {'limit':>6}")
    results: dict[str, Any] = {}
    within = True
    for name in MODELS:
        if not name.startswith(asked.only):
            continue
        with tempfile.TemporaryDirectory() as folder:
            results[name] = measure(name, Path(folder), asked.repeat)
        for what, row in results[name].items():
            within &= show(name, what, row, 1e3)
    if "transformer".startswith(asked.only):
        with tempfile.TemporaryDirectory() as folder:
            results["memory"] = memory(Path(folder))
        print("peak memory in MB, beside that of the weights:")
        within &= show("transformer", "peak memory", results["memory"], 1)
    if asked.json:
        Path(asked.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0 if within else 1


if __name__ == "__main__":
    raise SystemExit(main())
