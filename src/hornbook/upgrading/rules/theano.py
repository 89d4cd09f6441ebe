"""The padding `same` as Theano had it.

A convolution of Theano pads half of its kernel on both sides, whatever the
stride; the other backends pad as much as the output needs.  Both are the same
for a stride of 1 and an odd kernel.  Otherwise a layer that pads is put before
the convolution.  Where that is not the same, the upgrade says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hornbook.upgrading.node import OldObject, UpgradeRule
from hornbook.upgrading.rules.calls import tensor

_MODELS = ("Sequential", "Functional")
_CONVOLUTIONS = {
    "Conv1D": 1, "Conv2D": 2, "Conv3D": 3, "SeparableConv1D": 1, "SeparableConv2D": 2, "DepthwiseConv2D": 2,
}  # fmt: skip
_TRANSPOSED = {"Conv2DTranspose": 2, "Conv3DTranspose": 3}
_POOLS = {f"{kind}Pooling{rank}D": rank for kind in ("Max", "Average") for rank in (1, 2, 3)}
_RECURRENT = {"ConvLSTM2D": 2}
_RANKS = {**_CONVOLUTIONS, **_TRANSPOSED, **_POOLS, **_RECURRENT}
# The arguments that say how a layer pads.
PADDING = ("padding", "kernel_size", "pool_size", "strides", "dilation_rate")

Pads = list[list[int]]


def differs(name: str, arguments: Mapping[str, Any], version: tuple[int, ...]) -> bool:
    """Return whether a layer pads otherwise in Keras 3 than it did with Theano.

    Args:
        name: Its class.
        arguments: Its arguments of today, at least those of `PADDING`.
        version: The version that wrote it, as numbers.
    """
    if name not in _RANKS:
        return False
    sizes = _sizes(name, arguments)
    if name in _RECURRENT and any(size % 2 == 0 for size in sizes):
        return True  # its states are always padded so
    if arguments.get("padding") != "same":
        return False
    sides = list(zip(sizes, _each(arguments, "strides", _RANKS[name]), strict=False))
    if name in _POOLS:
        return _pool_differs(name, sides, version)
    return any(size > 1 and (stride > 1 or size % 2 == 0) for size, stride in sides)


def _pool_differs(name: str, sides: list[tuple[int, int]], version: tuple[int, ...]) -> bool:
    """Return whether a pool of these sizes and strides pads otherwise.

    Averages took the padding for values in some releases of Keras 2.0 and 2.1.
    """
    counted = name in ("AveragePooling1D", "AveragePooling2D") and (2,) <= version < (2, 1, 6)
    return any(size > 1 and (size != 3 or stride > 1 or counted) for size, stride in sides)


def _differs(layer: Any, version: tuple[int, ...]) -> bool:
    """Return whether the config of an object is that of such a layer."""
    if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
        return False
    return differs(str(layer.get("class_name")), layer["config"], version)


def _sizes(name: str, arguments: Mapping[str, Any]) -> list[int]:
    """Return the sides of a kernel or a pool, with its dilation."""
    if name in _POOLS:
        return _each(arguments, "pool_size", _POOLS[name], default=2)
    sizes = _each(arguments, "kernel_size", _RANKS[name])
    rates = _each(arguments, "dilation_rate", _RANKS[name])
    return [(size - 1) * rate + 1 for size, rate in zip(sizes, rates, strict=True)]


def _each(arguments: Mapping[str, Any], name: str, rank: int, default: int = 1) -> list[int]:
    """Return an argument as one number for each axis; the strides of a pool are its size."""
    value = arguments.get(name)
    if value is None:
        value = arguments.get("pool_size", 2) if name == "strides" and "pool_size" in arguments else default
    value = list(value) if isinstance(value, (list, tuple)) else [value]
    value = [side if isinstance(side, int) else default for side in value]
    return (value * rank)[:rank] if len(value) == 1 else (value + [default] * rank)[:rank]


def _pads(layer: dict[str, Any], version: tuple[int, ...]) -> Pads | None:
    """Return what to pad before and after each axis so that a convolution without padding gives the same."""
    if layer["class_name"] not in _CONVOLUTIONS:
        return None
    sizes = _sizes(layer["class_name"], layer["config"])
    even = any(size % 2 == 0 for size in sizes)
    # Keras 1 had two ways for 3D, and a separable convolution of even size gave one value more.
    if even and (layer["class_name"].startswith("Separable") or (version < (2,) and len(sizes) == 3)):
        return None
    return [[size // 2, (size - 1) // 2] for size in sizes]


def _same(obj: OldObject) -> None:
    """Theano's `same` padded half of the kernel on both sides: a layer that pads stands before the convolution."""
    if obj.backend != "theano":
        if not obj.backend and obj.version < (2,):  # Keras 2 always tells
            _assume(obj)
        return
    for field, value in obj.arguments.items():
        if field == "layers" and obj.name in _MODELS and isinstance(value, list):
            obj.arguments[field] = list(_padded(value, obj))
        else:
            for layer in _differing(value, obj.version):
                _open(layer, obj, field)


