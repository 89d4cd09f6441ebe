"""The dispatcher: calls of Keras' own functions that belong to a reading of ours.

Keras' classes call Keras' deserializer for the parts of their configs, and so
does user code, through whatever name it imported the function by.  So not a
name is replaced but the code of the function: every reference to it asks
first whether a scope or a session of ours is open, and goes on to the
original otherwise.  Signature, identity and documentation stay.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable
from typing import Any

Function = types.FunctionType
Gate = Callable[..., Any]


def _asks(*args: Any, **kwargs: Any) -> Any:
    return _hornbook_gate(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821


def divert(function: Function, gate: Callable[[Function], Gate]) -> Callable[[], None]:
    """Send every call of `function` to a gate.

    Args:
        function: A plain function.  Of free variables it may have `__class__`, as for `super()`.
        gate: Gets a callable with the original code, returns what is called
            from now on.

    Returns:
        What puts the original back.
    """
    before = function.__code__
    original = Function(before, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    original.__kwdefaults__ = function.__kwdefaults__
    name = f"_hornbook_{function.__qualname__.replace('.', '_')}"
    signature = inspect.signature(function)
    function.__globals__[name] = gate(original)
    function.__code__ = _asks.__code__.replace(
        co_names=(name,), co_name=before.co_name, co_filename=before.co_filename, co_freevars=before.co_freevars
    )
    function.__signature__ = signature  # type: ignore[attr-defined]

    def restore() -> None:
        function.__code__ = before
        del function.__globals__[name]
        del function.__signature__  # type: ignore[attr-defined]

    return restore


def divert_each(pairs: Iterable[tuple[Function, Callable[[Function], Gate]]]) -> Callable[[], None]:
    """Divert functions to their gates; return what puts all of them back."""
    restores = [divert(function, gate) for function, gate in pairs]

    def restore() -> None:
        for one in reversed(restores):
            one()

    return restore
