"""Arrays of Keras 1, of Theano and of CuDNN layers give what they gave where they were written."""

from __future__ import annotations

import io

import keras
import numpy as np
import pytest

import hornbook

from . import h5_files as h5

INPUTS, UNITS, STEPS = 3, 2, 4


def filled(layer, shape, arrays, *, ending=":0", **told):
    """Return a model of one layer with weights of a file, whose names are those of TensorFlow by default."""
    model = keras.Sequential([keras.Input(shape), layer])
    named = [(f"w_{i}{ending}", value) for i, value in enumerate(arrays)]
    hornbook.load_weights(model, io.BytesIO(h5.weights([("layer_1", named)], **told)))
    return model


def arrays_of(*shapes):
    return [h5.array(*shape, seed=i) for i, shape in enumerate(shapes)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def run(step, state, x):
    """Return the output of a recurrent layer for each sample."""
    results = []
    for sample in x:
        one = state
        for value in sample:
            one = step(value, one)
        results.append(one[0])
    return np.stack(results)


X = h5.array(2, STEPS, INPUTS, seed=9)
ZERO = np.zeros(UNITS)


def test_a_cudnn_lstm_computes_what_it_computed():
    """CuDNN multiplies matrices (units, inputs) that lie flat in the blocks of the kernels, and adds two biases."""
    kernel, recurrent, bias = arrays_of((INPUTS, 4 * UNITS), (UNITS, 4 * UNITS), (8 * UNITS,))
    w = [block.reshape(UNITS, INPUTS) for block in np.split(kernel, 4, axis=1)]
    r = [block.reshape(UNITS, UNITS) for block in np.split(recurrent, 4, axis=1)]
    b = np.split(bias, 8)

    def step(x, state):
        h, c = state
        i, f, g, o = (w[k] @ x + r[k] @ h + b[k] + b[k + 4] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    model = filled(keras.layers.LSTM(UNITS), (STEPS, INPUTS), [kernel, recurrent, bias])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), run(step, (ZERO, ZERO), X), rtol=1e-5, atol=1e-6)


def test_a_cudnn_gru_computes_what_it_computed():
    """Its second bias counts within the reset, as with `reset_after`."""
    kernel, recurrent, bias = arrays_of((INPUTS, 3 * UNITS), (UNITS, 3 * UNITS), (6 * UNITS,))
    w = [block.reshape(UNITS, INPUTS) for block in np.split(kernel, 3, axis=1)]
    r = [block.reshape(UNITS, UNITS) for block in np.split(recurrent, 3, axis=1)]
    b = np.split(bias, 6)

    def step(x, state):
        (h,) = state
        z, reset = (sigmoid(w[k] @ x + r[k] @ h + b[k] + b[k + 3]) for k in range(2))
        new = np.tanh(w[2] @ x + b[2] + reset * (r[2] @ h + b[5]))
        return (z * h + (1 - z) * new,)

    model = filled(keras.layers.GRU(UNITS), (STEPS, INPUTS), [kernel, recurrent, bias])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), run(step, (ZERO,), X), rtol=1e-5, atol=1e-6)


