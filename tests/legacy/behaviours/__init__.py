"""Small questions about Keras' serialization, each a function that returns a plain JSON value.

`scripts/generations.py` asks them of real Keras packages and writes the
answers to `recorded.json`; `test_generations.py` asks them of
`hornbook.legacy`.  A question gets one argument, a :class:`~.frame.Keras`, and names
the part of the specification it belongs to: 1.1 scope and registry, 1.2 and
1.3 the legacy form, 1.4 and 1.5 the form of Keras 3, 1.6 what the generations
disagree about.

Left out is what needs a file or TensorFlow: a `Lambda` in an .h5 file, type
specs and shapes of TensorFlow.

These files run on Python 3.8 too, where TensorFlow 2.2 is at home.
"""

from __future__ import annotations

from . import differences, legacy_reading, legacy_writing, reading, reading_classes, scope, writing
from .frame import BEHAVIOURS, Absent, Answer, Behaviour, Keras, ask, builtin_type

PARTS = (scope, legacy_writing, legacy_reading, writing, reading, reading_classes, differences)

__all__ = ["BEHAVIOURS", "PARTS", "Absent", "Answer", "Behaviour", "Keras", "ask", "builtin_type"]
