"""Which object is which: the ids of shared objects, and whether two configs are of one object."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hornbook.errors import ConfigError, short
from hornbook.places import ATOMS, is_object_config

# The key of an object config that says which object it stands for.
ID = "shared_object_id"


def shared_id(config: Mapping[str, Any]) -> int | None:
    """Return the id of the object that a config stands for; without the key, or with `null`, it has none.

    Raises:
        ConfigError: The id is not an integer.
    """
    number = config.get(ID)
    if number is None or type(number) is int:
        return number
    raise ConfigError(f"`{ID}` must be an integer, not {short(number)}", config=config)


def new_ids() -> int:
    """Return where a writing counts its ids from, below 2**48.

    It is a random number, so that configs that were written apart have no id
    in common when they end up in one document.
    """
    return int.from_bytes(os.urandom(6), "big")


@contextmanager
def numbered(configs: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Let the ids of some configs count from 1 within the block, in their order: equal objects give equal documents.

    Args:
        configs: All configs of a document that have an id, each of them once.
    """
    before = [config[ID] for config in configs]
    numbers = {number: position for position, number in enumerate(dict.fromkeys(before), 1)}
    for config, number in zip(configs, before, strict=True):
        config[ID] = numbers[number]
    try:
        yield
    finally:
        for config, number in zip(configs, before, strict=True):
            config[ID] = number


class Forms:
    """Tells whether configs are equal but for the ids within them.

    Plain Keras writes an object that it meets twice with other ids within it.
    Equal values get one number, each container is looked at once, and so the
    time grows with the size of what is compared, however often that is.
    """

    __slots__ = ("_known", "_numbers")

    def __init__(self) -> None:
        # By address, which is an identity only while the value is alive.
        self._known: dict[int, tuple[Any, int]] = {}
        self._numbers: dict[Any, int] = {}

    def of(self, value: Any) -> int:
        """Return the number that all values equal to `value` have.

        Raises:
            RecursionError: It nests deeper than Python can go.
        """
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        number = self._numbers.setdefault(self._key(value), len(self._numbers))
        if type(value) not in ATOMS:
            self._known[id(value)] = value, number
        return number

    def _key(self, value: Any) -> Any:
        cls = type(value)
        if isinstance(value, dict):
            left = ID if is_object_config(value) else None
            return dict, frozenset([(name, self.of(member)) for name, member in value.items() if name != left])
        if isinstance(value, (list, tuple)):
            return list, tuple(map(self.of, value))
        if cls is float:
            return cls, repr(value)  # NaN is no other value than NaN
        if cls is int:
            return cls, hex(value)  # the hash of a text cannot be foreseen
        try:
            hash(value)
        except TypeError:
            return cls, id(value)
        return cls, value
