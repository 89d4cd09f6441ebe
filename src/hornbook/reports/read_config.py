"""The public function: the config of a file, as the file has it."""

from __future__ import annotations

from typing import Any

from hornbook.archive.reading import Source
from hornbook.opening import open_archive
from hornbook.policy import Policy


def read_config(filepath: Source, *, policy: Policy | None = None) -> dict[str, Any]:
    """Return the config of a model file of any version, as the file has it, without Keras.

    For files that have an architecture and no weights, as JSON and the Keras
    part of a SavedModel: :func:`hornbook.model_from_config` makes a model of it.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        policy: How much the file may ask for.

    Returns:
        The config; where an older version wrote it, with `keras_version` and
        `backend`, and `training_config` in the place of `compile_config`.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated, foreign, or has weights alone.
        LimitError: The file asks for too much.

    Example:
        >>> read_config("no such file.pb")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.pb`
    """
    with open_archive(filepath, (policy or Policy()).limits) as archive:
        config, metadata = archive.config(), archive.metadata()
    writer = {name: metadata[name] for name in ("keras_version", "backend") if isinstance(metadata.get(name), str)}
    return config if "module" in config else {**writer, **config}
