"""Arrays as older versions of Keras stored them, made those that Keras 3 has.

Pure array work: a conversion gets the arrays that a file has for one layer or
cell, in the order of the file, and returns those of the variables of Keras 3.
The facts are those of `preprocess_weights_for_loading` and
`_convert_rnn_weights` in keras/engine/saving.py of Keras 2.3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from hornbook.integrations.keras3 import private
from hornbook.upgrading.versions import numbers, parsed

Arrays = Sequence[Any]
Convert = Callable[[Any, Arrays], Arrays]

# Gates as Keras 1 stored them one by one, in the order that they have in one array.
_LSTM_GATES = (0, 2, 1, 3)  # Keras 1: i, c, f, o; now i, f, c, o
_GRU_GATES = (0, 1, 2)


class Conversion(NamedTuple):
    """A conversion of the arrays of one layer.

    Args:
        stored: How many arrays an old file has, for so many variables; `None`
            for as many as there are variables.
        convert: Gets the layer and the arrays of the file.
    """

    stored: Callable[[int], int] | None
    convert: Convert


def _fused(gates: tuple[int, ...]) -> Callable[[Arrays], list[Any]]:
    def fuse(arrays: Arrays) -> list[Any]:
        """Return kernel, recurrent kernel and bias for the three arrays of each gate."""
        import numpy as np

        return [np.concatenate([arrays[3 * gate + part] for gate in gates], axis=-1) for part in range(3)]

    return fuse


def _gates_of_keras_1(gates: tuple[int, ...]) -> Convert:
    fuse = _fused(gates)

    def convert(layer: Any, arrays: Arrays) -> Arrays:
        return fuse(arrays) if len(arrays) == 3 * len(gates) else arrays

    return convert


def _from_cudnn(arrays: Arrays, gates: int) -> tuple[Any, Any]:
    """Return the kernels of a CuDNN layer, which stores the block of each gate transposed."""
    import numpy as np

    def blocks(array: Any, change: Callable[[Any], Any]) -> Any:
        return np.concatenate([change(block) for block in np.split(array, gates, axis=1)], axis=1)

    kernel = blocks(arrays[0], lambda block: block.reshape(block.shape[::-1]).T)
    return kernel, blocks(arrays[1], lambda block: block.T)


def _cudnn_lstm(layer: Any, arrays: Arrays) -> Arrays:
    """CuDNNLSTM (Keras 2.0.9 to TF 2.15) has a bias for the input and one for the recurrence: their sum counts."""
    if len(arrays) != 3 or not _is_cudnn(arrays, 4):
        return arrays
    units = arrays[1].shape[0]
    return [*_from_cudnn(arrays, 4), arrays[2][: 4 * units] + arrays[2][4 * units :]]


def _cudnn_gru(layer: Any, arrays: Arrays) -> Arrays:
    """CuDNNGRU has both biases in one row; a GRU with `reset_after` has them in two."""
    if len(arrays) != 3 or not _is_cudnn(arrays, 3):
        return arrays
    return [*_from_cudnn(arrays, 3), arrays[2].reshape(2, -1)]


def _is_cudnn(arrays: Arrays, gates: int) -> bool:
    kernel, recurrent, bias = arrays
    units = recurrent.shape[0]
    return bool(
        kernel.ndim == 2
        and recurrent.shape == (units, gates * units)
        and kernel.shape[1] == gates * units
        and bias.shape == (2 * gates * units,)
    )


def _first(change: Callable[[Any, Any], Any], count: int = 1) -> Convert:
    """Return a conversion of the first arrays alone: the kernels."""

    def convert(layer: Any, arrays: Arrays) -> Arrays:
        return [change(layer, array) if i < count else array for i, array in enumerate(arrays)]

    return convert


def _flipped(layer: Any, kernel: Any) -> Any:
    """Theano convolves where the other backends correlate: kernels are mirrored in space."""
    import numpy as np

    return np.flip(kernel, axis=tuple(range(kernel.ndim - 2)))


def _channels_first(layer: Any, kernel: Any) -> Any:
    """With `dim_ordering="th"` Keras 1 stored (filters, channels, rows, columns)."""
    if layer.data_format != "channels_first" or kernel.ndim < 4:
        return kernel
    return kernel.transpose(*range(2, kernel.ndim), 1, 0)


def _conv1d(layer: Any, kernel: Any) -> Any:
    """Keras 1 stored (length, 1, channels, filters), before 1.1 (filters, channels, length, 1)."""
    if kernel.ndim != 4:
        return kernel
    if kernel.shape[:2] != (layer.kernel_size[0], 1) or kernel.shape[3] != layer.filters:
        kernel = kernel.transpose(2, 3, 1, 0)
    return kernel[:, 0] if kernel.shape[1] == 1 else kernel


def _transposed(layer: Any, kernel: Any) -> Any:
    """Deconvolution2D of Keras 1 stored the kernel of a convolution, and `th` had the filters first."""
    if kernel.ndim != 4:
        return kernel
    return kernel.transpose(2, 3, 0, 1) if layer.data_format == "channels_first" else kernel.transpose(0, 1, 3, 2)


def _spread(layer: Any, alpha: Any) -> Any:
    """Keras 1 did not write `shared_axes` of a PReLU: the stored array has a length of 1 there."""
    import numpy as np

    shape = tuple(layer.alpha.shape)
    shared = alpha.ndim == len(shape) and all(
        length in (1, size) for length, size in zip(alpha.shape, shape, strict=True)
    )
    return np.broadcast_to(alpha, shape).copy() if shared else alpha


def _conv_lstm(cell: Any, arrays: Arrays) -> Arrays:
    if len(arrays) != 12:
        return arrays
    kernel, recurrent, bias = _fused(_LSTM_GATES)([*arrays])
    if cell.data_format == "channels_first":
        import numpy as np

        # The gates lie on the first axis here, that of the filters.
        parts = [[arrays[3 * gate + part] for gate in _LSTM_GATES] for part in (0, 1)]
        kernel, recurrent = (np.concatenate(some, axis=0).transpose(2, 3, 1, 0) for some in parts)
    return [kernel, recurrent, bias]


def _four_gates(variables: int) -> int:
    return 4 * variables


def _three_gates(variables: int) -> int:
    return 3 * variables


@cache
def keras_1() -> dict[type, Conversion]:
    """Return what holds for files of Keras 1, by class."""
    from keras import layers

    return _known(
        {
            layers.LSTMCell: Conversion(_four_gates, _gates_of_keras_1(_LSTM_GATES)),
            layers.GRUCell: Conversion(_three_gates, _gates_of_keras_1(_GRU_GATES)),
            private.ConvLSTMCell: Conversion(_four_gates, _conv_lstm),
            layers.Conv1D: Conversion(None, _first(_conv1d)),
            layers.Conv2D: Conversion(None, _first(_channels_first)),
            layers.Conv3D: Conversion(None, _first(_channels_first)),
            layers.Conv2DTranspose: Conversion(None, _first(_transposed)),
            layers.SeparableConv2D: Conversion(None, _first(_channels_first, 2)),
            layers.PReLU: Conversion(None, _first(_spread)),
        }
    )


@cache
def theano() -> dict[type, Conversion]:
    """Return what holds for files that were written with Theano, by class.

    The kernels of depthwise and separable convolutions are not among them:
    `depthwise_conv2d` of the Theano back end (Keras 2.0.9 to 2.3.1) mirrored
    them itself, and before there was none.
    """
    from keras import layers

    kernels = (
        layers.Conv1D,
        layers.Conv2D,
        layers.Conv3D,
        layers.Conv2DTranspose,
        layers.Conv3DTranspose,
    )
    return _known(
        {
            **dict.fromkeys(kernels, Conversion(None, _first(_flipped))),
            private.ConvLSTMCell: Conversion(None, _first(_flipped, 2)),
        }
    )


def _known(conversions: dict[type | None, Conversion]) -> dict[type, Conversion]:
    """Return the conversions for the classes that this version of Keras has."""
    return {cls: conversion for cls, conversion in conversions.items() if cls is not None}


@cache
def cudnn() -> dict[type, Conversion]:
    """Return what holds for all files, by class: the arrays themselves tell whether it applies."""
    from keras import layers

    return {layers.LSTMCell: Conversion(None, _cudnn_lstm), layers.GRUCell: Conversion(None, _cudnn_gru)}


def conversions(layer: Any, version: str, backend: str, *, split: bool) -> list[Conversion]:
    """Return the conversions that hold for a layer.

    Args:
        layer: The layer of the model.
        version: The version that wrote the file; empty for one that does not
            say, which is Keras 1.
        backend: The backend that wrote it; empty if the file does not say.
        split: Whether the gates of recurrent layers were stored one by one.
    """
    tables = [cudnn()]
    if is_keras_1(version):
        tables.append(keras_1())
    if backend == "theano":
        tables.append(theano())
    matching = [conversion for table in tables for cls, conversion in table.items() if isinstance(layer, cls)]
    return matching if split else [Conversion(None, conversion.convert) for conversion in matching]


def is_mirrored(layer: Any) -> bool:
    """Return whether Theano took the kernels of a layer, if it is one, for others than all else do."""
    return any(isinstance(layer, cls) for cls in theano()) and any(size > 1 for size in layer.kernel_size)


def has_deviations(version: str, backend: str) -> bool:
    """Return whether a BatchNormalization stored a standard deviation, to which epsilon was added.

    So it was in Keras 0.2.0 to 1.0.5, and in 1.0.6 with Theano
    (keras/layers/normalization.py, `batch_normalization` of the back ends).
    A layer kept the name `running_std` when 1.0.7 put the variance there.
    """
    known = numbers(version, {}) if version else (1, 2)
    return known < (1, 0, 6) or (known == (1, 0, 6) and backend == "theano")


def variance(deviation: Any, epsilon: float) -> Any:
    """Return the variance with which Keras 3 divides by what such a version divided by."""
    return ((deviation.astype("float64") + epsilon) ** 2 - epsilon).astype(deviation.dtype)


def is_keras_1(version: str) -> bool:
    """Return whether Keras 1 or before wrote a file; Keras 2 always says that it did."""
    return version == "" or (parsed(version) or (2,)) < (2,)
