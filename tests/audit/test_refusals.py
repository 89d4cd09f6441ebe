"""What loading refuses, `audit` finds, and the other way round: small files of every form, each with one part spoiled.

Nothing but an error of ours comes out of either.
"""

from __future__ import annotations

import copy
import io
import json
import zipfile
from functools import cache

import pytest
from tests import needs

keras = pytest.importorskip("keras")
h5py = pytest.importorskip("h5py")

import numpy as np
from tests.hdf5 import h5_files as h5

import hornbook
from hornbook.errors import HornbookError, UnknownReferenceError, WeightsError

from .test_wrapped import root, saved_model

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    needs.since("3.15", "older ones read parts of models in other ways"),
]

layers = keras.layers
GONE = object()
# What may stand where something else belongs.
VALUES = (None, 0, 3, 1.5, True, "x", "", [], [1], ["x"], [[]], [{}], [None], -1, GONE)


def _sequential():
    model = keras.Sequential([keras.Input((2,), name="i"), layers.Dense(2, "relu", name="d")], name="s")
    model.compile("sgd", loss="mse", metrics=["mae"])
    return model


def _functional():
    inputs = keras.Input((2,), name="i")
    return keras.Model(inputs, layers.Dense(2, name="d")(inputs), name="f")


def _written(model, name, folder):
    model.save(folder / name)
    return (folder / name).read_bytes()


@cache
def _files():
    """Return the bytes of a file of each model in each format of Keras 3."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        return {
            (build.__name__, suffix): _written(build(), f"m.{suffix}", Path(folder))
            for build in (_sequential, _functional)
            for suffix in ("keras", "h5")
        }


def _of_keras_2(*, graph):
    dense = h5.dense_config("d", 2, 2)
    if not graph:
        return {**h5.sequential(dense), "keras_version": "2.4.0", "backend": "tensorflow"}
    begin = {
        "class_name": "InputLayer",
        "name": "i",
        "config": {"batch_input_shape": [None, 2], "dtype": "float32", "name": "i"},
        "inbound_nodes": [],
    }
    inner = {
        "name": "f",
        "layers": [begin, {**dense, "name": "d", "inbound_nodes": [[["i", 0, 0, {}]]]}],
        "input_layers": [["i", 0, 0]],
        "output_layers": [["d", 0, 0]],
    }
    return {"class_name": "Functional", "config": inner, "keras_version": "2.4.0", "backend": "tensorflow"}


TRAINING = {
    "loss": "mse",
    "metrics": ["mae"],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {"class_name": "SGD", "config": {"name": "SGD", "learning_rate": 0.01, "momentum": 0.0}},
}


# ---------------------------------------------------------------- forms: a config, and how a file is made of it
def _zip(build):
    data = _files()[build, "keras"]
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        config = json.loads(file.read("config.json"))

    def made(config):
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
            for name in old.namelist():
                new.writestr(name, json.dumps(config) if name == "config.json" else old.read(name))
        return buffer.getvalue()

    return config, made, hornbook.load_model


def _hdf5(build):
    data = _files()[build, "h5"]
    with h5py.File(io.BytesIO(data)) as file:
        config = {
            name: json.loads(file.attrs[name]) for name in ("model_config", "training_config") if name in file.attrs
        }
    return config, lambda config: _with_attributes(data, config), hornbook.load_model


def _with_attributes(data, config):
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "a") as file:
        for name in list(file.attrs):
            if name.endswith("_config"):
                del file.attrs[name]
        file.attrs.update({name: json.dumps(value) for name, value in config.items()})
    return buffer.getvalue()


def _old_hdf5(*, graph):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.4.0", "tensorflow"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"i", b"d"] if graph else [b"d"]
        for name in ("i", "d") if graph else ("d",):
            group.create_group(name).attrs["weight_names"] = [] if name == "i" else [b"d/kernel:0", b"d/bias:0"]
        group["d/d/kernel:0"], group["d/d/bias:0"] = np.ones((2, 2), "f4"), np.zeros(2, "f4")
    data = buffer.getvalue()
    config = {"model_config": _of_keras_2(graph=graph), "training_config": TRAINING}
    return config, lambda config: _with_attributes(data, config), hornbook.load_model


def _encoded(config):
    return json.dumps(config).encode()


def _from_json(source):
    return hornbook.model_from_json(source.read())


def _from_config(source):
    return hornbook.model_from_config(hornbook.read_config(source))


FORMS = {
    "keras": lambda: _zip("_sequential"),
    "keras, a graph": lambda: _zip("_functional"),
    "HDF5": lambda: _hdf5("_sequential"),
    "HDF5, a graph": lambda: _hdf5("_functional"),
    "HDF5 of Keras 2": lambda: _old_hdf5(graph=False),
    "HDF5 of Keras 2, a graph": lambda: _old_hdf5(graph=True),
    "JSON": lambda: (json.loads(_sequential().to_json()), _encoded, _from_json),
    "JSON, a graph": lambda: (json.loads(_functional().to_json()), _encoded, _from_json),
    "JSON of Keras 2": lambda: (_of_keras_2(graph=False), _encoded, _from_json),
    "JSON of Keras 2, a graph": lambda: (_of_keras_2(graph=True), _encoded, _from_json),
    "TensorFlow.js": lambda: (
        {"modelTopology": {"model_config": _of_keras_2(graph=True), "keras_version": "2.4.0"}},
        _encoded,
        _from_config,
    ),
    "SavedModel": lambda: (
        {"model_config": _of_keras_2(graph=True)},
        lambda config: saved_model(root(config["model_config"])).getvalue(),
        _from_config,
    ),
}
# Parts of a model, of a layer, and of what it is compiled with.
PARTS = {
    "config", "layers", "input_layers", "output_layers", "inbound_nodes", "compile_config", "build_config",
    "training_config", "optimizer_config", "shared_object_id", "class_name", "name", "trainable",
    "activation", "kernel_initializer", "kernel_regularizer", "bias_constraint", "dtype",
    "loss", "metrics", "weighted_metrics", "loss_weights", "keras_history", "learning_rate", "seed",
}  # fmt: skip
# Which a file may have is not told by its config: how many tensors a call of a layer gives; and JSON is that of any
# objects, so that what is none is data.
LEFT = ("_layers.0.2", "_layers.2", "keras_history.2")
DATA = ("class_name = nothing", "config = nothing")


def paths(value, path=()):
    """Yield the ways to all parts of a config."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from paths(member, (*path, step))


