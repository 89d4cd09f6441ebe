"""Asking: what a behaviour is, what it is given, and how its answer is taken down."""

from __future__ import annotations

import builtins
import contextvars
import json
import threading
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class _NumPy:
    """NumPy, imported when it is used: most behaviours need none."""

    def __getattr__(self, name: str) -> Any:
        import numpy as np

        return getattr(np, name)


np = _NumPy()


class Absent(BaseException):
    """A generation lacks the name that a behaviour asked for."""


class Keras:
    """The names of one generation; one that it lacks ends the behaviour.

    Args:
        **names: `scope`, `scope_function`, `get_custom_objects`, `register`,
            `registered_name`, `registered_object`, `serialize` and
            `deserialize` (the form of Keras 3), `legacy_serialize`,
            `legacy_deserialize`, `loading_scope`, `saving_scope`,
            `disable_scope`, `skip_failed`, `sharing_scope`,
            `safe_mode_scope`; `module`, the Keras package; `names`, the
            private table of registered names; `at_import`, the keys of the
            global dict after import.  `None` stands for what is lacking.
    """

    def __init__(self, **names: Any) -> None:
        self.__dict__.update({name: value for name, value in names.items() if value is not None})

    def __getattr__(self, name: str) -> Any:
        raise Absent(name)

    @property
    def public_deserialize(self) -> Any:
        """What the generation calls `deserialize_keras_object`."""
        return self.__dict__.get("deserialize", self.legacy_deserialize)


class Behaviour(NamedTuple):
    """One question."""

    name: str
    ask: Callable[[Keras], Any]
    needs_keras: bool


BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(name: str, *, needs_keras: bool = False) -> Callable[[Any], Any]:
    """Put the function below among the behaviours; `needs_keras` where the Keras package itself is used."""

    def add(question: Any) -> Any:
        assert name not in BEHAVIOURS, name
        BEHAVIOURS[name] = Behaviour(name, question, needs_keras)
        return question

    return add


class Answer(NamedTuple):
    """What came of asking: a JSON value, or what was raised."""

    value: Any
    error: BaseException | None

    def as_json(self) -> Any:
        """Return the value, or the nearest built-in type of what was raised."""
        if self.error is None:
            return self.value
        return "absent" if isinstance(self.error, Absent) else {"raises": builtin_type(self.error)}


def ask(name: str, keras: Keras) -> Answer:
    """Ask one question, with clean registries and no scope open.

    A thread of its own has none of the scopes that another one left behind.
    """
    tables = [
        keras.get_custom_objects(),
        *([keras.names] if "names" in vars(keras) else []),
        *vars(keras).get("tables", []),
    ]
    kept = [dict(table) for table in tables]
    for table in tables:
        table.clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = in_thread(lambda: BEHAVIOURS[name].ask(keras))
    except (Exception, Absent) as error:
        return Answer(None, error)
    finally:
        for table, entries in zip(tables, kept):  # noqa: B905  Python 3.8
            table.clear()
            table.update(entries)
    return Answer(json.loads(json.dumps(value, default=_kind_of)), None)


def _kind_of(value: Any) -> str:
    """Return what stands for a value that JSON has not."""
    return "a " + type(value).__name__


def builtin_type(error: BaseException) -> str:
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == builtins.__name__)


def in_thread(call: Callable[[], Any]) -> Any:
    """Run in a thread that has nothing open, and hand back what it returned or raised."""
    returned: list[Any] = []
    raised: list[BaseException] = []

    def target() -> None:
        try:
            returned.append(contextvars.Context().run(call))
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return returned[0]
