"""The formats in which the command writes what an audit found: the built-in ones, and those of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hornbook.engine.registry import Registry, current_registry
from hornbook.errors import HornbookError, RegistrationError, SerializationError, short, text_of
from hornbook.extensions import Extensions
from hornbook.reports.runs import AuditedFile, AuditRun
from hornbook.reports.sarif import sarif
from hornbook.reports.text import text

GROUP = "hornbook.report_formats"


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format in which `hornbook audit` writes what it found.

    A package brings one along as an entry point of the group
    `hornbook.report_formats`.

    Attributes:
        name: What `--format` calls it.
        write: Returns the text of a run: its `files`, each with `path` and
            `report` (an :class:`AuditReport`, or `None` with a `problem`), its
            `exit_code` and the `version` of hornbook.

    Raises:
        RegistrationError: The name is no text, or `write` cannot be called.
    """

    name: str
    write: Callable[[AuditRun], str]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise RegistrationError(f"A report format has a name, not {short(self.name)}", place=None)
        if not callable(self.write):
            raise RegistrationError(
                f"What writes the report format `{self.name}` must be a function, not {short(self.write)}", place=None
            )

    def render(self, run: AuditRun) -> str:
        """Return the text of a run.

        Raises:
            SerializationError: The function of somebody else raised, or returned no text.
        """
        try:
            written = self.write(run)
        except (HornbookError, RecursionError, MemoryError):
            raise
        except Exception as error:
            what = f"The report cannot be written as `{self.name}`: {type(error).__name__}: {text_of(error)}"
            raise SerializationError(what, place=None) from error
        if not isinstance(written, str):
            what = f"The report cannot be written as `{self.name}`: that gave {short(written)} in the place of text"
            raise SerializationError(what, place=None)
        return written


def _json(run: AuditRun) -> str:
    files = [{"path": file.path, **_data(file)} for file in run.files]
    return json.dumps({"hornbook": run.version, "exit_code": run.exit_code, "files": files}, indent=2) + "\n"


def _data(file: AuditedFile) -> dict[str, object]:
    if file.report is None:
        return {"verdict": "unreadable", "problem": file.problem}
    return file.report.to_dict()


# In the order in which help names them.
BUILT_IN: Mapping[str, ReportFormat] = MappingProxyType(
    {name: ReportFormat(name, write) for name, write in (("text", text), ("json", _json), ("sarif", sarif))}
)


def register_report_format(
    name: str, write: Callable[[AuditRun], str], registry: Registry | None = None
) -> ReportFormat:
    r"""Add a format in which `hornbook audit --format NAME` writes what it found.

    An installed package does the same by an entry point of the group
    `hornbook.report_formats` that names a :class:`ReportFormat`.  The built-in
    formats stay what they are.

    Args:
        name: What `--format` calls it.
        write: Returns the text of a run: see :class:`ReportFormat`.
        registry: Where it is registered; by default the registry in use.

    Returns:
        The format.

    Raises:
        RegistrationError: (a `ValueError`) The name is that of a built-in
            format or no text, or `write` cannot be called.

    Example:
        >>> def count(run):
        ...     return f"{len(run.files)} files, exit code {run.exit_code}\n"
        >>> mine = Registry()
        >>> register_report_format("count", count, mine).name
        'count'
        >>> list(report_formats(mine))
        ['text', 'json', 'sarif', 'count']
    """
    report_format = ReportFormat(name, write)
    if name in BUILT_IN:
        raise RegistrationError(f"`{name}` is a built-in report format", hint="Take another name.", place=None)
    return _extensions(registry).register(name, report_format)


def report_formats(registry: Registry | None = None) -> dict[str, ReportFormat]:
    """Return all formats by their names, the built-in ones first.

    Args:
        registry: Where the others are registered; by default the registry in use.
    """
    others = {added.name: added for added in _extensions(registry) if added.name not in BUILT_IN}
    return {**BUILT_IN, **others}


def _extensions(registry: Registry | None) -> Extensions[ReportFormat]:
    return (registry or current_registry()).extensions(GROUP, ReportFormat)
