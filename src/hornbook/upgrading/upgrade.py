"""The public function: one config in, one config and a report out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hornbook.engine.reference import Reference
from hornbook.engine.resolve import Resolver, stands_for
from hornbook.engine.session import names as names_here
from hornbook.errors import ConfigError, HornbookError, LimitError, UpgradeWarning, short
from hornbook.upgrading import versions
from hornbook.upgrading.report import Report
from hornbook.upgrading.rules import (
    arguments,
    changed_defaults,
    compiling,
    forms,
    functions,
    graphs,
    keras1,
    merge,
    theano,
)
from hornbook.upgrading.walk import Tells, Walk

# In the order in which they are applied: what an object is, its graph, its arguments.
RULES = (
    *keras1.ORDERS,
    *merge.RULES,
    *keras1.FORMS,
    *forms.RULES,
    *compiling.FORMS,
    *graphs.RULES,
    *keras1.RULES,
    *arguments.RULES,
    *functions.RULES,
    *compiling.RULES,
    *changed_defaults.RULES,
    *theano.RULES,
)

_TELLS = Tells(RULES)
# HDF5 of Keras 3 has the arguments of today, and names without modules.
_OF_KERAS_3_HDF5 = tuple(
    rule for rule in RULES if rule.name in ("functional-model", "compile-state", "own-activations")
)
# What a rule meets where a file has anything else than Keras wrote there.
_WRONG_TYPES = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)

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
    told = versions.text(version) or versions.told(config)
    whole = forms.unwrapped(config)
    found = versions.numbers(told, whole)
    report = Report(told or ".".join(map(str, found)), backend or versions.told(config, "backend"))
    try:
        known = _Names(names)
        if told is None and found >= (3,) and _TELLS.of(whole, known, kind):
            found = (2,)
            report.version = "2"
        if found >= (3,) and not versions.lacks_modules(whole):
            return deepcopy(whole), report
        rules = RULES if found < (3,) else _OF_KERAS_3_HDF5
        walk = Walk(rules, known, report, found)
        return walk.object(forms.plain(whole), (), kind), report
    except RecursionError as error:
        raise LimitError("The config nests deeper than Python can go") from error
    except HornbookError:
        raise
    except _WRONG_TYPES as error:
        what = f"The config has values of types that no Keras wrote: {type(error).__name__}: {short(str(error))}"
        raise ConfigError(what, place="$") from error


def upgraded(config: Any, names: Resolver, version: Any = None, backend: Any = None, kind: str | None = None) -> Any:
    """Return a model config as Keras 3 has it; one of Keras 3 as it is.

    Args:
        config: The config.
        names: What knows the names of the user.
        version: What a file says of the version that wrote it, be it what it may.
        backend: What it says of the backend.
        kind: What kind of object is expected.

    Raises:
        ConfigError: It is no object config, or its meaning is not certain.
    """
    made, report = current(config, names, version, backend, kind)
    refusal = uncertain(config, report)
    if refusal is not None:
        raise refusal
    for one in report.assumed:
        message = f'{one.what}; if it was Theano: hornbook.upgrade(config, backend="theano") - at `{one.place}`'
        warnings.warn(message, UpgradeWarning, stacklevel=2)
    for one in report.lost:
        warnings.warn(f"Further training will differ: {one.what} - at `{one.place}`", UpgradeWarning, stacklevel=2)
    return made


def uncertain(config: Any, report: Report) -> ConfigError | None:
    """Return the error with which loading refuses what is open, if anything is."""
    if not report.open:
        return None
    first, *others = report.open
    more = f" (and {len(others)} more)" if others else ""
    return ConfigError(
        f"Written by Keras {report.version}, it has no certain meaning in Keras 3: {first.what}{more}",
        hint="hornbook.upgrade(config) reports all such places; change them in the config.",
        config=config,
        place=first.place,
    )


def readable(
    config: Any,
    custom_objects: Mapping[str, Any] | None,
    module_objects: Mapping[str, Any] | None = None,
    kind: str | None = None,
) -> Any:
    """Return what an older version wrote as Keras 3 has it, where its form tells; else the config itself.

    Without a module, a class name alone does not tell a built-in.  So that it
    is one is believed of a model, of an optimizer, and of what the caller says
    to be one: by the kind, or by objects among which it is.

    Args:
        config: What is to be read, be it a config or not.
        custom_objects: Objects by name.
        module_objects: Objects by name, which may be built-ins.
        kind: What kind of built-in the caller expects.

    Raises:
        ConfigError: Its meaning is not certain.
    """
    if not versions.is_object(config) or versions.is_modern(config) or versions.is_own_leaf(config):
        return config
    names = names_here(custom_objects)
    known = _Names(names)
    if "module" in config:
        older = versions.may_be_older(config) or _TELLS.of(config, known)
    else:
        name = config["class_name"]
        kind = kind or known.kind_among(module_objects, name)
        older = kind is not None or forms.is_model(config) or known.is_optimizer(name)
    return as_model(upgraded(config, names, kind=kind)) if older else config


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
    # Keras 3 writes modules, but for HDF5.
    if versions.is_modern(config) or ((versions.parsed(version or "") or ())[:1] == (3,) and "module" in config):
        return config, Report(version, versions.text(backend))
    return _upgraded(config, version, versions.known_backend(backend), names, kind)


def as_model(config: Any) -> dict[str, Any]:
    """Return the same config with a module, where the older documents call a model by its name alone."""
    name = config.get("class_name")
    if "module" not in config and isinstance(name, str) and name in _BARE:
        config = {**config, "module": _BARE[name], "registered_name": None}
    made: dict[str, Any] = config
    return made


class _Names:
    """What names stand for: among the user's objects, and built-ins of the installed integrations."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._integrations = resolver.registry.integrations

    def own(self, name: str, kind: str | None) -> Any:
        return self._resolver.own(name, kind)

    def known(self, module: str, name: str) -> str | None:
        return self._integrations.kind(Reference("class", name, module, None))

    def lives(self, module: str, name: str) -> bool:
        return any(place == module for place, _ in self._integrations.homes(name))

    def home(self, name: str, kind: str | None) -> tuple[str, str] | None:
        return next((one for one in self._integrations.homes(name) if stands_for(one[1], kind)), None)

    def means(self, name: str, kind: str) -> bool:
        return self._integrations.knows(name, kind)

    def kind_among(self, objects: Mapping[str, Any] | None, name: Any) -> str | None:
        """Return the kind of built-in that a class name stands for among objects, or its successor does.

        `None` where it is something of the user's.
        """
        if not isinstance(name, str) or not objects or self.own(name, None) is not None:
            return None
        found = objects.get(name) or objects.get(forms.SUCCESSORS.get(name, ""))
        if not isinstance(found, type):
            return None
        places = filter(None, (one.public_name(found) for one in self._integrations.active))
        return next((self.known(module, exported) for module, exported in places), None)

    def is_optimizer(self, name: Any) -> bool:
        """Say whether a class name is that of a built-in optimizer, of whichever version."""
        return isinstance(name, str) and self.home(name.removeprefix("Custom>"), "optimizer") is not None
