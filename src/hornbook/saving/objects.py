"""Objects to configs and configs to objects: the public functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.engine.decode import current_reader
from hornbook.engine.dialects import HORNBOOK
from hornbook.engine.generations import framework_for, wanting
from hornbook.engine.session import known, read
from hornbook.engine.writing import write
from hornbook.upgrading.upgrade import prepared, readable


def serialize_keras_object(obj: Any) -> Any:
    """Return the config that stands for an object.

    Plain values stand for themselves; lists, tuples and dicts are written
    element by element; functions by name; every other object by its
    `get_config()`.  An object that occurs twice gets a `shared_object_id`, so
    that it is one object again after reading.

    Args:
        obj: The object.  It needs no framework: any object with a
            `get_config()` method will do.

    Returns:
        A dict with `module`, `class_name`, `config`, `registered_name`, equal
        to what Keras 3.15.1 returns but for shared ids, and for arguments that the
        `get_config` of a built-in leaves out; or the plain value.

    Raises:
        SerializationError: (a `TypeError` and a `ValueError`) A value cannot
            be written, or would not come back as it is.
        AmbiguousReferenceError: Two functions have one name.

    Source of the rule: the Keras 3.6 document, `serialize_keras_object`.

    Example:
        >>> from hornbook import register_keras_serializable
        >>> @register_keras_serializable("docs")
        ... class Box:
        ...     def __init__(self, width): self.width = width
        ...     def get_config(self): return {"width": self.width}
        >>> config = serialize_keras_object(Box(3))
        >>> config["class_name"], config["config"], config["registered_name"]
        ('Box', {'width': 3}, 'docs>Box')
    """
    return write(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """Return the object that a config stands for.

    All names in `config` are judged first; nothing is built if one of them is
    unknown, ambiguous or not trusted.  The config is never changed.  What a
    version before Keras 3 wrote is upgraded as :func:`hornbook.upgrade` does,
    where a module or an argument tells, or, where a config has no module, it
    is that of a model or an optimizer, or of a built-in in `module_objects`.

    Args:
        config: The config: a dict, or a list or plain value.  A string is the
            name of an object where one is known by it (an instance, where the
            name is that of a class), and itself otherwise.
        custom_objects: Objects by name; they win over a scope, over the
            registry and over built-ins.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        **kwargs: `policy`, a :class:`hornbook.Policy`, says what may be used.
            `module_objects` offers objects by name, after the registry and
            before built-ins; with it, a string that names nothing is an error.
            `framework` says for which one a config is read that may be of
            several which are in use, as `"keras"` and `"tf_keras"`.
            `printable_module_name` or `name` says in that error what was
            looked for.

    Returns:
        The object.

    Raises:
        UnknownReferenceError: Names that nothing is known by, all of them.
        UntrustedReferenceError: Names that a config may not use.
        AmbiguousReferenceError: A name that several objects answer to.
        LambdaRefusedError: Byte code, in safe mode.
        ConfigError: The config has a wrong shape.
        ConstructionError: A class refused its config.
        LimitError: The config is too deep or too large.
        TypeError: An unknown keyword.

    Source of the rule: the documents of TF 2.15 and Keras 3.6.

    Example:
        >>> class Box:
        ...     def __init__(self, width): self.width = width
        ...     @classmethod
        ...     def from_config(cls, config): return cls(**config)
        >>> config = {"class_name": "Box", "config": {"width": 3}}
        >>> deserialize_keras_object(config, custom_objects={"Box": Box}).width
        3
        >>> deserialize_keras_object(config)
        Traceback (most recent call last):
        hornbook.errors.UnknownReferenceError: Unknown `Box` - at `$`
        Register it with @register_keras_serializable() or pass it in custom_objects=.
    """
    if not kwargs:
        reader = current_reader()
        if reader is not None and custom_objects is None:
            return reader.from_user_code(config)
        revise = framework = None
        if reader is None:
            framework = framework_for(config, custom_objects)
            config, revise = prepared(config, custom_objects, framework)
        return read(
            config,
            custom_objects=custom_objects,
            safe_mode=safe_mode,
            dialect=HORNBOOK,
            revise=revise,
            framework=framework,
        )
    with wanting(kwargs.pop("framework", None), kwargs.get("policy")):
        return _read_with(config, custom_objects, safe_mode, kwargs)


def _read_with(config: Any, custom_objects: Mapping[str, Any] | None, safe_mode: bool, kwargs: dict[str, Any]) -> Any:
    """Return what `deserialize_keras_object` does with keywords."""
    more = {name: kwargs.pop(name, None) for name in ("policy", "module_objects")}
    noun = kwargs.pop("printable_module_name", None) or kwargs.pop("name", None) or ""
    if kwargs:
        raise TypeError(f"deserialize_keras_object() got unexpected keywords {sorted(kwargs)}")
    framework = None
    if current_reader() is None:
        framework = framework_for(config, custom_objects, more["module_objects"])
        config = readable(config, custom_objects, more["module_objects"], framework=framework)
    return read(
        config,
        custom_objects=custom_objects,
        safe_mode=safe_mode,
        noun=noun,
        dialect=HORNBOOK,
        framework=framework,
        **more,
    )


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any | None:
    """Return the object that a name stands for, or `None`.

    Args:
        name: The name, as `"package>name"` or bare.
        custom_objects: Objects by name; looked up first.
        module_objects: Objects by name; looked up last.

    Example:
        >>> get_registered_object("half", {"half": len})
        <built-in function len>
        >>> get_registered_object("half") is None
        True
    """
    return known(name, custom_objects, module_objects)
