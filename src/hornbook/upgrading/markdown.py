"""The report of a file's upgrade as Markdown; what a file says is shown as code, so that it says nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hornbook.engine.registry import current_registry
from hornbook.upgrading.register import registered_rules
from hornbook.upgrading.report import Report
from hornbook.upgrading.rules.built_in import BUILT_IN_RULES

_LONG = 200  # characters of one value
_BUILT_IN = {rule.name: rule for rule in reversed(BUILT_IN_RULES)}
# The one rule of the walk itself.
_MODULE = (
    "Objects name the module that they live in.",
    "Keras 0.x to 2.15",
    "keras/src/saving/serialization_lib.py of Keras 3.15.1",
)
_PLAIN_KERAS = "Plain Keras finds them after `import hornbook.integrations.keras3.functions`, which registers them."


def markdown(
    name: str,
    format: str,
    report: Report,
    *,
    problem: str | None,
    custom: list[str],
    lambdas: list[str],
    functions: list[str],
    notes: list[str],
    written: bool,
) -> str:
    """Return a report for people.

    Args:
        name: The name of the file.
        format: What it is.
        report: What was done to its config.
        problem: Why nothing was written.
        custom: The custom objects that it needs.
        lambdas: Where byte code stands.
        functions: Functions of hornbook that it names.
        notes: What was noticed while weights were rewritten.
        written: Whether the new file was written.
    """
    version = "an unknown version" if report.version is None else f"Keras {code(report.version)}"
    lines = [f"# Upgrade of {code(name)}", "", f"- Form: {format}, written by {version}"]
    lines.append(f"- New file: {'written' if written else 'not written'}")
    lines.append(f"- Changes: {len(report.changes)}; open: {len(report.open)}; lost: {len(report.lost)}")
    lines += _list("Why nothing was written", [code(problem)] if problem else [])
    lines += _list("Open", [f"{code(remark.place)}: {code(remark.what)}" for remark in report.open])
    lines += _list("Assumed", [f"{code(remark.place)}: {code(remark.what)}" for remark in report.assumed])
    lines += _list("Lost", [f"{code(remark.place)}: {code(remark.what)}" for remark in report.lost])
    lines += _list("Noticed", map(code, notes))
    lines += _list("Custom objects that loading needs", map(code, custom))
    lines += _list("Byte code, which is not loaded", map(code, lambdas))
    if functions:
        lines += [*_list("Functions of hornbook", map(code, functions)), "", _PLAIN_KERAS]
    lines += _rules(report)
    lines += _table("Changes", "rule | place | before | after", report.changes)
    return "\n".join(lines) + "\n"


def code(value: Any) -> str:
    r"""Return a value as a span of code: on one line, not too long, nothing in it means anything.

    Example:
        >>> code("a|b\n<b>"), code("`x`")
        ('`a\\|b\\n<b>`', '`` `x` ``')
    """
    shown = value if isinstance(value, str) else repr(value)
    shown = shown if len(shown) <= _LONG else f"{shown[: _LONG - 3]}..."
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    shown = shown.replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if len(fence) > 1 or shown.strip() != shown or not shown else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _rules(report: Report) -> Iterator[str]:
    rows = []
    rules = _BUILT_IN | {rule.name: rule for rule in registered_rules(current_registry())}
    for name, count in report.rules().items():
        rule = rules.get(name)
        what, written, source = _MODULE
        if rule is not None:
            what, written, source = (rule.apply.__doc__ or "").partition("\n")[0], rule.written, rule.source
        rows.append(" | ".join((name, str(count), what.replace("|", "\\|"), written, source)))
    if rows:
        yield from ("", "## Rules", "", "| rule | used | what | written by | source |", "|---|---|---|---|---|")
        yield from (f"| {row} |" for row in rows)


def _list(title: str, items: Any) -> list[str]:
    shown = [f"- {item}" for item in items]
    return ["", f"## {title}", "", *shown] if shown else []


def _table(title: str, columns: str, rows: Any) -> list[str]:
    shown = [f"| {' | '.join((row[0], *map(code, row[1:])))} |" for row in rows]
    head = ["", f"## {title}", "", f"| {columns} |", "|" + "---|" * len(columns.split("|"))]
    return [*head, *shown] if shown else []
