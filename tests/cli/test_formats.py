"""`hornbook audit --format`: a package that is installed adds a format by an entry point."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from hornbook.cli.commands import hornbook as command
from hornbook.engine.registry import Registry
from hornbook.extending import register_report_format

from .runner import runner

MODULE = """
from hornbook.extending import ReportFormat


def write(run):
    rows = [f"{file.path};{file.report.verdict if file.report else 'unreadable'}" for file in run.files]
    return "\\n".join([f"hornbook {run.version}", *rows, f"exit code {run.exit_code} \\u2713", ""])


CSV = ReportFormat("csv", write)
"""


@pytest.fixture
def installed(tmp_path):
    """A distribution on the path: a module, and the metadata of what an installer would leave."""
    place = tmp_path / "site"
    metadata = place / "acme_reports-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-reports\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[hornbook.report_formats]\ncsv = acme_reports:CSV\n")
    (place / "acme_reports.py").write_text(MODULE)
    return place


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}))
    return path


def child(place, *arguments, encoding="utf-8"):
    """Run the command in a new process that finds the distribution."""
    program = f"import sys; sys.path.insert(0, {str(place)!r}); from hornbook.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", program, *map(str, arguments)],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": encoding, "PATH": ""},
    )


def test_the_command_writes_in_the_format_of_an_installed_package(installed, config, tmp_path):
    done = child(installed, "audit", config, tmp_path / "gone", "--format", "csv")
    assert done.stderr == b""
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("hornbook ")
    assert lines[1:] == [f"{config};clean", f"{tmp_path / 'gone'};unreadable", "exit code 2 \u2713"]
    assert done.returncode == 2


def test_what_the_terminal_cannot_show_is_escaped_and_a_file_has_it(installed, config, tmp_path):
    done = child(installed, "audit", config, "--format", "csv", encoding="ascii")
    assert done.stdout.decode().splitlines()[-1] == "exit code 0 \\u2713"
    done = child(installed, "audit", config, "--format", "csv", "-o", tmp_path / "report", encoding="ascii")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "report").read_text("utf-8").splitlines()[-1] == "exit code 0 \u2713"


def test_help_and_refusals_name_all_formats(installed, config):
    assert b"[text|json|sarif|csv]" in child(installed, "audit", "--help").stdout
    refused = child(installed, "audit", config, "--format", "xml")
    assert refused.returncode == 2
    assert b"'xml' is not one of 'text', 'json', 'sarif', 'csv'" in refused.stderr


def test_what_a_package_gets_wrong_is_an_error_of_two_lines(installed, config):
    (installed / "acme_reports.py").write_text("CSV = 3\n")
    failed = child(installed, "audit", config, "--format", "csv")
    assert failed.returncode == 2
    assert failed.stderr.decode().splitlines() == ["`csv` of hornbook.report_formats must be a ReportFormat, not 3"]
    # What is built in takes nothing of it.
    assert child(installed, "audit", config, "--format", "json").returncode == 0


def test_a_format_that_was_registered_in_the_process_is_taken(config):
    with Registry().use():
        register_report_format("count", lambda run: f"{len(run.files)} files\n")
        result = runner().invoke(command, ["audit", str(config), "--format", "count"])
    assert (result.exit_code, result.stdout) == (0, "1 files\n")
    result = runner().invoke(command, ["audit", str(config), "--format", "count"])
    assert result.exit_code == 2
