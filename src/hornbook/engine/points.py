"""Where integrations come from, and which of them serves what is imported.

An integration is an entry point, or is registered by a call.  Its name is the
root module that it stands for, or `"acme.1"` for an older generation of what
has that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hornbook.engine.builtins import Integration
from hornbook.errors import HornbookError

if TYPE_CHECKING:
    from hornbook.engine.codecs.table import CodecTable

GROUP = "hornbook.integrations"


class Point(Protocol):
    """Where an integration comes from, as `importlib.metadata.EntryPoint` is."""

    @property
    def name(self) -> str:
        """The root module that it stands for."""

    def load(self) -> Any:
        """Return it."""


class Given(NamedTuple):
    """An integration that a call has registered."""

    name: str
    integration: Integration

    def load(self) -> Integration:
        return self.integration


def root_of(name: str) -> str:
    """Return the root module of what an entry point is called: `"acme"`, or `"acme.1"` for an older generation."""
    return name.partition(".")[0]


def serving(generations: Iterable[Integration], module: Any) -> Integration | None:
    """Return the integration for what is imported under a name, or would be."""
    if is_ready(module):
        return next((each for each in generations if each.serves(module)), None)
    return next((each for each in generations if each.unavailable() is None), None)


def open_integration(integration: Integration, codecs: CodecTable) -> None:
    """Have an integration begin.

    Raises:
        MissingDependencyError: Its framework cannot be imported.
        IntegrationError: This version of it cannot be served.
    """
    try:
        integration.activate(codecs)
    except HornbookError as error:
        raise integration.unavailable() or error from error.__cause__
    except Exception as error:
        raise integration.unavailable() or integration.failure(error) from error


def installed() -> Iterable[Point]:
    """Return the integrations that installed packages bring."""
    # Imported here: it takes a third of the time of `import hornbook`.
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def is_ready(module: Any) -> bool:
    """Return whether a module is there and its own import has ended."""
    spec = getattr(module, "__spec__", None)
    return module is not None and not getattr(spec, "_initializing", False)
