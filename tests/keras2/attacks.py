"""Files and configs that attack a reading by Keras 2, each tried in a process of its own.

Run as a script with the name of a package (`keras` or `tf_keras`): it prints
one line of JSON for each attack.  What an attack does is harmless: it makes a
file, reads one with a known text, or asks for memory or time under a limit.
"""

from __future__ import annotations

import base64
import json
import marshal
import os
import resource
import select
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 12

ATTACKS: dict[str, Callable[[Any, Any, Path], Any]] = {}
Config = dict[str, Any]


def attack(function: Callable[[Any, Any, Path], Any]) -> Callable[[Any, Any, Path], Any]:
    ATTACKS[function.__name__] = function
    return function


def layer(kind: str, /, **config: Any) -> Config:
    return {"class_name": kind, "config": config}


def byte_code(folder: Path) -> list[Any]:
    """Return byte code that makes a file, in the form of `func_dump`."""
    source = f"lambda x, *a, **k: (open({str(folder / 'marker')!r}, 'w').close(), x)[1]"
    code = eval(source).__code__  # noqa: S307  our own text
    return [base64.b64encode(marshal.dumps(code)).decode(), None, None]


def lambda_layer(folder: Path) -> Config:
    return layer("Lambda", name="l", function=byte_code(folder), function_type="lambda", module="__main__",
                 output_shape=None, output_shape_type="raw", output_shape_module=None, arguments={})  # fmt: skip


def sequential(*layers: Config, shape: tuple[Any, ...] = (None, 4), dtype: str = "float32") -> Config:
    begin = layer("InputLayer", batch_input_shape=list(shape), dtype=dtype, name="in")
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [begin, *layers]}}


def functional(one: Config, node: Any, shape: tuple[Any, ...] = (None, 4)) -> Config:
    begin = layer("InputLayer", batch_input_shape=list(shape), dtype="float32", name="in")
    layers = [
        {**begin, "name": "in", "inbound_nodes": []},
        {**one, "config": {**one["config"], "name": "op"}, "name": "op", "inbound_nodes": [node]},
    ]
    inner = {"name": "m", "layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["op", 0, 0]]}
    return {"class_name": "Functional", "config": inner}


def operation(symbol: str, node: Any = None, **more: Any) -> Config:
    return functional(layer("TFOpLambda", function=symbol, **more), node or ["in", 0, 0, {}])


def hdf5(path: Path, config: Config, training: Config | None = None) -> Path:
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["backend"] = "tensorflow"
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"in"]
        weights.attrs["keras_version"] = b"2.15.0"
        weights.attrs["backend"] = b"tensorflow"
        weights.create_group("in").attrs["weight_names"] = []
    return path


def archive(path: Path, config: Config) -> Path:
    import h5py

    with h5py.File(path.with_suffix(".weights.h5"), "w") as file:
        file.create_group("layers")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        file.writestr("config.json", json.dumps(config))
        file.write(path.with_suffix(".weights.h5"), "model.weights.h5")
    return path


def with_modules(config: Config) -> Config:
    """Return a config of the form without modules as TF 2.15 writes it."""
    inner = {name: _with_modules(part) for name, part in config["config"].items()}
    module = "keras" if config["class_name"] in ("Sequential", "Functional") else "keras.layers"
    beside = {name: part for name, part in config.items() if name not in ("class_name", "config")}
    return {"module": module, "class_name": config["class_name"], "config": inner, "registered_name": None, **beside}


def _with_modules(value: Any) -> Any:
    if isinstance(value, dict):
        return with_modules(value) if "class_name" in value and "module" not in value else value
    return [_with_modules(one) for one in value] if isinstance(value, list) else value


def read(hornbook: Any, config: Config) -> Any:
    """Return what JSON of a config stands for, and use it, so that what it does later is done as well."""
    import numpy as np

    model = hornbook.model_from_json(json.dumps(config))
    shape = [1 if length is None else length for length in model.input_shape]
    if np.prod(shape) < 1 << 20:
        model(np.ones(shape, "float32"))
    return model


# Byte code.


@attack
def lambda_in_json(hornbook: Any, keras: Any, folder: Path) -> Any:
    return read(hornbook, sequential(lambda_layer(folder)))


@attack
def lambda_in_hdf5(hornbook: Any, keras: Any, folder: Path) -> Any:
    return hornbook.load_model(hdf5(folder / "m.h5", sequential(lambda_layer(folder))))


