"""Reports as SARIF 2.1.0, the format in which tools for code scanning read findings.

Source of the rule: "Static Analysis Results Interchange Format (SARIF)
Version 2.1.0", OASIS Standard, 27 March 2020.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from hornbook.reports.report import Finding
from hornbook.reports.rules import RULES
from hornbook.reports.runs import AuditedFile, AuditRun, AuditStream

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ORDER = {rule: number for number, rule in enumerate(RULES)}


def sarif(run: AuditRun) -> str:
    """Return what a run found, as the text of a SARIF log."""
    return "".join(sarif_pieces(AuditStream(run.version, run.files, exit_zero=run.exit_zero)))


def sarif_log(run: AuditRun) -> dict[str, Any]:
    """Return a SARIF log of one run.

    Args:
        run: The run.

    Example:
        >>> log = sarif_log(AuditRun("0.1.0", ()))
        >>> log["version"], log["runs"][0]["results"]
        ('2.1.0', [])
    """
    log: dict[str, Any] = json.loads(sarif(run))
    return log


def sarif_pieces(stream: AuditStream) -> Iterator[str]:
    """Yield the text of a SARIF log, a piece for each file; of the files the paths alone are kept.

    Args:
        stream: The run.
    """
    head = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": _driver(stream.version)}}]}
    yield json.dumps(head, indent=2).removesuffix("\n    }\n  ]\n}") + ',\n      "results": ['
    artifacts, unread, between = [], [], "\n"
    for number, file in enumerate(stream):
        artifacts.append({"location": _location(file.path)})
        if file.problem is not None:
            unread.append(_notification(number, file))
        for finding in file.report.findings if file.report else ():
            yield between + _indented(_result(number, file.path, finding), 8)
            between = ",\n"
    invocation = {
        "executionSuccessful": not unread,
        "exitCode": stream.exit_code,
        "toolExecutionNotifications": unread,
    }
    rest = {"invocations": [invocation], "columnKind": "unicodeCodePoints", "artifacts": artifacts}
    end = _indented(rest, 4).partition("{")[2]
    yield ("]" if between == "\n" else "\n      ]") + "," + end + "\n  ]\n}\n"


def _indented(value: Any, spaces: int) -> str:
    """Return JSON as it stands within other JSON."""
    margin = " " * spaces
    return margin + json.dumps(value, indent=2).replace("\n", "\n" + margin)


def _driver(version: str) -> dict[str, Any]:
    return {
        "name": "hornbook",
        "fullName": "hornbook audit",
        "version": version,
        "semanticVersion": version,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": f"{rule.meaning}."},
                "fullDescription": {"text": rule.why},
                "help": {"text": rule.advice},
                "defaultConfiguration": {"level": rule.level},
            }
            for name, rule in RULES.items()
        ],
    }


def _result(number: int, path: str, finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": _ORDER[finding.rule],
        "level": finding.level,
        "kind": "fail",
        "message": {"text": _message(finding.message)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": _location(path, number)},
                "logicalLocations": [
                    {
                        "name": finding.place.rpartition(".")[2] or finding.place,
                        "fullyQualifiedName": finding.where,
                        "kind": "object",
                    }
                ],
            }
        ],
        "partialFingerprints": {"hornbookPlace/v1": _fingerprint(finding)},
    }


def _notification(number: int, file: AuditedFile) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": _message(str(file.problem))},
        "locations": [{"physicalLocation": {"artifactLocation": _location(file.path, number)}}],
    }


def _message(text: str) -> str:
    """Return text that has neither placeholders nor links, whatever names it repeats (SARIF 3.11.5 and 3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (") + "."


def _location(path: str, number: int | None = None) -> dict[str, Any]:
    """Return where a file is: a relative URI, or one of the scheme `file` for an absolute path."""
    from urllib.parse import quote  # here, since other formats do without

    uri = quote(path.replace("\\", "/").encode("utf-8", "surrogateescape"), safe="/")
    location: dict[str, Any] = {"uri": f"file://{uri}" if uri.startswith("/") else uri}
    return location if number is None else {**location, "index": number}


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same while the file only moves: the rule, the place, what is said."""
    known_by = f"{finding.rule}\0{finding.where}\0{finding.message}"
    return hashlib.sha256(known_by.encode("utf-8", "backslashreplace")).hexdigest()[:32]
