"""Tables of what others add: by name, registered in a call or by an entry point."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from hornbook.errors import RegistrationError, short

T = TypeVar("T")


class Extensions(Generic[T]):
    """What is added of one sort, as weight formats: what a call has registered, then what installed packages bring.

    Entry points are loaded when the table is looked at for the first time,
    never because a file names one.

    Args:
        group: The group of entry points, as `"hornbook.weight_formats"`.
        kind: The class that all of them have.
    """

    def __init__(self, group: str, kind: type[T]) -> None:
        self.group = group
        self.kind = kind
        self._lock = threading.Lock()
        self._added: dict[str, T] = {}
        self._installed: dict[str, T] | None = None
        self._values: tuple[T, ...] | None = None

    def register(self, name: str, extension: T) -> T:
        """Add one; the last one of a name is used.

        Args:
            name: What it is known by.
            extension: What is added.

        Returns:
            `extension`.

        Raises:
            RegistrationError: It is of another class.
        """
        self._check(name, extension)
        with self._lock:
            self._added = {**self._added, name: extension}  # another thread may be walking over the old one
            self._values = None
        return extension

    def unregister(self, name: str) -> None:
        """Take back what a call has registered; nothing happens where there is none."""
        with self._lock:
            self._added = {key: one for key, one in self._added.items() if key != name}
            self._values = None

    @property
    def values(self) -> tuple[T, ...]:
        """All of them; asked for in every reading, so it is kept."""
        values = self._values
        if values is None:
            packages = self._from_packages()
            with self._lock:
                values = self._values = tuple({**packages, **self._added}.values())
        return values

    def __iter__(self) -> Iterator[T]:
        return iter(self.values)

    def get(self, name: str) -> T | None:
        """Return what is known by a name, or `None`."""
        return self._added.get(name) or self._from_packages().get(name)

    def _from_packages(self) -> dict[str, T]:
        if self._installed is None:
            # Imported here: it takes a third of the time of `import hornbook`.
            from importlib.metadata import entry_points

            found = {point.name: point.load() for point in entry_points(group=self.group)}
            for name, extension in found.items():
                self._check(name, extension)
            self._installed = found
        return self._installed

    def _check(self, name: str, extension: Any) -> None:
        if not isinstance(extension, self.kind):
            raise RegistrationError(
                f"`{name}` of {self.group} must be a {self.kind.__name__}, not {short(extension)}", place=None
            )
