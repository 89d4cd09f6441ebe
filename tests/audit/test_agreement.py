"""What `audit` calls clean, loading never refuses for policy; and what it finds fault with, loading refuses."""

from __future__ import annotations

import io
import json

import pytest

pytest.importorskip("keras")

from hypothesis import given, settings
from properties.strategies import DETERMINISTIC, junk

import rekindle
from rekindle.errors import LambdaRefusedError, LimitError, RekindleError, UnresolvedReferenceError

from .mutations import BUILDERS, benign, configs

pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")


def for_policy(error, report):
    """Say whether an error is one of policy: byte code, a limit, or a name of an object config.

    A string that is no name of Keras, as an activation `"no such"`, is for
    Keras to refuse.
    """
    if isinstance(error, UnresolvedReferenceError):
        return bool({one.label for one in report.names}.intersection(error.names))
    return isinstance(error, (LambdaRefusedError, LimitError))


def loading(text):
    """Return what loading raises, or `None`."""
    try:
        rekindle.model_from_json(text)
    except RekindleError as error:
        return error
    return None


def agreed(text):
    """Audit and load one text; check that both say the same; return the report."""
    error = loading(text)
    try:
        report = rekindle.audit(io.BytesIO(text.encode()))
    except rekindle.RekindleError:
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


@settings(DETERMINISTIC, max_examples=700)
@given(configs())
def test_both_agree_on_changed_models(config):
    agreed(json.dumps(config))


@settings(DETERMINISTIC, max_examples=500)
@given(junk)
def test_both_agree_on_junk(config):
    agreed(json.dumps(config))
