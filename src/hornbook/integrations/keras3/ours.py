"""Whether a call of Keras' functions is ours, and under which policy it runs."""

from __future__ import annotations

from hornbook.engine import scope
from hornbook.engine.decode import current_reader
from hornbook.engine.encode import current_writer
from hornbook.engine.registry import DEFAULT
from hornbook.policy import Policy


def installed() -> bool:
    """Say whether `hornbook.install()` holds."""
    return DEFAULT.integrations.installed


def ours() -> bool:
    """Say whether a call of one of Keras' functions belongs to us in this context."""
    return installed() or current_reader() is not None or current_writer() is not None or scope.in_scope()


def policy_for(safe_mode: bool) -> Policy:
    """Return the policy of a call: Keras' own scope, if one is open, decides over `safe_mode`."""
    from keras.src.saving.serialization_lib import in_safe_mode

    mode = in_safe_mode()
    return Policy(lambdas=not (safe_mode if mode is None else mode))