@attack
def lambda_in_archive(hornbook: Any, keras: Any, folder: Path) -> Any:
    return hornbook.load_model(archive(folder / "m.keras", with_modules(sequential(lambda_layer(folder)))))


@attack
def lambda_as_output_shape(hornbook: Any, keras: Any, folder: Path) -> Any:
    one = lambda_layer(folder)["config"]
    one |= {"output_shape": one["function"], "output_shape_type": "lambda", "function": "relu", "function_type": "raw"}
    return read(hornbook, sequential(layer("Lambda", **one)))


@attack
def lambda_within_a_wrapper(hornbook: Any, keras: Any, folder: Path) -> Any:
    wrapped = layer("TimeDistributed", name="t", layer=lambda_layer(folder))
    return read(hornbook, sequential(wrapped, shape=(None, 3, 4)))


@attack
def lambda_as_activation(hornbook: Any, keras: Any, folder: Path) -> Any:
    code = {"class_name": "__lambda__", "config": {"value": byte_code(folder)}}
    return read(hornbook, sequential(layer("Dense", units=2, activation=code)))


@attack
def lambda_as_loss(hornbook: Any, keras: Any, folder: Path) -> Any:
    code = {"class_name": "__lambda__", "config": {"value": byte_code(folder)}}
    training = {"optimizer_config": layer("SGD"), "loss": code, "loss_weights": None, "metrics": None}
    model = hornbook.load_model(hdf5(folder / "m.h5", sequential(layer("Flatten", name="f")), training))
    return model.evaluate([[1.0] * 4], [[1.0] * 4], verbose=0)


@attack
def lambda_layer_as_metric(hornbook: Any, keras: Any, folder: Path) -> Any:
    training = {
        "optimizer_config": layer("SGD"),
        "loss": "mse",
        "loss_weights": None,
        "metrics": [lambda_layer(folder)],
    }
    model = hornbook.load_model(hdf5(folder / "m.h5", sequential(layer("Flatten", name="f")), training))
    return model.evaluate([[1.0] * 4], [[1.0] * 4], verbose=0)


@attack
def lambda_by_from_config_in_a_scope(hornbook: Any, keras: Any, folder: Path) -> Any:
    with hornbook.custom_object_scope({"x": dict}):
        return keras.layers.Lambda.from_config(lambda_layer(folder)["config"])(1.0)


@attack
def lambda_by_layers_deserialize_in_a_scope(hornbook: Any, keras: Any, folder: Path) -> Any:
    with hornbook.custom_object_scope({"x": dict}):
        return keras.layers.deserialize(lambda_layer(folder))(1.0)


@attack
def lambda_by_sequential_from_config_in_a_scope(hornbook: Any, keras: Any, folder: Path) -> Any:
    with hornbook.custom_object_scope({"x": dict}):
        return keras.Sequential.from_config(sequential(lambda_layer(folder))["config"])


@attack
def lambda_by_load_model_of_keras_while_installed(hornbook: Any, keras: Any, folder: Path) -> Any:
    hornbook.install()
    return keras.models.load_model(str(hdf5(folder / "m.h5", sequential(lambda_layer(folder)))))


@attack
def lambda_by_model_from_json_while_installed(hornbook: Any, keras: Any, folder: Path) -> Any:
    hornbook.install()
    return keras.models.model_from_json(json.dumps(sequential(lambda_layer(folder))))(1.0)


@attack
def lambda_by_model_from_config_while_installed(hornbook: Any, keras: Any, folder: Path) -> Any:
    hornbook.install()
    return keras.models.model_from_config(sequential(lambda_layer(folder)))


@attack
def residual_wrapper(hornbook: Any, keras: Any, folder: Path) -> Any:
    cell = layer("LSTMCell", units=2)
    wrapped = layer("ResidualWrapper", cell=cell, residual_fn=byte_code(folder), residual_fn_type="lambda",
                    residual_fn_module="__main__")  # fmt: skip
    return read(hornbook, sequential(layer("RNN", cell=wrapped), shape=(None, 3, 4)))


# Names: functions and classes that no file may have.


def _named(module: str, name: str) -> Config:
    return {"class_name": "function", "config": name, "module": module, "registered_name": name}


@attack
def function_of_the_system(hornbook: Any, keras: Any, folder: Path) -> Any:
    one = layer("Lambda", name="l", function=_named("os", "system"), arguments={})
    return read(hornbook, with_modules(sequential(one)))


