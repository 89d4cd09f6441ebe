"""Arguments that an older Keras wrote for a class, put right for the one at hand.

A rule names the base class, the argument, and what is done with it.  It looks
at the class that is about to be made, so it holds for a user's subclass too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from hornbook.integrations.keras3 import private

Arguments = dict[str, Any]
Rule = Callable[[type, Arguments], None]


def _drop_unused_fn(cls: type, arguments: Arguments) -> None:
    """Keras 2 wrote the wrapped function of a loss or metric beside its own arguments.

    TF 2.15.1 writes `"fn": "mean_squared_error"` for a subclass of
    `MeanSquaredError` and takes it back through `**kwargs`; no Keras 3 does.
    """
    if "fn" in arguments and not _takes(cls, "fn"):
        del arguments["fn"]


def _auto_reduction(cls: type, arguments: Arguments) -> None:
    """`"auto"` meant `"sum_over_batch_size"` outside a distribution strategy (TF 2.15.1)."""
    if arguments.get("reduction") == "auto":
        arguments["reduction"] = "sum_over_batch_size"


def _drop_value_range(cls: type, arguments: Arguments) -> None:
    """`RandomRotation` of Keras 3.0.5 checked a `value_range` and never used it."""
    if not _takes(cls, "value_range"):
        arguments.pop("value_range", None)


def _drop_no_bins(cls: type, arguments: Arguments) -> None:
    """A `Discretization` that has yet to learn its bins was written with none of them; Keras 3.6.0 refuses that."""
    del cls
    if arguments.get("num_bins") is not None and not arguments.get("bin_boundaries"):
        arguments.pop("bin_boundaries", None)


def _threshold_names(cls: type, arguments: Arguments) -> None:
    """The operation `Threshold` of Keras 3.9.2 had other names for its arguments."""
    for old, new in (("threshold_value", "threshold"), ("value", "default_value")):
        if old in arguments and not _takes(cls, old):
            arguments[new] = arguments.pop(old)


def _drop_name(cls: type, arguments: Arguments) -> None:
    """Operations of Keras 3.6 to 3.9 have no argument for their name: within a model the node has it."""
    del cls
    arguments.pop("name", None)


def _takes(cls: type, name: str) -> bool:
    """Return whether a constructor has an argument, or hands it to one that has it."""
    for base in cls.__mro__:
        if "__init__" in vars(base):
            parameters = inspect.signature(base.__init__).parameters  # type: ignore[misc]
            if name in parameters:
                return True
            if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
                return False
    return False


def rules() -> dict[type, tuple[Rule, ...]]:
    """Return the rules by the base class that they hold for."""
    import keras

    table: dict[type, tuple[Rule, ...]] = {
        keras.losses.Loss: (_drop_unused_fn, _auto_reduction),
        keras.metrics.Metric: (_drop_unused_fn,),
        keras.layers.RandomRotation: (_drop_value_range,),
        keras.layers.Discretization: (_drop_no_bins,),
    }
    if private.Threshold is not None:
        table[private.Threshold] = (_threshold_names,)
    return table


def adapter(cls: type, table: dict[type, tuple[Rule, ...]]) -> Callable[[Arguments], Arguments] | None:
    """Return what puts the arguments of `cls` right, or `None` if no rule holds for it."""
    import keras

    fitting = [rule for base, some in table.items() if issubclass(cls, base) for rule in some]
    if issubclass(cls, keras.Operation) and cls.__module__.startswith("keras.") and not _takes(cls, "name"):
        fitting.append(_drop_name)
    if not fitting:
        return None

    def adapt(arguments: Arguments) -> Arguments:
        for rule in fitting:
            rule(cls, arguments)
        return arguments

    return adapt
