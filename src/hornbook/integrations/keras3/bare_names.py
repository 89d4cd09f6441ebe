"""When a built-in is known by its bare class name, as before configs had modules.

"If you need a deserialization utility that has preexisting knowledge of
built-in Keras objects, use e.g. `keras.layers.deserialize(config)`" (TF 2.9
document).  So while one of those functions reads a config without a module,
such configs find built-ins, at every depth; nowhere else do they.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hornbook.engine.scope import other_answers

_counts: ContextVar[bool] = ContextVar("hornbook_keras_bare_names", default=False)


@contextmanager
def bare_names() -> Iterator[None]:
    """Let configs without a module name built-in classes in this block."""
    token = _counts.set(True)
    try:
        with other_answers():
            yield
    finally:
        _counts.reset(token)


def bare_names_count() -> bool:
    """Return whether a config without a module may name a built-in class."""
    return _counts.get()
