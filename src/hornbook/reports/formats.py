"""The formats in which the command writes what an audit found: the built-in ones, and those of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hornbook.engine.registry import Registry, current_registry
from hornbook.errors import HornbookError, RegistrationError, SerializationError, short, text_of
from hornbook.extensions import Extensions
from hornbook.reports.runs import VERDICTS, AuditedFile, AuditRun, AuditStream
from hornbook.reports.sarif import sarif, sarif_pieces
from hornbook.reports.text import text, text_pieces

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
        stream: Yields the same text in pieces, of an :class:`AuditStream`, so
            that a run of many files is never in memory as a whole; `None`
            where there is only `write`.

    Raises:
        RegistrationError: The name is no text, or `write` cannot be called.
    """

    name: str
    write: Callable[[AuditRun], str]
    stream: Callable[[AuditStream], Iterator[str]] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise RegistrationError(f"A report format has a name, not {short(self.name)}", place=None)
        if not callable(self.write):
            raise RegistrationError(
                f"What writes the report format `{self.name}` must be a function, not {short(self.write)}", place=None
            )

    def pieces(self, stream: AuditStream) -> Iterator[str]:
        """Yield the text of a run, each piece as soon as it is known.

        Args:
            stream: The run.

        Raises:
            SerializationError: As for :meth:`render`.
        """
        if self.stream is not None:
            yield from self.stream(stream)
        else:
            yield self.render(AuditRun(stream.version, tuple(stream), stream.exit_zero))

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
    return "".join(_json_pieces(AuditStream(run.version, run.files, exit_zero=run.exit_zero)))


def _json_pieces(stream: AuditStream) -> Iterator[str]:
    """Yield JSON as `json.dumps` would indent it, a piece for each file."""
    yield f'{{\n  "hornbook": {json.dumps(stream.version)},\n  "files": ['
    between = "\n"
    for file in stream:
        yield between + "    " + json.dumps({"path": file.path, **_data(file)}, indent=2).replace("\n", "\n    ")
        between = ",\n"
    end = {
        "exit_code": stream.exit_code,
        "summary": {
            "verdicts": {name: stream.verdicts[name] for name in VERDICTS},
            "rules": dict(stream.rules.most_common()),
            "accepted": stream.accepted,
        },
    }
    yield ("]" if between == "\n" else "\n  ]") + "," + json.dumps(end, indent=2)[1:] + "\n"


def _data(file: AuditedFile) -> dict[str, object]:
    if file.report is None:
        return {"verdict": "unreadable", "problem": file.problem}
    return file.report.to_dict()


# In the order in which help names them.
BUILT_IN: Mapping[str, ReportFormat] = MappingProxyType(
    {
        known.name: known
        for known in (
            ReportFormat("text", text, text_pieces),
            ReportFormat("json", _json, _json_pieces),
            ReportFormat("sarif", sarif, sarif_pieces),
        )
    }
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
