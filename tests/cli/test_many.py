"""`hornbook audit` of many files: the same with any number of processes, what is accepted, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("click")
pytest.importorskip("rich")

from audit.sarif_schema import check

from hornbook.cli.commands import hornbook as command

from .runner import runner

DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}, "registered_name": None}
OWN = {"class_name": "Own", "module": "lab", "config": {}, "registered_name": "lab>Own"}
CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
LAMBDA = {"class_name": "Lambda", "module": "keras.layers", "config": {"function": CODE}, "registered_name": None}
# Ends its process, or takes for ever, at files of these names; what audits others is as it is.
PROGRAM = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # which is not so in the background of a shell
from hornbook.reports import runs
true = runs.audit
def audit(path, *, policy):
    name = os.path.basename(path)
    if name.startswith("kill"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith("slow"):
        time.sleep(60)
    return true(path, policy=policy)
runs.audit = audit
from hornbook.cli import main
main()
"""


def run(*arguments):
    return runner().invoke(command, ["audit", *map(str, arguments)])


def start(*arguments, **more):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    line = [sys.executable, "-c", PROGRAM, "audit", *map(str, arguments)]
    return subprocess.Popen(line, env=environment, text=True, **more)


def child(*arguments):
    process = start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


@pytest.fixture
def folder(tmp_path):
    """Forty files: most are clean, some have findings, one cannot be read."""
    folder = tmp_path / "models"
    folder.mkdir()
    for number in range(40):
        config = {7: OWN, 11: LAMBDA, 23: OWN}.get(number, DENSE)
        (folder / f"m{number:02}.json").write_text(json.dumps(config))
    (folder / "m05.json").write_text('{"class_name": ')
    return folder


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_any_number_of_processes_says_the_same_in_the_same_order(folder, form):
    one, three = (child(folder, "--format", form, "-j", jobs) for jobs in (1, 3))
    assert one == three
    assert one[0] == 2
    assert one[2] == ""


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.skipif(sys.platform != "linux", reason="a process that is made anew audits as it always does")
def test_a_file_that_ends_the_process_or_takes_too_long_is_a_finding_of_it(folder, jobs):
    for name in ("kill.json", "slow.json", "kill2.json"):
        (folder / name).write_text(json.dumps(DENSE))
    code, stdout, stderr = child(folder, "--format", "json", "--timeout", 2, "-j", jobs)
    assert stderr == ""
    told = json.loads(stdout)
    assert (code, told["exit_code"], len(told["files"])) == (2, 2, 43)
    messages = {os.path.basename(file["path"]): file.get("findings") for file in told["files"]}
    for name, why in (
        ("kill.json", "It ended its process by SIGSEGV"),
        ("kill2.json", "It ended its process by SIGSEGV"),
        ("slow.json", "It took more than 2 seconds"),
    ):
        (finding,) = messages[name]
        assert finding["rule"] == "failed"
        assert finding["message"] == f"The audit of this file failed: {why}"
    assert told["summary"]["verdicts"] == {"clean": 36, "findings": 6, "unreadable": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="signals to a group are those of Linux")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_it_in_one_line_and_leaves_nothing(folder, tmp_path, jobs):
    """No process, no report, no message of Python; as on a terminal, all processes get the signal."""
    (folder / "slow.json").write_text(json.dumps(DENSE))
    process = start(
        *(folder, "-j", jobs, "-o", tmp_path / "report"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while len(children := _children(process.pid)) < jobs and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (130, "", "Interrupted\n")
    assert not [path for path in tmp_path.iterdir() if path != folder]
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def _children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


@pytest.mark.skipif(sys.platform != "linux", reason="a pseudo terminal")
def test_a_terminal_sees_how_far_it_is_and_the_report_stays_whole(folder):
    """The line is on stderr; the report on stdout is what it is without one."""
    import pty

    (folder / "slow.json").write_text(json.dumps(DENSE))
    ours, theirs = pty.openpty()
    process = start(folder, "--timeout", 3, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown, last, silent = b"", time.monotonic(), []
    while True:
        try:
            part = os.read(ours, 1000)
        except OSError:  # it is closed
            break
        if not part:
            break
        now = time.monotonic()
        silent.append(now - last)
        shown, last = shown + part, now
    os.close(ours)
    stdout, _ = process.communicate(timeout=30)
    assert "41 audited: " in stdout.splitlines()[-1]
    assert b"\r40 audited, 1 s: " in shown or b"\r40 audited, 2 s: " in shown
    assert b"slow.json" in shown
    assert shown.rstrip(b" ").endswith(b"\r")
    assert len(silent) > 5


def test_the_summary_counts_verdicts_and_rules(folder):
    result = run(folder)
    assert result.stdout.splitlines()[-1] == (
        "40 audited: 36 clean, 3 with findings, 1 not read; alone 39, unknown 2, lambda 1"
    )
    assert json.loads(run(folder, "--format", "json").stdout)["summary"] == {
        "verdicts": {"clean": 36, "findings": 3, "unreadable": 1},
        "rules": {"alone": 39, "unknown": 2, "lambda": 1},
        "accepted": 0,
    }


@pytest.mark.parametrize(("level", "code", "rules"), [
    ("note", 1, {"alone": 39, "unknown": 2, "lambda": 1}),
    ("warning", 1, {"unknown": 2, "lambda": 1}),
    ("error", 1, {"lambda": 1}),
])  # fmt: skip
def test_a_severity_leaves_out_what_is_less_grave(folder, level, code, rules):
    (folder / "m05.json").unlink()
    result = run(folder, "--severity", level, "--format", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["exit_code"]) == (code, code)
    assert told["summary"]["rules"] == rules
    assert {finding["rule"] for file in told["files"] for finding in file["findings"]} == set(rules)
    assert told["summary"]["accepted"] == 42 - sum(rules.values())
    (folder / "m11.json").unlink()
    assert run(folder, "--severity", level).exit_code == (0 if level == "error" else 1)


def test_what_is_left_out_is_not_said_to_load(folder):
    """The verdict is on what was asked for; what loading would do is the same all the same."""
    (file,) = json.loads(run(folder / "m07.json", "--severity", "error", "--format", "json").stdout)["files"]
    assert file["verdict"] == "clean"
    assert file["loading"].startswith("load_model would raise UnknownReferenceError")
    assert [finding["rule"] for finding in file["accepted"]] == ["unknown", "alone"]
    assert run(folder / "m07.json", "--severity", "error").stdout.splitlines() == [
        f"{folder}/m07.json: clean (json), 2 accepted",
        "1 audited: 1 clean; 2 accepted",
    ]


def test_findings_may_leave_the_exit_code_at_0_and_files_that_are_not_read_do_not(folder):
    assert run(folder, "--exit-zero").exit_code == 2
    (folder / "m05.json").unlink()
    assert run(folder).exit_code == 1
    for form in ("json", "sarif", "text"):
        result = run(folder, "--exit-zero", "--format", form)
        assert result.exit_code == 0
        assert "m11.json" in result.stdout
    assert json.loads(run(folder, "--exit-zero", "--format", "json").stdout)["exit_code"] == 0


def test_a_baseline_accepts_what_is_known_and_nothing_else(folder, tmp_path):
    known = tmp_path / "known.json"
    (folder / "m05.json").unlink()
    assert run(folder, "--baseline", known, "--write-baseline").exit_code == 0
    assert run(folder, "--baseline", known).exit_code == 0
    assert run(folder, "--baseline", known).stdout.splitlines()[-1] == "39 audited: 39 clean; 42 accepted"
    # The same finding in other bytes is a new one: the byte code may be other byte code.
    (folder / "m11.json").write_text(json.dumps(LAMBDA) + " ")
    result = run(folder, "--baseline", known)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("39 audited: 38 clean, 1 with findings; lambda 1")
    # A file that only moves is known, and one that is not read is not accepted.
    (folder / "m07.json").rename(tmp_path / "moved.json")
    assert run(tmp_path / "moved.json", "--baseline", known).exit_code == 0
    assert run(tmp_path / "gone.json", "--baseline", known).exit_code == 2
    check(json.loads(run(folder, "--baseline", known, "--format", "sarif").stdout))


def test_a_baseline_is_written_again_for_what_was_audited_and_is_the_same_twice(folder, tmp_path):
    known = tmp_path / "known.json"
    run(folder, "--baseline", known, "--write-baseline")
    first = known.read_bytes()
    run(folder, "--baseline", known, "--write-baseline", "-j", 2)
    assert known.read_bytes() == first
    (folder / "m11.json").write_text(json.dumps(DENSE) + " ")
    run(folder / "m11.json", "--baseline", known, "--write-baseline")
    told = json.loads(known.read_text())["files"]
    assert len(told) == len(json.loads(first)["files"])
    assert "lambda" not in known.read_text()
    assert "unknown" in known.read_text()


def test_a_baseline_takes_the_folder_of_a_model_as_a_whole(tmp_path):
    model, known = tmp_path / "model", tmp_path / "known.json"
    (model / "assets").mkdir(parents=True)
    (model / "config.json").write_text(json.dumps(OWN))
    (model / "metadata.json").write_text("{}")
    assert run(model, "--baseline", known, "--write-baseline").exit_code == 0
    assert run(model, "--baseline", known).exit_code == 0
    (model / "assets" / "more").write_text("more")
    assert run(model, "--baseline", known).exit_code == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"hornbook-baseline": 2, "files": {}}', "\udc80",
                                     '{"hornbook-baseline": 1}', '{"hornbook-baseline": 1, "files": {"a": {}}}',
                                     '{"hornbook-baseline": 1, "files": []}', "[" * 100_000])  # fmt: skip
