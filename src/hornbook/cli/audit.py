"""`hornbook audit PATH...`: what loading a file would do, told without doing it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from hornbook import __version__
from hornbook.archive.files.atomic import replacing_file
from hornbook.cli.terminal import printable
from hornbook.errors import ArchiveError, short
from hornbook.policy import Policy
from hornbook.reports.report import AuditReport, Finding
from hornbook.reports.runs import Audited, exit_code, run
from hornbook.reports.sarif import sarif

_LINE = 1000  # characters of a line that is shown


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--policy", "policy_file", type=click.Path(), metavar="FILE", help="A policy in TOML; else the strict one."
)
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(), metavar="OUT", help="Write to this file, whole or not at all.")
@click.pass_context
def audit(
    context: click.Context, paths: tuple[str, ...], policy_file: str | None, form: str, output: str | None
) -> None:
    """Tell what loading PATH would do, without Keras and without doing it.

    PATH is a model file of any version of Keras, or a folder: that of one
    model, or one that is searched for model files.  The exit code is 0 if all
    is clean, 1 if there are findings, 2 if something could not be read.
    """
    policy = None if policy_file is None else Policy.from_toml(policy_file)
    audited = run(paths, policy)
    code = exit_code(audited)
    stream: TextIO = sys.stdout if output is None else sys.stderr  # whose encoding holds
    text = _WRITERS[form](audited, code, stream)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(Path(output), text)
    context.exit(code)


def _write(target: Path, text: str) -> None:
    try:
        with replacing_file(target) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The report cannot be written: {short(str(error))}", place=short(str(target))) from error


def _sarif(audited: list[Audited], code: int, stream: TextIO) -> str:
    return json.dumps(sarif(audited, version=__version__, exit_code=code), indent=2) + "\n"


def _json(audited: list[Audited], code: int, stream: TextIO) -> str:
    files: list[dict[str, Any]] = [
        {"path": one.path, **one.report.to_dict()}
        if one.report is not None
        else {"path": one.path, "verdict": "unreadable", "problem": one.problem}
        for one in audited
    ]
    return json.dumps({"hornbook": __version__, "exit_code": code, "files": files}, indent=2) + "\n"


def _text(audited: list[Audited], code: int, stream: TextIO) -> str:
    lines = [line for one in audited for line in _told(one)]
    counts = {
        "clean": sum(one.report is not None and one.report.verdict == "clean" for one in audited),
        "with findings": sum(one.report is not None and one.report.verdict == "findings" for one in audited),
        "not read": sum(one.report is None for one in audited),
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    lines.append(f"{len(audited)} audited: {told}" if audited else "There is no model file")
    return "".join(f"{printable(line, stream, _LINE)}\n" for line in lines)


def _told(one: Audited) -> Iterator[str]:
    if one.report is None:
        yield f"{one.path}: not read: {one.problem}"
        return
    yield f"{one.path}: {_head(one.report)}"
    for finding in one.report.findings:
        yield from _finding(finding)
    yield from _details(one.report)


def _head(report: AuditReport) -> str:
    version = f", Keras {report.keras_version}" if report.keras_version else ""
    count = len(report.findings)
    told = "clean" if report.verdict == "clean" else f"{count} finding{'s' if count > 1 else ''}"
    return f"{told} ({report.format or 'unknown format'}{version})"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.level}: {finding.rule} at {finding.where}"
    yield f"    {finding.message}"


def _details(report: AuditReport) -> Iterator[str]:
    for code in report.byte_code:
        yield f"  byte code at {code.place}"
        yield from (f"    {line}" for line in code.lines)
    for named in report.names:
        if not named.by.startswith("built-in"):
            origin = f" of {named.module}" if named.module and named.module != "builtins" else ""
            yield f"  {named.kind} {named.label}{origin}: {named.by}" + (f", {named.becomes}" if named.becomes else "")
    for resource in report.resources:
        yield f"  {resource.kind} at {resource.place}: {resource.value}"
    yield from (f"  {note}" for note in report.notes)
    if report.findings:
        yield f"  {report.loading}"


_WRITERS: dict[str, Callable[[list[Audited], int, TextIO], str]] = {"text": _text, "json": _json, "sarif": _sarif}
