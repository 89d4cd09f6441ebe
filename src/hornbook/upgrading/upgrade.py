"""The public function: one config in, one config and a report out."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.generations import is_older
from hornbook.engine.reference import Key
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Resolver
from hornbook.engine.session import Revise
from hornbook.engine.session import names as names_here
from hornbook.errors import ConfigError, HornbookError, LimitError, UpgradeWarning, short
from hornbook.upgrading import versions
from hornbook.upgrading.names import ContextNames
from hornbook.upgrading.node import UpgradeRule, is_builtin, means_own, with_lists
from hornbook.upgrading.register import registered_rules
from hornbook.upgrading.report import Report
from hornbook.upgrading.rules import forms
from hornbook.upgrading.rules.built_in import BUILT_IN_RULES
from hornbook.upgrading.walk import OwnClassesWalk, RuleSet, Tells, Walk

_RULES = RuleSet(BUILT_IN_RULES)
_TELLS = Tells(BUILT_IN_RULES)
# HDF5 of Keras 3 has the arguments of today, and names without modules.
_OF_KERAS_3_HDF5 = RuleSet(
    rule for rule in BUILT_IN_RULES if rule.name in ("functional-model", "compile-state", "own-activations")
)
# What a rule meets where a file has anything else than Keras wrote there.
_WRONG_TYPES = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)

_CONTAINERS = (dict, list, tuple)

# What the older documents call a model, and where Keras 3 has it.
_BARE = {"Sequential": "keras", "Functional": "keras.src.models.functional", "Model": "keras"}


def upgrade(
    config: Any,
    *,
    version: str | None = None,
    backend: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
) -> tuple[Any, Report]:
    """Rewrite a config that an older version wrote, for Keras 3.

    Args:
        config: The config of a model or of any object, as JSON gives it; what
            `to_json` wrote, TensorFlow.js' `model.json`, or the form of
            Keras 0.x.  It is not changed.
        version: The version that wrote it, as `"2.2.4"`.  By default what the
            config says of itself, else what its form tells.
        backend: The backend that it was made with: with `"theano"` the
            padding `same` meant something else.  By default what the config
            says of itself.
        custom_objects: Objects by name.  A name that means one of these, or
            one that is in scope or registered, is not taken for a built-in.

    Returns:
        The config for Keras 3, and a report of what was done.

    Raises:
        ConfigError: It is no object config, or what an object is given is of
            a type that it cannot have.
        LimitError: It nests too deep.

    Example:
        >>> old = {"class_name": "Dense", "config": {"output_dim": 3, "init": "uniform"}}
        >>> config, report = upgrade(old, version="1.2")
        >>> config["module"], sorted(config["config"].items())
        ('keras.layers', [('kernel_initializer', 'uniform'), ('units', 3)])
        >>> list(report.rules())
        ['keras-1-arguments', 'module']
    """
    return _upgraded(config, version, backend, names_here(custom_objects))


def _upgraded(
    config: Any, version: str | None, backend: str | None, names: Resolver, kind: str | None = None
) -> tuple[Any, Report]:
    versions.check_backend(backend)
    written_by = versions.text(version) or versions.declared(config)
    whole = forms.unwrapped(config)
    numbers = versions.numbers(written_by, whole)
    report = Report(written_by or ".".join(map(str, numbers)), backend or versions.declared(config, "backend"))
    added = registered_rules(names.registry)
    with _errors_of_rules():
        known = ContextNames(names)
        if written_by is None and numbers >= (3,) and _tells(added).of(whole, known, kind):
            numbers = (2,)
            report.version = "2"
        if numbers < (3,):
            rules = _RULES + added
        elif versions.lacks_modules(whole):
            rules = _OF_KERAS_3_HDF5 + _of_own_classes(added)
        else:
            return _revised(deepcopy(whole), names, report), report
        return Walk(rules, known, report, numbers).object(forms.plain(whole), (), kind), report


@contextmanager
def _errors_of_rules() -> Iterator[None]:
    """Raise what goes wrong where a config is not as any Keras wrote it as an error of ours."""
    try:
        yield
    except RecursionError as error:
        raise LimitError("The config nests deeper than Python can go") from error
    except HornbookError:
        raise
    except _WRONG_TYPES as error:
        what = f"The config has values of types that no Keras wrote: {type(error).__name__}: {short(str(error))}"
        raise ConfigError(what, place="$") from error


def _tells(added: tuple[UpgradeRule, ...]) -> Tells:
    return Tells((*BUILT_IN_RULES, *added)) if added else _TELLS


def _of_own_classes(rules: tuple[UpgradeRule, ...]) -> tuple[UpgradeRule, ...]:
    return tuple(rule for rule in rules if not rule.builtins)


def _revised(config: Any, names: Resolver, report: Report) -> Any:
    """Return a config of Keras 3 after the rules for classes of the user's; itself if none holds."""
    rules = _of_own_classes(registered_rules(names.registry))
    if not rules:
        return config
    with _errors_of_rules():
        return OwnClassesWalk(RuleSet(rules), ContextNames(names), report, (3,)).upgraded(config)


