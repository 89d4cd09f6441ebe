"""Weights and assets of a model: where each of its parts keeps them in a file.

The paths are those that Keras 3.0 to 3.15.1 writes: the names of the
attributes that lead from the model to an object, and within a container the
snake-case name of its class, numbered.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from hornbook.archive.base import no_weights, unbuilt
from hornbook.archive.weights.paths import join, numbered, snake_case
from hornbook.archive.weights.report import Match, WeightsReport
from hornbook.archive.weights.stores import owner_of
from hornbook.errors import ArchiveError, LeftOverWeightsWarning, MissingWeightsWarning, WeightsError, short
from hornbook.integrations.keras3 import deferred_init, private
from hornbook.integrations.keras3.weights import by_layer, matching, older_stores, reorder, seeds, vocabularies
from hornbook.integrations.keras3.weights import optimizer as slots
from hornbook.integrations.keras3.weights.matching import Member

if TYPE_CHECKING:
    from hornbook.archive.reading import Archive
    from hornbook.archive.weights.stores import AssetFolder, Folder, WeightStore, WeightWriter
    from hornbook.upgrading.versions import Version

_SHOWN = 3
# What belongs to training alone, or to chance, and may be there or not.
_TRAINING = re.compile(r"(^|[/_])(optimizer|metrics?|tracker|seed_generator)(_\d+)?(/|$)")


def load(model: Any, archive: Archive, *, strict: bool) -> None:
    """Fill `model` with the weights and assets of `archive`, and its optimizer.

    Args:
        model: A model that was made of the config of the same file.
        archive: What has the weights.
        strict: Whether weights that the model has no place for are an error,
            and not a warning.

    Raises:
        WeightsError: There are none, or they do not fit; all objects at fault
            are named.
    """
    if not archive.has_weights():
        raise no_weights(archive)
    stored = archive.layers()
    if stored is None:
        _load_paths(model, archive, strict=strict)
        return
    if not model.built:
        raise unbuilt(model.name, archive.name)
    variables = by_layer.fill(model, stored)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and stored.optimizer:
        by_layer.check_size(stored.optimizer, by_layer.size_of(optimizer) + by_layer.size_of(model), stored.place)
        arrays = [slots.Slot(array.name, array.read()) for array in stored.optimizer]
        slots.restore(optimizer, arrays, [variable for variable in variables if variable.trainable])


def load_weights(model: Any, archive: Archive, *, by_order: bool, strict: bool) -> WeightsReport:
    """Fill `model` with the weights of `archive`; where they do not fit it stays as it was.

    Args:
        model: A built model.
        archive: What has the weights.
        by_order: Whether layers of other names than in the file get weights by their order.
        strict: Whether weights that the model has no place for are an error, and not a warning.

    Raises:
        WeightsError: As :func:`load`.
    """
    import keras
    import numpy as np

    if not archive.has_weights():
        raise no_weights(archive)
    stored = archive.layers()
    if stored is not None:
        return by_layer.filled(model, stored, by_order=by_order)
    changed = [*model.variables, *getattr(getattr(model, "optimizer", None), "variables", ())]
    before = [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in changed]
    try:
        return _load_paths(model, archive, by_order=by_order, strict=strict)
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise


def _load_paths(model: Any, archive: Archive, *, by_order: bool | None = None, strict: bool) -> WeightsReport:
    """Fill a model from a store by path.

    Args:
        model: The model.
        archive: What has the weights.
        by_order: `None` where the model is made of the same file, so that only
            members of dicts can have another order than there; else as
            :func:`load_weights`.
        strict: As :func:`load_weights`.
    """
    weights = archive.weights()
    if weights is None:
        raise no_weights(archive)
    written_by = reorder.version_of(archive.metadata())
    assets: AssetFolder | None = archive.assets()
    wrote = reorder.generation(weights, written_by)
    if wrote != reorder.KERAS_3:
        weights, assets = _as_keras_3(weights, assets)
    failed = []
    for walk in _walks(written_by, wrote):
        loading = walk(weights, assets, written_by, wrote, by_order=by_order, strict=strict)
        loading.saveable(model, "")
        if loading.failed:
            failed.append(loading.failed)
            continue
        left = _check_rest(weights, loading.used, strict=strict)
        return WeightsReport(tuple(loading.matched), tuple(loading.missing), tuple(left))
    raise _failure(failed[0])


def _check_rest(weights: WeightStore, used: set[str], *, strict: bool) -> list[str]:
    """Refuse a file that has weights for which the model has no place, or warn; return what has none.

    State of training may be there or not.
    """
    owners = dict.fromkeys(owner_of(entry.path)[0] for entry in weights.entries() if entry.shape is not None)
    rest = [path or "/" for path in owners if path not in used]
    left = [path for path in rest if not _TRAINING.search(path)]
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        problem = f"The file has weights that the model has no place for: {', '.join(left[:_SHOWN])}{more}"
        if strict:
            raise WeightsError(
                problem,
                hint="Is it the file of another architecture?",
                config={"left over": left},
                place=f"model.weights.h5: {left[0]}",
            )
        warnings.warn(problem, LeftOverWeightsWarning, stacklevel=2)
    return rest


def _walks(written_by: Version | None, wrote: int | None) -> tuple[type[_Loading], ...]:
    """Return the ways to go through a model, the one that wrote a file first; both if it does not say."""
    if wrote == reorder.KERAS_3:
        return (_Loading,)
    if written_by is None:
        return _Loading, _LoadingTf214
    return (_Loading,) if written_by < (2, 14) else (_LoadingTf214,)


def _as_keras_3(weights: WeightStore, assets: AssetFolder | None) -> tuple[WeightStore, AssetFolder | None]:
    """Return stores under the paths of Keras 3 for those of TF 2.12 to 2.15."""
    if not older_stores.is_older(entry.path for entry in weights.entries()):
        return weights, assets
    renamed = None if assets is None else older_stores.OlderAssets(assets, assets.folders())
    return older_stores.OlderWeights(weights), renamed


def save(model: Any, weights: WeightWriter, assets: Folder) -> None:
    """Write the weights and assets of `model`."""
    _Saving(weights, assets).saveable(model, "")


class _Walk:
    """Goes through the parts of a model in the order of Keras, each part once.

    Attributes:
        skips_visited: Whether what was met before has no number in a container.
    """

    skips_visited = False

    def __init__(self) -> None:
        self._kind = private.KerasSaveable or _bases()
        self.visited: set[int] = set()
        self._keys: dict[int, str] = {}

    def saveable(self, value: Any, path: str) -> None:
        raise NotImplementedError

    def attributes(self, value: Any) -> Iterable[tuple[str, Any]]:
        return _attributes(value)

    def children(self, value: Any, path: str) -> None:
        attributes = [*self.attributes(value)]
        for name, child in attributes:
            # What a dict holds stands in the list of layers of its owner as well, and that comes first.
            for key, member in child.items() if isinstance(child, dict) else ():
                if isinstance(member, self._kind):
                    self._keys.setdefault(id(member), f"{name}/{key}")
        for name, child in attributes:
            if isinstance(child, self._kind):
                self.saveable(child, join(path, name))
            elif isinstance(child, (list, dict, tuple)):
                self.container(child, join(path, name), set())

    def container(self, values: Any, path: str, seen: set[int]) -> None:
        if id(values) in seen:
            return
        seen.add(id(values))
        for value, inner, _ in self.members(values, path):
            if isinstance(value, self._kind):
                self.saveable(value, inner)
            else:
                self.nested(value, inner, seen)

    def members(self, values: Any, path: str) -> Iterable[Member]:
        """Yield what a container holds, with the paths of it."""
        used: dict[str, int] = {}
        for value in values.values() if isinstance(values, dict) else values:
            if isinstance(value, self._kind):
                if self.skips_visited and id(value) in self.visited:
                    continue
                name = numbered(snake_case(type(value).__name__), used)
                yield Member(value, join(path, name), self._keys.get(id(value)))
            elif isinstance(value, (list, dict, tuple)):
                yield Member(value, join(path, numbered("container", used)))

    def nested(self, values: Any, path: str, seen: set[int]) -> None:
        self.container(values, path, seen)


class _Saving(_Walk):
    def __init__(self, weights: WeightWriter, assets: Folder) -> None:
        super().__init__()
        self._weights, self._assets = weights, assets

    def saveable(self, value: Any, path: str) -> None:
        if id(value) in self.visited:
            return
        if hasattr(value, "save_own_variables"):
            name = getattr(value, "name", None)
            name = name if isinstance(name, str) else None
            value.save_own_variables(self._weights.make(path, name, self._keys.get(id(value))))
        states = seeds.states(value)
        if states:
            self._weights.put_seeds(path, states)
        if hasattr(value, "save_assets"):
            value.save_assets(self._assets.make(path))
        self.visited.add(id(value))
        self.children(value, path)


class _Loading(_Walk):
    """Loading goes on after a failure: an object may be found on another path."""

    def __init__(
        self,
        weights: WeightStore,
        assets: AssetFolder | None,
        written_by: Version | None,
        wrote: int | None,
        *,
        by_order: bool | None = None,
        strict: bool = True,
    ) -> None:
        super().__init__()
        self._weights, self._assets = weights, assets
        self._written_by, self._wrote = written_by, wrote
        self._by_order, self._strict = by_order, strict
        self._by: dict[str, str] = {}
        self.matched: list[Match] = []
        self.missing: list[str] = []
        self.failed: dict[int, tuple[Any, str, Exception]] = {}
        self.used: set[str] = set()

    def saveable(self, value: Any, path: str) -> None:
        if id(value) in self.visited:
            return
        failure = self._load_own(value, path)
        before = len(self.failed) if failure is None else 0
        if failure is not None:
            self.failed[id(value)] = (value, path, failure)
        self.children(value, path)
        if failure is None:
            self.failed.pop(id(value), None)
            if len(self.failed) <= before:
                self.visited.add(id(value))

    def members(self, values: Any, path: str) -> Iterable[Member]:
        """Yield what a container holds, with its paths in the file."""
        found = super().members(values, path)
        if self.skips_visited or (self._by_order is None and not self._keys):
            return found
        return self._found([*found], path)

    def _found(self, members: list[Member], path: str) -> Iterator[Member]:
        parts = [one for one in members if isinstance(one.value, self._kind) and id(one.value) not in self.visited]
        if self._by_order is None:
            parts = [one for one in parts if one.key is not None]
        labels = self._weights.labels
        found = matching.matched(parts, path, labels, by_order=bool(self._by_order), taken=self.used)
        places = {part.path: where for part, where in zip(parts, found, strict=True)}
        for member in members:
            where = places.get(member.path)
            if where is not None:
                self._by[where.path] = where.by
            yield member if where is None else member._replace(path=where.path)

    def _load_own(self, value: Any, path: str) -> Exception | None:
        try:
            self._check_size(value, path)
            arrays = self._arrays(value, path)
            if arrays is None:
                self._restore_older(value, path)
            elif self._strict and slots.is_of_another(value, self._weights, path):
                self.used.add(path)
            elif hasattr(value, "load_own_variables"):
                if len(arrays) and path in self.used:
                    raise WeightsError("the file has no arrays for it that another part has not got", place=None)
                with deferred_init.given_to(value.load_own_variables, arrays) as given:
                    value.load_own_variables(given)
                by_layer.take_note(value)
                seeds.restore(value, self._weights, path)
                self.used.add(path)
                if len(arrays):
                    name = getattr(value, "name", None) or type(value).__name__
                    self.matched.append(Match(str(name), path, self._by.get(path, "path")))
            if self._assets is not None and hasattr(value, "load_assets"):
                folder = self._assets.get(path)
                if not vocabularies.is_there(value, folder):
                    value.load_assets(folder)
        except ArchiveError:  # the file is damaged, wherever the object has its arrays
            raise
        except Exception as error:  # noqa: BLE001  any class may raise anything here
            return error
        return None

    def _check_size(self, value: Any, path: str) -> None:
        """Refuse arrays that are much larger than the variables they are for, before one is read.

        What a class of the user's makes of its arrays is not known: it may have none before.
        """
        if type(value).__module__.partition(".")[0] != "keras":
            return
        stored, own = self._weights.size(path), by_layer.size_of(value)
        if stored > by_layer.SLACK + 4 * own:
            raise WeightsError(f"the file has {stored} bytes for it, and it has variables of {own}", place=None)

    def _arrays(self, value: Any, path: str) -> Mapping[str, Any] | None:
        """Return what the file has for an object; `None` for an optimizer whose state TF 2.12 to 2.15 wrote."""
        import keras

        arrays = self._weights.get(path)
        if not isinstance(value, keras.optimizers.Optimizer):
            return arrays
        if self._wrote == reorder.KERAS_3:
            return reorder.reordered(value, arrays, self._written_by)
        return reorder.fitting(value, arrays) if self._wrote is None else None

    def _restore_older(self, optimizer: Any, path: str) -> None:
        arrays = self._weights.get(path)
        names = sorted([name for name in arrays if name.isdigit()], key=int)
        stored = [slots.Slot("", arrays[name]) for name in names]
        slots.restore(optimizer, stored, without_rate=self._wrote is not None)
        self.used.add(path)

    def nested(self, values: Any, path: str, seen: set[int]) -> None:
        """Go into a container; Keras before 3.15 wrote nothing for one within another."""
        if self._weights.has_path(path) or (self._assets is not None and self._assets.has_path(path)):
            self.container(values, path, seen)
            return
        failed, self.failed = self.failed, {}
        self.container(values, path, seen)
        missing, self.failed = {one: told for one, told in self.failed.items() if one not in failed}, failed
        if missing:
            deferred_init.release(variable for value, _, _ in missing.values() for variable in value.variables)
            self.missing += [str(getattr(value, "name", value)) for value, _, _ in missing.values()]
            names = ", ".join(map(short, self.missing[-len(missing) :]))
            warnings.warn(
                f"Skipping nested container `{path}`, which the file lacks: Keras before 3.15 wrote none.  "
                f"These keep their initial values: {names}",
                MissingWeightsWarning,
                stacklevel=2,
            )


class _LoadingTf214(_Loading):
    """As TF 2.14 and 2.15 went: the last name first, and what was met before has no number.

    Source: `_walk_trackable` and `_save_container_state` in
    keras/src/saving/saving_lib.py of Keras 2.15.0.
    """

    skips_visited = True

    def attributes(self, value: Any) -> Iterable[tuple[str, Any]]:
        return sorted(_attributes(value), key=lambda one: one[0], reverse=True)


def _failure(failed: dict[int, tuple[Any, str, Exception]]) -> WeightsError:
    names = [f"`{getattr(value, 'name', type(value).__name__)}`" for value, _, _ in failed.values()]
    _, path, error = next(iter(failed.values()))
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    reason = " ".join(str(error).split())
    reason = reason if len(reason) <= 200 else reason[:197] + "..."
    wrong = WeightsError(f"The weights do not fit {shown}: {reason}", place=f"model.weights.h5: {path or '/'}")
    wrong.__cause__ = error
    return wrong


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    kind = value._obj_type()
    skipped = _skipped(kind)
    if kind in ("Sequential", "Functional"):
        yield "layers", value.layers
    # Private names last: what they hold is mostly held by a public one as well.
    names = [name for name in dir(value) if name not in skipped and not name.startswith("__")]
    for name in sorted(names, key=lambda name: f"~{name}" if name.startswith("_") else name):
        try:
            child = getattr(value, name)
        except Exception:  # noqa: BLE001, S112  a property may raise anything
            continue
        yield name, child


@cache
def _skipped(kind: str) -> frozenset[str]:
    """Return the attributes that every object of a kind has, and that hold no parts."""
    import keras

    def of(*examples: Any) -> set[str]:
        return {name for example in examples for name in dir(example)}

    layer = keras.layers.Layer
    examples: dict[str, Callable[[], set[str]]] = {
        "Layer": lambda: of(layer()),
        "Functional": lambda: of(layer()) | {"operations", "_operations"},
        "Sequential": lambda: of(layer()) | {"_functional"},
        "Operation": lambda: of(keras.Operation()),
        "Metric": lambda: of(keras.metrics.Metric(), *_compile_metrics()),
        "Optimizer": lambda: of(keras.optimizers.Optimizer(1.0)) - {"variables"},
        "Loss": lambda: of(keras.losses.Loss()),
        "Cross": lambda: of(keras.utils.FeatureSpace.cross((), 1)),
        "Feature": lambda: of(keras.utils.FeatureSpace.feature("int32", _identity, "int")),
    }
    names = examples[kind]() if kind in examples else set()
    return frozenset(names | {"_self_unconditional_dependency_names"})


def _compile_metrics() -> tuple[Any, ...]:
    return () if private.CompileMetrics is None else (private.CompileMetrics([], []),)


def _bases() -> tuple[type, ...]:
    """Return the classes of Keras that have a state of their own."""
    import keras

    return (keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer)


def _identity(value: Any) -> Any:
    return value


def parts(value: Any) -> Mapping[str, Any]:
    """Return what of a model or a part of one has a place in a file, by its path."""
    listing = _Listing()
    listing.saveable(value, "")
    return listing.found


def own_attributes(value: Any) -> Mapping[str, Any]:
    """Return the attributes of an object but for those that Keras gives to all of its kind."""
    kind = value._obj_type()
    skipped = _skipped("Layer" if kind == "Model" else kind)
    return {name: member for name, member in vars(value).items() if name not in skipped}


class _Listing(_Walk):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}

    def saveable(self, value: Any, path: str) -> None:
        if id(value) in self.visited:
            return
        self.visited.add(id(value))
        self.found[path] = value
        self.children(value, path)
