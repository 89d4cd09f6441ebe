"""For which generation, and under which policy, a call of Keras' functions runs."""

from __future__ import annotations

from contextlib import AbstractContextManager

from hornbook.engine.builtins import Integration
from hornbook.engine.generations import wanting
from hornbook.engine.registry import current_registry
from hornbook.integrations.calls import is_installed
from hornbook.integrations.keras3 import private
from hornbook.policy import Policy


def decided() -> Integration | None:
    """Return Keras 3, for which its own functions read, where another generation is in use as well."""
    rivals = current_registry().integrations.rivals
    return next((each for each in rivals if each.root == "keras"), None) if rivals else None


def for_keras_3() -> AbstractContextManager[None]:
    """Return what is open while one of its functions reads a file, which it does for Keras 3."""
    chosen = decided()
    return wanting(None if chosen is None else chosen.root)


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