def upgraded(config: Any, names: Resolver, version: Any = None, backend: Any = None, kind: str | None = None) -> Any:
    """Return a model config as the Keras has it that reads it; one of Keras 3 as it is.

    Args:
        config: The config.
        names: What knows the names of the user, and which Keras it is read for.
        version: What a file says of the version that wrote it, be it what it may.
        backend: What it says of the backend.
        kind: What kind of object is expected.

    Raises:
        ConfigError: It is no object config, or its meaning is not certain.
    """
    if is_older(names.framework):
        if isinstance(config, dict) and "module" not in config:
            config = with_lists(config)
        return _of_the_users(_with_layers(config, names), names)
    return _certain(config, *current(config, names, version, backend, kind))


def _of_the_users(config: Any, names: Resolver) -> Any:
    """Return a config with classes of the user's upgraded alone."""
    report = Report()
    return _certain(config, _revised(config, names, report), report)


def _certain(config: Any, upgraded: Any, report: Report) -> Any:
    """Return an upgraded config of which nothing is open; warn of what else people should know."""
    refusal = uncertain(config, report)
    if refusal is not None:
        raise refusal
    for remark in report.assumed:
        message = f'{remark.what}; if it was Theano: hornbook.upgrade(config, backend="theano") - at `{remark.place}`'
        warnings.warn(message, UpgradeWarning, stacklevel=3)
    for remark in report.lost:
        message = f"Further training will differ: {remark.what} - at `{remark.place}`"
        warnings.warn(message, UpgradeWarning, stacklevel=3)
    return upgraded


def uncertain(config: Any, report: Report) -> ConfigError | None:
    """Return the error with which loading refuses what is open, if anything is."""
    if not report.open:
        return None
    first, *others = report.open
    more = f" (and {len(others)} more)" if others else ""
    older = report.version is not None and (versions.parsed(report.version) or (0,)) < (3,)
    written = f"Written by Keras {report.version}, it has no certain meaning in Keras 3" if older else "It is uncertain"
    return ConfigError(
        f"{written}: {first.what}{more}",
        hint="hornbook.upgrade(config) reports all such places; change them in the config.",
        config=config,
        place=first.place,
    )


def _with_layers(config: Any, names: Resolver) -> Any:
    """Return the config of a model for Keras 2, which takes layers in a dict alone."""
    if means_own(ContextNames(names), "Sequential"):
        return config
    with _errors_of_rules():
        return forms.with_layers(config)


