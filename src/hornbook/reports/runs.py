"""Many files at once: what the command line asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hornbook.errors import HornbookError, NotAModelError, one_line
from hornbook.policy import Policy
from hornbook.reports.audit import audit
from hornbook.reports.report import AuditReport
from hornbook.reports.searching import is_model_folder, models_below

CLEAN, FINDINGS, UNREAD = 0, 1, 2
_PROBLEM = 300  # characters


class AuditedFile(NamedTuple):
    """One path of a run.

    Attributes:
        path: As it was given, or found below a folder that was given.
        report: What the audit says, or `None` if it could not be read.
        problem: Why it could not be read, or `None`.
    """

    path: str
    report: AuditReport | None
    problem: str | None = None


class AuditRun(NamedTuple):
    """What one run of the command found.

    Attributes:
        version: The version of hornbook.
        files: What was audited, each once, in the order in which it was named
            or found.
    """

    version: str
    files: tuple[AuditedFile, ...]

    @property
    def exit_code(self) -> int:
        """What the command exits with: 0 if all are clean, 1 if there are findings, 2 if one could not be read."""
        if any(file.report is None for file in self.files):
            return UNREAD
        return FINDINGS if any(file.report and file.report.verdict == "findings" for file in self.files) else CLEAN


def run(paths: Sequence[str], policy: Policy | None = None, *, version: str) -> AuditRun:
    """Audit files and folders.

    Args:
        paths: A file, the folder of one model, or a folder that is searched
            for model files: what is none is left out there.
        policy: What files may do.
        version: The version of hornbook.
    """
    audited = {file.path: file for path in paths for file in _audited(path, policy)}
    return AuditRun(version, tuple(audited.values()))


def _audited(path: str, policy: Policy | None) -> Iterator[AuditedFile]:
    try:
        searched = Path(path).is_dir() and not is_model_folder(Path(path))
    except (OSError, ValueError):
        searched = False  # the reader says what is wrong with it
    if searched:
        yield from _audited_below(path, policy)
        return
    try:
        yield AuditedFile(path, audit(path, policy=policy))
    except HornbookError as error:
        yield _not_read(path, error)


def _audited_below(folder: str, policy: Policy | None) -> Iterator[AuditedFile]:
    try:
        for path in map(str, models_below(Path(folder))):
            try:
                yield AuditedFile(path, audit(path, policy=policy))
            except NotAModelError:
                continue
            except HornbookError as error:
                yield _not_read(path, error)
    except OSError as error:
        yield AuditedFile(folder, None, f"It cannot be searched: {one_line(str(error), _PROBLEM)}")


def _not_read(path: str, error: HornbookError) -> AuditedFile:
    return AuditedFile(path, None, one_line(error.problem, _PROBLEM))
