"""The engine alone, against Keras on the same configs: ratios measured in one run.

    KERAS_BACKEND=jax python benchmarks/engine.py [--repeat N] [--json FILE]

The configs are those of a 100-layer MLP, of ResNet50 and of MobileNetV2, with
every class replaced by a stub that keeps its config and calls the library
under test for the objects within, as `from_config` of Keras' layers does.  So
no layer is built, and what is measured is the engine.  The fourth case is a
list of 11,000 small registered objects.

Each round runs both libraries one after the other, with the garbage collector
off as `timeit` has it; the figure of each is its fastest round, so that what
else the machine does counts least.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

import hornbook

LIMITS = {"deserialize": 0.55, "serialize": 0.60}
PACKAGE = "bench"
Library = dict[str, Callable[[Any], Any]]
LIBRARIES: dict[str, Library] = {
    "keras": {
        "serialize": keras.saving.serialize_keras_object,
        "deserialize": keras.saving.deserialize_keras_object,
    },
    "hornbook": {
        "serialize": hornbook.serialize_keras_object,
        "deserialize": hornbook.deserialize_keras_object,
    },
}


def stub(name: str, library: Library) -> type:
    """Return a class that keeps a config and the objects within it."""
    deserialize = library["deserialize"]

    class Stub:
        def __init__(self, values: dict[str, Any]) -> None:
            self.values = values

        def get_config(self) -> dict[str, Any]:
            return self.values

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Stub:
            return cls({name: part(value) for name, value in config.items()})

    def part(value: Any) -> Any:
        if isinstance(value, dict) and "class_name" in value:
            return deserialize(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [layer(one) for one in value]
        return value

    def layer(config: dict[str, Any]) -> Any:
        """Do what `functional_from_config` of Keras does with a layer and its nodes."""
        made = deserialize(config)
        for node in config.get("inbound_nodes", ()):
            deserialize(node["args"])
            deserialize(node["kwargs"])
        return made

    Stub.__name__ = Stub.__qualname__ = name
    Stub.__module__ = "stubs"
    return Stub


def with_stubs(config: Any, names: set[str]) -> Any:
    """Return `config` with every Keras object turned into a registered stub."""
    if isinstance(config, list):
        return [with_stubs(value, names) for value in config]
    if not isinstance(config, dict):
        return config
    out = {key: with_stubs(value, names) for key, value in config.items()}
    name = out.get("class_name")
    if "config" in out and isinstance(name, str) and name != "function":
        name = out["class_name"] = name.strip("_")  # symbolic tensors become stubs as well
        names.add(name)
        out |= {"module": "stubs", "registered_name": f"{PACKAGE}>{name}"}
        out.pop("build_config", None)
        out.pop("compile_config", None)
    return out


def models() -> dict[str, Any]:
    """Return the configs of the three models as JSON gives them."""
    mlp = keras.Sequential([keras.Input((64,)), *(keras.layers.Dense(64, activation="relu") for _ in range(100))])
    built = {
        "MLP, 100 layers": mlp,
        "ResNet50": keras.applications.ResNet50(weights=None),
        "MobileNetV2": keras.applications.MobileNetV2(weights=None),
    }
    return {name: json.loads(model.to_json()) for name, model in built.items()}


def small_objects() -> Any:
    """Return the config of 11,000 small objects."""
    return [
        {
            "module": "stubs",
            "class_name": "Small",
            "config": {"a": i, "b": 0.5, "c": "x"},
            "registered_name": "bench>Small",
        }
        for i in range(11_000)
    ]


def prepare(
    config: Any, library: Library, register: Callable[..., Any], names: set[str]
) -> dict[str, Callable[[], Any]]:
    """Register stubs for one library and return what is to be timed."""
    for name in names:
        register(PACKAGE, name)(stub(name, library))
    objects = library["deserialize"](config)
    return {
        "deserialize": lambda: library["deserialize"](config),
        "serialize": lambda: library["serialize"](objects),
    }


def timed(call: Callable[[], Any], number: int) -> float:
    """Return the seconds of one call, the mean of `number`."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    for _ in range(number):
        call()
    seconds = time.perf_counter() - start
    gc.enable()
    return seconds / number


def measure(config: Any, names: set[str], repeat: int) -> dict[str, dict[str, float]]:
    """Return seconds of both libraries and the ratio, for both directions."""
    calls = {
        "keras": prepare(config, LIBRARIES["keras"], keras.saving.register_keras_serializable, names),
        "hornbook": prepare(config, LIBRARIES["hornbook"], hornbook.register_keras_serializable, names),
    }
    out = {}
    for direction in LIMITS:
        number = max(1, round(0.1 / timed(calls["keras"][direction], 1)))
        rounds = [
            {name: timed(calls[name][direction], number) for name in ("keras", "hornbook")} for _ in range(repeat)
        ]
        fastest = {name: 1e3 * min(one[name] for one in rounds) for name in ("keras", "hornbook")}
        out[direction] = {
            "keras_ms": fastest["keras"],
            "hornbook_ms": fastest["hornbook"],
            "ratio": fastest["hornbook"] / fastest["keras"],
        }
    return out


def main() -> int:
    """Print the table; exit 1 if a ratio is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=11)
    parser.add_argument("--json", metavar="FILE")
    asked = parser.parse_args()
    cases: dict[str, tuple[Any, set[str]]] = {}
    for name, config in models().items():
        names: set[str] = set()
        cases[name] = with_stubs(config, names), names
    cases["11,000 small objects"] = small_objects(), {"Small"}
    print(f"Keras {keras.__version__}, Python {sys.version.split()[0]}")
    print(f"{'case':22} {'direction':12} {'Keras ms':>9} {'ours ms':>9} {'ratio':>6} {'limit':>6}")
    results, failed = {}, False
    for case, (config, names) in cases.items():
        results[case] = measure(config, names, asked.repeat)
        for direction, row in results[case].items():
            failed |= row["ratio"] > LIMITS[direction]
            print(
                f"{case:22} {direction:12} {row['keras_ms']:9.2f} {row['hornbook_ms']:9.2f} "
                f"{row['ratio']:6.2f} {LIMITS[direction]:6.2f}"
            )
    if asked.json:
        Path(asked.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
