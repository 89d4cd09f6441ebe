"""`hornbook upgrade`: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest
from tests import needs

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("h5py")
keras = pytest.importorskip("keras")

import numpy as np
from golden import golden_files as golden

import hornbook
from hornbook.cli.commands import hornbook as command
from hornbook.errors import ArchiveError, ArchiveExistsError
from hornbook.upgrading.markdown import code

from .old_files import INPUTS, custom, mlp, outputs, uncertain, weights, with_lambda, write_h5, write_json
from .runner import runner

PLAIN = """
import json, sys
import keras, numpy
assert "hornbook" not in sys.modules
model = keras.saving.load_model(sys.argv[1])
x = numpy.array(json.loads(sys.argv[2]), "float32")
print(json.dumps(keras.ops.convert_to_numpy(model(x)).tolist()))
"""
BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ImportError(name, name=name)
sys.meta_path.insert(0, Blocked())
from hornbook.cli import main
main()
"""
FRAMEWORKS = ("keras", "jax", "torch", "tensorflow", "ml_dtypes")


def run(*arguments):
    return runner().invoke(command, ["upgrade", *map(str, arguments)])


def child(*arguments, program="from hornbook.cli import main; main()", **environment):
    quiet = {"TF_ENABLE_ONEDNN_OPTS": "0"}  # TensorFlow writes on stderr that it has them
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, **quiet, **environment}, check=False, timeout=120,
    )  # fmt: skip


def plain_outputs(path, program=PLAIN):
    """Return what the model computes in another process, loaded by plain Keras."""
    done = child(path, json.dumps(INPUTS.tolist()), program=program)
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout), "float32")


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def one_error(result, *words):
    """The command said what is wrong, in one or two lines, and nothing else."""
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert 1 <= len(lines) <= 2
    for word in words:
        assert word in result.stderr


# ------------------------------------------------------------------ upgrade
def test_plain_keras_loads_what_is_written_with_equal_outputs(tmp_path):
    """In a real process; the old file is as it was."""
    old, new = write_h5(tmp_path), tmp_path / "new.keras"
    before = old.read_bytes()
    done = child("upgrade", old, "-o", new)
    assert (done.returncode, done.stderr) == (0, "")
    assert "old.h5: hdf5, written by Keras 2.2.4" in done.stdout
    assert f"{new}: written" in done.stdout
    assert old.read_bytes() == before
    np.testing.assert_allclose(plain_outputs(new), outputs(lambda x: np.maximum(x, 0)), rtol=1e-5, atol=1e-6)


def test_the_old_hard_sigmoid_is_kept_and_said(tmp_path):
    """Plain Keras finds it once the module that registers it is imported, as output and report say."""
    old, new, report = write_h5(tmp_path, mlp("hard_sigmoid")), tmp_path / "new.keras", tmp_path / "report.md"
    result = run(old, "-o", new, "--report", report)
    assert result.exit_code == 0
    for told in (result.stdout, report.read_text()):
        assert "hornbook>hard_sigmoid_2" in told
        assert "import hornbook.integrations.keras3.functions" in told
    assert child(new, "[]", program=PLAIN).returncode != 0
    before = "import hornbook.integrations.keras3.functions\n"
    program = before + PLAIN.replace('assert "hornbook" not in sys.modules\n', "")
    expected = outputs(lambda x: np.clip(0.2 * x + 0.5, 0, 1))
    np.testing.assert_allclose(plain_outputs(new, program), expected, rtol=1e-5, atol=1e-6)


def test_the_architecture_is_written_without_keras_or_h5py(tmp_path):
    """Of a file without weights; plain Keras reads it."""
    old, new = write_json(tmp_path), tmp_path / "new.json"
    done = child("upgrade", old, "-o", new, program=BLOCKED.format(names=(*FRAMEWORKS, "h5py", "numpy")))
    assert (done.returncode, done.stderr) == (0, "")
    model = keras.models.model_from_json(new.read_text())
    assert [layer.name for layer in model.layers] == ["a", "b"]
    assert model.input_shape == (None, 4)


