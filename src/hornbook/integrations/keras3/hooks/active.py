"""Whether a call of Keras' functions is ours, and under which policy it runs."""

from __future__ import annotations

from hornbook.engine import scope
from hornbook.engine.builtins import Integration
from hornbook.engine.decode import current_reader
from hornbook.engine.registry import current_registry
from hornbook.engine.writing import current_writer
from hornbook.integrations.keras3 import private
from hornbook.policy import Policy


def is_installed() -> bool:
    """Return whether `hornbook.install()` holds."""
    return current_registry().integrations.installed


def ours() -> bool:
    """Return whether a call of one of Keras' functions belongs to us in this context."""
    return is_installed() or current_reader() is not None or current_writer() is not None or scope.in_scope()


def decided() -> Integration | None:
    """Return Keras 3, for which its own functions read, where another generation is in use as well."""
    rivals = current_registry().integrations.rivals
    return next((each for each in rivals if each.root == "keras"), None) if rivals else None


def policy_for(safe_mode: bool) -> Policy:
    """Return the policy of a call.

    That of the installation, if it has one; else Keras' own: its scope, if one
    is open, decides over `safe_mode`, and it trusts classes of libraries on Keras.
    """
    installed = current_registry().integrations.policy
    if installed is not None:
        return installed
    mode = private.state("safe_mode_saving")
    return Policy(lambdas=not (safe_mode if mode is None else mode), companions=is_installed())