def test_the_twelve_arrays_of_an_lstm_of_keras_1():
    """W, U and b of the gates i, c, f, o."""
    arrays = arrays_of(*[(INPUTS, UNITS), (UNITS, UNITS), (UNITS,)] * 4)

    def gate(k, x, h):
        return x @ arrays[3 * k] + h @ arrays[3 * k + 1] + arrays[3 * k + 2]

    def step(x, state):
        h, c = state
        c = sigmoid(gate(2, x, h)) * c + sigmoid(gate(0, x, h)) * np.tanh(gate(1, x, h))
        return sigmoid(gate(3, x, h)) * np.tanh(c), c

    model = filled(keras.layers.LSTM(UNITS), (STEPS, INPUTS), arrays, version="1.2.2", backend=None)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), run(step, (ZERO, ZERO), X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("version", ["1.2.2", None])
def test_the_nine_arrays_of_a_gru_of_keras_1(version):
    """W, U and b of the gates z, r, h; a file that tells no version is of Keras 1."""
    arrays = arrays_of(*[(INPUTS, UNITS), (UNITS, UNITS), (UNITS,)] * 3)

    def step(x, state):
        (h,) = state
        z, reset = (sigmoid(x @ arrays[3 * k] + h @ arrays[3 * k + 1] + arrays[3 * k + 2]) for k in range(2))
        new = np.tanh(x @ arrays[6] + (reset * h) @ arrays[7] + arrays[8])
        return (z * h + (1 - z) * new,)

    layer = keras.layers.GRU(UNITS, reset_after=False)
    model = filled(layer, (STEPS, INPUTS), arrays, version=version, backend=None)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), run(step, (ZERO,), X), rtol=1e-5, atol=1e-6)


def test_a_bidirectional_lstm_of_keras_1_has_twelve_arrays_each_way():
    """The forward ones stand first."""
    arrays = arrays_of(*[(INPUTS, UNITS), (UNITS, UNITS), (UNITS,)] * 8)
    layer = keras.layers.Bidirectional(keras.layers.LSTM(UNITS))
    filled(layer, (STEPS, INPUTS), arrays, version="1.2.2", backend=None)
    kernel = np.concatenate([arrays[12 + i] for i in (0, 6, 3, 9)], axis=-1)
    np.testing.assert_array_equal(layer.backward_layer.cell.kernel, kernel)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_the_twelve_arrays_of_a_convolutional_lstm_of_keras_1(data_format):
    """W, U and b of the gates i, c, f, o; with `dim_ordering="th"` the filters of a kernel stood first."""
    first = data_format == "channels_first"
    shapes = [(UNITS, INPUTS, 2, 1), (UNITS, UNITS, 2, 1)] if first else [(2, 1, INPUTS, UNITS), (2, 1, UNITS, UNITS)]
    arrays = arrays_of(*[*shapes, (UNITS,)] * 4)
    layer = keras.layers.ConvLSTM2D(UNITS, (2, 1), data_format=data_format)
    shape = (STEPS, INPUTS, 5, 5) if first else (STEPS, 5, 5, INPUTS)
    filled(layer, shape, arrays, version="1.2.2", backend="tensorflow")
    for part, variable in enumerate((layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias)):
        gates = [arrays[3 * gate + part] for gate in (0, 2, 1, 3)]  # i, f, c, o
        if first and part < 2:
            gates = [gate.transpose(2, 3, 1, 0) for gate in gates]
        np.testing.assert_array_equal(variable, np.concatenate(gates, axis=-1))


def test_a_gru_without_reset_after_does_not_take_weights_of_one_with_it():
    """They are other functions: the biases tell."""
    arrays = arrays_of((INPUTS, 3 * UNITS), (UNITS, 3 * UNITS), (3 * UNITS,))
    with pytest.raises(hornbook.HornbookError, match=r"w_2:0` has the shape \(6,\), not \(2, 6\)"):
        filled(keras.layers.GRU(UNITS), (STEPS, INPUTS), arrays)


# Images are of another size than the kernels leave channels: where rows are as
# long as there are channels, Keras 3.15.1 with TensorFlow adds the bias to the rows.
def correlated(x, kernel):
    """Return the correlation of an image (channels, rows, columns) with kernels (filters, channels, rows, columns)."""
    rows, columns = (size - length + 1 for size, length in zip(x.shape[1:], kernel.shape[2:], strict=True))
    out = np.zeros((len(kernel), rows, columns))
    for i in range(rows):
        for j in range(columns):
            part = x[:, i : i + kernel.shape[2], j : j + kernel.shape[3]]
            out[:, i, j] = (kernel * part).sum(axis=(1, 2, 3))
    return out