def test_the_architecture_alone_is_written_of_a_file_with_weights(tmp_path):
    """It takes no Keras; how the model was compiled is left, and that is said."""
    training = {"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5}}}
    old, new = write_h5(tmp_path, training=training), tmp_path / "new.json"
    done = child("upgrade", old, "-o", new, program=BLOCKED.format(names=FRAMEWORKS))
    assert done.returncode == 0, done.stderr
    assert "How the model was compiled is not in the new file" in done.stdout
    assert not keras.models.model_from_json(new.read_text()).compiled


def test_a_file_without_weights_does_not_become_an_archive(tmp_path):
    old = write_json(tmp_path)
    before = snapshot(tmp_path)
    one_error(run(old, "-o", tmp_path / "new.keras"), "no weights", ".json")
    assert snapshot(tmp_path) == before


def test_another_suffix_is_refused(tmp_path):
    one_error(run(write_h5(tmp_path), "-o", tmp_path / "new.zip"), "`.keras` or `.json`")
    one_error(run(write_h5(tmp_path), "-o", tmp_path / "new.h5"), "`.keras` or `.json`")


def test_without_keras_the_error_says_what_is_missing(tmp_path):
    old = write_h5(tmp_path)
    done = child("upgrade", old, "-o", tmp_path / "new.keras", program=BLOCKED.format(names=FRAMEWORKS))
    assert (done.returncode, done.stdout) == (2, "")
    assert "takes Keras, which is not installed" in done.stderr
    assert "pip install hornbook[keras]" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert list(tmp_path.iterdir()) == [old]


# ------------------------------------------------------------------ files that exist
def test_nothing_is_replaced_without_force(tmp_path):
    old, new, report = write_h5(tmp_path), tmp_path / "new.keras", tmp_path / "report.md"
    new.write_text("precious")
    one_error(run(old, "-o", new), "already", "--force")
    assert new.read_text() == "precious"
    report.write_text("precious")
    one_error(run(old, "-o", tmp_path / "other.keras", "--report", report), "already")
    assert report.read_text() == "precious"
    assert run(old, "-o", new, "--report", report, "--force").exit_code == 0
    assert zipfile.is_zipfile(new)
    assert report.read_text().startswith("# Upgrade of `old.h5`")


def test_a_file_can_take_its_own_place_with_force(tmp_path):
    path = write_h5(tmp_path, name="model.keras")
    before = path.read_bytes()
    one_error(run(path, "-o", path), "already")
    assert path.read_bytes() == before
    assert run(path, "-o", path, "--force").exit_code == 0
    assert zipfile.is_zipfile(path)
    assert run("--check", path).stdout == f"{path}: nothing needed\n"


@pytest.mark.parametrize("same", ["old.h5", "new.keras"])
def test_a_report_never_replaces_a_model(tmp_path, same):
    old = write_h5(tmp_path)
    before = snapshot(tmp_path)
    one_error(run(old, "-o", tmp_path / "new.keras", "--force", "--report", tmp_path / same), "report")
    assert snapshot(tmp_path) == before


def test_a_load_that_fails_changes_nothing(tmp_path):
    """Weights of another shape, into a target that exists and into one that is the file itself."""
    old, new = write_h5(tmp_path, layers=weights()[:1], name="model.keras"), tmp_path / "new.keras"
    new.write_text("precious")
    before = snapshot(tmp_path)
    for target in (new, old):
        one_error(run(old, "-o", target, "--force"))
        assert snapshot(tmp_path) == before


def test_a_write_that_fails_changes_nothing(tmp_path):
    """The file system takes no more: the old and the new file are as they were, and there is no litter."""
    pytest.importorskip("resource")
    old, new = write_h5(tmp_path, name="model.keras"), tmp_path / "new.keras"
    new.write_text("precious")
    before = snapshot(tmp_path)
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
    program = "import keras\n" + full + "from hornbook.cli import main; main()"
    for target in (new, old):
        done = child("upgrade", old, "-o", target, "--force", program=program)
        assert done.returncode == 2
        assert "cannot be written" in done.stderr
        assert snapshot(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_takes_no_files_is_one_error(tmp_path):
    old, folder = write_h5(tmp_path), tmp_path / "closed"
    folder.mkdir(mode=0o500)
    one_error(run(old, "-o", folder / "new.keras"), "cannot be written")
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_error(tmp_path):
    one_error(run(write_h5(tmp_path), "-o", tmp_path / "no" / "new.keras"), "There is no such folder")


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "new.keras").mkdir()
    one_error(run(write_h5(tmp_path), "-o", tmp_path / "new.keras", "--force"), "not a file")
    assert (tmp_path / "new.keras").is_dir()


# ------------------------------------------------------------------ what is open, custom, code
def test_what_is_open_is_code_1_and_writes_the_report_alone(tmp_path):
    old, new, report = write_h5(tmp_path, uncertain(), layers=[]), tmp_path / "new.keras", tmp_path / "report.md"
    result = run(old, "-o", new, "--report", report)
    assert result.exit_code == 1
    assert "Open: " in result.stdout
    assert "time_major" in result.stdout
    assert "not written" in result.stdout
    assert not new.exists()
    text = report.read_text()
    assert "## Open\n\n- `$.config.layers[1].config.time_major`: " in text
    assert "- New file: not written" in text


def test_missing_classes_are_one_error_that_names_all(tmp_path):
    """The report names them too."""
    old, new, report = write_h5(tmp_path, custom(), layers=[]), tmp_path / "new.keras", tmp_path / "report.md"
    one_error(run(old, "-o", new, "--report", report), "Swirl", "Twist")
    assert not new.exists()
    assert "- `class Swirl`\n- `class Twist`" in report.read_text()
    assert "## Why nothing was written" in report.read_text()


def test_a_module_of_the_callers_registers_classes(tmp_path):
    module = tmp_path / "lab_layers.py"
    module.write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable('lab', 'Swirl')\nclass Swirl(keras.layers.Layer): pass\n"
        "@keras.saving.register_keras_serializable('lab', 'Twist')\nclass Twist(keras.layers.Layer): pass\n"
    )
    config = custom()
    for layer in config["config"]["layers"]:
        layer["class_name"] = f"lab>{layer['class_name']}"
    old, new = write_h5(tmp_path, config, layers=[("s", []), ("t", [])]), tmp_path / "new.keras"
    done = child("upgrade", old, "-o", new, "--import", "lab_layers", PYTHONPATH=f"{tmp_path}{os.pathsep}{PATH}")
    assert (done.returncode, done.stderr) == (0, "")
    assert new.exists()


