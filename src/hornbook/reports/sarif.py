"""Reports as SARIF 2.1.0, the format in which tools for code scanning read findings.

Source of the rule: "Static Analysis Results Interchange Format (SARIF)
Version 2.1.0", OASIS Standard, 27 March 2020.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from hornbook.reports.report import RULES, Finding
from hornbook.reports.runs import AuditedFile, AuditRun

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ORDER = {rule: number for number, rule in enumerate(RULES)}


def sarif(run: AuditRun) -> str:
    """Return what a run found, as the text of a SARIF log."""
    return json.dumps(sarif_log(run), indent=2) + "\n"


def sarif_log(run: AuditRun) -> dict[str, Any]:
    """Return a SARIF log of one run.

    Args:
        run: The run.

    Example:
        >>> log = sarif_log(AuditRun("0.1.0", ()))
        >>> log["version"], log["runs"][0]["results"]
        ('2.1.0', [])
    """
    unread = [(number, file) for number, file in enumerate(run.files) if file.problem is not None]
    log = {
        "tool": {"driver": _driver(run.version)},
        "invocations": [
            {
                "executionSuccessful": not unread,
                "exitCode": run.exit_code,
                "toolExecutionNotifications": [_notification(number, file) for number, file in unread],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _location(file.path)} for file in run.files],
        "results": [
            _result(number, file.path, finding)
            for number, file in enumerate(run.files)
            for finding in (file.report.findings if file.report else ())
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [log]}


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
    uri = quote(path.replace("\\", "/").encode("utf-8", "surrogateescape"), safe="/")
    location: dict[str, Any] = {"uri": f"file://{uri}" if uri.startswith("/") else uri}
    return location if number is None else {**location, "index": number}


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same while the file only moves: the rule, the place, what is said."""
    known_by = f"{finding.rule}\0{finding.where}\0{finding.message}"
    return hashlib.sha256(known_by.encode("utf-8", "backslashreplace")).hexdigest()[:32]
