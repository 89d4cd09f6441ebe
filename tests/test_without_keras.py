"""What needs no Keras works without it and beside Keras 2; what needs Keras 3 says so."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests import needs

import hornbook
from hornbook.errors import MissingDependencyError

FILE = Path(__file__).parent / "fuzz" / "seeds" / "latest.keras"
KERAS_2 = not needs.KERAS and bool(packages_distributions().get("keras"))

DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {}}
READ = pytest.mark.skipif(KERAS_2, reason="it does not say which Keras wrote it, and is read for the one that is there")

OWN_CLASSES = """
import hornbook

@hornbook.register_keras_serializable("shop")
class Money:
    def __init__(self, amount):
        self.amount = amount
    def get_config(self):
        return {"amount": self.amount}
    @classmethod
    def from_config(cls, config):
        return cls(**config)

class Other(Money):
    pass

with hornbook.custom_object_scope({"Other": Other}):
    config = hornbook.serialize_keras_object([Money(3), Other(4)])
    prices = hornbook.deserialize_keras_object(config)
assert [type(price) for price in prices] == [Money, Other]
assert hornbook.check(Money(3)).ok
"""


def test_a_file_is_looked_into() -> None:
    """Its parts, what it would do, and what it would need for Keras 3."""
    assert hornbook.inspect_model(FILE).to_dict()["objects"][0]["class_name"] == "Sequential"
    assert hornbook.audit(FILE).verdict == "clean"
    assert not hornbook.check_upgrade(FILE).report.rules()


def test_a_fingerprint_takes_numpy() -> None:
    """Where that is not, one error of ours says so."""
    if "numpy" not in needs.WITHOUT:
        assert hornbook.fingerprint(FILE).startswith("sha256:")
        return
    with pytest.raises(MissingDependencyError, match=r"NumPy|numpy"):
        hornbook.fingerprint(FILE)


@pytest.mark.parametrize("command", ["inspect", "inspect --json", "audit", "audit --format sarif", "upgrade --check"])
def test_a_command_that_looks_into_a_file(command: str) -> None:
    """In a process of its own, which says nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "hornbook.cli", *command.split(), FILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "keras" in done.stdout


@pytest.mark.parametrize("first", [None, "keras", "tensorflow"])
def test_own_classes_come_back(first: str | None) -> None:
    """Also where another Keras, or TensorFlow, is imported already."""
    if first and find_spec(first) is None:
        pytest.skip(f"{first} is not installed")
    program = f"import {first}\n{OWN_CLASSES}" if first else OWN_CLASSES
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(needs.KERAS, reason="Keras 3 is here")
@pytest.mark.parametrize(
    "call",
    [
        lambda: hornbook.load_model(FILE),
        pytest.param(lambda: hornbook.model_from_json(json.dumps(hornbook.read_config(FILE))), marks=READ),
        pytest.param(lambda: hornbook.deserialize_keras_object(DENSE), marks=READ),
    ],
    ids=["a file", "JSON", "a config"],
)
def test_what_needs_keras_3_says_so(call) -> None:
    """In one error of ours, before and after Keras is imported; whoever has Keras 2 is not told to replace it."""
    with pytest.raises(MissingDependencyError, match="Keras 3" if KERAS_2 else "not installed") as caught:
        call()
    assert "\n" in str(caught.value)
    assert ("pip install" in str(caught.value)) is not KERAS_2
