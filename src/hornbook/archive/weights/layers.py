"""Weights as Keras 1 and 2 stored them in HDF5: per layer, in an order, with names.

A group has the attribute `layer_names`; the group of each layer has
`weight_names`, the paths of its arrays in the order of `layer.weights`.
Keras 0.x had numbers in their place: `layer_0/param_0`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from hornbook.archive.hdf5.file import H5File
from hornbook.archive.hdf5.objects import Group
from hornbook.archive.weights.paths import escaped, join
from hornbook.archive.weights.stores import Stored, StoredArray
from hornbook.errors import ArchiveError, LimitError

MODEL = "model_weights"
NUMBERED = "0"  # the version of files that have numbers for names: 0.1 to 0.3.3
LAYERS, WEIGHTS, OWN = "layer_names", "weight_names", "top_level_model_weights"


class StoredLayer(NamedTuple):
    """A layer of a file.

    Args:
        name: Its name; empty for what belongs to the model itself.
        arrays: Its arrays, in the order in which they were written.
    """

    name: str
    arrays: tuple[StoredArray, ...]


class StoredObject(Protocol):
    """An object whose variables a file has, and which leads to others by its attributes."""

    @property
    def arrays(self) -> tuple[StoredArray, ...]:
        """All arrays of it and of the objects that it leads to, in the order of a layer."""

    @property
    def array(self) -> StoredArray | None:
        """Its value, where it is a variable."""

    def child(self, name: str) -> StoredObject | None:
        """Return the object that an attribute, a key or a number leads to, or `None`."""


class LayerWeights(NamedTuple):
    """What a file stores for a model.

    Args:
        place: The group, for errors.
        layers: The layers, in the order of the model that was saved.
        optimizer: The arrays of the optimizer; none if there are none.
        version: The version of Keras that wrote the file; empty if unknown.
        backend: The backend it was written with; empty if unknown.
        root: The model as the file has it, where that tells the attributes that lead to each array.
        vocabularies: The tokens of lookups, by the names of these, where the file has any.
    """

    place: str
    layers: tuple[StoredLayer, ...]
    optimizer: tuple[StoredArray, ...] = ()
    version: str = ""
    backend: str = ""
    root: StoredObject | None = None
    vocabularies: Mapping[str, tuple[str | int, ...]] = MappingProxyType({})

    def entries(self) -> Iterator[Stored]:
        """Yield groups and arrays as a weight store does: a group for each layer, and one for the optimizer."""
        yield Stored(MODEL)
        for layer in self.layers:
            group = join(MODEL, escaped(layer.name or OWN))
            yield Stored(group)
            for i, array in enumerate(layer.arrays):
                yield Stored(join(group, str(i)), array.shape, array.bytes)
        if self.optimizer:
            yield Stored("optimizer")
            for i, array in enumerate(self.optimizer):
                yield Stored(f"optimizer/{i}", array.shape, array.bytes)

    def checked(self) -> Iterator[Stored]:
        """Yield them; what reading one would refuse was refused when they were listed."""
        return self.entries()


def is_layers(file: H5File, group: Group, path: str) -> bool:
    """Return whether a group holds weights by layer."""
    return file.texts(group, LAYERS, path) is not None or _is_numbered(file, group)


def read_layers(file: H5File, group: Group, path: str) -> tuple[StoredLayer, ...]:
    """Return the layers that a group holds, no array of them read.

    Raises:
        ArchiveError: The group does not hold what its attributes name, or an
            array is none of numbers in this file.
        LimitError: There are too many of them, or one declares much more than
            it stores.
    """
    seen: set[int] = set()
    names = file.texts(group, LAYERS, path)
    if names is None:
        if not _is_numbered(file, group):
            raise ArchiveError(f"The group has no attribute `{LAYERS}`", place=file.at(path))
        return tuple(_numbered_layers(file, group, path, seen))
    return tuple(_layers(file, group, path, _own(file, group, names), seen))


def read_arrays(file: H5File, group: Group, path: str, seen: set[int] | None = None) -> tuple[StoredArray, ...]:
    """Return the arrays that a group names in its attribute `weight_names`, none of them read."""
    names = file.texts(group, WEIGHTS, path)
    if names is None:
        raise ArchiveError(f"The group has no attribute `{WEIGHTS}`", place=file.at(path))
    seen = set() if seen is None else seen
    return tuple([_array(file, group, join(path, name), name, seen) for name in names])


def is_numbered(layers: Iterable[StoredLayer]) -> bool:
    """Return whether layers and arrays have numbers for names, as only Keras 0.x wrote them."""
    names = [(layer.name, array.name) for layer in layers for array in layer.arrays]
    return bool(names) and all(
        re.fullmatch(r"layer_\d+", layer) and re.fullmatch(r"param_\d+", array) for layer, array in names
    )


def named_by(layers: Iterable[StoredLayer]) -> str:
    """Return the backend that named the arrays; empty where the names do not tell.

    Keras 1 wrote no backend.  It took the names of its variables: TensorFlow
    ends them in the number of an output (`dense_1_W:0`), Theano does not
    (`dense_1_W`).  Arrays without a name are `param_0`.
    """
    names = [array.name for layer in layers for array in layer.arrays]
    if not names or any(re.fullmatch(r"param_\d+", name) for name in names):
        return ""
    numbered = [re.search(r":\d+$", name) is not None for name in names]
    return "tensorflow" if all(numbered) else "" if any(numbered) else "theano"


def _own(file: H5File, group: Group, names: Sequence[str]) -> list[str]:
    """Return the names of the groups; TF 2.9 and later have one that they do not list."""
    extra = file.has(group, OWN) and OWN not in names
    return [*names, OWN] if extra else [*names]


def _layers(file: H5File, group: Group, path: str, names: Sequence[str], seen: set[int]) -> Iterator[StoredLayer]:
    for name in names:
        inner = join(path, name)
        layer = file.group(name, group, place=inner)
        if layer is None:
            raise ArchiveError("The file names a layer that it does not have", place=file.at(inner))
        yield StoredLayer("" if name == OWN else name, read_arrays(file, layer, inner, seen))


def _is_numbered(file: H5File, group: Group) -> bool:
    return file.has(group, "layer_0")


def _numbered_layers(file: H5File, group: Group, path: str, seen: set[int]) -> Iterator[StoredLayer]:
    for number in range(file.limits.arrays):
        name = f"layer_{number}"
        inner = join(path, name)
        layer = file.group(name, group, place=inner)
        if layer is None:
            return
        names = [f"param_{i}" for i in range(len(file.names(layer, inner)))]
        yield StoredLayer(name, tuple([_array(file, layer, join(inner, param), param, seen) for param in names]))


def _array(file: H5File, group: Group, place: str, name: str, seen: set[int]) -> StoredArray:
    dataset = file.dataset(name, group, place)
    if dataset.address in seen:
        raise ArchiveError("The file has one array in two places", place=file.at(place))
    seen.add(dataset.address)
    if len(seen) > file.limits.arrays:
        raise LimitError(f"The file has more than {file.limits.arrays} arrays", place=file.at(place))
    shape, size = file.measure(dataset, place)
    file.check(dataset, place)
    return StoredArray(name, file.at(place), shape, size, lambda: file.read(dataset, place))
