"""Fills a model from weights by layer, as Keras 1 and 2 stored them.

All is planned before anything is assigned: every stored array has its place
and every variable its array, or nothing changes and one error names them all.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from hornbook.archive.weights.layers import LayerWeights, StoredArray, StoredLayer
from hornbook.archive.weights.report import Match, WeightsReport
from hornbook.errors import HornbookError, UpgradeWarning, WeightsError
from hornbook.integrations.keras3.weights import convert
from hornbook.integrations.keras3.weights.matching import base_of, is_given
from hornbook.integrations.keras3.weights.variables import Piece, by_names, fits_names, orders, parts, pieces
from hornbook.upgrading.rules.theano import PADDING, differs
from hornbook.upgrading.versions import numbers

_SHOWN = 3  # names of each kind in a message
SLACK = 1 << 24  # bytes that arrays may have beyond the variables they are for


class Unit(NamedTuple):
    """A layer that has variables, as one entry of the file.

    Args:
        name: Its name; empty for what belongs to the model itself.
        layer: The layer or the model.
        deep: Whether the layers within it belong to it.
    """

    name: str
    layer: Any
    deep: bool = True


class Values(NamedTuple):
    """What is to be assigned: variables and their values, and how well the names agree."""

    pairs: list[tuple[Any, Any]]
    named: bool


_Pairs = list[tuple[Unit, StoredLayer]]


def fill(model: Any, stored: LayerWeights) -> list[Any]:
    """Give every variable of a model the value that a file has for it.

    Args:
        model: A built model of Keras 3.
        stored: What the file has.

    Returns:
        The variables, in the order of the file.

    Raises:
        WeightsError: Something is missing, left over, or has another shape;
            the lists hang on `.config` of the error.
        ArchiveError: An array is damaged.
    """
    stored, learnt = _learnt(model, stored)
    pairs, _ = _planned(model, stored, by_order=False)
    _assign(model, pairs, stored)
    _teach(learnt)
    return [variable for variable, _ in pairs]


def filled(model: Any, stored: LayerWeights, *, by_order: bool) -> WeightsReport:
    """Do the same with a model of the caller's, and tell which layer got what.

    Args:
        model: A built model of Keras 3.
        stored: What the file has.
        by_order: Whether a layer may get the weights that the file has under
            the name of another.

    Raises:
        WeightsError: As :func:`fill`; or the order of layers is another one
            than that of their names.
        ArchiveError: As :func:`fill`.
    """
    stored, learnt = _learnt(model, stored)
    pairs, match = _planned(model, stored, by_order=by_order)
    _assign(model, pairs, stored)
    _teach(learnt)
    told = [Match(layer.name, layer.name, "name") for layer, _ in learnt]
    told += [
        Match(unit.name or type(unit.layer).__name__, layer.name, "name" if unit.name == layer.name else "order")
        for unit, layer in match
    ]
    left = ("optimizer",) if stored.optimizer else ()
    return WeightsReport(tuple(told), left_over=left)


def _learnt(model: Any, stored: LayerWeights) -> tuple[LayerWeights, list[tuple[Any, StoredLayer]]]:
    """Return what a file has for variables, and apart from it the summaries of bins, which are none in Keras 3."""
    import keras

    named = {layer.name: layer for layer in stored.layers}
    layers = [part for part in parts(model) if isinstance(part, keras.layers.Discretization)]
    found = [(layer, named[layer.name]) for layer in layers if layer.name in named]
    found = [(layer, one) for layer, one in found if [array.shape[:1] for array in one.arrays] == [(2,)]]
    taken = {one.name for _, one in found}
    return stored._replace(layers=tuple([one for one in stored.layers if one.name not in taken])), found


def _teach(learnt: Iterable[tuple[Any, StoredLayer]]) -> None:
    for layer, one in learnt:
        layer.load_own_variables({"0": one.arrays[0].read()})
        take_note(layer)


def take_note(layer: Any) -> None:
    """Let a Discretization that has learnt a summary, and no bins, make these of it: Keras 3.15.1 does not.

    TF stores the summary alone; its config has no bins either.
    """
    import keras
    import numpy as np

    if isinstance(layer, keras.layers.Discretization) and not layer.bin_boundaries and np.size(layer.summary):
        layer.finalize_state()


def _assign(model: Any, pairs: list[tuple[Any, Any]], stored: LayerWeights) -> None:
    if convert.has_deviations(stored.version, stored.backend):
        pairs = _of_deviations(model, pairs)
    for variable, value in pairs:
        variable.assign(value)
    finish(model)
    if stored.backend == "theano" or (not stored.backend and convert.is_keras_1(stored.version)):
        _warn_of_padding(model, stored)
    if not stored.version:
        _warn_of_deviations(model, stored)


def _of_deviations(model: Any, pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return the pairs with variances in the place of standard deviations."""
    epsilons = {id(part.moving_variance): part.epsilon for part in _normalizations(model)}
    return [
        (variable, convert.variance(value, epsilons[id(variable)]) if id(variable) in epsilons else value)
        for variable, value in pairs
    ]


