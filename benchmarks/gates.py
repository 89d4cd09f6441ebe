"""What the gates and limits cost: ResNet50 loaded with them, and with all of them taken out.

    KERAS_BACKEND=jax python benchmarks/gates.py [--repeat N]

Both loads alternate in one process; the figure of each is its fastest round.
Taken out are the judging of arguments, the pass over all objects of the HDF5
file, the weighing of its arrays, and every budget.  Names are looked up either
way, since without that nothing could be built.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keras

import hornbook
from hornbook.archive.hdf5.file import H5File
from hornbook.engine.budget import Budget
from hornbook.engine.scan import Scan
from hornbook.saving import load

LIMIT = 1.10


@contextmanager
def without_gates() -> Iterator[None]:
    """Let everything pass."""

    def nothing(*args: Any, **kwargs: Any) -> None:
        return None

    with ExitStack() as stack:
        for owner, name in (
            (H5File, "_judge"),
            (H5File, "check"),
            (Budget, "take"),
            (Budget, "tensor"),
            (Budget, "work"),
            (Budget, "fill"),
            (Scan, "check"),
        ):
            stack.enter_context(patch.object(owner, name, nothing))
        stack.enter_context(patch.object(Scan, "_judged", lambda scan, _: scan._faults))
        stack.enter_context(patch.object(load, "weigh", lambda _: 0))
        yield


def seconds(path: Path) -> float:
    """Return how long a load takes."""
    keras.utils.clear_session()
    gc.collect()
    start = time.perf_counter()
    hornbook.load_model(path)
    return time.perf_counter() - start


def main() -> int:
    """Print the table; exit 1 if the ratio is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=15)
    repeat = parser.parse_args().repeat
    best = {"without": float("inf"), "with": float("inf")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        keras.applications.ResNet50(weights=None).save(path)
        for turn in range(2 * repeat):
            name = ("with", "without")[(turn + turn // 2) % 2]  # each of them first in every other round
            with without_gates() if name == "without" else nullcontext():
                best[name] = min(best[name], seconds(path))
    ratio = best["with"] / best["without"]
    print(f"Keras {keras.__version__}, {keras.backend.backend()}, Python {sys.version.split()[0]}")
    print(f"{'case':10} {'without ms':>11} {'with ms':>9} {'ratio':>6} {'limit':>6}")
    print(f"{'ResNet50':10} {1e3 * best['without']:11.1f} {1e3 * best['with']:9.1f} {ratio:6.3f} {LIMIT:6.2f}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
