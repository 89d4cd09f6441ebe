"""Names as the catalogues know them, without any framework."""

from __future__ import annotations

from hornbook.engine.builtins import Refused
from hornbook.engine.reference import Reference
from hornbook.engine.refusals import Refusal
from hornbook.engine.resolve import Resolved, Resolver, of_builtin, refused_name


class CatalogueResolver(Resolver):
    """Looks names up without a framework: a built-in is what the catalogues know of it."""

    __slots__ = ()

    def _builtin(self, reference: Reference) -> Resolved | Refusal | None:
        if reference.module is None:
            return None
        integrations = self.registry.integrations
        described = integrations.describe(reference)
        if described is not None:
            owner, builtin = described
            resolved = of_builtin(owner, builtin._replace(target=None, adapt=None))
            resolved.makes = reference.kind == "class"
            return resolved
        reference = reference._replace(module=integrations.known_as(reference.module))
        qualified = reference.qualified
        if qualified is None or not integrations.has_root(qualified) or self.policy.trusts(qualified):
            return None
        return refused_name(reference, Refused())  # it lies in a framework's own modules and in no catalogue