def _normalizations(model: Any) -> list[Any]:
    import keras

    return [part for part in parts(model) if isinstance(part, keras.layers.BatchNormalization)]


def _warn_of_deviations(model: Any, stored: LayerWeights) -> None:
    """Warn of what nothing in the file tells: Keras before 1.0.7 stored another array under the same name."""
    found = [part.name for part in _normalizations(model)]
    if found:
        warnings.warn(
            f"The file does not tell its version; the variance of {_list(found)} is taken for one, as since "
            f'Keras 1.0.7 (in {stored.place}); load_weights(..., version="1.0.5") converts the standard '
            "deviation that older ones stored",
            UpgradeWarning,
            stacklevel=2,
        )


def _check_backend(model: Any, stored: LayerWeights) -> None:
    """Refuse kernels of which the file does not tell whether they are mirrored.

    Raises:
        WeightsError: There are some.
    """
    if stored.backend or not convert.is_keras_1(stored.version):
        return
    found = [part.name for part in parts(model) if convert.is_mirrored(part)]
    if found:
        raise WeightsError(
            f"The file does not tell its backend, and Theano had the kernels of {_list(found)} mirrored",
            hint='Say it: load_weights(model, filepath, backend="theano"), or "tensorflow".',
            config={"layers": found},
            place=stored.place,
        )


def finish(model: Any) -> None:
    """Let layers take note of new state: the mean of a Normalization, for one."""
    for part in parts(model):
        if hasattr(part, "finalize_state") and part.weights:
            part.finalize_state()


def _warn_of_padding(model: Any, stored: LayerWeights) -> None:
    """Warn of layers that pad otherwise than those of the file: their architecture did not say who wrote it."""
    version = numbers(stored.version or "1", {})
    built_in = (part for part in parts(model) if type(part).__module__.startswith("keras."))
    found = [
        part.name for part in built_in
        if differs(type(part).__name__, {name: getattr(part, name, None) for name in PADDING}, version)
    ]  # fmt: skip
    if found:
        told = "The weights were written with Theano" if stored.backend else "The weights may be of Theano"
        warnings.warn(
            f"{told}, which padded otherwise than {_list(found)} with padding 'same' "
            f'(in {stored.place}); hornbook.upgrade(config, backend="theano") gives the architecture as it was',
            UpgradeWarning,
            stacklevel=2,
        )


def _planned(model: Any, stored: LayerWeights, *, by_order: bool) -> tuple[list[tuple[Any, Any]], _Pairs]:
    _check_backend(model, stored)
    layers = [layer for layer in stored.layers if layer.arrays]
    reading = _Reading(stored)
    first: _Misfit | None = None
    for units in _units(model):
        for match in _matches(units, layers):
            try:
                if not by_order:
                    _check_names(match, stored)
                found = {id(layer): reading.values(unit, layer) for unit, layer in match}
                return [pair for layer in layers for pair in found[id(layer)]], match
            except _Misfit as misfit:
                first = first or misfit
    raise _error(stored, next(_units(model)), layers, first)


def size_of(*values: Any) -> int:
    """Return the bytes of variables, and of those that objects have."""
    variables = [one for value in values for one in getattr(value, "variables", (value,))]
    return sum(math.prod(getattr(one, "shape", ())) * 8 for one in variables)


