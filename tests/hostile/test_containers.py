"""Containers that attack their reader do no harm, and their look-alikes load."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import needs

from .containers import BENIGN, HOSTILE
from .harness import Harness

pytestmark = [needs.keras, pytest.mark.skipif(os.name != "posix", reason="the harness forks")]


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with Harness() as made:
        yield made


def everything(path: str) -> Any:
    """Give a file to every function that reads one; return what loads, or raise the last refusal."""
    import keras

    import hornbook

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    for read in (hornbook.inspect_model, hornbook.read_config, lambda source: hornbook.load_weights(model, source)):
        with contextlib.suppress(hornbook.HornbookError):
            read(path)
    return hornbook.load_model(path)


def test_every_case_says_what_it_tries() -> None:
    """A case without that is no evidence."""
    assert all(make.__doc__ for make in {**HOSTILE, **BENIGN}.values())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_container_is_refused(name: str, harness: Harness, tmp_path: Path) -> None:
    """One error of ours; nothing opened, no ceiling met, nothing changed."""
    try:
        path = HOSTILE[name](tmp_path)
    except ValueError as error:
        if "number of elements in chunk" not in str(error):
            raise
        pytest.skip("this h5py cannot write it")
    outcome = harness.run("tests.hostile.test_containers:everything", str(path))
    assert outcome.refused, outcome


@pytest.mark.parametrize("name", BENIGN)
def test_a_look_alike_loads(name: str, harness: Harness, tmp_path: Path) -> None:
    """What real writers make is read."""
    path = BENIGN[name](tmp_path)
    outcome = harness.run("load_model", str(path))
    assert outcome.accepted, outcome
