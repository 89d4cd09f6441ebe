"""Making Keras' own functions ours, and giving them back."""

from __future__ import annotations

from contextlib import suppress

from hornbook.engine.registry import current_registry
from hornbook.errors import ConfigError, MissingDependencyError, short
from hornbook.policy import Policy


class Installation:
    """What :func:`install` returns: a context manager that undoes it at the end of a `with` block."""

    __slots__ = ("_held", "_integrations", "_policy")

    def __init__(self, policy: Policy | None) -> None:
        self._policy = policy
        self._integrations = current_registry().integrations
        self._held = False
        self._hold()

    def _hold(self) -> None:
        self._integrations.install(self, self._policy)
        self._held = True

    def __enter__(self) -> Installation:
        if not self._held:
            self._hold()
        return self

    def __exit__(self, *args: object) -> None:
        if self._held:
            self._held = False
            self._integrations.release(self)


def install(*, policy: Policy | None = None) -> Installation:
    """Make Keras' own functions run on hornbook, in every call.

    From now on `keras.saving`, `keras.models`, `keras.utils`, `deserialize` and
    `get` of `keras.layers` and the like, `model.save` and the rest read and
    write with this library, under its policy, wherever they were imported.
    Without it they do so only inside of a scope or a call of this library.

    It holds for the whole process, in all its threads, until
    :func:`uninstall`.  Keras is imported for it, where it is installed;
    `tf_keras` takes part if it was imported before.

    Args:
        policy: What files and configs may do, whoever loads them: it holds
            in threads, in calls from `from_config` and `load_assets`, and
            whatever `safe_mode` a call passes.  Where installations nest, the
            innermost one that has a policy decides.  By default the strict
            policy, with `safe_mode=False` honoured as in Keras.

    Returns:
        A context manager.  The end of its block takes this call back; Keras'
        functions do what they did when every call has been taken back, so
        blocks may nest and overlap.

    Raises:
        ConfigError: (a `TypeError`) `policy` is not a :class:`hornbook.Policy`.
        IntegrationError: The Keras that is installed cannot be served.
        MissingDependencyError: (an `ImportError`) The Keras that is installed
            lacks its backend, and there is no Keras 2 in use.  Without any
            Keras there is nothing to do, and no error.

    Example:
        >>> with install():
        ...     pass  # here keras.models.load_model is hornbook.load_model
    """
    if policy is not None and not isinstance(policy, Policy):
        raise ConfigError(f"`policy` must be a hornbook.Policy, not {short(policy)}", place=None)
    integrations = current_registry().integrations
    integrations.activate_loaded()
    if integrations.is_installed("keras"):
        # Keras 3 may lie beside a Keras 2 that is in use, and lack its backend.
        with suppress(*([MissingDependencyError] if integrations.older else [])):
            integrations.activate_for("keras", named=False)
    return Installation(policy)


def uninstall() -> None:
    """Give Keras' functions back: each does what it did before :func:`install`.

    Objects that were registered meanwhile stay registered with Keras.  Nothing
    happens if nothing is installed.

    Example:
        >>> uninstall()
    """
    current_registry().integrations.uninstall()
