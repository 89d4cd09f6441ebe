"""Run Keras' own tests plain and under `hornbook.install()`, and say what differs.

The tests are not in Keras' wheel: they are taken out of a source tree of the
version that is installed, into a temporary folder.

    python scripts/conformance.py KERAS_SOURCE_TREE
    python scripts/conformance.py KERAS_SOURCE_TREE --only saving/serialization_lib -n 4 --json report.json

Exits with 1 if a test passes plain and fails under `install()`, unless
`conformance_deviations.json` names it, with the reason.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
DEVIATIONS = HERE / "conformance_deviations.json"
FOLDERS = (
    "saving",
    "legacy",
    "activations",
    "constraints",
    "distillation",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "quantizers",
    "regularizers",
)
SETTINGS = """\
[pytest]
filterwarnings =
    error
    ignore::DeprecationWarning
    ignore::ImportWarning
    ignore::RuntimeWarning
    ignore::PendingDeprecationWarning
    ignore::FutureWarning
    ignore::UserWarning
"""


class Outcome(NamedTuple):
    """What came of one test."""

    outcome: str
    error: str = ""


class Difference(NamedTuple):
    """A test with two outcomes."""

    test: str
    plain: str
    ours: str
    error: str
    reason: str | None

    @property
    def counts(self) -> bool:
        return self.plain == "passed" and self.ours != "passed" and self.reason is None


def chosen(source: Path, only: str) -> list[Path]:
    """Return the test files of `source` that are to be run, relative to it."""
    root = source / "keras" / "src"
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*_test.py"))]
    relative = [path.relative_to(source) for path in files]
    return [path for path in relative if only in path.as_posix() or fnmatch.fnmatch(path.as_posix(), only)]


def copy_tests(source: Path, files: list[Path], target: Path) -> None:
    """Copy tests, the data beside them, and what they import from the tree's root."""
    for file in files:
        (target / "tests" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / file, target / "tests" / file)
        data = source / file.parent / "test_data"
        if data.is_dir():
            shutil.copytree(data, target / "tests" / file.parent / "test_data", dirs_exist_ok=True)
    shutil.copy(source / "conftest.py", target / "conftest.py")
    (target / "pytest.ini").write_text(SETTINGS)


