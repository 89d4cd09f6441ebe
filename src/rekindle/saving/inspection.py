"""What a model file holds, without Keras: the public function."""

from __future__ import annotations

from rekindle.archive import inspection
from rekindle.archive.inspection import Inspection, Progress
from rekindle.archive.reading import Source
from rekindle.engine.registry import DEFAULT
from rekindle.policy import Policy


def inspect_model(filepath: Source, *, policy: Policy | None = None, progress: Progress | None = None) -> Inspection:
    """Return what a `.keras` file or its unzipped folder holds, without Keras.

    Nothing is built or looked up.  A part of the model that is an attribute of
    a class of the user's, not an argument, is told by its path in the weights.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        policy: How much the file may ask for.
        progress: Called with the bytes of the arrays that were looked at and
            the bytes of the weights.

    Returns:
        An :class:`Inspection`: what wrote the file, its members, the tree of
        its objects with their parameters and bytes, the custom objects that
        it needs, where it holds byte code.  Parameters and bytes are `None`
        without h5py (the extra `h5`).

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated or foreign.
        ConfigError: Its config is none of a model.
        LimitError: The file asks for too much.

    Example:
        >>> inspect_model("no such file.keras")
        Traceback (most recent call last):
        rekindle.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.keras`
    """
    limits = None if policy is None else policy.limits
    return inspection.inspect_model(filepath, DEFAULT.integrations.kind, limits, progress)
