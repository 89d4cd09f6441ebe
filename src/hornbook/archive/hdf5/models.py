"""HDF5 files of Keras: whole models and weights alone, told by what they hold."""

from __future__ import annotations

from functools import cached_property
from typing import Any, BinaryIO

from hornbook.archive import json_text
from hornbook.archive.base import Archive
from hornbook.archive.hdf5.file import H5File
from hornbook.archive.weights.layers import MODEL as MODEL_WEIGHTS
from hornbook.archive.weights.layers import (
    NUMBERED,
    LayerWeights,
    StoredArray,
    StoredLayer,
    is_layers,
    is_numbered,
    named_by,
    read_arrays,
    read_layers,
)
from hornbook.archive.weights.stores import AssetFolder, H5Weights, WeightStore, walked
from hornbook.errors import ArchiveError, NotAModelError, short
from hornbook.policy import Limits

MODEL, TRAINING = "model_config", "training_config"
OPTIMIZER_WEIGHTS = "optimizer_weights"


def open_hdf5(file: BinaryIO, name: str, limits: Limits) -> Archive:
    """Return the archive of an HDF5 file, whatever kind of Keras file it is.

    Raises:
        ArchiveError: It is damaged, or no file of Keras.
    """
    opened = H5File(file, name, limits)
    root = opened.root
    if opened.text(root, MODEL, "") is not None or opened.has(root, MODEL_WEIGHTS):
        return H5Archive(opened, name, limits, MODEL_WEIGHTS)
    if is_layers(opened, root, ""):
        return H5Archive(opened, name, limits, "")
    if _is_keras_3(opened):
        return WeightsArchive(H5Weights(opened), name, limits)
    raise NotAModelError(
        "This HDF5 file holds neither a Keras model nor weights of one",
        hint="A model has the attribute `model_config`, weights have `layer_names` or groups `vars`.",
        place=name,
    )


def _is_keras_3(file: H5File) -> bool:
    return any(one.path.rpartition("/")[2] == "vars" for one in walked(file, file.root, "") if one.shape is None)


class H5Archive(Archive):
    """A whole model, or weights by layer, as Keras 1 to 3 write them to HDF5.

    Args:
        file: The open file.
        name: What to call it in errors.
        limits: How much it may ask for.
        group: The group that holds the weights.
    """

    format = "hdf5"

    def __init__(self, file: H5File, name: str, limits: Limits, group: str) -> None:
        super().__init__(name, limits)
        self._file = file
        self._path = group
        self._group = file.group(group)

    @property
    def config_place(self) -> str:
        return f"{self.name}: {MODEL}"

    def _member(self, name: str, at_most: int) -> bytes | None:
        return None

    def has_config(self) -> bool:
        return self._file.text(self._file.root, MODEL, "") is not None

    def config(self) -> dict[str, Any]:
        config = self._object(MODEL)
        if config is None:
            raise weights_only(self.name)
        training = self._object(TRAINING)
        return config if training is None else {**config, TRAINING: training}

    def _object(self, name: str) -> dict[str, Any] | None:
        """Return an attribute that is a JSON object."""
        place = f"{self.name}: {name}"
        found = self._file.text(self._file.root, name, name)
        value = None if found is None else json_text.parse(found, place, self.limits)
        if value is not None and not isinstance(value, dict):
            raise ArchiveError(f"The config must be a JSON object, not {short(value)}", place=place)
        return value

    def metadata(self) -> dict[str, Any]:
        """Return version and backend, under the names that `metadata.json` has; Keras 1 wrote no backend."""
        found = {name: self._told(name) for name in ("keras_version", "backend")}
        if found["backend"] is None and self._group is not None:
            found["backend"] = named_by(self._layers) or None
        return {name: value for name, value in found.items() if value is not None}

    def _told(self, name: str) -> str | None:
        if name in self.said:
            return self.said[name]
        told = self._file.text(self._file.root, name, "")
        if told is None and self._group is not None:
            told = self._file.text(self._group, name, self._path)
        return told

    def has_weights(self) -> bool:
        return self._group is not None

    def weights(self) -> WeightStore | None:
        return None

    def layers(self) -> LayerWeights | None:
        if self._group is None:
            return None
        told = self.metadata()
        place = self._file.at(self._path) if self._path else self.name
        version = told.get("keras_version", NUMBERED if is_numbered(self._layers) else "")
        return LayerWeights(place, self._layers, self._optimizer, version, told.get("backend", ""))

    @cached_property
    def _layers(self) -> tuple[StoredLayer, ...]:
        return () if self._group is None else read_layers(self._file, self._group, self._path)

    @cached_property
    def _optimizer(self) -> tuple[StoredArray, ...]:
        group = self._file.group(OPTIMIZER_WEIGHTS)
        if group is None or not self._path:
            return ()
        return read_arrays(self._file, group, OPTIMIZER_WEIGHTS)

    def assets(self) -> AssetFolder | None:
        return None

    def members(self) -> dict[str, int]:
        return {self.name: self._file.bytes}


class WeightsArchive(Archive):
    """Weights alone, in the layout of Keras 3."""

    format = "weights"

    def __init__(self, weights: WeightStore, name: str, limits: Limits) -> None:
        super().__init__(name, limits)
        self._weights = weights

    def has_config(self) -> bool:
        return False

    def config(self) -> dict[str, Any]:
        raise weights_only(self.name)

    def metadata(self) -> dict[str, Any]:
        return {}

    def has_weights(self) -> bool:
        return True

    def weights(self) -> WeightStore | None:
        return self._weights

    def assets(self) -> AssetFolder | None:
        return None

    def members(self) -> dict[str, int]:
        return {}


def weights_only(name: str) -> ArchiveError:
    """Return the error for a file that was to give a model and has weights alone."""
    return ArchiveError(
        "The file has weights and no architecture",
        hint="Build the model, then call hornbook.load_weights(model, filepath).",
        place=name,
    )
