"""Weight stores and assets: arrays and files of a model, by path.

The layout is that of Keras 3, in whatever format: a group per object, its
arrays in `vars` below it, named by number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hornbook.errors import SerializationError, short

if TYPE_CHECKING:
    import numpy.typing as npt

VARS = "vars"
# The group of ours beside it that has the states of seed generators, of which Keras writes none.
SEEDS = "seed_generators"
# The attribute of ours that has the key of a member of a dict.
KEY = "key"


class Stored(NamedTuple):
    """A group or an array of a weight store.

    Args:
        path: The names that lead to it.
        shape: The shape of an array, `None` for a group.
        bytes: What the array takes in memory, 0 for a group.
    """

    path: str
    shape: tuple[int, ...] | None = None
    bytes: int = 0

    @property
    def values(self) -> int:
        """How many numbers an array has."""
        return 0 if self.shape is None else math.prod(self.shape)


class Labels(NamedTuple):
    """What a store has beside the path of an object.

    Args:
        name: The object's own name.
        key: Attribute and key of the dict of its owner that it is in, as `"towers/left"`.
    """

    name: str | None = None
    key: str | None = None


class StoredArray(NamedTuple):
    """An array of a file, not read yet.

    Args:
        name: Its name in the file, as `"dense/kernel:0"`, or its path.
        place: Where it is, for errors.
        shape: Its shape.
        bytes: What it takes in memory.
        read: Returns it.
    """

    name: str
    place: str
    shape: tuple[int, ...]
    bytes: int
    read: Callable[[], npt.NDArray[Any]]


class StoredWeights(Protocol):
    """What a file stores for a model, in any layout."""

    def entries(self) -> Iterator[Stored]:
        """Yield every group and array, none of them read; a group before what it holds."""

    def checked(self) -> Iterator[Stored]:
        """Yield them; refuse what reading one would refuse."""


class WeightStore(StoredWeights, Protocol):
    """Arrays of a file, by the path of the object that owns them."""

    def get(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        """Return the arrays of the object at `path`; none if it has no group."""

    def seeds(self, path: str) -> Mapping[str, npt.NDArray[Any]]:
        """Return the states of the seed generators of the object at `path`, by number; none if none are stored."""

    def size(self, path: str) -> int:
        """Return the bytes that the arrays of the object at `path` take in memory, none of them read."""

    def has_path(self, path: str) -> bool:
        """Return whether anything is stored at or under `path`."""

    def labels(self, path: str) -> Labels | None:
        """Return the labels of the object at `path`, or `None` if nothing is stored there."""


class WeightWriter(Protocol):
    """Takes the arrays of a model, by the path of the object that owns them."""

    def make(self, path: str, name: str | None, key: str | None = None) -> MutableMapping[str, Any]:
        """Return where the object at `path` puts its arrays.

        Args:
            path: The path of the object.
            name: Its own name, which is kept as well.
            key: Where it is in a dict of its owner, kept as well.
        """

    def put_seeds(self, path: str, states: Mapping[str, Any]) -> None:
        """Take the states of the seed generators of the object at `path`, by number."""

    def close(self) -> None:
        """Write what is left."""


class AssetFolder(Protocol):
    """Files of a model, as folders by the path of the object that owns them."""

    def get(self, path: str) -> str | None:
        """Return the folder of the object at `path`, or `None`."""

    def has_path(self, path: str) -> bool:
        """Return whether there is a folder for `path`."""

    def folders(self) -> Iterator[str]:
        """Yield the path of every folder."""


def is_seed(path: str) -> bool:
    """Return whether an array is the state of a seed generator."""
    above = f"/{path}".rpartition("/")[0]
    return above.endswith(f"/{SEEDS}") and f"/{VARS}/" not in above


def owner_of(path: str) -> tuple[str, str]:
    """Return the path of the object that an array belongs to, and the name that the object gave it.

    Example:
        >>> owner_of("layers/dense/vars/0"), owner_of("vars/state/step")
        (('layers/dense', '0'), ('', 'state/step'))
    """
    above, _, name = f"/{path}".partition(f"/{VARS}/")
    return above[1:], name


def is_step(name: Any) -> bool:
    """Return whether an array can have a name, of one step or more, and be found again under it."""
    return isinstance(name, str) and "\0" not in name and {"", ".", ".."}.isdisjoint(name.split("/"))


def check_name(name: Any) -> None:
    """Refuse the name of an array under which it would not be found again.

    Raises:
        SerializationError: It is none, or leads elsewhere.
    """
    if not is_step(name):
        raise SerializationError(
            f"An array cannot be stored under the name {short(name)}", hint="Name it by a text, as `0`.", place=None
        )


class Folder:
    """A folder of assets: one below it for each object that has some.

    Args:
        root: The folder; it need not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self, path: str) -> str:
        """Return a folder for the object at `path`, made if need be."""
        folder = self.root / path
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def get(self, path: str) -> str | None:
        folder = self.root / path
        return str(folder) if folder.is_dir() else None

    def has_path(self, path: str) -> bool:
        return bool(path) and (self.root / path).is_dir()

    def folders(self) -> Iterator[str]:
        for path in sorted(self.root.rglob("*")):
            if path.is_dir():
                yield path.relative_to(self.root).as_posix()

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield relative name and path of every file, sorted."""
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.root).as_posix(), path
