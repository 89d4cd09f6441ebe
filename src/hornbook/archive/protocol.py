"""What saving, reports and upgrading ask of an archive, whatever its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from hornbook.archive.weights.layers import LayerWeights
from hornbook.archive.weights.stores import Folder, StoredWeights, WeightStore
from hornbook.policy import Limits


class Archive(Protocol):
    """A model file, open: its config, metadata, weights and assets.

    Attributes:
        name: What to call it in errors.
        limits: How much it may ask for.
        said: What the caller says of it: `keras_version`, `backend`.
    """

    name: str
    limits: Limits
    said: dict[str, str]

    @property
    def format(self) -> str:
        """What it is, as `"keras"` or `"hdf5"`."""

    @property
    def is_architecture(self) -> bool:
        """Whether its form has no weights at all: nobody expects it to have some."""

    @property
    def is_config(self) -> bool:
        """Whether it is a config and nothing beside: that may be of any object, and tells its version itself."""

    @property
    def config_place(self) -> str:
        """Where the config stands, for errors."""

    def has_config(self) -> bool:
        """Return whether it is to have an architecture; weights alone have none."""

    def config(self) -> dict[str, Any]:
        """Return the config of the model.

        Returns:
            The object config as the file has it; `training_config` in it is
            what HDF5 and SavedModels have in the place of `compile_config`.

        Raises:
            ArchiveError: It is missing, or is no JSON object.
        """

    def beside(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield where other configs stand, of which other readers make objects, and what reads each of them.

        Raises:
            ArchiveError: They cannot be told apart.
        """

    def metadata(self) -> dict[str, Any]:
        """Return what the file says of itself; nothing if it has no metadata."""

    def has_weights(self) -> bool:
        """Return whether there are weights, in either layout."""

    def check_weights(self) -> None:
        """Refuse a file without weights.

        Raises:
            WeightsError: There are none; it says where they are if the form of the file tells that.
            ArchiveError: There is no architecture either.
        """

    def stored(self) -> StoredWeights:
        """Return the weights, in whichever layout; raise what :meth:`check_weights` does."""

    def by_path(self) -> WeightStore:
        """Return the weight store; raise what :meth:`check_weights` does if there are no weights by path."""

    def weights(self) -> WeightStore | None:
        """Return the weight store, or `None` if there are no weights by path."""

    def layers(self) -> LayerWeights | None:
        """Return the weights by layer, as older versions stored them, or `None` if there are none."""

    def weight_bytes(self) -> int:
        """Return how many bytes of the file its weights may have."""

    def assets(self) -> Folder | None:
        """Return the assets, or `None` if there are none."""

    def members(self) -> dict[str, int]:
        """Return the names of all members and their bytes."""

    def close(self) -> None:
        """Release files and temporary folders."""
