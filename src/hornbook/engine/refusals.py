"""Why names stand for nothing, and the error that says so of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from hornbook.engine.codecs.codec import is_codec_tag
from hornbook.errors import (
    AmbiguousReferenceError,
    UnknownReferenceError,
    UnresolvedReferenceError,
    UntrustedReferenceError,
)

_SHOWN = 12  # names in one message


class Refusal(NamedTuple):
    """Why a name stands for nothing.

    Args:
        label: The name.
        reason: Why.
        what: What to say instead of the usual sentence.
        near: Returns names that are like it.
        gone: The version that the built-in of that name is gone since.
        of_class: Whether a class is named, and no function.
    """

    label: str
    reason: Literal["unknown", "untrusted", "ambiguous"]
    what: str = ""
    near: Callable[[], tuple[str, ...]] = tuple
    gone: str | None = None
    of_class: bool = False


UNKNOWN: Literal["unknown"] = "unknown"
_ERRORS: dict[str, type[UnresolvedReferenceError]] = {
    "untrusted": UntrustedReferenceError,
    "ambiguous": AmbiguousReferenceError,
    "unknown": UnknownReferenceError,
}
_HINTS = {
    "untrusted": "Review it, then register it, pass it in custom_objects=, or name it in Policy(trusted=).",
    "ambiguous": "Pass the one that is meant in custom_objects=.",
    "unknown": "Register it with @register_keras_serializable() or pass it in custom_objects=.",
}
_CODEC_HINT = "Register its codec with hornbook.register_codec(), or install the package that brings it."


def refusal_error(refusals: Sequence[Refusal], *, noun: str = "") -> UnresolvedReferenceError:
    """Make one error of all `refusals`; the gravest reason gives its class."""
    reasons = {refusal.reason for refusal in refusals}
    reason = next(reason for reason in _ERRORS if reason in reasons)
    texts = [refusal.what for refusal in refusals if refusal.what]
    unknown = [refusal for refusal in refusals if not refusal.what]
    if unknown:
        texts.append(_unknown_text(unknown, noun))
    return _ERRORS[reason](
        "; ".join(texts[:_SHOWN]),
        hint=_CODEC_HINT if unknown and all(is_codec_tag(refusal.label) for refusal in refusals) else _HINTS[reason],
        names=tuple(refusal.label for refusal in refusals),
        code="unknown-class" if reason == "unknown" and refusals[0].of_class else None,
    )


def _unknown_text(refusals: Sequence[Refusal], noun: str) -> str:
    names = [_with_near(refusal) for refusal in refusals[:_SHOWN]]
    more = f" and {len(refusals) - _SHOWN} more" if len(refusals) > _SHOWN else ""
    return f"Unknown {noun + ': ' if noun else ''}{', '.join(names)}{more}"


def unknown(*names: str) -> UnresolvedReferenceError:
    """Return the error for strings that stand for nothing."""
    return refusal_error([Refusal(name, UNKNOWN) for name in dict.fromkeys(names)])


def _with_near(refusal: Refusal) -> str:
    if refusal.gone:
        return f"`{refusal.label}` (gone since {refusal.gone})"
    near = " or ".join(f"`{name}`" for name in refusal.near())
    return f"`{refusal.label}`" + (f" (did you mean {near}?)" if near else "")
