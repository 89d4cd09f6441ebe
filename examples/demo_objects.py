"""A layer and a loss of one's own.  Neither is registered: loading needs `custom_objects`."""

import keras


class Gate(keras.layers.Layer):
    """Learns how much of each feature to let through.

    Args:
        openness: How far every gate is open at first, from 0 to 1.
    """

    def __init__(self, openness=0.5, **kwargs):
        super().__init__(**kwargs)
        self.openness = openness

    def build(self, input_shape):
        start = keras.initializers.Constant(self.openness)
        self.gates = self.add_weight(shape=input_shape[-1:], initializer=start, name="gates")

    def call(self, inputs):
        return inputs * self.gates

    def get_config(self):
        return {**super().get_config(), "openness": self.openness}


class LopsidedLoss(keras.losses.Loss):
    """Squared error that weighs more where the prediction is too low.

    Args:
        weight: How much more.
    """

    def __init__(self, weight=3.0, name="lopsided", **kwargs):
        super().__init__(name=name, **kwargs)
        self.weight = weight

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        return keras.ops.square(error) * keras.ops.where(error > 0, self.weight, 1.0)

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
