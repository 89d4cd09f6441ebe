"""`hornbook audit` of many files: against an earlier version and another scanner, and with more than one process.

    git archive COMMIT src | tar -x -C BEFORE
    KERAS_BACKEND=jax python benchmarks/audit.py [FOLDER] [--before BEFORE/src] [--peer "modelaudit scan --no-cache"]

FOLDER has the files; without one a hundred small models are written with
Keras, in three forms.  Whole processes take turns, start-up included, so that
what else the machine does meets all of them; of each the fastest round
counts.  Printed are wall time, CPU time and the most memory that one process
had, and the ratios to this version with one process, by CPU time: that is what
a core does, whoever uses the others.

    python benchmarks/audit.py FOLDER --memory 10000

audits a tenth of so many links to the files, and all of them: memory that is
flat does not grow between the two.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FILES = 100


class Cost(NamedTuple):
    """What a process has taken."""

    wall: float
    cpu: float
    mebibytes: float


def models() -> list[Callable[[], object]]:
    """Return what makes the models, one of each kind."""
    import keras

    layers = keras.layers

    def residual() -> object:
        start = keras.Input((16, 16, 3))
        x = layers.Conv2D(8, 3, padding="same")(start)
        for _ in range(4):
            y = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same", activation="relu")(x))
            x = layers.Add()([x, y])
        return keras.Model(start, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))

    def dense() -> object:
        model = keras.Sequential([keras.Input((8,)), *(layers.Dense(16, activation="relu") for _ in range(6))])
        model.compile("adam", "mse", metrics=["mae"])
        return model

    def text() -> object:
        inner = [layers.Embedding(100, 8), layers.Bidirectional(layers.LSTM(8)), layers.Dropout(0.1), layers.Dense(1)]
        return keras.Sequential([keras.Input((12,), dtype="int32"), *inner])

    def attention() -> object:
        start = keras.Input((12, 16))
        x = start
        for _ in range(2):
            x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
            x = x + layers.Dense(16)(layers.Dense(32, activation="gelu")(x))
        return keras.Model(start, x)

    return [residual, dense, text, attention]


def write_files(folder: Path) -> None:
    """Write a hundred files: `.keras`, HDF5 and JSON."""
    import logging
    import shutil

    logging.disable(logging.WARNING)  # HDF5 is not what Keras recommends
    written: list[Path] = []
    for make in models():
        model = make()
        for suffix in ("keras", "h5"):
            written.append(folder / f"{make.__name__}.{suffix}")
            model.save(written[-1])
        written.append(folder / f"{make.__name__}.json")
        written[-1].write_text(model.to_json())
    for number in range(FILES - len(written)):
        source = written[number % len(written)]
        shutil.copyfile(source, folder / f"{source.stem}-{number}{source.suffix}")


def cost(command: list[str], path: str | None) -> Cost:
    """Run a command and return what it took, with the processes that it started."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if path is not None:
        environment["PYTHONPATH"] = path
    else:
        environment.pop("PYTHONPATH", None)
    environment.update(PROMPTFOO_DISABLE_TELEMETRY="1", NO_ANALYTICS="1")  # the scanner reports nothing home
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode not in (0, 1, 2):
        raise RuntimeError(f"{shlex.join(command)}: exit code {process.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(folder: Path, sides: dict[str, tuple[list[str], str | None]], rounds: int) -> None:
    """Print what each side takes for a folder."""
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: 1 if number % 2 else -1]:
            command, path = sides[name]
            costs[name].append(cost([*command, str(folder)], path))
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    best = {name: Cost(*(min(column) for column in zip(*found, strict=True))) for name, found in costs.items()}
    ours = best["this version"]
    print(f"{count} files, the fastest of {rounds} rounds")
    for name, found in best.items():
        print(
            f"{name:22} wall {found.wall:7.3f} s   CPU {found.cpu:7.3f} s ({found.cpu / ours.cpu:5.2f} x)   "
            f"{found.mebibytes:5.0f} MiB"
        )


def memory(folder: Path, command: list[str], path: str, count: int) -> None:
    """Print the memory for a tenth of so many files, and for all."""
    sources = sorted(path for path in folder.rglob("*") if path.is_file())
    for number in (count // 10, count):
        with tempfile.TemporaryDirectory(dir=folder.parent) as many:
            for file in range(number):
                source = sources[file % len(sources)]
                os.link(source, Path(many, f"{file:06}{source.suffix}"))
            found = cost([*command, many], path)
        print(f"{number:6} files: {found.mebibytes:6.1f} MiB, {1e3 * found.cpu / number:.2f} ms of CPU a file")


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--before", help="the folder `src` of an earlier version")
    parser.add_argument("--peer", help="another scanner, as the beginning of a command line")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=int, help="audit so many files, and print the memory alone")
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write_files(given.folder)
        return 0
    ours = [sys.executable, "-m", "hornbook.cli", "audit"]
    path = str(Path(__file__).resolve().parents[1] / "src")
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder
        if folder is None:
            folder = Path(scratch, "models")
            folder.mkdir()
            # In a process of its own: the memory of this one would count for those that it starts.
            subprocess.run([sys.executable, "-W", "ignore", __file__, str(folder), "--write"], check=True)
        if given.memory:
            memory(folder, ours, path, given.memory)
            return 0
        sides: dict[str, tuple[list[str], str | None]] = {
            "this version": (ours, path),
            f"this version, -j {given.jobs}": ([*ours, "-j", str(given.jobs)], path),
        }
        if given.before:
            sides["before"] = (ours, given.before)
        if given.peer:
            sides[given.peer.split()[0].rpartition("/")[2]] = (shlex.split(given.peer), None)
        compare(folder, sides, given.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
