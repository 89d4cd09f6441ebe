"""Configs that attack whoever reads them, and look-alikes that must load: made here, not collected.

Each case says what it tries.  Names that could do harm are harmless where
they are not refused: a marker is a folder of the test's own.
"""

# ruff: noqa: E501, RUF001  a line a case, and names that look like others are the point
from __future__ import annotations

import base64
import marshal
from collections.abc import Iterator
from typing import Any, NamedTuple

Config = dict[str, Any]
CANARY = "canary.txt"  # is made in the folder of the test
MARKER = "marker"


class Case(NamedTuple):
    """An attempt.

    Args:
        name: Its name.
        tries: What it tries.
        entry: The entry of the harness.
        config: What the entry gets.
    """

    name: str
    tries: str
    entry: str
    config: Any


# ---------------------------------------------------------------- parts
def made(module: str, name: str, /, **config: Any) -> Config:
    """Return the config of a built-in."""
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def layer(name: str, /, **config: Any) -> Config:
    return made("keras.layers", name, **config)


def dense(units: Any = 2, **config: Any) -> Config:
    return layer("Dense", units=units, **config)


def function(name: str, module: str = "builtins") -> Config:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def lambda_value() -> Config:
    """Return byte code that makes a folder."""
    code = compile(f"__import__('os').mkdir({MARKER!r})", "attack", "eval")
    raw = base64.encodebytes(marshal.dumps(code)).decode()
    return {"class_name": "__lambda__", "config": {"code": raw, "defaults": None, "closure": None}}


def tensor(source: str, node: int = 0) -> Config:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 2], "dtype": "float32", "keras_history": [source, node, 0]},
    }


def called(config: Config, name: str, *sources: str, args: list[Any] | None = None, **kwargs: Any) -> Config:
    """Return a layer of a graph that is called once on the output of others."""
    config["config"].setdefault("name", name)
    given = [tensor(source) for source in sources] if args is None else args
    return {**config, "name": name, "inbound_nodes": [{"args": given, "kwargs": kwargs}]}


def entrance(name: str = "in", *shape: int) -> Config:
    config = layer("InputLayer", batch_shape=[None, *(shape or (2,))], dtype="float32", sparse=False, name=name)
    return {**config, "name": name, "inbound_nodes": []}


def model(*layers: Config, output: str | None = None, source: str = "in", name: str = "m", **more: Any) -> Config:
    """Return a functional model; its output is that of the last layer."""
    inner = {
        "name": name,
        "trainable": True,
        "layers": [entrance(), *layers],
        "input_layers": [[source, 0, 0]],
        "output_layers": [[output or layers[-1]["name"], 0, 0]],
    }
    return {**made("keras.src.models.functional", "Functional"), "config": inner, **more}


def sequential(*layers: Config, name: str = "s", shape: tuple[int, ...] = (2,), **more: Any) -> Config:
    first = layer("InputLayer", batch_shape=[None, *shape], dtype="float32", sparse=False, name="in")
    config = made("keras", "Sequential", name=name, trainable=True, dtype="float32", layers=[first, *layers])
    return {**config, **more}


def compiled(**config: Any) -> Config:
    return sequential(dense(), compile_config={"optimizer": "sgd", "loss": "mse", **config})


def nested(levels: int) -> Config:
    """Return models within models, each of which calls the one within twice."""
    config = model(called(dense(), "d", "in"), name="m0")
    for level in range(1, levels):
        inner = called(config, f"m{level - 1}", "in")
        inner["inbound_nodes"].append({"args": [tensor(inner["name"], 1)], "kwargs": {}})
        config = model(inner, name=f"m{level}")
    return config


def chain(number: int) -> list[Config]:
    """Return layers of which each is called on the one before."""
    return [called(dense(), f"d{i}", f"d{i - 1}" if i else "in") for i in range(number)]


def backwards(number: int) -> Config:
    layers = chain(number)
    config = model(*layers, output=f"d{number - 1}")
    config["config"]["layers"][1:] = reversed(layers)
    return config


