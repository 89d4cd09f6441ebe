"""How long a trip is: calls in our files while a small model is loaded, and those that go up a layer.

    KERAS_BACKEND=jax python benchmarks/trips.py [--most 12] [--json FILE]

A model of two `Dense` layers is saved as a `.keras` file and loaded twice; the
second loading is counted, so that nothing is imported or looked up for the
first time.  Then the same is done with the model compiled and trained.

A *call* is an event `call` of `sys.setprofile` for a function of the package,
generators and comprehensions as often as they are entered.  A *crossing* is
such a call that comes straight from a function of the package whose layer is
lower, as the list in `scripts/sources.py` has them; what comes
by way of the framework, as its `from_config` that asks for a part, is none.
Printed are both, with the crossings and the functions that are most frequent.

Counted so, version 0.1 made 3,047 calls with 81 crossings, and 5,492 with 145
for the trained model.  An earlier count of that version, of 5,263 and 235, had
no script.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import sources


class Trip(NamedTuple):
    """What was counted.

    Args:
        calls: Functions that were called, by module and name.
        crossings: Calls into a higher layer, by both ends.
    """

    calls: Counter[str]
    crossings: Counter[tuple[str, str]]


class Counting:
    """Counts calls from its entering to its end.

    Args:
        package: The folder of the package.
    """

    def __init__(self, package: Path) -> None:
        self._package = f"{package}/"
        self._ranks = sources.RANKS
        self._modules: dict[str, tuple[str, int] | None] = {}
        self.trip = Trip(Counter(), Counter())

    def __enter__(self) -> Trip:
        sys.setprofile(self._event)
        return self.trip

    def __exit__(self, *args: object) -> None:
        sys.setprofile(None)

    def _event(self, frame: FrameType, event: str, argument: Any) -> None:
        if event != "call":
            return
        here = self._module(frame)
        if here is None:
            return
        name = f"{here[0]}.{frame.f_code.co_qualname if sys.version_info >= (3, 11) else frame.f_code.co_name}"
        self.trip.calls[name] += 1
        caller = frame.f_back
        before = None if caller is None else self._module(caller)
        if caller is not None and before is not None and before[1] > here[1]:
            self.trip.crossings[f"{before[0]}.{caller.f_code.co_name}", name] += 1

    def _module(self, frame: FrameType) -> tuple[str, int] | None:
        """Return the module of a frame and the rank of its layer; `None` if it is none of ours."""
        file = frame.f_code.co_filename
        if file not in self._modules:
            self._modules[file] = None
            if file.startswith(self._package):
                module = file.removeprefix(self._package).removesuffix(".py").removesuffix("/__init__")
                rank = self._ranks.get(module.split("/")[0])
                self._modules[file] = None if rank is None else (module.replace("/", "."), rank)
        return self._modules[file]


def two_layers(*, trained: bool) -> Any:
    """Return a model of two layers."""
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    if trained:
        model.compile("adam", "mse")
        model.fit(np.zeros((4, 8)), np.zeros((4, 2)), verbose=0)
    return model


def counted(model: Any) -> Trip:
    """Return what the second loading of a model takes."""
    import hornbook

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "two.keras"
        hornbook.save_model(model, path)
        hornbook.load_model(path)
        with Counting(Path(str(hornbook.__file__)).parent) as trip:
            hornbook.load_model(path)
    return trip


def main() -> int:
    """Print both figures, and what is most frequent in them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=12, help="how many names are printed")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = {}
    for name in ("two layers", "two layers, trained"):
        trip = counted(two_layers(trained=name.endswith("trained")))
        calls, crossings = sum(trip.calls.values()), sum(trip.crossings.values())
        found[name] = {"calls": calls, "crossings": crossings}
        print(f"{name}: {calls} calls of {len(trip.calls)} functions, {crossings} crossings")
        for (caller, called), number in trip.crossings.most_common(given.most):
            print(f"{number:6} {caller} -> {called}")
        print()
        for called, number in trip.calls.most_common(given.most):
            print(f"{number:6} {called}")
        print()
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
