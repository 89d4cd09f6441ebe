"""What the names in a config stand for, in the context of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hornbook.engine.reference import Reference
from hornbook.engine.resolve import Resolver
from hornbook.upgrading.node import is_builtin
from hornbook.upgrading.rules.forms import SUCCESSORS


def _with_package(name: Any) -> bool:
    return isinstance(name, str) and ">" in name


class ContextNames:
    """What names stand for: among the user's objects, and built-ins of the installed integrations.

    Args:
        resolver: What knows the names of the user.
    """

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
        stands_for = self._integrations.stands_for
        return next((home for home in self._integrations.homes(name) if stands_for(home[1], kind)), None)

    def means(self, name: str, kind: str) -> bool:
        return any(each.knows(name, kind) for each in self._integrations.catalogues())

    def of_own_class(self, config: Mapping[str, Any]) -> frozenset[str]:
        return frozenset(self._own_names(config["class_name"], config.get("module"), config.get("registered_name")))

    def _own_names(self, name: Any, module: Any, registered: Any) -> Iterator[str]:
        if not isinstance(name, str) or (is_builtin(module) and registered != name):
            return
        yield from filter(_with_package, (name, registered))
        if isinstance(module, str) and not is_builtin(module):
            yield f"{module}.{name}"
            return
        target = self.own(registered if isinstance(registered, str) else name, None)
        if isinstance(target, type):
            yield f"{target.__module__}.{target.__name__}"
            yield self._resolver.registry.name_of(target) or target.__name__

    def kind_among(self, objects: Mapping[str, Any] | None, name: Any) -> str | None:
        """Return the kind of built-in that a class name stands for among objects, or its successor does.

        `None` where it is something of the user's.
        """
        if not isinstance(name, str) or not objects or self.own(name, None) is not None:
            return None
        target = objects.get(name) or objects.get(SUCCESSORS.get(name, ""))
        if not isinstance(target, type):
            return None
        places = filter(None, (integration.exported(target) for integration in self._integrations.active))
        return next((self.known(place.module, place.name) for place in places), None)

    def is_optimizer(self, name: Any) -> bool:
        """Return whether a class name is that of a built-in optimizer, of whichever version."""
        return isinstance(name, str) and self.home(name.removeprefix("Custom>"), "optimizer") is not None