# ---------------------------------------------------------------- attacks
_GADGETS = (
    "keras.utils.get_file", "keras.config.enable_unsafe_deserialization", "keras.config.set_floatx",
    "keras.datasets.mnist.load_data", "keras.applications.VGG16", "keras.distribution.initialize",
    "keras.visualization.plot_image_gallery", "keras.utils.pad_sequences", "keras.utils.set_random_seed",
    "keras.saving.load_model", "keras.saving.register_keras_serializable", "keras.utils.model_to_dot",
    "keras.src.utils.file_utils.get_file", "keras.preprocessing.image.load_img", "keras.ops.map", "keras.ops.cond",
    "os.system", "subprocess.run", "builtins.exec", "builtins.open", "shutil.rmtree", "keras.models.model_from_json",
    "keras.legacy.saving.deserialize_keras_object", "keras.utils.image_dataset_from_directory",
    "keras.ops.vectorized_map", "keras.random.normal", "keras.tree.map_structure", "keras.ops.custom_gradient",
)  # fmt: skip
_CLASSES = (
    "keras.saving.KerasFileEditor", "keras.callbacks.CSVLogger", "keras.callbacks.TensorBoard",
    "keras.src.legacy.preprocessing.image.DirectoryIterator", "keras.utils.PyDataset", "keras.export.ExportArchive",
    "keras.src.trainers.data_adapters.py_dataset_adapter.PyDataset", "subprocess.Popen", "builtins.dict",
    "keras_nlp.layers.X", "keras_hub.models.X", "antigravity.X", "keras.src.testing.test_case.TestCase",
    "collections.OrderedDict", "keras.DTypePolicy.__init__", "keras.src.backend.common.global_state.x",
)  # fmt: skip


def named() -> Iterator[Case]:
    """Names that must stand for nothing."""
    for gadget in _GADGETS:
        module, _, name = gadget.rpartition(".")
        fn = function(name, module)
        uses = [
            sequential(dense(activation=fn)),
            sequential(dense(kernel_initializer=fn)),
            sequential(layer("Lambda", function=fn, arguments={})),
            model({**called(dense(), "n", "in"), **fn}),
            model(called(dense(), "n", args=[tensor("in"), fn])),
            compiled(loss=fn),
            compiled(metrics=[[fn]]),
        ]
        yield Case(f"call-{gadget}", "call it as whatever is called", "all_models", uses)
    for path in _CLASSES:
        module, _, name = path.rpartition(".")
        uses = [
            made(module, name),
            sequential(dense(kernel_initializer=made(module, name))),
            sequential(made(module, name)),
            model(called(made(module, name), "n", "in")),
        ]
        yield Case(f"make-{path}", "make an object of it", "all_models", uses)


def code() -> Iterator[Case]:
    """Byte code, wherever a value stands."""
    value = lambda_value()
    for field in ("function", "output_shape", "mask"):
        config = sequential(layer("Lambda", **{"function": function("relu"), field: value}))
        yield Case(f"lambda-{field}", "run byte code of a Lambda layer", "model_from_config", config)
    for field in ("activation", "kernel_initializer", "kernel_regularizer", "units", "name"):
        yield Case(f"lambda-in-{field}", "run byte code", "deserialize", dense(**{field: value}))
    for field in ("loss", "optimizer", "metrics", "loss_weights"):
        config = compiled(**{field: [value]})
        yield Case(f"lambda-compile-{field}", "run byte code when compiling", "model_from_config", config)
    yield Case("lambda-alone", "run byte code", "deserialize", value)
    yield Case("lambda-deep", "hide it in data", "deserialize", dense(name={"a": [[{"b": value}]]}))
    node = called(dense(), "d", "in", args=[tensor("in"), value])
    yield Case("lambda-node", "hand it to a node", "model_from_config", model(node))
    old = sequential(layer("Lambda", function=["4wEAAAA=", None, None], function_type="lambda"))
    yield Case("lambda-keras-2", "in the form of Keras 2", "model_from_config", old)
    pickled = {"class_name": "__bytes__", "config": {"value": "gASVFAAAAAAA"}}
    wrapper = made("keras.src.utils.torch_utils", "TorchModuleWrapper", module=pickled)
    yield Case("torch-pickle", "unpickle a module", "model_from_config", sequential(wrapper))
    jax = made("keras.layers", "JaxLayer", call_fn=function("relu"), init_fn=function("relu"))
    yield Case("jax-callable", "call a function that nobody registered", "model_from_config", sequential(jax))
    for name in ("Cond", "Switch", "WhileLoop", "Scan", "Map", "VectorizedMap", "ForiLoop", "AssociativeScan"):
        operation = called(made("keras.src.ops.core", name), "op", "in", args=[function("relu"), tensor("in")])
        yield Case(f"callable-{name}", "let an operation call a function", "model_from_config", model(operation))


