"""What `audit` calls clean, loading never refuses for policy; and what it finds fault with, loading refuses."""

from __future__ import annotations

import io
import json
import random
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pytest
from tests import needs

pytest.importorskip("keras")

import h5py
from fuzz.fuzzing import seeds, spoiled
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.strategies import DETERMINISTIC, junk

import hornbook
from hornbook.errors import ArchiveError, HornbookError, LambdaRefusedError, LimitError, UnresolvedReferenceError

from .mutations import BUILDERS, benign, configs

pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")


@pytest.fixture(scope="module", autouse=True)
def built():
    """Build the models before hypothesis looks at who draws random numbers."""
    benign(0)


def for_policy(error, report):
    """Say whether an error is one of policy: byte code, a limit, or a name of an object config.

    A string that is no name of Keras, as an activation `"no such"`, is for
    Keras to refuse.
    """
    if isinstance(error, UnresolvedReferenceError):
        return bool({one.label for one in report.names}.intersection(error.names))
    return isinstance(error, (LambdaRefusedError, LimitError)) or type(error) is ArchiveError


def loading(text):
    """Return what loading raises, or `None`."""
    try:
        hornbook.model_from_json(text)
    except HornbookError as error:
        return error
    return None


def loading_file(data):
    """Return what loading a file raises, or `None`."""
    try:
        hornbook.load_model(io.BytesIO(data))
    except HornbookError as error:
        return error
    return None


def agreed(text):
    """Audit and load one text; check that both say the same; return the report."""
    return agreed_on(text.encode(), loading(text))


def agreed_on(data, error):
    """Audit bytes; check that it says what loading them did; return the report."""
    try:
        report = hornbook.audit(io.BytesIO(data))
    except hornbook.HornbookError:
        report = None
    if report is None:
        assert error is not None
    elif report.verdict == "clean":
        assert not for_policy(error, report), error
    else:
        assert error is not None, report.findings
    return report


@pytest.mark.parametrize("number", range(len(BUILDERS)))
def test_a_model_of_keras_is_clean_and_loads(number):
    text = json.dumps(benign(number))
    assert loading(text) is None
    assert agreed(text).verdict == "clean"


@needs.since("3.15", "older ones look strings up in tables of their own, and leave parts of nodes unread")
@settings(DETERMINISTIC, max_examples=700)
@given(configs())
def test_both_agree_on_changed_models(config):
    agreed(json.dumps(config))


@settings(DETERMINISTIC, max_examples=500)
@given(junk)
def test_both_agree_on_junk(config):
    agreed(json.dumps(config))


@cache
def saved(name):
    """Return one of the models in a form of a file, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        BUILDERS[0]().save(path)
        return path.read_bytes()


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(DETERMINISTIC, max_examples=150)
@given(configs(), st.booleans())
def test_both_agree_on_configs_in_files(config, zipped):
    """Whatever the config is, the archive and HDF5 go through the same judge as JSON."""
    data = as_keras(saved("model.keras"), config) if zipped else as_hdf5(saved("model.h5"), config)
    agreed_on(data, loading_file(data))


def as_keras(data, config):
    """Return a `.keras` file with another config."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, json.dumps(config) if name == "config.json" else old.read(name))
    return buffer.getvalue()


def as_hdf5(data, config):
    """Return an HDF5 file with another config."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "a") as file:
        file.attrs["model_config"] = json.dumps(config)
    return buffer.getvalue()


SEEDS = [one for one in seeds() if one[:1] not in (b"{", b"[")]


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(DETERMINISTIC, max_examples=200)
@given(st.integers(0, 1 << 30))
def test_both_agree_on_spoiled_files(number):
    """Bytes of an archive, of HDF5 or of a member changed at random."""
    choose = random.Random(number)
    data = spoiled(choose.choice(SEEDS), choose, SEEDS)
    error = loading_file(data)
    if error is None or "no architecture" not in str(error):  # which only `load_weights` takes
        agreed_on(data, error)
