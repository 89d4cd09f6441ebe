"""What a reader refuses, made into findings of the file that it reads."""

from __future__ import annotations

from hornbook.errors import (
    ArchiveError,
    HornbookError,
    LimitError,
    MissingDependencyError,
    WeightsError,
    one_line,
)
from hornbook.reports.report import AuditReport, Finding, ordered

_MESSAGE = 400  # characters
# The rule of an error that a reader raises; that of any other is "type".
_RULES: tuple[tuple[type[HornbookError], str], ...] = (
    (LimitError, "limit"),
    (MissingDependencyError, "unjudged"),
    (WeightsError, "incomplete"),
    (ArchiveError, "container"),
)


class FindingsOfFile:
    """The findings of one file, in the order in which they were made.

    Args:
        name: The name of the file.

    Example:
        >>> findings = FindingsOfFile("m.keras")
        >>> findings.add_error(ArchiveError("It is cut off", place="m.keras/config.json"), "m.keras")
        >>> [(one.rule, one.where, one.message) for one in findings.ordered()]
        [('container', 'config.json: $', 'It is cut off')]
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._findings: list[Finding] = []

    def add(self, rule: str, place: str, member: str, error: HornbookError) -> None:
        """Add one of a rule.

        Args:
            rule: The rule.
            place: Where in the member.
            member: What of the file that is in, as errors name it.
            error: What loading would raise.
        """
        member, place, message = (
            one_line(text, _MESSAGE) for text in (within(member, self._name), place, error.problem)
        )
        self._findings.append(Finding(rule, place, member, message, type(error).__name__))

    def add_error(self, error: HornbookError, member: str, rule: str | None = None) -> None:
        """Add that of an error which loading would raise as well; its class decides the rule."""
        rule = rule or next((rule for kind, rule in _RULES if isinstance(error, kind)), "type")
        place = error.place or "$"
        if not place.startswith("$"):
            member, place = place, "$"
        self.add(rule, place, member, error)

    def places_of(self, rule: str) -> set[str]:
        """Return where findings of a rule are."""
        return {finding.place for finding in self._findings if finding.rule == rule}

    def messages(self) -> set[tuple[str, str]]:
        """Return the rule and the message of each."""
        return {(finding.rule, finding.message) for finding in self._findings}

    def ordered(self) -> tuple[Finding, ...]:
        """Return them without repetitions, the gravest first."""
        return ordered(self._findings)


def within(member: str, name: str) -> str:
    """Return what of a file a member is: the report names the file once."""
    for outer in (f"{name}/", f"{name}: ", name):
        member = member.removeprefix(outer)
    return member


def refused(error: HornbookError, name: str) -> AuditReport:
    """Return the report of a file that its reader would not open.

    Args:
        error: What the reader raised.
        name: The name of the file.
    """
    findings = FindingsOfFile(name)
    findings.add_error(error, name)
    return AuditReport(name, None, None, findings.ordered())
