"""JSON in and out, strictly: nothing is changed silently on either way."""

from __future__ import annotations

import json
from typing import Any

from rekindle.errors import ArchiveError, LimitError, RekindleError, SerializationError, UnreadableError, short
from rekindle.policy import Limits


def parse(data: bytes | str, name: str, limits: Limits) -> Any:
    """Return what JSON says.

    Args:
        data: The text, or its bytes in UTF-8.
        name: The file or member, for errors.
        limits: How long it may be.

    Raises:
        ArchiveError: It is no JSON, or an object in it has a key twice.
        LimitError: It is too long or too deep, or has too many values (each
            comma counts, also one in a string).
    """
    if not isinstance(data, (str, bytes)):
        raise ArchiveError(f"JSON is text or bytes, not {short(data)}", place=name)
    if len(data) > limits.config_bytes:
        raise LimitError(f"The JSON has more than {limits.config_bytes} bytes", place=name)
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        if text.count(",") > limits.nodes:
            raise LimitError(f"The JSON has more than {limits.nodes} values")
        return json.loads(text, object_pairs_hook=_unique)
    except RekindleError as error:
        error.place = name
        raise
    except RecursionError as error:
        raise LimitError("The JSON nests too deep", place=name) from error
    except (ValueError, TypeError) as error:
        raise UnreadableError(f"This is not JSON: {short(str(error))}", place=name) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ArchiveError("A JSON object has a key twice")
    return made


def dump(config: Any) -> str:
    """Return the JSON of a config.

    Raises:
        SerializationError: A value has no JSON form, or would come back as
            another value.
    """
    _check(config)
    try:
        return json.dumps(config)
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"The config cannot be written as JSON: {short(str(error))}") from error


def _check(value: Any) -> None:
    """Refuse what JSON would drop or change; a tuple becomes a list, as in Keras."""
    if value is None or isinstance(value, (str, int, float)):
        return
    if isinstance(value, dict):
        _check_keys(value)
        members: Any = value.items()
    elif isinstance(value, (list, tuple)):
        members = enumerate(value)
    else:
        raise SerializationError(f"{short(value)} has no JSON form", config=value)
    for step, member in members:
        try:
            _check(member)
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
