"""Anything with a config and a state to an archive, all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from hornbook.archive import json_text
from hornbook.archive.files.atomic import replacing_file, replacing_folder
from hornbook.archive.files.scratch import scratch
from hornbook.archive.reading import ASSETS, CONFIG, METADATA, Source
from hornbook.archive.tuples import PLACES, tuples
from hornbook.archive.weights.format import WeightFormat
from hornbook.archive.weights.stores import Folder
from hornbook.archive.writing import NO_DATE, Content, Stream, write_folder, write_zip
from hornbook.engine.writing import document
from hornbook.errors import ArchiveError, HornbookError, SerializationError, short
from hornbook.frameworks.lookup import checked_saveable
from hornbook.frameworks.models import Models
from hornbook.logs import work
from hornbook.opening import current_formats

_CHUNK = 1 << 20
_DATE = "%Y-%m-%d@%H:%M:%S"


def save_saveable(
    value: Any,
    target: Source,
    *,
    zipped: bool,
    metadata: Mapping[str, Any],
    lenient: bool = False,
    weight_format: str = "hdf5",
) -> None:
    """Write an archive of anything with a config and a state; replace what is there.

    Args:
        value: A model, or another object of a framework that keeps variables.
        target: A path, or a binary file object.
        zipped: `False` writes a folder.
        metadata: What stands in the metadata beside the version of the framework.
        lenient: Whether what would not come back as it is, and Keras writes
            all the same, is warned of and written.
        weight_format: How the weights stand in the file.

    Raises:
        HornbookError: As :func:`save_model`.
    """
    framework = checked_saveable(value)
    used = current_formats().weight_format(weight_format)
    with work("save_model", target) as step, scratch() as assets:
        with document(value, lenient=lenient) as written:
            config = json_text.dump(written, keys=not lenient)
        places = tuples(written)
        version = {f"{framework.root}_version": framework.version()}
        about = json_text.dump({**version, **metadata, **({PLACES: places} if places else {})})

        def members() -> Iterator[tuple[str, Content]]:
            yield METADATA, about.encode()
            yield CONFIG, config.encode()
            step("config written")
            write = partial(_write_weights, framework, used, value, assets)
            yield used.member, Stream(write, framework.bytes_of(value))
            step("weights written")
            for name, path in assets.files():  # which are there when the weights are written
                yield f"{ASSETS}/{name}", path

        _put(target, members(), zipped=zipped)


def date_text(date: datetime | None) -> str:
    """Return a date as Keras 3.0 to 3.15.1 writes it into the metadata; that of no file for `None`."""
    return NO_DATE if date is None else date.strftime(_DATE)


def _write_weights(framework: Models, used: WeightFormat, model: Any, assets: Folder, target: BinaryIO) -> None:
    """Write the weights to a file, one after the other."""
    writer = used.create(target, framework.view)
    try:
        framework.save_state(model, writer, assets)
    except (HornbookError, OSError):
        raise
    except Exception as error:
        raise SerializationError(f"The weights cannot be written: {short(str(error))}", place=None) from error
    finally:
        writer.close()


def put_own(write: Callable[[Any, Path], None], model: Any, target: Path, *, zipped: bool) -> None:
    """Have a framework write a file or a folder of its own, and put it in place in one step.

    Args:
        write: Writes a model to a path.
        model: The model.
        target: Where it is to be.
        zipped: Whether it is a file.

    Raises:
        SerializationError: The framework cannot write it; the target is as it was.
        ArchiveError: There can be no such file.
    """
    with work("save_model", target), _writing(target):
        if not zipped:
            with replacing_folder(target) as folder:
                _written(write, model, folder)
            return
        with tempfile.TemporaryDirectory() as beside:
            file = Path(beside, target.name)
            _written(write, model, file)
            with replacing_file(target) as placed, file.open("rb") as source:
                shutil.copyfileobj(source, placed, _CHUNK)


def _written(write: Callable[[Any, Path], None], model: Any, path: Path) -> None:
    try:
        write(model, path)
    except Exception as error:
        raise SerializationError(f"The model cannot be written: {short(str(error))}", place=None) from error


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except HornbookError:  # what cannot be written is no fault of the file
        raise
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The file cannot be written: {short(str(error))}", place=short(str(target))) from error


def _put(target: Source, members: Iterable[tuple[str, Content]], *, zipped: bool) -> None:
    if not isinstance(target, (str, os.PathLike)):
        with tempfile.TemporaryFile() as whole:
            write_zip(whole, members)
            whole.seek(0)
            _write_all(target, whole)
        return
    with _writing(Path(target)):
        if zipped:
            with replacing_file(Path(target)) as file:
                write_zip(file, members)
        else:
            with replacing_folder(Path(target)) as folder:
                write_folder(folder, members)


def _write_all(target: BinaryIO, source: BinaryIO) -> None:
    try:
        shutil.copyfileobj(source, target, _CHUNK)
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveError(f"The file object cannot be written: {short(str(error))}", place=None) from error
