"""Whether the names in a config lead back to the classes and functions that they were written for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbook.engine.decode import ReadSession
from hornbook.engine.generations import framework_of
from hornbook.engine.reference import key_of
from hornbook.engine.refusals import Refusal
from hornbook.engine.resolve import Resolved
from hornbook.engine.session import reading
from hornbook.saving.checking.findings import CheckFinding, finding
from hornbook.saving.checking.recorder import OWN
from hornbook.saving.checking.trial import Trial

_HINT = "Decorate it with @hornbook.register_keras_serializable(package), or pass it in custom_objects=."


def names(trial: Trial) -> Iterator[CheckFinding]:
    """Yield classes and functions that nothing leads to, and those that another one answers for."""
    with reading(OWN, trial.custom_objects, framework=framework_of(trial.obj)) as reader:
        for obj, config in trial.objects():
            key = key_of(config)
            if reader.registry.decoder(key[1]) is None:
                yield from _judged(trial, type(obj), obj, config, reader)
        for function, config in trial.recorder.functions:
            verdict = reader.judge(key_of(config))
            if isinstance(verdict, Refusal):
                yield _unregistered(trial, function, _unknown(verdict))


def _judged(trial: Trial, cls: type, obj: Any, config: dict[str, Any], reader: ReadSession) -> Iterator[CheckFinding]:
    verdict = reader.judge(key_of(config))
    if isinstance(verdict, Refusal):
        yield _unregistered(trial, cls, _unknown(verdict))
    elif not _leads_back(verdict, obj):
        where = f"{verdict.target.__module__}.{verdict.target.__qualname__}"
        yield _unregistered(trial, cls, f"its name leads to another class, `{where}`")


def _leads_back(verdict: Resolved, obj: Any) -> bool:
    return verdict.target is type(obj) or (verdict.builtin and isinstance(obj, verdict.target))


def _unknown(verdict: Refusal) -> str:
    return f"the name `{verdict.label}` is {verdict.reason}: nobody registered it"


def _unregistered(trial: Trial, target: Any, problem: str) -> CheckFinding:
    trial.offer(target)
    return finding("unregistered", problem, _HINT, target)
