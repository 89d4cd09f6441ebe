"""Whether what is installed or imported under a name is Keras 2; imports nothing."""

from __future__ import annotations

from typing import Any

from hornbook.errors import MissingDependencyError, short
from hornbook.upgrading.versions import parsed


def serves(module: Any) -> bool:
    """Return whether an imported module is Keras 2 on TensorFlow: `keras.ops` came with Keras 3."""
    return _is_second(getattr(module, "__version__", None)) and not hasattr(module, "ops")


def unavailable(package: str) -> MissingDependencyError | None:
    """Return the error where what is installed under the name of a package is not Keras 2."""
    from importlib.metadata import PackageNotFoundError, version  # slow, and asked once

    try:
        installed = version(package.replace("_", "-"))
    except PackageNotFoundError:
        return None
    if _is_second(installed):
        return None
    return MissingDependencyError(
        f"This needs Keras 2, and {package} {short(installed)[1:-1]} is installed",
        hint="pip install tf_keras brings it.",
    )


def _is_second(version: object) -> bool:
    return (parsed(str(version)) or (0,))[0] == 2
