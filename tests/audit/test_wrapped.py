"""Byte code is found however it is wrapped, and in every node of a SavedModel: TensorFlow would run it."""

from __future__ import annotations

import io
import json

import pytest

pytest.importorskip("keras")
pytest.importorskip("h5py")

from tests.hdf5.test_forms import varint

import hornbook
from hornbook.errors import ArchiveError, LambdaRefusedError
from hornbook.reports.listing import listed

from .mutations import BYTE_CODE


def of_tuples(*items):
    return {"class_name": "__tuple__", "items": list(items)}


# What stands for a function in a `Lambda` of Keras 2, and a Keras reader takes for byte code.
FORMS = {
    "a list": [BYTE_CODE, None, None],
    "a tuple": of_tuples(BYTE_CODE, None, None),
    "a tuple with defaults": of_tuples(BYTE_CODE, of_tuples(1), None),
    "a tuple in a tuple": of_tuples(of_tuples(BYTE_CODE, None, None), None, None),
    "a list in a tuple": of_tuples([BYTE_CODE], None, None),
    "a tuple in a list": [of_tuples(BYTE_CODE, None, None)],
    "a shape": {"class_name": "TensorShape", "items": [BYTE_CODE, None, None]},
    "text": BYTE_CODE,
}
FIELDS = ("function", "output_shape", "mask")


def of_keras_2(value, field="function"):
    given = {field: value, f"{field}_type": "lambda"}
    return {"class_name": "Lambda", "config": {"name": "f", "function": "relu", "function_type": "function", **given}}


def sequential(*layers, version="2.9.0"):
    inner = {"name": "s", "layers": [{"class_name": "InputLayer", "config": {"batch_input_shape": [None, 2]}}, *layers]}
    return {"class_name": "Sequential", "config": inner, "keras_version": version, "backend": "tensorflow"}


def bytes_of(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def saved_model(*nodes):
    """Return a `keras_metadata.pb` of nodes: a path, and what stands there."""
    told = [
        bytes_of(3, path.encode())
        + bytes_of(4, b"_tf_keras_layer")
        + bytes_of(5, value if isinstance(value, bytes) else json.dumps(value).encode())
        for path, value in nodes
    ]
    return io.BytesIO(b"".join(bytes_of(1, one) for one in told))


def root(config):
    return "root", {"class_name": "Sequential", "model_config": config, "keras_version": "2.9.0"}


def lambdas(report):
    return [one for one in report.findings if one.rule == "lambda"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("form", FORMS)
def test_byte_code_is_found_however_it_is_wrapped(form, field):
    """By whoever reads the file, and told as text."""
    config = sequential(of_keras_2(FORMS[form], field))
    for source in (io.BytesIO(json.dumps(config).encode()), saved_model(root(config))):
        report = hornbook.audit(source)
        assert [one.error for one in lambdas(report)] == ["LambdaRefusedError"], report.findings
        assert [one.lines for one in report.byte_code] == [listed(BYTE_CODE)]
        source.seek(0)
        found = hornbook.inspect_model(source)
        assert (found.lambda_count, len(found.lambdas)) == (1, 1)
        source.seek(0)
        with pytest.raises(LambdaRefusedError):
            hornbook.model_from_config(hornbook.read_config(source))


def test_a_tuple_of_defaults_is_a_list_as_in_hdf5():
    """What is within byte code is not looked at again."""
    config = sequential(of_keras_2(of_tuples(BYTE_CODE, of_tuples(1, of_tuples(2)), None)))
    made, _ = hornbook.upgrade(config)
    assert made["config"]["layers"][1]["config"]["function"]["config"] == {
        "code": BYTE_CODE,
        "defaults": [1, [2]],
        "closure": None,
    }


@pytest.mark.parametrize("form", FORMS)
def test_byte_code_is_found_in_configs_of_keras_3(form):
    """No version of it writes such a layer; a reader of Keras 2 that is given the file takes it for one."""
    layer = {"module": "keras.layers", "registered_name": None, **of_keras_2(FORMS[form])}
    inner = {"name": "s", "layers": [layer]}
    config = {"module": "keras", "class_name": "Sequential", "config": inner, "registered_name": None}
    report = hornbook.audit(io.BytesIO(json.dumps(config).encode()))
    assert len(lambdas(report)) == 1
    assert len(report.byte_code) == 1


DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 1}}
NODES = ["root.layer-1", "root.layer_with_weights-0.cell", "root.keras_api.metrics.0", "", "other"]


