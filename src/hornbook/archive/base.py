"""What every archive has, and those that have members: a config, metadata, weights and assets by name."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from hornbook.archive import foreign, json_text
from hornbook.archive.container import Opening
from hornbook.archive.protocol import Archive
from hornbook.archive.weights.format import WeightFormat
from hornbook.archive.weights.layers import LayerWeights
from hornbook.archive.weights.stores import Folder, StoredWeights, WeightStore
from hornbook.errors import ArchiveError, NotAModelError, WeightsError, short

CONFIG, METADATA, ASSETS = "config.json", "metadata.json", "assets"
# Where the metadata have what the caller of a save wanted to be kept.
OWN_METADATA = "metadata"


class ArchiveBase(Archive):
    """What archives of every form have; each of them derives from it.

    Args:
        opening: What it is opened with.

    Attributes:
        without_weights: What to say where there are no weights.
    """

    format: ClassVar[str] = ""
    is_architecture: ClassVar[bool] = False
    is_config: ClassVar[bool] = False
    without_weights: str = "The file has an architecture and no weights"

    def __init__(self, opening: Opening) -> None:
        self.name, self.limits = opening.name, opening.limits
        self.said: dict[str, str] = {}
        self._opening = opening
        self._temporary: list[str] = []

    @property
    def config_place(self) -> str:
        return self.name

    def has_config(self) -> bool:
        return True

    def beside(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        return iter(())

    def metadata(self) -> dict[str, Any]:
        return {}

    def has_weights(self) -> bool:
        return False

    def check_weights(self) -> None:
        if not self.has_weights():
            raise self._no_weights()

    def stored(self) -> StoredWeights:
        stored: StoredWeights | None = self.layers() or self.weights()
        if stored is None:
            raise self._no_weights()
        return stored

    def by_path(self) -> WeightStore:
        store = self.weights()
        if store is None:
            raise self._no_weights()
        return store

    def _no_weights(self) -> WeightsError:
        """Return the error for a file without weights; raise another one if it has no architecture either."""
        self.config()
        hint = "For new weights: hornbook.model_from_config(hornbook.read_config(filepath))."
        return WeightsError(self.without_weights, hint=hint, place=self.name)

    def weights(self) -> WeightStore | None:
        return None

    def layers(self) -> LayerWeights | None:
        return None

    def weight_bytes(self) -> int:
        return sum(self.members().values())

    def assets(self) -> Folder | None:
        return None

    def temporary(self) -> Path:
        """Return a new temporary folder; it goes with the archive."""
        self._temporary.append(tempfile.mkdtemp(prefix="hornbook-"))
        return Path(self._temporary[-1])

    def close(self) -> None:
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)


class MemberArchive(ArchiveBase):
    """An archive of members with the names that they have in a `.keras` file."""

    def member(self, name: str, at_most: int) -> bytes | None:
        """Return what a member holds, or `None` if there is none of that name.

        Raises:
            LimitError: There are more than `at_most` bytes.
            ArchiveError: It is damaged.
        """
        raise NotImplementedError

    def has_member(self, name: str) -> bool:
        """Return whether there is a member of that name that is a file."""
        raise NotImplementedError

    def open_member(self, name: str) -> BinaryIO:
        """Return a member that is there as a file that can be sought; it goes with the archive."""
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        """Return the names that tell what an archive without a config is."""
        raise NotImplementedError

    @property
    def config_place(self) -> str:
        return f"{self.name}/{CONFIG}"

    def config(self) -> dict[str, Any]:
        data = self.member(CONFIG, self.limits.config_bytes)
        if data is None:
            raise self._lacking(CONFIG)
        value = json_text.parse(data, CONFIG, self.limits)
        if not isinstance(value, dict):
            raise ArchiveError(f"The config must be a JSON object, not {short(value)}", place=CONFIG)
        form = foreign.of_json(value)
        if form is not None:
            raise form.error(self.name)
        return value

    def metadata(self) -> dict[str, Any]:
        data = self.member(METADATA, self.limits.config_bytes)
        value = None if data is None else json_text.parse(data, METADATA, self.limits)
        return value if isinstance(value, dict) else {}

    def _lacking(self, name: str) -> NotAModelError:
        """Return the error for an archive without a config: what it is instead, where that is known."""
        form = None if self.has_weights() else foreign.of_members(self.names())
        if form is not None:
            return form.error(self.name)
        hint = "Name the .keras file, or the folder that has the config of the model."
        return NotAModelError(f"There is no `{name}` in it", hint=hint, place=self.name)

    @cached_property
    def _weight_format(self) -> WeightFormat | None:
        """The format of the weights: the first that there is a member of."""
        return next((known for known in self._opening.weight_formats if self.has_member(known.member)), None)

    def has_weights(self) -> bool:
        return self._weight_format is not None

    def weights(self) -> WeightStore | None:
        return self._store

    @cached_property
    def _store(self) -> WeightStore | None:
        used = self._weight_format
        return None if used is None else used.open(self.open_member(used.member), used.member, self.limits)

    def weight_bytes(self) -> int:
        members, used = self.members(), self._weight_format
        return sum(members.values()) if used is None else members.get(used.member, sum(members.values()))


def unbuilt(model: Any, name: str) -> WeightsError:
    """Return the error for a file that does not tell the shapes that its model is built with.

    Args:
        model: The name of the model.
        name: That of the file.
    """
    return WeightsError(
        f"The model `{short(model)[1:-1]}` cannot be built: the file does not tell the shapes of all inputs",
        hint="Make the model, call it on data, then hornbook.load_weights(model, filepath).",
        place=name,
    )
