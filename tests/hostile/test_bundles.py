"""SavedModels and checkpoints that attack their reader do no harm, and their look-alikes load."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import needs

import hornbook

from .bundles import BENIGN, HOSTILE
from .harness import Harness

pytestmark = [needs.keras, pytest.mark.skipif(os.name != "posix", reason="the harness forks")]
SECONDS, MIB = 10, 700
# The values of arrays, and whether a model takes what is there.
ONLY_READING_TELLS = {"wrong_sum", "truth_that_is_none", "slices_that_overlap", "weights_of_another", "deep_graph"}
NO_MODEL = {"graph_alone"}  # which is said in another way


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness() as made:
        yield made


def weights_alone(prefix: str) -> Any:
    """Load a checkpoint into the model that it is for."""
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, name="first")])
    hornbook.load_weights(model, prefix)
    return model


def test_every_case_says_what_it_tries() -> None:
    """A case without that is no evidence."""
    assert all(make.__doc__ for make in {**HOSTILE, **BENIGN}.values())


@pytest.mark.parametrize("name", needs.share_of_attacks(HOSTILE))
def test_a_hostile_folder_is_refused(name: str, harness: Harness, tmp_path: Path) -> None:
    """One error of ours; nothing opened, no ceiling met, nothing changed."""
    path = HOSTILE[name](tmp_path)
    outcome = harness.run("tests.hostile.test_containers:everything", str(path))
    assert outcome.refused, outcome
    assert outcome.seconds < SECONDS, outcome
    assert outcome.peak_mib < MIB, outcome


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - ONLY_READING_TELLS - NO_MODEL))
def test_an_audit_finds_it(name: str, tmp_path: Path) -> None:
    """It looks at all that loading would look at before it reads an array, and raises nothing."""
    path = HOSTILE[name](tmp_path)
    assert hornbook.audit(path).verdict == "findings"


@pytest.mark.parametrize("name", BENIGN)
def test_a_look_alike_loads(name: str, harness: Harness, tmp_path: Path) -> None:
    """As a folder, and its checkpoint alone."""
    path = BENIGN[name](tmp_path)
    outcome = harness.run("hornbook:load_model", str(path))
    assert outcome.loaded, outcome
    assert harness.run("tests.hostile.test_bundles:weights_alone", f"{path}/variables/variables").loaded
