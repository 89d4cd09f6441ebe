"""Files that strangers published load, or say what they need."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from tests import needs

CORPUS: Any = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "corpus.py"))
# Every sixth of them; all, which takes minutes, with HORNBOOK_GOLDEN=all, as `make corpus` does.
STEP = 1 if needs.EVERY else 6
FILES = [case for case in CORPUS["cases"]() if case.source == "corpus"][::STEP]
NONE = [pytest.param(None, marks=pytest.mark.skip("no corpus beside this checkout"))]


@needs.shared
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", FILES or NONE, ids=[case.name[6:18] for case in FILES] or None)
def test_a_published_file_loads_or_says_what_it_needs(case: Any) -> None:
    """Each is loaded whole, or its custom classes are named, all at once, or its byte code is refused."""
    found = CORPUS["outcome"](case, "hornbook")
    if needs.older("3.15") and "Unrecognized keyword arguments" in found.why:
        pytest.skip("written by a newer Keras, whose arguments this one does not have")
    assert CORPUS["right"](case, found), found
    if found.kind == CORPUS["NEEDS"]:
        named = found.why.partition(";")[0].split(", ")
        assert set(map(bare, case.told["custom_classes"])) <= set(map(bare, named))


def bare(name: str) -> str:
    """Return the name of a class without its package or module."""
    return re.split("[>.]", name)[-1]
