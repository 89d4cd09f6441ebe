"""The glossary names classes that there are, each of them once."""

from __future__ import annotations

import re
from pathlib import Path

import house
import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")][1:]
CLASSES = sorted({name for row in ROWS for name in re.findall(r"`([A-Z]\w+)`", row[2] if len(row) > 2 else "")})


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_of_the_glossary_exists_once(name: str) -> None:
    """Whoever looks a word up finds one class."""
    assert house.class_names()[name] == 1


def test_a_word_stands_there_once_and_in_order() -> None:
    """With one meaning."""
    words = [row[0] for row in ROWS]
    assert words == sorted(set(words))
    assert all(len(row) >= 2 for row in ROWS)
