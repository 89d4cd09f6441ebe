"""Layers models of TensorFlow.js: the folder of a `model.json` and the binary files beside it, its shards.

The manifest lists groups of weights; the bytes of a group are those of its
files one after the other, and each weight has a name, a shape and a dtype.
Quantized weights are numbers of fewer bits, with a scale and a minimum
(tfjs-core 4.22.0, `io/io_utils.ts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from hornbook.archive.architecture import JsonArchive
from hornbook.archive.container import Opening
from hornbook.archive.folder import FolderArchive
from hornbook.archive.weights.layers import LayerWeights, StoredLayer
from hornbook.archive.weights.stores import StoredArray
from hornbook.errors import ArchiveError, LimitError, WeightsError, short
from hornbook.places import is_object_config

if TYPE_CHECKING:
    import numpy.typing as npt

MODEL = "model.json"
MANIFEST = "weightsManifest"
# What the numbers of a weight are, and those of a quantized one.
_DTYPES = {"float32": "<f4", "int32": "<i4", "bool": "|b1"}
_QUANTIZED = {"float16": "<f2", "uint8": "|u1", "uint16": "<u2"}
_LONGEST_NAME, _RANK = 1000, 32


class Weight(NamedTuple):
    """A weight of the manifest.

    Args:
        name: Its name, as `"dense/kernel"`.
        shape: Its shape.
        dtype: What its numbers are, as NumPy says it.
        stored: What they are in the file.
        scale: What a stored number is multiplied by, where it is quantized to integers.
        least: What is added then.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    stored: str
    scale: float | None = None
    least: float = 0.0

    @property
    def size(self) -> int:
        """Its bytes in the file."""
        return math.prod(self.shape) * int(self.stored[-1])


class TfjsFolder(JsonArchive):
    """The folder of a layers model of TensorFlow.js.

    Args:
        folder: The folder.
        opening: What it is opened with.

    Raises:
        ArchiveError: A file of it is a link that leads outside.
    """

    format = "tfjs"
    is_architecture = False
    is_config = False

    def __init__(self, folder: Path, opening: Opening) -> None:
        self._files = FolderArchive(folder, opening)
        data = self._files.member(MODEL, opening.limits.config_bytes)
        super().__init__(data or b"", opening._replace(name=f"{opening.name}/{MODEL}"))

    def has_weights(self) -> bool:
        return bool(self._parsed.get(MANIFEST))

    def layers(self) -> LayerWeights | None:
        return self._layers

    @cached_property
    def _layers(self) -> LayerWeights | None:
        if not self.has_weights():
            return None
        metadata = self.metadata()
        arrays = [array for group in self._groups() for array in self._arrays(*group)]
        layers = tuple(_by_layer(arrays, self._parsed, self.name))
        return LayerWeights(
            self.name, layers, version=metadata.get("keras_version", ""), backend=metadata.get("backend", "")
        )

    def _groups(self) -> Iterator[tuple[list[tuple[str, int]], list[Weight]]]:
        """Yield the files of each group with their bytes, and its weights.

        Raises:
            ArchiveError: The manifest has another form, or its files have more or fewer bytes than it says.
            LimitError: There are too many weights.
            WeightsError: A file is missing.
        """
        manifest, seen, count = self._parsed[MANIFEST], set[str](), 0
        sizes = self._files.members()
        for group in manifest if isinstance(manifest, list) else [manifest]:
            paths, weights = (group.get("paths"), group.get("weights")) if isinstance(group, dict) else (None, None)
            if not isinstance(paths, list) or not isinstance(weights, list) or not all(map(_is_name, paths)):
                raise self._damaged(f"a group needs `paths` and `weights`, not {short(group)}")
            count += len(weights)
            if len(set(paths)) != len(paths) or not seen.isdisjoint(paths):
                raise self._damaged("it names one file twice")
            if count > self.limits.arrays:
                raise LimitError(f"The manifest has more than {self.limits.arrays} weights", place=self.name)
            seen.update(paths)
            missing = [path for path in paths if path not in sizes]
            if missing:
                raise WeightsError(
                    f"The weights are not all here: the shard {short(missing[0])} is missing",
                    hint="Download the shards that lie beside model.json.",
                    place=self.name,
                )
            yield [(path, sizes[path]) for path in paths], [self._weight(weight) for weight in weights]

    def _weight(self, said: Any) -> Weight:
        weight = said if isinstance(said, dict) else {}
        name, shape, dtype = weight.get("name"), weight.get("shape"), _DTYPES.get(str(weight.get("dtype")))
        if not (isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME) or not is_shape(shape) or dtype is None:
            raise self._damaged(f"a weight needs `name`, `shape` and `dtype`, not {short(said)}")
        quantized = weight.get("quantization")
        if quantized is None:
            return Weight(name, tuple(shape), dtype, dtype)
        given = quantized if isinstance(quantized, dict) else {}
        stored, scale, least = _QUANTIZED.get(str(given.get("dtype"))), given.get("scale"), given.get("min")
        if stored == "<f2" and dtype != "|b1":
            return Weight(name, tuple(shape), dtype, stored)
        if stored is None or dtype == "|b1" or not (_is_number(scale) and _is_number(least)):
            raise self._damaged(f"a weight is quantized by {short(quantized)}")
        return Weight(name, tuple(shape), dtype, stored, float(scale), float(least))

    def _arrays(self, files: list[tuple[str, int]], weights: list[Weight]) -> Iterator[StoredArray]:
        """Yield the arrays of a group, none of them read."""
        there, wanted = sum(size for _, size in files), sum(weight.size for weight in weights)
        if there != wanted:
            raise self._damaged(f"its weights have {wanted} bytes, and its files {there}")
        at = 0
        for weight in weights:
            size = math.prod(weight.shape) * int(weight.dtype[-1])
            yield StoredArray(f"{weight.name}:0", self.name, weight.shape, size, partial(self._read, files, at, weight))
            at += weight.size

    def _read(self, files: list[tuple[str, int]], start: int, weight: Weight) -> npt.NDArray[Any]:
        import numpy as np

        data = b"".join(self._pieces(files, start, start + weight.size))
        if len(data) != weight.size:
            raise self._damaged("a file ends while it is read")
        if weight.stored == "|b1" and not set(data) <= {0, 1}:
            raise self._damaged("a truth value is neither 0 nor 1")
        numbers = np.frombuffer(data, weight.stored).reshape(weight.shape)
        if weight.scale is not None:
            numbers = numbers * np.float32(weight.scale) + np.float32(weight.least)
            numbers = np.round(numbers) if weight.dtype == "<i4" else numbers
        return numbers.astype(weight.dtype, copy=True)

    def _pieces(self, files: Iterable[tuple[str, int]], start: int, end: int) -> Iterator[bytes]:
        at = 0
        for path, size in files:
            first, last = max(start, at), min(end, at + size)
            if first < last:
                file = self._files.open_member(path)
                try:
                    file.seek(first - at)
                    yield file.read(last - first)
                except (OSError, ValueError) as error:
                    raise ArchiveError(f"The file cannot be read: {short(str(error))}", place=path) from error
            at += size

    def weight_bytes(self) -> int:
        return sum(size for name, size in self.members().items() if name != MODEL)

    def members(self) -> dict[str, int]:
        return self._files.members()

    def close(self) -> None:
        self._files.close()
        super().close()

    def _damaged(self, what: str) -> ArchiveError:
        return ArchiveError(f"The manifest of the weights is damaged: {what}", place=self.name)


