"""Files opened by the containers and weight formats of the registry in use: built-in ones, and those of others."""

from __future__ import annotations

from contextlib import AbstractContextManager

from hornbook.archive import reading
from hornbook.archive.container import Container
from hornbook.archive.formats import Formats, formats
from hornbook.archive.protocol import Archive
from hornbook.archive.reading import Source
from hornbook.archive.weights.format import WeightFormat
from hornbook.engine.registry import current_registry
from hornbook.errors import RegistrationError
from hornbook.policy import Limits

# Groups of entry points.
CONTAINERS, WEIGHT_FORMATS = "hornbook.containers", "hornbook.weight_formats"


def register_container(container: Container) -> Container:
    """Add a form of model files; a package does so by an entry point of the group `hornbook.containers`.

    The built-in containers are asked first, so that what they read stays what it is.

    Args:
        container: An instance of a class that derives from :class:`Container`.

    Returns:
        `container`.

    Raises:
        RegistrationError: (a `TypeError`) It is none, or has no name.

    Example:
        >>> class Tar(Container):
        ...     name = "tar"
        ...     def recognizes(self, head): return head[257:262] == b"ustar"
        >>> register_container(Tar()).name
        'tar'
        >>> current_registry().extensions(CONTAINERS, Container).unregister("tar")
    """
    return current_registry().extensions(CONTAINERS, Container).register(_name_of(container), container)


def register_weight_format(weight_format: WeightFormat) -> WeightFormat:
    """Add a format of weights; a package does so by an entry point of the group `hornbook.weight_formats`.

    A model is saved in it by `save_model(model, filepath, weight_format=name)`.
    Files are read in it without being asked: model files with a member
    `model.weights.<suffix>`, and weights alone that it recognizes.

    Args:
        weight_format: An instance of a class that derives from :class:`WeightFormat`.

    Returns:
        `weight_format`.

    Raises:
        RegistrationError: (a `TypeError`) It is none, or has no name.

    Example:
        >>> class Raw(WeightFormat):
        ...     name, suffix = "raw", "raw"
        >>> register_weight_format(Raw()).member
        'model.weights.raw'
        >>> current_registry().extensions(WEIGHT_FORMATS, WeightFormat).unregister("raw")
    """
    return current_registry().extensions(WEIGHT_FORMATS, WeightFormat).register(_name_of(weight_format), weight_format)


def _name_of(added: Container | WeightFormat) -> str:
    name = getattr(added, "name", None)
    if not isinstance(name, str) or not name:
        raise RegistrationError(f"The name of a {type(added).__name__} must be a text", place=None)
    return name


def current_formats() -> Formats:
    """Return the containers and weight formats of the registry in use, the built-in ones first."""
    registry = current_registry()
    return formats(registry.extensions(CONTAINERS, Container), registry.extensions(WEIGHT_FORMATS, WeightFormat))


def open_archive(source: Source, limits: Limits) -> AbstractContextManager[Archive]:
    """Open a model file by its content, as :func:`hornbook.archive.reading.open_archive` does.

    Args:
        source: A path, or a binary file object at the start of the archive.
        limits: How much it may ask for.
    """
    return reading.open_archive(source, limits, current_formats())