def readable(
    config: Any,
    custom_objects: Mapping[str, Any] | None,
    module_objects: Mapping[str, Any] | None = None,
    kind: str | None = None,
    framework: Integration | None = None,
) -> Any:
    """Return what an older version wrote as the Keras has it that reads it, where its form tells; else itself.

    Without a module, a class name alone does not tell a built-in.  So that it
    is one is believed of a model, of an optimizer, and of what the caller says
    to be one: by the kind, or by objects among which it is.

    Args:
        config: What is to be read, be it a config or not.
        custom_objects: Objects by name.
        module_objects: Objects by name, which may be built-ins.
        kind: What kind of built-in the caller expects.
        framework: What it is read for, where several may be.  For Keras 2 its
            own configs stay as they are, but for classes of the user's.

    Raises:
        ConfigError: Its meaning is not certain.
    """
    whole = versions.is_object(config)
    if not whole and type(config) not in _CONTAINERS:
        return config
    if whole and is_older(framework):
        config = _with_layers(config, names_here(custom_objects))
    added = registered_rules(current_registry())
    of_today = not whole or is_older(framework) or versions.is_of_today(config)
    if of_today and not added:
        return config
    names = names_here(custom_objects)
    if not of_today:
        known = ContextNames(names)
        if "module" not in config:
            kind = kind or known.kind_among(module_objects, config["class_name"])
        if _is_older(config, kind, known, added):
            return as_model(upgraded(config, names, kind=kind))
    return _of_the_users(config, names)


def _is_older(config: dict[str, Any], kind: str | None, names: ContextNames, added: tuple[UpgradeRule, ...]) -> bool:
    """Return whether an object config is one of an older version, as far as it tells; see :func:`readable`."""
    if "module" in config:
        return versions.may_be_older(config) or _tells(added).of(config, names)
    return kind is not None or forms.is_model(config) or names.is_optimizer(config["class_name"])


def prepared(
    config: Any, custom_objects: Mapping[str, Any] | None, framework: Integration | None = None
) -> tuple[Any, Revise | None]:
    """Return what :func:`readable` does, or leave it to whoever has seen all names in an object of the user's.

    A pass over a config that holds thousands of objects takes as long as a
    third of what else is done to read it, and the scan makes one anyway.

    Args:
        config: What is to be read, be it a config or not.
        custom_objects: Objects by name.
        framework: As in :func:`readable`.

    Returns:
        What is to be scanned; and what has to be asked with the names that were found.

    Raises:
        ConfigError: Its meaning is not certain.
    """
    if versions.is_object(config) and not is_older(framework) and not registered_rules(current_registry()):
        if versions.is_own_leaf(config):
            return config, None
        if versions.is_own(config) and not versions.may_be_older(config):
            return config, lambda keys: _readable_if(config, custom_objects, keys)
    return readable(config, custom_objects, framework=framework), None


def _readable_if(config: Any, custom_objects: Mapping[str, Any] | None, keys: Collection[Key] | None) -> Any:
    """Return what is to be read in place of a config that names no built-in but these."""
    builtin = keys is None or any(is_builtin(module) for _, _, module, _ in keys)
    return readable(config, custom_objects) if builtin else config


def current(
    config: Any, names: Resolver, version: Any = None, backend: Any = None, kind: str | None = None
) -> tuple[Any, Report]:
    """Return what :func:`upgrade` does; a config of Keras 3 as it is, without a look at its parts.

    Args:
        config: The config.
        names: What knows the names of the user.
        version: What a file says of the version that wrote it, be it what it may.
        backend: What it says of the backend.
        kind: What kind of object is expected.

    Raises:
        ConfigError: It is no object config.
    """
    version = versions.text(version)
    if versions.is_modern(config) or versions.is_of_keras_3(config, version):
        report = Report(version, versions.text(backend))
        return _revised(config, names, report), report
    return _upgraded(config, version, versions.known_backend(backend), names, kind)


def as_model(config: Any) -> dict[str, Any]:
    """Return the same config with a module, where the older documents call a model by its name alone."""
    name = config.get("class_name")
    if "module" not in config and isinstance(name, str) and name in _BARE:
        config = {**config, "module": _BARE[name], "registered_name": None}
    whole: dict[str, Any] = config
    return whole
