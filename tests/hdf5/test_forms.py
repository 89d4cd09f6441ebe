"""Each form of file is told by its content and read."""

from __future__ import annotations

import io
import json

import h5py
import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import ConfigError, UpgradeWarning, WeightsError

from . import h5_files as h5


def small_model(*names):
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name=names[0]), keras.layers.Dense(1, name=names[1])]
    )


def test_a_whole_model_of_keras_2_loads_by_content():
    """Architecture and weights, whatever the name of the file."""
    model = hornbook.load_model(io.BytesIO(h5.two_layers()))
    assert [layer.name for layer in model.layers] == ["first", "second"]
    np.testing.assert_array_equal(model.layers[0].kernel, h5.array(3, 2))
    x = h5.array(4, 3)
    wanted = (x @ h5.array(3, 2) + h5.array(2)) @ h5.array(2, 1) + h5.array(1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x)), wanted, rtol=1e-6)


def test_the_suffix_keras_may_hide_hdf5(file):
    """TF before 2.12 wrote HDF5 under any name that was asked for."""
    assert hornbook.load_model(file(h5.two_layers(), "model.keras")).count_params() == 11


def test_what_the_model_was_compiled_with_is_restored():
    """The training config of HDF5 becomes the arguments of `compile`."""
    config = h5.sequential(h5.dense_config("first", 2, 3))
    optimizer = {"class_name": "SGD", "config": {"lr": 0.5, "momentum": 0.9, "decay": 0.0, "nesterov": False}}
    training = {"optimizer_config": optimizer, "loss": "mse", "metrics": ["mae"], "sample_weight_mode": None}
    data = h5.model(config, [h5.dense("first", 3, 2)], training=training)
    model = hornbook.load_model(io.BytesIO(data))
    assert float(model.optimizer.learning_rate) == 0.5
    assert model.loss == "mse"
    assert hornbook.load_model(io.BytesIO(data), compile=False).compiled is False


@pytest.mark.parametrize("names", [("first", "second"), ("second", "first")])
def test_weights_alone_are_placed_by_name_if_all_names_agree(names):
    """The order in the file does not matter then."""
    model = small_model("first", "second")
    layers = {"first": h5.dense("first", 3, 2), "second": h5.dense("second", 2, 1)}
    hornbook.load_weights(model, io.BytesIO(h5.weights([layers[name] for name in names])))
    np.testing.assert_array_equal(model.layers[0].kernel, h5.array(3, 2))
    np.testing.assert_array_equal(model.layers[1].kernel, h5.array(2, 1))


def test_weights_alone_are_placed_by_order_if_names_differ():
    """Names that Keras numbers differ from one process to the next."""
    model = small_model("dense_2", "dense_3")
    hornbook.load_weights(model, io.BytesIO(h5.weights([h5.dense("dense_1", 3, 2), h5.dense("dense_2", 2, 1)])))
    np.testing.assert_array_equal(model.layers[1].kernel, h5.array(2, 1))


def test_layers_without_weights_do_not_count():
    """They stand in the file with an empty list of names."""
    model = small_model("a", "b")
    data = h5.weights([("input", []), h5.dense("x", 3, 2), ("dropout", []), h5.dense("y", 2, 1)])
    hornbook.load_weights(model, io.BytesIO(data))
    np.testing.assert_array_equal(model.layers[0].bias, h5.array(2))


def test_the_weights_of_a_whole_model_are_loaded_into_another():
    """`load_weights` takes whole models as well."""
    model = small_model("a", "b")
    hornbook.load_weights(model, io.BytesIO(h5.two_layers()))
    np.testing.assert_array_equal(model.layers[0].kernel, h5.array(3, 2))


def test_lists_of_names_that_were_split_are_put_together():
    """Keras splits an attribute of more than 64 kB: `layer_names0`, `layer_names1`."""

    def split(file):
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:1], names[1:]

    data = h5.changed(h5.weights([h5.dense("first", 3, 2), h5.dense("second", 2, 1)]), split)
    model = small_model("first", "second")
    hornbook.load_weights(model, io.BytesIO(data))
    np.testing.assert_array_equal(model.layers[1].bias, h5.array(1))


def test_the_numbered_layers_of_keras_0_are_read():
    """`layer_0/param_0`, before layers had names."""
    model = small_model("a", "b")
    kernels = [h5.array(3, 2), h5.array(2), h5.array(2, 1), h5.array(1)]
    hornbook.load_weights(model, numbered(kernels[:2], kernels[2:]))
    np.testing.assert_array_equal(model.layers[1].kernel, h5.array(2, 1))


def numbered(*layers):
    """Return a file of Keras 0.x: arrays by number, and nothing that tells who wrote it."""

    def fill(file):
        file.attrs["nb_layers"] = len(layers)
        for number, arrays in enumerate(layers):
            group = file.create_group(f"layer_{number}")
            group.attrs["nb_params"] = len(arrays)
            for i, value in enumerate(arrays):
                group.create_dataset(f"param_{i}", data=value)

    return io.BytesIO(h5.made(fill))


