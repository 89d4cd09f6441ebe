"""`audit`: what it tells of a file, how it fails, and that nothing is needed or changed for it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile

import pytest

pytest.importorskip("keras")
pytest.importorskip("h5py")

import h5py
import keras
from tests.hostile.configs import attacks

import hornbook
from hornbook.errors import ArchiveError, ArchiveNotFoundError, NotAModelError
from hornbook.reports.rules import LEVELS, RULES

from .mutations import BYTE_CODE, FOREIGN, Doubled, benign, halved

layers = keras.layers


def no_weights():
    """A weights file of a model that has none."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file.create_group("layers")
    return data.getvalue()


def archive(config, **members):
    """A `.keras` file without variables, in memory."""
    data = io.BytesIO()
    members = {"model__weights__h5": no_weights(), **members}
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("config.json", config if isinstance(config, (str, bytes)) else json.dumps(config))
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    data.seek(0)
    return data


def sequential(*inner):
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": list(inner)},
        "registered_name": None,
    }


def layer(name, /, module="keras.layers", registered=None, **config):
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def rules(report):
    return [one.rule for one in report.findings]


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Lambda(halved)(Doubled(inner="https://example.org/a")(layers.Dense(2)(inputs))))


def test_a_model_of_the_users_is_clean_where_its_classes_are_registered(model, tmp_path):
    hornbook.save_model(model, tmp_path / "model.keras")
    report = hornbook.audit(tmp_path / "model.keras")
    assert (report.verdict, report.findings) == ("clean", ())
    assert (report.name, report.format, report.keras_version) == ("model.keras", "keras", keras.__version__)
    told = {one.label: (one.kind, one.becomes, one.by) for one in report.names}
    assert told["Dense"] == ("class", "keras.layers.Dense", "built-in layer")
    assert told["audited>Doubled"] == ("class", f"{Doubled.__module__}.Doubled", "registered")
    assert told["Functional"][2] == "built-in model"
    assert any(by == "registered" for label, (kind, _, by) in told.items() if kind == "function"), told
    assert hornbook.load_model(tmp_path / "model.keras").count_params() == model.count_params()


def test_a_name_is_told_with_all_its_places():
    report = hornbook.audit(archive(benign(0)))
    (dense,) = [one for one in report.names if one.name == "Dense"]
    assert dense.count == 2
    assert dense.places == ("$.config.layers[1]", "$.config.layers[2]")


def test_what_is_passed_in_is_told_as_such():
    class Mine(layers.Layer):
        pass

    config = sequential(layer("Mine", module="lab", registered="lab>Mine"))
    assert rules(hornbook.audit(archive(config))) == ["unknown"]
    report = hornbook.audit(archive(config), custom_objects={"lab>Mine": Mine})
    assert report.verdict == "clean"
    assert [one.by for one in report.names if one.name == "Mine"] == ["passed in"]


def test_every_unknown_name_is_a_finding_of_its_own():
    config = sequential(layer("One", module="lab"), layer("Two", module="lab"), layer("One", module="lab"))
    report = hornbook.audit(archive(config))
    assert [(one.rule, one.place) for one in report.findings if "One" in one.message] != []
    assert {one.place for one in report.findings} >= {"$.config.layers[0]", "$.config.layers[1]"}
    assert {one.by for one in report.names if one.name in ("One", "Two")} == {"unknown"}


def test_byte_code_is_told_as_text():
    config = sequential(layer("Lambda", function=FOREIGN[0], name="lambda"))
    report = hornbook.audit(archive(config))
    assert rules(report) == ["lambda"]
    assert report.findings[0].place == "$.config.layers[0].config.function"
    assert report.findings[0].error == "LambdaRefusedError"
    (code,) = report.byte_code
    assert code.place == "$.config.layers[0].config.function"
    assert code.lines[0].startswith("<lambda>(x), line")
    assert report.loading.startswith("load_model would raise LambdaRefusedError: The file holds")


def test_byte_code_of_keras_2_is_found_as_well():
    """Where a list stands for it, and only the type beside it says so."""
    config = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Lambda",
                "config": {"function": [BYTE_CODE, None, None], "function_type": "lambda", "name": "f"},
            }
        ],
    }
    report = hornbook.audit(io.BytesIO(json.dumps(config).encode()))
    assert "lambda" in rules(report)
    assert len(report.byte_code) == 1


def test_a_policy_that_allows_byte_code_makes_it_clean():
    data = archive(sequential(layer("Lambda", function=FOREIGN[0], name="lambda")))
    assert hornbook.audit(data, policy=hornbook.Policy(lambdas=True)).verdict == "clean"


def test_limits_that_are_exceeded_are_findings():
    policy = hornbook.Policy(limits=hornbook.Limits(depth=4))
    report = hornbook.audit(archive(benign(0)), policy=policy)
    assert rules(report) == ["limit"]


@pytest.mark.parametrize("size", [float("inf"), float("nan"), "9" * 5000, [1], -1])
def test_a_size_that_is_none_is_an_error_of_nobody(size):
    """What is foreseen of a layer is told only where its arguments are numbers."""
    dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": size}, "registered_name": None}
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [dense]}, "registered_name": None}
    dense["build_config"] = {"input_shape": [None, 2]}
    assert hornbook.audit(io.BytesIO(json.dumps(config).encode())).verdict


@pytest.mark.parametrize(
    "name", ["dense", "dense-units", "embedding", "conv", "lstm", "normalization", "many", "orthogonal"]
)
def test_what_is_certain_to_be_asked_for_is_counted_without_keras(name):
    """Loading counts it when it is made; an audit that knew nothing of it would call the file clean."""
    config = next(one.config for one in attacks("/nowhere") if one.name in (name, f"memory-{name}"))
    assert "limit" in rules(hornbook.audit(io.BytesIO(json.dumps(config).encode())))


