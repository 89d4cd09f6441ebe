"""Whether the Keras of this environment is Keras 3 and can be imported, and what to say where it is not.

Asked before Keras is used, so nothing here imports it.  An imported module
is told by what it has: `keras` may be Keras 2, which TensorFlow up to 2.15
brings along and which is not to be replaced.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

from hornbook.errors import HornbookError, IntegrationError, MissingDependencyError, short
from hornbook.upgrading.versions import parsed

# Packages that Keras 3.15.1 can run on (`keras.src.backend`); it takes the first one where none is named.
BACKENDS = ("tensorflow", "jax", "torch", "openvino")


def serves(module: Any) -> bool:
    """Return whether an imported module is Keras 3: `keras.ops` is in all of its versions, and in none before."""
    return hasattr(module, "ops")


def unavailable() -> MissingDependencyError | None:
    """Return the error for another generation of Keras than the third, imported or installed."""
    module = sys.modules.get("keras")
    if module is None:
        version = _installed_version()
        return _other(version) if version is not None and _major(version) < 3 else None
    if serves(module) or getattr(getattr(module, "__spec__", None), "_initializing", False):
        return None
    return _other(str(getattr(module, "__version__", None) or _installed_version() or "of an unknown version"))


def failure(cause: Exception) -> HornbookError:
    """Return the error for a Keras 3 that cannot be imported, or lacks what is needed of it.

    Args:
        cause: What was raised meanwhile.
    """
    missing = str(getattr(cause, "name", None) or "").partition(".")[0]
    if missing in BACKENDS:
        others = [one for one in (*BACKENDS[1:], BACKENDS[0]) if one != missing]  # TensorFlow is the largest
        other = next(filter(find_spec, others), others[0])
        return MissingDependencyError(
            f"Keras takes the backend `{missing}`, and that is not installed",
            hint=f'Before keras is imported, name another: KERAS_BACKEND={other}, or "backend" in ~/.keras/keras.json.',
        )
    why = f"Keras {_installed_version() or 3} cannot be used: {type(cause).__name__}: {short(str(cause))}"
    if "keras" in sys.modules:
        return IntegrationError(why, hint="Use Keras 3.6 to 3.15.")
    return MissingDependencyError(why, hint="`import keras` alone shows why.")


def _other(version: str) -> MissingDependencyError:
    return MissingDependencyError(
        f"This needs Keras 3, and Keras {short(version)[1:-1]} is installed",
        hint="Make an environment of its own for Keras 3, and leave this one as it is.",
    )


def _installed_version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # slow, and only for an error

    try:
        return version("keras")
    except PackageNotFoundError:
        return None


def _major(version: str) -> int:
    """Return the first number of a version; one that has none is taken for a current one."""
    return (parsed(version) or (3,))[0]
