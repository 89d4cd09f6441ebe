"""Models to files: the public function."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from hornbook.archive import json_text
from hornbook.archive.reading import OWN_METADATA, Source
from hornbook.errors import SerializationError, UnbuiltModelWarning, errors_within, short
from hornbook.frameworks.lookup import checked_model
from hornbook.frameworks.models import Models
from hornbook.saving.checking.check import check as checked
from hornbook.saving.checking.findings import CheckError
from hornbook.saving.saveable import date_text, put_own, save_saveable
from hornbook.saving.target import check_suffix, check_target


def save_model(
    model: Any,
    filepath: Source,
    overwrite: bool = True,
    *,
    zipped: bool = True,
    metadata: Mapping[str, Any] | None = None,
    date: datetime | None = None,
    check: bool = False,
    weight_format: str = "hdf5",
) -> None:
    """Write a model as a `.keras` archive, or as a folder of the same files.

    Everything is serialized before the target is touched, and the new file
    takes the old one's place in one step: a reader sees one of the two, whole.
    Equal models give equal bytes.  Keras 3.15.1 reads what is written.

    Args:
        model: A Keras model.
        filepath: A path, or a binary file object open for writing.  The name
            of a file ends in `.keras`, which plain Keras asks for, or has no
            dot; a folder may have any name.
        overwrite: Whether an existing file may be replaced.  Defaults to
            `True`.
        zipped: `False` writes a folder; of a model of Keras 2, in the
            SavedModel format.  Defaults to `True`.  It replaces a folder that
            has a model and nothing else.
        metadata: Whatever is to be kept with the model, as names and values
            that JSON can hold; `inspect_model` tells it.
        date: When the file is said to be written.  By default it has no date,
            so that equal models give equal bytes.
        check: Whether to refuse a model that would not come back as it is, as
            :func:`hornbook.check` tells.  Defaults to `False`.
        weight_format: How the weights stand in the file.  Plain Keras reads
            `"hdf5"`, the default; others are those that
            :func:`hornbook.extending.register_weight_format` has added.

    Raises:
        CheckError: (a `ValueError`) What `check` found, as its `report`.
        ArchiveExistsError: (a `FileExistsError`) `overwrite` is false and the
            target exists.  Keras 3.15.1 asks on the terminal.
        ArchiveError: There can be no such file, its name ends in the suffix of
            another format, or the disk is full; the target is as it was.
        SerializationError: The model or the metadata cannot be written; the
            target is as it was.

    Source of the rule: Keras 3.15.1, `keras.saving.save_model`.
    """
    framework = checked_model(model)
    own = None
    if isinstance(filepath, (str, os.PathLike)):
        check_target(Path(filepath), overwrite=overwrite, zipped=zipped, members=framework.own_folder_members)
        own = framework.own_formats.get(Path(filepath).suffix[1:]) if zipped else framework.own_folder
        if zipped and own is None:
            check_suffix(Path(filepath))
    warn_unbuilt(framework, model)
    if check:
        report = checked(model)
        if not report.ok:
            raise CheckError(report)
    if own is not None:
        _refuse_options(metadata, date, weight_format)
        put_own(own, model, Path(str(filepath)), zipped=zipped)
        return
    about = _metadata(metadata, date)
    save_saveable(model, filepath, zipped=zipped, metadata=about, weight_format=weight_format)


def _refuse_options(metadata: Mapping[str, Any] | None, date: datetime | None, weight_format: str) -> None:
    """Refuse what a file that the framework writes itself has no place for.

    Raises:
        SerializationError: Something of it is given.
    """
    if metadata is not None or date is not None or weight_format != "hdf5":
        raise SerializationError(
            "A file in the framework's own format takes no metadata, date or weight format",
            hint="End the name in .keras.",
            place=None,
        )


def warn_unbuilt(framework: Models, model: Any, stacklevel: int = 2) -> None:
    """Warn of a model that has no weights yet, in the place of the call `stacklevel` levels above."""
    if not framework.is_built(model):
        message = "The model is not built yet: the file will have no weights for it"
        warnings.warn(message, UnbuiltModelWarning, stacklevel=stacklevel + 1)


def _metadata(metadata: Mapping[str, Any] | None, date: datetime | None) -> dict[str, Any]:
    """Return what the caller wants to stand in the metadata, checked.

    Raises:
        SerializationError: A value has no JSON form, or would change in it.
    """
    whole: dict[str, Any] = {"date_saved": date_text(date), "saved_by": "hornbook"}
    if metadata is not None:
        if not isinstance(metadata, Mapping):
            raise SerializationError(f"The metadata must be a dict, not {short(metadata)}", place="metadata")
        whole[OWN_METADATA] = dict(metadata)
        with errors_within("metadata"):
            json_text.dump(whole)
    return whole
