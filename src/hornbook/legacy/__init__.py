"""The older forms of Keras' serialization, for libraries that are built on them.

The functions here read and write the flat form of TF 2.9, without its defects.
Each module has the names of one generation, with its signatures, order of
look-up, and scopes: :mod:`~hornbook.legacy.tf2_2`, :mod:`~hornbook.legacy.tf2_9`,
:mod:`~hornbook.legacy.tf2_15`, :mod:`~hornbook.legacy.keras3_6`,
:mod:`~hornbook.legacy.keras3_15`.  All share one registry, that of `hornbook`.
"""

from hornbook.engine.flat import skip_failed_serialization
from hornbook.engine.shared import DisableSharedObjectScope, SharedObjectLoadingScope, SharedObjectSavingScope
from hornbook.legacy import keras3_6, keras3_15, tf2_2, tf2_9, tf2_15
from hornbook.legacy.objects import deserialize_keras_object, serialize_keras_object

__all__ = [
    "DisableSharedObjectScope",
    "SharedObjectLoadingScope",
    "SharedObjectSavingScope",
    "deserialize_keras_object",
    "keras3_6",
    "keras3_15",
    "serialize_keras_object",
    "skip_failed_serialization",
    "tf2_2",
    "tf2_9",
    "tf2_15",
]
