"""`hornbook.check`: what of an object would not come back, reported before it is written.

What can be tried is tried: each object of a class that is not built in is
made again of its config, and a whole model is saved to memory and loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hornbook.engine.registry import current_registry
from hornbook.errors import short
from hornbook.saving.checking.findings import CheckFinding, CheckReport, class_name_of
from hornbook.saving.checking.names import names
from hornbook.saving.checking.objects import objects
from hornbook.saving.checking.recorder import undisturbed
from hornbook.saving.checking.trial import Trial, attempted
from hornbook.saving.checking.values import legible, unstable, values, written
from hornbook.saving.checking.weights import weights


def check(obj: Any, custom_objects: Mapping[str, Any] | None = None) -> CheckReport:
    """Return what of an object would not come back after saving and loading it.

    Found are values that cannot be written, classes and functions that no name
    leads to, lambdas, arguments that `__init__` does not take or `get_config`
    forgets, values that change (a tuple that the class needs and gets as a
    list), configs that differ from call to call, two parts of a model with one
    path in the file, weights that do not find their way back, and arrays,
    variables and seed generators that an object keeps where nothing writes them.

    The object stays as it is.  Of a model with weights a copy is made in
    memory: it takes the time and the memory of saving and loading.  Whatever
    the code of the object raises is a finding as well: only an interrupt from
    the keyboard gets through.

    Args:
        obj: A Keras model or layer, or any object with a `get_config`; lists
            and dicts of them as well.
        custom_objects: What will be passed to `load_model`, by name.

    Returns:
        A report: `ok`, and `findings` with class, file, line and what to do.

    Example:
        >>> class Box:
        ...     def __init__(self, width, height=1): self.width, self.height = width, height
        ...     def get_config(self): return {"width": self.width}
        ...     @classmethod
        ...     def from_config(cls, config): return cls(**config)
        >>> [finding.rule for finding in check(Box(2, 3)).findings]
        ['unregistered', 'forgotten']
        >>> check(Box(2), custom_objects={"Box": Box}).ok
        True
    """
    current_registry().integrations.activate_loaded()
    with undisturbed():
        return CheckReport(_label(obj), tuple(dict.fromkeys(_findings(Trial(obj, custom_objects or {})))))


def _findings(trial: Trial) -> Iterator[CheckFinding]:
    """Yield all findings, those that hide others first."""
    first = [*attempted("unwritable", trial.obj, written(trial)), *attempted("unwritable", trial.obj, values(trial))]
    if not _has(first, "unwritable"):
        first += attempted("unwritable", trial.obj, legible(trial))
    yield from first
    if _has(first, "unwritable"):
        return
    tried = [
        *attempted("unstable", trial.obj, unstable(trial)),
        *attempted("unregistered", trial.obj, names(trial)),
        *objects(trial),
    ]
    yield from tried
    if all(finding.rule in ("unregistered", "lambda") for finding in [*first, *tried]):
        yield from attempted("weights", trial.obj, weights(trial))


def _has(findings: list[CheckFinding], rule: str) -> bool:
    return any(finding.rule == rule for finding in findings)


def _label(obj: Any) -> str:
    label = class_name_of(type(obj))
    try:
        name = getattr(obj, "name", None)
        return f"{label} {short(name)}" if isinstance(name, str) else label
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  what has a bad name is found elsewhere, or of no account
        return label
