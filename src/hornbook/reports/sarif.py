"""Reports as SARIF 2.1.0, the format in which tools for code scanning read findings.

Source of the rule: "Static Analysis Results Interchange Format (SARIF)
Version 2.1.0", OASIS Standard, 27 March 2020.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hornbook.reports.report import RULES, Finding
from hornbook.reports.runs import Audited

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ORDER = {rule: number for number, rule in enumerate(RULES)}


def sarif(audited: Sequence[Audited], *, version: str, exit_code: int) -> dict[str, Any]:
    """Return a SARIF log of one run.

    Args:
        audited: What was audited, in order.
        version: That of hornbook.
        exit_code: What the command exits with.

    Example:
        >>> log = sarif([], version="0.1.0", exit_code=0)
        >>> log["version"], log["runs"][0]["results"]
        ('2.1.0', [])
    """
    failed = [(number, one) for number, one in enumerate(audited) if one.problem is not None]
    run = {
        "tool": {"driver": _driver(version)},
        "invocations": [
            {
                "executionSuccessful": not failed,
                "exitCode": exit_code,
                "toolExecutionNotifications": [_notification(number, one) for number, one in failed],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _location(one.path)} for one in audited],
        "results": [
            _result(number, one.path, finding)
            for number, one in enumerate(audited)
            for finding in (one.report.findings if one.report else ())
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(version: str) -> dict[str, Any]:
    return {
        "name": "hornbook",
        "fullName": "hornbook audit",
        "version": version,
        "semanticVersion": version,
        "rules": [
            {
                "id": rule,
                "shortDescription": {"text": f"{meaning}."},
                "help": {"text": advice},
                "defaultConfiguration": {"level": level},
            }
            for rule, (level, meaning, advice) in RULES.items()
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


def _notification(number: int, one: Audited) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": _message(str(one.problem))},
        "locations": [{"physicalLocation": {"artifactLocation": _location(one.path, number)}}],
    }


def _message(text: str) -> str:
    """Return text that has neither placeholders nor links, whatever names it repeats (SARIF 3.11.5 and 3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (") + "."


def _location(path: str, number: int | None = None) -> dict[str, Any]:
    """Return where a file is: a relative URI, or one of the scheme `file` for an absolute path."""
    uri = quote(path.replace("\\", "/").encode("utf-8", "surrogateescape"), safe="/")
    location: dict[str, Any] = {"uri": f"file://{uri}" if uri.startswith("/") else uri}
    return location if number is None else {**location, "index": number}


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same while the file only moves: the rule, the place, what is said."""
    told = f"{finding.rule}\0{finding.where}\0{finding.message}"
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:32]
