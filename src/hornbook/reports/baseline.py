"""What of an audit is known and accepted: findings by the bytes of the file that has them.

A file that has changed is judged anew: the same class may have come to be
called with other arguments, and the same place may hold other byte code.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hornbook.archive.files.open_file import open_file
from hornbook.errors import ConfigError, errors_within, short
from hornbook.reports.report import Finding

_FORM = 1  # of the file; a later one is refused
_KEY = "hornbook-baseline"
_BLOCK = 1 << 20  # bytes that are hashed at once

Entry = dict[str, Any]


class Baseline:
    """Findings that are accepted, by the hash of the file.

    Args:
        entries: By hash: the path when it was written, and the findings.

    Example:
        >>> known = Baseline()
        >>> finding = Finding("unknown", "$.config", "config.json", "Nothing is known of `Own`", "")
        >>> known.accepts("sha256:00", finding)
        False
        >>> known.add("sha256:00", "m.keras", [finding])
        >>> Baseline.from_text(known.to_text()).accepts("sha256:00", finding)
        True
    """

    def __init__(self, entries: Mapping[str, Entry] | None = None) -> None:
        self._entries = dict(entries or {})
        self._known = {
            (digest, one["rule"], one["where"]) for digest, entry in self._entries.items() for one in entry["findings"]
        }

    @classmethod
    def from_text(cls, text: str) -> Baseline:
        """Return the baseline that a text says.

        Raises:
            ConfigError: It is none.
        """
        try:
            data = json.loads(text)
            if data[_KEY] == _FORM:
                return cls({**data["files"]})
            raise ValueError(data[_KEY])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ConfigError("This is no baseline", hint="Write one with --write-baseline.", place=None) from error

    @classmethod
    def from_file(cls, path: Path) -> Baseline:
        """Return the baseline that a file says.

        Raises:
            ConfigError: It is none.
            ArchiveError: It cannot be read.
        """
        with open_file(path, str(path)) as file:
            data = file.read()
        with errors_within(short(str(path))):
            return cls.from_text(data.decode("utf-8", "replace"))

    def accepts(self, digest: str | None, finding: Finding) -> bool:
        """Return whether a finding of a file is known.

        Args:
            digest: The hash of the file, by :func:`digest_of`.
            finding: The finding.
        """
        return digest is not None and (digest, finding.rule, finding.where) in self._known

    def add(self, digest: str, path: str, findings: Iterable[Finding]) -> None:
        """Accept findings; what was accepted at this path before is forgotten.

        Args:
            digest: The hash of the file.
            path: Where it is; for those who read the baseline.
            findings: All that are accepted.
        """
        for known in [known for known, entry in self._entries.items() if entry.get("path") == path]:
            del self._entries[known]
        rows = [{"rule": finding.rule, "where": finding.where} for finding in findings]
        self._known.update((digest, row["rule"], row["where"]) for row in rows)
        if rows:
            self._entries[digest] = {"path": path, "findings": rows}

    def to_text(self) -> str:
        """Return it as JSON, the same for the same findings."""
        entries = sorted(self._entries.items(), key=lambda entry: (str(entry[1].get("path")), entry[0]))
        return json.dumps({_KEY: _FORM, "files": dict(entries)}, indent=2) + "\n"


def digest_of(path: Path) -> str:
    """Return a hash of the bytes of a file, or of the names and bytes of all files in a folder.

    Args:
        path: A file, or the folder of a model.

    Raises:
        OSError: It cannot be read.
    """
    whole = hashlib.sha256()
    if not path.is_dir():
        _add_file(path, whole)
        return f"sha256:{whole.hexdigest()}"
    for root, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            inner = Path(root, name)
            whole.update(os.fsencode(inner.relative_to(path).as_posix()) + b"\0")
            if stat.S_ISREG(inner.stat().st_mode):
                part = hashlib.sha256()
                _add_file(inner, part)
                whole.update(part.digest())
    return f"sha256:{whole.hexdigest()}"


def _add_file(path: Path, whole: Any) -> None:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole.update(block)
