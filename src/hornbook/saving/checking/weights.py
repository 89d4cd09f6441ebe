"""Whether the weights of a model come back, and what its parts keep beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hornbook.archive.files.scratch import scratch
from hornbook.errors import HornbookError
from hornbook.frameworks.lookup import models_of
from hornbook.frameworks.models import Models
from hornbook.reports.digests import HashedWeights
from hornbook.saving.checking.findings import CheckFinding, finding, is_foreign
from hornbook.saving.checking.trial import Trial
from hornbook.saving.checking.unsaved import lost

_HINT = "Make all variables and layers in __init__ and build()."


def weights(trial: Trial) -> Iterator[CheckFinding]:
    """Yield what goes wrong with the weights of a model, and with what a part of one keeps beside them."""
    framework = models_of(trial.obj)
    if framework is None:
        return
    if not framework.is_model(trial.obj) or not framework.is_built(trial.obj):
        # A layer alone may have weights that only a model around it makes again.
        with suppress(HornbookError):
            yield from _unsaved(trial, framework, trial.copy(trial.obj))
        return
    paths = _Paths(framework.to_numpy)
    with scratch() as assets:
        framework.save_state(trial.obj, paths, assets)
    for path, name in paths.twice:
        hint = "Rename one of the classes, or give the parts attributes of their own."
        yield finding("paths", f"`{name}` has the path `{path}` of another part", hint, type(trial.obj), "__init__")
    if not paths.twice:
        yield from _loaded(trial, framework, paths.digests())


class _Paths(HashedWeights):
    """Notices two parts of a model that would be written to one path."""

    def __init__(self, convert: Any) -> None:
        super().__init__(convert)
        self._names: dict[str, str | None] = {}
        self.twice: list[tuple[str, str | None]] = []

    def make(self, path: str, name: str | None, key: str | None = None) -> Any:
        if path in self._names:
            self.twice.append((path, name))
        self._names[path] = name
        return super().make(path, name, key)


def _loaded(trial: Trial, framework: Models, digests: dict[str, bytes]) -> Iterator[CheckFinding]:
    try:
        copy = trial.copy(trial.obj)
    except HornbookError as error:
        cls = _class_in(trial, error.problem)
        yield finding("weights", error.problem, error.hint or _HINT, cls, "build", "__init__", "call")
        return
    arrays = HashedWeights(framework.to_numpy)
    with scratch() as assets:
        framework.save_state(copy, arrays, assets)
    others = arrays.digests()
    # An optimizer that has not run yet gets its slots when it is loaded.
    differing = sorted(path for path in digests if digests[path] != others.get(path))
    for path in differing[:1]:
        problem = f"the weights at `{path}` come back as other ones, or not at all"
        yield finding("weights", problem, _HINT, type(trial.obj), "__init__", place=path)
    yield from _unsaved(trial, framework, copy)


def _unsaved(trial: Trial, framework: Models, copy: Any) -> Iterator[CheckFinding]:
    """Yield the attributes whose numbers nothing writes."""
    parts, others = framework.parts(trial.obj), framework.parts(copy)
    written = {id(part) for part in parts.values()}
    for path, part in parts.items():
        if is_foreign(type(part)) or path not in others:
            continue
        for name in lost(part, others[path], framework=framework, parts=written):
            problem = f"`{name}` keeps numbers that nothing writes: they come back as others, or not at all"
            hint = "Make it with add_weight(), or write it in save_own_variables() or get_config()."
            yield finding("state", problem, hint, type(part), "build", "__init__", place=path or None)


def _class_in(trial: Trial, problem: str) -> type:
    """Return the class of the object that a message names."""
    named = [obj for obj, _ in trial.objects() if f"`{getattr(obj, 'name', '')}`" in problem]
    return type(named[0] if named else trial.obj)
