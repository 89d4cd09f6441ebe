"""Architecture JSON that strangers published: what needs nothing but built-in objects builds."""

from __future__ import annotations

import json
from typing import Any

import pytest

import rekindle
from rekindle.policy import TRUSTED

from .golden_files import SHARED

FORMATS = ("json", "json-0.x", "savedmodel-meta", "tfjs")
MANIFEST = SHARED / "corpus" / "manifest.jsonl"
ENTRIES = [json.loads(line) for line in MANIFEST.read_text().splitlines()] if MANIFEST.exists() else []
FILES = [one for one in ENTRIES if one["format"] in FORMATS]
NONE = [pytest.param({}, marks=pytest.mark.skip("no corpus beside this checkout"))]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("entry", FILES or NONE, ids=[one["file"][6:18] for one in FILES] or None)
def test_a_published_architecture_builds(entry: dict[str, Any]) -> None:
    """Or it names each custom class, or is refused for its byte code."""
    text = (SHARED / "corpus" / entry["file"]).read_text()
    if entry["class"] in ("version", "loads"):
        # Without weights, a large one asks for more memory than a stranger's config may.
        policy = rekindle.Policy(limits=TRUSTED.limits)
        assert rekindle.model_from_json(text, policy=policy).count_params() >= 0
        return
    with pytest.raises(rekindle.RekindleError) as caught:
        rekindle.model_from_json(text)
    if entry["class"] == "lambda":
        assert isinstance(caught.value, rekindle.errors.LambdaRefusedError)
    elif entry["class"] == "needs custom classes":
        assert isinstance(caught.value, rekindle.errors.UnknownReferenceError)
        assert set(entry["custom_classes"]) <= {name.rpartition(">")[2] for name in caught.value.names}
