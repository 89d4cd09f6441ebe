"""What tests need that not every environment of the noxfile has."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import pytest

Case = TypeVar("Case")

# Real files that lie beside some checkouts; HORNBOOK_SHARED names another folder, or one that is not there.
SHARED = Path(os.environ.get("HORNBOOK_SHARED") or Path(__file__).parents[2] / "shared")
# Tests of them run where they are, and count nowhere in the coverage: its limits are the same on every machine.
shared = pytest.mark.no_cover
# Files of real versions take turns, since each model is there some twenty times, but for this.
EVERY = os.environ.get("HORNBOOK_GOLDEN") == "all"
WITHOUT = frozenset(filter(None, os.environ.get("HORNBOOK_WITHOUT", "").split(",")))
KERAS = "keras" not in WITHOUT
keras = pytest.mark.skipif(not KERAS, reason="needs Keras 3, which is not here")


def in_turns(cases: Iterable[Case], subject: Callable[[Case], Hashable]) -> list[Case]:
    """Return one case for each subject, so that each version has its share.

    All of them with `HORNBOOK_GOLDEN=all` in the environment.

    Args:
        cases: The cases, as they are sorted by version.
        subject: What a case is one of, as the model and the form of a file.
    """
    groups: dict[Hashable, list[Case]] = {}
    for case in cases:
        groups.setdefault(subject(case), []).append(case)
    return [
        case for number, some in enumerate(groups.values()) for case in (some if EVERY else [some[number % len(some)]])
    ]


def share_of_attacks(cases: Iterable[Case]) -> list[Case]:
    """Return every other case, whose neighbours are of the same kind: each takes a child process, and that a second.

    All of them with `HORNBOOK_HOSTILE=all` in the environment.
    """
    return [*cases][:: 1 if os.environ.get("HORNBOOK_HOSTILE") == "all" else 2]


def older(wanted: str) -> bool:
    """Say whether Keras is there, and older than a version."""
    return KERAS and parts(version("keras")) < parts(wanted)


def backend() -> str:
    """Return the name of the backend of Keras, where it is there."""
    if not KERAS:
        return ""
    import keras

    return str(keras.backend.backend())


def since(wanted: str, reason: str) -> pytest.MarkDecorator:
    """Skip a test with an older Keras.

    Args:
        wanted: The oldest version that was run and has it, as `"3.9"`.
        reason: What older ones do.
    """
    return pytest.mark.skipif(older(wanted), reason=f"needs Keras {wanted}: {reason}")


def parts(text: str) -> tuple[int, ...]:
    """Return major and minor version."""
    return tuple(map(int, text.split(".")[:2]))
