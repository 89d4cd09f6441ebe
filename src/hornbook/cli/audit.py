"""`hornbook audit PATH...`: what loading a file would do, reported without doing it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hornbook import __version__
from hornbook.cli.many import StatusLine, for_many_files, results_of
from hornbook.cli.output import check_output, output_file
from hornbook.cli.terminal import encodable
from hornbook.errors import HornbookError
from hornbook.policy import Policy
from hornbook.reports.audit import audit as audit_one
from hornbook.reports.baseline import Baseline
from hornbook.reports.formats import BUILT_IN, ReportFormat, report_formats
from hornbook.reports.rules import LEVELS
from hornbook.reports.runs import AuditedFile, AuditStream, Target, accepted_by, audited, not_judged, targets
from hornbook.reports.text import summary

if TYPE_CHECKING:
    FormatType = click.ParamType[ReportFormat]
else:  # not generic before click 8.4
    FormatType = click.ParamType


class _Format(FormatType):
    """The name of a report format; what others add is looked for only where it is needed."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ReportFormat:
        formats = BUILT_IN if value in BUILT_IN else report_formats()
        return formats[click.Choice(list(formats)).convert(value, param, ctx)]

    def get_metavar(self, *arguments: Any, **more: Any) -> str | None:
        return f"[{'|'.join(report_formats())}]"


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--policy", "policy_file", type=click.Path(), metavar="FILE", help="A policy in TOML; else the strict one."
)
@click.option("--format", "report_format", type=_Format(), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(), metavar="OUT", help="Write to this file, whole or not at all.")
@click.option("--force", is_flag=True, help="Let -o replace a file that is no report of ours.")
@click.option(
    "--severity",
    type=click.Choice(LEVELS),
    default=LEVELS[-1],
    show_default=True,
    help="Leave out findings that are less grave.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 though there are findings.")
@click.option("--baseline", type=click.Path(), metavar="FILE", help="Leave out findings that this file has.")
@click.option("--write-baseline", is_flag=True, help="Accept all that is found: write it to the baseline.")
@for_many_files
@click.pass_context
def audit(
    context: click.Context,
    paths: tuple[str, ...],
    *,
    policy_file: str | None,
    report_format: ReportFormat,
    output: str | None,
    force: bool,
    severity: str,
    exit_zero: bool,
    baseline: str | None,
    write_baseline: bool,
    jobs: int,
    seconds: float,
) -> None:
    """Report what loading PATH would do, without Keras and without doing it.

    PATH is a model file of any version of Keras, or a folder: that of one
    model, or one that is searched for model files.  The exit code is 0 if all
    is clean, 1 if there are findings, 2 if something could not be read.
    `hornbook explain RULE` says what a rule means.
    """
    policy = None if policy_file is None else Policy.from_toml(policy_file)
    read = _given(*paths, policy_file)
    known = _baseline(baseline, read, write=write_baseline, force=force)
    status = StatusLine("audited")
    _prepare()
    work = partial(audited, policy=policy, digest=known is not None)
    results = results_of(work, _shown(paths, status), not_judged, status, jobs=jobs, seconds=seconds)
    files = (_without(file, severity, known, write=write_baseline) for file in results if file is not None)
    stream = AuditStream(__version__, files, exit_zero=exit_zero)
    if output is None:
        _print(report_format.pieces(stream), status)
    else:
        _write(report_format.pieces(stream), Path(output), _given(*read, baseline), force=force)
    if known is not None and baseline is not None and write_baseline:
        with output_file(Path(baseline), _given(*read, output), force=force) as file:
            file.write(known.to_text().encode())
    status.clear()
    if output is not None or report_format.name != "text":
        status.say(summary(stream))
    context.exit(stream.exit_code)


def _given(*paths: str | None) -> list[str]:
    return [path for path in paths if path is not None]


def _prepare() -> None:
    """Audit a trifle, so that all that an audit imports is there when processes begin as copies of this one.

    Beside the time, it is that each of them says the same: whether a name is
    of a module that is imported makes a difference to what is said of it.
    """
    with suppress(HornbookError):
        audit_one(BytesIO(b'{"class_name": "Unknown", "module": "unknown", "config": {}}'))


def _baseline(file: str | None, paths: Iterable[str], *, write: bool, force: bool) -> Baseline | None:
    """Return what is known already; the file need not be there where it is to be written."""
    if file is None:
        if write:
            raise click.UsageError("--write-baseline takes --baseline FILE, which it writes.")
        return None
    if not write:
        return Baseline.from_file(Path(file))
    check_output(Path(file), paths, force=force)
    return Baseline.from_file(Path(file)) if Path(file).exists() and not force else Baseline()


def _shown(paths: tuple[str, ...], status: StatusLine) -> Iterator[Target]:
    for target in targets(paths, status.beat):
        status.begin(target.path)
        yield target


def _without(file: AuditedFile, severity: str, known: Baseline | None, *, write: bool) -> AuditedFile:
    """Set aside what is not grave enough, and what is known."""
    levels: tuple[str, ...] = LEVELS
    shown = levels[: levels.index(severity) + 1]
    file = accepted_by(file, lambda finding: finding.level not in shown)
    if known is None:
        return file
    if write and file.digest is not None and file.report is not None:
        known.add(file.digest, file.path, file.report.findings)
    return accepted_by(file, lambda finding: known.accepts(file.digest, finding))


def _write(pieces: Iterable[str], target: Path, paths: Iterable[str], *, force: bool) -> None:
    """Write a report once it is whole; what writes to the disk has a thread, and processes start without one."""
    import shutil  # here, since a report on the terminal does without
    from tempfile import TemporaryFile

    check_output(target, paths, force=force)
    with TemporaryFile() as whole:
        for piece in pieces:
            whole.write(piece.encode("utf-8", "backslashreplace"))
        whole.seek(0)
        with output_file(target, paths, force=force) as file:
            shutil.copyfileobj(whole, file)


def _print(pieces: Iterable[str], status: StatusLine) -> None:
    for piece in pieces:
        if sys.stdout.isatty():
            status.clear()
        sys.stdout.write(encodable(piece, sys.stdout))
    sys.stdout.flush()
