"""Adding a codec to a registry: the public function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornbook.engine.codecs.codec import GROUP, Codec
from hornbook.engine.registry import Registry, current_registry


def register_codec(
    cls: type,
    *,
    tag: str,
    encode: Callable[[Any], Any],
    decode: Callable[[Any], Any],
    registry: Registry | None = None,
) -> None:
    """Have the values of a type written and read, wherever they stand in a config.

    Registering another codec for a type or a tag replaces the one before.  A
    package brings its codecs by an entry point of the group `hornbook.codecs`
    that names a :class:`hornbook.Codec`.

    Args:
        cls: The type.  Values of a class derived from it are refused: they would come back as this one.
        tag: A name space and a name for it, as `"lab.decimal"`.  In configs it
            has underscores around it, so that no class and no tag of Keras
            can have the same.
        encode: Gives, for a value, what JSON can hold: `None`, booleans,
            numbers, strings, lists, and dicts with strings as keys.
        decode: Gives, for that, the value.  It is called with what a file says.
        registry: The registry; by default the one in use.

    Raises:
        RegistrationError: (a `ValueError`) `cls` is not a class or is written without a codec, as `dict`;
            or `tag` has no name space.

    Example:
        >>> from decimal import Decimal
        >>> from hornbook import deserialize_keras_object, serialize_keras_object
        >>> from hornbook.engine.registry import Registry
        >>> shop = Registry()
        >>> register_codec(Decimal, tag="shop.decimal", encode=str, decode=Decimal, registry=shop)
        >>> with shop.use():
        ...     config = serialize_keras_object({"price": Decimal("0.10")})
        ...     deserialize_keras_object(config)
        {'price': Decimal('0.10')}
        >>> config
        {'price': {'class_name': '__shop.decimal__', 'config': {'value': '0.10'}}}
        >>> deserialize_keras_object(config)
        Traceback (most recent call last):
        hornbook.errors.UnknownReferenceError: Unknown `__shop.decimal__` - at `$.price`
        Register its codec with hornbook.register_codec(), or install the package that brings it.
    """
    registry = registry or current_registry()
    codec = Codec(cls, tag=tag, encode=encode, decode=decode)
    codec.add_to(registry.codecs)
    registry.extensions(GROUP, Codec).register(tag, codec)