def test_addresses_and_paths_are_told_and_are_no_findings():
    config = benign(5)
    report = hornbook.audit(archive(config))
    assert report.verdict == "clean"
    config["config"]["layers"][1]["config"]["inner"] = ["https://example.org/w", "/etc/passwd", "a/b", "os.system"]
    report = hornbook.audit(archive(config))
    assert [(one.kind, one.value) for one in report.resources] == [
        ("url", "https://example.org/w"),
        ("path", "/etc/passwd"),
    ]
    assert report.resources[0].place == "$.config.layers[1].config.inner[0]"


def test_what_is_uncertain_in_an_old_config_is_a_finding():
    """It is what loading would say, and names are told all the same."""
    old = {
        "keras_version": "2.2.4",
        "class_name": "Sequential",
        "config": [{"class_name": "Lambda", "config": {"function": "f", "function_type": "other", "name": "f"}}],
    }
    report = hornbook.audit(io.BytesIO(json.dumps(old).encode()))
    assert "open" in rules(report)
    assert "Lambda" in {one.name for one in report.names}


def test_a_model_in_hdf5_is_judged(model, tmp_path):
    model.save(tmp_path / "model.h5")
    report = hornbook.audit(tmp_path / "model.h5", {"Doubled": Doubled, "halved": halved})
    assert (report.format, report.verdict) == ("hdf5", "clean")


def test_weights_alone_are_judged(model, tmp_path):
    """They have a container and no names."""
    model.save_weights(tmp_path / "a.weights.h5")
    report = hornbook.audit(tmp_path / "a.weights.h5")
    assert report.verdict == "clean"
    assert report.names == ()
    assert len(report.notes) == 1


def test_a_folder_is_judged_as_its_archive_is(model, tmp_path):
    hornbook.save_model(model, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        file.extractall(tmp_path / "model")
    whole, folder = hornbook.audit(tmp_path / "model.keras"), hornbook.audit(tmp_path / "model")
    assert folder.names == whole.names
    assert (folder.format, folder.verdict) == ("keras folder", "clean")


def test_two_members_of_one_name_are_a_finding():
    data = archive(benign(0))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(data, "a") as file:
        file.writestr("config.json", "{}")
    data.seek(0)
    report = hornbook.audit(data)
    assert rules(report) == ["container"]
    assert report.names == ()


def test_a_part_that_is_damaged_hides_no_other():
    """The config is judged though the weights are no HDF5."""
    config = sequential(layer("Lambda", function=FOREIGN[0], name="lambda"))
    report = hornbook.audit(archive(config, model__weights__h5=b"no HDF5"))
    assert set(rules(report)) == {"lambda", "container"}


NOT_READ = {
    "nothing": (None, ArchiveNotFoundError),
    "an empty file": (b"", NotAModelError),
    "text": (b"hello", NotAModelError),
    "JSON of something else": (b'{"a": 1}', NotAModelError),
    "a truncated archive": (archive({}).getvalue()[:-30], ArchiveError),
    "an archive of something else": (None, NotAModelError),
}


@pytest.mark.parametrize("what", NOT_READ)
def test_what_cannot_be_read_is_an_error(what, tmp_path):
    content, error = NOT_READ[what]
    path = tmp_path / "model.keras"
    if what.startswith("an archive"):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("a.txt", "a")
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(error) as caught:
        hornbook.audit(path)
    assert len(str(caught.value).splitlines()) <= 2


def test_a_report_is_data_in_a_fixed_order(model, tmp_path):
    """Twice the same, frozen, and JSON."""
    model.save(tmp_path / "model.keras")
    first, again = hornbook.audit(tmp_path / "model.keras"), hornbook.audit(tmp_path / "model.keras")
    assert first == again
    assert json.dumps(first.to_dict()) == json.dumps(again.to_dict())
    with pytest.raises(AttributeError):
        first.findings = ()


def test_the_gravest_findings_come_first():
    config = sequential(layer("One", module="lab"), layer("Lambda", function=FOREIGN[0], name="f"))
    assert [one.level for one in hornbook.audit(archive(config)).findings] == ["error", "warning"]


def test_every_rule_has_a_level_a_meaning_and_something_to_do():
    for name, (level, meaning, advice, why) in RULES.items():
        assert name.isidentifier()
        assert level in LEVELS
        assert not meaning.endswith(".")
        assert advice.endswith(".")
        assert why.endswith(".")


BLOCKED = """
import json, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"keras", "jax", "torch", "tensorflow", "numpy", "ml_dtypes"}:
            raise ImportError(name, name=name)
sys.meta_path.insert(0, Blocked())
import hornbook
report = hornbook.audit(sys.argv[1])
print(json.dumps([report.verdict, [one.by for one in report.names]]))
"""


def test_neither_keras_nor_a_backend_nor_numpy_is_imported(tmp_path):
    """Their imports fail in the child process."""
    path = tmp_path / "model.json"
    path.write_text(json.dumps(benign(1)))
    done = subprocess.run([sys.executable, "-c", BLOCKED, path], capture_output=True, text=True, check=True)
    verdict, names = json.loads(done.stdout)
    assert verdict == "clean"
    assert all(by.startswith("built-in") for by in names)


def test_an_audit_leaves_no_file_open_and_none_behind(model, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    model.save(tmp_path / "model.keras")
    hornbook.audit(tmp_path / "model.keras")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    hornbook.audit(tmp_path / "model.keras")
    assert before == (len(os.listdir("/proc/self/fd")) if before else 0)
    assert not list(scratch.iterdir())
