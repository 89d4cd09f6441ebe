"""Safe mode and object sharing as scopes, as TF 2.15 to Keras 3.15 have them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hornbook.engine.decode import current_reader
from hornbook.engine.dialects import Dialect
from hornbook.engine.encode import WriteSession
from hornbook.engine.nested import NestedScope
from hornbook.engine.registry import current_registry
from hornbook.engine.scope import other_answers
from hornbook.engine.writing import current_writer, writing

_safe_mode: ContextVar[bool | None] = ContextVar("hornbook_safe_mode", default=None)
_sharing: ContextVar[_Sharing | None] = ContextVar("hornbook_sharing", default=None)


class _Sharing:
    """What is shared while a scope is open: a writer, and objects by id."""

    def __init__(self) -> None:
        self.writers: dict[Dialect, WriteSession] = {}
        self.objects: dict[int, Any] = {}


class SafeModeScope(NestedScope):
    """While it is open, `safe_mode` is what it says, whatever an argument says.

    Args:
        safe_mode: Whether to refuse byte code.  Within a reading the policy of
            that one holds.
    """

    variable = _safe_mode

    def __init__(self, safe_mode: bool = True) -> None:
        self._value = safe_mode

    def value(self) -> bool:
        """Return what the variable is while the scope is open."""
        return self._value


class ObjectSharingScope(NestedScope):
    """While it is open, an object written twice is one object after reading."""

    variable = _sharing

    def value(self) -> _Sharing:
        """Return what the variable is while the scope is open: nothing is shared yet."""
        return _Sharing()

    def __enter__(self) -> None:
        super().__enter__()


def safe_mode_of(argument: bool) -> bool:
    """Return whether safe mode is on: the open scope's word, else the argument's."""
    opened = _safe_mode.get()
    return argument if opened is None else opened


def shared_objects() -> dict[int, Any] | None:
    """Return the objects by id of the open scope, or `None`."""
    sharing = _sharing.get()
    return None if sharing is None else sharing.objects


@contextmanager
def shared_writing(dialect: Dialect) -> Iterator[None]:
    """Let what is written be a part of the open scope's writing, if there is one."""
    sharing = _sharing.get()
    if sharing is None or current_writer() is not None or current_reader() is not None:
        yield
        return
    writer = sharing.writers.setdefault(dialect, WriteSession(current_registry(), dialect=dialect))
    # The writer is kept from call to call, and a scope of a framework's own may have been entered or left meanwhile.
    with writing(writer), other_answers():
        yield
