"""NumPy: arrays with the tag `__numpy__`; scalars are plain values."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.codecs.table import CodecTable, Tag, ValueReader, ValueWriter
from hornbook.engine.codecs.tensor import DTYPES, array_config, check_array, parts
from hornbook.errors import ConfigError, SerializationError, short

TAG = "__numpy__"


class NumPy(Integration):
    """Codecs of NumPy's arrays and scalars."""

    root = "numpy"
    tags = MappingProxyType({TAG: Tag(look=check_array)})

    def activate(self, codecs: CodecTable) -> None:
        import numpy as np

        # float64 and str_ are a Python float and str as well, and stay so.
        codecs.add(np.ndarray, np.generic, encode=_encode)
        codecs.add(np.float64, np.str_, encode=lambda value, writer: value)
        codecs.add(tag=TAG, decode=_decode)


def _encode(value: Any, writer: ValueWriter) -> Any:
    import numpy as np

    if value.ndim == 0:
        plain = value.item()
        if not isinstance(plain, (bool, int, float, complex, str)):
            raise SerializationError(f"A NumPy {value.dtype.name} has no place in a config", config=value)
        return plain
    if value.dtype.name not in DTYPES:
        raise SerializationError(f"An array of dtype {value.dtype} cannot be written", config=value)
    if isinstance(value, np.ma.MaskedArray):
        writer.refuse(
            SerializationError(
                "A masked array would come back without its mask", hint="Store values and mask apart.", config=value
            )
        )
    return array_config(TAG, value.tolist(), value.dtype.name, value.shape, writer)


def _decode(inner: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
    import numpy as np

    value, dtype = parts(inner, TAG)
    try:
        return np.array(value, dtype=dtype)
    except (TypeError, ValueError) as error:  # more axes than there can be, or a dtype that this release lacks
        raise ConfigError(f"`{TAG}` holds no {dtype} array: {short(str(error))}", config=config) from error


NUMPY = NumPy()
