"""Whether a call of a framework's own function is ours, what a string in it names, and how a model is called."""

from __future__ import annotations

from typing import Any

from hornbook.engine import scope
from hornbook.engine.decode import current_reader
from hornbook.engine.registry import current_registry
from hornbook.engine.session import known
from hornbook.engine.writing import current_writer


def is_installed() -> bool:
    """Return whether `hornbook.install()` holds."""
    return current_registry().integrations.installed


def ours() -> bool:
    """Return whether a call of a framework's function belongs to us in this context."""
    return is_installed() or current_reader() is not None or current_writer() is not None or scope.in_scope()


def named_object(name: str) -> Any:
    """Return the object that is known by a name here, of a class an instance; the name where there is none.

    "`layer = Dense(..., kernel_regularizer='MyObject')`" (TF 2.2 document).
    """
    target = known(name)
    if target is None:
        return name
    return target() if isinstance(target, type) else target


def called(model: Any, inputs: Any) -> Any:
    """Return what a model makes of inputs when it is used, and not trained.

    Layers that augment images do so by default in Keras 2.13.1, where nothing is said.
    """
    import inspect  # not at the top: `import hornbook` does without

    options = {"training": False} if "training" in inspect.signature(model.call).parameters else {}
    return model(inputs, **options)