def test_kernels_that_theano_may_have_mirrored_are_not_loaded_unless_it_is_said():
    """Keras 0.3 had two back ends, and its files tell neither."""
    model = keras.Sequential([keras.Input((5, 4, 2)), keras.layers.Conv2D(3, 2, name="conv")])
    kernel, bias = h5.array(2, 2, 2, 3), h5.array(3)
    before = [np.array(one) for one in model.get_weights()]
    with pytest.raises(WeightsError, match="kernels of conv mirrored") as raised:
        hornbook.load_weights(model, numbered([kernel, bias]))
    assert 'backend="theano"' in str(raised.value)
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    hornbook.load_weights(model, numbered([kernel, bias]), backend="theano")
    np.testing.assert_array_equal(model.layers[0].kernel, kernel[::-1, ::-1])
    hornbook.load_weights(model, numbered([kernel, bias]), backend="tensorflow")
    np.testing.assert_array_equal(model.layers[0].kernel, kernel)
    with pytest.raises(ConfigError, match="'Theano' is no backend"):
        hornbook.load_weights(model, numbered([kernel, bias]), backend="Theano")


def test_a_kernel_of_one_place_has_nothing_to_mirror():
    """Then the backend makes no difference."""
    model = keras.Sequential([keras.Input((5, 4, 2)), keras.layers.Conv2D(3, 1)])
    hornbook.load_weights(model, numbered([h5.array(1, 1, 2, 3), h5.array(3)]))
    np.testing.assert_array_equal(model.layers[0].kernel, h5.array(1, 1, 2, 3))


def test_a_pool_that_theano_may_have_padded_otherwise_is_told():
    """Its weights are certain, its meaning is not."""
    layers = [keras.Input((5, 2)), keras.layers.MaxPooling1D(2, padding="same", name="pool"), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    with pytest.warns(UpgradeWarning, match=r"may be of Theano, which padded otherwise than pool"):
        hornbook.load_weights(model, numbered([h5.array(2, 3), h5.array(3)]))


@pytest.mark.parametrize("epsilon", [1e-6, 1e-3, 0.3])
def test_the_standard_deviation_of_keras_0_gives_the_same_outputs(epsilon):
    """Keras 0.2.0 to 1.0.5 divided by deviation plus epsilon, Keras 3 by the root of variance plus epsilon."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(epsilon=epsilon)])
    gamma, beta, mean, deviation = arrays = [h5.array(4, seed=seed) for seed in range(4)]
    deviation[:] = np.abs(deviation) + 0.2
    hornbook.load_weights(model, numbered(arrays))
    x = h5.array(3, 4)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(x)), gamma * (x - mean) / (deviation + epsilon) + beta, rtol=1e-5, atol=1e-6
    )


def test_keras_1_does_not_tell_whether_it_stored_a_variance():
    """1.0.0 to 1.0.5 stored the deviation under the name that the variance has since."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(epsilon=0.1, name="norm")])
    arrays = [(f"norm_{name}", np.full(4, 2, "float32")) for name in ("gamma", "beta", "running_mean", "running_std")]
    data = h5.weights([("norm", arrays)], version=None, backend=None)
    with pytest.warns(UpgradeWarning, match="variance of norm is taken for one"):
        hornbook.load_weights(model, io.BytesIO(data))
    np.testing.assert_array_equal(model.layers[0].moving_variance, arrays[3][1])
    hornbook.load_weights(model, io.BytesIO(data), version="1.0.5")
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model.layers[0].moving_variance), 2.1**2 - 0.1, rtol=1e-6)
    hornbook.load_weights(model, io.BytesIO(data), version="1.2.2")
    np.testing.assert_array_equal(model.layers[0].moving_variance, arrays[3][1])


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
def test_what_keras_writes_today_is_read(suffix, tmp_path):
    """Weights alone, and whole models in both formats."""
    model = small_model("a", "b")
    path = str(tmp_path / f"model{suffix}")
    (model.save_weights if "weights" in suffix else model.save)(path)
    other = small_model("c", "d")
    hornbook.load_weights(other, path, by_order=True)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    if suffix != ".weights.h5":
        x = h5.array(2, 3)
        np.testing.assert_array_equal(
            *(keras.ops.convert_to_numpy(one(x)) for one in (hornbook.load_model(path), model))
        )


def as_tf_2_13(data, *, windows=False):
    """Return the weights of two Dense layers as TF 2.13 named them."""
    buffer = io.BytesIO()
    bar = "\\" if windows else "/"
    with h5py.File(io.BytesIO(data)) as old, h5py.File(buffer, "w") as new:
        for number, name in ((0, "dense"), (1, "dense_2")):
            source = old[f"layers/dense{'_1' if number else ''}/vars"]
            for key in source:
                new[f"_layer_checkpoint_dependencies{bar}{name}/vars/{key}"] = source[key][()]
        new.create_group("vars")
    return buffer.getvalue()