def _differing(value: Any, version: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the layers that pad otherwise, of the one or those that an argument holds."""
    return [layer for layer in (value if isinstance(value, list) else [value]) if _differs(layer, version)]


def _assume(obj: OldObject) -> None:
    """Report which layers pad as those of TensorFlow, because nothing tells whose they are."""
    for field, value in obj.arguments.items():
        layers = _differing(value, obj.version)
        if layers:
            names = ", ".join(repr(_name(layer)) for layer in layers[:3]) + (" and others" if len(layers) > 3 else "")
            obj.assume(f"Theano padded otherwise with 'same', and nothing tells the backend of {names}", field)


def _padded(layers: list[Any], obj: OldObject) -> Iterator[Any]:
    """Yield the layers of a model, with one that pads before each convolution that needs it."""
    names = {name for layer in layers if isinstance(layer, dict) for name in (layer.get("name"), _name(layer))}
    for layer in layers:
        pads = _pads(layer, obj.version) if _differs(layer, obj.version) else []
        if pads is None:
            _open(layer, obj, "layers")
        if not pads:
            yield layer
            continue
        name = f"{_name(layer)}_same"
        while name in names:
            name += "_"
        names.add(name)
        padding = _padding_layer(layer, name, pads)
        obj.record("layers", "padding='same' of Theano", f"{padding['class_name']} {pads}")
        yield padding
        yield _without_padding(layer, name)


def _padding_layer(layer: dict[str, Any], name: str, pads: Pads) -> dict[str, Any]:
    """Return the layer that pads what a convolution gets."""
    rank = len(pads)
    taken = {field: layer["config"][field] for field in ("data_format", "dtype") if field in layer["config"]}
    padding = {
        "module": "keras.layers", "class_name": f"ZeroPadding{rank}D", "registered_name": None,
        "config": {"name": name, "padding": pads if rank > 1 else pads[0], **taken},
    }  # fmt: skip
    nodes = layer.get("inbound_nodes")
    return padding if nodes is None else {**padding, "name": name, "inbound_nodes": nodes}


def _without_padding(layer: dict[str, Any], before: str) -> dict[str, Any]:
    """Return a convolution that does not pad, and in a graph is called on what the layer before it gives."""
    layer = {**layer, "config": {**layer["config"], "padding": "valid"}}
    nodes = layer.get("inbound_nodes")
    if nodes is not None:
        layer["inbound_nodes"] = [{"args": [tensor(before, i, 0)], "kwargs": {}} for i in range(len(nodes))]
    return layer


def _name(layer: dict[str, Any]) -> str:
    inner = layer.get("config")
    return str((inner.get("name") if isinstance(inner, dict) else None) or layer.get("name") or "layer")


def _open(layer: dict[str, Any], obj: OldObject, field: str) -> None:
    """Say that a layer pads otherwise."""
    obj.open(f"the padding 'same' of Theano in the {layer['class_name']} {_name(layer)!r} has no counterpart", field)


THEANO_PADDING = (
    UpgradeRule(
        "theano-same",
        frozenset({"<any>"}),
        "Keras 0.x to 2.3.1 on Theano",
        "keras/backend/theano_backend.py of Keras 1.0.8 to 2.2.4: `_postprocess_conv2d_output`, `pool2d`",
        _same,
        stage="done",
    ),
)