PATH = os.environ.get("PYTHONPATH", "")


@pytest.mark.parametrize("text", [None, "1 / 0", "import nothing_of_that_name"])
def test_a_module_that_cannot_be_imported_is_an_error_of_usage(tmp_path, monkeypatch, text):
    if text is not None:
        (tmp_path / "lab_broken.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    result = run(write_h5(tmp_path), "-o", tmp_path / "new.keras", "--import", "lab_broken")
    assert result.exit_code == 2
    assert "'lab_broken' cannot be imported" in result.stderr
    assert "Traceback" not in result.stderr


def test_byte_code_is_refused(tmp_path):
    old = write_h5(tmp_path, with_lambda(), layers=[("l", [])])
    one_error(run(old, "-o", tmp_path / "new.keras"), "byte code")
    assert not (tmp_path / "new.keras").exists()


@pytest.mark.parametrize("arguments", [[], ["a.h5"], ["a", "b", "-o", "c.keras"], ["--check", "a", "--force"]])
def test_wrong_usage_is_code_2(arguments):
    assert run(*arguments).exit_code == 2


# ------------------------------------------------------------------ the report
def test_the_report_says_what_was_done_and_why(tmp_path):
    training = {"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5}}}
    old, report = write_h5(tmp_path, training=training), tmp_path / "report.md"
    assert run(old, "-o", tmp_path / "new.keras", "--report", report).exit_code == 0
    text = report.read_text()
    assert "- Form: hdf5, written by Keras `2.2.4`\n- New file: written\n" in text
    found = hornbook.check_upgrade(old).report
    for name, count in found.rules().items():
        assert f"| {name} | {count} | " in text
    for change in found.changes:
        assert f"| {change.rule} | {code(change.place)} | {code(change.before)} | {code(change.after)} |" in text
    assert "Keras 2.3.0 release notes" in text


def test_values_of_a_file_say_nothing_in_markdown_or_on_the_terminal(tmp_path):
    evil = "x`|<script>\x1b[2J\r\n# [a](http://b)"
    config = mlp()
    config["config"]["layers"][0]["config"]["activation"] = evil
    config["config"]["layers"].append({"class_name": evil, "config": {"name": evil}})
    old, report = write_json(tmp_path, config), tmp_path / "report.md"
    result = run(old, "-o", tmp_path / "new.json", "--report", report)
    assert result.exit_code == 0
    check = run("--check", "-v", old)
    for told in (result.stdout, check.stdout, report.read_text()):
        assert not {"\x1b", "\r", "\ud800"} & set(told)
    assert "\n# [a]" not in report.read_text()
    for line in report.read_text().splitlines():
        if "<script>" in line and line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 5


# ------------------------------------------------------------------ --check
def test_a_check_tells_each_file_in_a_line_and_the_highest_code_wins(tmp_path):
    """It goes on after a file that cannot be read; nothing is written."""
    current = tmp_path / "current.keras"
    hornbook.save_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), current)
    plain = write_h5(tmp_path)
    users = write_json(tmp_path, custom(), "custom.json")
    lambdas = write_json(tmp_path, with_lambda(), "lambda.json")
    unclear = write_json(tmp_path, uncertain(), "open.json")
    bad = tmp_path / "bad.h5"
    bad.write_bytes(plain.read_bytes()[:700])
    before = snapshot(tmp_path)
    result = run("--check", bad, current, plain, users, lambdas, unclear)
    assert (result.exit_code, result.stderr) == (2, "")
    lines = result.stdout.splitlines()
    assert len(lines) == 6
    for line, words in zip(
        lines,
        ["cannot be read: ", "nothing needed", "sequential-input 1", "needs custom class Swirl, class Twist",
         "has byte code (1)", "open: "],
        strict=True,
    ):  # fmt: skip
        assert words in line
    assert run("--check", current, plain, users, lambdas).exit_code == 0
    assert run("--check", unclear, plain).exit_code == 1
    assert snapshot(tmp_path) == before


