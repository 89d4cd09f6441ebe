"""What tests need that not every environment of the noxfile has."""

from __future__ import annotations

import os

import pytest

WITHOUT = frozenset(filter(None, os.environ.get("HORNBOOK_WITHOUT", "").split(",")))
KERAS = "keras" not in WITHOUT
keras = pytest.mark.skipif(not KERAS, reason="needs Keras 3, which is not here")
