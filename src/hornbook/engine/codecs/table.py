"""Which code writes a value, by its type, and which reads it, by its tag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, Protocol

from hornbook.errors import ConfigError, HornbookError
from hornbook.policy import Policy


class ValueWriter(Protocol):
    """What an encoder may ask of the writing that it is a part of."""

    def encode(self, value: Any) -> Any:
        """Return the config of a value."""

    def mapping(self, values: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return a dict with its values encoded."""

    def instance(self, obj: Any) -> dict[str, Any]:
        """Return the object config of an object, from its `get_config`."""

    def function(self, function: Callable[..., Any]) -> dict[str, Any]:
        """Return the config of a function, which is its name."""

    def refuse(self, error: HornbookError) -> None:
        """Raise an error about what would not come back; a lenient writing warns of it."""


class ValueReader(Protocol):
    """What a decoder may ask of the reading that it is a part of."""

    @property
    def policy(self) -> Policy:
        """The policy of the outermost call."""

    @property
    def registry(self) -> Any:
        """Where integrations are."""

    def decode(self, config: Any) -> Any:
        """Return what a config within the value stands for."""


Encoder = Callable[[Any, ValueWriter], Any]
Decoder = Callable[[dict[str, Any], dict[str, Any], ValueReader], Any]
# Raises what reading a value would raise, without who reads it; what it returns does not matter.
Look = Callable[[dict[str, Any]], object]


class Tag(NamedTuple):
    """How values of one tag are looked at before anybody reads them.

    Args:
        data: Whether there are numbers and text in them, and never an object.
        look: Raises what reading one would raise, or `None`.
        registered: Whether it is that of a codec which somebody has registered,
            so that reports name it.
    """

    data: bool = True
    look: Look | None = None
    registered: bool = False


_CONTAINER = Tag(data=False)


def field(inner: dict[str, Any], name: str, tag: str) -> Any:
    """Return `inner[name]` of a tagged value.

    Raises:
        ConfigError: It is not there.
    """
    try:
        return inner[name]
    except (KeyError, TypeError):
        raise ConfigError(f"`{tag}` needs `{name}` in its config", config=inner) from None


class CodecTable:
    """Encoders by type, decoders by tag, and what is known of values with these tags.

    An encoder gets the value and the writer.  A decoder gets the inner config,
    the whole dict and the reader.  A type without an encoder of its own takes
    that of the first base which has one; the answer is remembered.
    """

    def __init__(self) -> None:
        self._encoders: dict[type, Encoder] = {}
        self.decoders: dict[str, Decoder] = {}
        self.tags: dict[str, Tag] = {}
        self.encoder_of: dict[type, Encoder] = {}

    def add(
        self,
        *types: type,
        encode: Encoder | None = None,
        tag: str | None = None,
        decode: Decoder | None = None,
        known: Tag = _CONTAINER,
    ) -> None:
        """Register `encode` for `types`, and `decode` for `tag`, with what is `known` of its values."""
        if encode is not None:
            for cls in types:
                self._encoders[cls] = encode
        if tag is not None and decode is not None:
            self.decoders[tag] = decode
            self.tags[tag] = known

    def of_exactly(self, cls: type) -> Encoder | None:
        """Return the encoder for a type that is its own, and not that of a base; `None` if it has none."""
        return self._encoders.get(cls)

    def find(self, cls: type) -> Encoder:
        """Return the encoder for instances of `cls`, and remember it."""
        for base in cls.__mro__:
            encode = self._encoders.get(base)
            if encode is not None:
                self.encoder_of[cls] = encode
                return encode
        raise LookupError(cls)  # `object` always has one

    def without(self, types: Collection[type]) -> CodecTable:
        """Return a table that writes none of `types`, and is else like this one."""
        table = CodecTable()
        table._encoders = {cls: encode for cls, encode in self._encoders.items() if cls not in types}
        table.decoders, table.tags = self.decoders, self.tags
        return table

    def forget(self) -> None:
        """Drop what is remembered: an integration has added encoders."""
        self.encoder_of = {}
