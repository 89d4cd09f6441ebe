"""Opening a writing: the outermost call, and those that user code makes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.codecs.plain import ATOMS
from hornbook.engine.decode import current_reader
from hornbook.engine.dialects import HORNBOOK, Dialect
from hornbook.engine.encode import WRITER, WriteSession
from hornbook.engine.flat import write_flat
from hornbook.engine.identity import numbered
from hornbook.engine.registry import Registry, current_registry
from hornbook.errors import SerializationError


def current_writer() -> WriteSession | None:
    """Return the writing that runs in this context, or `None`."""
    return WRITER.get()


def write(
    obj: Any,
    registry: Registry | None = None,
    dialect: Dialect = HORNBOOK,
    *,
    shares: bool = True,
    seen: dict[int, tuple[Any, dict[str, Any]]] | None = None,
    lenient: bool = False,
    framework: Integration | None = None,
) -> Any:
    """Return the config of `obj`; within a writing, as a part of that.

    Within a reading nothing gets a shared id: the config is used at once, by a
    constructor, and its ids would be taken for those of the file.

    Args:
        obj: The object.
        registry: Where registered names, codecs and integrations are.
        dialect: That of a generation of Keras; that of the writing holds.
        shares: Whether an object met twice gets a `shared_object_id`.
        seen: Objects met and their configs by address, of earlier writings and
            for later ones.
        lenient: As :class:`WriteSession`; that of the writing holds.
        framework: As :class:`WriteSession`; by default the one that `obj` is of.

    Raises:
        SerializationError: A value cannot be written, or would not come back.
        AmbiguousReferenceError: A name stands for another class or function.
    """
    writer = WRITER.get()
    if writer is not None:
        return writer.encode(obj)
    if type(obj) in ATOMS:
        return obj
    if framework is None:
        framework, dialect = _framework_of(obj, dialect)
        if dialect.writes_flat:
            return write_flat(obj, dialect)
    shares = shares and dialect.shares_objects and current_reader() is None
    registry = registry or current_registry()
    writer = WriteSession(registry, shares=shares, seen=seen, dialect=dialect, lenient=lenient, framework=framework)
    with writing(writer):
        return writer.outermost(obj)


def _framework_of(obj: Any, dialect: Dialect) -> tuple[Integration | None, Dialect]:
    """Return the older generation of a framework that an object is of, and the dialect that it is written in."""
    integrations = current_registry().integrations
    if not integrations.activate_loaded() and not integrations.older:
        return None, dialect
    for integration in integrations.older:
        recognized = integration.recognize(type(obj))
        if recognized is not None:
            return integration, (integration.written_as or dialect) if dialect is HORNBOOK else dialect
    return None, dialect


@contextmanager
def document(obj: Any, registry: Registry | None = None, *, lenient: bool = False) -> Iterator[Any]:
    """Give the config of `obj` as a document of its own, whose ids count from 1 within the block.

    Args:
        obj: The object.
        registry: Where registered names, codecs and integrations are.
        lenient: As :class:`WriteSession`.

    Raises:
        SerializationError: As :func:`write`.
        AmbiguousReferenceError: As :func:`write`.
    """
    framework, dialect = _framework_of(obj, HORNBOOK)
    registry = registry or current_registry()
    writer = WriteSession(registry, dialect=dialect, lenient=lenient, framework=framework)
    with writing(writer):
        config = writer.outermost(obj)
    with numbered(writer.shared):
        yield config


@contextmanager
def writing(writer: WriteSession) -> Iterator[None]:
    """Let all that is written meanwhile be a part of what `writer` writes."""
    token = WRITER.set(writer)
    try:
        yield
    except RecursionError as error:
        raise SerializationError("The object nests deeper than Python can write, or holds itself") from error
    finally:
        WRITER.reset(token)
