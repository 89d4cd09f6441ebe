"""The pre-commit hook and the GitHub action: what they call is there, and the script of the action runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from audit.sarif_schema import check

from hornbook.cli.audit import audit

ROOT = Path(__file__).parents[2]
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
HOOK = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}, "registered_name": None}
OWN = {"class_name": "Own", "module": "lab", "config": {}, "registered_name": "lab>Own"}


def script():
    """The lines of the step that audits, without their margin."""
    block = ACTION[ACTION.index("id: audit") :].split("run: |\n")[1]
    lines = re.match(r"(?: {8}.*\n)+", block).group()
    return re.sub(r"^ {8}", "", lines, flags=re.MULTILINE)


def test_every_option_of_the_script_is_one_of_the_command():
    known = {name for option in audit.params for name in option.opts}
    used = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", script())) - {"-n", "-r", "-f"}
    assert used - {"--"} <= known
    assert len(used) > 5


def test_the_inputs_that_are_used_are_declared_and_none_stands_in_a_script():
    declared = set(
        re.findall(r"^  ([\w-]+):$", ACTION[ACTION.index("inputs:") : ACTION.index("outputs:")], re.MULTILINE)
    )
    assert set(re.findall(r"inputs\.([\w-]+)", ACTION)) == declared
    assert "${{" not in script()
    assert not re.search(r"run:.*\$\{\{", ACTION)


def test_the_hook_and_the_action_need_what_the_command_needs():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"additional_dependencies: {re.search(r'^cli = (.*)$', text, re.MULTILINE).group(1)}" in HOOK
    assert "entry: hornbook audit\n" in HOOK
    assert '"$SOURCE[cli]"' in ACTION


def test_both_files_are_yaml():
    yaml = pytest.importorskip("yaml", reason="nothing else here reads YAML")
    action, (hook,) = yaml.safe_load(ACTION), yaml.safe_load(HOOK)
    assert action["runs"]["using"] == "composite"
    assert all("shell" in step for step in action["runs"]["steps"] if "run" in step)
    assert re.search(hook["files"], "models/m.keras")


@pytest.mark.skipif(shutil.which("bash") is None, reason="the script is one of bash")
@pytest.mark.parametrize(
    ("paths", "more", "code", "rules"),
    [
        ("clean.json\n", {}, 0, ["alone"]),
        ("clean.json\nown model.json\n", {}, 1, ["alone", "unknown", "alone"]),
        ("own model.json", {"EXIT_ZERO": "true", "SEVERITY": "warning"}, 0, ["unknown"]),
        ("gone.json\n\nclean.json", {"POLICY": "policy.toml"}, 2, ["alone"]),
        ("own model.json", {"BASELINE": "known.json"}, 0, []),
        ("$(touch hacked)", {}, 2, []),
        ("--help", {}, 2, []),
    ],
)
def test_the_script_writes_a_report_and_says_how_it_went(tmp_path, paths, more, code, rules):
    (tmp_path / "clean.json").write_text(json.dumps(DENSE))
    (tmp_path / "own model.json").write_text(json.dumps(OWN))
    (tmp_path / "policy.toml").write_text('preset = "strict"\n')
    command = tmp_path / "bin" / "hornbook"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hornbook.cli "$@"\n')
    command.chmod(0o755)
    environment = {
        "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path),
        "GITHUB_OUTPUT": str(tmp_path / "output"), "PATHS": paths, "POLICY": "", "SEVERITY": "note", "BASELINE": "",
        "EXIT_ZERO": "false", "JOBS": "0", "SARIF": "report.sarif", **more,
    }  # fmt: skip
    if "BASELINE" in more:
        line = ["hornbook", "audit", paths, "--baseline", "known.json", "--write-baseline"]
        subprocess.run(line, cwd=tmp_path, env=environment, check=True, capture_output=True)
    line = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script()]  # as GitHub calls it
    done = subprocess.run(line, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
    log = json.loads((tmp_path / "report.sarif").read_text())
    check(log)
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == rules
    assert not (tmp_path / "hacked").exists()


def test_the_script_fails_where_there_is_no_report(tmp_path):
    """Nothing could be uploaded then."""
    command = tmp_path / "hornbook"
    command.write_text("#!/bin/sh\nexit 2\n")
    command.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(tmp_path / "output")}
    names = ("PATHS", "POLICY", "SEVERITY", "BASELINE", "EXIT_ZERO", "JOBS", "SARIF")
    line = ["bash", "-eo", "pipefail", "-c", script()]
    done = subprocess.run(line, cwd=tmp_path, env={**environment, **dict.fromkeys(names, "x")}, check=False)
    assert done.returncode == 2
