"""Each generation of `hornbook.legacy` answers what the real version answered, but for listed deviations."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
from tests import needs

from .behaviours import BEHAVIOURS, Answer, ask
from .deviations import DEVIATIONS
from .generations import MODULES, RECORDED, has_keras, namespace

CASES = [(name, generation) for name, found in RECORDED.items() for generation in found]
SCRIPT = Path(__file__).parents[2] / "scripts" / "generations.py"


def agrees(answer: Answer, recorded: Any) -> bool:
    """Say whether an answer is the recorded one; for an exception, one of the recorded built-in type."""
    if isinstance(recorded, dict) and set(recorded) == {"raises"}:
        return isinstance(answer.error, getattr(builtins, recorded["raises"]))
    return json.dumps(answer.as_json()) == json.dumps(recorded)


def told(answer: Answer) -> str:
    if answer.error is None:
        return json.dumps(answer.value)
    kinds = [kind.__name__ for kind in type(answer.error).__mro__[:-2]]
    return f"{' < '.join(kinds)}: {answer.error}"


@pytest.mark.parametrize(("name", "generation"), CASES, ids=[f"{MODULES[g]}-{name}" for name, g in CASES])
def test_a_generation_answers_as_recorded(name: str, generation: str) -> None:
    """What differs is listed with its reason; what is listed differs, in the way that the list says."""
    if BEHAVIOURS[name].needs_keras and not has_keras():
        pytest.skip("Keras is not installed")
    recorded = RECORDED[name][generation]
    answer = ask(name, namespace(generation))
    if "numpy" in needs.WITHOUT and isinstance(answer.error, ImportError) and "numpy" in str(answer.error):
        pytest.skip(str(answer.error))
    everywhere = DEVIATIONS.get((name, "*")) if recorded != "absent" else None
    deviation = DEVIATIONS.get((name, generation), everywhere)
    if deviation is None:
        assert agrees(answer, recorded), f"recorded: {json.dumps(recorded)}, ours: {told(answer)}"
    else:
        assert not agrees(answer, recorded), f"there is no deviation ({deviation.reason}): {told(answer)}"
        assert agrees(answer, deviation.ours), f"listed: {json.dumps(deviation.ours)}, ours: {told(answer)}"


def test_every_behaviour_is_recorded_of_every_generation() -> None:
    """A behaviour without recordings would not be tested."""
    assert set(RECORDED) == set(BEHAVIOURS)
    assert all(set(found) == set(MODULES) for found in RECORDED.values())


def test_every_deviation_is_of_a_known_behaviour_and_generation() -> None:
    """A deviation of something that is not asked would stay unnoticed."""
    assert {name for name, _ in DEVIATIONS} <= set(BEHAVIOURS)
    assert {generation for _, generation in DEVIATIONS} <= {*MODULES, "*"}


def test_the_installed_keras_answers_as_recorded() -> None:
    """In a process without hornbook; other versions are run by hand, as the script says."""
    try:
        installed = f"keras-{version('keras')}"
    except PackageNotFoundError:
        pytest.skip("Keras is not installed")
    if installed not in MODULES:
        pytest.skip(f"{installed} is not among the recorded versions")
    pytest.importorskip("jax", reason="the answers were recorded with JAX")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), installed, "--check"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