def files(folder: str) -> Iterator[Case]:
    """Files that a config names."""
    path = f"{folder}/{CANARY}"
    for name in ("StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"):
        module = "keras.src.layers.preprocessing.index_lookup" if name == "IndexLookup" else "keras.layers"
        lookup = made(module, name, vocabulary=path, max_tokens=9)
        yield Case(f"vocabulary-{name}", "read a file as a vocabulary", "model_from_config", sequential(lookup))
        yield Case(f"vocabulary-alone-{name}", "the same without a model", "deserialize", lookup)
        no_name = {key: value for key, value in lookup.items() if key != "registered_name"}
        yield Case(f"vocabulary-no-name-{name}", "the same without a registered name", "deserialize", no_name)
        yield Case(f"idf-{name}", "read a file as weights", "deserialize", made(module, name, idf_weights=path))
    feature = made(
        "keras.src.layers.preprocessing.feature_space",
        "Feature",
        dtype="string",
        preprocessor=layer("StringLookup", vocabulary=path),
        output_mode="int",
    )
    space = made("keras.utils", "FeatureSpace", features={"f": feature}, output_mode="concat", preprocessors={})
    yield Case("vocabulary-feature-space", "read it in a FeatureSpace", "deserialize", space)
    yield Case("saved-model", "load a SavedModel", "deserialize", layer("TFSMLayer", filepath=folder))
    own = {"module": "lab", "class_name": "Words", "config": {"vocabulary": path}, "registered_name": "lab>Words"}
    yield Case("vocabulary-subclass", "through a class of the user's", "deserialize", own)
    yield Case(
        "embedding-weights", "read weights", "deserialize", layer("Embedding", input_dim=2, output_dim=2, weights=path)
    )


