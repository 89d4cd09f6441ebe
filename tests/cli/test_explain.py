"""`hornbook explain`: each rule of the audit in words."""

from __future__ import annotations

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from hornbook.cli.commands import hornbook as command
from hornbook.reports.rules import RULES

from .runner import runner


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_explained(name):
    result = runner().invoke(command, ["explain", name])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"{name} ({RULES[name].level})"
    assert [line.partition(":")[0] for line in lines if line[:1] == "W"] == ["What", "Why", "What to do"]
    assert " ".join(RULES[name].why.split()) in " ".join(result.stdout.split())
    assert max(map(len, lines)) <= 78


def test_without_a_rule_all_are_listed():
    lines = runner().invoke(command, ["explain"]).stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[name, rule.level] for name, rule in RULES.items()]


def test_a_rule_that_is_none_is_an_error_of_usage():
    result = runner().invoke(command, ["explain", "lambdas"])
    assert result.exit_code == 2
    assert "'lambda'" in result.stderr


def test_help_lists_every_command():
    text = runner().invoke(command, ["--help"]).stdout
    assert all(f"\n  {name} " in text for name in ("audit", "explain", "inspect", "upgrade"))
    assert runner().invoke(command, ["load"]).exit_code == 2
