"""The dispatcher: calls of Keras' own functions that belong to a reading of ours.

Keras' classes call Keras' deserializer for the parts of their configs, and so
does user code, through whatever name it imported the function by.  So not a
name is replaced but the code of the function, once in the life of a process:
every reference to it reaches a gate, which goes on to the original unless a
scope or a session of ours is open.  The gate is a constant of the new code: it
is there for every thread as soon as the code is.  Signature, identity,
documentation, and the file and line that the source is found by stay.
"""

from __future__ import annotations

import inspect
import threading
import types
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from hornbook.errors import IntegrationError

Function = types.FunctionType
Gate = Callable[..., Any]
# Two threads may both be the first that needs Keras.
_LOCK = threading.Lock()
# The last constant of the code of each diverted function.
_MARK = "diverted by hornbook"


def _asking() -> tuple[types.CodeType, ...]:
    """Return code that asks a gate, for a function without free variables, with one and with two.

    The constant `"gate"` stands for the gate.  Each is on one line, which
    becomes the first one of what is diverted.  Free variables are not used, but
    have to be set up: whoever looks at the locals of a frame reads them all.
    """
    a = b = None
    none = lambda *args, **kwargs: (gate := "gate")(*args, **kwargs)  # type: ignore[operator]  # noqa: E731, F841, PLW0108
    one = lambda *args, **kwargs: (gate := "gate")(*args, **kwargs) if True else a  # type: ignore[operator]  # noqa: E731, F841
    two = lambda *args, **kwargs: (gate := "gate")(*args, **kwargs) if True else (a, b)  # type: ignore[operator]  # noqa: E731, F841
    return none.__code__, one.__code__, two.__code__


_ASKING = _asking()


class Diversion(NamedTuple):
    """A function of Keras, and what its calls go to.

    Args:
        name: What it is called in messages.
        function: The function; `None` where the running version has none.
        gate: Gets a callable with the original code, returns what is called
            from now on.
        needed: Whether a version without it cannot be served: without its
            gate a file could go round the policy.
    """

    name: str
    function: Any
    gate: Callable[[Gate], Gate]
    needed: bool = False


def method(owner: Any, name: str) -> Any:
    """Return a function that a class defines itself, not what it inherits; `None` if there is none."""
    function = None if owner is None else vars(owner).get(name)
    return function.__func__ if isinstance(function, classmethod) else function


def divert(diversions: Iterable[Diversion], served: str) -> None:
    """Send every call of some functions to their gates: of all of them, or of none.

    What is diverted already stays as it is.

    Args:
        diversions: The functions.  They may have two free variables, as
            `__class__` for `super()`.
        served: Which versions can be served, for messages.

    Raises:
        IntegrationError: One that is needed is missing, or one is no plain
            function.
    """
    with _LOCK:
        ready = [
            (diversion.function, inspect.signature(diversion.function), _diverted(diversion))
            for diversion in diversions
            if _is_original(diversion, served)
        ]
        for function, signature, code in ready:
            function.__signature__ = signature
            function.__code__ = code


def _is_original(diversion: Diversion, served: str) -> bool:
    """Return whether there is a function that is not diverted yet."""
    if diversion.function is None:
        if diversion.needed:
            raise IntegrationError(
                f"This version of Keras has no `{diversion.name}`", hint=f"Use {served}.", place=None
            )
        return False
    function = diversion.function
    if not isinstance(function, Function) or len(function.__code__.co_freevars) >= len(_ASKING):
        raise IntegrationError(
            f"`{diversion.name}` of Keras is no plain function: something has replaced it",
            hint="Use hornbook before it is replaced, or put the original back.",
            place=None,
        )
    return function.__code__.co_consts[-1:] != (_MARK,)


def _diverted(diversion: Diversion) -> types.CodeType:
    """Return code that hands a call to the gate."""
    function: Function = diversion.function
    before = function.__code__
    original = Function(before, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    original.__kwdefaults__ = function.__kwdefaults__
    gate = diversion.gate(original)
    asking = _ASKING[len(before.co_freevars)]
    constants = tuple(gate if value == "gate" else value for value in asking.co_consts)
    code = asking.replace(
        co_consts=(*constants, _MARK),
        co_name=before.co_name,
        co_filename=before.co_filename,
        co_firstlineno=before.co_firstlineno,
        co_freevars=before.co_freevars,
    )
    # Since Python 3.11 tracebacks name the qualified name.
    return code.replace(co_qualname=before.co_qualname) if hasattr(before, "co_qualname") else code
