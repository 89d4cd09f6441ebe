"""Files that real versions of Keras 2 wrote give models of Keras 2 with the recorded outputs and optimizer state.

Run with TensorFlow 2.9.3, 2.15.1, and tf_keras 2.21.0; each version is loaded in
a process of its own, since what is imported decides whose models they become.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from tests import needs

GOLDEN = needs.SHARED / "golden"
FORMS = (".keras", ".h5", ".hdf5_inside.keras", ".weights.h5", ".to_json.json", ".serialized.json", ".get_config.json")


def installed(package: str) -> tuple[int, ...]:
    """Return major and minor version of a package; that of none is empty."""
    try:
        return needs.parts(version(package))
    except PackageNotFoundError:
        return ()


# `tf_keras` may stand beside Keras 3; a `keras` of that name is then none of ours.
PACKAGE = next((name for name in ("tf_keras", "keras") if installed(name)[:1] == (2,)), "")
pytestmark = [needs.shared, pytest.mark.skipif(not PACKAGE, reason="no Keras 2 is installed")]


def versions() -> list[str]:
    """Return the folders of versions that are not newer than the installed one; none where there are no files."""
    names = sorted(manifest.parent.name for manifest in GOLDEN.glob("*/manifest.json"))
    second = [name for name in names if not name.startswith("keras-3")]
    return [name for name in second if needs.parts(name.partition("-")[2]) <= installed(PACKAGE or "none")]


def files() -> dict[str, list[str]]:
    """Return the files of each version: each model in each form, of one; all take two minutes for each version."""
    written = [
        (name, f"{model}{form}")
        for name in versions()
        for model, entry in json.loads((GOLDEN / name / "manifest.json").read_text())["models"].items()
        for form in FORMS
        if "sha256" in entry.get("files", {}).get(form, {})
    ]
    found: dict[str, list[str]] = {name: [] for name in versions()}
    for name, file in needs.in_turns(written, lambda case: case[1]):
        found[name].append(file)
    return found


FILES = files()


@pytest.mark.parametrize("name", list(FILES) or [pytest.param("", marks=pytest.mark.skip("no files, or no Keras 2"))])
def test_files_of_a_version_load_as_models_of_keras_2(name: str) -> None:
    """Byte code is refused unless it is asked for; weights that TF 2.13 put elsewhere are an error."""
    outcomes = run(name, FILES[name])
    assert list(outcomes) == FILES[name]
    assert {file: problem for file, problem in outcomes.items() if problem is not None} == {}


def run(name: str, some: list[str]) -> dict[str, str | None]:
    program = [sys.executable, str(Path(__file__).with_name("golden_run.py")), PACKAGE, str(GOLDEN / name)]
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(program, input="\n".join(some), env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
