"""The pytest plugin of hornbook: the fixture `roundtrip`.

It stands beside the package, so that a run of pytest that does not use it
imports nothing of hornbook.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hornbook.saving.checking.findings import CheckReport


class Roundtrip:
    """Fails a test if something would not come back after saving and loading it."""

    def __call__(self, obj: Any, custom_objects: Mapping[str, Any] | None = None) -> CheckReport:
        """Check one object, and fail with everything that is found.

        Args:
            obj: A Keras model or layer, or any object with a `get_config`.
            custom_objects: What will be passed to `load_model`, by name.

        Returns:
            The report of `hornbook.check`, which has no findings.
        """
        __tracebackhide__ = True
        import hornbook

        report = hornbook.check(obj, custom_objects)
        if not report.ok:
            pytest.fail(str(report), pytrace=False)
        return report

    def package(self, package: str, examples: Mapping[Any, Any] | None = None) -> list[str]:
        """Check every class and function that is registered for a package.

        Import the package first: that is what registers them.

        Args:
            package: The name that was given to `register_keras_serializable`.
            examples: An object, or a function without arguments that makes
                one, for each class that cannot be made without arguments; by
                the class or by its registered name.

        Returns:
            The registered names of what was checked.
        """
        __tracebackhide__ = True
        registered = dict(_registered(package))
        if not registered:
            pytest.fail(f"Nothing is registered for the package `{package}`: is it imported?", pytrace=False)
        problems = [text for key, target in registered.items() for text in _problems(key, target, examples or {})]
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)
        return sorted(registered)


def _registered(package: str) -> Iterator[tuple[str, Any]]:
    from hornbook.engine.registry import current_registry

    registry = current_registry()
    registry.integrations.activate_loaded()
    for table in registry.tables():
        for key, target in list(table.items()):
            if key.startswith(f"{package}>"):
                yield key, target


def _problems(key: str, target: Any, examples: Mapping[Any, Any]) -> Iterator[str]:
    """Yield what is wrong with one registered class or function."""
    import hornbook

    obj = examples.get(key, examples.get(target)) if isinstance(target, type) else target
    if obj is None:
        try:
            obj = target()
        except Exception as error:  # noqa: BLE001  any class may raise anything here
            yield f"{key}: cannot be made without arguments ({error}); give one in examples={{{target.__name__}: ...}}"
            return
    elif isinstance(target, type) and not isinstance(obj, target) and callable(obj):
        obj = obj()
    report = hornbook.check(obj)
    if not report.ok:
        yield f"{key}: {report}"


@pytest.fixture
def roundtrip() -> Roundtrip:
    """Check that objects come back: `roundtrip(obj)`, `roundtrip.package("lab")`."""
    return Roundtrip()
