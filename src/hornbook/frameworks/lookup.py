"""Which framework a model or a config belongs to: asked of the integrations, by no name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from hornbook.engine.builtins import Integration
from hornbook.engine.decode import ReadSession
from hornbook.engine.reference import is_object_config, key_of
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Resolved
from hornbook.errors import ConfigError, MissingDependencyError, short
from hornbook.frameworks.models import Models


def models_of(value: Any) -> Models | None:
    """Return what knows the models of the framework that a value belongs to, or `None`."""
    current_registry().integrations.activate_loaded()
    return next((framework.models for framework in _active() if framework.models.is_saveable(value)), None)


def checked_model(value: Any) -> Models:
    """Return what knows the models of the framework that a model belongs to.

    Raises:
        ConfigError: It is not a model.
        MissingDependencyError: There is no framework that has models.
    """
    models = checked_saveable(value)
    if not models.is_model(value):
        raise ConfigError(f"This is not a model: {short(value)}", config=value)
    return models


def checked_saveable(value: Any) -> Models:
    """Return what knows the models of the framework that a value with a state belongs to.

    Raises:
        ConfigError: It is of none.
        MissingDependencyError: There is no framework that has models.
    """
    models = models_of(value)
    if models is None:
        _first().activated()  # which says what is missing
        models = models_of(value)
    if models is None:
        raise ConfigError(f"This is not a model: {short(value)}", config=value)
    return models


def models_for(config: Any, reader: ReadSession) -> Models:
    """Return what knows the models of the framework that a config belongs to, which is active from then on.

    Args:
        config: The config, as it is read.
        reader: The reading, for which a class of the user's has its base.

    Raises:
        MissingDependencyError: The framework is not installed, or there is none that has models.
    """
    chosen = reader.resolver.framework
    own = (framework.models for framework in _active() if framework.integration is chosen)
    if chosen is not None and (models := next(own, None)) is not None:
        return models
    root = _root(config)
    for framework in _with_models():
        if framework.integration.root == root:
            return framework.activated()
    active = list(_active())
    if len(active) > 1:
        target = _class_of(config, reader)
        active = [framework for framework in active if _recognizes(framework.integration, target)] or active
    return active[0].models if active else _first().activated()


def _recognizes(integration: Integration, target: Any) -> bool:
    recognized = integration.recognize(target)
    return recognized is not None and recognized.kind is not None


def _class_of(config: Any, reader: ReadSession) -> Any | None:
    """Return the class that a config names, if it is known."""
    if not (isinstance(config, dict) and is_object_config(config)):
        return None
    key = key_of(config)
    if not all(part is None or isinstance(part, str) for part in key):
        return None  # the reading says so
    judged = reader.judge(key)
    return judged.target if isinstance(judged, Resolved) else None


def _root(config: Any) -> str | None:
    module = config.get("module") if isinstance(config, dict) else None
    known_as = current_registry().integrations.known_as
    return known_as(module).partition(".")[0] if isinstance(module, str) else None


class _Framework(NamedTuple):
    integration: Integration
    models: Models

    def activated(self) -> Models:
        """Return its models once it is active.

        Raises:
            MissingDependencyError: It is not installed, or cannot be imported.
        """
        current_registry().integrations.activate_for(self.integration.root, named=False)
        return self.models


def _active() -> Iterator[_Framework]:
    return _having_models(current_registry().integrations.active)


def _with_models() -> Iterator[_Framework]:
    """Yield the frameworks with models that there are integrations for, those in use first; activates none."""
    return _having_models(current_registry().integrations.known())


def _having_models(integrations: Iterable[Integration]) -> Iterator[_Framework]:
    for integration in integrations:
        models = getattr(integration, "models", None)  # the engine knows nothing of them
        if isinstance(models, Models):
            yield _Framework(integration, models)


def _first() -> _Framework:
    first = next(_with_models(), None)
    if first is None:
        raise MissingDependencyError(
            "There is no integration of a framework that has models", hint="Reinstall hornbook.", place=None
        )
    return first
