"""Run the tests of Keras, KerasHub and Keras 2 plain and under `hornbook.install()`, and say what differs.

The tests are taken out of source trees of the versions that are installed, into
a temporary folder, so what is tested is what is installed.  Of KerasHub and of
Keras 2 (tf_keras), those that save something are run.

    python scripts/clients.py --keras KERAS_SOURCE_TREE --keras-hub KERAS_HUB_SOURCE_TREE -n 2
    python scripts/clients.py --keras KERAS_SOURCE_TREE --only saving/serialization_lib --json report.json

Exits with 1 if a test passes plain and not under `install()`, unless
`clients_deviations.json` names it, with the reason.
"""

from __future__ import annotations

import argparse
import fnmatch
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
DEVIATIONS = HERE / "clients_deviations.json"
# Test files for one run of pytest: its memory grows with every model that is compiled.
FILES_AT_ONCE = 40


class Suite(NamedTuple):
    """The tests of one client that are run.

    Attributes:
        name: The distribution.
        package: The package, a folder of the source tree.
        files: Patterns of its test files, below `inner`.
        words: Of these, one is in the name of a test that is run; empty for all.
        options: What pytest is told beyond what holds for all.
        framework: What `hornbook.install()` installs into.
        inner: The folder of the package that holds its modules in the source tree.
        version: The file with its version, in that folder.
    """

    name: str
    package: str
    files: tuple[str, ...]
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    framework: str = "keras"
    inner: str = "src"
    version: str = "version.py"

    def as_installed(self, text: str) -> str:
        """Return a test file with the imports of the distribution, where its modules lie in `src`."""
        if self.inner == "src":
            return text
        moved = re.sub(rf"^(\s*(?:from|import) {self.package})(?=[. ])", r"\1.src", text, flags=re.MULTILINE)
        return moved.replace(f"{self.package}.src.protobuf", f"{self.package}.protobuf")


KERAS_FOLDERS = (
    "saving",
    "legacy",
    "activations",
    "callbacks",
    "constraints",
    "distillation",
    "dtype_policies",
    "export",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "quantizers",
    "regularizers",
    "trainers",
    "utils",
    "wrappers",
)
# A third of KerasHub's model folders: every kind of tokenizer and of task, without what is slow.
KERAS_HUB_MODELS = (
    "albert",
    "bart",
    "bert",
    "bloom",
    "clip",
    "deberta_v3",
    "distil_bert",
    "esm",
    "f_net",
    "gemma",
    "gpt2",
    "llama",
    "mobilenet",
    "moonshine",
    "opt",
    "pali_gemma",
    "resnet",
    "retinanet",
    "roberta",
    "siglip",
    "t5",
    "vgg",
    "vit",
    "whisper",
    "xlm_roberta",
)
KERAS_HUB_FOLDERS = ("layers", "tokenizers", "utils", *(f"models/{model}" for model in KERAS_HUB_MODELS))
KERAS = Suite("keras", "keras", tuple(f"{folder}/**/*_test.py" for folder in KERAS_FOLDERS))
KERAS_HUB = Suite(
    "keras-hub",
    "keras_hub",
    ("models/*_test.py", *(f"{folder}/**/*_test.py" for folder in KERAS_HUB_FOLDERS)),
    ("saved_model", "save_to_preset", "saving"),
    ("--run_large",),
)
KERAS_2_FOLDERS = (
    *("saving", "engine", "feature_column", "initializers", "layers", "losses", "metrics"),
    *("mixed_precision", "models", "optimizers", "premade_models", "utils"),
)
KERAS_2 = Suite(
    "tf_keras",
    "tf_keras",
    ("*_test.py", *(f"{folder}/**/*_test.py" for folder in KERAS_2_FOLDERS)),
    ("sav", "serial", "config", "load"),
    framework="tf_keras",
    inner="",
    version="__init__.py",
)


class Outcome(NamedTuple):
    """What came of one test."""

    outcome: str
    error: str = ""


MISSING = Outcome("missing")
Outcomes = dict[str, Outcome]


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


