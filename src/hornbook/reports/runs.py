"""Many files at once: what the command line asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hornbook.archive.reading import name_of
from hornbook.errors import HornbookError, NotAModelError, one_line, text_of
from hornbook.policy import Policy
from hornbook.reports.audit import audit
from hornbook.reports.baseline import digest_of
from hornbook.reports.report import AuditReport, Finding
from hornbook.reports.searching import is_model_folder, models_below, models_beside

CLEAN, FINDINGS, UNREAD = 0, 1, 2
VERDICTS = ("clean", "findings", "unreadable")
_PROBLEM = 300  # characters


class Target(NamedTuple):
    """What is to be audited.

    Attributes:
        path: A file, or the folder of one model.
        is_found: Whether it was found below a folder, and is left out if it
            turns out to be no model.
        problem: Why a folder cannot be searched, or `None`.
    """

    path: str
    is_found: bool = False
    problem: str | None = None


class AuditedFile(NamedTuple):
    """One path of a run.

    Attributes:
        path: As it was given, or found below a folder that was given.
        report: What the audit says, or `None` if it could not be read.
        problem: Why it could not be read, or `None`.
        digest: A hash of its bytes, where that was asked for.
    """

    path: str
    report: AuditReport | None
    problem: str | None = None
    digest: str | None = None

    @property
    def verdict(self) -> str:
        """One of :data:`VERDICTS`."""
        return "unreadable" if self.report is None else self.report.verdict


class AuditRun(NamedTuple):
    """What one run of the command found.

    Attributes:
        version: The version of hornbook.
        files: What was audited, each once, in the order in which it was named
            or found.
        exit_zero: Whether findings leave the exit code at 0.
    """

    version: str
    files: tuple[AuditedFile, ...]
    exit_zero: bool = False

    @property
    def exit_code(self) -> int:
        """What the command exits with: 0 if all are clean, 1 if there are findings, 2 if one could not be read."""
        return _exit_code((file.verdict for file in self.files), exit_zero=self.exit_zero)


class AuditStream:
    """What one run finds, file by file; counts what has gone by, and keeps none of it.

    Args:
        version: The version of hornbook.
        files: The files, to be gone through once.
        exit_zero: Whether findings leave the exit code at 0.

    Attributes:
        version: The version of hornbook.
        exit_zero: Whether findings leave the exit code at 0.
        verdicts: How many files have which verdict.
        rules: How many findings are of which rule.
        accepted: How many findings are accepted.
    """

    def __init__(self, version: str, files: Iterable[AuditedFile], *, exit_zero: bool = False) -> None:
        self.version = version
        self.verdicts: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.accepted = 0
        self.exit_zero = exit_zero
        self._files = files

    def __iter__(self) -> Iterator[AuditedFile]:
        for file in self._files:
            self.verdicts[file.verdict] += 1
            if file.report is not None:
                self.rules.update(finding.rule for finding in file.report.findings)
                self.accepted += len(file.report.accepted)
            yield file

    @property
    def exit_code(self) -> int:
        """What the command exits with, as for :attr:`AuditRun.exit_code`."""
        return _exit_code(self.verdicts, exit_zero=self.exit_zero)


def run(paths: Sequence[str], policy: Policy | None = None, *, version: str) -> AuditRun:
    """Audit files and folders.

    Args:
        paths: A file, the folder of one model, or a folder that is searched
            for model files: what is none is left out there.
        policy: What files may do.
        version: The version of hornbook.
    """
    files = (audited(target, policy) for target in targets(paths))
    return AuditRun(version, tuple(file for file in files if file is not None))


def targets(paths: Sequence[str], beat: Callable[[], object] = lambda: None) -> Iterator[Target]:
    """Yield what there is to audit, each path once, in the order in which it is named or found.

    Args:
        paths: Files, folders of one model, and folders that are searched.
        beat: Is called for each folder and file that is looked at.
    """
    given, seen = frozenset(paths), set()
    for path in paths:
        for target in _targets(path, beat):
            if target.path not in seen:
                seen.add(target.path)
                yield target._replace(is_found=False) if target.path in given else target


def _targets(path: str, beat: Callable[[], object]) -> Iterator[Target]:
    try:
        is_folder = Path(path).is_dir()
        is_model = not is_folder or is_model_folder(Path(path))
    except (OSError, ValueError):
        is_folder, is_model = False, True  # the reader says what is wrong with it
    if is_model:
        yield Target(path)
    if is_folder:
        search = models_beside if is_model else models_below
        try:
            yield from (Target(str(model), is_found=True) for model in search(Path(path), beat))
        except OSError as error:
            yield Target(path, problem=f"It cannot be searched: {one_line(str(error), _PROBLEM)}")


def audited(target: Target, policy: Policy | None = None, *, digest: bool = False) -> AuditedFile | None:
    """Audit one file; whatever that raises is said of the file.

    Args:
        target: The file.
        policy: What it may do.
        digest: Whether to hash its bytes as well.

    Returns:
        What was found, or `None` for what was found below a folder and is no model.
    """
    if target.problem is not None:
        return AuditedFile(target.path, None, target.problem)
    try:
        return _audited(target, policy, digest=digest)
    except OSError as error:
        return _not_read(target.path, f"It cannot be read: {text_of(error)}")
    except MemoryError:
        return not_judged(target, "It takes more memory than there is")
    except Exception as error:  # noqa: BLE001  one file ends no run
        return not_judged(target, f"{type(error).__name__}: {text_of(error)}")


def _audited(target: Target, policy: Policy | None, *, digest: bool) -> AuditedFile | None:
    path = target.path
    try:
        report = audit(path, policy=policy)
    except NotAModelError as error:
        return None if target.is_found else _not_read(path, error.problem)
    except HornbookError as error:
        return _not_read(path, error.problem)
    return AuditedFile(path, report, digest=digest_of(Path(path)) if digest else None)


def not_judged(target: Target, why: str) -> AuditedFile:
    """Return what is said of a file whose audit came to no end.

    Args:
        target: The file.
        why: What happened, in one sentence without a full stop.
    """
    name = name_of(target.path)
    finding = Finding("failed", "$", "", f"The audit of this file failed: {one_line(why, _PROBLEM)}", "")
    return AuditedFile(target.path, AuditReport(name, None, None, (finding,)))


def accepted_by(file: AuditedFile, accepts: Callable[[Finding], bool]) -> AuditedFile:
    """Return a file with some of its findings set aside.

    Args:
        file: The file.
        accepts: Returns whether a finding is accepted.
    """
    return file if file.report is None else file._replace(report=file.report.accepting(accepts))


def _not_read(path: str, problem: str) -> AuditedFile:
    return AuditedFile(path, None, one_line(problem, _PROBLEM))


def _exit_code(verdicts: Iterable[str], *, exit_zero: bool) -> int:
    """Return the code of the worst verdict."""
    code = max((VERDICTS.index(verdict) for verdict in verdicts), default=CLEAN)
    return CLEAN if code == FINDINGS and exit_zero else code