def test_what_is_no_baseline_is_an_error_of_two_lines(folder, tmp_path, content):
    known = tmp_path / "known.json"
    known.write_bytes(content.encode("utf-8", "surrogateescape"))
    result = run(folder, "--baseline", known)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "This is no baseline" in result.stderr
    assert len(result.stderr.splitlines()) == 2


def test_a_baseline_that_is_not_there_is_an_error_and_one_without_a_name_as_well(folder, tmp_path):
    assert run(folder, "--baseline", tmp_path / "gone").exit_code == 2
    result = run(folder, "--write-baseline")
    assert result.exit_code == 2
    assert "--baseline FILE" in result.stderr


def test_a_baseline_replaces_no_file_of_others(folder, tmp_path):
    """The rules are those of -o."""
    notes = tmp_path / "notes"
    notes.write_text("notes")
    result = run(folder, "--baseline", notes, "--write-baseline")
    assert (result.exit_code, result.stdout) == (2, "")
    assert notes.read_text() == "notes"
    model = folder / "m00.json"
    assert run(folder, "--baseline", model, "--write-baseline", "--force").exit_code == 2
    assert run(folder, "--baseline", notes, "--write-baseline", "--force").exit_code == 2  # m05 is not read
    assert json.loads(notes.read_text())["hornbook-baseline"] == 1


