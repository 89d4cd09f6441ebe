"""Functions of older versions that mean something else in Keras 3, under names of ours.

Importing this registers them with Keras: a file that names one loads in plain
Keras after `import rekindle.integrations.keras3.functions`.  Reading a config
that names one imports this.
"""

from __future__ import annotations

from typing import Any

import keras

_PACKAGE = "rekindle"


def hard_sigmoid_2(x: Any) -> Any:
    """Return clip(0.2 x + 0.5, 0, 1), the `hard_sigmoid` of Keras 0.x to 2.15.

    In Keras 3 that name is relu6(x + 3) / 6, which differs by up to 0.1.

    Source of the rule: Keras 2.15.0, `keras.backend.hard_sigmoid`.
    """
    return keras.ops.clip(x * 0.2 + 0.5, 0.0, 1.0)


def registered(name: str) -> Any:
    """Return one of these functions by its registered name, registered with Keras."""
    target = {f"{_PACKAGE}>{one.__name__}": one for one in _ALL}[name]
    if keras.saving.get_registered_object(name) is not target:
        keras.saving.register_keras_serializable(_PACKAGE, target.__name__)(target)
    return target


_ALL = (hard_sigmoid_2,)
for _one in _ALL:
    registered(f"{_PACKAGE}>{_one.__name__}")
