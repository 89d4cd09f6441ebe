"""What lies beside some checkouts: 303 probes and 72 claims, and what real versions of Keras answered to them."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import Any

import pytest
from tests import needs

from .deviations import CLAIM_DEVIATIONS, PROBE_DEVIATIONS
from .generations import MODULES
from .shared_material import OF_A_PACKAGE, PROBES, answers, same

pytestmark = [
    pytest.mark.skipif(not PROBES.is_dir(), reason="the folder with shared material is not beside this checkout"),
    needs.keras,
]

Differences = dict[str, tuple[Any, Any]]  # by id: what was answered, and what was recorded


def recorded(name: str, generation: str) -> dict[str, Any]:
    """Return what one real version answered, by id."""
    entries = json.loads((PROBES / f"{name}.json").read_text(encoding="utf-8"))
    return {each: entry[generation] for each, entry in entries.items()}


def probe_differences(given: dict[str, str], generation: str) -> Differences:
    """Return the probes that answer something else than recorded: what they say, and what was recorded."""
    wanted = recorded("behaviour", generation)
    return {key(name): (given[name], wanted[name]) for name in wanted if not same(given[name], wanted[name])}


def claim_differences(given: dict[str, Any], generation: str, skip: re.Pattern[str] = OF_A_PACKAGE) -> Differences:
    """Return the claims that hold here and not there, or the other way round."""
    wanted = {name: entry for name, entry in recorded("claims", generation).items() if not skip.fullmatch(name)}
    return {name: (given[name], wanted[name]) for name in wanted if given[name][1] != wanted[name][0]}


def key(name: str) -> str:
    """Return the id of a probe: `"L05 unknown string"` is `"L05"`, `"V00 ser slice"` stays."""
    return name if name.startswith("V00 ") else name.partition(" ")[0]


def complaints(
    differences: Differences, deviations: dict[tuple[str, str], str], generation: str, answered: set[str]
) -> list[str]:
    """Return a text for each difference that is not listed, and for each that is listed and does not exist."""
    listed = {name for name, of in deviations if of == generation or (of == "*" and name in answered)}
    unlisted = [f"{name}\n  ours     {a}\n  recorded {b}" for name, (a, b) in differences.items() if name not in listed]
    return [*unlisted, *(f"{name}: listed, and there is no deviation" for name in sorted(listed - set(differences)))]


@pytest.mark.parametrize("generation", MODULES)
def test_a_generation_answers_probes_and_claims_as_recorded(generation: str) -> None:
    """What differs is listed with its reason; claims about a whole Keras package are left out."""
    given = answers(generation)
    answered = {key(name) for name, text in recorded("behaviour", generation).items() if text != "n/a"}
    found = complaints(probe_differences(given["probe"], generation), PROBE_DEVIATIONS, generation, answered)
    claims = claim_differences(given["claims"], generation)
    found += complaints(claims, CLAIM_DEVIATIONS, generation, set(given["claims"]))
    assert not found, "\n".join(["", *found])


def test_the_installed_keras_answers_as_recorded() -> None:
    """The scripts run as they are meant to when their heads are replaced."""
    generation = f"keras-{version('keras')}"
    if generation not in MODULES:
        pytest.skip(f"{generation} is not among the recorded versions")
    given = answers(generation, "keras")
    moved = {"V18"} if needs.backend() == "torch" else set()  # optimizers that have no public name
    found = probe_differences(given["probe"], generation)
    moved.add("V13f")  # counts addresses that are used again, as each Python does in its own way
    assert found.keys() <= moved, found
    assert claim_differences(given["claims"], generation, skip=re.compile("(?!)")) == {}
