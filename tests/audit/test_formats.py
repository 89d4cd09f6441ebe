"""Formats of reports: the built-in ones, and those that a call or an installed package adds."""

from __future__ import annotations

import pytest

from hornbook import extending
from hornbook.engine.registry import Registry
from hornbook.errors import RegistrationError, SerializationError
from hornbook.reports.formats import BUILT_IN, report_formats
from hornbook.reports.report import ByteCode, Named, Resource

FINDING = extending.Finding("alone", "$", "", "It is an architecture alone", "WeightsError")
NAMES = (
    Named("class", "Dense", "Dense", "keras.layers", None, "keras.layers.Dense", "built-in layer", 1, ("$",)),
    Named("class", "Own", "Own", "lab", None, None, "unknown", 1, ("$",)),
    Named("class", "Mine", "Mine", "builtins", None, "lab.Mine", "registered", 1, ("$",)),
)
RUN = extending.AuditRun(
    "0.1.0",
    (
        extending.AuditedFile(
            "m.json",
            extending.AuditReport(
                "m.json",
                "json",
                None,
                (FINDING,),
                NAMES,
                (ByteCode("$.config", ("<lambda>(x)",)),),
                (Resource("url", "$.config.from", "https://example.org"),),
                ("It has a note",),
            ),
        ),
        extending.AuditedFile("clean.keras", extending.AuditReport("clean.keras", None, "3.15.1", ())),
        extending.AuditedFile("gone", None, "There is no such file or folder"),
    ),
)


def count(run):
    return f"{len(run.files)} files\n"


def test_the_text_has_all_that_was_found_and_nothing_of_built_ins():
    assert BUILT_IN["text"].render(RUN).splitlines() == [
        "m.json: clean (json)",
        "  note: alone at $",
        "    It is an architecture alone",
        "  byte code at $.config",
        "    <lambda>(x)",
        "  class Own of lab: unknown",
        "  class Mine: registered, lab.Mine",
        "  url at $.config.from: https://example.org",
        "  It has a note",
        "  load_model would raise WeightsError: It is an architecture alone",
        "clean.keras: clean (unknown format, Keras 3.15.1)",
        "gone: not read: There is no such file or folder",
        "3 audited: 2 clean, 1 not read; alone 1",
    ]


def test_two_registries_have_formats_of_their_own():
    mine, other = Registry(), Registry()
    added = extending.register_report_format("count", count, mine)
    assert report_formats(mine)["count"] is added
    assert list(report_formats(mine))[:3] == list(BUILT_IN)
    assert "count" not in report_formats(other)
    with other.use():
        extending.register_report_format("count", count)
    assert "count" in report_formats(other)


@pytest.mark.parametrize(
    ("name", "write"), [("json", count), ("", count), (3, count), ("count", None), ("count", "csv")]
)
def test_what_is_no_format_is_refused(name, write):
    with pytest.raises(RegistrationError):
        extending.register_report_format(name, write, Registry())


def fails(run):
    raise KeyError("no such column")


def refuses(run):
    raise SerializationError("It is too long for a postcard", place=None)


@pytest.mark.parametrize(
    ("write", "problem"),
    [
        (fails, "The report cannot be written as `mine`: KeyError: 'no such column'"),
        (lambda run: b"bytes", "The report cannot be written as `mine`: that gave b'bytes' in the place of text"),
        (refuses, "It is too long for a postcard"),
    ],
)
def test_what_a_format_of_others_raises_is_an_error_of_ours(write, problem):
    with pytest.raises(SerializationError) as caught:
        extending.ReportFormat("mine", write).render(RUN)
    assert caught.value.problem == problem