@pytest.mark.parametrize("windows", [False, True])
def test_the_paths_of_tf_2_13_are_understood(windows, tmp_path):
    """Another name of the container, numbers with gaps, back-slashes."""
    model = small_model("a", "b")
    model.save_weights(str(tmp_path / "new.weights.h5"))
    data = as_tf_2_13((tmp_path / "new.weights.h5").read_bytes(), windows=windows)
    other = small_model("c", "d")
    hornbook.load_weights(other, io.BytesIO(data))
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_nested_model_has_all_that_is_trained_first():
    """Keras 1 to 3 store a nested model's gamma and beta before its next kernel, and the moving mean last."""
    inner = keras.Sequential(
        [keras.Input((2,)), keras.layers.BatchNormalization(name="bn"), keras.layers.Dense(2, name="d")], name="inner"
    )
    model = keras.Sequential([keras.Input((2,)), inner])
    names = ("bn/gamma:0", "bn/beta:0", "d/kernel:0", "d/bias:0", "bn/moving_mean:0", "bn/moving_variance:0")
    arrays = [(name, h5.array(*((2, 2) if "kernel" in name else (2,)), seed=i)) for i, name in enumerate(names)]
    hornbook.load_weights(model, io.BytesIO(h5.weights([("inner", arrays)])))
    np.testing.assert_array_equal(inner.get_layer("bn").moving_mean, arrays[4][1])
    np.testing.assert_array_equal(inner.get_layer("d").bias, arrays[3][1])


def test_names_decide_where_a_layer_was_frozen_later():
    """The order of the file is that of when it was written."""
    inner = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, name="one"), keras.layers.Dense(2, name="two")], name="inner"
    )
    inner.get_layer("one").trainable = False
    model = keras.Sequential([keras.Input((2,)), inner])
    (_, one), (_, two) = h5.dense("one", 2, 2, seed=1), h5.dense("two", 2, 2, seed=2)
    hornbook.load_weights(model, io.BytesIO(h5.weights([("inner", [*one, *two])])))
    np.testing.assert_array_equal(inner.get_layer("one").kernel, one[0][1])


def test_inspect_tells_what_hdf5_holds():
    """Version, optimizer, classes, numbers of each layer."""
    found = hornbook.inspect_model(io.BytesIO(h5.two_layers()))
    assert (found.format, found.keras_version, found.parameters) == ("hdf5", "2.2.4", 11)
    assert {part.name: part.parameters for part in found.objects}["first"] == 8
    assert found.custom_objects == ()


def saved_metadata(config):
    """Return a `keras_metadata.pb` with one node."""
    text = json.dumps({"class_name": "Sequential", "model_config": config, "keras_version": "2.15.0"}).encode()
    node = b"\x1a\x04root" + b"\x22\x02_t" + b"\x2a" + varint(len(text)) + text
    return b"\x0a" + varint(len(node)) + node


def test_the_metadata_of_a_saved_model_hold_an_index_as_a_tuple(file):
    """What `x[:, 1:]` was in TF 2.15."""
    parts = [dict.fromkeys(("start", "stop", "step")), {"start": 1, "stop": None, "step": None}]
    more = {"slice_spec": {"class_name": "__tuple__", "items": parts}}
    source = {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 3], "name": "x"}}
    index = {"class_name": "SlicingOpLambda", "name": "f", "config": {"name": "f", "function": "__operators__.getitem"}}
    layers = [source | {"inbound_nodes": []}, index | {"inbound_nodes": [["x", 0, 0, more]]}]
    inner = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["f", 0, 0]]}
    data = saved_metadata({"class_name": "Functional", "config": inner})
    model = hornbook.model_from_config(hornbook.read_config(file(data, "keras_metadata.pb")))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model(h5.array(2, 3))), h5.array(2, 3)[:, 1:])


def varint(number):
    low = number & 0x7F
    return bytes([low]) if number < 0x80 else bytes([low | 0x80]) + varint(number >> 7)


def test_architectures_are_read_and_have_no_weights(refused, file, tmp_path):
    """JSON, TensorFlow.js and SavedModels: inspected, but no model without weights comes of them."""
    config = h5.sequential(h5.dense_config("first", 2, 3))
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    (folder / "keras_metadata.pb").write_bytes(saved_metadata(config))
    sources = [
        file(json.dumps(config).encode(), "model.json"),
        file(json.dumps({"modelTopology": {"model_config": config, "keras_version": "2.2.4"}}).encode(), "tfjs.json"),
        file(json.dumps(json.dumps(config)).encode(), "twice.json"),
        file(saved_metadata(config), "keras_metadata.pb"),
        folder,
    ]
    for source in sources:
        assert [part.class_name for part in hornbook.inspect_model(source).objects][-1] == "Dense"
        model = hornbook.model_from_config(hornbook.read_config(source))
        assert model.count_params() == 8
        error = refused(hornbook.load_model, source)
        assert "weights" in error.problem
        assert "model_from_config" in error.hint
