"""What functions of a framework that come to us do with files.

An integration may not import what loads and saves files, which stands above it.
`hornbook.saving` hands it to the registry, and :func:`current_host` gives it to
whoever needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from hornbook.engine.registry import current_registry

if TYPE_CHECKING:
    from datetime import datetime

    from hornbook.policy import Policy


class Host(Protocol):
    """Loads and saves, for calls of a framework's own functions."""

    def load(self, source: Any, custom_objects: Mapping[str, Any] | None, compile: bool, policy: Policy) -> Any:
        """Return the object of a file: a model, or anything else with a config and a state.

        Args:
            source: A path, or a binary file object.
            custom_objects: Objects by name.
            compile: Whether to compile it as it was.
            policy: What the file may do.
        """

    def fill(self, model: Any, source: Any, policy: Policy) -> None:
        """Give a model the weights of a file, by their order; what is left over is a warning."""

    def save(self, value: Any, target: Any, *, zipped: bool, date: datetime) -> None:
        """Write an archive of anything with a config and a state; replace what is there.

        What would not come back as it is, and the framework writes all the
        same, is warned of and written.

        Args:
            value: The object.
            target: A path, or a binary file object.
            zipped: `False` writes a folder.
            date: When it is said to be written.
        """

    def warn_unbuilt(self, model: Any, stacklevel: int) -> None:
        """Warn of a model that has no weights yet, in the place of the call `stacklevel` levels above."""

    def model_from_json(self, json_string: Any, custom_objects: Mapping[str, Any] | None, policy: Policy) -> Any:
        """Return a model, with new weights, of the JSON of its config."""


def current_host() -> Host:
    """Return what loads and saves under the registry in use."""
    host: Host = current_registry().host
    return host