def at(config, path):
    for step in path:
        config = config[step]
    return config


def spoiled(config):
    """Yield configs with one part spoiled, and which it was."""
    with_ids = [
        *(path for path in paths(config) if isinstance(at(config, path), dict) and "class_name" in at(config, path))
    ]
    ways = [path for path in paths(config) if path and (PARTS & {path[-1]} or _is_member(path))]
    ways += [(*path, "shared_object_id") for path in with_ids]
    for path in ways:
        for value in VALUES:
            made = copy.deepcopy(config)
            holder, step = at(made, path[:-1]), path[-1]
            if value is not GONE:
                holder[step] = value
            elif isinstance(holder, dict) and step in holder:
                del holder[step]
            else:
                continue
            told = f"{'.'.join(map(str, path))} = {'nothing' if value is GONE else repr(value)}"
            if not told.partition(" ")[0].endswith(LEFT) and told not in DATA:
                yield told, made


def _is_member(path):
    """Say whether a part is one of several layers, nodes or ends."""
    return (
        len(path) > 1 and isinstance(path[-1], int) and bool({"layers", "inbound_nodes", "input_layers"} & {*path[-3:]})
    )


def refused(load, data):
    """Return the error of loading, or `None`; any other error than ours fails the test."""
    try:
        load(io.BytesIO(data))
    except HornbookError as error:
        return error
    return None


def findings(data, **options):
    """Return what `audit` says against loading; an error of ours counts as such."""
    try:
        report = hornbook.audit(io.BytesIO(data), **options)
    except HornbookError as error:
        return [error]
    return [one for one in report.findings if one.level != "note"]


@pytest.mark.parametrize("form", FORMS)
def test_whatever_part_is_spoiled_both_say_the_same(form):
    """The file itself is clean, and loads."""
    config, made, load = FORMS[form]()
    assert (findings(made(config)), refused(load, made(config))) == ([], None)
    apart = []
    for what, changed in spoiled(config):
        data = made(changed)
        found, error = findings(data), refused(load, data)
        if bool(found) != (error is not None):
            apart.append((what, found, error))
    assert apart == [], "\n".join(map(str, apart))