def test_kernels_of_keras_1_with_channels_first():
    """`dim_ordering="th"` stored (filters, channels, rows, columns), square or not."""
    kernel, bias = arrays_of((3, 3, 3, 3), (3,))
    layer = keras.layers.Conv2D(3, 3, data_format="channels_first")
    x = h5.array(1, 3, 6, 6)
    model = filled(layer, (3, 6, 6), [kernel, bias], version="1.2.2", backend=None)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(x))[0], correlated(x[0], kernel) + bias[:, None, None], rtol=1e-4, atol=1e-5
    )


def test_kernels_of_theano_are_mirrored():
    """Theano convolves, so the kernel of Keras 2 with Theano runs backwards."""
    kernel, bias = arrays_of((3, 1, 1), (1,))
    x = h5.array(1, 6, 1)
    model = filled(keras.layers.Conv1D(1, 3), (6, 1), [kernel, bias], backend="theano")
    wanted = np.convolve(x[0, :, 0], kernel[:, 0, 0], mode="valid") + bias
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x))[0, :, 0], wanted, rtol=1e-5, atol=1e-6)


def test_names_tell_that_keras_1_ran_on_theano():
    """It wrote no backend; TensorFlow's variables are `w:0`, and Theano's `w`."""
    kernel, bias = arrays_of((3, 3, 3, 3), (3,))
    layer = keras.layers.Conv2D(3, 3, data_format="channels_first")
    x = h5.array(1, 3, 6, 6)
    model = filled(layer, (3, 6, 6), [kernel, bias], ending="", version="1.2.2", backend=None)
    wanted = correlated(x[0], kernel[:, :, ::-1, ::-1]) + bias[:, None, None]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(x))[0], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("old", [(3, 1, 2, 4), (4, 2, 3, 1)])
def test_a_convolution_1d_of_keras_1_had_two_spatial_axes(old):
    """(length, 1, channels, filters), before 1.1 (filters, channels, length, 1)."""
    kernel, bias = arrays_of(old, (4,))
    layer = keras.layers.Conv1D(4, 3)
    filled(layer, (6, 2), [kernel, bias], version="1.0.8", backend=None)
    wanted = kernel[:, 0] if old[1] == 1 else kernel[..., 0].transpose(2, 1, 0)
    np.testing.assert_array_equal(layer.kernel, wanted)


def test_a_deconvolution_of_keras_1_had_the_kernel_of_a_convolution():
    """(rows, columns, channels, filters), now (rows, columns, filters, channels)."""
    kernel, bias = arrays_of((3, 3, 2, 4), (4,))
    layer = keras.layers.Conv2DTranspose(4, 3)
    filled(layer, (5, 5, 2), [kernel, bias], version="1.2.2", backend=None)
    np.testing.assert_array_equal(layer.kernel, kernel.transpose(0, 1, 3, 2))


def test_the_names_of_keras_1_are_understood():
    """`gamma` to `running_std`, which was a variance, and `W` and `b`."""
    layer = keras.layers.BatchNormalization(name="bn")
    model = keras.Sequential([keras.Input((2,)), layer])
    names = ("bn_gamma", "bn_beta", "bn_running_mean", "bn_running_std")
    arrays = [(name, h5.array(2, seed=i)) for i, name in enumerate(names)]
    hornbook.load_weights(model, io.BytesIO(h5.weights([("bn", arrays)], version="1.0.8", backend=None)))
    np.testing.assert_array_equal(layer.moving_variance, arrays[3][1])


def test_a_prelu_of_keras_1_tells_its_shared_axes_by_its_array():
    """Keras 1.2.2 wrote no `shared_axes`, and an array with a length of 1 there."""
    alpha = h5.array(1, INPUTS)
    model = filled(keras.layers.PReLU(), (STEPS, INPUTS), [alpha], version="1.2.2", backend=None)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(X)), np.where(X > 0, X, alpha * X), rtol=1e-5)