@attack
def function_by_module_of_a_lambda(hornbook: Any, keras: Any, folder: Path) -> Any:
    one = layer("Lambda", name="l", function="remove", function_type="function", module="os", arguments={})
    return read(hornbook, sequential(one))


@attack
def module_is_imported(hornbook: Any, keras: Any, folder: Path) -> Any:
    (folder / "evil_module.py").write_text(f"open({str(folder / 'marker')!r}, 'w').close()\nclass Evil: pass\n")
    sys.path.insert(0, str(folder))
    evil = {"module": "evil_module", "class_name": "Evil", "config": {}, "registered_name": None}
    return read(hornbook, with_modules(sequential({**evil})))


@attack
def keras_function_reads_a_file(hornbook: Any, keras: Any, folder: Path) -> Any:
    path = archive(folder / "inner.keras", with_modules(sequential(lambda_layer(folder))))
    return read(hornbook, operation("keras.models.load_model", ["in", 0, 0, {"custom_objects": str(path)}]))


def _symbol(symbol: str) -> None:
    def tried(hornbook: Any, keras: Any, folder: Path) -> Any:
        return read(hornbook, operation(symbol))

    tried.__name__ = f"operation_{symbol.replace('.', '_')}"
    attack(tried)


for name in (
    "io.read_file", "io.write_file", "compat.v1.write_file", "io.matching_files", "print", "compat.v1.Print",
    "py_function", "numpy_function", "compat.v1.py_func", "raw_ops.ReadFile", "saved_model.load", "load_library",
    "keras.utils.get_file", "keras.backend.set_floatx", "keras.backend.clear_session", "keras.activations.deserialize",
    "keras.backend.print_tensor", "keras.backend.batch_set_value", "keras.layers.deserialize", "random.set_seed",
    "compat.v1.keras.utils.get_file", "nn.fixed_unigram_candidate_sampler", "config.run_functions_eagerly",
    "random.fixed_unigram_candidate_sampler", "keras.layers.Dense", "nn.RNNCellDeviceWrapper", "xla_custom_call",
    "image.__class__", "math.__class__.mro", "compat.v1.compat.v1.write_file",
):  # fmt: skip
    _symbol(name)


@attack
def operation_with_file_of_a_vocabulary(hornbook: Any, keras: Any, folder: Path) -> Any:
    (folder / "canary").write_text("1,2\n")
    more = {"vocab_file": str(folder / "canary"), "num_true": 4, "num_sampled": 2, "unique": False, "range_max": 9}
    return read(hornbook, operation("random.fixed_unigram_candidate_sampler", ["in", 0, 0, more]))


def _call(name: str, node: Any, /, **config: Any) -> None:
    def tried(hornbook: Any, keras: Any, folder: Path) -> Any:
        return read(hornbook, functional(layer(name, **config), node))

    tried.__name__ = f"call_{name}_{'_'.join(map(str, config.values()))}".replace(".", "_")
    attack(tried)


_call("ClassMethod", ["in", 0, 0, {}], cls_symbol="keras.Model", method_name="from_config")
_call("InstanceMethod", ["in", 0, 0, {"args": [], "kwargs": {}}], attr_name="__reduce__")
_call("InstanceProperty", ["in", 0, 0, {}], attr_name="__class__")
_call("SlicingOpLambda", ["in", 0, 0, {}], function="io.read_file")


@attack
def operation_by_node_def(hornbook: Any, keras: Any, folder: Path) -> Any:
    text = base64.b64encode(str(folder / "marker").encode()).decode()
    node = {"name": "w", "op": "WriteFile", "input": ["in", "c"], "attr": {}}
    one = layer("TensorFlowOpLayer", node_def=node, constants={"0": text, "1": "x"}, dtype="string")
    return read(hornbook, functional(one, [["in", 0, 0, {}]]))


@attack
def model_of_a_graph_within(hornbook: Any, keras: Any, folder: Path) -> Any:
    one = {"class_name": "ReloadedLayer", "module": "keras.export.export_lib", "registered_name": None,
           "config": {"filepath": str(folder / "saved")}}  # fmt: skip
    return read(hornbook, with_modules(sequential(one)))


@attack
def old_model_class(hornbook: Any, keras: Any, folder: Path) -> Any:
    one = {**sequential(), "module": "keras.engine.training_v1", "class_name": "Model", "registered_name": None}
    return read(hornbook, one)


