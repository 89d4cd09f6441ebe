"""Making Keras' own functions ours, and giving them back."""

from __future__ import annotations

from rekindle.engine.registry import DEFAULT


class Installation:
    """What :func:`install` returns: a context manager that undoes it at the end of a `with` block."""

    __slots__ = ("_new",)

    def __init__(self, *, new: bool) -> None:
        self._new = new

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *args: object) -> None:
        if self._new:
            uninstall()


def install() -> Installation:
    """Make Keras' own functions run on rekindle, in every call.

    From now on `keras.saving`, `keras.models`, `keras.utils`, `deserialize` and
    `get` of `keras.layers` and the like, `model.save` and the rest read and
    write with this library, under its policy, wherever they were imported.
    Without it they do so only inside of a scope or a call of this library.

    It holds for the whole process, until :func:`uninstall`.  Installing again
    changes nothing.  A framework that is not imported yet is taken over when
    rekindle is used with it for the first time.

    Returns:
        A context manager.  The end of its block uninstalls, if this call has
        installed; so blocks may nest.

    Example:
        >>> with install():
        ...     pass  # here keras.models.load_model is rekindle.load_model
    """
    return Installation(new=DEFAULT.integrations.install())


def uninstall() -> None:
    """Give Keras' functions back: each is what it was before :func:`install`.

    Objects that were registered meanwhile stay registered with Keras.  Nothing
    happens if nothing is installed.

    Example:
        >>> uninstall()
    """
    DEFAULT.integrations.uninstall()
