"""The state of a model of Keras 2, with that of its optimizer: from files of either layout, and to `.keras`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from hornbook.archive.base import unbuilt
from hornbook.archive.weights.report import Match, WeightsReport
from hornbook.errors import IntegrationError, WeightsError
from hornbook.integrations.keras2 import optimizer_state
from hornbook.integrations.keras2.assign import assign, in_order_of, variables_of
from hornbook.integrations.keras2.by_object import found_by_object
from hornbook.integrations.keras3.weights import older_stores
from hornbook.integrations.tokens import give_vocabularies

if TYPE_CHECKING:
    import numpy.typing as npt

    from hornbook.archive.protocol import Archive
    from hornbook.archive.weights.layers import LayerWeights, StoredLayer
    from hornbook.archive.weights.stores import AssetFolder, Folder, WeightStore
    from hornbook.frameworks.models import WeightTarget
    from hornbook.integrations.keras2.private import Private


# What a model has once it is compiled, or trained: it need not be there to use it.
_OPTIMIZER = "optimizer"
_TRAINING = (_OPTIMIZER, "metrics", "compiled_metrics", "compiled_loss")


def save(model: Any, weights: WeightTarget, assets: Folder, private: Private) -> None:
    """Write the weights and assets of a model, on the paths that its Keras gives them.

    Raises:
        IntegrationError: This Keras writes no `.keras` file; that came with TensorFlow 2.12.
    """
    if private.save_state is None:
        raise IntegrationError("This version of Keras has no `.keras` files", hint="End the name in .h5.", place=None)
    writer = _Writer(weights, model.name)
    private.save_state(model, weights_store=writer, assets_store=assets, inner_path="", visited_trackables=set())
    if getattr(model, "optimizer", None) is not None and _OPTIMIZER not in writer.seen:
        optimizer_state.warn_of_none(model.optimizer, "will start anew")


class _Writer:
    """A weight target as Keras asks for one.

    Args:
        weights: The target.
        name: The name of the model; what has none is only written with its first array, and Keras 2.15.0 asks
            for the arrays of a model that has none.
    """

    def __init__(self, weights: WeightTarget, name: str) -> None:
        self._weights = weights
        self._name = name
        self.seen: set[str] = set()

    def make(self, path: str) -> Any:
        self.seen.add(path)
        return self._weights.make(path, None if path else self._name)


def load(model: Any, archive: Archive, private: Private, *, strict: bool, optimizer: bool = True) -> WeightsReport:
    """Fill a model with the weights and assets of an archive, and its optimizer; return what got which.

    Args:
        model: The model.
        archive: What has the weights.
        private: The private names of the model's Keras.
        strict: Whether weights that the model has no place for are an error.
        optimizer: Whether the optimizer gets its state as well.

    Raises:
        WeightsError: There are none, or they do not fit.
    """
    archive.check_weights()
    stored = archive.layers()
    if stored is None:
        return _load_by_path(model, archive, private, strict=strict, optimizer=optimizer)
    if not model.built:
        raise unbuilt(model.name, archive.name)
    _fill(model, stored, private, by_name=not optimizer)
    give_vocabularies(list(model._flatten_layers()), stored, strict=optimizer)
    if optimizer and stored.optimizer and getattr(model, "optimizer", None) is not None:
        optimizer_state.restore(model.optimizer, model.trainable_variables, stored.optimizer, stored.place, private)
    layers = [layer.name for layer in stored.layers if layer.arrays]
    matched = (Match(name or model.name, name, "name") for name in layers)
    return WeightsReport(tuple(matched), left_over=() if optimizer or not stored.optimizer else (_OPTIMIZER,))


class _Reader:
    """A weight store as Keras asks for one, which remembers what was asked for.

    A path that the file has is taken first: TF 2.13 asks for those that TF 2.13 wrote.

    Args:
        store: The store.
        skipped: Paths under which nothing is read.
    """

    def __init__(self, store: WeightStore, skipped: tuple[str, ...]) -> None:
        self._store = store
        self._skipped = skipped
        self._older = _older_paths(entry.path for entry in store.entries() if entry.shape is None)
        self.seen: set[str] = set()
        self.read: set[str] = set()

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        if not self._store.has_path(path):
            path = self._older.get(path, path)
        self.seen.add(path)
        if path in self._skipped:
            return {}
        self.read.add(path)
        return self._store.get(path)


class _Assets:
    """Assets as Keras asks for them.

    Args:
        assets: The folder.
    """

    def __init__(self, assets: AssetFolder) -> None:
        self._assets = assets
        self._older = _older_paths(sorted(assets.folders()))

    def get(self, path: str) -> str | None:
        return self._assets.get(path if self._assets.has_path(path) else self._older.get(path, path))


def _older_paths(paths: Iterable[str]) -> Mapping[str, str]:
    """Return the paths that TF 2.14 and later have for those of TF 2.13, with these; nothing for any other file."""
    paths = list(paths)
    return older_stores.renamed(paths) if older_stores.is_older(paths) else {}


def _load_by_path(model: Any, archive: Archive, private: Private, *, strict: bool, optimizer: bool) -> WeightsReport:
    if private.load_state is None:
        raise IntegrationError("This version of Keras has no `.keras` files", hint="Load an .h5 file.", place=None)
    store = archive.by_path()
    reader = _Reader(store, () if optimizer else (_OPTIMIZER,))
    folder = archive.assets()
    assets = None if folder is None else _Assets(folder)
    fill = partial(private.load_state, model, inner_path="")
    try:
        fill(weights_store=reader, assets_store=None, visited_trackables=set())
    except ValueError as error:
        raise WeightsError(f"The weights do not fit: {error}", place=archive.name) from error
    report = _report(store, reader, archive.name, strict=strict)
    # Vocabularies come last: unlike variables, they are not put back where something does not fit.
    if assets is not None:
        fill(weights_store=None, assets_store=assets, visited_trackables=set())
    _finalize(model)
    if optimizer and getattr(model, "optimizer", None) is not None:
        if _OPTIMIZER not in reader.seen:
            optimizer_state.warn_of_none(model.optimizer, "starts anew")
        else:
            optimizer_state.warn_of_others(model, len(store.get(_OPTIMIZER)), archive.name)
    return report


def _report(store: WeightStore, reader: _Reader, place: str, *, strict: bool) -> WeightsReport:
    """Return what was asked for, and what is left of the state of training.

    Raises:
        WeightsError: There are other arrays that nothing has asked for, and `strict`.
    """
    owners = sorted({_owner(entry.path) for entry in store.entries() if entry.shape is not None})
    weights = [path for path in owners if path.partition("/")[0] not in _TRAINING]
    unread = [path for path in weights if path not in reader.read]
    if strict and unread:
        raise WeightsError(f"The model has no place for the weights of {', '.join(unread[:8])}", place=place)
    matched = tuple(Match(path, path, "path") for path in weights if path in reader.read)
    return WeightsReport(matched, left_over=tuple(sorted({*owners} - {match.stored for match in matched})))


def _owner(path: str) -> str:
    """Return the path of the object that an array belongs to."""
    return path.rpartition("/")[0].removesuffix("vars").removesuffix("/")


def _fill(model: Any, stored: LayerWeights, private: Private, *, by_name: bool) -> None:
    """Give each layer the arrays that the file has under its name: all of them, or none.

    Args:
        model: The model.
        stored: What the file has.
        private: The private names of the model's Keras.
        by_name: Whether the model may be another one than that of the file, so
            that the order alone tells nothing of what is within a part.

    Raises:
        WeightsError: A layer has none in the file, or others than it takes.
    """
    by_object = found_by_object(model, stored)
    if by_object is not None:
        _check_shapes([variable for variable, _ in by_object], [array for _, array in by_object], "the model", stored)
        assign([(variable, array.read()) for variable, array in by_object], private)
        _finalize(model)
        return
    renamed = {} if by_name else _renamed(model, stored)
    pairs = [
        pair
        for layer in stored.layers
        for pair in _pairs(model, layer, renamed.get(layer.name, layer.name), stored, private, by_name=by_name)
    ]
    own = variables_of(model)
    missing = {id(variable) for variable in own} - {id(variable) for variable, _ in pairs}
    names = [variable.name for variable in own if id(variable) in missing]
    if names:
        raise WeightsError(f"The file has no weights for {', '.join(names[:8])}", place=stored.place)
    assign(pairs, private)
    _finalize(model)


def _renamed(model: Any, stored: LayerWeights) -> dict[str, str]:
    """Return the names that layers of a file have in the model made of its config, where these are others.

    A part of a class of the user's, and one of before Keras 2.2.3, may get a new one. The order is the same.
    """
    given = [layer.name for layer in stored.layers if layer.arrays and layer.name]
    own = {layer.name for layer in model.layers}
    lost = [name for name in given if name not in own]
    free = [layer.name for layer in model.layers if layer.weights and layer.name not in given]
    return dict(zip(lost, free, strict=True)) if len(lost) == len(free) else {}


def _finalize(model: Any) -> None:
    """Have layers that were adapted work out what they use from what was read.

    Reading a `.keras` file, Keras 2.15.0 to 2.21.0 do not: every value is then in
    the first bin of a `Discretization`.
    """
    for layer in model._flatten_layers():
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _pairs(
    model: Any, layer: StoredLayer, name: str, stored: LayerWeights, private: Private, *, by_name: bool
) -> Iterator[tuple[Any, Any]]:
    """Yield the variables of a layer, and of its name in the model, with their values in the file."""
    if not layer.arrays:
        return
    owner, variables = _variables(model, name)
    if owner is None:
        raise WeightsError(f"The model has no layer `{layer.name}`", place=stored.place)
    values = [array.read() for array in layer.arrays]
    named = in_order_of(variables, [array.name for array in layer.arrays], values)
    if named is not None:
        values = named
    elif by_name and len(getattr(owner, "layers", ())) > 1 and owner is not model:
        raise WeightsError(
            f"The arrays of `{layer.name}` are called otherwise than its variables, and only that tells which is which",
            hint="Give the layers within it the names that they had.",
            place=stored.place,
        )
    if private.older_weights is not None and owner is not model:
        values = private.older_weights(owner, values, stored.version or "2", stored.backend or None)
    _check_shapes(variables, values, layer.name or "the model", stored)
    yield from zip(variables, values, strict=True)


def _variables(model: Any, name: str) -> tuple[Any, list[Any]]:
    """Return the layer of a name, and its variables in the order of Keras 2; those of the model for no name."""
    if not name:
        return model, [*model._trainable_weights, *model._non_trainable_weights]
    for layer in model.layers:
        if layer.name == name:
            return layer, [*layer.trainable_weights, *layer.non_trainable_weights]
    return None, []


def _check_shapes(variables: list[Any], values: list[Any], name: str, stored: LayerWeights) -> None:
    wanted = [tuple(variable.shape) for variable in variables]
    given = [tuple(value.shape) for value in values]
    fits = (one.shape.is_compatible_with(other) for one, other in zip(variables, given, strict=False))
    if len(wanted) != len(given) or not all(fits):  # of some variables a length is open, as of the bins of numbers
        raise WeightsError(
            f"The weights of `{name}` have the shapes {given}, and it takes {wanted}",
            place=stored.place,
        )