@attack
def class_of_the_tests_of_keras(hornbook: Any, keras: Any, folder: Path) -> Any:
    one = {"class_name": "SmallSubclassMLP", "module": "keras.testing_infra.test_utils", "registered_name": None,
           "config": {"num_hidden": 3, "num_classes": 2}}  # fmt: skip
    return hornbook.deserialize_keras_object(one)


@attack
def hidden_class_by_layers_deserialize(hornbook: Any, keras: Any, folder: Path) -> Any:
    node = {"name": "w", "op": "WriteFile", "input": ["in", "c"], "attr": {}}
    with hornbook.custom_object_scope({"x": dict}):
        return keras.layers.deserialize(layer("TensorFlowOpLayer", node_def=node, name="n"))


@attack
def loader_as_activation(hornbook: Any, keras: Any, folder: Path) -> Any:
    return read(hornbook, sequential(layer("Dense", units=2, activation="deserialize")))


@attack
def loader_as_loss(hornbook: Any, keras: Any, folder: Path) -> Any:
    names = ["deserialize_keras_object", "deserialize"]
    training = {"optimizer_config": layer("SGD"), "loss": "deserialize", "loss_weights": None, "metrics": names}
    return hornbook.load_model(hdf5(folder / "m.h5", sequential(layer("Flatten", name="f")), training))


@attack
def specification_of_a_module(hornbook: Any, keras: Any, folder: Path) -> Any:
    (folder / "evil_spec.py").write_text(f"open({str(folder / 'marker')!r}, 'w').close()\nclass Evil: pass\n")
    sys.path.insert(0, str(folder))
    spec = {"class_name": "__typespec__", "spec_name": "Evil", "module": "evil_spec", "shape": [], "dtype": "float32",
            "config": {}, "registered_name": None}  # fmt: skip
    begin = layer("InputLayer", type_spec=spec, name="in")
    return read(hornbook, with_modules({"class_name": "Sequential", "config": {"name": "s", "layers": [begin]}}))


@attack
def lambda_by_the_functions_of_2_15(hornbook: Any, keras: Any, folder: Path) -> Any:
    from hornbook.legacy import tf2_15

    return tf2_15.deserialize_keras_object(with_modules(lambda_layer(folder)))(1.0)


@attack
def lambda_by_the_functions_of_2_9(hornbook: Any, keras: Any, folder: Path) -> Any:
    from hornbook.legacy import tf2_9

    return tf2_9.deserialize_keras_object(lambda_layer(folder), module_objects=vars(keras.layers))(1.0)


@attack
def operation_by_the_functions_of_2_9(hornbook: Any, keras: Any, folder: Path) -> Any:
    from hornbook.legacy import tf2_9

    config = operation("io.read_file")
    return tf2_9.deserialize_keras_object(config, module_objects={**vars(keras.layers), **vars(keras)})


@attack
def loader_by_losses_deserialize_in_a_scope(hornbook: Any, keras: Any, folder: Path) -> Any:
    with hornbook.custom_object_scope({"x": dict}):
        found = keras.losses.deserialize("deserialize_keras_object")
    if isinstance(found, str):  # a name that means nothing
        raise hornbook.errors.UnknownReferenceError(found)
    return found


# Files.


def _vocabulary(name: str, /, **config: Any) -> None:
    def tried(hornbook: Any, keras: Any, folder: Path) -> Any:
        (folder / "canary").write_text("7\n8\n")
        one = layer(name, name="v", vocabulary=str(folder / "canary"), **config)
        return hornbook.deserialize_keras_object(with_modules(one)).get_vocabulary()

    tried.__name__ = f"vocabulary_of_{name}"
    attack(tried)


_vocabulary("TextVectorization")
_vocabulary("StringLookup")
_vocabulary("IntegerLookup")


@attack
def saved_model(hornbook: Any, keras: Any, folder: Path) -> Any:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(str(folder / "saved"), save_format="tf")
    return hornbook.load_model(folder / "saved")


@attack
def saved_model_while_installed(hornbook: Any, keras: Any, folder: Path) -> Any:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(str(folder / "saved"), save_format="tf")
    hornbook.install()
    return keras.models.load_model(str(folder / "saved"))


@attack
def assets_outside(hornbook: Any, keras: Any, folder: Path) -> Any:
    path = archive(folder / "m.keras", with_modules(sequential(layer("Flatten", name="f"))))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("assets/../../marker", "x")
    return hornbook.load_model(path)


# Memory and time.


