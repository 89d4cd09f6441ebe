"""HDF5 files of Keras: whole models and weights alone, told by what they hold."""

from __future__ import annotations

from functools import cached_property
from typing import Any, BinaryIO

from hornbook.archive import json_text
from hornbook.archive.base import ArchiveBase
from hornbook.archive.container import Opening
from hornbook.archive.hdf5.file import H5File
from hornbook.archive.hdf5.weights import H5Weights, walked
from hornbook.archive.protocol import Archive
from hornbook.archive.weights.layers import MODEL as MODEL_WEIGHTS
from hornbook.archive.weights.layers import (
    NUMBERED,
    LayerWeights,
    StoredLayer,
    is_layers,
    is_numbered,
    named_by,
    read_arrays,
    read_layers,
)
from hornbook.archive.weights.stores import VARS, StoredArray
from hornbook.archive.weights_alone import WeightsArchive, weights_only
from hornbook.errors import ArchiveError, NotAModelError, short

MODEL, TRAINING = "model_config", "training_config"
OPTIMIZER_WEIGHTS = "optimizer_weights"


def open_hdf5(file: BinaryIO, opening: Opening) -> Archive:
    """Return the archive of an HDF5 file, whatever it holds of a model.

    Raises:
        ArchiveError: It is damaged, or holds nothing of one.
    """
    opened = H5File(file, opening.name, opening.limits)
    root = opened.root
    if opened.text(root, MODEL, "") is not None or opened.has(root, MODEL_WEIGHTS):
        return H5Archive(opened, opening, MODEL_WEIGHTS)
    if is_layers(opened, root, ""):
        return H5Archive(opened, opening, "")
    if _has_paths(opened):
        return WeightsArchive(H5Weights(opened), opening)
    raise NotAModelError(
        "This HDF5 file holds neither a Keras model nor weights of one",
        hint="A model has the attribute `model_config`, weights have `layer_names` or groups `vars`.",
        place=opening.name,
    )


def _has_paths(file: H5File) -> bool:
    """Return whether there are weights by path."""
    groups = (entry.path for entry in walked(file, file.root, "") if entry.shape is None)
    return any(path.rpartition("/")[2] == VARS for path in groups)


class H5Archive(ArchiveBase):
    """A whole model, or weights by layer, as Keras 1 to 3 write them to HDF5.

    Args:
        file: The open file.
        opening: What it is opened with.
        group: The group that holds the weights.
    """

    format = "hdf5"

    def __init__(self, file: H5File, opening: Opening, group: str) -> None:
        super().__init__(opening)
        self._file = file
        self._path = group
        self._group = file.group(group)

    @property
    def config_place(self) -> str:
        return f"{self.name}: {MODEL}"

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
        text = self._file.text(self._file.root, name, name)
        value = None if text is None else json_text.parse(text, place, self.limits)
        if value is not None and not isinstance(value, dict):
            raise ArchiveError(f"The config must be a JSON object, not {short(value)}", place=place)
        return value

    def metadata(self) -> dict[str, Any]:
        """Return version and backend, under the names that `metadata.json` has; Keras 1 wrote no backend."""
        values = {name: self._attribute(name) for name in ("keras_version", "backend")}
        if values["backend"] is None and self._group is not None:
            values["backend"] = named_by(self._layers) or None
        return {name: value for name, value in values.items() if value is not None}

    def _attribute(self, name: str) -> str | None:
        """Return an attribute of the file or of its weights, unless the caller says what it is."""
        if name in self.said:
            return self.said[name]
        text = self._file.text(self._file.root, name, "")
        if text is None and self._group is not None:
            text = self._file.text(self._group, name, self._path)
        return text

    def has_weights(self) -> bool:
        return self._group is not None

    def layers(self) -> LayerWeights | None:
        if self._group is None:
            return None
        metadata = self.metadata()
        place = self._file.at(self._path) if self._path else self.name
        version = metadata.get("keras_version", NUMBERED if is_numbered(self._layers) else "")
        return LayerWeights(place, self._layers, self._optimizer, version, metadata.get("backend", ""))

    @cached_property
    def _layers(self) -> tuple[StoredLayer, ...]:
        return () if self._group is None else read_layers(self._file, self._group, self._path)

    @cached_property
    def _optimizer(self) -> tuple[StoredArray, ...]:
        group = self._file.group(OPTIMIZER_WEIGHTS)
        if group is None or not self._path:
            return ()
        return read_arrays(self._file, group, OPTIMIZER_WEIGHTS)

    def members(self) -> dict[str, int]:
        return {self.name: self._file.bytes}
