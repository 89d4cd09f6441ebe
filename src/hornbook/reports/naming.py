"""What the names in a config would become, and by which rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from hornbook.engine.catalogued import CatalogueResolver
from hornbook.engine.reference import NO_MODULE, Reference
from hornbook.engine.refusals import Refusal
from hornbook.engine.registry import Registry, current_registry, origin
from hornbook.engine.resolve import awaited
from hornbook.errors import one_line
from hornbook.policy import Policy
from hornbook.reports.names import reference_of
from hornbook.reports.report import Named
from hornbook.reports.walk import Located

_PLACES = 20  # of one name
_MOST = 500  # names
_LONG = 120  # characters of a name


class Namer:
    """Says what names would become, in one process under one policy.

    Args:
        policy: What may be used.
        custom_objects: Objects by name that would be passed in.
        registry: Where registered objects and integrations are.
    """

    def __init__(
        self, policy: Policy, custom_objects: Mapping[str, Any] | None = None, registry: Registry | None = None
    ) -> None:
        self._arguments = (custom_objects,) if custom_objects else ()
        self._registry = registry = registry or current_registry()
        self._policy = policy
        self._resolver = CatalogueResolver(registry, policy, self._arguments)

    def named(self, configs: Iterable[Located]) -> Iterator[Named]:
        """Yield what each name would become, in the order of the config.

        Args:
            configs: The dicts of the config with a class name, and where they stand.
        """
        places: dict[Reference, list[str]] = {}
        counts: Counter[Reference] = Counter()
        for located in configs:
            reference = reference_of(located.value)
            if reference is None:
                continue
            counts[reference] += 1
            if counts[reference] <= _PLACES and len(places) < _MOST:
                places.setdefault(reference, []).append(located.where)
        for reference, where in places.items():
            yield self._named(reference, counts[reference], where)

    def _named(self, reference: Reference, count: int, places: list[str]) -> Named:
        becomes, by = self._becomes(reference)
        return Named(
            kind=reference.kind,
            label=_shown(reference.label),
            name=_shown(reference.name),
            module=_shown(reference.module),
            registered_name=_shown(reference.registered_name),
            becomes=_shown(becomes),
            by=by,
            count=count,
            places=tuple(places),
        )

    def _becomes(self, reference: Reference) -> tuple[str | None, str]:
        """Return what a name would become, and by which rule."""
        if self._registry.known_tag(reference.name) is not None:
            return reference.name, "codec"
        resolved = self._resolver.resolve(reference)
        if isinstance(resolved, Refusal):
            if resolved.reason != "unknown":
                return None, "refused"
            return None, "trusted, once it is imported" if awaited(reference, self._policy) else "unknown"
        if resolved.builtin and resolved.target is None:
            module = reference.module if reference.module not in (None, NO_MODULE, "builtins") else None
            name = f"{self._registry.integrations.known_as(module)}.{reference.name}" if module else reference.name
            return name, f"built-in {resolved.kind}"
        return origin(resolved.target).strip("`"), self._source(resolved.target)

    def _source(self, target: Any) -> str:
        if any(value is target for table in self._arguments for value in table.values()):
            return "passed in"
        return "registered" if self._registry.name_of(target) is not None else "in scope or trusted"


@overload
def _shown(text: str) -> str: ...


@overload
def _shown(text: str | None) -> str | None: ...


def _shown(text: str | None) -> str | None:
    return None if text is None else one_line(text, _LONG)