def is_layers_model(folder: Path, most: int = 1 << 24) -> bool:
    """Return whether a folder has a `model.json` with a list of weights."""
    try:
        with (folder / MODEL).open("rb") as file:
            return f'"{MANIFEST}"'.encode() in file.read(most)
    except OSError:
        return False


def _is_name(path: Any) -> bool:
    """Return whether this is the name of a file in the same folder."""
    return isinstance(path, str) and path not in ("", ".", "..") and not set(path) & set("/\\:\0")


def is_shape(shape: Any) -> TypeGuard[list[int]]:
    """Return whether these are the lengths of the axes of an array."""
    return isinstance(shape, list) and len(shape) <= _RANK and all(type(size) is int and size >= 0 for size in shape)


def _is_number(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float) and math.isfinite(value)


def _by_layer(arrays: Iterable[StoredArray], config: Mapping[str, Any], place: str) -> Iterator[StoredLayer]:
    """Yield the layers that a model begins with, each with the arrays that are called by it or by a part of it."""
    owners = _owners(config)
    found: dict[str, list[StoredArray]] = {}
    for array in arrays:
        owner = next((owners[step] for step in array.name.split("/")[:-1] if owners.get(step)), None)
        if owner is None:
            raise WeightsError(f"No layer of the model is that of the weight {short(array.name)}", place=place)
        found.setdefault(owner, []).append(array)
    for name in dict.fromkeys(filter(None, owners.values())):
        if name in found:
            yield StoredLayer(name, tuple(found[name]))


def _owners(config: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the layer of the model that a name of a layer belongs to; `None` for a name that two have within them."""
    outermost = [*_layers_in(_model(config))]
    owners: dict[str, str | None] = {name: name for name, _ in outermost}
    for top, layer in outermost:
        todo = [layer]
        while todo:
            for name, inner in _layers_in(todo.pop()):
                if name not in owners:
                    owners[name] = top
                elif owners[name] not in (top, name):
                    owners[name] = None
                todo.append(inner)
    return owners


def _model(config: Mapping[str, Any]) -> Any:
    value: Any = config.get("modelTopology", config)
    return value.get("model_config", value) if isinstance(value, dict) else value


def _layers_in(layer: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and configs of the layers of a model, and of the layer in a wrapper."""
    inner = layer.get("config") if isinstance(layer, dict) else None
    parts = inner if isinstance(inner, list) else inner.get("layers") if isinstance(inner, dict) else None
    if not isinstance(parts, list):
        values = inner.values() if isinstance(inner, dict) else ()
        parts = [value for value in values if isinstance(value, dict) and is_object_config(value)]
    for part in parts:
        said = part.get("config") if isinstance(part, dict) else None
        name = part.get("name") if isinstance(part, dict) else None
        name = name if isinstance(name, str) else said.get("name") if isinstance(said, dict) else None
        if isinstance(name, str):
            yield name, part
