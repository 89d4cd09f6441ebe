"""No argument of a built-in costs memory or time beyond the variables that the budget counts.

    python -m tests.fuzz.ceilings [--pairs] [NAME ...]

Each class of the catalogue is made and built with huge values for one argument
after the other (`--pairs`: for two at once), in the Keras and on the backend
that run.  What takes more than 64 MB or a second beyond its counted variables is
printed.  Each value is tried twice, and the second time counts: the first one
starts the backend up.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import itertools
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MEMORY, SECONDS = 64 << 20, 1.0
# More than that is killed, and is too much.
_PATIENCE = 10
_HUGE = (1 << 29, 1 << 22, 100_000, -(1 << 29))
_SHAPES = [(2, 4, 3), (2, 8, 8, 3), (2, 3), (2, 8, 8, 8, 3), (2,)]
_CATALOGUE = Path(__file__).parents[2] / "src/hornbook/integrations/keras3/catalogue.json"
# What a class needs that has no default, by the name of its argument.
_GIVEN: dict[str, Any] = {
    "units": 2, "filters": 2, "kernel_size": 2, "input_dim": 4, "output_dim": 2, "rate": 0.5, "n": 2, "dims": [1],
    "target_shape": [-1], "num_heads": 2, "key_dim": 2, "head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 2,
    "height": 4, "width": 4, "factor": 0.1, "num_bins": 3, "num_tokens": 3, "value": 1.0, "num_classes": 2,
    "target_class_ids": [0], "rank": 2, "size": 2, "equation": "ab,bc->ac", "output_shape": 2, "stddev": 0.5,
    "crossing_dim": 2, "learning_rate": 0.1, "output_size": 2, "activation": "relu", "alpha": 0.5,
    "pool_dimensions": 2, "pool_size": 2, "strides": 1, "depth_multiplier": 1, "groups": 1,
    "precision": 0.5, "recall": 0.5, "sensitivity": 0.5, "specificity": 0.5, "max_value": 1.0, "min_value": 0.0,
    "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "boundaries": [1], "values": [0.1, 0.2],
    "first_decay_steps": 10, "shape": [2], "axis": -1, "axes": [1], "scale": 1.0, "offset": 0.0, "name": "a",
    "brightness_factor": 0.1, "contrast_factor": 0.1, "hue_factor": 0.1, "saturation_factor": 0.1, "num_samples": 2,
    "sequence_length": 4, "fft_length": 8, "sequence_stride": 2, "indices_or_sections": 1, "repeats": 2, "num": 2,
    "source": 0, "destination": 1, "pad_width": 1, "newshape": [-1], "subscripts": "ij->ji", "target_height": 4,
    "target_width": 4, "order": 1, "x": 1.0, "shift": 1, "num_segments": 2, "k": 1, "kth": 0, "axis1": 0, "axis2": 1,
    "threshold": 0.5, "q": 0.5, "num_chains": 2, "hashing_dim": 2, "dtype": "float32", "min_val": 0.0, "max_val": 1.0,
    "lower": 0, "upper": 1, "block_size": 2, "bins": 2,
}  # fmt: skip


def _object(name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": name, "config": config, "registered_name": None}


_DENSE, _LSTM, _CELL = _object("Dense", units=2), _object("LSTM", units=2), _object("SimpleRNNCell", units=2)
_OF_NAME: dict[str, dict[str, Any]] = {
    "TextVectorization": {"standardize": "lower", "split": "whitespace"}, "Rescaling": {"scale": 1.0, "offset": 0.0},
    "MaxNumBoundingBoxes": {"max_number": 2}, "RandomPosterization": {"factor": 4}, "Resize": {"size": [2, 2]},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}, "RandomZoom": {"height_factor": 0.1},
    "InputLayer": {"batch_shape": [2, 2]}, "LayerScale": {"init_values": 0.1, "projection_dim": 3},
    "StochasticDepth": {"drop_path_rate": 0.1}, "Cross": {"feature_names": ["a", "b"], "crossing_dim": 2},
    "MultiHot": {"num_classes": 2}, "Threshold": {"threshold": 0.5, "default_value": 0.0},
    "Clip": {"x_min": 0.0, "x_max": 1.0}, "Int4DTypePolicy": {"mode": "int4/-1", "source_name": "float32"},
    "GPTQDTypePolicy": {"mode": "gptq/4/-1", "source_name": "float32"},
    "AWQDTypePolicy": {"mode": "awq/4/-1", "source_name": "float32"}, "GPTQQuantizer": {"weight_bits": 4},
    "QuantizedDTypePolicy": {"mode": "int8", "source_name": "float32"},
    "QuantizedFloat8DTypePolicy": {"mode": "float8", "source_name": "float32"},
    "Bidirectional": {"layer": _LSTM}, "TimeDistributed": {"layer": _DENSE}, "Wrapper": {"layer": _DENSE},
    "SpectralNormalization": {"layer": _DENSE}, "RNN": {"cell": _CELL}, "StackedRNNCells": {"cells": [_CELL]},
    "Pipeline": {"layers": [_DENSE]}, "CategoryEncoding": {"num_tokens": 3},
    "Discretization": {"num_bins": 3}, "Dot": {"axes": [1, 1]},
    "Normalization": {"mean": 0.0, "variance": 1.0}, "Constant": {"value": 1.0}, "Activation": {"activation": "relu"},
}  # fmt: skip


class Built(NamedTuple):
    """A class that can be made.

    Args:
        path: The module and the name that a config has.
        config: The arguments of one.
        shape: What it is built with, if it is built.
        varied: The arguments that get huge values.
    """

    path: tuple[str, str]
    config: dict[str, Any]
    shape: tuple[int, ...] | None
    varied: tuple[str, ...]


def _taken(cls: type) -> list[inspect.Parameter]:
    try:
        return [one for one in inspect.signature(cls).parameters.values() if one.kind in (1, 3)]
    except (TypeError, ValueError):
        return []


def _config(target: Built, changes: dict[str, Any]) -> dict[str, Any]:
    module, name = target.path
    config = {"module": module, "class_name": name, "config": {**target.config, **changes}, "registered_name": None}
    if target.shape is not None:
        config["build_config"] = {"input_shape": list(target.shape)}
    return config


def _made(config: dict[str, Any]) -> Exception | None:
    import hornbook

    try:
        hornbook.deserialize_keras_object(config)
    except Exception as error:
        return error
    return None


def built(path: tuple[str, str], cls: type) -> Built | None:
    """Return how a class can be made, if it can."""
    given = {}
    for one in _taken(cls):
        if one.default is one.empty and one.name in _GIVEN:
            given[one.name] = _GIVEN[one.name]
    given |= _OF_NAME.get(path[1], {})
    given = _whole(cls, given)
    error: Any = None
    for shape in (*_SHAPES, None):
        target = Built(path, given, shape, _varied(cls, given))
        error = _made(_config(target, {}))
        if error is None:
            return target
    print(f"not made: {'.'.join(path)}: {str(error)[:300]!r}", flush=True)
    return None


def _whole(cls: type, given: dict[str, Any]) -> dict[str, Any]:
    """Return the config of an object of a class, if one can be made of what is given."""
    import hornbook

    with contextlib.suppress(Exception):
        config = hornbook.serialize_keras_object(cls(**given))["config"]
        return json.loads(json.dumps({**config, **given}))
    return given


def _varied(cls: type, given: dict[str, Any]) -> tuple[str, ...]:
    """Return the arguments that are no objects; a name is a name."""
    names = [one.name for one in _taken(cls)]
    return tuple(
        name for name in dict.fromkeys([*names, *given]) if name != "name" and type(given.get(name)) is not dict
    )


def classes(words: list[str]) -> Iterator[tuple[tuple[str, str], type]]:
    """Yield the classes of the catalogue, each once."""
    seen: set[type] = set()
    for module, names in json.loads(_CATALOGUE.read_text())["classes"].items():
        for name, kind in names.items():
            cls = _found(module, name)
            if cls is None or cls in seen or kind == "model":
                continue
            seen.add(cls)
            if not words or name in words:
                yield (module, name), cls


def _found(module: str, name: str) -> Any:
    import keras

    value: Any = keras
    with contextlib.suppress(ImportError):
        value = importlib.import_module(module) if module.startswith("keras.src") else keras
        for part in module.split(".")[1:] if value is keras else ():
            value = getattr(value, part, None)
    return getattr(value, name, None)


def values(before: Any) -> list[Any]:
    """Return huge values for an argument."""
    lengths = (len(before),) if isinstance(before, list) else (1, 2, 3)
    lists = [[one] * length for one in _HUGE[:2] for length in lengths]
    return [*_HUGE, *lists]


def cases(target: Built, pairs: bool) -> Iterator[dict[str, Any]]:
    """Yield the arguments that are changed at once."""
    for name in target.varied:
        for value in values(target.config.get(name)):
            yield {name: value}
    if target.shape is not None:
        for position in range(len(target.shape)):
            for value in _HUGE[:3]:
                yield {"@shape": [*target.shape[:position], value, *target.shape[position + 1 :]]}
    if pairs:
        for one, other in itertools.combinations(target.varied, 2):
            for value in _HUGE[:3]:
                yield {one: value, other: value}


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) << 10
    raise AssertionError


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def attempt(target: Built, changes: dict[str, Any]) -> tuple[float, int, str]:
    """Return seconds, bytes beyond the counted variables, and what came."""
    from hornbook.engine.budget import Budget

    config = _config(target, {name: value for name, value in changes.items() if name != "@shape"})
    if "@shape" in changes:
        config["build_config"]["input_shape"] = changes["@shape"]
    counted = [0]
    take = Budget.take

    def counting(self: Budget, size: int) -> None:
        take(self, size)
        counted[0] += 3 * size

    Budget.take = counting  # type: ignore[method-assign]
    try:
        for _ in range(2):
            counted[0] = 0
            Path("/proc/self/clear_refs").write_text("5")
            before, start = _resident(), time.perf_counter()
            error = _made(config)
            seconds, memory = time.perf_counter() - start, _peak() - before - counted[0]
            if seconds > 5 * SECONDS:
                break
    finally:
        Budget.take = take  # type: ignore[method-assign]
    return seconds, memory, "" if error is None else f"{type(error).__name__}: {str(error)[:120]}"


def tried(path: tuple[str, str], cls: type, pairs: bool, skip: int, pipe: int) -> None:
    """Try all cases in a process of its own, and write what came of each."""
    with os.fdopen(pipe, "w") as out:
        signal.alarm(10 * _PATIENCE)
        target = built(path, cls)
        if target is None:
            return
        for number, changes in enumerate(cases(target, pairs)):
            if number < skip:
                continue
            out.write(json.dumps([number, changes]) + "\n")
            out.flush()
            signal.alarm(_PATIENCE)
            out.write(json.dumps(attempt(target, changes)) + "\n")
            out.flush()
            signal.alarm(0)


def findings(path: tuple[str, str], cls: type, pairs: bool) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the cases that cost too much.

    The backend starts its threads in the child: it does not survive a fork.
    """
    skip = 0
    while True:
        reading, writing = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                tried(path, cls, pairs, skip, writing)
            except BaseException as error:
                print(f"stopped: {path}: {error!r}", flush=True)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as lines:
            rows = [json.loads(line) for line in lines]
        _, status = os.waitpid(child, 0)
        for (number, changes), outcome in zip(rows[::2], rows[1::2], strict=False):
            seconds, memory, told = outcome
            if seconds > SECONDS or memory > MEMORY:
                yield changes, f"{seconds:.2f} s, {memory >> 20} MB: {told}"
        if len(rows) % 2 == 0:
            return
        number, changes = rows[-1]
        yield changes, f"ended by signal {os.waitstatus_to_exitcode(status)}"
        skip = number + 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="classes to try; all if there is none")
    parser.add_argument("--pairs", action="store_true", help="give huge values to two arguments at once as well")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    found = count = 0
    for path, cls in classes(given.names):
        count += 1
        for changes, what in findings(path, cls, given.pairs):
            found += 1
            print(f"{'.'.join(path)}: {changes}: {what}", flush=True)
    print(f"{count} classes, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