class Checkout(NamedTuple):
    """A suite in a source tree."""

    suite: Suite
    source: Path

    @property
    def _modules(self) -> Path:
        return self.source / self.suite.package / self.suite.inner

    def check_version(self) -> None:
        """Exit unless the version of the tree is the one that is installed."""
        text = (self._modules / self.suite.version).read_text()
        found = re.search(r'__version__ = "([^"]+)"', text)
        if found is None or found[1] != version(self.suite.name):
            installed = version(self.suite.name)
            raise SystemExit(f"{self.source} is {self.suite.name} {found and found[1]}; {installed} is installed")

    def chosen(self, only: str) -> list[Path]:
        """Return the test files that are to be run, relative to the tree."""
        files = [path for pattern in self.suite.files for path in sorted(self._modules.glob(pattern))]
        relative = [path.relative_to(self.source) for path in files if self._has_tests(path)]
        return [path for path in relative if only in path.as_posix() or fnmatch.fnmatch(path.as_posix(), only)]

    def _has_tests(self, file: Path) -> bool:
        words = self.suite.words
        return not words or re.search(rf"def test\w*({'|'.join(words)})", file.read_text()) is not None

    def copy_tests(self, files: list[Path], target: Path) -> None:
        """Copy tests, the data beside them, and the settings of the tree."""
        for file in files:
            (target / "tests" / file).parent.mkdir(parents=True, exist_ok=True)
            (target / "tests" / file).write_text(self.suite.as_installed((self.source / file).read_text()))
            data = self.source / file.parent / "test_data"
            if data.is_dir():
                shutil.copytree(data, target / "tests" / file.parent / "test_data", dirs_exist_ok=True)
        (target / "pyproject.toml").touch()
        for settings in filter(Path.is_file, (self.source / name for name in ("conftest.py", "pyproject.toml"))):
            shutil.copy(settings, target)
        self._complete(target)

    def _complete(self, target: Path) -> None:
        """Copy the installed package and what its tests import, where the wheel lacks that.

        KerasHub's base class for tests looks for its data beside itself.
        """
        shared = self.source / self.suite.package / "src" / "tests"
        if shared.is_dir():
            found = importlib.util.find_spec(self.suite.package)
            installed = Path(str(found and found.origin)).parent
            copied = target / self.suite.package
            shutil.copytree(installed, copied, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copytree(shared, copied / "src" / "tests", dirs_exist_ok=True)


class Runner(NamedTuple):
    """Runs tests that lie in a folder."""

    suite: Suite
    folder: Path
    workers: int

    def run(self, tests: list[str], *, ours: bool) -> Outcomes:
        """Run tests in parts and return their outcomes."""
        found: Outcomes = {}
        for done, part in parts(tests):
            found.update(self.run_part(part, ours=ours, workers=self.workers))
            label = f"{self.suite.name}, {'ours' if ours else 'plain'}"
            print(f"{label}: {done} of {len(tests)} files", file=sys.stderr, flush=True)
        if not found:
            raise SystemExit(f"No test ran:\n{self._log(ours=ours).read_text()[-4000:]}")
        return found

    def run_part(self, tests: list[str], *, ours: bool, workers: int) -> Outcomes:
        """Run tests in one process of pytest; the worst outcome counts where a test has several."""
        with tempfile.TemporaryDirectory() as scratch:
            report = Path(scratch, "report.jsonl")
            report.touch()
            options = ["-q", "--no-header", "-p", "clients_plugin", "-p", "no:cacheprovider", "--tb=short"]
            options += ["--continue-on-collection-errors", *self.suite.options]
            options += ["--import-mode=importlib", "-c", str(self.folder / "pyproject.toml")]
            options += ["--rootdir", str(self.folder)]
            options += ["-k", " or ".join(self.suite.words)] if self.suite.words else []
            options += ["-n", str(workers), "--dist", "loadfile"] if workers else []
            with self._log(ours=ours).open("a") as output:
                subprocess.run(
                    [sys.executable, "-m", "pytest", *options, *tests],
                    cwd=self.folder,
                    env=self._environment(report, ours=ours),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
            return read_report(report)

    def confirm(self, plain: Outcomes, ours: Outcomes) -> None:
        """Run what differs once more, alone, and take that outcome: some tests fail at random."""
        tests = [test for test in differing(plain, ours) if test in plain and test in ours]
        if tests:
            plain.update(self.run_part(tests, ours=False, workers=0))
            ours.update(self.run_part(tests, ours=True, workers=0))

    def _environment(self, report: Path, *, ours: bool) -> dict[str, str]:
        path = [str(self.folder), str(HERE), os.environ.get("PYTHONPATH", "")]
        return {
            "KERAS_BACKEND": "jax",
            **({"TF_USE_LEGACY_KERAS": "1"} if self.suite is KERAS_2 else {}),
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            "HORNBOOK_CLIENTS_INSTALL": self.suite.framework if ours else "",
            "HORNBOOK_CLIENTS_REPORT": str(report),
        }

    def _log(self, *, ours: bool) -> Path:
        return self.folder / ("ours.log" if ours else "plain.log")


class Result(NamedTuple):
    """The outcomes of a suite."""

    plain: Outcomes
    ours: Outcomes
    differences: list[Difference]


def parts(tests: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield tests in parts, each with the number of those that are done after it."""
    for start in range(0, len(tests), FILES_AT_ONCE):
        part = tests[start : start + FILES_AT_ONCE]
        yield start + len(part), part


def read_report(report: Path) -> Outcomes:
    """Return the outcomes that the plugin has written."""
    found: Outcomes = {}
    for line in report.read_text().splitlines():
        row = json.loads(line)
        if row["test"] not in found or row["outcome"] == "failed":
            found[row["test"]] = Outcome(row["outcome"], row["error"])
    return found


def differing(plain: Outcomes, ours: Outcomes) -> list[str]:
    """Return the tests whose outcomes differ."""
    tests = sorted({*plain, *ours})
    return [test for test in tests if plain.get(test, MISSING).outcome != ours.get(test, MISSING).outcome]


def reason_for(test: str, reasons: dict[str, str]) -> str | None:
    """Return why a test may fail under ours, if there is a reason."""
    return next((reason for pattern, reason in reasons.items() if fnmatch.fnmatchcase(test, pattern)), None)


def compare(plain: Outcomes, ours: Outcomes) -> list[Difference]:
    """Return all differences, with the reason of those that are meant."""
    groups = json.loads(DEVIATIONS.read_text())
    valid = [group for group in groups if fnmatch.fnmatchcase(version("keras"), group.get("keras", "*"))]
    reasons = {pattern: group["reason"] for group in valid for pattern in group["tests"]}
    return [
        Difference(
            test.removeprefix("tests/"),
            plain.get(test, MISSING).outcome,
            ours.get(test, MISSING).outcome,
            ours.get(test, MISSING).error or plain.get(test, MISSING).error,
            reason_for(test.removeprefix("tests/"), reasons),
        )
        for test in differing(plain, ours)
    ]


def run_suite(checkout: Checkout, files: list[Path], workers: int, earlier: Outcomes | None) -> Result:
    """Run tests plain, unless that was done earlier, and under ours, and compare."""
    with tempfile.TemporaryDirectory(prefix="clients-") as name:
        folder = Path(name)
        checkout.copy_tests(files, folder)
        tests = [f"tests/{file.as_posix()}" for file in files]
        runner = Runner(checkout.suite, folder, workers)
        if earlier is None:
            plain = runner.run(tests, ours=False)
        else:
            plain = {test: outcome for test, outcome in earlier.items() if test.partition("::")[0] in tests}
        ours = runner.run(tests, ours=True)
        runner.confirm(plain, ours)
    return Result(plain, ours, compare(plain, ours))


def counts(outcomes: Outcomes) -> str:
    """Return how many tests passed, failed and were skipped, in words."""
    found = Counter(outcome.outcome for outcome in outcomes.values())
    return ", ".join(f"{found[name]} {name}" for name in ("passed", "failed", "skipped"))


def print_result(suite: Suite, result: Result) -> None:
    for name, outcomes in (("plain", result.plain), ("ours", result.ours)):
        print(f"{suite.name} {version(suite.name)}, {name}: {counts(outcomes)}")
    for one in result.differences:
        print(f"{'DIFFERS' if one.counts else 'meant' if one.reason else 'differs'}: {one.test}")
        print(f"    plain {one.plain}, ours {one.ours}: {one.reason or ' '.join(one.error.split())[:300]}")
    if not result.differences:
        print("No test differs.")


def read_earlier(path: Path | None, suite: Suite) -> Outcomes | None:
    """Return the plain outcomes of a suite in an earlier `--json` file."""
    if path is None:
        return None
    return {test: Outcome(*row) for test, row in json.loads(path.read_text())[suite.name]["plain"].items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras", type=Path, help="source tree of the Keras that is installed")
    parser.add_argument("--keras-hub", type=Path, help="source tree of the KerasHub that is installed")
    parser.add_argument("--keras-2", type=Path, help="source tree of the tf_keras that is installed")
    parser.add_argument("--only", default="", help="part of a path, or a pattern, of the test files to run")
    parser.add_argument("-n", type=int, default=0, dest="workers", help="processes at once; needs pytest-xdist")
    parser.add_argument("--json", type=Path, help="write all outcomes to this file")
    parser.add_argument("--plain", type=Path, help="take the plain outcomes from an earlier --json file")
    given = parser.parse_args()
    trees = ((KERAS, given.keras), (KERAS_HUB, given.keras_hub), (KERAS_2, given.keras_2))
    checkouts = [Checkout(suite, source.resolve()) for suite, source in trees if source]
    results: dict[str, Result] = {}
    for checkout in checkouts:
        checkout.check_version()
        files = checkout.chosen(given.only)
        if files:
            name = checkout.suite.name
            results[name] = run_suite(checkout, files, given.workers, read_earlier(given.plain, checkout.suite))
            print_result(checkout.suite, results[name])
    if not results:
        parser.error(f"no test file matches {given.only!r}" if checkouts else "no source tree was given")
    if given.json:
        whole = {name: {"version": version(name), **result._asdict()} for name, result in results.items()}
        given.json.write_text(json.dumps(whole, indent=1))
    return 1 if any(one.counts for result in results.values() for one in result.differences) else 0


if __name__ == "__main__":
    sys.exit(main())
