"""Reports as text, for a terminal: what a file says is shown, and commands nothing."""

from __future__ import annotations

from collections.abc import Iterator

from hornbook.reports.report import AuditReport, Finding, Named
from hornbook.reports.runs import VERDICTS, AuditedFile, AuditRun, AuditStream

_LINE = 1000  # characters of a line that is shown
_WORDS = dict(zip(VERDICTS, ("clean", "with findings", "not read"), strict=True))


def text(run: AuditRun) -> str:
    r"""Return what a run found, in words.

    Args:
        run: The run.

    Example:
        >>> text(AuditRun("0.1.0", ()))
        'There is no model file\n'
    """
    return "".join(text_pieces(AuditStream(run.version, run.files, exit_zero=run.exit_zero)))


def text_pieces(stream: AuditStream) -> Iterator[str]:
    """Yield what a run finds, in words: a piece for each file, and the summary.

    Args:
        stream: The run.
    """
    for file in stream:
        yield "".join(f"{printable(line, _LINE)}\n" for line in _lines(file))
    yield f"{printable(summary(stream), _LINE)}\n"


def summary(stream: AuditStream) -> str:
    """Return what a run has found so far, in a line: how many files by verdict, and findings by rule.

    Args:
        stream: The run.
    """
    files = sum(stream.verdicts.values())
    if not files:
        return "There is no model file"
    words = [f"{stream.verdicts[name]} {_WORDS[name]}" for name in VERDICTS if stream.verdicts[name]]
    line = f"{files} audited: {', '.join(words)}"
    if stream.rules:
        line += f"; {', '.join(f'{rule} {count}' for rule, count in stream.rules.most_common())}"
    return f"{line}; {stream.accepted} accepted" if stream.accepted else line


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
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)


def _lines(file: AuditedFile) -> Iterator[str]:
    if file.report is None:
        yield f"{file.path}: {_WORDS[file.verdict]}: {file.problem}"
        return
    yield f"{file.path}: {_head(file.report)}"
    for finding in file.report.findings:
        yield from _finding(finding)
    if file.report.findings or not file.report.accepted:  # what is accepted was read before
        yield from _details(file.report)


def _head(report: AuditReport) -> str:
    version = f", Keras {report.keras_version}" if report.keras_version else ""
    count = len(report.findings)
    verdict = "clean" if report.verdict == "clean" else f"{count} finding{'s' if count > 1 else ''}"
    accepted = f", {len(report.accepted)} accepted" if report.accepted else ""
    return f"{verdict} ({report.format or 'unknown format'}{version}){accepted}"


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
