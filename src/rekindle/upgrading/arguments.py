"""Arguments that were renamed or dropped, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rekindle.upgrading.part import ABSENT, Part, Rule

# By class: the old name of an argument and the new one.
KERAS_1: dict[str, dict[str, str]] = {
    "Dense": {
        "output_dim": "units",
        "init": "kernel_initializer",
        "W_regularizer": "kernel_regularizer",
        "b_regularizer": "bias_regularizer",
        "W_constraint": "kernel_constraint",
        "b_constraint": "bias_constraint",
        "bias": "use_bias",
    },
}
# Arguments that said how, or that have one value only now: name, and the values
# that mean what Keras 3 does; `...` for any.
DROPPED: dict[str, dict[str, tuple[Any, ...]]] = {
    "<layer>": {"input_dtype": (...,), "dynamic": (False, None)},
    "LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D": {
        "time_major": (False, None),
        "implementation": (...,),
        "num_constants": (None, 0),
    },
}


def _renaming(names: Mapping[str, str]) -> Callable[[Part], None]:
    def rename(part: Part) -> None:
        for old, new in names.items():
            part.rename(old, new)

    return rename


def _dropping(names: Mapping[str, tuple[Any, ...]]) -> Callable[[Part], None]:
    def drop(part: Part) -> None:
        for name, values in names.items():
            value = part.get(name)
            if value is ABSENT:
                continue
            if values == (...,) or value in values:
                part.drop(name)
            else:
                part.open(f"`{name}={value!r}` has no counterpart in Keras 3", name)

    return drop


RULES = (
    *(
        Rule("keras-1-arguments", frozenset({name}), "Keras 0.x to 1.2.2",
             "Keras 2.0.0 release notes", _renaming(names))
        for name, names in KERAS_1.items()
    ),
    *(
        Rule("dropped-arguments", frozenset(classes.split()), "Keras 1 to 2.15",
             "get_config of Keras 1.2.2 to 2.15.0 against the constructors of Keras 3.15.1", _dropping(names))
        for classes, names in DROPPED.items()
    ),
)  # fmt: skip
