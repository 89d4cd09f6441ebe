"""Functions and classes of older versions that mean something else in Keras 3, under names of ours.

Importing this registers them with Keras: a file that names one loads in plain
Keras after `import hornbook.integrations.keras3.functions`.  Reading a config
that names one imports this.
"""

from __future__ import annotations

from typing import Any

import keras

from hornbook.integrations.keras3.catalogue import FORMER_PACKAGE, PACKAGE


def hard_sigmoid_2(x: Any) -> Any:
    """Return clip(0.2 x + 0.5, 0, 1), the `hard_sigmoid` of Keras 0.x to 2.15.

    In Keras 3 that name is relu6(x + 3) / 6, which differs by up to 0.1.

    Source of the rule: Keras 2.15.0, `keras.backend.hard_sigmoid`.
    """
    return keras.ops.clip(x * 0.2 + 0.5, 0.0, 1.0)


class HoldingBidirectional(keras.layers.Bidirectional):  # type: ignore[misc]
    """A Bidirectional that repeats its last output where the mask is false, as in Keras 1 to 2.3.

    tf.keras and Keras 3 give zeros there, if the layer returns sequences.

    Source of the rule: Keras 2.2.4, `K.rnn` and keras/layers/wrappers.py;
    Keras 3.15.1, keras/src/layers/rnn/bidirectional.py.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for layer in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "zero_output_for_mask"):
                layer.zero_output_for_mask = False


def registered(name: str) -> Any:
    """Return one of these by its registered name, registered with Keras."""
    target = {f"{PACKAGE}>{one.__name__}": one for one in _ALL}[name]
    if keras.saving.get_registered_object(name) is not target:
        keras.saving.register_keras_serializable(PACKAGE, target.__name__)(target)
        keras.saving.get_custom_objects()[f"{FORMER_PACKAGE}>{target.__name__}"] = target
    return target


_ALL: tuple[Any, ...] = (hard_sigmoid_2, HoldingBidirectional)
for _one in _ALL:
    registered(f"{PACKAGE}>{_one.__name__}")
