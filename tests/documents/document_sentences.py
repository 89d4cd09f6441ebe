"""The documents, a marker for a sentence of each, and markers that say on what a test runs."""

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

default_alone = pytest.mark.default_alone
generation_alone = pytest.mark.generation_alone
