"""Reports as SARIF: valid by the standard, whatever a file is called and says."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.reports.report import AuditReport, Finding
from hornbook.reports.rules import RULES
from hornbook.reports.runs import AuditedFile, AuditRun
from hornbook.reports.sarif import sarif_log

from .sarif_schema import check, official

jsonschema = pytest.importorskip("jsonschema")


def finding(rule="lambda", place="$.config.layers[1].config.function", message="There is byte code"):
    return Finding(rule, place, "config.json", message, "LambdaRefusedError")


def report(*findings):
    return AuditReport("model.keras", "keras", "3.15.1", findings)


def log_of(*files):
    return json.loads(json.dumps(sarif_log(AuditRun("0.1.0", files))))


EVERYTHING = log_of(
    AuditedFile("a b/ü.keras", report(*map(finding, RULES))),
    AuditedFile("clean.keras", report()),
    AuditedFile("/abs/gone.keras", None, "There is no such file or folder"),
)


def test_a_log_is_valid():
    """By our own schema, which is the part of the standard that we use."""
    check(EVERYTHING)
    check(log_of())


def test_a_log_is_valid_by_the_official_schema():
    schema = official()
    validator = jsonschema.validators.validator_for(schema)(schema)
    for log in (EVERYTHING, log_of()):
        validator.validate(log)


def test_a_result_says_what_and_where():
    run = log_of(AuditedFile("models/m.keras", report(finding())))["runs"][0]
    (result,) = run["results"]
    location = result["locations"][0]
    assert result["ruleId"] == "lambda"
    assert result["level"] == "error"
    assert result["message"]["text"] == "There is byte code."
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "models/m.keras", "index": 0}
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "config.json: $.config.layers[1].config.function"
    assert run["invocations"][0]["exitCode"] == 1


def test_a_file_that_was_not_read_is_a_notification():
    """It is no result: nothing is known of it."""
    run = EVERYTHING["runs"][0]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "There is no such file or folder."
    assert told["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///abs/gone.keras"


def test_a_finding_is_known_again_when_the_file_moves():
    """The fingerprint says nothing of the path."""

    def fingerprints(path, *findings):
        return [
            one["partialFingerprints"] for one in log_of(AuditedFile(path, report(*findings)))["runs"][0]["results"]
        ]

    assert fingerprints("a.keras", finding()) == fingerprints("b/c.keras", finding())
    assert fingerprints("a.keras", finding()) != fingerprints("a.keras", finding(place="$.config"))


def test_names_of_a_file_make_no_links_and_no_placeholders():
    """SARIF has both in its messages."""
    run = log_of(AuditedFile("m.keras", report(finding(message="Unknown `[a](https://example.org) {0}`"))))["runs"][0]
    text = run["results"][0]["message"]["text"]
    assert "](" not in text
    assert "{{0}}" in text


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1)), max_size=3, unique=True))
def test_any_path_and_any_text_make_a_valid_log(told):
    """Spaces, quotes, control codes and what is no Unicode at all."""
    paths = list(dict.fromkeys(path.replace("\\", "/") for path, _, _ in told))
    log = log_of(*(AuditedFile(path, report(finding(place=told[0][1], message=told[0][2]))) for path in paths))
    check(log)
    uris = [one["location"]["uri"] for one in log["runs"][0]["artifacts"]]
    assert [unquote(uri).removeprefix("file://") for uri in uris] == paths