def memory() -> Iterator[Case]:
    """Arguments that allocate."""
    big = 1 << 30
    shapes = {"input_shape": [None, 1 << 20]}
    built = {"build_config": shapes}
    cases: dict[str, Config] = {
        "dense": {**dense(1 << 14), **built},
        "dense-units": {**dense(big), "build_config": {"input_shape": [None, 4]}},
        "embedding": {**layer("Embedding", input_dim=big, output_dim=64), "build_config": {"input_shape": [None, 4]}},
        "conv": {
            **layer("Conv2D", filters=1 << 12, kernel_size=[512, 512]),
            "build_config": {"input_shape": [None, 600, 600, 8]},
        },
        "lstm": {**layer("LSTM", units=1 << 16), "build_config": {"input_shape": [None, 4, 8]}},
        "attention": {
            **layer("MultiHeadAttention", num_heads=1 << 15, key_dim=1 << 12),
            "build_config": {"shapes_dict": {"query_shape": [None, 4, 64], "value_shape": [None, 4, 64]}},
        },
        "einsum": {
            **layer("EinsumDense", equation="ab,bc->ac", output_shape=[1 << 16]),
            "build_config": {"input_shape": [None, 1 << 16]},
        },
        "normalization": {**layer("BatchNormalization"), "build_config": {"input_shape": [None, big]}},
        "prelu": {**layer("PReLU"), "build_config": {"input_shape": [None, 1 << 16, 1 << 16]}},
        "thresholds": made("keras.metrics", "AUC", num_thresholds=40_000_000),
        "thresholds-list": made("keras.metrics", "AUC", thresholds=None, num_thresholds=1 << 40),
        "iou": made("keras.metrics", "MeanIoU", num_classes=1 << 16),
        "r2": made("keras.metrics", "R2Score", class_aggregation=None, num_regressors=0, name="a" * 100_000),
        "sensitivity": made("keras.metrics", "SensitivityAtSpecificity", specificity=0.5, num_thresholds=1 << 31),
        "dtype-string": dense(2, dtype="U400000000"),
        "dtype-void": dense(2, dtype="V400000000"),
        "array-dtype": {"class_name": "__numpy__", "config": {"value": ["a"], "dtype": "U400000000"}},
        "huge-integer": dense(2, name="d", bias_initializer=made("keras.initializers", "RandomNormal", seed=10**4000)),
        "huge-units": dense(10**4000),
        "wide": {**dense(1 << 16), "build_config": {"input_shape": [None, 10**4000]}},
        "stft": {
            **layer("STFTSpectrogram", frame_length=1 << 18, fft_length=1 << 18),
            "build_config": {"input_shape": [None, 1 << 20]},
        },
        "spectral": {
            **layer("SpectralNormalization", layer=dense(1 << 15)),
            "build_config": {"input_shape": [None, 1 << 15]},
        },
    }
    cases |= _without_variables(1 << 29)
    for name, config in cases.items():
        yield Case(f"memory-{name}", "allocate gigabytes by an argument", "deserialize", config)
    many = sequential(*[dense(4096) for _ in range(40)], shape=(4096,))
    yield Case("memory-many", "allocate it in many pieces", "model_from_config", many)
    for name, module, kwargs in (
        ("Arange", "keras.src.ops.numpy", {"start": big}),
        ("Full", "keras.src.ops.numpy", {}),
        ("Tile", "keras.src.ops.numpy", {"repeats": [big]}),
        ("Repeat", "keras.src.ops.numpy", {"repeats": big}),
        ("BroadcastTo", "keras.src.ops.numpy", {"shape": [big, 4]}),
        ("OneHot", "keras.src.ops.nn", {"num_classes": big}),
    ):
        operation = called(made(module, name, **kwargs), "op", args=[1])
        yield Case(f"eager-{name}", "compute a constant at once", "model_from_config", model(operation))
    yield Case("memory-units-float", "a size that is no integer", "deserialize", dense(1e300))


def _without_variables(big: int) -> dict[str, Config]:
    """Return objects that allocate, and not for a variable."""
    layers = "keras.src.layers"
    spread = {"axis": -1, "mean": 0.0, "variance": 1.0}
    concat = made(f"{layers}.preprocessing.feature_space", "TFDConcat", axis=0)
    words = {"standardize": "lower", "split": "whitespace", "output_mode": "int"}
    return {
        "spread": {**layer("Normalization", **spread), "build_config": {"input_shape": [None, big]}},
        "spread-all": {**layer("Normalization", **{**spread, "axis": [1, 2]}),
                       "build_config": {"input_shape": [None, 1 << 15, 1 << 15]}},
        "iou-classes": made("keras.metrics", "MeanIoU", num_classes=big),
        "iou-one-hot": made("keras.metrics", "OneHotMeanIoU", num_classes=big),
        "base-conv": made(f"{layers}.convolutional.base_conv", "BaseConv", rank=big, filters=1, kernel_size=1),
        "base-pooling": made(f"{layers}.pooling.base_pooling", "BasePooling", pool_dimensions=big, pool_size=2, strides=1,
                             pool_mode="max"),
        "concat": {**concat, "build_config": {"input_shape": [[big, 2], [big, 2]]}},
        "ngrams": layer("TextVectorization", ngrams=big, **words),
        "oov": layer("StringLookup", num_oov_indices=big, vocabulary=["a"]),
    }  # fmt: skip


