"""The public function: a hash of what a model is, whatever file it is in."""

from __future__ import annotations

import os
from typing import Any

from hornbook.archive import json_text
from hornbook.archive.files.scratch import scratch
from hornbook.engine.session import policy_in_force
from hornbook.engine.writing import document
from hornbook.frameworks.lookup import checked_model
from hornbook.logs import work
from hornbook.opening import open_archive
from hornbook.policy import Policy
from hornbook.reports.digests import HashedWeights, files_digests, fingerprint_of, of_archive


def fingerprint(model: Any, *, policy: Policy | None = None) -> str:
    """Return a hash of what a model is: the same for a model and every file that `save_model` makes of it.

    It covers the architecture and how the model is compiled (the config as
    `save_model` writes it, whatever the order of its keys), the weights and
    the state of the optimizer and of metrics (path, dtype, shape and bits of
    every array), and the assets.  It does not cover metadata, dates, the states
    of random generators, the versions of Keras and hornbook, nor anything of
    ZIP and HDF5: packing a file anew or unpacking it changes nothing.

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
        is_file = isinstance(model, (str, os.PathLike)) or hasattr(model, "read")
        return _of_file(model, policy or Policy()) if is_file else _of_model(model)


def _of_file(source: Any, policy: Policy) -> str:
    with open_archive(source, policy_in_force(policy).limits) as archive:
        return of_archive(archive)


def _of_model(model: Any) -> str:
    framework = checked_model(model)
    with document(model) as written:
        config = json_text.parse(json_text.dump(written), "config", Policy().limits)
    arrays = HashedWeights(framework.to_numpy)
    with scratch() as assets:
        framework.save_state(model, arrays, assets)
        return fingerprint_of(config, arrays.digests(), files_digests(assets.files()))
