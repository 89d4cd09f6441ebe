"""Write `docs/documents.md`: each sentence, our test of it, and who holds to it.

Runs the tests in `tests/documents` twice, each time in a process of its own:
on hornbook and on the Keras that is installed.

    python scripts/documents.py            # rewrites the page
    python scripts/documents.py --check    # exits 1 if the page is out of date

With environments that have Keras 2, as `make keras2` leaves them in `.nox`, it
does the same on that, and writes `docs/documents-keras-2.md`:

    python scripts/documents.py --keras2 "tf_keras 2.21=.nox/keras2-tf_keras-2-21/bin/python" ...
"""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests" / "documents"
TARGET = ROOT / "docs" / "documents.md"

HEAD = """\
# The documents, sentence by sentence

Five documents describe the functions of this library as Keras has had them.
Each row is a sentence of one, the test that holds us to it, and what came of that test
when it was run on hornbook, and on Keras {keras} in its place.
"Run on" says which functions of ours the test was run on: `hornbook`, those that are imported from there;
`legacy`, the flat form in `hornbook.legacy`; any other name, the module of that generation in `hornbook.legacy`.
Some tests are not for all of them: their decorator says why.
In italics: how a sentence is read where it allows more than one reading or is false as printed;
the columns then say who holds to that reading.
"no" is followed by the exception, if there was one.
Written by `scripts/documents.py`; do not edit.

| document | sentence | our test | run on | hornbook | Keras {keras} holds |
|---|---|---|---|---|---|
"""


TARGET_OF_KERAS_2 = ROOT / "docs" / "documents-keras-2.md"
HEAD_OF_KERAS_2 = """\
# The documents of Keras 2, on its real objects

The four documents that are pages of tf.keras. Each row is a sentence of one, the test that holds us to it, and whether
that test holds on the real objects of a version: with the functions of that version itself (*own*), and with ours,
which are those of `hornbook` and those of the generation of the document in `hornbook.legacy`.
A dash: the document is of a later version. In italics: how a sentence is read.
"no" is followed by the exception, if there was one.
Written by `scripts/documents.py --keras2`; do not edit.

"""


class Row(NamedTuple):
    """One sentence under one test."""

    document: str
    sentence: str
    read_as: str | None
    test: str


class Verdict(NamedTuple):
    """What came of a row: `"yes"`, or `"no"` with the exception; and the functions it was run on."""

    held: str
    on: tuple[str, ...]


def run(library: str, python: str = sys.executable, *, keras_2: bool = False) -> dict[Row, Verdict]:
    """Return the verdict on each row.

    Args:
        library: `"hornbook"` or `"keras"`, whose functions are tried.
        python: The interpreter that has what they are tried on.
        keras_2: Whether that is Keras 2.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        environment = {**os.environ, "KERAS_BACKEND": "jax", "HORNBOOK_DOCUMENTS_LIBRARY": library}
        if keras_2:
            environment |= {"HORNBOOK_DOCUMENTS_FRAMEWORK": "keras2", "PYTHONPATH": str(ROOT / "src")}
            del environment["KERAS_BACKEND"]
        options = ["-W", "ignore"] if keras_2 else []
        options += ["-q", "--no-header", "-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={report}"]
        done = subprocess.run(
            [python, "-m", "pytest", str(TESTS), *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1):  # 1: a test failed
            raise SystemExit(done.stdout)
        cases = list(ET.parse(report).iter("testcase"))  # noqa: S314  written by the line above
    verdicts: dict[Row, Verdict] = {}
    for case in cases:
        for row in rows(case):
            before = verdicts.get(row, Verdict("yes", ()))
            # Of a parametrized test the first failure counts.
            held = verdict(case) if before.held == "yes" else before.held
            verdicts[row] = Verdict(held, tuple(dict.fromkeys([*before.on, *values(case, "ran on")])))
    return verdicts


def rows(case: ET.Element) -> Iterator[Row]:
    name = case.get("name", "").partition("[")[0]
    test = f"{case.get('classname', '').rpartition('.')[2]}.py::{name}"
    for sentence in values(case, "sentence"):
        yield Row(*json.loads(sentence), test)


def values(case: ET.Element, name: str) -> Iterator[str]:
    """Yield what the tests have recorded of themselves under a name."""
    for entry in case.iter("property"):
        if entry.get("name") == name:
            yield entry.get("value", "")


def verdict(case: ET.Element) -> str:
    if case.find("skipped") is not None:
        return "skipped"
    found = case.find("failure") if case.find("error") is None else case.find("error")
    if found is None:
        return "yes"
    raised = re.match(r"[\w.]*?(\w+)(:|$)", found.get("message", ""))
    return "no" if raised is None or raised[1] in ("AssertionError", "Failed") else f"no: `{raised[1]}`"


def page() -> str:
    ours, theirs = run("hornbook"), run("keras")
    sentences = runpy.run_path(str(TESTS / "document_sentences.py"))
    lines = []
    for document in sentences["DOCUMENTS"]:
        described = [row for row in ours if row.document == document]
        lines += [
            line(row, f"`{row.test}`", ", ".join(ours[row].on), ours[row].held, theirs[row].held) for row in described
        ]
    return HEAD.format(keras=version("keras")) + "".join(lines)


def page_of_keras_2(pythons: dict[str, str]) -> str:
    """Return the page for Keras 2, with two columns for each interpreter."""
    tried = {
        label: (run("keras", python, keras_2=True), run("hornbook", python, keras_2=True))
        for label, python in pythons.items()
    }
    cells = [f"{label} {whose}" for label in tried for whose in ("own", "ours")]
    described = dict.fromkeys(row for _, ours in tried.values() for row in ours)
    order = list(runpy.run_path(str(TESTS / "document_sentences.py"))["DOCUMENTS"])
    wanted = sorted((row for row in described if row.document in order), key=lambda row: order.index(row.document))
    none = Verdict("-", ())
    lines = [
        line(row, f"`{row.test}`", *(each.get(row, none).held for both in tried.values() for each in both))
        for row in wanted
        if row.document != "keras-3.6"
    ]
    head = "| " + " | ".join(["document", "sentence", "our test", *cells]) + " |\n" + "|---" * (3 + len(cells)) + "|\n"
    return HEAD_OF_KERAS_2 + head + "".join(lines)


def line(row: Row, *cells: str) -> str:
    sentence = row.sentence if row.read_as is None else f"{row.sentence} *{row.read_as}*"
    return "| " + " | ".join([row.document, sentence.replace("|", "\\|"), *cells]) + " |\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    parser.add_argument("--keras2", action="append", metavar="LABEL=PYTHON", help="an environment that has Keras 2")
    asked = parser.parse_args()
    if asked.keras2:
        written = page_of_keras_2(dict(each.split("=", 1) for each in asked.keras2))
        TARGET_OF_KERAS_2.write_text(written, encoding="utf-8")
        return 0
    new = page()
    if asked.check:
        old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if old != new:
            print(f"{TARGET.relative_to(ROOT)} is out of date: run python scripts/documents.py")
        return int(old != new)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(new, encoding="utf-8")
    held = [text.rsplit(" | ", 2)[1:] for text in new.splitlines() if "::" in text]
    print(f"{len(held)} rows; no: {sum(a != 'yes' for a, _ in held)} ours, {sum(b != 'yes |' for _, b in held)} Keras")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
