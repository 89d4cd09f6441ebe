"""Weights and assets by the path of each part of a model, as Keras 3 and TF 2.12 to 2.15 store them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from hornbook.archive.weights.report import Match, WeightsReport
from hornbook.archive.weights.stores import owner_of
from hornbook.errors import ArchiveError, WeightsError, short
from hornbook.integrations.keras3 import deferred_init
from hornbook.integrations.keras3.weights import (
    assign,
    bounds,
    matching,
    mismatch,
    older_stores,
    optimizer,
    reorder,
    seeds,
    vocabularies,
)
from hornbook.integrations.keras3.weights.matching import Contained
from hornbook.integrations.keras3.weights.walk import Attributes, ModelWalk, attributes

if TYPE_CHECKING:
    from hornbook.archive.reading import Archive
    from hornbook.archive.weights.stores import AssetFolder, Folder, WeightStore
    from hornbook.frameworks.models import WeightTarget
    from hornbook.upgrading.versions import Version

# What belongs to training alone, or to chance, and may be there or not.
_TRAINING = re.compile(r"(^|[/_])(optimizer|metrics?|tracker|seed_generator)(_\d+)?(/|$)")


def load(model: Any, archive: Archive, *, by_order: bool | None = None, strict: bool) -> WeightsReport:
    """Fill a model from a store by path.

    Args:
        model: The model.
        archive: What has the weights.
        by_order: Whether layers of other names than in the file get weights by
            their order; `None` where the model is made of the same file, so
            that only members of dicts can have another order than there.
        strict: Whether weights that the model has no place for are an error,
            and not a warning.

    Raises:
        WeightsError: They do not fit; all objects at fault are named.
    """
    weights = archive.by_path()
    written_by = reorder.version_of(archive.metadata())
    assets: AssetFolder | None = archive.assets()
    wrote = reorder.generation(weights, written_by)
    if wrote != reorder.KERAS_3:
        weights, assets = _as_keras_3(weights, assets)
    failures = []
    for walk in _walks(written_by, wrote):
        loading = walk(weights, assets, written_by, wrote, by_order=by_order, strict=strict)
        loading.saveable(model, "")
        if not loading.failed:
            left = _check_left_over(weights, loading.used, strict=strict)
            return WeightsReport(tuple(loading.matched), tuple(loading.missing), tuple(left))
        failures.append(loading.failed)
    raise _refused([*failures[0].values()])


def save(model: Any, weights: WeightTarget, assets: Folder) -> None:
    """Write the weights and assets of `model`."""
    _Saving(weights, assets).saveable(model, "")


class _Failure(NamedTuple):
    """A part of a model that could not take what a file has for it."""

    part: Any
    path: str
    error: Exception


class _Saving(ModelWalk):
    def __init__(self, weights: WeightTarget, assets: Folder) -> None:
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


class _Loading(ModelWalk):
    """Loading goes on after a failure: an object may be found on another path.

    Attributes:
        matched: The parts that have their arrays.
        missing: Names of those that keep their values.
        failed: Those that could not be loaded, by identity.
        used: The paths whose arrays a part has got.
    """

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
        self.failed: dict[int, _Failure] = {}
        self.used: set[str] = set()

    def saveable(self, value: Any, path: str) -> None:
        if id(value) in self.visited:
            return
        error = self._load_own(value, path)
        before = len(self.failed) if error is None else 0
        if error is not None:
            self.failed[id(value)] = _Failure(value, path, error)
        self.children(value, path)
        if error is None:
            self.failed.pop(id(value), None)
            if len(self.failed) <= before:
                self.visited.add(id(value))

    def members(self, values: Any, path: str) -> Iterable[Contained]:
        """Yield what a container holds, with its paths in the file."""
        members = super().members(values, path)
        if self.skips_visited or (self._by_order is None and not self._keys):
            return members
        return self._located([*members], path)

    def _located(self, members: list[Contained], path: str) -> list[Contained]:
        sought = [member for member in members if self._may_be_elsewhere(member)]
        places = matching.located(sought, path, self._weights.labels, by_order=bool(self._by_order), taken=self.used)
        self._by.update(places.values())
        return [
            member._replace(path=places[member.path].path) if member.path in places else member for member in members
        ]

    def _may_be_elsewhere(self, member: Contained) -> bool:
        """Return whether labels in the file decide where a member is.

        In a model that is made of the same file only members of dicts can have another order.
        """
        if self._by_order is None and member.key is None:
            return False
        return isinstance(member.value, self._kind) and id(member.value) not in self.visited

    def _load_own(self, value: Any, path: str) -> Exception | None:
        """Load an object without what is in it, and return what it raised."""
        try:
            self._check_size(value, path)
            self._load_arrays(value, path)
            self._load_assets(value, path)
        except ArchiveError:  # the file is damaged, wherever the object has its arrays
            raise
        except Exception as error:  # noqa: BLE001  any class may raise anything here
            return error
        return None

    def _check_size(self, value: Any, path: str) -> None:
        """Refuse arrays that are much larger than the variables they are for, before one is read.

        What a class of the user's makes of its arrays is not known: it may have none before.
        """
        if type(value).__module__.partition(".")[0] == "keras":
            bounds.check_size(self._weights.size(path), bounds.size_of(value), None)

    def _load_arrays(self, value: Any, path: str) -> None:
        import keras

        arrays = self._weights.get(path)
        if isinstance(value, keras.optimizers.Optimizer):
            self._load_optimizer(value, arrays, path)
        elif hasattr(value, "load_own_variables"):
            self._give(value, arrays, path)

    def _load_optimizer(self, value: Any, arrays: Mapping[str, Any], path: str) -> None:
        ordered = self._ordered(value, arrays)
        if ordered is None:
            names = sorted([name for name in arrays if name.isdigit()], key=int)
            stored = [optimizer.Slot("", arrays[name]) for name in names]
            optimizer.restore(value, stored, without_rate=self._wrote is not None)
            self.used.add(path)
        elif self._strict and optimizer.is_of_another(value, self._weights, path):
            self.used.add(path)
        else:
            self._give(value, ordered, path)

    def _ordered(self, value: Any, arrays: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the arrays of an optimizer in the order that it has; `None` if it is one of TF 2.12 to 2.15."""
        if self._wrote == reorder.KERAS_3:
            return reorder.reordered(value, arrays, self._written_by)
        return reorder.fitting(value, arrays) if self._wrote is None else None

    def _give(self, value: Any, arrays: Mapping[str, Any], path: str) -> None:
        count = len(arrays)
        if count and path in self.used:
            raise WeightsError("the file has no arrays for it that another part has not got", place=None)
        assign.load_own(value, arrays)
        seeds.restore(value, self._weights, path)
        self.used.add(path)
        if count:
            name = getattr(value, "name", None) or type(value).__name__
            self.matched.append(Match(str(name), path, self._by.get(path, "path")))

    def _load_assets(self, value: Any, path: str) -> None:
        if self._assets is not None and hasattr(value, "load_assets"):
            folder = self._assets.get(path)
            if not vocabularies.is_there(value, folder):
                value.load_assets(folder)

    def nested(self, values: Any, path: str, seen: set[int]) -> None:
        """Go into a container; Keras before 3.15 wrote nothing for one within another."""
        if self._weights.has_path(path) or (self._assets is not None and self._assets.has_path(path)):
            self.container(values, path, seen)
            return
        before, self.failed = self.failed, {}
        self.container(values, path, seen)
        failed, self.failed = self.failed, before
        parts = [failure.part for part, failure in failed.items() if part not in before]
        if parts:
            self._keep_initial(parts, path)

    def _keep_initial(self, parts: list[Any], path: str) -> None:
        """Let the parts of a container that the file lacks have their initial values, and warn of it."""
        deferred_init.release(variable for part in parts for variable in part.variables)
        names = [str(getattr(part, "name", part)) for part in parts]
        self.missing += names
        mismatch.container_missing(path, [short(name) for name in names])


class _LoadingTf214(_Loading):
    """As TF 2.14 and 2.15 went: the last name first, and what was met before has no number.

    Source: `_walk_trackable` and `_save_container_state` in
    keras/src/saving/saving_lib.py of Keras 2.15.0.
    """

    skips_visited = True

    def attributes(self, value: Any) -> Attributes:
        return sorted(attributes(value), key=lambda attribute: attribute[0], reverse=True)


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


def _check_left_over(weights: WeightStore, used: set[str], *, strict: bool) -> list[str]:
    """Refuse a file that has weights for which the model has no place, or warn; return what has none.

    State of training may be there or not.
    """
    owners = dict.fromkeys(owner_of(entry.path)[0] for entry in weights.entries() if entry.shape is not None)
    rest = [path or "/" for path in owners if path not in used]
    left = [path for path in rest if not _TRAINING.search(path)]
    if left:
        mismatch.left_over(left, strict=strict)
    return rest


def _refused(failures: list[_Failure]) -> WeightsError:
    names = [str(getattr(failure.part, "name", type(failure.part).__name__)) for failure in failures]
    return mismatch.refused(names, failures[0].path, failures[0].error)