def calls() -> Iterator[Case]:
    """Nodes that would call a layer for real, or a function of the user's."""
    given, padding = [[[1.0], [2.0]]], layer("ZeroPadding1D", padding=1 << 30)
    nodes: dict[str, Any] = {
        "beside": {"args": [given], "kwargs": {}, "more": tensor("in")},
        "behind": {"args": [given], "kwargs": {}, "args2": [[tensor("in")]]},
        "nothing": {"args": [], "kwargs": {}},
        "empty": {},
        "empty-list": [],
        "arguments-alone": {"args": [given], "kwargs": {"mask": None}},
        "within-an-object": {"args": [{"class_name": "Box", "config": {"x": tensor("in")}}], "kwargs": {}},
    }
    for name, node in nodes.items():
        config = {**called(padding, "z"), "inbound_nodes": [node]}
        yield Case(f"call-{name}", "call a layer with what the file says", "model_from_config", model(config))
    danger = function("lab>danger")
    for name, arguments, args in (
        ("VectorizedMap", {"function": danger}, []),
        ("Map", {}, [danger]),
        ("WhileLoop", {"cond": danger, "body": danger}, []),
    ):
        operation = called(made("keras.src.ops.core", name, **arguments), "op", args=[*args, tensor("in")])
        yield Case(f"traced-{name}", "call a function while a graph is made", "model_from_config", model(operation))


def work() -> Iterator[Case]:
    """Arguments and graphs that take long."""
    unknown = [{**made("lab", f"Thing{i}"), "registered_name": f"lab>Thing{i}"} for i in range(9000)]
    yield Case("unknown-names", "look for what 9,000 names are like", "model_from_config", sequential(*unknown))
    long = {**made("lab", "D" * 8_000_000), "registered_name": "lab>" + "d" * 8_000_000}
    yield Case("long-name", "look for what a name of 8 MB is like", "deserialize", long)
    yield Case("long-chain", "9,000 layers, each on the one before", "model_from_config", model(*chain(9000)))
    policy = made("keras", "DTypePolicy", name="float32")
    for name, pattern in (
        ("nested", "(a+)+b"),
        ("choice", "(a|a)*b"),
        ("options", "a?" * 40 + "b"),
        ("many", ".*" * 12 + "b"),
    ):
        table = made("keras.dtype_policies", "DTypePolicyMap", default_policy=None, policy_map={pattern: policy})
        named_layer = dense(name="a" * 60, dtype=table)
        yield Case(
            f"pattern-{name}", "a regular expression that goes back", "model_from_config", sequential(named_layer)
        )
        muon = made("keras.optimizers", "Muon", exclude_layers=[pattern])
        yield Case(f"pattern-muon-{name}", "the same in an optimizer", "model_from_config", compiled(optimizer=muon))
    solved = made("keras.initializers", "Orthogonal", gain=1.0)
    square = {**dense(6000, kernel_initializer=solved), "build_config": {"input_shape": [None, 6000]}}
    yield Case("orthogonal", "decompose a large matrix", "deserialize", square)
    yield Case("backwards", "list layers backwards", "model_from_config", backwards(2500))
    yield Case("many-layers", "30,000 layers", "model_from_config", model(*chain(30_000)))
    yield Case(
        "many-sequential", "30,000 layers in a row", "model_from_config", sequential(*[dense() for _ in range(30_000)])
    )
    yield Case(
        "row",
        "5,000 layers in a row, for each of which all are built anew",
        "model_from_config",
        sequential(*[dense() for _ in range(5000)]),
    )
    yield Case("doubling", "models that call one another twice", "model_from_config", nested(30))
    node = called(dense(), "d", "in")
    node["inbound_nodes"] *= 50_000
    yield Case("many-nodes", "call a layer 50,000 times", "model_from_config", model(node))
    deep = dense()
    for _ in range(70):
        deep = sequential(deep)
    yield Case("deep", "70 models within one another", "model_from_config", deep)
    wrapped = dense()
    for _ in range(99):
        wrapped = layer("TimeDistributed", layer=wrapped)
    yield Case("deep-wrappers", "99 wrappers", "model_from_config", sequential(wrapped, shape=(2,) * 10))
    power = layer("SpectralNormalization", layer=dense(), power_iterations=1 << 40)
    yield Case("power-iterations", "iterate for ever", "model_from_config", sequential(power))
    unrolled = layer("LSTM", units=2, unroll=True)
    long = sequential(unrolled, shape=(1_000_000, 2))
    yield Case("unrolled", "unroll a million steps", "model_from_config", long)
    for name, module, more in (
        ("Unstack", "core", {"axis": 0}),
        ("Unstack", "core", {"num": 900_000, "axis": 0}),
        ("Split", "numpy", {"indices_or_sections": 900_000}),
        ("ArraySplit", "numpy", {"indices_or_sections": 900_000}),
    ):
        pieces = model(called(made(f"keras.src.ops.{module}", name, **more), "op", "in"))
        pieces["config"]["layers"][0]["config"]["batch_shape"] = [900_000, 2]
        yield Case(f"pieces-{name}-{len(more)}", "make a million tensors of one", "model_from_config", pieces)
    ends = [called(dense(1), f"e{i}", "in") for i in range(2)]
    joined = called(layer("Concatenate", axis=-1), "c", *["e0", "e1"] * 10_000)
    yield Case("many-inputs", "compare 20,000 tensors with one another", "model_from_config", model(*ends, joined))
    aug = layer("RandAugment", num_ops=1 << 40, value_range=[0, 1])
    yield Case("augment", "loop in a layer", "deserialize", aug)
    shape = {**dense(), "build_config": {"input_shape": [2] * 100_000}}
    yield Case("rank", "a shape of 100,000 dimensions", "deserialize", shape)


