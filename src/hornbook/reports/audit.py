"""The public function: one file in, one report out, and nothing built between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.archive import reading as files
from hornbook.errors import HornbookError, UnreadableError
from hornbook.logs import work
from hornbook.opening import open_archive
from hornbook.policy import STRICT, Policy
from hornbook.reports.content import FileAudit
from hornbook.reports.findings import refused
from hornbook.reports.report import AuditReport


def audit(
    filepath: files.Source, custom_objects: Mapping[str, Any] | None = None, *, policy: Policy | None = None
) -> AuditReport:
    """Report what loading a file would do, without Keras and without doing it.

    The file goes through the readers, the rules for older versions and the
    judge that :func:`hornbook.load_model` uses, up to the moment before
    something is built.  What is clean here, `load_model` does not refuse under
    the same policy with the same objects registered and passed in; and what
    it would refuse is a finding.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        custom_objects: Objects by name that would be passed in.
        policy: What the file may do; the strict one by default.

    Returns:
        An :class:`AuditReport`: the findings, what the file names and what it
        would become by which rule, byte code as text, and what it names
        outside of itself.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        UnreadableError: (an :class:`ArchiveError`) It cannot be opened, is cut
            off, or holds nothing of Keras.

    Example:
        >>> audit("no such file.keras")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.keras`
    """
    policy = policy or STRICT
    try:
        with work("audit", filepath), open_archive(filepath, policy.limits) as archive:
            return FileAudit(archive, policy, custom_objects).report()
    except UnreadableError:
        raise
    except HornbookError as error:  # the reader would not open it
        return refused(error, files.name_of(filepath))
