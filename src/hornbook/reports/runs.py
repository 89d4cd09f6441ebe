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


class Audited(NamedTuple):
    """One path of a run.

    Args:
        path: As it was given, or found below a folder that was given.
        report: What the audit says, or `None` if it could not be read.
        problem: Why it could not be read, or `None`.
    """

    path: str
    report: AuditReport | None
    problem: str | None = None


def run(paths: Sequence[str], policy: Policy | None = None) -> list[Audited]:
    """Audit files and folders.

    Args:
        paths: A file, the folder of one model, or a folder that is searched
            for model files: what is none is left out there.
        policy: What files may do.

    Returns:
        Each file once, in the order in which it was named or found.
    """
    audited = {one.path: one for path in paths for one in _audited(path, policy)}
    return list(audited.values())


def exit_code(audited: Sequence[Audited]) -> int:
    """Return 0 if all are clean, 1 if there are findings, 2 if one could not be read."""
    if any(one.report is None for one in audited):
        return UNREAD
    return FINDINGS if any(one.report and one.report.verdict == "findings" for one in audited) else CLEAN


def _audited(path: str, policy: Policy | None) -> Iterator[Audited]:
    try:
        searched = Path(path).is_dir() and not is_model_folder(Path(path))
    except (OSError, ValueError):
        searched = False  # the reader says what is wrong with it
    if not searched:
        yield _one(path, policy)
        return
    try:
        for found in models_below(Path(path)):
            try:
                yield Audited(str(found), audit(found, policy=policy))
            except NotAModelError:
                continue
            except HornbookError as error:
                yield Audited(str(found), None, _told(error))
    except OSError as error:
        yield Audited(path, None, f"It cannot be searched: {one_line(str(error), _PROBLEM)}")


def _one(path: str, policy: Policy | None) -> Audited:
    try:
        return Audited(path, audit(path, policy=policy))
    except HornbookError as error:
        return Audited(path, None, _told(error))


def _told(error: HornbookError) -> str:
    return one_line(error.problem, _PROBLEM)
