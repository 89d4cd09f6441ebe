"""Strings as TF 2.15 to Keras 3.15 read them: every one in a list or dict may be a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hornbook.engine.construct import instance
from hornbook.engine.reference import NO_MODULE
from hornbook.errors import HornbookError, UnknownReferenceError
from hornbook.places import is_object_config

if TYPE_CHECKING:
    from hornbook.engine.decode import ReadSession


def read_any_name(session: ReadSession, config: Any, module_objects: Mapping[str, Any] | None) -> Any:
    """Return what a call asks for; what `module_objects` lacks is returned as it is.

    Args:
        session: The reading.
        config: The config.
        module_objects: Built-ins that the caller offers, by name.

    Raises:
        HornbookError: With the place in `config`.
    """
    if isinstance(config, str):
        return _string(session, config, module_objects)
    if isinstance(config, (list, tuple)):
        return [_member(session, i, value) for i, value in enumerate(config)]
    if not isinstance(config, dict):
        return session.decode(config)
    if module_objects is not None:
        return _offered_or_name(session, config, module_objects)
    if is_object_config(config):
        return session.decode(config)
    return {name: _member(session, name, value) for name, value in config.items()}


def _string(session: ReadSession, name: str, module_objects: Mapping[str, Any] | None) -> Any:
    """Return what has a name, or the name; of a class in `module_objects` an instance."""
    target = session.named(name)
    if target is None and module_objects is not None:
        target = module_objects.get(name)
        target = instance(target) if isinstance(target, type) else target
    return name if target is None else target


def _offered_or_name(session: ReadSession, config: dict[str, Any], module_objects: Mapping[str, Any]) -> Any:
    """Return the object for a config; its name, where `module_objects` lacks that."""
    try:
        return session.expected(config, module_objects, "object")
    except UnknownReferenceError:
        if config.get("module", NO_MODULE) is None:
            raise
        return config["config"] if config["class_name"] == "function" else config["class_name"]


def _member(session: ReadSession, step: str | int, config: Any) -> Any:
    try:
        return read_any_name(session, config, None)
    except HornbookError as error:
        error.under(step)
        raise