def _large(name: str, make: Callable[[], Config]) -> None:
    def tried(hornbook: Any, keras: Any, folder: Path) -> Any:
        return hornbook.model_from_json(json.dumps(make()))

    tried.__name__ = name
    attack(tried)


_large("dense_units", lambda: sequential(layer("Dense", units=1 << 30, name="d")))
_large("dense_units_beyond_integers", lambda: sequential(layer("Dense", units=1 << 70, name="d")))
_large("embedding", lambda: sequential(layer("Embedding", input_dim=1 << 20, output_dim=1 << 12, name="e")))


@attack
def many_layers_below_the_limit(hornbook: Any, keras: Any, folder: Path) -> Any:
    policy = hornbook.Policy(limits=hornbook.Limits(variable_bytes=1 << 26))
    layers = [layer("Dense", units=1024, name=f"d{i}") for i in range(40)]
    return hornbook.model_from_json(json.dumps(sequential(*layers)), policy=policy)


_large("locally_connected", lambda: sequential(
    layer("LocallyConnected1D", filters=1, kernel_size=1, implementation=3, name="l"),
    shape=(None, 1 << 22, 1)))  # fmt: skip
_large("locally_connected_mask", lambda: sequential(
    layer("LocallyConnected1D", filters=1, kernel_size=1, implementation=2, padding="same", name="l"),
    shape=(None, 1 << 16, 1)))  # fmt: skip
_large("locally_connected_steps", lambda: sequential(
    layer("LocallyConnected1D", filters=1, kernel_size=1, name="l"), shape=(None, 1 << 17, 1)))  # fmt: skip
_large("upsampling", lambda: sequential(layer("UpSampling1D", size=1 << 28, name="u"), shape=(None, 4, 1)))
_large("upsampling_in_space", lambda: sequential(
    layer("UpSampling3D", size=[1 << 27, 1, 1], name="u"), shape=(None, 4, 1, 1, 1)))  # fmt: skip
_large("normalization", lambda: sequential(
    layer("Normalization", axis=-1, mean=0.0, variance=1.0, name="n"), shape=(None, 1 << 29)))  # fmt: skip
_large("ngrams", lambda: sequential(
    layer("TextVectorization", ngrams=1 << 33, name="t"), shape=(None, 1), dtype="string"))  # fmt: skip
_large("orthogonal", lambda: sequential(
    layer("Dense", units=9000, kernel_initializer=layer("Orthogonal"), name="d"), shape=(None, 9000)))  # fmt: skip
_large("thresholds", lambda: sequential(layer("Dense", units=1, name="d")) | {"compile_config": {
    "optimizer": "sgd", "loss": "mse", "metrics": [{"module": "keras.metrics", "class_name": "AUC",
    "config": {"num_thresholds": 1 << 30}, "registered_name": None}]}})  # fmt: skip
_large("metric_of_classes", lambda: sequential(layer("Dense", units=1, name="d")) | {"module": "keras",
    "registered_name": None, "compile_config": {"optimizer": "sgd", "loss": "mse", "metrics": [{
    "module": "keras.metrics", "class_name": "MeanIoU", "config": {"num_classes": 1 << 16},
    "registered_name": None}]}})  # fmt: skip
_large("build_config", lambda: {"module": "keras", "registered_name": None, "class_name": "Sequential",
    "config": {"name": "s", "layers": [{**with_modules(layer("Dense", units=64, name="d")),
    "build_config": {"input_shape": [None, 1 << 30]}}]}})  # fmt: skip
_large("unrolled", lambda: sequential(layer("LSTM", units=2, unroll=True, name="u"), shape=(None, 1 << 20, 2)))
_large("split", lambda: operation("split", ["in", 0, 0, {"num_or_size_splits": 1 << 26}]))
_large("repeat_elements", lambda: operation("keras.backend.repeat_elements", ["in", 0, 0, {"rep": 1 << 28, "axis": 1}]))
_large(
    "partitions", lambda: operation("dynamic_partition", ["in", 0, 0, {"partitions": [0], "num_partitions": 1 << 27}])
)
_large(
    "called_with_constants_alone",
    lambda: operation("fill", ["_CONSTANT_VALUE", -1, [1 << 16, 1 << 14], {"value": 1.0}]),
)
_large("ones_of_the_backend", lambda: operation(
    "keras.backend.ones", ["_CONSTANT_VALUE", -1, [1 << 16, 1 << 14], {"dtype": ["in", 0, 0]}]))  # fmt: skip
