"""Which generation of a framework a config is read for, where two have one name for their modules.

Files of both name their modules alike, and both may be in use in one process.
Whose objects are wanted is said by the caller, by what the caller hands in, or
by the config; where none of them says it, a name that may be of both is refused.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Resolver
from hornbook.errors import ConfigError, MissingDependencyError, short
from hornbook.places import is_object_config
from hornbook.policy import STRICT, Policy

_WANTED: ContextVar[str | None] = ContextVar("hornbook_framework", default=None)


@contextmanager
def wanting(framework: str | None, policy: Policy | None = None) -> Iterator[None]:
    """Have configs in the block read for a framework, as the caller says.

    Args:
        framework: Its root module, as `"acme"`.
        policy: What names one where that is `None`; if it names none either, all stays as it is.

    Raises:
        ConfigError: There is no integration for it.
    """
    framework = framework or (None if policy is None else policy.framework)
    if framework is None:
        yield
        return
    if not isinstance(framework, str) or not current_registry().integrations.has_root(framework):
        what = f'`framework` must be the root module of a framework, as "acme", not {short(framework)}'
        raise ConfigError(what, place=None)
    token = _WANTED.set(framework)
    try:
        yield
    finally:
        _WANTED.reset(token)


def wanted_framework() -> str | None:
    """Return the root module of the framework that the caller, or else the installation, has named; `None` for none."""
    installed = current_registry().integrations.policy
    return _WANTED.get() or (None if installed is None else installed.framework)


def framework_for(
    config: Any, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Integration | None:
    """Return the framework that a config is read for; `None` where only one is in use, or nothing decides.

    Args:
        config: What is read.
        custom_objects: Objects by name.
        module_objects: Objects by name, which may be built-ins.

    Raises:
        MissingDependencyError: The framework that is wanted is not installed.
    """
    integrations = current_registry().integrations
    wanted = wanted_framework()
    if wanted is not None:
        return integrations.activate_for(wanted, named=False)
    integrations.activate_loaded()
    if not integrations.older:
        return None
    said = _said_by_module(config, integrations.older)
    if said is not None:
        return said
    # Whoever reads refuses one that is none.
    offered = module_objects if isinstance(module_objects, Mapping) else {}
    for target in _named(config, custom_objects, offered):
        owner = owner_of(target)
        if owner is not None:
            return owner
    owners = {id(owner): owner for owner in map(owner_of, offered.values()) if owner is not None}
    if len(owners) == 1:
        return next(iter(owners.values()))
    rivals = integrations.rivals
    return rivals[0] if len(rivals) == 1 else None


def newest() -> Integration:
    """Return the framework that the modules in files of older generations in use are named by, itself in use.

    Raises:
        MissingDependencyError: It is not installed, or an older generation has its name here.
    """
    integrations = current_registry().integrations
    named = (each for each in integrations.known() if not is_older(each) and integrations.older_name(each.root))
    newer = next(named, None)
    if newer is not None and integrations.activate_for(newer.root, named=False) is newer:
        return newer
    missing = None if newer is None else newer.unavailable()
    raise missing or MissingDependencyError("Only older generations of the framework are installed", place=None)


def is_older(framework: Integration | None) -> bool:
    """Return whether a config is read for an older generation, so that it stays as it is."""
    return framework is not None and framework.written_as is not None


def framework_of(obj: Any) -> Integration | None:
    """Return the framework that an object is of; `None` where no older generation is in use, or it is of none."""
    integrations = current_registry().integrations
    integrations.activate_loaded()
    return owner_of(type(obj)) if integrations.older else None


def owner_of(target: Any) -> Integration | None:
    """Return the framework in use that a class is of, by its base; `None` for a function and for any other class."""
    if isinstance(target, type):
        for integration in current_registry().integrations.active:
            recognized = integration.recognize(target)
            if recognized is not None and (recognized.kind is not None or recognized.builtin):
                return integration
    return None


def _said_by_module(config: Any, older: Iterable[Integration]) -> Integration | None:
    """Return the generation that has a module of its own name, where a config names that."""
    module = config.get("module") if isinstance(config, dict) else None
    root = module.partition(".")[0] if isinstance(module, str) else ""
    own = (
        each
        for each in older
        if each.root == root and not any(other.names(root) for other in older if other is not each)
    )
    return next(own, None)


def _named(config: Any, custom_objects: Mapping[str, Any] | None, module_objects: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what the caller has under the names of a config's class.

    What is written as a built-in is none of the user's classes, whatever is called like it.
    """
    if not (isinstance(config, dict) and is_object_config(config)):
        return
    offered = module_objects.get(config["class_name"]) if isinstance(config["class_name"], str) else None
    if offered is not None:
        yield offered
    module = config.get("module")
    shared = isinstance(module, str) and current_registry().integrations.older_name(module)
    if shared and config.get("registered_name") is None:
        return
    tables = Resolver(
        current_registry(), STRICT, (custom_objects,) if isinstance(custom_objects, Mapping) else ()
    ).tables
    for name in (config.get("registered_name"), config["class_name"]):
        if isinstance(name, str):
            for table in tables(("argument", "scope", "registry")):
                if isinstance(table.get(name), (type, types.FunctionType)):
                    yield table[name]
