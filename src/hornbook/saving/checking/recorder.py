"""A writing that goes on after a failure, and what is tried without a trace."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hornbook.engine.encode import WriteSession
from hornbook.engine.registry import current_registry
from hornbook.engine.writing import writing
from hornbook.errors import HornbookError, SerializationError
from hornbook.policy import Policy

# The object is the caller's own, and in memory already.
OWN = Policy(lambdas=True)
# Lists of nothing else, the values of arrays, are looked at as a whole.
NUMBERS = {int, float, bool}


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep what making objects changes beside them: names, numbers, warnings that were shown."""
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        for integration in current_registry().integrations.active:
            stack.enter_context(integration.isolated())
        yield


class Recorder(WriteSession):
    """A writing that goes on after a failure, and knows the object of each config."""

    __slots__ = ("failed", "functions", "owners")

    def __init__(self) -> None:
        super().__init__(current_registry())
        # The objects by the address of their configs, each before what it lies within.
        self.owners: dict[int, tuple[Any, dict[str, Any]]] = {}
        self.failed: list[tuple[Any, BaseException]] = []
        self.functions: list[tuple[Any, dict[str, Any]]] = []

    def function(self, function: Any) -> dict[str, Any]:
        config = super().function(function)
        self.functions.append((function, config))
        return config

    def encode(self, value: Any) -> Any:
        if type(value).__module__ == "numpy" and value.size > OWN.limits.nodes:
            raise SerializationError(
                f"An array of {value.size} values has no place in a config",
                hint="Keep it as a weight: make it with add_weight().",
                config=value,
            )
        return super().encode(value)

    def instance(self, obj: Any) -> dict[str, Any]:
        try:
            config = super().instance(obj)
        except (KeyboardInterrupt, RecursionError):
            raise
        except BaseException as error:
            if isinstance(error, HornbookError) and not hasattr(obj, "get_config"):
                raise  # the fault of whatever holds it
            self.failed.append((obj, error))
            return {}
        self.owners[id(config)] = (obj, config)
        return config

    @classmethod
    def of(cls, obj: Any) -> tuple[Recorder, Any]:
        """Return the record of a writing, and the config that it gave."""
        recorder = cls()
        with writing(recorder):
            return recorder, recorder.encode(obj)
