"""Write a row of `docs/compatibility.md`: what the suite gave in one environment.

The noxfile runs it with the Python of the environment, which it asks for its
versions.

    python scripts/compatibility.py REPORT...              # prints the row
    python scripts/compatibility.py REPORT... --row CELL   # puts it into the page
    python scripts/compatibility.py --row CELL             # where no tests were run, and all went well

REPORT is pytest's in the form of JUnit; a later one counts for the tests that
both have, which were run again.  Exits 1 if a test failed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import platform
import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

PAGE = Path(__file__).parents[1] / "docs" / "compatibility.md"
BEGIN, END = "<!-- rows -->\n", "<!-- end of rows -->"

SHOWN = (
    *("keras", "jax", "torch", "tensorflow", "tensorflow-cpu"),
    *("numpy", "h5py", "click", "rich"),
)


class Counts(NamedTuple):
    """How many tests did what; a dash where none was run."""

    passed: int | str
    failed: int | str
    skipped: int | str


def counts(reports: Iterable[Path]) -> Counts:
    """Return what reports say, the last one for each test; a test that fails as it must is passed."""
    last: dict[tuple[str | None, str | None], list[ET.Element]] = {}
    for report in reports:
        found: dict[tuple[str | None, str | None], list[ET.Element]] = {}
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 (the report is pytest's, of a moment ago)
            # Tests that are skipped as a whole file have one name, and doctests may share one.
            found.setdefault((case.get("classname"), case.get("name")), []).append(case)
        last |= found
    passed = failed = skipped = 0
    for case in itertools.chain.from_iterable(last.values()):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None and skip.get("type") != "pytest.xfail":
            skipped += 1
        else:
            passed += 1
    return Counts(passed, failed, skipped)


def versions() -> str:
    """Return what is installed here, as `Python 3.11.7, keras 3.15.1, ...`."""
    found = [f"Python {platform.python_version()}"]
    for name in SHOWN:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def put(page: str, cell: str, row: str) -> str:
    """Return the page with the row of a cell in place of the one before, or at the end."""
    head, rest = page.split(BEGIN)
    rows, tail = rest.split(END)
    kept = {re.match(r"\| (\S+) ", line)[1]: line for line in rows.splitlines()}
    return head + BEGIN + "".join(f"{line}\n" for line in {**kept, cell: row}.values()) + END + tail


def main() -> int:
    """Run as a program; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", type=Path, nargs="*", help="without one, that all went well is the result")
    parser.add_argument("--row", metavar="CELL")
    options = parser.parse_args()
    found = counts(options.reports) if options.reports else Counts("-", "-", "-")
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    row = f"| {options.row} | {versions()} | {found.passed} | {found.failed} | {found.skipped} | {today} |"
    print(row)
    if options.row:
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), options.row, row), encoding="utf-8")
    return 1 if options.reports and found.failed else 0


if __name__ == "__main__":
    sys.exit(main())
