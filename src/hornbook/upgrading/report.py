"""What an upgrade did, place by place, and what it could not decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hornbook.errors import short


class Change(NamedTuple):
    """One rewrite.

    Args:
        rule: The name of the rule.
        place: Where, as `$.config.layers[3].config`.
        before: What stood there; of a large value a short text.
        after: What stands there now.
    """

    rule: str
    place: str
    before: Any
    after: Any


class Open(NamedTuple):
    """What no rule could decide.

    Args:
        place: Where it stands.
        what: What is not certain, in one sentence.
    """

    place: str
    what: str


class Report:
    """What :func:`hornbook.upgrade` did.

    Attributes:
        version: The version of Keras that wrote the config, as far as it is
            known: `"2.2.4"`, or `"2"` where only the form tells.
        backend: The backend that it was written with; empty if that is not known.
        changes: The rewrites, in the order of the config.
        open: What no rule could decide; loading fails with its text.
        lost: What Keras 3 has no place for and a model that is not trained
            further does not need, as an old optimizer's schedule.
        assumed: What the config does not tell and the caller could, as the
            backend of Keras 1; loading warns with its text.
    """

    def __init__(self, version: str | None = None, backend: str | None = None) -> None:
        self.version = version
        self.backend = backend or ""
        self.changes: list[Change] = []
        self.open: list[Open] = []
        self.lost: list[Open] = []
        self.assumed: list[Open] = []

    def __repr__(self) -> str:
        return f"Report(version={self.version!r}, {len(self.changes)} changes, {len(self.open)} open)"

    def remarks(self) -> Iterator[tuple[str, Open]]:
        """Yield all that people should know: `"open"`, `"lost"` or `"assumed"`, and what it is."""
        for word, remarks in (("open", self.open), ("lost", self.lost), ("assumed", self.assumed)):
            for remark in remarks:
                yield word, remark

    def rules(self) -> dict[str, int]:
        """Return how often each rule was used, the most frequent first."""
        counts: dict[str, int] = {}
        for change in self.changes:
            counts[change.rule] = counts.get(change.rule, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


def brief(value: Any) -> Any:
    """Return a value as a report keeps it: plain ones as they are, others as short text."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else short(value)
