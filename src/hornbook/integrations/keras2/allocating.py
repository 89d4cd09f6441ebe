"""What Keras 2 is about to allocate during a reading, counted in its budget first.

Every variable passes here before its initializer runs, and so does every
symbolic tensor, every try to connect a graph, and what a few layers make beside
their variables: Keras 2.9.0, 2.15.0 and tf_keras 2.21.0 were read for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hornbook.engine.budget import Budget
from hornbook.engine.decode import current_reader
from hornbook.integrations.divert import Diversion, Gate, method

if TYPE_CHECKING:
    from hornbook.integrations.keras2.private import Private

_DOUBLE = 8  # bytes of what NumPy makes by default


def gates(keras: Any, private: Private) -> list[Diversion]:
    """Return the functions of Keras that ask first.

    Args:
        keras: The package.
        private: Its private names.
    """
    normalization, orthogonal = keras.layers.Normalization, keras.initializers.Orthogonal
    return [
        Diversion("make_variable", private.make_variable, _counting(_variable), needed=True),
        Diversion("KerasTensor.__init__", method(private.KerasTensor, "__init__"), _counting(_tensor), needed=True),
        Diversion("ListWrapper.as_list", method(private.ListWrapper, "as_list"), _counting(_tensor), needed=True),
        Diversion("Orthogonal.__call__", method(orthogonal, "__call__"), _counting(_solving), needed=True),
        Diversion("Normalization.build", method(normalization, "build"), _counting(_normalizing), needed=True),
        Diversion("repeat_elements", private.repeat_elements, _counting(_repeating), needed=True),
        Diversion("local_conv", private.local_conv, _counting(_stepping)),
        Diversion("conv_kernel_mask", private.conv_kernel_mask, _counting(_masking)),
        Diversion("conv_kernel_idxs", private.conv_kernel_idxs, _counting(_connecting)),
    ]


def _counting(count: Callable[..., None]) -> Callable[[Gate], Gate]:
    """Return a gate that counts in the budget of a reading what a call is about to make.

    Args:
        count: Gets the budget, and the arguments of the call.
    """

    def diverted(original: Gate) -> Gate:
        def call(*args: Any, **kwargs: Any) -> Any:
            reader = current_reader()
            if reader is not None:
                count(reader.budget, *args, **kwargs)
            return original(*args, **kwargs)

        return call

    return diverted


def _variable(budget: Budget, name: Any, shape: Any = None, dtype: Any = None, *_: Any, **__: Any) -> None:
    budget.take(_lengths(shape) * int(getattr(dtype, "size", _DOUBLE) or _DOUBLE))


def _lengths(shape: Any) -> int:
    """Return how many elements a shape has; an unknown length is one."""
    if shape is None:
        return 1
    lengths = shape.as_list() if hasattr(shape, "as_list") else list(shape) if hasattr(shape, "__iter__") else [shape]
    return math.prod(length for length in lengths if isinstance(length, int))


def _tensor(budget: Budget, *_: Any, **__: Any) -> None:
    budget.tensor()


def _solving(budget: Budget, initializer: Any, shape: Any, *_: Any, **__: Any) -> None:
    """`Orthogonal` decomposes a matrix: twice the longer side times the shorter one squared."""
    if len(shape) > 1:
        rows, columns = _lengths(shape[:-1]), _lengths(shape[-1:])
        budget.work(2 * max(rows, columns) * min(rows, columns) ** 2)


def _normalizing(budget: Budget, layer: Any, input_shape: Any, *_: Any, **__: Any) -> None:
    """A given mean and variance are repeated for the whole shape, in double precision."""
    if isinstance(input_shape, (list, tuple)) or hasattr(input_shape, "as_list"):
        budget.take(2 * _DOUBLE * _lengths(_flat(input_shape)))


def _flat(shape: Any) -> list[Any]:
    return shape.as_list() or [] if hasattr(shape, "as_list") else list(shape)


def _repeating(budget: Budget, x: Any, rep: Any, axis: Any) -> None:
    """A tensor is taken into its elements along an axis, each of which is listed as often as said."""
    length = x.shape[axis]
    if length is not None and isinstance(rep, int):
        budget.tensor(int(length) * max(1, rep))


def _stepping(budget: Budget, *args: Any, **kwargs: Any) -> None:
    """An operation is made for each place of the output."""
    budget.tensor(_lengths(kwargs["output_shape"] if "output_shape" in kwargs else args[4]))


def _masking(budget: Budget, input_shape: Any, *_: Any, **__: Any) -> None:
    """For each place of the input there is one mark for each of the output, of which there are about as many."""
    budget.take(_DOUBLE * _lengths(input_shape) ** 2)


def _connecting(budget: Budget, *args: Any, **kwargs: Any) -> None:
    """A tuple is made for each weight, and kept for each."""
    names = ("input_shape", "kernel_shape", "strides", "padding", "filters_in", "filters_out")
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    budget.tensor(math.prod(_lengths(given[name]) for name in names if name not in ("strides", "padding")))