def test_what_the_command_reads_beside_the_files_is_not_replaced_either(folder, tmp_path):
    policy, known = tmp_path / "policy.toml", tmp_path / "known.json"
    policy.write_text('preset = "strict"\n')
    run(folder, "--baseline", known, "--write-baseline")
    before = known.read_bytes()
    assert run(folder, "--policy", policy, "-o", policy, "--force").exit_code == 2
    assert "is what the command reads" in run(folder, "--baseline", known, "-o", known, "--force").stderr
    new = tmp_path / "new"
    assert "is what the command reads" in run(folder, "--baseline", new, "--write-baseline", "-o", new).stderr
    assert (policy.read_text(), known.read_bytes()) == ('preset = "strict"\n', before)


def test_an_error_in_the_middle_leaves_no_process_and_no_report(folder, tmp_path, monkeypatch):
    from hornbook.cli import audit as module
    from hornbook.errors import ConfigError

    def some(paths, beat):
        yield module.Target(str(folder / "m00.json"))
        raise ConfigError("It cannot go on", place=None)

    monkeypatch.setattr(module, "targets", some)
    result = run(folder, "-o", tmp_path / "report")
    assert (result.exit_code, result.stderr) == (2, "It cannot go on\n")
    assert not (tmp_path / "report").exists()
