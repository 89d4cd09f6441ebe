"""Errors in the words of Keras, for code that looks for them.

Only under `hornbook.install()`: what calls Keras' own functions may match the
message that Keras 3.6 to 3.15 or tf_keras 2.21 gives there.  Its key words are
added to ours; class, place and hint stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hornbook.engine.registry import current_registry
from hornbook.errors import ArchiveNotFoundError, HornbookError, LambdaRefusedError, UnresolvedReferenceError

# What Keras says where our error has a code.
_WORDS = {
    "no-get-config": "Cannot register a class that does not have a get_config() method",
    "no-from-config": "Unable to reconstruct an instance",
    "function-not-a-name": "Expected 'config' to be a non-null str",
    "config-not-a-dict": "Expected 'config' to be a dict",
    "model-lacks-field": (
        "A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys"
    ),
    "layers-not-objects": "Expected a dictionary containing a 'config' key.",
    "unknown-class": "Could not locate class '{}'. Make sure custom classes are registered",
    "from-config-type-error": "objects within it are explicitly deserialized",
}
_OF_LAMBDAS = "Deserializing it is unsafe, arbitrary code execution"
_OF_NO_FILE = "No file or directory found at"


@contextmanager
def in_words_of_keras() -> Iterator[None]:
    """Add what Keras says to an error that leaves this block."""
    try:
        yield
    except HornbookError as error:
        if current_registry().integrations.installed:
            _add(error)
        raise


def _add(error: HornbookError) -> None:
    if isinstance(error, LambdaRefusedError):
        words: str | None = _OF_LAMBDAS
        if current_registry().integrations.policy is not None:
            error.hint = "If you trust it, allow that in install(policy=Policy(lambdas=True))."
    elif isinstance(error, ArchiveNotFoundError):
        words = _OF_NO_FILE
    else:
        words = _WORDS.get(error.code or "")
        if words is not None and isinstance(error, UnresolvedReferenceError):
            words = words.format(*error.names)
    if words is not None and words not in error.problem:
        error.problem = f"{error.problem} (Keras: {words})"
