"""What the names in a config would become, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hornbook.engine.plugins import known_as
from hornbook.engine.reference import NO_MODULE, Reference, is_object_config
from hornbook.engine.registry import Registry, current_registry, origin
from hornbook.engine.resolve import CatalogueResolver, Refusal, awaited
from hornbook.errors import one_line
from hornbook.policy import Policy
from hornbook.reports.names import reference_of
from hornbook.reports.report import Named
from hornbook.reports.walk import Found

_PLACES = 20  # of one name
_MOST = 500  # names
_LONG = 120  # characters of a name


class Namer:
    """Tells what names would become, in one process under one policy.

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

    def told(self, found: Iterable[Found]) -> Iterator[Named]:
        """Yield what each name would become, in the order of the config."""
        places: dict[Reference, list[Found]] = {}
        counts: dict[Reference, int] = {}
        for one in found:
            reference = reference_of(one.value) if is_object_config(one.value) else None
            if reference is None:
                continue
            counts[reference] = counts.get(reference, 0) + 1
            if counts[reference] <= _PLACES and len(places) < _MOST:
                places.setdefault(reference, []).append(one)
        for reference, at in places.items():
            becomes, by = self._becomes(reference)
            yield Named(
                kind=reference.kind,
                label=one_line(reference.label, _LONG),
                name=one_line(reference.name, _LONG),
                module=None if reference.module is None else one_line(reference.module, _LONG),
                registered_name=None
                if reference.registered_name is None
                else one_line(reference.registered_name, _LONG),
                becomes=None if becomes is None else one_line(becomes, _LONG),
                by=by,
                count=counts[reference],
                places=tuple(one.where for one in at),
            )

    def _becomes(self, reference: Reference) -> tuple[str | None, str]:
        """Return what a name would become, and by which rule."""
        found = self._resolver.resolve(reference)
        if isinstance(found, Refusal):
            if found.reason != "unknown":
                return None, "refused"
            return None, "trusted, once it is imported" if awaited(reference, self._policy) else "unknown"
        if found.builtin and found.target is None:
            module = reference.module if reference.module not in (None, NO_MODULE, "builtins") else None
            name = f"{known_as(module)}.{reference.name}" if module else reference.name
            return name, f"built-in {found.kind}"
        return origin(found.target).strip("`"), self._source(found.target)

    def _source(self, target: Any) -> str:
        if any(value is target for table in self._arguments for value in table.values()):
            return "passed in"
        return "registered" if self._registry.name_of(target) is not None else "in scope or trusted"
