"""`hornbook explain RULE`: what a finding of a rule means, why it matters, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

import click

from hornbook.reports.rules import RULES


@click.command()
@click.argument("rule", required=False, type=click.Choice([*RULES]), metavar="[RULE]")
def explain(rule: str | None) -> None:
    """Say what a finding of RULE means, why it matters, and what to do.

    RULE is a rule of `hornbook audit`; without one all of them are listed.
    """
    for line in _listed() if rule is None else _explained(rule):
        click.echo(line)


def _listed() -> Iterator[str]:
    width = max(map(len, RULES))
    for name, rule in RULES.items():
        yield f"{name:{width}}  {rule.level:7}  {rule.meaning}"


def _explained(name: str) -> Iterator[str]:
    rule = RULES[name]
    yield f"{name} ({rule.level})"
    for title, text in (("What", f"{rule.meaning}."), ("Why", rule.why), ("What to do", rule.advice)):
        yield ""
        yield click.wrap_text(f"{title}: {text}", width=78, subsequent_indent="  ")
