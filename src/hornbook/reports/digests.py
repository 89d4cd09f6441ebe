"""What a fingerprint is made of: digests of the config, of arrays and of assets.

Hashed are the config as JSON with sorted keys, every array with its path,
dtype, shape and numbers, and every asset with its path and bytes.  So dates,
metadata, the states of seed generators, and all that ZIP and HDF5 add do not
count.  The numbers of shared objects do not count either: they are counted
anew in each file, a loader may make two of one object without state, and what
has weights shows in the arrays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hornbook.archive.protocol import Archive
from hornbook.archive.weights.paths import join
from hornbook.archive.weights.stores import VARS, owner_of
from hornbook.places import is_object_config

if TYPE_CHECKING:
    import numpy.typing as npt

Digests = dict[str, bytes]

_CHUNK = 1 << 20


def fingerprint_of(config: Any, arrays: Digests, assets: Digests) -> str:
    """Return the fingerprint of a config, digests of arrays, and digests of assets.

    Example:
        >>> fingerprint_of({"units": 2}, {}, {})[:15]
        'sha256:e9c3e0fa'
    """
    total = hashlib.sha256()
    text = json.dumps(unnumbered(config), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    _add(total, "config", hashlib.sha256(text.encode()).digest())
    for kind, digests in (("array", arrays), ("asset", assets)):
        for name in sorted(digests):
            _add(total, f"{kind} {name}", digests[name])
    return f"sha256:{total.hexdigest()}"


def unnumbered(value: Any) -> Any:
    """Return a config without the numbers of shared objects."""
    if isinstance(value, dict):
        left = ("shared_object_id",) if is_object_config(value) else ()
        return {name: unnumbered(member) for name, member in value.items() if name not in left}
    return [unnumbered(member) for member in value] if isinstance(value, list) else value


def _add(total: Any, name: str, digest: bytes) -> None:
    label = name.encode("utf-8", "surrogatepass")
    total.update(len(label).to_bytes(8, "big") + label + digest)


def of_archive(archive: Archive) -> str:
    """Return the fingerprint of a file, from what it stores; nothing is built."""
    assets = archive.assets()
    return fingerprint_of(
        archive.config(), dict(_stored(archive)), {} if assets is None else files_digests(assets.files())
    )


def _stored(archive: Archive) -> Iterator[tuple[str, bytes]]:
    layers = archive.layers()
    if layers is not None:
        arrays = [(f"{layer.name}/{array.name}", array) for layer in layers.layers for array in layer.arrays]
        arrays += [(f"optimizer/{array.name}", array) for array in layers.optimizer or ()]
        for position, (name, array) in enumerate(arrays):
            yield f"{position} {name}", digest(array.read())
        return
    weights = archive.weights()
    if weights is None:
        return
    for entry in weights.entries():
        if entry.shape is None:
            continue
        owner, name = owner_of(entry.path)
        yield entry.path, digest(weights.get(owner)[name])


def files_digests(files: Iterable[tuple[str, Path]]) -> Digests:
    """Return digests of files by their names."""
    digests = {}
    for name, path in files:
        total = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
        digests[name] = total.digest()
    return digests


def digest(array: npt.NDArray[Any]) -> bytes:
    """Return the digest of an array: its dtype, its shape, and its numbers in the order of C."""
    import numpy as np

    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    total = hashlib.sha256(f"{array.dtype.name} {tuple(array.shape)}".encode())
    total.update(np.ascontiguousarray(array).view(np.uint8).data if array.size and array.ndim else array.tobytes())
    return total.digest()


class HashedWeights:
    """Takes the arrays of a model as the writer of a weight store does, and keeps only their digests.

    Args:
        convert: Makes a NumPy array of whatever an object stores.
    """

    def __init__(self, convert: Callable[[Any], npt.NDArray[Any]]) -> None:
        self._convert = convert
        self._open: list[tuple[str, _ConvertedArrays]] = []
        self._digests: Digests = {}

    def make(self, path: str, name: str | None, key: str | None = None) -> MutableMapping[str, Any]:
        """Return where the object at `path` puts its arrays."""
        self.close()
        arrays = _ConvertedArrays(self._convert)
        self._open.append((join(path, VARS), arrays))
        return arrays

    def put_seeds(self, path: str, states: Mapping[str, Any]) -> None:
        """Take nothing: the states of seed generators do not count."""

    def digests(self) -> Digests:
        """Return the digest of every array by its path."""
        self.close()
        return self._digests

    def close(self) -> None:
        """Keep only the digests of what is complete."""
        while self._open:
            path, arrays = self._open.pop()
            for name, array in arrays.items():
                self._digests[f"{path}/{name}"] = digest(array)


class _ConvertedArrays(dict[str, Any]):
    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, self._convert(value))