@pytest.mark.parametrize("path", NODES)
@pytest.mark.parametrize("form", FORMS)
def test_every_node_of_a_saved_model_is_read(form, path):
    """The root says nothing of it, and TensorFlow makes an object of each node."""
    report = hornbook.audit(saved_model(root(sequential(DENSE)), (path, of_keras_2(FORMS[form]))))
    (found,) = lambdas(report)
    assert report.verdict == "findings"
    assert found.member.endswith(path)
    assert found.place == "$.config.function"
    assert [one.lines for one in report.byte_code] == [listed(BYTE_CODE)]
    inspected = hornbook.inspect_model(saved_model(root(sequential(DENSE)), (path, of_keras_2(FORMS[form]))))
    assert (inspected.lambda_count, len(inspected.lambdas)) == (1, 1)


@pytest.mark.parametrize("value", [b"5", b"null", b"true", b'"text"', b"[]", b"[1, 2]"])
def test_a_node_that_is_no_object_is_looked_at_all_the_same(value):
    """Whatever JSON stands there."""
    file = saved_model(root(sequential(DENSE)), ("other", value))
    assert hornbook.inspect_model(file).lambda_count == 0
    file.seek(0)
    assert not lambdas(hornbook.audit(file))


def test_byte_code_that_the_root_has_as_well_is_told_once():
    layer = of_keras_2(FORMS["a tuple"])
    report = hornbook.audit(saved_model(root(sequential(layer)), ("root.layer-1", layer)))
    assert len(lambdas(report)) == len(report.byte_code) == 1


def test_what_other_nodes_name_is_told_with_the_node():
    """A subclassed model has its layers nowhere else."""
    own = {"class_name": "lab>Stretch", "config": {"name": "a", "path": "/etc/passwd"}}
    report = hornbook.audit(saved_model(root(sequential(DENSE)), ("root.a", own)))
    assert [one.places for one in report.names if one.name == "lab>Stretch"] == [("root.a: $",)]
    assert [one.place for one in report.resources] == ["root.a: $.config.path"]


def test_other_nodes_of_a_harmless_saved_model_are_no_findings():
    metric = {"class_name": "Mean", "name": "loss", "dtype": "float32", "config": {"name": "loss", "dtype": "float32"}}
    nodes = [
        ("root.layer-1", DENSE),
        ("root.keras_api.metrics.0", metric),
        ("root.own", {"name": "x"}),
        ("root.b", b""),
    ]
    report = hornbook.audit(saved_model(root(sequential(DENSE)), *nodes))
    assert [one.level for one in report.findings] == ["note"]
    assert report.verdict == "clean"


@pytest.mark.parametrize("text", [b"{", b'{"a": 1, "a": 2}', b"\xff", b"[" * 9999])
def test_a_node_that_cannot_be_read_is_a_finding(text):
    """Another reader may read it."""
    report = hornbook.audit(saved_model(root(sequential(DENSE)), ("root.layer-1", text)))
    assert [one.member.endswith("root.layer-1") for one in report.findings if one.level == "error"] == [True]


def test_byte_code_is_found_in_a_model_without_a_config_of_its_own():
    """A subclassed model names its class alone."""
    nodes = [("root", {"class_name": "Mine", "config": None}), ("root.f", of_keras_2(FORMS["a tuple"]))]
    report = hornbook.audit(saved_model(*nodes))
    assert len(lambdas(report)) == 1


def test_byte_code_is_found_though_there_is_no_root():
    """Hornbook reads nothing of such metadata; TensorFlow goes by numbers and not by names."""
    report = hornbook.audit(saved_model(("other", of_keras_2(FORMS["a tuple"]))))
    assert len(lambdas(report)) == 1
    with pytest.raises(ArchiveError):
        hornbook.read_config(saved_model(("other", DENSE)))
