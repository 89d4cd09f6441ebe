"""This version against an earlier one: the same work in alternating fresh processes, and the ratio pair by pair.

    python -m pip install --no-deps --target BEFORE EARLIER_CHECKOUT
    KERAS_BACKEND=jax python benchmarks/pairs.py BEFORE [--module NAME] [--pairs 20] [--json FILE]

Both run on the Keras that is installed beside this.  Each process does each
work a few times and gives the fastest; a pair is one process of each version,
one right after the other, the order turned with each pair, so that what else
the machine does meets both.  Printed are the median of the ratios, this
version over the earlier one, and its 95 % interval from the order of the
ratios, which assumes nothing of their distribution.  Exits with 1 if an
interval lies wholly above 1.03.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LIMIT = 1.03
ROUNDS = 5
OBJECTS = 5_000


def works(library: Any, folder: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what is measured."""
    import keras

    @library.register_keras_serializable("pairs")
    class Box:
        def __init__(self, value: Any = None) -> None:
            self.value = value

        def get_config(self) -> dict[str, Any]:
            return {"value": self.value}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Box:
            return cls(**config)

    boxes = [Box(number) for number in range(OBJECTS)]
    config = library.serialize_keras_object(boxes)
    yield "engine: objects to configs", lambda: library.serialize_keras_object(boxes)
    yield "engine: configs to objects", lambda: library.deserialize_keras_object(config)
    two = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    large = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3))
    for name, model in (("two layers", two), ("MobileNetV2", large)):
        path = folder / f"{name}.keras"
        library.save_model(model, path)
        yield f"load: {name}", lambda path=path: library.load_model(path)
        yield f"save: {name}", lambda model=model, path=path: library.save_model(model, path)
    text = large.to_json()
    yield "engine: JSON of MobileNetV2 to a model", lambda: library.model_from_json(text)


def measure(name: str) -> dict[str, float]:
    """Return the seconds of each work in this process, the fastest of a few."""
    library = importlib.import_module(name)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for work, call in works(library, Path(folder)):
            call()
            times = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                call()
                times.append(time.perf_counter() - start)
            found[work] = min(times)
    return found


def in_a_process(path: str | None, name: str) -> dict[str, float]:
    """Return what :func:`measure` gives in a process of its own."""
    environment = dict(os.environ)
    if path is not None:
        environment["PYTHONPATH"] = path
    command = [sys.executable, "-W", "ignore", __file__, "--measure", "--module", name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def interval(ratios: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the median: the order statistics that a sign test gives."""
    ordered, count = sorted(ratios), len(ratios)
    below, least = 0.0, 0
    while least < count // 2:
        below += math.comb(count, least) / 2**count
        if below > 0.025:
            break
        least += 1
    least = max(least - 1, 0)
    return ordered[least], ordered[count - 1 - least]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", nargs="?", help="folder with the earlier version")
    parser.add_argument("--module", default="hornbook", help="the name of the earlier version")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.module)))
        return 0
    ratios: dict[str, list[float]] = {}
    for number in range(given.pairs):
        sides = [(given.before, given.module), (None, "hornbook")]
        results = {side: in_a_process(*side) for side in (sides if number % 2 else sides[::-1])}
        before, after = (results[side] for side in sides)
        for work, seconds in after.items():
            ratios.setdefault(work, []).append(seconds / before[work])
        print(f"{number + 1} of {given.pairs} pairs", file=sys.stderr)
    slower = False
    for work, found in ratios.items():
        low, high = interval(found)
        slower |= low > LIMIT
        print(f"{work:42} {statistics.median(found):.3f}  [{low:.3f}, {high:.3f}]  {len(found)} pairs")
    if given.json:
        given.json.write_text(json.dumps(ratios, indent=1))
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
