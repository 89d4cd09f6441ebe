"""Everything that is raised: errors under :class:`HornbookError`, warnings under :class:`HornbookWarning`.

Each class is also the builtin that Keras 3.15.1 raises in that place, so code
written for Keras keeps working.  A message has at most two lines: what is
wrong, at which place; one thing to do.  A config is never printed: it hangs
on :attr:`HornbookError.config`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hornbook import places

_REASON = 200  # characters of somebody else's message

short = places.short


def text_of(error: BaseException) -> str:
    """Return the text of any exception, on one line and cut; one of a user's class may have none."""
    try:
        text = " ".join(str(error).split())
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  a class of the user's may raise anything here as well
        return "(it has no text)"
    return text if len(text) <= _REASON else text[: _REASON - 3] + "..."


class HornbookError(Exception):
    """Base of everything that this library raises on purpose.

    Args:
        problem: What is wrong, in one sentence without a full stop.
        hint: One thing to do, or `None`.
        config: The piece of data that is at fault; kept, never printed.
        place: Where in the config, as `$.config.layers[3]`, or in the file.
        code: What is wrong, for programs, where the class does not say it:
            it stays when the words of `problem` are improved.

    The place grows at its front while the exception unwinds (:meth:`under`),
    so that success pays nothing for it.
    """

    def __init__(
        self,
        problem: str,
        *,
        hint: str | None = None,
        config: Any = None,
        place: str | None = "$",
        code: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.hint = hint
        self.config = config
        self.place = place
        # The config that the failing call got: its place in the config of the
        # caller is looked for when the exception passes through `from_config`.
        self.part: Any = None

    def under(self, *steps: str | int) -> None:
        """Put `steps` in front of the place: the containers just left."""
        if self.place is not None and self.place.startswith("$"):
            self.place = places.place_of(steps) + self.place[1:]

    def within(self, file: str) -> None:
        """Name the file, or the member of an archive, that the place is in."""
        self.place = file if self.place is None else f"{file}: {self.place}"

    def __str__(self) -> str:
        line = one_line(self.problem, 330)
        if self.place is not None:
            line += f" - at `{one_line(self.place, 110)}`"
        return line if self.hint is None else f"{line}\n{one_line(self.hint, 130)}"


@contextmanager
def errors_within(file: str) -> Iterator[None]:
    """Name the file, or the member of an archive, in the errors of the block."""
    try:
        yield
    except HornbookError as error:
        error.within(file)
        raise


def one_line(text: str, most: int) -> str:
    """Return `text` on one line, its middle left out beyond `most` characters.

    Names come from files: what cannot be printed is written as an escape.
    """
    half = most // 2 - 2
    if len(text) > most:
        text = f"{text[:half]}...{text[-half:]}"
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else c.encode("unicode_escape").decode() for c in text])


class ConfigError(HornbookError, TypeError, ValueError):
    """A config has a wrong shape or holds a value of a wrong type."""


class UnresolvedReferenceError(HornbookError, TypeError, ValueError):
    """One or more names could not be turned into objects.

    Attributes:
        names: Every name at fault, in the order of the config.
    """

    def __init__(self, problem: str, *, names: tuple[str, ...] = (), **more: Any) -> None:
        super().__init__(problem, **more)
        self.names = names


class UnknownReferenceError(UnresolvedReferenceError):
    """A name that nothing is known by: not registered, not passed in, not built in."""


class UntrustedReferenceError(UnresolvedReferenceError):
    """A name that exists but that the policy does not allow a file to use."""


class AmbiguousReferenceError(UnresolvedReferenceError):
    """A name that more than one object answers to."""


class LambdaRefusedError(HornbookError, ValueError):
    """The config holds byte code, and the policy does not allow that."""


class LimitError(HornbookError, ValueError):
    """A config or a file is larger, deeper or denser than the policy allows."""


class ConstructionError(HornbookError, TypeError, ValueError):
    """A class refused its config; the exception it raised is the `__cause__`."""


class SerializationError(HornbookError, TypeError, ValueError):
    """A value cannot be written, or would not come back as it was."""


class RegistrationError(HornbookError, TypeError, ValueError):
    """An object cannot be registered under that name."""


class ArchiveError(HornbookError, ValueError, OSError):
    """A file is not what it should be: foreign, truncated, or missing a part.

    It is an `OSError` as well, which training that resumes catches (`BackupAndRestore` of Keras 3.15.1).
    """


class UnreadableError(ArchiveError):
    """What is there cannot be read at all: no file, no permission, cut off."""


class NotAModelError(UnreadableError):
    """The file or folder holds nothing of Keras."""


class ArchiveNotFoundError(UnreadableError, FileNotFoundError):
    """There is no file or folder at that path."""


class ArchiveExistsError(ArchiveError, FileExistsError):
    """There is a file already, and overwriting was not asked for."""


class WeightsError(HornbookError, ValueError):
    """The stored weights do not fit the model."""


class MissingDependencyError(HornbookError, ImportError):
    """An optional package is needed for this and is not installed."""


class IntegrationError(HornbookError, RuntimeError):
    """A framework that is there is not one that can be served: its version, or what became of its functions."""


class HornbookWarning(UserWarning):
    """Base of every warning of this library; a `UserWarning`, as those of Keras 3.15.1 are."""


class AmbiguousRegistrationWarning(HornbookWarning):
    """Two different objects were registered under one key."""


class LambdaWarning(HornbookWarning):
    """A lambda was written as byte code."""


class SerializationWarning(HornbookWarning):
    """What Keras writes, as it does, would not come back as it is."""


class WeightsWarning(HornbookWarning):
    """A model and a file do not have the same values."""


class UnbuiltModelWarning(WeightsWarning):
    """A model was saved before it had weights: the file has none for it."""


class MissingWeightsWarning(WeightsWarning):
    """The file has no values for some variables: they keep their initial ones."""


class LeftOverWeightsWarning(WeightsWarning):
    """The file has values that the model has no place for, and they are ignored as Keras ignores them."""


class OptimizerStateWarning(WeightsWarning):
    """What the file has for the optimizer has no place: the optimizer starts anew."""


class UpgradeWarning(HornbookWarning):
    """What an old file means is assumed, or something of it that only further training would miss has no place."""
