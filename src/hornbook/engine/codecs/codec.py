"""A codec of somebody else's: values of one type as data, under a tag that nothing else can have."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hornbook.engine.codecs.table import CodecTable, Tag, ValueReader, ValueWriter, field
from hornbook.errors import ConstructionError, HornbookError, RegistrationError, SerializationError, short, text_of
from hornbook.places import ATOMS, copied

GROUP = "hornbook.codecs"
# A name space and a name.  No class is called so, and the tags of Keras have no dot.
_TAG = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+")


def is_codec_tag(name: str) -> bool:
    """Return whether a class name of a config is one under which a registered codec writes.

    Example:
        >>> is_codec_tag("__lab.decimal__"), is_codec_tag("__tuple__"), is_codec_tag("lab.Decimal")
        (True, False, False)
    """
    return name[:2] == "__" == name[-2:] and _TAG.fullmatch(name[2:-2]) is not None


class Codec:
    """How the values of one type are written and read.

    An entry point of the group `hornbook.codecs` names one of these;
    :func:`hornbook.register_codec` makes one.

    Args:
        cls: The type.  Values of a class derived from it are refused: they would come back as this one.
        tag: A name space and a name for it, as `"lab.decimal"`.
        encode: Gives, for a value, what JSON can hold: `None`, booleans,
            numbers, strings, lists, and dicts with strings as keys.
        decode: Gives, for that, the value.

    Raises:
        RegistrationError: `cls` is not a class, `tag` has no name space, or one of the two cannot be called.

    Attributes:
        cls: The type.
        tag: As given.
    """

    def __init__(self, cls: type, *, tag: str, encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> None:
        if not isinstance(cls, type):
            raise RegistrationError(f"A codec is for a class, not for {short(cls)}", place=None)
        if not isinstance(tag, str) or _TAG.fullmatch(tag) is None:
            raise RegistrationError(
                f"A tag has a name space and a name, not {short(tag)}", hint='For instance "lab.decimal".', place=None
            )
        if not callable(encode) or not callable(decode):
            raise RegistrationError(f"`{tag}` needs functions to encode and to decode", place=None)
        self.cls = cls
        self.tag = tag
        self._encode = encode
        self._decode = decode

    def add_to(self, table: CodecTable) -> None:
        """Have the values of the type written and read by this one in a table.

        Raises:
            RegistrationError: The type is one of those that are written without a codec of somebody else's.
        """
        before = table.of_exactly(self.cls)
        if before is not None and not isinstance(getattr(before, "__self__", None), Codec):
            what = f"`{self.cls.__qualname__}` is written as it is, and needs no codec"
            raise RegistrationError(what, hint="Register one for a class derived from it.", place=None)
        known = Tag(registered=True)
        table.add(self.cls, encode=self._write, tag=self._class_name, decode=self._read, known=known)
        table.forget()

    @property
    def _class_name(self) -> str:
        return f"__{self.tag}__"

    def _write(self, value: Any, writer: ValueWriter) -> dict[str, Any]:
        if type(value) is not self.cls:
            if hasattr(value, "get_config"):
                return writer.instance(value)
            writer.refuse(
                SerializationError(
                    f"{short(value)} of type `{type(value).__qualname__}` would come back as `{self.cls.__qualname__}`",
                    hint="Register a codec for its own class.",
                    config=value,
                )
            )
        try:
            data = self._encode(value)
        except (HornbookError, RecursionError):
            raise
        except Exception as error:
            what = f"The codec `{self.tag}` raised {type(error).__name__}: {text_of(error)}"
            raise SerializationError(what, config=value) from error
        self._check(data)
        return {"class_name": self._class_name, "config": {"value": data}}

    def _check(self, data: Any) -> None:
        """Refuse what JSON would change."""
        if type(data) is list:
            for member in data:
                self._check(member)
        elif type(data) is dict and all(type(key) is str for key in data):
            for member in data.values():
                self._check(member)
        elif type(data) not in ATOMS:
            what = f"The codec `{self.tag}` gives {short(data)}, which JSON cannot hold as it is"
            raise SerializationError(what, hint="Give numbers, strings, lists and dicts of these.", config=data)

    def _read(self, inner: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
        data = copied(field(inner, "value", self._class_name))
        try:
            return self._decode(data)
        except HornbookError:
            raise
        except Exception as error:
            what = f"The codec `{self.tag}` raised {type(error).__name__}: {text_of(error)}"
            raise ConstructionError(what, config=config, place="$.config.value") from error
