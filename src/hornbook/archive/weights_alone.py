"""Files of weights alone, in whatever format."""

from __future__ import annotations

from typing import Any, BinaryIO

from hornbook.archive.base import ArchiveBase
from hornbook.archive.container import Container, Opening
from hornbook.archive.protocol import Archive
from hornbook.archive.weights.format import WeightFormat
from hornbook.archive.weights.stores import WeightStore
from hornbook.errors import ArchiveError


class WeightsArchive(ArchiveBase):
    """Weights alone, by path.

    Args:
        weights: What reads them.
        opening: What it is opened with.
    """

    format = "weights"

    def __init__(self, weights: WeightStore, opening: Opening) -> None:
        super().__init__(opening)
        self._weights = weights

    def has_config(self) -> bool:
        return False

    def config(self) -> dict[str, Any]:
        raise weights_only(self.name)

    def has_weights(self) -> bool:
        return True

    def weights(self) -> WeightStore | None:
        return self._weights

    def members(self) -> dict[str, int]:
        return {}


def weights_only(name: str) -> ArchiveError:
    """Return the error for a file that was to give a model and has weights alone."""
    return ArchiveError(
        "The file has weights and no architecture",
        hint="Build the model, then call hornbook.load_weights(model, filepath).",
        place=name,
    )


class WeightFile(Container):
    """A file of weights alone in a weight format.

    Args:
        used: The format.
    """

    def __init__(self, used: WeightFormat) -> None:
        self.name = used.name
        self._format = used

    def recognizes(self, head: bytes) -> bool:
        return self._format.recognizes(head)

    def open(self, file: BinaryIO, opening: Opening) -> Archive:
        return WeightsArchive(self._format.open(file, opening.name, opening.limits), opening)
