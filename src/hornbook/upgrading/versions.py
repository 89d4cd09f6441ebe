"""Which version of Keras wrote a config: what it says, else what its form tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hornbook.errors import ConfigError, short
from hornbook.places import ATOMS

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


def declared(config: Any, name: str = "keras_version") -> str | None:
    """Return what a config says of the version that wrote it, or of the backend."""
    for whole in (config, config.get("modelTopology") if isinstance(config, dict) else None):
        if isinstance(whole, dict) and isinstance(whole.get(name), str):
            value: str = whole[name]
            return value
    return None


def text(value: Any) -> str | None:
    """Return what a file says of itself if it is a text, which it need not be."""
    return value if isinstance(value, str) else None


def is_of_third(version: Any) -> bool:
    """Return whether a file says that Keras 3 wrote it."""
    numbers = parsed(version) if isinstance(version, str) else None
    return numbers is not None and numbers[0] >= 3


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
    match = None if version.startswith("tfjs") else re.match(r"\D*(\d{1,9}(?:\.\d{1,9})*)", version)
    return match and tuple(int(number) for number in match[1].split(".")[:3])


_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def _of_form(config: Any) -> Version:
    """Return the generation that the form of a config tells."""
    if any(name in member for member in dicts(config) for name in _KERAS_1):
        return (1,)
    return (2,) if any(_is_old(member) for member in dicts(config)) or not _of_keras_3(config) else (3,)


def dicts(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every dict in a config, once: a config may hold the same one many times over.

    `places.values_within` with a function that tells what is new takes half as long again, and this is asked for
    whenever an object of Keras is read.
    """
    waiting = [config]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if type(value) in ATOMS or id(value) in seen:
            continue
        if isinstance(value, dict):
            seen.add(id(value))
            yield value
            waiting += value.values()
        elif isinstance(value, (list, tuple)):
            seen.add(id(value))
            waiting += value


def object_configs(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every object config with a class name and arguments in a config, once."""
    for value in dicts(config):
        if isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict):
            yield value


def _is_old(member: dict[str, Any]) -> bool:
    """Return whether a dict has the form of a version before Keras 3."""
    if "batch_input_shape" in member or "is_legacy_optimizer" in member:
        return True
    nodes = member.get("inbound_nodes")
    if isinstance(nodes, list) and any(isinstance(node, list) and node for node in nodes):
        return True
    return _old_place(member) or ("class_name" in member and isinstance(member.get("config"), list))


def _old_place(member: dict[str, Any]) -> bool:
    module = member.get("module")
    return isinstance(module, str) and _OLD_PLACES.match(module) is not None


def lacks_modules(config: Any) -> bool:
    """Return whether an object within a config, not the outermost one, has no `module`."""
    return any(
        member is not config and "module" not in member and "config" in member and not name.startswith("__")
        for member in dicts(config)
        if isinstance(name := member.get("class_name"), str)
    )


def is_modern(config: Any) -> bool:
    """Return whether a config is of Keras 3 as its first layer tells; `False` says nothing.

    Cheap: what Keras 3 wrote must not be slower to load for what others wrote.
    """
    inner = config.get("config") if isinstance(config, dict) and "keras_version" not in config else None
    layers = inner.get("layers") if isinstance(inner, dict) else None
    first = layers[0] if isinstance(layers, list) and layers else None
    if not isinstance(first, dict) or not isinstance(first.get("config"), dict):
        return False
    return "module" in first and "batch_shape" in first["config"] and not _old_place(config)


def is_of_keras_3(config: Any, version: str | None) -> bool:
    """Return whether Keras 3 wrote a config, as a file says; it writes modules, but for HDF5."""
    return version is not None and (parsed(version) or ())[:1] == (3,) and "module" in config


def is_own(config: dict[str, Any]) -> bool:
    """Return whether an object config names a module that no Keras has; `null` is that of a script."""
    module = config.get("module", "")
    return module is None or (type(module) is str and module != "" and not _OF_KERAS.match(module))


def is_own_leaf(config: dict[str, Any]) -> bool:
    """Return whether an object config without parts names a module that no Keras has."""
    inner = config["config"]
    return type(inner) is dict and _PLAIN.issuperset(map(type, inner.values())) and is_own(config)


def is_of_today(config: dict[str, Any]) -> bool:
    """Return whether a look at an object config is enough to know that there is no older form in it."""
    return is_modern(config) or is_own_leaf(config)


def is_object(config: Any) -> bool:
    """Return whether a value is the config of an object, of whichever version."""
    return type(config) is dict and "class_name" in config and isinstance(config.get("config"), (dict, list))


def may_be_older(config: dict[str, Any]) -> bool:
    """Return whether an object config with a module may be of a version before Keras 3, by a look at it alone."""
    inner = config["config"]
    return isinstance(inner, list) or "layers" in inner or _is_old(inner) or _old_place(config)


def _of_keras_3(config: Any) -> bool:
    """Return whether the objects within a config are as Keras 3 writes them.

    In `.keras` and JSON they name their modules, in HDF5 they do not.
    """
    if lacks_modules(config):
        return any("batch_shape" in member or member.get("class_name") == "DTypePolicy" for member in dicts(config))
    parts = isinstance(config, dict) and any("class_name" in member for member in dicts(config.get("config")))
    return parts or (isinstance(config, dict) and "module" in config)
