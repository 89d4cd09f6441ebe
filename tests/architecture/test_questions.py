"""Each question has one place where it is answered; a second one is a silent fault in the making."""

from __future__ import annotations

import re

import pytest

from architecture.test_layers import MODULES, code_of, relative

# What only the answer to a question needs, and the modules that may have it.
ANSWERS = {
    "what a name stands for": (
        r"registry\.(called|tables)\(|integration\.(scope|describe)\(",
        {"engine/resolve.py", "engine/plugins.py"},  # the second one without a framework
    ),
    "what a written name leads back to": (
        r"integration\.exported\(",
        {"engine/encode.py", "upgrading/names.py"},  # the second one for classes that a caller offers
    ),
    "which names a caller's objects have, for older configs": (r"\b_?names\.own\(", {"upgrading/node.py"}),
    "which object is which": (r"\bnew_ids\(", {"engine/identity.py", "engine/encode.py"}),
    "which array belongs to which variable": (
        r"\.assign\(|\.load_own_variables\(",
        {
            "integrations/keras3/weights/assign.py",
            "integrations/keras2/assign.py",
            "integrations/keras3/deferred_init.py",  # a first value, where there was none
        },
    ),
    "which version it is": (
        r"version\)?\.(split|partition|startswith)\(",
        {"upgrading/versions.py"},
    ),
    "what a file is": (
        r"PK\\x0[35]|\\x89HDF",
        {"archive/hdf5/objects.py", "archive/zip/reader.py"},  # the readers of the two
    ),
    "which container a file is": (
        r"\bcontainer\.(recognizes|recognizes_folder|is_model)\(",
        {"archive/detect.py"},
    ),
    "whether there are weights": (r"WeightsError\(self\.without_weights", {"archive/base.py"}),
    "how much a part of a file may declare": (r"\.ratio\b", {"archive/budget.py"}),
}


@pytest.mark.parametrize("question", ANSWERS)
def test_a_question_has_one_answer(question: str) -> None:
    """What it takes to answer occurs nowhere else, and does occur there."""
    pattern, places = ANSWERS[question]
    found = {relative(path) for path in MODULES if re.search(pattern, code_of(path))}
    assert found <= places
    assert found
