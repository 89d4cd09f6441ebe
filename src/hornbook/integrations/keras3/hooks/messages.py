"""Errors in the words of Keras, for code that looks for them.

Only under `hornbook.install()`: what calls Keras' own functions may match the
message that Keras 3.6 to 3.15 gives there.  Its key words are added to ours; class,
place and hint stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hornbook.engine.registry import current_registry
from hornbook.errors import ConfigError, ConstructionError, HornbookError, LambdaRefusedError, RegistrationError

# Our class, words of ours, words of Keras; the first that fits is taken.
_WORDS: tuple[tuple[type[HornbookError], str, str], ...] = (
    (LambdaRefusedError, "", "Deserializing it is unsafe, arbitrary code execution"),
    (RegistrationError, "no get_config", "Cannot register a class that does not have a get_config() method"),
    (ConfigError, "no from_config", "Unable to reconstruct an instance"),
    (ConfigError, "`config` must be a string", "Expected 'config' to be a non-null str"),
    (ConfigError, "`config` must be a dict", "Expected 'config' to be a dict"),
    (
        ConfigError,
        "config of a model needs",
        "A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys",
    ),
    (ConfigError, "must have layers alone", "Expected a dictionary containing a 'config' key."),
    (ConstructionError, "from_config` raised TypeError", "objects within it are explicitly deserialized"),
)


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
    if isinstance(error, LambdaRefusedError) and current_registry().integrations.policy is not None:
        error.hint = "If you trust it, allow that in install(policy=Policy(lambdas=True))."
    for cls, ours, words in _WORDS:
        if isinstance(error, cls) and ours in error.problem and words not in error.problem:
            error.problem = f"{error.problem} (Keras: {words})"
            return