@pytest.mark.parametrize("form", FORMS)
def test_only_whole_models_are_not_alone(form):
    """A file that `load_model` refuses for its form has a finding: a note."""
    config, made, load = FORMS[form]()
    data = made(config)
    found = hornbook.audit(io.BytesIO(data)).findings
    error = refused(hornbook.load_model, data)
    assert bool(found) == (error is not None)
    assert [one.rule for one in found] == ([] if load is hornbook.load_model else ["alone"])


@pytest.mark.parametrize("name", ["m.weights.h5", "old.h5"])
def test_weights_alone_are_a_note_and_fill_a_model(name, tmp_path):
    model = _functional()
    if name == "m.weights.h5":
        model.save_weights(tmp_path / name)
    else:
        data = _old_hdf5(graph=True)[1]({})
        with h5py.File(io.BytesIO(data)) as whole, h5py.File(tmp_path / name, "w") as file:
            for key in whole["model_weights"]:
                whole.copy(f"model_weights/{key}", file)
            file.attrs.update(whole["model_weights"].attrs)
    report = hornbook.audit(tmp_path / name)
    assert ([one.rule for one in report.findings], report.verdict) == (["alone"], "clean")
    with pytest.raises(HornbookError) as caught:
        hornbook.load_model(tmp_path / name)
    assert type(caught.value).__name__ == report.findings[0].error
    hornbook.load_weights(model, tmp_path / name)


# ---------------------------------------------------------------- names that a policy trusts
FLAT = {"class_name": "Mine", "config": {"name": "mine"}}
NAMED = {
    "without a module": FLAT,
    "by its package": {**FLAT, "class_name": "lab>Mine"},
    "with no module": {**FLAT, "module": None, "registered_name": "lab>Mine"},
    "in builtins": {**FLAT, "module": "builtins", "registered_name": "lab>Mine"},
    "in a module that has none of it": {**FLAT, "module": __name__, "registered_name": "lab>Mine"},
}


@pytest.mark.parametrize("trusted", ["*", "Mine", "lab>*", "lab>Mine", "builtins.*"])
@pytest.mark.parametrize("named", NAMED)
def test_a_trusted_name_that_no_import_would_find_is_a_finding(named, trusted):
    """There is no module to import, or it is imported and has nothing of that name."""
    policy = hornbook.Policy(trusted=(trusted,))
    config, made, _ = FORMS["HDF5 of Keras 2" if "module" not in NAMED[named] else "keras"]()
    changed = copy.deepcopy(config)
    changed.get("model_config", changed)["config"]["layers"][-1] = NAMED[named]
    data = made(changed)
    assert [one.rule for one in findings(data, policy=policy)] == ["unknown"]
    with pytest.raises(UnknownReferenceError):
        hornbook.load_model(io.BytesIO(data), policy=policy)


def test_a_trusted_name_of_a_module_that_is_not_imported_is_none():
    """The process that loads it has to import that."""
    config, made, _ = FORMS["keras"]()
    config["config"]["layers"][-1] = {**FLAT, "module": "lab.layers", "registered_name": "lab>Mine"}
    assert findings(made(config), policy=hornbook.Policy(trusted=("lab.layers.*",))) == []
    assert findings(made(config), policy=hornbook.Policy(trusted=("lab>*",))) == []
    assert [one.rule for one in findings(made(config))] == ["unknown"]


# ---------------------------------------------------------------- what else comes out
def test_an_object_that_does_not_take_its_state_is_an_error_of_ours():
    """Whatever it raises is the cause."""

    class Stubborn(layers.Layer):
        def load_own_variables(self, store):
            raise KeyError("none of mine")

        def build(self, shape):
            self.add_weight(shape=(1,))

        def call(self, inputs):
            return inputs

    model = keras.Sequential([keras.Input((2,)), Stubborn()])
    file = io.BytesIO()
    hornbook.save_model(model, file)
    with pytest.raises(WeightsError, match="none of mine"):
        hornbook.load_model(io.BytesIO(file.getvalue()), {"Stubborn": Stubborn})
    with pytest.raises(WeightsError, match="none of mine"):
        hornbook.load_weights(model, io.BytesIO(file.getvalue()))


def test_all_strings_that_stand_for_nothing_are_told_at_once():
    """As all classes are."""
    config, made, load = FORMS["JSON"]()
    config["config"]["layers"][1]["config"].update(activation="no_such", kernel_initializer="nor_this")
    error = refused(load, made(config))
    assert isinstance(error, UnknownReferenceError)
    assert error.names == ("no_such", "nor_this")
    assert [one.message for one in findings(made(config))] == ["Unknown `no_such`", "Unknown `nor_this`"]
