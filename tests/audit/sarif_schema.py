"""What SARIF 2.1.0 asks of the objects that we write, as a JSON schema of our own.

The official schema is on no package index, so it cannot be had in a test
without the network; it is used as well where it lies in ../shared, or where
`SARIF_SCHEMA` names it.  This one is the part of the standard that matters
here (sections in brackets), and is stricter: nothing that we do not mean to
write is allowed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests import needs

OFFICIAL = "sarif-schema-2.1.0.json"
_TEXT = {"type": "string", "minLength": 1}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}


def _object(required, **properties):
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def _list(items, **more):
    return {"type": "array", "items": items, **more}


_MESSAGE = _object("text", text=_TEXT)  # 3.11
_ARTIFACT_LOCATION = _object(  # 3.4: a URI without spaces; an index into run.artifacts
    "uri",
    uri={"type": "string", "format": "uri-reference", "pattern": r"^[A-Za-z0-9._~/%:@!$&'()*+,;=-]+$"},
    index={"type": "integer", "minimum": 0},
)
_LOCATION = _object(  # 3.28
    "physicalLocation",
    physicalLocation=_object("artifactLocation", artifactLocation=_ARTIFACT_LOCATION),  # 3.29
    logicalLocations=_list(  # 3.33
        _object("name fullyQualifiedName kind", name=_TEXT, fullyQualifiedName=_TEXT, kind=_TEXT), minItems=1
    ),
)
_RULE = _object(  # 3.49
    "id shortDescription fullDescription help defaultConfiguration",
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_object("level", level=_LEVEL),
)
_RESULT = _object(  # 3.27
    "ruleId ruleIndex level kind message locations partialFingerprints",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    kind={"enum": ["fail"]},  # 3.27.9: otherwise the level must be "none"
    message=_MESSAGE,
    locations=_list(_LOCATION, minItems=1),
    partialFingerprints={
        "type": "object",
        "patternProperties": {r"^[A-Za-z]+/v[0-9]+$": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
        "additionalProperties": False,
        "minProperties": 1,
    },
)
_DRIVER = _object(  # 3.19
    "name version semanticVersion fullName rules",
    name=_TEXT,
    fullName=_TEXT,
    version=_TEXT,
    semanticVersion={"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+([-+].+)?$"},
    rules=_list(_RULE, uniqueItems=True),
)
_INVOCATION = _object(  # 3.20
    "executionSuccessful exitCode toolExecutionNotifications",
    executionSuccessful={"type": "boolean"},
    exitCode={"type": "integer", "minimum": 0, "maximum": 2},
    toolExecutionNotifications=_list(
        _object("level message locations", level=_LEVEL, message=_MESSAGE, locations=_list(_LOCATION))
    ),
)
_RUN = _object(  # 3.14
    "tool invocations artifacts results columnKind",
    tool=_object("driver", driver=_DRIVER),
    invocations=_list(_INVOCATION, minItems=1, maxItems=1),
    artifacts=_list(_object("location", location=_ARTIFACT_LOCATION), uniqueItems=True),
    results=_list(_RESULT),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
)
OURS = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **_object(  # 3.13
        "version runs $schema",
        version={"const": "2.1.0"},
        runs=_list(_RUN, minItems=1, maxItems=1),
        **{"$schema": {"type": "string", "pattern": "sarif-schema-2.1.0.json$"}},
    ),
}


def official():
    """Return the official schema, or skip the test."""
    for path in (os.environ.get("SARIF_SCHEMA"), needs.SHARED / OFFICIAL):
        if path and Path(path).is_file():
            return json.loads(Path(path).read_text(encoding="utf-8"))
    return pytest.skip(f"needs {OFFICIAL} of the OASIS standard: set SARIF_SCHEMA to its path")


def check(log):
    """Hold a log to the schema above, and to what a schema cannot say: that numbers lead to the right thing."""
    import jsonschema

    jsonschema.Draft7Validator(OURS).validate(log)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    uris = [artifact["location"]["uri"] for artifact in run["artifacts"]]
    notified = run["invocations"][0]["toolExecutionNotifications"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    for one in (*run["results"], *notified):
        for location in one["locations"]:
            artifact = location["physicalLocation"]["artifactLocation"]
            assert uris[artifact["index"]] == artifact["uri"]
    assert run["invocations"][0]["executionSuccessful"] == (not notified)
