"""No config does harm, and none that is meant well is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests import needs
from tests.hostile.configs import CANARY, Case, attacks, benign
from tests.hostile.harness import MEMORY_MIB, Harness

pytestmark = needs.keras

_FOLDER = "/nowhere"  # of which cases there are does not depend on the folder
_ATTACKS = needs.share_of_attacks(enumerate(attacks(_FOLDER)))


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness("tests.hostile.prepared:register") as running:
        yield running


@pytest.mark.parametrize("number", [number for number, _ in _ATTACKS], ids=[case.name for _, case in _ATTACKS])
def test_an_attack_is_refused_with_one_error_and_does_nothing(
    harness: Harness, number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing is opened, connected, imported or run, within 512 MB and 5 seconds."""
    folder = tmp_path_factory.mktemp("canary")
    (folder / CANARY).write_text("canary\n")
    case: Case = attacks(str(folder))[number]
    outcome = harness.run(case.entry, case.config)
    if needs.older("3.15") and case.tries == "a wrong argument":
        outcome = outcome if outcome.refused else pytest.skip("older ones take any number of units")
    assert outcome.refused, (case.tries, outcome)
    assert len(outcome.message) < 700


@pytest.mark.parametrize("case", benign(), ids=[case.name for case in benign()])
def test_what_looks_like_an_attack_is_read(harness: Harness, case: Case) -> None:
    """A name or a text is no reason to refuse."""
    outcome = harness.run(case.entry, case.config)
    if needs.older("3.15") and outcome.error == "UnknownReferenceError":
        pytest.skip("this Keras does not have it")
    if needs.backend() != "jax" and (outcome.peak_mib > MEMORY_MIB or "parameter name" in outcome.message):
        pytest.skip("torch and TensorFlow make variables at once, and torch takes no dot in a name")
    assert outcome.accepted, (case.tries, outcome)
