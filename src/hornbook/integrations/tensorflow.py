"""TensorFlow: tensors, shapes, dtypes, and type specs with the tag `__typespec__`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.codecs import tensor
from hornbook.engine.codecs.table import CodecTable, Tag, ValueReader, ValueWriter, field
from hornbook.errors import ConfigError, UntrustedReferenceError, short

TAG = "__typespec__"


def check_spec(config: dict[str, Any]) -> None:
    """Refuse a type spec that is none of TensorFlow's.

    Raises:
        UntrustedReferenceError: Its class lives elsewhere.
    """
    module = config.get("module")
    if module is not None and not (isinstance(module, str) and module.partition(".")[0] == "tensorflow"):
        name = f"{module}.{config.get('spec_name')}"
        problem = f"The type spec {short(name)} is none of TensorFlow's"
        raise UntrustedReferenceError(problem, names=(name,), config=config)
    parts = config.get("config")
    for part in parts if isinstance(parts, (list, tuple)) else ():
        if isinstance(part, (list, tuple)) and not all(
            size is None or (type(size) is int and size >= 0) for size in part
        ):
            raise ConfigError(f"`{TAG}` needs lengths of axes, not {short(part)}", config=config)


class TensorFlow(Integration):
    """Codecs of TensorFlow's own values."""

    root = "tensorflow"
    tags = MappingProxyType({TAG: Tag(look=check_spec)})

    def activate(self, codecs: CodecTable) -> None:
        import tensorflow as tf

        codecs.add(tf.Tensor, tf.Variable, encode=_encode_tensor)
        codecs.add(*_wrappers(), encode=lambda value, writer: writer.encode(value.__wrapped__))
        codecs.add(tf.TensorShape, encode=lambda value, writer: _plain(value))
        codecs.add(tf.DType, encode=lambda value, writer: value.name)
        codecs.add(tf.TypeSpec, encode=_encode_spec, tag=TAG, decode=_decode_spec)
        self.tensor = lambda value, dtype: tf.convert_to_tensor(value, dtype=dtype)


def _wrappers() -> tuple[type, ...]:
    """Return what TensorFlow 2.9 to 2.21 makes of a dict and of a tuple that an object keeps."""
    try:
        from tensorflow.python.trackable import data_structures
    except ImportError:  # up to 2.9
        from tensorflow.python.training.tracking import data_structures
    return data_structures._DictWrapper, data_structures._TupleWrapper


def _plain(value: Any) -> Any:
    """Return a shape as a list, a dtype by name, anything else as it is."""
    import tensorflow as tf

    if isinstance(value, tf.TensorShape):
        return None if value.rank is None else value.as_list()
    return value.name if isinstance(value, tf.DType) else value


def _not_plain(part: Any) -> Any:
    """Return what stood for a part that :func:`_plain` returned."""
    import tensorflow as tf

    if isinstance(part, list):
        return tf.TensorShape(part)
    if not isinstance(part, str):
        return part
    dtypes = (dtype for dtype in vars(tf.dtypes).values() if isinstance(dtype, tf.DType))
    return next((dtype for dtype in dtypes if dtype.name == part), part)


def _encode_tensor(value: Any, writer: ValueWriter) -> dict[str, Any]:
    return tensor.array_config(tensor.TAG, value.numpy().tolist(), value.dtype.name, value.shape, writer)


def _encode_spec(value: Any, writer: ValueWriter) -> dict[str, Any]:
    return {
        "class_name": TAG,
        "spec_name": type(value).__name__,
        "module": type(value).__module__,
        "config": [_plain(part) for part in value._serialize()],
        "registered_name": None,
    }


def _decode_spec(inner: Any, config: dict[str, Any], reader: ValueReader) -> Any:
    """Make a spec: one of the classes that TensorFlow exports, found by name."""
    import tensorflow as tf

    check_spec(config)
    name = field(config, "spec_name", TAG)
    known: dict[str, Any] = {
        cls.__name__: cls for cls in vars(tf).values() if isinstance(cls, type) and issubclass(cls, tf.TypeSpec)
    }
    if name not in known:
        raise UntrustedReferenceError(f"TensorFlow exports no type spec {short(name)}", names=(str(name),))
    if not isinstance(inner, (list, tuple)):
        raise ConfigError(f"`{TAG}` needs a list, not {short(inner)}", config=config)
    try:
        return known[name]._deserialize(tuple(map(_not_plain, inner)))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`{TAG}` `{name}` cannot be made: {short(str(error))}", config=config) from error


TENSORFLOW = TensorFlow()
