"""Record what real versions of Keras answer to the behaviours of `tests/legacy/behaviours`.

One version a run, in an environment that has it; the answers of the other
versions stay as they are:

    python scripts/generations.py tf-2.2.0        # TensorFlow 2.2.0, Python 3.8
    python scripts/generations.py tf-2.9.3        # TensorFlow 2.9.3 with Keras 2.9.0, Python 3.10
    python scripts/generations.py tf-2.15.1       # TensorFlow 2.15.1 with Keras 2.15.0
    python scripts/generations.py keras-3.6.0     # with JAX 0.4.35 and NumPy below 2.2
    python scripts/generations.py keras-3.15.1

`--check` writes nothing and exits with 1 if an answer is not as recorded.

Where Python 3.8 or 3.10 cannot be had, the first two can be run from a wheel,
under TensorFlow 2.15.1: `--wheel FILE` loads the one module that the system
consisted of, out of the wheel of `tensorflow` 2.2.0 or `keras` 2.9.0, and so
runs the very code of that version.  What needs the whole package is then not
asked, and what is recorded for it stays.

This file runs on Python 3.8 too, as the behaviours do.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import platform
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "legacy"
TARGET = FOLDER / "recorded.json"
sys.path.insert(0, str(FOLDER))

from behaviours import BEHAVIOURS, Keras, ask  # noqa: E402  they lie in the folder named above

GENERATIONS = ("tf-2.2.0", "tf-2.9.3", "tf-2.15.1", "keras-3.6.0", "keras-3.15.1")
MODULES = {"tf-2.2.0": "tensorflow.python.keras.utils.generic_utils", "tf-2.9.3": "keras.utils.generic_utils"}
ABOUT = (
    "What real versions answer to tests/legacy/behaviours; written by scripts/generations.py. "
    "An exception is recorded as its nearest built-in type, a name that a version lacks as 'absent'."
)


def packages(generation: str) -> dict[str, str]:
    """Return the installed packages that the answers depend on, and their versions.

    Raises:
        SystemExit: Another version is installed.
    """
    name, _, wanted = generation.partition("-")
    used = ["tensorflow", "keras"] if name == "tf" else ["keras", "jax"]
    if generation == "tf-2.2.0":
        used.remove("keras")  # it is within TensorFlow
    found = {package: importlib.import_module(package).__version__ for package in used}
    found["python"] = platform.python_version()
    installed = found["tensorflow" if name == "tf" else "keras"]
    if installed != wanted:
        raise SystemExit(f"{generation} was asked for, and {installed} is installed")
    return found


def names_of_one_module(module: Any) -> dict[str, Any]:
    """Return the names of TF 2.2 and 2.9, whose public functions are the legacy form."""
    return {
        "scope": module.CustomObjectScope,
        "scope_function": getattr(module, "custom_object_scope", module.CustomObjectScope),
        "get_custom_objects": module.get_custom_objects,
        "register": module.register_keras_serializable,
        "registered_name": module.get_registered_name,
        "registered_object": module.get_registered_object,
        "names": module._GLOBAL_CUSTOM_NAMES,
        **names_of_legacy_form(module),
    }


def names_of_legacy_form(module: Any) -> dict[str, Any]:
    return {
        "legacy_serialize": module.serialize_keras_object,
        "legacy_deserialize": module.deserialize_keras_object,
        "skip_failed": module.skip_failed_serialization,
        "loading_scope": getattr(module, "SharedObjectLoadingScope", None),
        "saving_scope": getattr(module, "SharedObjectSavingScope", None),
        "disable_scope": getattr(module, "DisableSharedObjectScope", None),
    }


def names_of_three_modules(registration: Any, library: Any, legacy: Any) -> dict[str, Any]:
    """Return the names of versions that have both forms."""
    names = getattr(registration, "GLOBAL_CUSTOM_NAMES", None)
    return {
        "scope": registration.CustomObjectScope,
        "scope_function": registration.custom_object_scope,
        "get_custom_objects": registration.get_custom_objects,
        "register": registration.register_keras_serializable,
        "registered_name": registration.get_registered_name,
        "registered_object": registration.get_registered_object,
        "names": registration._GLOBAL_CUSTOM_NAMES if names is None else names,
        "serialize": library.serialize_keras_object,
        "deserialize": library.deserialize_keras_object,
        "sharing_scope": library.ObjectSharingScope,
        "safe_mode_scope": library.SafeModeScope,
        **names_of_legacy_form(legacy),
    }


def installed(generation: str) -> Keras:
    """Return the names of the version that is installed."""
    if generation == "tf-2.2.0":
        package: Any = importlib.import_module("tensorflow").keras
    else:
        package = importlib.import_module("keras")
    if generation in MODULES:
        found = names_of_one_module(importlib.import_module(MODULES[generation]))
    else:
        legacy = "keras.src.saving.legacy" if generation == "tf-2.15.1" else "keras.src.legacy.saving"
        found = names_of_three_modules(
            importlib.import_module("keras.src.saving.object_registration"),
            importlib.import_module("keras.src.saving.serialization_lib"),
            importlib.import_module(legacy + ".serialization"),
        )
    return Keras(module=package, at_import=sorted(found["get_custom_objects"]()), **found)


def from_wheel(generation: str, wheel: Path) -> Keras:
    """Return the names of the one module, loaded out of a wheel under the TensorFlow that is installed."""
    importlib.import_module("tensorflow")
    if generation == "tf-2.9.3":
        # Its tf_inspect names this at import, which Python 3.11 has no more, and nothing here uses it.
        vars(inspect).setdefault("ArgSpec", inspect.FullArgSpec)
        for name in [name for name in sys.modules if name.partition(".")[0] == "keras"]:
            del sys.modules[name]
        for package in ("keras", "keras.utils"):  # without running what their __init__ imports
            bare = types.ModuleType(package)
            bare.__path__ = [f"{wheel}/{package.replace('.', '/')}"]
            sys.modules[package] = bare
        return Keras(**names_of_one_module(importlib.import_module(MODULES[generation])))
    file = MODULES[generation].replace(".", "/") + ".py"
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read(file)
    module = types.ModuleType("generic_utils_of_" + generation)
    exec(compile(source, f"{wheel.name}/{file}", "exec"), vars(module))  # noqa: S102  the code of that version
    return Keras(**names_of_one_module(module))


def answers(keras: Keras) -> dict[str, Any]:
    """Ask what can be asked; the built-in types of exceptions stand for them."""
    whole = "module" in vars(keras)
    return {name: ask(name, keras).as_json() for name, each in BEHAVIOURS.items() if whole or not each.needs_keras}


def read() -> dict[str, Any]:
    if not TARGET.exists():
        return {"about": ABOUT, "generations": {}, "behaviours": {}}
    recorded: dict[str, Any] = json.loads(TARGET.read_text(encoding="utf-8"))
    return recorded


def write(recorded: dict[str, Any]) -> None:
    """Write the recordings, one behaviour a line, in the order of the file of behaviours."""

    def block(entries: dict[str, Any]) -> str:
        lines = (f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())
        return "{\n" + ",\n".join(lines) + "\n }"

    generations = {name: recorded["generations"][name] for name in GENERATIONS if name in recorded["generations"]}
    behaviours = {
        name: {each: found[each] for each in GENERATIONS if each in found}
        for name, found in ((name, recorded["behaviours"].get(name, {})) for name in sorted(BEHAVIOURS))
    }
    parts = (f' "about": {json.dumps(ABOUT)}', f' "generations": {block(generations)}')
    text = "{\n" + ",\n".join((*parts, f' "behaviours": {block(behaviours)}')) + "\n}\n"
    TARGET.write_text(text, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("generation", choices=GENERATIONS)
    parser.add_argument("--wheel", type=Path, help="load the one module out of this wheel")
    parser.add_argument("--check", action="store_true", help="only compare with what is recorded")
    asked = parser.parse_args()
    if asked.wheel is not None:
        host = importlib.import_module("tensorflow").__version__
        ran = {"wheel": asked.wheel.name, "under tensorflow": host, "python": platform.python_version()}
        new = answers(from_wheel(asked.generation, asked.wheel))
    else:
        ran = packages(asked.generation)
        new = answers(installed(asked.generation))
    recorded = read()
    changed = 0
    for name, value in new.items():
        entry = recorded["behaviours"].setdefault(name, {})
        missing = asked.generation not in entry
        if missing or json.dumps(entry[asked.generation]) != json.dumps(value):
            changed += 1
            before = "not recorded" if missing else json.dumps(entry[asked.generation])
            print(f"{name}: {before} -> {json.dumps(value)}")
        entry[asked.generation] = value
    print(f"{asked.generation}: {len(new)} answers, {changed} not as recorded")
    if asked.check:
        return int(bool(changed))
    recorded["generations"][asked.generation] = ran
    write(recorded)
    return 0


if __name__ == "__main__":
    sys.exit(main())
