"""Reports as text, for a terminal: what a file says is shown, and commands nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hornbook.reports.report import AuditReport, Finding, Named
from hornbook.reports.runs import AuditedFile, AuditRun

_LINE = 1000  # characters of a line that is shown
_VERDICTS = {"clean": "clean", "findings": "with findings"}
_NOT_READ = "not read"


def text(run: AuditRun) -> str:
    r"""Return what a run found, in words.

    Args:
        run: The run.

    Example:
        >>> text(AuditRun("0.1.0", ()))
        'There is no model file\n'
    """
    lines = [line for file in run.files for line in _lines(file)]
    return "".join(f"{printable(line, _LINE)}\n" for line in [*lines, _summary(run.files)])


def printable(shown: str, length: int = 80) -> str:
    r"""Return text of a file without control codes, and not too long.

    Args:
        shown: Whatever a file says.
        length: How many characters are shown.

    Example:
        >>> printable("dense\x1b[2J")
        'dense\\x1b[2J'
    """
    shown = shown if len(shown) <= length else f"{shown[: length - 3]}..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def _summary(files: Sequence[AuditedFile]) -> str:
    if not files:
        return "There is no model file"
    counts = Counter(_NOT_READ if file.report is None else _VERDICTS[file.report.verdict] for file in files)
    words = (*_VERDICTS.values(), _NOT_READ)
    return f"{len(files)} audited: " + ", ".join(f"{counts[word]} {word}" for word in words if counts[word])


def _lines(file: AuditedFile) -> Iterator[str]:
    if file.report is None:
        yield f"{file.path}: {_NOT_READ}: {file.problem}"
        return
    yield f"{file.path}: {_head(file.report)}"
    for finding in file.report.findings:
        yield from _finding(finding)
    yield from _details(file.report)


def _head(report: AuditReport) -> str:
    version = f", Keras {report.keras_version}" if report.keras_version else ""
    count = len(report.findings)
    verdict = "clean" if report.verdict == "clean" else f"{count} finding{'s' if count > 1 else ''}"
    return f"{verdict} ({report.format or 'unknown format'}{version})"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.level}: {finding.rule} at {finding.where}"
    yield f"    {finding.message}"


def _details(report: AuditReport) -> Iterator[str]:
    for code in report.byte_code:
        yield f"  byte code at {code.place}"
        yield from (f"    {line}" for line in code.lines)
    yield from (_named(named) for named in report.names if not named.by.startswith("built-in"))
    for resource in report.resources:
        yield f"  {resource.kind} at {resource.place}: {resource.value}"
    yield from (f"  {note}" for note in report.notes)
    if report.findings:
        yield f"  {report.loading}"


def _named(named: Named) -> str:
    origin = f" of {named.module}" if named.module and named.module != "builtins" else ""
    becomes = f", {named.becomes}" if named.becomes else ""
    return f"  {named.kind} {named.label}{origin}: {named.by}{becomes}"
