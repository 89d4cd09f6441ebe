"""What a config names: a class or a function, before anybody looked it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from hornbook import places
from hornbook.errors import ConfigError, short

Kind = Literal["class", "function"]

# A config without the key `module` is of the form that Keras 2 wrote.
NO_MODULE = ""
_LONGEST_NAME = 1000


class Reference(NamedTuple):
    """A name as a config gives it.

    Args:
        kind: `"class"` or `"function"`.
        name: `class_name`, or for a function the string in `config`.
        module: `module`; `None` when the config says `null` (a class of
            `__main__`), `NO_MODULE` when it says nothing.
        registered_name: `registered_name`; `name` where the key is absent.
    """

    kind: Kind
    name: str
    module: str | None
    registered_name: str | None

    @property
    def label(self) -> str:
        """The name to show to a person, and to pass in `custom_objects`."""
        registered = self.registered_name if self.kind == "class" else None
        return registered or self.name

    @property
    def qualified(self) -> str | None:
        """`module.name`, if there is a module."""
        return f"{self.module}.{self.name}" if self.module else None


is_object_config = places.is_object_config

# A plain tuple is the key of every memo: a NamedTuple costs five times as much.
Key = tuple[Any, Any, Any, Any]


def key_of(config: Mapping[str, Any]) -> Key:
    """Return what `config` names, as a tuple in the order of :class:`Reference`.

    The values are as the config has them: :func:`checked` looks at them.
    """
    name = config["class_name"]
    if name == "function":
        fn = config["config"]
        return "function", fn, config.get("module", NO_MODULE), config.get("registered_name", fn)
    return "class", name, config.get("module", NO_MODULE), config.get("registered_name", name)


def checked(key: Key) -> Reference:
    """Make a :class:`Reference` of `key`.

    Raises:
        ConfigError: A part of it has a wrong type.
    """
    kind, name, module, registered = key
    field = "class_name" if kind == "class" else "config"
    for part, value in ((field, name), ("module", module), ("registered_name", registered)):
        if isinstance(value, str) and len(value) > _LONGEST_NAME:
            raise ConfigError(f"`{part}` has {len(value)} characters; the limit is {_LONGEST_NAME}")
    if not isinstance(name, str):
        error = _wrong(field, "a string", name)
        error.code = "function-not-a-name" if kind == "function" else None
        raise error
    if module is not None and not isinstance(module, str):
        raise _wrong("module", "a string or null", module)
    if registered is not None and not isinstance(registered, str):
        raise _wrong("registered_name", "a string or null", registered)
    return Reference(kind, name, module, registered)


def _wrong(field: str, wanted: str, value: object) -> ConfigError:
    return ConfigError(f"`{field}` must be {wanted}, not {short(value)}", config=value)


# The parts of an object config that are applied to the object once it is made.
COMPLETIONS = ("build_config", "compile_config")


def completion(config: Mapping[str, Any], part: str) -> Mapping[str, Any] | None:
    """Return one of :data:`COMPLETIONS` of an object config, or `None` where there is nothing in it.

    Raises:
        ConfigError: It is not a dict.
    """
    given = config.get(part)
    if not given:
        return None
    if not isinstance(given, Mapping):
        raise ConfigError(f"`{part}` must be a dict, not {short(given)}", config=config, place=f"$.{part}")
    return given


def not_a_dict(inner: Any, config: Any) -> ConfigError:
    """Return the error for an object config whose arguments are `inner`."""
    return ConfigError(f"`config` must be a dict, not {short(inner)}", config=config, code="config-not-a-dict")