def values() -> Iterator[Case]:
    """Tagged values that are none; each is refused before anything is built."""
    for name, tag, inner in (
        ("bytes-number", "__bytes__", {"value": 3}),
        ("bytes-surrogate", "__bytes__", {"value": "\ud800"}),
        ("bytes-nothing", "__bytes__", {}),
        ("slice-nothing", "__slice__", {"start": 1}),
        ("slice-list", "__slice__", [1, 2, 3]),
        ("array-text", "__numpy__", {"value": ["1"], "dtype": "float32"}),
        ("array-ragged", "__numpy__", {"value": [[1], [1, 2]], "dtype": "float32"}),
        ("array-fraction", "__numpy__", {"value": [1.5], "dtype": "int32"}),
        ("array-range", "__numpy__", {"value": [300], "dtype": "int8"}),
        ("array-huge", "__numpy__", {"value": [10**400], "dtype": "float64"}),
        ("array-infinite", "__numpy__", {"value": [65520.0], "dtype": "float16"}),
        ("array-dict", "__numpy__", {"value": {"a": 1}, "dtype": "int8"}),
        ("array-null", "__numpy__", {"value": None, "dtype": "float32"}),
        ("tensor-ragged", "__tensor__", {"value": [[1], 2], "dtype": "float32"}),
        ("graph-tensor-shape", "__keras_tensor__", {"shape": -1, "dtype": "float32", "keras_history": None}),
        ("graph-tensor-dtype", "__keras_tensor__", {"shape": [1], "dtype": "V9", "keras_history": None}),
        ("graph-tensor-nothing", "__keras_tensor__", {}),
    ):
        config = sequential(layer("Rescaling", scale={"class_name": tag, "config": inner}))
        yield Case(f"value-{name}", "stand for a value that there is not", "model_from_config", config)


