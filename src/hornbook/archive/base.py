"""What every model file has, whatever its format."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from hornbook.archive import detect, json_text
from hornbook.archive.weights.layers import LayerWeights
from hornbook.archive.weights.stores import AssetFolder, WeightStore
from hornbook.errors import ArchiveError, NotAModelError, WeightsError, short
from hornbook.policy import Limits

CONFIG, METADATA, WEIGHTS, ASSETS = "config.json", "metadata.json", "model.weights.h5", "assets"
MEMBERS = frozenset({CONFIG, METADATA, WEIGHTS, ASSETS})
# Where the metadata have what the caller of a save wanted to be kept.
OWN_METADATA = "metadata"


class Archive:
    """A model file: its config, metadata, weights and assets.

    Attributes:
        name: What to call it in errors.
        format: What it is, as `"keras"` or `"hdf5"`.
        without_weights: What to say where it has none.
        said: What the caller says of it: `keras_version`, `backend`.
    """

    format = ""
    without_weights = "The file has an architecture and no weights"

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.said: dict[str, str] = {}
        self._temporary: list[str] = []

    @property
    def config_place(self) -> str:
        """Where the config stands, for errors."""
        return f"{self.name}/{CONFIG}"

    def _member(self, name: str, at_most: int) -> bytes | None:
        raise NotImplementedError

    def has_config(self) -> bool:
        """Say whether it is to have an architecture; weights alone have none."""
        return True

    def has_weights(self) -> bool:
        """Say whether there are weights, in either layout."""
        raise NotImplementedError

    def weights(self) -> WeightStore | None:
        """Return the weight store, or `None` if there are no weights in the layout of Keras 3."""
        raise NotImplementedError

    def layers(self) -> LayerWeights | None:
        """Return the weights in the layout of Keras 1 and 2, or `None` if there are none."""
        return None

    def assets(self) -> AssetFolder | None:
        """Return the assets, or `None` if there are none."""
        raise NotImplementedError

    def members(self) -> dict[str, int]:
        """Return the names of all members and their bytes."""
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        """Return the names that tell what an archive without a config is."""
        return ()

    def config(self) -> dict[str, Any]:
        """Return the config of the model.

        Returns:
            The object config as the file has it; `training_config` in it is
            what HDF5 and SavedModels have in the place of `compile_config`.

        Raises:
            ArchiveError: It is missing, or is no JSON object.
        """
        value = self._json(CONFIG, required=True)
        if not isinstance(value, dict):
            raise ArchiveError(f"The config must be a JSON object, not {short(value)}", place=CONFIG)
        foreign = detect.of_json(value)
        if foreign is not None:
            raise foreign.error(self.name)
        return value

    def beside(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield where other configs stand, of which other readers make objects, and what reads each of them.

        Raises:
            ArchiveError: They cannot be told apart.
        """
        return iter(())

    def metadata(self) -> dict[str, Any]:
        """Return what the file says of itself; nothing if it has no metadata."""
        value = self._json(METADATA, required=False)
        return value if isinstance(value, dict) else {}

    def _json(self, name: str, *, required: bool) -> Any:
        data = self._member(name, self.limits.config_bytes)
        if data is None:
            if required:
                raise self._lacking(name)
            return None
        return json_text.parse(data, name, self.limits)

    def _lacking(self, name: str) -> NotAModelError:
        """Return the error for an archive without a config: what it is instead, where that is known."""
        foreign = None if self.has_weights() else detect.of_members(self.names())
        if foreign is not None:
            return foreign.error(self.name)
        hint = "Name the .keras file, or the folder that has the config of the model."
        return NotAModelError(f"There is no `{name}` in it", hint=hint, place=self.name)

    def temporary(self) -> Path:
        """Return a new temporary folder; it goes with the archive."""
        self._temporary.append(tempfile.mkdtemp(prefix="hornbook-"))
        return Path(self._temporary[-1])

    def close(self) -> None:
        """Release files and temporary folders."""
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)


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


def no_weights(archive: Archive) -> WeightsError:
    """Return the error for a file that has no weights, and where they are if its form tells that.

    Raises:
        ArchiveError: It has no architecture either.
    """
    archive.config()
    hint = "For new weights: hornbook.model_from_config(hornbook.read_config(filepath))."
    return WeightsError(archive.without_weights, hint=hint, place=archive.name)