def check_size(arrays: Iterable[StoredArray], own: int, place: str) -> None:
    """Refuse arrays that are much larger than the variables they are for, before one is read.

    Raises:
        WeightsError: They have more than four times their bytes.
    """
    stored = sum(array.bytes for array in arrays)
    if stored > SLACK + 4 * own:
        raise WeightsError(f"The file has {stored} bytes for variables of {own}", place=place)


# ------------------------------------------------------------ which layer is which
def _units(model: Any) -> Iterator[list[Unit]]:
    """Yield the layers of a model with variables; then those within its models, as Keras 1 flattened them."""
    flat = list(_flat(model.layers, into=False))
    own = [Unit("", model, deep=False)] if _own(model) else []
    yield [*flat, *own]
    deeper = list(_flat(model.layers, into=True))
    if [unit.layer for unit in deeper] != [unit.layer for unit in flat]:
        yield [*deeper, *own]


def _flat(layers: Iterable[Any], *, into: bool) -> Iterator[Unit]:
    for layer in layers:
        if into and _is_model(layer):
            yield from _flat(layer.layers, into=True)
        elif layer.weights:
            yield Unit(layer.name, layer)


def _own(model: Any) -> bool:
    return bool(model._trainable_variables or model._non_trainable_variables)


def _is_model(layer: Any) -> bool:
    import keras

    return isinstance(layer, keras.Model)


def _matches(units: list[Unit], layers: list[StoredLayer]) -> Iterator[_Pairs]:
    """Yield the ways to pair layers: all by name; all by order; by name first, the rest by order."""
    if len(units) != len(layers):
        return
    named = {layer.name: layer for layer in layers}
    if {unit.name for unit in units} == named.keys() and len(named) == len(layers):
        yield [(unit, named[unit.name]) for unit in units]
        return
    yield list(zip(units, layers, strict=True))
    common = {unit.name for unit in units} & named.keys()
    rest = iter([layer for layer in layers if layer.name not in common])
    if len(named) == len(layers) and len({unit.name for unit in units}) == len(units):
        yield [(unit, named[unit.name] if unit.name in common else next(rest)) for unit in units]


def _check_names(match: _Pairs, stored: LayerWeights) -> None:
    """Refuse to give a layer what the file has under a name that the user gave to another one.

    Raises:
        WeightsError: The pairs are of that sort.
    """
    given = {unit.name for unit, _ in match if is_given(unit.name, base_of(unit.layer))}
    for unit, layer in match:
        if layer.name in given and layer.name != unit.name:
            raise WeightsError(
                f"By their order, layer `{unit.name}` would get the weights of `{layer.name}`, which is another layer",
                hint="If the order is right, pass by_order=True.",
                config={"layer": unit.name, "stored": layer.name},
                place=_place(stored, layer),
            )


# ------------------------------------------------------------ which array is which
class _Misfit(Exception):  # noqa: N818  not an error of its own: another way may fit
    def __init__(self, unit: Unit, layer: StoredLayer, needs: list[Piece]) -> None:
        super().__init__()
        self.unit, self.layer, self.needs = unit, layer, needs


class _Reading:
    """Reads the arrays of layers, each once."""

    def __init__(self, stored: LayerWeights) -> None:
        self._stored = stored
        self._arrays: dict[int, list[Any]] = {}

    def values(self, unit: Unit, layer: StoredLayer) -> list[tuple[Any, Any]]:
        """Return the variables of a layer with their values.

        Raises:
            _Misfit: The arrays are others than those of the layer.
        """
        found: list[Values] = []
        for split in (False, True) if convert.is_keras_1(self._stored.version) else (False,):
            some = pieces(unit.layer, self._rules(split=split), deep=unit.deep)
            for values in self._ways(some, layer):
                if values.named:
                    return values.pairs
                found.append(values)
        if found:
            return found[0].pairs
        raise _Misfit(unit, layer, pieces(unit.layer, _no_rules, deep=unit.deep))

    def _rules(self, *, split: bool) -> Callable[[Any], list[convert.Rule]]:
        return lambda part: convert.rules(part, self._stored.version, self._stored.backend, split=split)

    def _ways(self, some: list[Piece], layer: StoredLayer) -> Iterator[Values]:
        """Yield the ways to give the arrays of a layer to its variables in which all shapes fit."""
        names = [array.name for array in layer.arrays]
        if sum(piece.stored for piece in some) != len(names):
            return
        check_size(layer.arrays, size_of(*(v for piece in some for v in piece.variables)), self._stored.place)
        arrays = self._read(layer)
        for order in orders(some):
            pairs = _paired(_cut(order, arrays))
            if pairs is not None:
                yield Values(pairs, fits_names(order, names))
        named = by_names(some, names)
        pairs = None if named is None else _paired((piece, [arrays[position]]) for piece, position in named)
        if pairs is not None:
            yield Values(pairs, named=True)

    def _read(self, layer: StoredLayer) -> list[Any]:
        if id(layer) not in self._arrays:
            self._arrays[id(layer)] = [array.read() for array in layer.arrays]
        return self._arrays[id(layer)]