def confused() -> Iterator[Case]:
    """Objects in places where they do not belong, and configs of a wrong shape."""
    mean, adam = made("keras.metrics", "Mean"), made("keras.optimizers", "Adam")
    zeros, l2 = made("keras.initializers", "Zeros"), made("keras.regularizers", "L2", l2=0.1)
    top: dict[str, Any] = {
        "metric": mean,
        "optimizer": adam,
        "initializer": zeros,
        "layer": dense(),
        "function": function("relu"),
    }
    for name, config in top.items():
        yield Case(f"top-{name}", "an object that is no model", "model_from_config", config)
    places: dict[str, tuple[str, Any]] = {
        "metric-as-layer": ("layers", mean),
        "optimizer-as-layer": ("layers", adam),
        "function-as-layer": ("layers", function("relu")),
    }
    for name, (_, config) in places.items():
        yield Case(name, "a layer that is none", "model_from_config", sequential(config))
    arguments = {
        "class-as-activation": {"activation": zeros},
        "metric-as-activation": {"activation": mean},
        "layer-as-initializer": {"kernel_initializer": dense()},
        "regularizer-as-initializer": {"kernel_initializer": l2},
        "initializer-as-regularizer": {"kernel_regularizer": zeros},
        "activation-as-initializer": {"kernel_initializer": function("relu")},
        "layer-as-dtype": {"dtype": dense()},
        "object-as-units": {"units": dense()},
        "bool-as-units": {"units": True},
        "text-as-units": {"units": "many"},
        "list-as-units": {"units": [2]},
        "negative-units": {"units": -1},
        "object-as-name": {"name": mean},
        "model-as-constraint": {"kernel_constraint": sequential(dense())},
        "registered-class-as-activation": {"activation": "lab>Danger"},
        "registered-layer-as-initializer": {"kernel_initializer": "lab>Danger"},
        "unknown-keyword": {"filepath": "/etc/passwd"},
    }
    for name, given in arguments.items():
        yield Case(name, "a wrong argument", "deserialize", dense(**{"units": 2, **given}))
    for name, given in {
        "layer-as-loss": {"loss": dense()},
        "metric-as-optimizer": {"optimizer": mean},
        "optimizer-as-metric": {"metrics": [adam]},
        "initializer-as-loss": {"loss": zeros},
        "loss-as-optimizer": {"optimizer": made("keras.losses", "MeanSquaredError")},
    }.items():
        yield Case(f"compile-{name}", "a wrong object to compile with", "model_from_config", compiled(**given))
    one, two = {**l2, "shared_object_id": 7}, {**zeros, "shared_object_id": 7}
    yield Case("shared-class", "one id, two classes", "deserialize", [one, two])
    other = {**made("keras.regularizers", "L2", l2=0.5), "shared_object_id": 7}
    yield Case("shared-config", "one id, two configs", "deserialize", [one, other])
    yield Case("shared-wrong-id", "an id that is none", "deserialize", [{**l2, "shared_object_id": [7]}] * 2)
    yield Case("class-as-function", "a class where a function is named", "deserialize", function("Danger", "lab"))
    as_class = {"module": "lab", "class_name": "danger", "config": {}, "registered_name": "lab>danger"}
    yield Case("function-as-class", "a function where a class is named", "deserialize", as_class)
    twice = model(called(dense(), "d", "in"), called(dense(3), "d", "in"))
    yield Case("two-of-one-name", "two layers of one name", "model_from_config", twice)
    yield Case(
        "two-in-a-row", "the same in a Sequential", "model_from_config", sequential(dense(name="d"), dense(name="d"))
    )
    yield Case(
        "cycle",
        "layers that feed one another",
        "model_from_config",
        model(called(dense(), "a", "b"), called(dense(), "b", "a")),
    )
    yield Case(
        "unknown-output", "an output of no layer", "model_from_config", model(called(dense(), "a", "in"), output="nope")
    )
    yield Case("unknown-source", "a node on no layer", "model_from_config", model(called(dense(), "a", "nope")))
    yield Case(
        "loss-as-node",
        "a loss in a graph",
        "model_from_config",
        model(called(made("keras.losses", "MeanSquaredError"), "a", "in")),
    )
    for field, value in {"class_name": {"a": 1}, "module": 5, "registered_name": [], "config": 7}.items():
        yield Case(f"type-{field}", "a wrong type", "deserialize", {**dense(), field: value})
        yield Case(
            f"type-within-{field}",
            "the same within a model",
            "model_from_config",
            sequential({**dense(), field: value}),
        )
    for value in (5, "x", {"a": 1}, [5], [[dense()]], None):
        config = sequential()
        config["config"]["layers"] = value
        yield Case(f"layers-{value!r:.20}", "layers of a wrong type", "model_from_config", config)
        graph = model(called(dense(), "d", "in"))
        graph["config"]["layers"][1]["inbound_nodes"] = value
        yield Case(f"nodes-{value!r:.20}", "nodes of a wrong type", "model_from_config", graph)
    for name in (
        "__builtins__",
        "Dense.__init__",
        "Dеnse",
        "__class__",
        "",
        "Dense\0",
        "a" * 100_000,
        "keras.layers.Dense",
    ):
        yield Case(f"name-{name[:20]!r}", "a name that is none", "deserialize", made("keras.layers", name))
    for module in ("keras.layers.core", "keras.src.layers.core.dense.Dense", "..layers", "keras.config", "__main__"):
        yield Case(
            f"module-{module}", "a module that is none", "deserialize", made(module, "enable_traceback_filtering")
        )
    yield Case(
        "typespec",
        "import through a type",
        "deserialize",
        {"class_name": "__typespec__", "config": {}, "spec_name": "X"},
    )


