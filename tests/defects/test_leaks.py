"""What is remembered of classes keeps none of them alive."""

from __future__ import annotations

import gc
import weakref

from tests import needs

import hornbook
from hornbook.engine.registry import DEFAULT


@needs.keras
def test_a_class_of_the_users_that_was_looked_at_is_given_up() -> None:
    """What a layer leaves out of its config is worked out once for its class, for as long as there is that class."""
    import keras

    class Own(keras.losses.Loss):
        def call(self, y_true: object, y_pred: object) -> None:
            """Compare nothing."""

    config = {"module": "own", "class_name": "Own", "config": {}, "registered_name": "Own"}
    own = hornbook.deserialize_keras_object(config, custom_objects={"Own": Own})
    (known,) = [one for one in DEFAULT.integrations.active if one.root == "keras"]
    known.left_out(own, {})
    reference = weakref.ref(Own)
    del own, Own
    gc.collect()
    assert reference() is None