def _cut(order: Iterable[Piece], arrays: Sequence[Any]) -> Iterator[tuple[Piece, Sequence[Any]]]:
    at = 0
    for piece in order:
        yield piece, arrays[at : at + piece.stored]
        at += piece.stored


def _paired(parted: Iterable[tuple[Piece, Sequence[Any]]]) -> list[tuple[Any, Any]] | None:
    """Return variables with their values, or `None` if a shape differs."""
    found: list[tuple[Any, Any]] = []
    for piece, arrays in parted:
        try:
            values = piece.convert(arrays)
        except (ValueError, IndexError):  # arrays of other shapes than the conversion is for
            return None
        if len(values) != len(piece.variables):
            return None
        for variable, value in zip(piece.variables, values, strict=True):
            if tuple(variable.shape) != tuple(value.shape):
                return None
            found.append((variable, value))
    return found


# ------------------------------------------------------------ errors
def _no_rules(part: Any) -> list[convert.Rule]:
    return []


def _error(stored: LayerWeights, units: list[Unit], layers: list[StoredLayer], misfit: _Misfit | None) -> HornbookError:
    """Return one error that names all that is missing, left over, or of another shape."""
    if misfit is not None:
        return _shapes(stored, misfit)
    model, file = [unit.name for unit in units], [layer.name for layer in layers]
    missing, left = _without(model, file), _without(file, model)
    problem = f"The file has weights for {len(file)} layers, and the model has {len(model)} with weights"
    told = [f"missing are {_list(missing)}"] * bool(missing) + [f"left over are {_list(left)}"] * bool(left)
    return WeightsError(
        ": ".join([problem, "; ".join(told)]) if told else problem,
        hint="Is it the file of another architecture?",
        config={"missing": missing, "left over": left},
        place=stored.place,
    )


def _shapes(stored: LayerWeights, misfit: _Misfit) -> HornbookError:
    """Return the error for a layer whose arrays do not fit."""
    needs = [variable for piece in next(orders(misfit.needs)) for variable in piece.variables]
    has = misfit.layer.arrays
    name = misfit.unit.name or type(misfit.unit.layer).__name__
    hint = "Is it the file of another architecture?"
    if len(has) == len(needs):
        pairs = [(a, v) for a, v in zip(has, needs, strict=True) if tuple(a.shape) != tuple(v.shape)]
        told = [f"`{array.name}` has the shape {array.shape}, not {tuple(variable.shape)}" for array, variable in pairs]
        if any(tuple(variable.shape) == (2, *array.shape) for array, variable in pairs):
            hint = "A GRU of Keras before TF 2 has reset_after=False: build the layer with that."
    else:
        told = [f"the file has {len(has)} arrays, the layer {len(needs)}"]
    return WeightsError(
        f"The weights do not fit layer `{name}`: {_list(told)}",
        hint=hint,
        config={
            "layer": name,
            "stored": [(array.name, array.shape) for array in has],
            "needed": [(variable.path, tuple(variable.shape)) for variable in needs],
        },
        place=_place(stored, misfit.layer),
    )


def _without(names: list[str], others: list[str]) -> list[str]:
    return [f"`{name}`" if name else "weights of the model itself" for name in names if name not in others]


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _place(stored: LayerWeights, layer: StoredLayer) -> str:
    first: StoredArray = layer.arrays[0]
    return first.place if len(layer.arrays) == 1 else f"{stored.place}/{layer.name}"
