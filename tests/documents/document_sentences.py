"""The documents, a marker for a sentence of each, and the sentences that have no test yet."""

from __future__ import annotations

from functools import partial

import pytest

DOCUMENTS = {
    "keras-3.6": "keras-3.6-serialization-utilities.md",
    "tf-2.15": "tf-2.15-deserialize_keras_object.md",
    "tf-2.2-scope": "tf-2.2-custom_object_scope.md",
    "tf-2.9-scope": "tf-2.9-custom_object_scope.md",
    "tf-2.9-deserialize": "tf-2.9-deserialize_keras_object.md",
}

keras_3_6 = partial(pytest.mark.sentence, "keras-3.6")
tf_2_15 = partial(pytest.mark.sentence, "tf-2.15")
tf_2_2_scope = partial(pytest.mark.sentence, "tf-2.2-scope")
tf_2_9_scope = partial(pytest.mark.sentence, "tf-2.9-scope")
tf_2_9_deserialize = partial(pytest.mark.sentence, "tf-2.9-deserialize")

GLOBAL_REVERTED = (
    "At end of the `with` statement, global custom objects are reverted to state at beginning of the `with` statement."
)
SIGNATURE = (
    "tf.keras.utils.deserialize_keras_object( identifier, module_objects=None, custom_objects=None,"
    " printable_module_name='object' )"
)
SHARED_SCOPE = (
    "Calling `deserialize_keras_object` while underneath the `SharedObjectLoadingScope` context manager will cause any"
    " already-seen shared objects to be returned as-is rather than creating a new object."
)
OTHER_NAMES = "`tf.compat.v1.keras.utils.CustomObjectScope`, `tf.compat.v1.keras.utils.custom_object_scope`"

# Sentences that only the functions of that generation can hold to, and how they are read.
LATER = [
    ("tf-2.2-scope", "Provides a scope that changes to `_GLOBAL_CUSTOM_OBJECTS` cannot escape.", None),
    ("tf-2.2-scope", GLOBAL_REVERTED, None),
    ("tf-2.2-scope", "`tf.compat.v1.keras.utils.custom_object_scope`", None),
    ("tf-2.9-scope", OTHER_NAMES, None),
    ("tf-2.9-deserialize", "`tf.compat.v1.keras.utils.deserialize_keras_object`", None),
    ("tf-2.9-deserialize", SIGNATURE, None),
    ("tf-2.9-deserialize", SHARED_SCOPE, None),
]
