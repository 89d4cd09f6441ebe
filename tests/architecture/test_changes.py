"""Changes that users see are files in `changelog.d/`, in a form that towncrier assembles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import hornbook

ROOT = Path(__file__).parents[2]
FRAGMENTS = sorted(path for path in (ROOT / "changelog.d").iterdir() if path.name != "template.jinja")


@pytest.fixture
def project() -> dict[str, Any]:
    """What pyproject.toml says."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 has none")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_change_is_named_and_written_as_all_are(path: Path, project: dict[str, Any]) -> None:
    """Its name ends with its sort; it is sentences, not a list or a heading."""
    sorts = [sort["directory"] for sort in project["tool"]["towncrier"]["type"]]
    assert re.fullmatch(rf"[a-z0-9]+(-[a-z0-9]+)*\.({'|'.join(sorts)})\.md", path.name)
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text.rstrip()[-1] in ".:)`"
    lines = text.splitlines()
    assert not [line for line in lines if re.match(r"[-#*>] |\s", line)], "a list, a heading or an indented line"


def test_the_version_stands_in_one_place(project: dict[str, Any]) -> None:
    """The distribution takes it from the package."""
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/hornbook/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", hornbook.__version__)


def test_releases_go_where_the_mark_is(project: dict[str, Any]) -> None:
    """Without it a release would be written above the title."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.count(project["tool"]["towncrier"]["start_string"]) == 1