def attacks(folder: str) -> list[Case]:
    """Return all attacks.

    Args:
        folder: Where the canary is.
    """
    return [*named(), *code(), *files(folder), *memory(), *calls(), *work(), *values(), *confused()]


# ---------------------------------------------------------------- look-alikes
def benign() -> list[Case]:
    """Return what looks like an attack and must load."""
    policy = made("keras", "DTypePolicy", name="mixed_float16")
    patterns = made(
        "keras.dtype_policies",
        "DTypePolicyMap",
        default_policy="float32",
        policy_map={"encoder.*/kernel": policy, "(kernel|bias)": policy, ".*/dense_[0-9]+": policy},
    )
    deep = dense()
    for _ in range(20):
        deep = sequential(deep)
    l2 = {**made("keras.regularizers", "L2", l2=0.1), "shared_object_id": 7}
    leaky = layer("LeakyReLU", negative_slope=0.1)
    custom = {"module": "lab", "class_name": "Path", "config": {"path": "/etc/passwd", "vocabulary": "words.txt"}}
    shared = called(dense(), "d", "in")
    shared["inbound_nodes"].append({"args": [tensor("d")], "kwargs": {}})
    return [
        Case("called-os-system", "a layer's name", "model_from_config", sequential(dense(name="os.system"))),
        Case("called-lambda", "a layer's name", "model_from_config", sequential(dense(name="lambda: open(1)"))),
        Case("patterns", "ordinary patterns", "deserialize", patterns),
        Case("muon", "patterns", "deserialize", made("keras.optimizers", "Muon", exclude_layers=["embed.*", "head"])),
        Case("deep", "20 models within one another", "model_from_config", deep),
        Case("shared", "one regularizer for two layers", "deserialize", [dense(kernel_regularizer=l2)] * 2),
        Case("activation-layer", "a layer as an activation", "deserialize", dense(activation=leaky)),
        Case("user-path", "a path for a class of the user's", "deserialize", {**custom, "registered_name": "lab>Path"}),
        Case("lambda-function", "a function in a Lambda layer", "model_from_config",
             sequential(layer("Lambda", function=function("danger", "lab"), arguments={}))),
        Case("registered-activation", "a function by its name", "deserialize", dense(activation="lab>danger")),
        Case("schedule", "a schedule", "deserialize", made("keras.optimizers", "SGD", learning_rate=made(
            "keras.optimizers.schedules", "ExponentialDecay", initial_learning_rate=0.1, decay_steps=10**9, decay_rate=0.9))),
        Case("compiled", "losses and metrics", "model_from_config", compiled(
            loss=made("keras.losses", "MeanSquaredError"), metrics=["mae", made("keras.metrics", "AUC", num_thresholds=1000)])),
        Case("called-twice", "a layer called twice", "model_from_config", model(shared)),
        Case("mixed", "a policy by name", "deserialize", dense(dtype="mixed_bfloat16")),
        Case("seed", "a large seed", "deserialize", made("keras.initializers", "RandomNormal", seed=2**63)),
        Case("values", "text that names a function", "deserialize", {"a": "os.system", "b": ["/etc/passwd", 1e300, -1]}),
        Case("pieces", "a tensor in two pieces", "model_from_config", model(
            called(made("keras.src.ops.numpy", "Split", indices_or_sections=2, axis=1), "op", "in"))),
        Case("chain", "980 layers, which Keras loads", "model_from_config", model(*chain(980))),
        Case("large", "480 MB of variables, as published architectures have", "model_from_config",
             sequential(*[dense(6_000) for _ in range(3)], shape=(8_000,))),
        Case("wide", "a hundred thousand units", "deserialize", {**dense(100_000), "build_config": {"input_shape": [None, 100]}}),
    ]  # fmt: skip
