"""What a file is, told by its content and never by its name: every door asks here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from hornbook.archive import foreign
from hornbook.archive.container import Container
from hornbook.archive.formats import BUILT_IN
from hornbook.errors import NotAModelError, short

HEAD = 512  # bytes of a file that are looked at


def container_of(head: bytes, place: str = "", containers: Iterable[Container] = BUILT_IN.containers) -> Container:
    """Return the container that a file is.

    Args:
        head: The first bytes of the file, :data:`HEAD` of them or all.
        place: What to call the file in errors.
        containers: Those that are known.

    Raises:
        NotAModelError: It is in none of them; the error names it.

    Example:
        >>> container_of(b'{"class_name": "Sequential"}').name
        'json'
        >>> container_of(b"TFL3 is not at its place", "m.tflite")
        Traceback (most recent call last):
        hornbook.errors.NotAModelError: This is not a Keras model, but text - at `m.tflite`
        Look at what it says: it may be an error message in the place of a file.
    """
    if not head:
        raise NotAModelError("The file is empty", hint=foreign.DOWNLOAD, place=place)
    for container in containers:
        if container.recognizes(head):
            return container
    form = foreign.of_bytes(head)
    if form is not None:
        raise form.error(place)
    raise NotAModelError(
        f"This is not a model file: it begins with {short(head[:8])}",
        hint="A .keras file is a ZIP archive; HDF5, JSON and SavedModels are read as well.",
        place=place,
    )


def folder_container(folder: Path, containers: Iterable[Container] = BUILT_IN.containers) -> Container:
    """Return the container that a folder is: the first of all for one that none recognizes, which says what it lacks.

    Args:
        folder: The folder.
        containers: Those that are known.

    Raises:
        OSError: It cannot be read.
    """
    for container in containers:
        if container.recognizes_folder(folder):
            return container
    return next(iter(containers))


def owner_of(folder: Path, containers: Iterable[Container] = BUILT_IN.containers) -> Container:
    """Return the container that says what in the folder of a model belongs to that model.

    Args:
        folder: The folder of a model, which may be one that is not read here.
        containers: Those that are known.

    Raises:
        OSError: It cannot be read.
    """
    opened = folder_container(folder, containers)
    if any(container.recognizes_folder(folder) for container in containers):
        return opened
    return next((container for container in containers if container.is_model(folder)), opened)


def prefix_container(path: Path, containers: Iterable[Container] = BUILT_IN.containers) -> Container | None:
    """Return the container of files whose names begin with a path that leads to none; `None` for any other path.

    Args:
        path: The path.
        containers: Those that are known.
    """
    try:
        if os.path.lexists(path):
            return None
        return next((container for container in containers if container.recognizes_prefix(path)), None)
    except (OSError, ValueError):  # which whoever opens it says
        return None


def is_model_file(head: bytes, containers: Iterable[Container] = BUILT_IN.containers, *, parts: bool = False) -> bool:
    """Return whether a file that begins with these bytes may be a model by itself.

    Args:
        head: The first bytes of the file.
        containers: Those that are known.
        parts: Whether what is a part of a folder that is the model does, too.
    """
    try:
        container = container_of(head, containers=containers)
    except NotAModelError:
        return False
    return parts or not container.is_part


def is_model_folder(folder: Path, containers: Iterable[Container] = BUILT_IN.containers) -> bool:
    """Return whether a folder is one model, and not one with model files in it."""
    return any(container.is_model(folder) for container in containers)
