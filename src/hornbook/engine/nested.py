"""Scopes that set a context variable while they are open.

A scope may be open many times at once, in many contexts: a thread or a task of
its own starts without it.  What was there before is kept in one context
variable for all scopes; one for each would never be freed, since contexts keep
what was set in them.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

# The open scopes, innermost first, with what their variables were before.
_OPEN: ContextVar[tuple[tuple[NestedScope, Any], ...]] = ContextVar("hornbook_nested", default=())


class NestedScope:
    """Sets a context variable while it is open.

    Attributes:
        variable: The variable, one for the class.
    """

    variable: ContextVar[Any]

    def value(self) -> Any:
        """Return what the variable is while the scope is open."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        _OPEN.set(((self, self.variable.get()), *_OPEN.get()))
        self.variable.set(self.value())
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        entries = [*_OPEN.get()]
        position = next(number for number, (scope, _) in enumerate(entries) if scope is self)
        _, before = entries.pop(position)
        _OPEN.set(tuple(entries))
        self.variable.set(before)
