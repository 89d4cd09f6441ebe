"""What the pages say of the code is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sources

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]


def names(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_a_module_that_a_page_names_is_there(page: Path) -> None:
    """By its whole path, from the package or from the root."""
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", page.read_text(encoding="utf-8")))
    assert {name for name in named if not any((base / name).exists() for base in (sources.SOURCE, ROOT))} == set()


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_a_link_leads_to_a_file(page: Path) -> None:
    """Of those within the repository."""
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert {link for link in links if not (page.parent / link).exists()} == set()


def test_the_overview_is_short() -> None:
    """What takes longer has a page of its own."""
    assert len((ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8").splitlines()) <= 200
