"""The probes and claims that lie beside some checkouts, run on our names instead of those of Keras.

They are two scripts that ask a real version of Keras and write what it
answered.  Here the head of a script, which imports that version, is left out,
and the names that it would have imported are put in its place.
"""

from __future__ import annotations

import builtins
import copy
import functools
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import traceback
import types
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from .generations import flat_form, module_of

HERE = Path(__file__)
PROBES = Path(os.environ.get("HORNBOOK_SHARED") or HERE.parents[3] / "shared") / "behaviour"  # without pytest
# Where the body of each script begins; what stands before it is replaced.  The claims come first:
# one of them is about what is registered at import.
BODY = {"claims": "Dense = keras.layers.Dense\n", "probe": "import numpy as np\n"}
# Claims about what only a Keras package has: models, their files, its layers, its aliases in TensorFlow.
OF_A_PACKAGE = re.compile(r"0\.2b|0\.[3-6].*|1\.1b?|1\.6\..*|2\.2b|2\.4|2\.11b?|2\.13b?|2\.16\..*|3\.4b?|4\.2b")


def answers(generation: str, library: str = "hornbook") -> dict[str, dict[str, Any]]:
    """Return what the scripts say of one generation, in a process of its own.

    Args:
        generation: As in `recorded.json`.
        library: `"keras"` for the Keras that is installed, to try this file itself.

    Returns:
        By script, then by id: for probes texts, for claims lists.
    """
    start = f"import sys; sys.path.insert(0, {str(HERE.parents[1])!r}); from legacy import shared_material"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", f"{start}; shared_material.main()", generation, library, folder],
            env={"KERAS_BACKEND": "jax", **os.environ, "TMPDIR": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return {kind: json.loads(Path(folder, f"{kind}.json").read_text(encoding="utf-8")) for kind in BODY}


def main() -> None:
    """Run the scripts on the names of one generation; called in the process of :func:`answers`."""
    generation, library, folder = sys.argv[1:]
    parts = ours(generation) if library == "hornbook" else installed()
    warnings.simplefilter("ignore")
    for kind, mark in BODY.items():
        path = PROBES / f"{kind}.py"
        head, found, body = path.read_text(encoding="utf-8").partition("\n" + mark)
        assert found, f"{path} does not have the line that its body begins with"
        # Lines keep their numbers: Keras quotes the source of a lambda.
        code = compile("\n" * (head.count("\n") + 1) + mark + body, str(path), "exec")
        sys.argv = [str(path), "k315" if library == "keras" else "ours", f"{folder}/{kind}.json"]
        exec(code, {"__name__": "__main__", **names(parts)})


class Parts(NamedTuple):
    """What the scripts call the modules of a version."""

    reg: Any
    leg: Any
    v3: Any
    public: Any
    keras: Any


def ours(generation: str) -> Parts:
    """Return our names, and beside them the Keras that is installed."""
    from hornbook.engine.registry import DEFAULT

    module = module_of(generation)
    flat = flat_form(module)
    # The probes empty the table of registered names between each other, by its name in Keras.
    reg = types.SimpleNamespace(**vars(module), _GLOBAL_CUSTOM_NAMES=DEFAULT._names)
    return Parts(reg, flat, None if flat is module else module, module, importlib.import_module("keras"))


def installed() -> Parts:
    """Return the modules of the Keras 3 that is installed."""
    keras = importlib.import_module("keras")
    return Parts(
        importlib.import_module("keras.src.saving.object_registration"),
        importlib.import_module("keras.src.legacy.saving.serialization"),
        importlib.import_module("keras.src.saving.serialization_lib"),
        keras.utils,
        keras,
    )


def names(parts: Parts) -> dict[str, Any]:
    """Return what the heads of both scripts define."""
    public = parts.public
    modules = (copy, functools, inspect, json, os, sys, tempfile, threading, traceback, types, warnings)
    return {
        **{module.__name__: module for module in modules},
        "ERA": sys.argv[1],
        "OUT": {},
        "reg": parts.reg,
        "leg": parts.leg,
        "v3": parts.v3,
        "base": parts.keras,
        "keras": parts.keras,
        "tf": None,
        "ops": parts.keras.ops,
        "red": parts.keras.ops.sum,
        "U": public,
        "SV": public if parts.v3 else None,
        "pub_des": public.deserialize_keras_object,
        "pub_ser": public.serialize_keras_object,
        "scope": public.custom_object_scope,
        "gco": public.get_custom_objects,
        "rks": public.register_keras_serializable,
        "gro": public.get_registered_object,
        "grn": public.get_registered_name,
    }


def same(ours: str, recorded: str) -> bool:
    """Say whether a probe gave what was recorded; of exceptions the built-in type counts."""
    raised = re.match(r"!! (\w+)", recorded)
    if raised is not None:
        wanted = getattr(builtins, raised[1], Exception)
        found = re.match(r"!! (\w+)", ours)
        return found is not None and issubclass(_kind(found[1]), wanted)
    # Texts may name exceptions too: there the built-in types of ours count as well.
    pattern = re.sub(r"\w+", lambda word: _or_built_in(word[0]), re.escape(_plain(ours)))
    return re.fullmatch(pattern, _plain(recorded)) is not None


def _plain(text: str) -> str:
    """Leave out addresses and byte code."""
    text = re.sub(r" at 0x[0-9a-f.]+", "", text)
    return re.sub(r"'value': \('[^']*', None, None\)", "'value': ('<marshal>', None, None)", text)


def _kind(name: str) -> type:
    from hornbook import errors

    return getattr(errors, name, getattr(builtins, name, Exception))


def _or_built_in(word: str) -> str:
    if not word.endswith("Error"):
        return word
    kinds = [kind.__name__ for kind in _kind(word).__mro__ if kind.__module__ == builtins.__name__]
    return f"(?:{'|'.join([word, *kinds])})"
