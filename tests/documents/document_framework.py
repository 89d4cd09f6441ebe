"""The Keras that the sentences are tried on: Keras 3.

`HORNBOOK_DOCUMENTS_FRAMEWORK=keras2` tries them on Keras 2: `tf_keras` where it is installed, else `tf.keras`.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest
from tests import needs

KERAS_2 = os.environ.get("HORNBOOK_DOCUMENTS_FRAMEWORK") == "keras2"
# How a program of its own gets it.
IMPORT = "import keras"
OPS = "keras.ops."

if KERAS_2:
    import tensorflow as tf

    if find_spec("tf_keras"):
        import tf_keras as package

        IMPORT = "import tensorflow as tf, tf_keras as keras"
    else:
        package = tf.keras
        IMPORT = "import tensorflow as tf; keras = tf.keras; import sys"
    OPS = "tf.reduce_"
    ops = SimpleNamespace(sum=tf.reduce_sum, square=tf.square, mean=tf.reduce_mean, ones=tf.ones, zeros=tf.zeros)

    class _Keras2:
        """Keras 2, with the few operations of Keras 3 that the tests use."""

        ops = ops

        def __getattr__(self, name: str) -> Any:
            return getattr(package, name)

    keras: Any = _Keras2()
    # `.keras` came with 2.12, and with it the document of TF 2.15.
    IS_FLAT = needs.parts(version("tf_keras" if find_spec("tf_keras") else "keras")) < (2, 12)
else:
    import keras as keras  # noqa: PLC0414

    IS_FLAT = False

MODEL_FILE = "m.h5" if IS_FLAT else "m.keras"


def tried() -> tuple[str, ...]:
    """Return the documents that are tried on Keras 2: four of the five, and of the flat form alone three."""
    older = ("tf-2.2-scope", "tf-2.9-scope", "tf-2.9-deserialize")
    return older if IS_FLAT else ("tf-2.15", *older)


def nothing_outside(error: type[Exception], match: str) -> AbstractContextManager[Any]:
    """Expect the error of Keras 3 for a name outside of a scope; some versions of Keras 2 leave the name as it is."""
    return suppress(ValueError) if KERAS_2 else pytest.raises(error, match=match)


def program_for(text: str) -> str:
    """Return a program that was written for Keras 3, for the Keras that is tried."""
    if not KERAS_2:
        return text
    return text.replace("import keras", IMPORT).replace("keras.ops.square", "tf.square").replace("keras.ops.", OPS)
