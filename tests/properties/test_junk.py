"""Whatever is given as a config is read, or refused by one error of ours."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hornbook
from hornbook.engine import scope
from hornbook.engine.decode import current_reader

from .strategies import DETERMINISTIC, NODES, equal, junk

# JAX has no 64 bits unless it is asked for them.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")


@pytest.fixture(autouse=True)
def _registered():
    for cls in NODES:
        hornbook.register_keras_serializable("lab")(cls)


def read(call, config):
    """Call with a config; check the form of an error and that nothing is left open or changed."""
    before, text = deepcopy(config), ""
    try:
        call(config)
    except hornbook.HornbookError as error:
        text = str(error)
    assert len(text) < 600
    assert len(text.splitlines()) <= 2
    assert equal(config, before)
    assert current_reader() is None
    assert not scope.in_scope()


@settings(DETERMINISTIC, max_examples=1500)
@given(junk, st.booleans())
def test_junk_is_read_or_refused(config, safe_mode):
    """A value of JSON is an object, a plain value, or one error of ours."""
    read(lambda given: hornbook.deserialize_keras_object(given, safe_mode=safe_mode), config)


@settings(DETERMINISTIC, max_examples=400)
@given(junk)
def test_junk_among_named_objects_is_read_or_refused(config):
    """So it is where the caller expects an object of a kind."""
    read(lambda given: hornbook.deserialize_keras_object(given, module_objects={"Node": NODES[0]}), config)


@settings(DETERMINISTIC, max_examples=400)
@given(junk)
def test_junk_for_a_model_is_read_or_refused(config):
    """So it is where a model is expected."""
    read(hornbook.model_from_config, config)


@settings(DETERMINISTIC, max_examples=300)
@given(junk)
def test_junk_within_a_users_class_is_read_or_refused(config):
    """So it is where a class of the user's reads a part of its config."""
    whole = {"class_name": "Node", "config": {"value": config, "parts": [config]}, "registered_name": "lab>Node"}
    read(hornbook.deserialize_keras_object, whole)


@settings(DETERMINISTIC, max_examples=300)
@given(
    st.text(max_size=60) | st.binary(max_size=40) | st.text(alphabet='{}[]":,0123456789.eE-+ntrfalsu \\', max_size=40)
)
def test_text_is_json_of_a_model_or_refused(text):
    """So is any text or bytes given as JSON."""
    with pytest.raises(hornbook.HornbookError):
        hornbook.model_from_json(text)
