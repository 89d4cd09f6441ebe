"""Which code writes a value, by its type, and which reads it, by its tag."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from hornbook.errors import ConfigError

if TYPE_CHECKING:
    from hornbook.engine.decode import Reader
    from hornbook.engine.encode import Writer

Encoder = Callable[[Any, "Writer"], Any]
Decoder = Callable[[dict[str, Any], dict[str, Any], "Reader"], Any]


# Tags that an integration decodes: a config with one makes that one active.
TAG_ROOTS = {"__numpy__": "numpy", "__keras_tensor__": "keras", "__typespec__": "tensorflow"}


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
    """Encoders by type and decoders by tag.

    An encoder gets the value and the writer.  A decoder gets the inner config,
    the whole dict and the reader.  A type without an encoder of its own takes
    that of the first base which has one; the answer is remembered.
    """

    def __init__(self) -> None:
        self._encoders: dict[type, Encoder] = {}
        self.decoders: dict[str, Decoder] = {}
        self.encoder_of: dict[type, Encoder] = {}

    def add(
        self,
        *types: type,
        encode: Encoder | None = None,
        tag: str | None = None,
        decode: Decoder | None = None,
    ) -> None:
        """Register `encode` for `types`, and `decode` for `tag`."""
        if encode is not None:
            for cls in types:
                self._encoders[cls] = encode
        if tag is not None and decode is not None:
            self.decoders[tag] = decode

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
        table.decoders = self.decoders
        return table

    def forget(self) -> None:
        """Drop what is remembered: an integration has added encoders."""
        self.encoder_of = {}
