"""Files and configs that attack a loader are never called clean; look-alikes and real models are."""

from __future__ import annotations

import io
import json
import os
import shutil

import pytest
from tests import needs

pytest.importorskip("keras")

import keras
from tests.hostile.configs import attacks, benign
from tests.hostile.prepared import register

import hornbook

HOSTILE = needs.SHARED / "hostile" / "files"

# What loading refuses, and never for policy: Keras does not take such a value,
# or the sizes show only when layers are built.  By the beginning of a name.
NOT_JUDGED = {
    "memory-": "how large it gets is counted when its layers are built",
    "pieces-Unstack": "how many tensors it makes is counted when its graph is built",
    "top-": "in JSON any object may stand; that a model is asked for is the caller's business",
    "cycle": "whether calls of layers make a circle is for Keras to find",
    "typespec": "TensorFlow is asked when it is read",
    "registered-class-as-activation": "a class of the user's may be called",
    # Of the files in ../shared.
    "graph_cycle": "whether calls of layers make a circle is for Keras to find",
    "registered_name_shadow": "the built-in is what is made",
    "w_wrong_shape": "which shapes fit shows when the model is built",
}


@pytest.fixture(autouse=True, scope="module")
def _registered():
    """What the user of a library has registered."""
    objects = hornbook.get_custom_objects()
    before = dict(objects)
    register()
    yield
    objects.clear()
    objects.update(before)


def verdict_of(source, **options):
    try:
        return hornbook.audit(source, **options).verdict
    except hornbook.HornbookError:
        return "unreadable"


def as_file(config):
    return io.BytesIO(config if isinstance(config, bytes) else json.dumps(config).encode())


@pytest.mark.parametrize("case", attacks("/nowhere"), ids=lambda case: case.name)
def test_an_attack_is_not_clean(case):
    """A list is one of attacks, each for itself, or hostile as a whole."""
    if case.name.startswith(tuple(NOT_JUDGED)):
        pytest.skip(next(reason for name, reason in NOT_JUDGED.items() if case.name.startswith(name)))
    assert verdict_of(as_file(case.config)) != "clean", case.tries
    if case.entry == "all_models":
        for config in case.config:
            assert verdict_of(as_file(config)) == "findings", case.tries


@pytest.mark.parametrize("case", benign(), ids=lambda case: case.name)
def test_a_look_alike_has_no_findings(case):
    """What is no config at all, or a list, is not read."""
    assert verdict_of(as_file(case.config)) != "findings", case.tries


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The files of others, with a pipe that nobody writes to."""
    if not HOSTILE.is_dir():
        pytest.skip("needs ../shared/hostile")
    folder = tmp_path_factory.mktemp("hostile") / "files"
    shutil.copytree(HOSTILE, folder)
    (folder / "canary").chmod(0o755)
    os.mkfifo(folder / "canary" / "fifo.h5")
    return folder


def cases():
    if not HOSTILE.is_dir():
        return []
    return json.loads((HOSTILE / "manifest.json").read_text())["cases"]


class MyDense(keras.layers.Dense):
    pass


KNOWN = {"bench>MyDense": MyDense, "bench>double": lambda x: x, "bench>MyLoss": keras.losses.MeanSquaredError}


@needs.shared
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_files_of_others_are_judged(hostile, case):
    """Hostile ones are not clean, look-alikes are; what does no harm may be either."""
    if case["name"] in NOT_JUDGED:
        pytest.skip(NOT_JUDGED[case["name"]])
    verdict = verdict_of(hostile / case["file"], custom_objects=KNOWN)
    if case["expected"] == "refuse":
        assert verdict != "clean", case["what"]
    elif case["expected"] == "accept":
        assert verdict == "clean", case["what"]