def run(folder: Path, tests: list[str], *, ours: bool, workers: int) -> dict[str, Outcome]:
    """Run tests and return their outcomes, the worst one where a test has several."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.jsonl")
        report.touch()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), str(HERE), os.environ.get("PYTHONPATH")])),
            "HORNBOOK_CONFORMANCE_INSTALL": "1" if ours else "0",
            "HORNBOOK_CONFORMANCE_REPORT": str(report),
        }
        environment.setdefault("KERAS_BACKEND", "jax")
        options = ["-q", "--no-header", "-p", "conformance_plugin", "-p", "no:cacheprovider", "--tb=short"]
        options += ["--continue-on-collection-errors"]
        options += ["--import-mode=importlib", "-c", str(folder / "pytest.ini"), "--rootdir", str(folder)]
        options += ["-n", str(workers), "--dist", "loadfile"] if workers else []
        log = folder / ("ours.log" if ours else "plain.log")
        with log.open("a") as output:
            subprocess.run(
                [sys.executable, "-m", "pytest", *options, *tests],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        found: dict[str, Outcome] = {}
        for line in report.read_text().splitlines():
            row = json.loads(line)
            if row["test"] not in found or row["outcome"] == "failed":
                found[row["test"]] = Outcome(row["outcome"], row["error"])
    if not found:
        raise SystemExit(f"No test ran:\n{log.read_text()[-4000:]}")
    return found


def differing(plain: dict[str, Outcome], ours: dict[str, Outcome]) -> list[str]:
    """Return the tests whose outcomes differ."""
    missing = Outcome("missing")
    tests = sorted({*plain, *ours})
    return [test for test in tests if plain.get(test, missing).outcome != ours.get(test, missing).outcome]


def confirmed(folder: Path, plain: dict[str, Outcome], ours: dict[str, Outcome]) -> None:
    """Run what differs once more, alone, and take that outcome: some tests fail at random."""
    tests = [test for test in differing(plain, ours) if test in plain and test in ours]
    if tests:
        plain.update(run(folder, tests, ours=False, workers=0))
        ours.update(run(folder, tests, ours=True, workers=0))


def reason_for(test: str, reasons: dict[str, str]) -> str | None:
    """Return why a test may fail under ours, if there is a reason."""
    name = re.sub(r"^tests/", "", test)
    return next((reason for pattern, reason in reasons.items() if fnmatch.fnmatchcase(name, pattern)), None)


def compare(plain: dict[str, Outcome], ours: dict[str, Outcome]) -> list[Difference]:
    """Return all differences, with the reason of those that are meant."""
    groups = json.loads(DEVIATIONS.read_text())
    valid = [group for group in groups if fnmatch.fnmatchcase(version("keras"), group.get("keras", "*"))]
    reasons = {pattern: group["reason"] for group in valid for pattern in group["tests"]}
    missing = Outcome("missing")
    return [
        Difference(
            re.sub(r"^tests/", "", test),
            plain.get(test, missing).outcome,
            ours.get(test, missing).outcome,
            ours.get(test, missing).error or plain.get(test, missing).error,
            reason_for(test, reasons),
        )
        for test in differing(plain, ours)
    ]


def counts(outcomes: dict[str, Outcome]) -> dict[str, int]:
    """Return how many tests passed, failed and were skipped."""
    found = Counter(outcome.outcome for outcome in outcomes.values())
    return {name: found[name] for name in ("passed", "failed", "skipped")}


def tell(plain: dict[str, Outcome], ours: dict[str, Outcome], differences: list[Difference]) -> None:
    for name, outcomes in (("plain", plain), ("ours", ours)):
        told = ", ".join(f"{number} {what}" for what, number in counts(outcomes).items())
        print(f"Keras {version('keras')}, {name}: {told}")
    for one in differences:
        print(f"{'DIFFERS' if one.counts else 'meant' if one.reason else 'differs'}: {one.test}")
        print(f"    plain {one.plain}, ours {one.ours}: {one.reason or ' '.join(one.error.split())[:300]}")
    if not differences:
        print("No test differs.")


def check_version(source: Path) -> None:
    text = (source / "keras" / "src" / "version.py").read_text()
    found = re.search(r'__version__ = "([^"]+)"', text)
    if found is None or found[1] != version("keras"):
        raise SystemExit(f"{source} is Keras {found and found[1]}, and {version('keras')} is installed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="source tree of the Keras that is installed")
    parser.add_argument("--only", default="", help="part of a path, or a pattern, of the test files to run")
    parser.add_argument("-n", type=int, default=0, dest="workers", help="processes at once; needs pytest-xdist")
    parser.add_argument("--json", type=Path, help="write all outcomes to this file")
    parser.add_argument("--plain", type=Path, help="take the plain outcomes from an earlier --json file")
    given = parser.parse_args()
    check_version(given.source)
    files = chosen(given.source, given.only)
    if not files:
        parser.error(f"no test file matches {given.only!r}")
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        folder = Path(name)
        copy_tests(given.source, files, folder)
        tests = [f"tests/{file.as_posix()}" for file in files]
        if given.plain:
            earlier = json.loads(given.plain.read_text())["plain"]
            kept = {test.partition("::")[0] for test in tests}
            plain = {test: Outcome(*row) for test, row in earlier.items() if test.partition("::")[0] in kept}
        else:
            plain = run(folder, tests, ours=False, workers=given.workers)
        ours = run(folder, tests, ours=True, workers=given.workers)
        confirmed(folder, plain, ours)
    differences = compare(plain, ours)
    tell(plain, ours, differences)
    if given.json:
        whole = {"keras": version("keras"), "plain": plain, "ours": ours, "differences": differences}
        given.json.write_text(json.dumps(whole, indent=1))
    return 1 if any(one.counts for one in differences) else 0


if __name__ == "__main__":
    sys.exit(main())
