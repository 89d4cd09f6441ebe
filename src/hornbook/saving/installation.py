"""Making Keras' own functions ours, and giving them back."""

from __future__ import annotations

from contextlib import suppress

from hornbook.engine.registry import DEFAULT
from hornbook.errors import MissingDependencyError


class Installation:
    """What :func:`install` returns: a context manager that undoes it at the end of a `with` block."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = False
        self._hold()

    def _hold(self) -> None:
        DEFAULT.integrations.install()
        self._held = True

    def __enter__(self) -> Installation:
        if not self._held:
            self._hold()
        return self

    def __exit__(self, *args: object) -> None:
        if self._held:
            self._held = False
            DEFAULT.integrations.release()


def install() -> Installation:
    """Make Keras' own functions run on hornbook, in every call.

    From now on `keras.saving`, `keras.models`, `keras.utils`, `deserialize` and
    `get` of `keras.layers` and the like, `model.save` and the rest read and
    write with this library, under its policy, wherever they were imported.
    Without it they do so only inside of a scope or a call of this library.

    It holds for the whole process, until :func:`uninstall`.  Keras is imported
    for it, where it is installed.

    Returns:
        A context manager.  The end of its block takes this call back; Keras'
        functions are given back when every call has been, so blocks may nest
        and overlap.

    Example:
        >>> with install():
        ...     pass  # here keras.models.load_model is hornbook.load_model
    """
    installation = Installation()
    try:
        with suppress(MissingDependencyError):
            DEFAULT.integrations.activate_for("keras")
    except BaseException:
        installation.__exit__()
        raise
    return installation


def uninstall() -> None:
    """Give Keras' functions back: each is what it was before :func:`install`.

    Objects that were registered meanwhile stay registered with Keras.  Nothing
    happens if nothing is installed.

    Example:
        >>> uninstall()
    """
    DEFAULT.integrations.uninstall()
