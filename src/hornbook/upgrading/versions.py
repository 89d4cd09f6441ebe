"""Which version of Keras wrote a config: what it says, else what its form tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hornbook.errors import ConfigError, short

Version = tuple[int, ...]

# Names of arguments and classes that only Keras 0.x and 1 wrote.
_KERAS_1 = frozenset(
    {"nb_filter", "border_mode", "W_regularizer", "inner_init", "input_dtype", "dim_ordering", "pool_length"}
)
BACKENDS = ("theano", "tensorflow", "cntk", "jax", "torch", "numpy", "openvino")
_OF_KERAS = re.compile(r"(tf_)?keras\b|tensorflow\b|builtins\b")
# Where no class of Keras 3 lives.
_OLD_PLACES = re.compile(
    r"^(tf_keras|tensorflow|keras\.(src\.)?engine|keras\.(\w+\.)?experimental)\b|^keras\.optimizers\.legacy"
)


def check_backend(name: str | None) -> None:
    """Refuse what is no backend: a misspelt one would change nothing, and nobody would know.

    Raises:
        ConfigError: It is none.
    """
    if name not in (None, *BACKENDS):
        raise ConfigError(f"{short(name)} is no backend", hint=f"They are {', '.join(BACKENDS)}.")


def known_backend(name: Any) -> str | None:
    """Return the backend that a file says it was written with, if Keras has or had it."""
    return name if isinstance(name, str) and name in BACKENDS else None


def told(config: Any, name: str = "keras_version") -> str | None:
    """Return what a config says of the version that wrote it, or of the backend."""
    for one in (config, config.get("modelTopology") if isinstance(config, dict) else None):
        if isinstance(one, dict) and isinstance(one.get(name), str):
            found: str = one[name]
            return found
    return None


def text(value: Any) -> str | None:
    """Return what a file says of itself if it is a text, which it need not be."""
    return value if isinstance(value, str) else None


def numbers(version: str | None, config: Any) -> Version:
    """Return a version as numbers; where there is none, what the form tells.

    Args:
        version: As `"2.2.4-tf"`, or `None`.  That of TensorFlow.js counts its
            own releases; it writes the form of Keras 2.
        config: The object config.

    Returns:
        `(3,)` for a config of the form of Keras 3, `(1,)` where there are
        arguments of Keras 1, `(2,)` for all between.

    Example:
        >>> numbers("2.2.4-tf", {}), numbers("tfjs-layers 4.22.0", {})
        ((2, 2, 4), (2,))
    """
    if isinstance(version, str):
        return parsed(version) or (2,)
    return _of_form(config)


def parsed(version: str) -> Version | None:
    """Return up to three numbers of a version, or `None` where it has none, or counts releases of TensorFlow.js.

    Example:
        >>> parsed("3.15.1"), parsed("2.2.4-tf"), parsed("tfjs-layers v4.22.0"), parsed("")
        ((3, 15, 1), (2, 2, 4), None, None)
    """
    found = None if version.startswith("tfjs") else re.match(r"\D*(\d{1,9}(?:\.\d{1,9})*)", version)
    return found and tuple(int(number) for number in found[1].split(".")[:3])


_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def _of_form(config: Any) -> Version:
    """Return the generation that the form of a config tells."""
    if any(name in one for one in objects(config) for name in _KERAS_1):
        return (1,)
    return (2,) if any(_is_old(one) for one in objects(config)) or not _of_keras_3(config) else (3,)


def objects(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every dict in a config, once."""
    waiting = [config]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if type(one) in _PLAIN or id(one) in seen:
            continue
        if isinstance(one, dict):
            seen.add(id(one))
            yield one
            waiting += one.values()
        elif isinstance(one, (list, tuple)):
            seen.add(id(one))
            waiting += one


def _is_old(one: dict[str, Any]) -> bool:
    """Say whether a dict has the form of a version before Keras 3."""
    if "batch_input_shape" in one or "is_legacy_optimizer" in one:
        return True
    nodes = one.get("inbound_nodes")
    if isinstance(nodes, list) and any(isinstance(node, list) and node for node in nodes):
        return True
    return _old_place(one) or ("class_name" in one and isinstance(one.get("config"), list))


def _old_place(one: dict[str, Any]) -> bool:
    module = one.get("module")
    return isinstance(module, str) and _OLD_PLACES.match(module) is not None


def lacks_modules(config: Any) -> bool:
    """Say whether an object within a config, not the outermost one, has no `module`."""
    return any(
        one is not config and "module" not in one and "config" in one and not name.startswith("__")
        for one in objects(config)
        if isinstance(name := one.get("class_name"), str)
    )


def is_modern(config: Any) -> bool:
    """Say whether a config is of Keras 3 as its first layer tells; `False` says nothing.

    Cheap: what Keras 3 wrote must not be slower to load for what others wrote.
    """
    inner = config.get("config") if isinstance(config, dict) and "keras_version" not in config else None
    layers = inner.get("layers") if isinstance(inner, dict) else None
    first = layers[0] if isinstance(layers, list) and layers else None
    if not isinstance(first, dict) or not isinstance(first.get("config"), dict):
        return False
    return "module" in first and "batch_shape" in first["config"] and not _old_place(config)


def is_own_leaf(config: dict[str, Any]) -> bool:
    """Return whether an object config without parts names a module that no Keras has; `null` is that of a script."""
    module, inner = config.get("module", ""), config["config"]
    if type(inner) is not dict or not _PLAIN.issuperset(map(type, inner.values())):
        return False
    return module is None or (type(module) is str and module != "" and not _OF_KERAS.match(module))


def is_object(config: Any) -> bool:
    """Return whether a value is the config of an object, of whichever version."""
    return type(config) is dict and "class_name" in config and isinstance(config.get("config"), (dict, list))


def may_be_older(config: dict[str, Any]) -> bool:
    """Return whether an object config with a module may be of a version before Keras 3, by a look at it alone."""
    inner = config["config"]
    return isinstance(inner, list) or "layers" in inner or _is_old(inner) or _old_place(config)


def _of_keras_3(config: Any) -> bool:
    """Say whether the objects within a config are as Keras 3 writes them.

    In `.keras` and JSON they name their modules, in HDF5 they do not.
    """
    if lacks_modules(config):
        return any("batch_shape" in one or one.get("class_name") == "DTypePolicy" for one in objects(config))
    parts = isinstance(config, dict) and any("class_name" in one for one in objects(config.get("config")))
    return parts or (isinstance(config, dict) and "module" in config)