_large("cycle", lambda: functional(layer("Flatten"), [["op", 0, 0, {}]]))
_large("node_that_is_not_there", lambda: functional(layer("Flatten"), [["in2", 0, 0, {}]]))
_large("node_of_a_number_that_is_not_there", lambda: functional(layer("Add"), [["in", 0, 0, {}], ["op", 5, 0, {}]]))
_large("waiting_in_an_argument", lambda: functional(layer("Flatten"), [["in", 0, 0, {"training": ["op", 3, 0]}]]))


def _reversed() -> Config:
    layers = [{**layer("Flatten", name=f"f{i}"), "name": f"f{i}",
               "inbound_nodes": [[[f"f{i - 1}" if i else "in", 0, 0, {}]]]} for i in range(3000)]  # fmt: skip
    first = {**layer("InputLayer", batch_input_shape=[None, 4], name="in"), "name": "in", "inbound_nodes": []}
    inner = {"name": "m", "layers": [*reversed(layers), first], "input_layers": [["in", 0, 0]],
             "output_layers": [["f0", 0, 0]]}  # fmt: skip
    return {"class_name": "Functional", "config": inner}


_large("order_that_takes_long", _reversed)
_large("many_layers_in_a_row", lambda: sequential(*[layer("Flatten", name=f"f{i}") for i in range(9000)]))


def _doubling() -> Config:
    model = sequential(layer("Flatten", name="f"))
    for i in range(24):
        begin = {**layer("InputLayer", batch_input_shape=[None, 4], name="in"), "name": "in", "inbound_nodes": []}
        inside = {**model, "name": "op", "config": {**model["config"], "name": "op"},
                  "inbound_nodes": [[["in", 0, 0, {}]], [["op", 1, 0, {}]]]}  # fmt: skip
        model = {"class_name": "Functional", "config": {"name": f"m{i}", "layers": [begin, inside],
                 "input_layers": [["in", 0, 0]], "output_layers": [["op", 2, 0]]}}  # fmt: skip
    return model


_large("models_that_double", _doubling)


def _nested() -> Config:
    model = sequential(layer("Flatten", name="f"))
    for i in range(90):
        model = {"class_name": "Sequential", "config": {"name": f"s{i}", "layers": [model]}}
    return model


_large("models_within_models", _nested)


def _child(name: str, package: str, folder: Path, out: int) -> None:
    import hornbook

    keras = _package(package)
    found: dict[str, Any] = {"loaded": False, "error": None, "ours": False}
    opened: list[str] = []
    watching = False
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if watching and event == "open" and str(args[0]) == str(folder / "canary") and args[1] == "r":
            opened.append(str(args[0]))

    sys.addaudithook(hook)
    start = time.monotonic()
    try:
        watching = True
        ATTACKS[name](hornbook, keras, folder)
        found["loaded"] = True
    except Exception as error:  # all of them are results
        found["error"] = f"{type(error).__name__}: {str(error)[:300]}"
        found["ours"] = isinstance(error, hornbook.errors.HornbookError)
    found["seconds"] = round(time.monotonic() - start, 1)
    found["opened"] = opened[:3]
    found["marker"] = (folder / "marker").exists() or (folder.parent / "marker").exists()
    found["mebibytes"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    os.write(out, json.dumps(found).encode())


def _package(package: str) -> Any:
    if package == "tf_keras":
        import tf_keras

        return tf_keras
    import tensorflow as tf

    return tf.keras


def tried(name: str, package: str) -> dict[str, Any]:
    """Try one attack in a process of its own; return what came of it."""
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given) / "within"
        folder.mkdir()
        back, out = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(back)
            # Nothing that an attack asks for may take the memory of others.
            resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            try:
                _child(name, package, folder, out)
            finally:
                os._exit(0)
        os.close(out)
        ready = select.select([back], [], [], SECONDS)[0]
        text = os.read(back, 1 << 16) if ready else b""
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(back)
    found: dict[str, Any] = json.loads(text) if text else {"loaded": False, "error": None, "ours": False}
    found["died"] = not text
    found["timeout"] = not ready
    return {"name": name, **found}


def main() -> None:
    import hornbook

    package = sys.argv[1]
    _package(package)
    assert hornbook.load_model
    for name in ATTACKS:
        if len(sys.argv) < 3 or any(part in name for part in sys.argv[2:]):
            print(json.dumps(tried(name, package)), flush=True)


if __name__ == "__main__":
    main()
