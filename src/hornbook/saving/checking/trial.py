"""What is tried with an object: its config, who wrote each part of that, and a copy by way of a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hornbook.engine.construct import ENTRY
from hornbook.engine.generations import framework_of, wanting
from hornbook.engine.registry import current_registry
from hornbook.engine.writing import writing
from hornbook.saving.checking.findings import CheckFinding, raised
from hornbook.saving.checking.recorder import NUMBERS, OWN, Recorder
from hornbook.saving.load import load_saveable
from hornbook.saving.saveable import save_saveable


class Trial:
    """One call of :func:`hornbook.check`.

    Args:
        obj: What is checked.
        custom_objects: What will be passed to `load_model`, by name.

    Attributes:
        config: Its config, once it is written.
        recorder: What has written it.
        offered: What nothing leads to, offered so that the rest can be tried.
    """

    def __init__(self, obj: Any, custom_objects: Mapping[str, Any]) -> None:
        self.obj = obj
        self.custom_objects = dict(custom_objects)
        self.recorder = Recorder()
        self.config: Any = None
        self.offered: dict[str, Any] = {}

    def write(self) -> None:
        """Write the config."""
        with writing(self.recorder):
            self.config = self.recorder.encode(self.obj)

    def objects(self) -> list[tuple[Any, dict[str, Any]]]:
        """Return the objects that were written with their configs, each before what it lies within."""
        return list(self.recorder.owners.values())

    def offer(self, target: Any) -> None:
        """Let a class or function be found though nothing leads to it."""
        self.offered[current_registry().name_of(target) or target.__name__] = target

    def names(self) -> dict[str, Any]:
        """Return what is found by name beside what is registered."""
        return {**self.offered, **self.custom_objects}

    def walk(self) -> Iterator[tuple[Any, str, Any]]:
        """Yield every value of the config with its place and the object whose config it is in."""
        todo: list[tuple[Any, str, Any]] = [(self.config, "$", None)]
        while todo:
            value, place, owner = todo.pop()
            if isinstance(value, dict):
                owner = self.recorder.owners.get(id(value), (owner,))[0]
                todo += [(member, f"{place}.{name}", owner) for name, member in value.items()]
            elif isinstance(value, (list, tuple)) and not set(map(type, value)) <= NUMBERS:
                todo += [(member, f"{place}[{i}]", owner) for i, member in enumerate(value)]
            yield value, place, owner

    def class_of(self, owner: Any) -> type:
        """Return the class of the object whose config a value is in."""
        return type(self.obj if owner is None else owner)

    def copy(self, obj: Any) -> Any:
        """Return what comes back of an object with its state, by way of a file in memory."""
        file = io.BytesIO()
        save_saveable(obj, file, zipped=True, metadata={})
        file.seek(0)
        chosen = framework_of(obj)
        with wanting(None if chosen is None else chosen.root):
            return load_saveable(file, self.names(), compile=True, policy=OWN)


def attempted(rule: str, obj: Any, step: Iterable[CheckFinding]) -> list[CheckFinding]:
    """Return the findings of a step; what the code of an object raises in it is one of them."""
    findings: list[CheckFinding] = []
    try:
        for finding in step:
            findings.append(finding)  # noqa: PERF402  what is found before something is raised counts
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  it reports all that is raised
        findings.append(raised(rule, error, type(obj), "get_config", ENTRY, "__init__"))
    return findings