def test_a_check_needs_neither_keras_nor_h5py(tmp_path):
    """HDF5 is read without h5py as well."""
    arguments = ["--check", write_json(tmp_path, custom())]
    blocked = BLOCKED.format(names=(*FRAMEWORKS, "h5py", "numpy"))
    assert child("upgrade", *arguments, program=blocked).stdout == run(*arguments).stdout
    done = child("upgrade", "--check", write_h5(tmp_path), program=blocked)
    assert done.stdout == run("--check", tmp_path / "old.h5").stdout


def test_details_are_told_on_request(tmp_path):
    result = run("--check", "--verbose", write_json(tmp_path, uncertain()))
    assert "  open at $.config.layers[1].config.time_major: " in result.stdout
    assert "  module at $.module: None -> keras" in result.stdout


NO_MODELS = {"nothing": None, "empty": b"", "text": b"hello", "zip": b"PK\x03\x04", "json": b'{"a": 1}', "list": b"[]"}


@pytest.mark.parametrize("what", NO_MODELS)
def test_what_is_no_model_is_one_error_and_code_2(tmp_path, what):
    path = tmp_path / "old.keras"
    if NO_MODELS[what] is not None:
        path.write_bytes(NO_MODELS[what])
    one_error(run(path, "-o", tmp_path / "new.keras"))
    result = run("--check", path)
    assert result.exit_code == 2
    assert result.stdout.startswith(f"{path}: cannot be read: ")
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("path", ["-", "."])
def test_a_path_that_is_no_file_is_one_error(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    one_error(run(path, "-o", "new.keras"))
    assert run("--check", path).exit_code == 2
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ the functions
def test_the_function_raises_what_the_command_says(tmp_path):
    old, new = write_h5(tmp_path), tmp_path / "new.keras"
    done = hornbook.upgrade_file(old, new)
    assert (done.written, done.has_weights, done.format) == (True, True, "hdf5")
    with pytest.raises(ArchiveExistsError):
        hornbook.upgrade_file(old, new)
    with pytest.raises(ArchiveError, match="must end in"):
        hornbook.upgrade_file(old, tmp_path / "new")


def test_custom_objects_are_passed_in(tmp_path):
    class Swirl(keras.layers.Layer):
        pass

    old, new = write_h5(tmp_path, custom(), layers=[("s", []), ("t", [])]), tmp_path / "new.keras"
    assert hornbook.upgrade_file(old, new, custom_objects={"Swirl": Swirl, "Twist": Swirl}).written


def test_the_state_of_an_optimizer_goes_with_the_file(shared, tmp_path):
    """Plain Keras has the slots that our reading of the old file gives."""
    version, form, name = next(case for case in golden.cases((".h5",)) if case[0] == "tf-2.9" and case[2] == "opt_Adam")
    old, new = golden.extracted(version, name + form, tmp_path), tmp_path / "new.keras"
    assert run(old, "-o", new).exit_code == 0
    slots = [keras.ops.convert_to_numpy(one) for one in hornbook.load_model(old).optimizer.variables]
    plain = [keras.ops.convert_to_numpy(one) for one in keras.saving.load_model(new).optimizer.variables]
    assert len(slots) == len(plain) > 4
    for one, other in zip(slots, plain, strict=True):
        np.testing.assert_array_equal(one, other)


GOLDEN = [
    (version, form, name)
    for version, form, name in golden.cases((".h5", ".keras"))
    if name in ("func_multi_io", "rnn_basic") and not version.startswith("keras-3.1")
]
WHOLE_PLAIN = """
import sys
import keras
import golden.golden_files as golden
version, name, path = sys.argv[1:]
golden.check_outputs(keras.saving.load_model(path), version, name, *golden.recorded(version, name))
assert "hornbook" not in sys.modules
"""


@needs.shared
@pytest.mark.parametrize(
    ("version", "form", "name"), GOLDEN[::3] or [pytest.param("", "", "", marks=pytest.mark.skip("no golden files"))]
)
def test_golden_files_give_their_recorded_outputs_in_plain_keras(tmp_path, version, form, name):
    old, new = golden.extracted(version, name + form, tmp_path), tmp_path / "new.keras"
    assert run(old, "-o", new).exit_code == 0
    tests = os.path.dirname(os.path.dirname(__file__))
    done = child(version, name, new, program=WHOLE_PLAIN, PYTHONPATH=tests)
    assert done.returncode == 0, done.stderr
