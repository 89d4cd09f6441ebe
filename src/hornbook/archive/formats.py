"""The containers and weight formats that are built in, and those of others beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, NamedTuple, TypeVar

from hornbook.archive import foreign, savedmodel, tfjs
from hornbook.archive.architecture import JsonArchive, SavedModelArchive
from hornbook.archive.base import ASSETS, CONFIG, METADATA
from hornbook.archive.bundle import savedobjects
from hornbook.archive.bundle.models import INDEX, CheckpointArchive, SavedModelFolder
from hornbook.archive.container import Container, Opening
from hornbook.archive.files.open_file import read_rest
from hornbook.archive.folder import FolderArchive
from hornbook.archive.hdf5 import objects
from hornbook.archive.hdf5.file import H5File
from hornbook.archive.hdf5.models import open_hdf5
from hornbook.archive.hdf5.weights import H5Weights, H5WeightWriter
from hornbook.archive.protocol import Archive
from hornbook.archive.weights.format import WeightFormat
from hornbook.archive.weights.stores import WeightStore, WeightWriter
from hornbook.archive.weights_alone import WeightFile
from hornbook.archive.zip.models import ZipArchive
from hornbook.archive.zip.reader import SIGNATURES
from hornbook.errors import ConfigError
from hornbook.policy import Limits

if TYPE_CHECKING:
    import numpy.typing as npt

T = TypeVar("T")

_JSON = (b"{", b"[", b'"')
# What TensorFlow writes beside it.
_OF_SAVED_MODEL = frozenset({savedmodel.FILE, savedobjects.FILE, "fingerprint.pb", "assets", "assets.extra"})
_VARIABLES = "variables/variables."
_WEIGHTS = "model.weights."


class Hdf5Weights(WeightFormat):
    """Weights by path in HDF5, as Keras 3 writes them."""

    name = "hdf5"
    suffix = "h5"

    def recognizes(self, head: bytes) -> bool:
        return head.startswith(objects.SIGNATURE)

    def open(self, file: BinaryIO, place: str, limits: Limits) -> WeightStore:
        return H5Weights(H5File(file, place, limits))

    def create(self, file: BinaryIO, convert: Callable[[Any], npt.NDArray[Any]]) -> WeightWriter:
        return H5WeightWriter(file, convert)


class KerasContainer(Container):
    """A `.keras` file, and the folder that it is unpacked to."""

    name = "keras"

    def recognizes(self, head: bytes) -> bool:
        return head.startswith(SIGNATURES)

    def recognizes_folder(self, folder: Path) -> bool:
        return (folder / CONFIG).exists()

    def is_model(self, folder: Path) -> bool:
        """Return whether there is more than a config: other libraries write files of that name."""
        others = [METADATA, *(known.member for known in WEIGHT_FORMATS)]
        return (folder / CONFIG).is_file() and any((folder / name).is_file() for name in others)

    def has_part(self, name: str) -> bool:
        return name in (CONFIG, METADATA, ASSETS) or (name.startswith(_WEIGHTS) and "/" not in name)

    def open(self, file: BinaryIO, opening: Opening) -> Archive:
        return ZipArchive(file, opening)

    def open_folder(self, folder: Path, opening: Opening) -> Archive:
        return FolderArchive(folder, opening)

    def describe(self, file: BinaryIO) -> foreign.Foreign | None:
        return foreign.of_zip(file.read(foreign.SCANNED))


class Hdf5Container(Container):
    """A whole model in HDF5, or weights alone."""

    name = "hdf5"

    def recognizes(self, head: bytes) -> bool:
        return head.startswith(objects.SIGNATURE)

    def open(self, file: BinaryIO, opening: Opening) -> Archive:
        return open_hdf5(file, opening)

    def describe(self, file: BinaryIO) -> foreign.Foreign | None:
        return foreign.of_hdf5(file.read(foreign.SCANNED))


class JsonContainer(Container):
    """An architecture as JSON."""

    name = "json"

    def recognizes(self, head: bytes) -> bool:
        return head.lstrip()[:1] in _JSON and b"\x00" not in head[:9]

    def open(self, file: BinaryIO, opening: Opening) -> Archive:
        return JsonArchive(read_rest(file, opening.name, opening.limits.config_bytes), opening)


class SavedModelContainer(Container):
    """The Keras part of a SavedModel, and the folder of it."""

    name = "savedmodel"
    is_part = True

    def recognizes(self, head: bytes) -> bool:
        return savedmodel.looks_like_it(head)

    def recognizes_folder(self, folder: Path) -> bool:
        return any((folder / name).exists() for name in (savedmodel.FILE, savedobjects.FILE))

    def is_model(self, folder: Path) -> bool:
        return any((folder / name).is_file() for name in (savedmodel.FILE, savedobjects.FILE))

    def has_part(self, name: str) -> bool:
        return name in _OF_SAVED_MODEL or name.startswith(_VARIABLES)

    def open(self, file: BinaryIO, opening: Opening) -> Archive:
        return SavedModelArchive(read_rest(file, opening.name, opening.limits.config_bytes), opening)

    def open_folder(self, folder: Path, opening: Opening) -> Archive:
        return SavedModelFolder(folder, opening)


class CheckpointContainer(Container):
    """Weights alone in a checkpoint: several files, whose names begin alike."""

    name = "checkpoint"
    is_part = True

    def recognizes_prefix(self, path: Path) -> bool:
        return bool(path.name) and path.with_name(path.name + INDEX).is_file()

    def open_prefix(self, path: Path, opening: Opening) -> Archive:
        return CheckpointArchive(path, opening)


class TfjsContainer(Container):
    """The folder of a layers model of TensorFlow.js."""

    name = "tfjs"

    def recognizes_folder(self, folder: Path) -> bool:
        return tfjs.is_layers_model(folder)

    def has_part(self, name: str) -> bool:
        return name == tfjs.MODEL or ("/" not in name and name.endswith(".bin"))

    def open_folder(self, folder: Path, opening: Opening) -> Archive:
        return tfjs.TfjsFolder(folder, opening)


# The one place in which each is registered, in the order in which they are asked.
CONTAINERS: tuple[Container, ...] = (
    KerasContainer(),
    Hdf5Container(),
    JsonContainer(),
    SavedModelContainer(),
    CheckpointContainer(),
    TfjsContainer(),
)
WEIGHT_FORMATS: tuple[WeightFormat, ...] = (Hdf5Weights(),)


class Joined(Generic[T]):
    """Tables one after the other; a later one is only looked at where those before do not do.

    Args:
        tables: The tables.
    """

    def __init__(self, *tables: Iterable[T]) -> None:
        self._tables = tables

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._tables)


class _WeightFiles:
    def __init__(self, weight_formats: Iterable[WeightFormat]) -> None:
        self._formats = weight_formats

    def __iter__(self) -> Iterator[Container]:
        return map(WeightFile, self._formats)


class Formats(NamedTuple):
    """The containers and weight formats that are known, the built-in ones first.

    Args:
        containers: What files and folders of models may be.
        weight_formats: What their weights may be.
    """

    containers: Iterable[Container]
    weight_formats: Iterable[WeightFormat]

    def weight_format(self, name: str) -> WeightFormat:
        """Return a weight format by its name.

        Raises:
            ConfigError: There is none of that name.
        """
        for known in self.weight_formats:
            if known.name == name:
                return known
        names = ", ".join(f"`{known.name}`" for known in self.weight_formats)
        raise ConfigError(f"There is no weight format `{name}`", hint=f"Known are {names}.", place=None)

    def members(self) -> frozenset[str]:
        """Return the names that stand at the top of a model file or of its folder."""
        return frozenset({CONFIG, METADATA, ASSETS, *(known.member for known in self.weight_formats)})


def formats(containers: Iterable[Container] = (), weight_formats: Iterable[WeightFormat] = ()) -> Formats:
    """Return the built-in containers and weight formats, with others behind them.

    Args:
        containers: Those of others.
        weight_formats: Those of others; a file in one of them is a container of weights alone.

    Example:
        >>> [container.name for container in formats().containers]
        ['keras', 'hdf5', 'json', 'savedmodel', 'checkpoint', 'tfjs']
    """
    files = _WeightFiles(weight_formats)
    return Formats(Joined(CONTAINERS, containers, files), Joined(WEIGHT_FORMATS, weight_formats))


BUILT_IN = formats()
