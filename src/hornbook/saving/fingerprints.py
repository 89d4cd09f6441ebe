"""`hornbook.fingerprint`: a hash of what a model is."""

from __future__ import annotations

import os
from typing import Any

from hornbook.archive import json_text
from hornbook.archive.files.scratch import scratch
from hornbook.archive.reading import open_archive
from hornbook.engine.decode import current_reader
from hornbook.engine.encode import document
from hornbook.logs import work
from hornbook.policy import Policy
from hornbook.reports import fingerprint as hashing
from hornbook.saving.models import _checked_model, _framework


def fingerprint(model: Any, *, policy: Policy | None = None) -> str:
    """Return a hash of what a model is: the same for a model and every file that `save_model` makes of it.

    It covers the architecture and how the model is compiled (the config as
    `save_model` writes it, whatever the order of its keys), the weights and
    the state of the optimizer, of metrics and of random generators (path,
    dtype, shape and bits of every array), and the assets.  It does not cover
    metadata, dates, the versions of Keras and hornbook, nor anything of ZIP
    and HDF5: packing a file anew or unpacking it changes nothing.

    Names of layers are a part of the config: two models that were made in one
    process have different ones unless they are given.  A file that an older
    version wrote has the fingerprint of what it stores, which is not that of
    the model loaded from it, since that one is written in another way.

    Args:
        model: A Keras model; or the path of a file or folder, or a binary file
            object, for which Keras is not needed.
        policy: How much a file may ask for.

    Returns:
        `"sha256:"` and 64 digits.

    Raises:
        ArchiveError: There is no such file, or it is damaged.
        SerializationError: The model cannot be written.
        LimitError: The file asks for too much.

    Example:
        >>> fingerprint("no such file.keras")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.keras`
    """
    with work("fingerprint", model):
        return _fingerprint(model, policy)


def _fingerprint(model: Any, policy: Policy | None) -> str:
    if isinstance(model, (str, os.PathLike)) or hasattr(model, "read"):
        outer = current_reader()
        limits = (policy or Policy()).limits if outer is None else outer.policy.limits
        with open_archive(model, limits) as archive:
            return hashing.of_archive(archive)
    framework = _framework()
    _checked_model(framework, model)
    with document(model) as made:
        config = json_text.parse(json_text.dump(made), "config", Policy().limits)
    arrays = hashing.HashedWeights(framework.to_numpy)
    with scratch() as assets:
        framework.save_state(model, arrays, assets)
        return hashing.fingerprint(config, arrays.digests(), hashing.files_digests(assets.files()))
