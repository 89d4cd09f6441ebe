"""TensorFlow: tensors, shapes, dtypes, and type specs with the tag `__typespec__`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hornbook.engine.codecs import tensor
from hornbook.engine.codecs.table import CodecTable, field
from hornbook.engine.plugins import Integration
from hornbook.errors import ConfigError, UntrustedReferenceError, short

if TYPE_CHECKING:
    from hornbook.engine.decode import Reader
    from hornbook.engine.encode import Writer

TAG = "__typespec__"


class TensorFlow(Integration):
    """Codecs of TensorFlow's own values."""

    root = "tensorflow"

    def activate(self, codecs: CodecTable) -> None:
        import tensorflow as tf

        codecs.add(tf.Tensor, tf.Variable, encode=_encode_tensor)
        codecs.add(tf.TensorShape, encode=lambda value, writer: _plain(value))
        codecs.add(tf.DType, encode=lambda value, writer: value.name)
        codecs.add(tf.TypeSpec, encode=_encode_spec, tag=TAG, decode=_decode_spec)
        self.tensor = lambda value, dtype: tf.convert_to_tensor(value, dtype=dtype)


def _plain(value: Any) -> Any:
    """Return a shape as a list, a dtype by name, anything else as it is."""
    import tensorflow as tf

    if isinstance(value, tf.TensorShape):
        return None if value.rank is None else value.as_list()
    return value.name if isinstance(value, tf.DType) else value


def _encode_tensor(value: Any, writer: Writer) -> dict[str, Any]:
    return tensor.array_config(tensor.TAG, value.numpy().tolist(), value.dtype.name, value.shape, writer)


def _encode_spec(value: Any, writer: Writer) -> dict[str, Any]:
    return {
        "class_name": TAG,
        "spec_name": type(value).__name__,
        "module": type(value).__module__,
        "config": [_plain(part) for part in value._serialize()],
        "registered_name": None,
    }


def _decode_spec(inner: Any, config: dict[str, Any], reader: Reader) -> Any:
    """Make a spec: one of the classes that TensorFlow exports, found by name."""
    import tensorflow as tf

    tensor.check_spec(config)
    name = field(config, "spec_name", TAG)
    known: dict[str, Any] = {
        cls.__name__: cls for cls in vars(tf).values() if isinstance(cls, type) and issubclass(cls, tf.TypeSpec)
    }
    if name not in known:
        raise UntrustedReferenceError(f"TensorFlow exports no type spec {short(name)}", names=(str(name),))
    if not isinstance(inner, (list, tuple)):
        raise ConfigError(f"`{TAG}` needs a list, not {short(inner)}", config=config)
    dtypes = {one.name: one for one in vars(tf.dtypes).values() if isinstance(one, tf.DType)}
    parts = [
        tf.TensorShape(part) if isinstance(part, list) else dtypes.get(part, part) if isinstance(part, str) else part
        for part in inner
    ]
    try:
        return known[name]._deserialize(tuple(parts))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`{TAG}` `{name}` cannot be made: {short(str(error))}", config=config) from error


TENSORFLOW = TensorFlow()
