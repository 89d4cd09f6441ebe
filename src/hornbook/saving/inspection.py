"""What a model file holds, without Keras: the public functions."""

from __future__ import annotations

from typing import Any

from hornbook.archive.reading import Source, open_archive
from hornbook.engine.registry import current_registry
from hornbook.engine.session import names
from hornbook.policy import Policy
from hornbook.reports import inspection
from hornbook.reports.inspection import Inspection, Progress
from hornbook.upgrading.upgrade import current, uncertain


def inspect_model(filepath: Source, *, policy: Policy | None = None, progress: Progress | None = None) -> Inspection:
    """Return what a model file of any version holds, without Keras.

    A `.keras` file or its unzipped folder, whole-model HDF5, architecture
    JSON, or `keras_metadata.pb` and the folder of a SavedModel.

    Nothing is built or looked up.  What an older version wrote is told under the
    names that Keras 3 has.  A part of the model that is an attribute of
    a class of the user's, not an argument, is told by its path in the weights.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        policy: How much the file may ask for.
        progress: Called with the bytes of the arrays that were looked at and
            the bytes of the weights.

    Returns:
        An :class:`Inspection`: what wrote the file, its members, the tree of
        its objects with their parameters and bytes, the custom objects that
        it needs, where it holds byte code.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated or foreign.
        ConfigError: Its config is none of a model.
        LimitError: The file asks for too much.

    Example:
        >>> inspect_model("no such file.keras")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.keras`
    """
    limits = None if policy is None else policy.limits
    return inspection.inspect_model(filepath, current_registry().integrations.kind, limits, progress, _current)


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
    told = {name: metadata[name] for name in ("keras_version", "backend") if isinstance(metadata.get(name), str)}
    return config if "module" in config else {**told, **config}


def _current(config: dict[str, Any], version: Any, backend: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a config as Keras 3 has it, and what is not certain in it."""
    made, report = current(config, names(), version, backend)
    refusal = uncertain(config, report)
    refused = () if refusal is None else (f"{refusal.problem} - at `{refusal.place}`",)
    return made, (*refused, *(f"{one.what} - at `{one.place}`" for one in report.assumed))
