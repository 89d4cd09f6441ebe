"""JSON in and out, strictly: nothing is changed silently on either way."""

from __future__ import annotations

import json
import re
from typing import Any

from hornbook.errors import ArchiveError, HornbookError, LimitError, SerializationError, UnreadableError, short
from hornbook.policy import Limits

_BRACKET = re.compile(r"[\[{}\]]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONGEST_NUMBER = 400  # digits; the largest float has 309


def parse(data: bytes | str, name: str, limits: Limits) -> Any:
    """Return what JSON says; `NaN` and `Infinity` are read, since Keras writes them.

    Args:
        data: The text, or its bytes in UTF-8.
        name: The file or member, for errors.
        limits: How long it may be.

    Raises:
        ArchiveError: It is no JSON, an object in it has a key twice, or a text
            in it is none.
        LimitError: It is too long or too deep, has too many values, or a
            number has too many digits.
    """
    if not isinstance(data, (str, bytes)):
        raise ArchiveError(f"JSON is text or bytes, not {short(data)}", place=name)
    if len(data) > limits.config_bytes:
        raise LimitError(f"The JSON has more than {limits.config_bytes} bytes", place=name)
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        _check_size(text, limits)
        value = json.loads(text, object_pairs_hook=_unique, parse_int=_integer)
        if _SURROGATE.search(text) or isinstance(data, str):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except HornbookError as error:
        error.place = name
        raise
    except RecursionError as error:
        raise LimitError("The JSON nests too deep", place=name) from error
    except (ValueError, TypeError) as error:
        raise UnreadableError(f"This is not JSON: {short(str(error))}", place=name) from error


def _check_size(text: str, limits: Limits) -> None:
    """Refuse too many values and too many brackets within each other, before anything is made of them.

    The parser goes by recursion, and how deep that may go is not ours to say.
    """
    if text.count(",") + text.count("[") + text.count("{") <= limits.depth:
        return
    # What stands between texts; a text has no quote in it once the escaped ones are gone.
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    opened = outside.count("[") + outside.count("{")
    if opened + outside.count(",") > limits.nodes:
        raise LimitError(f"The JSON has more than {limits.nodes} values")
    depth = 0
    for bracket in _BRACKET.findall(outside) if opened > limits.depth else ():
        depth += 1 if bracket in "[{" else -1
        if depth > limits.depth:
            raise LimitError(f"The JSON nests deeper than {limits.depth} containers")


def _integer(digits: str) -> int:
    """Return a number; the time that takes grows with the square of its digits."""
    if len(digits) > _LONGEST_NUMBER:
        raise LimitError(f"The JSON has a number of {len(digits)} digits")
    return int(digits)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ArchiveError("A JSON object has a key twice")
    return value


def dump(config: Any, *, keys: bool = True) -> str:
    """Return the JSON of a config.

    Args:
        config: The config.
        keys: Whether to refuse keys that JSON would turn into text.

    Raises:
        SerializationError: A value has no JSON form, or would come back as
            another value.
    """
    _check(config, keys=keys)
    try:
        text = json.dumps(config)
        if _SURROGATE.search(text):  # half of a character, or both of one
            json.dumps(config, ensure_ascii=False).encode("utf-8")
        return text
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"The config cannot be written as JSON: {short(str(error))}") from error


def _check(value: Any, *, keys: bool) -> None:
    """Refuse what JSON would drop or change; a tuple becomes a list, as in Keras."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER * 3:  # log2(10) is 3.3
        raise SerializationError(f"A number of {value.bit_length()} bits is not read again", config=value)
    if value is None or isinstance(value, (str, int, float)):
        return
    if isinstance(value, dict):
        if keys:
            _check_keys(value)
        members: Any = value.items()
    elif isinstance(value, (list, tuple)):
        members = enumerate(value)
    else:
        raise SerializationError(f"{short(value)} has no JSON form", config=value)
    for step, member in members:
        try:
            _check(member, keys=keys)
        except SerializationError as error:
            error.under(step)
            raise


def _check_keys(value: dict[Any, Any]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise SerializationError(
                f"The key {short(key)} of a dict is no string and would become one",
                hint="Use strings as keys.",
                config=value,
                place=f"$[{short(key)}]",
            )
