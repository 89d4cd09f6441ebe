"""The walk over the config of a file: each container with its place, within bounds, and nothing is looked up.

It keeps less than :func:`hornbook.places.walk` of what a file says: a list of
a million numbers costs nothing but its length.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hornbook.errors import LimitError
from hornbook.places import LinkedSteps, Step, place_of, unrolled

_CONTAINERS = frozenset({dict, list})
_LONG = 200  # characters of a place


class Located(NamedTuple):
    """A value of a config, with where it stands.

    Args:
        value: The value.
        steps: How one gets there.
        member: What of the file it is in; empty for the config of the model.
        marked: What the walk was asked to hand on to it.
    """

    value: Any
    steps: LinkedSteps
    member: str = ""
    marked: bool = False

    @property
    def place(self) -> str:
        """Where it stands, as `$.config.layers[3]`, without its middle where that is long."""
        return place_of(unrolled(self.steps), _LONG)

    @property
    def where(self) -> str:
        """The same, with what of the file it is in where that is not the config of the model."""
        return f"{self.member}: {self.place}" if self.member else self.place


def walk(
    config: Any,
    *,
    most: int = sys.maxsize,
    deepest: int = sys.maxsize,
    wanted: Callable[[str], Any] | None = None,
    enters: Callable[[Any], bool] | None = None,
    mark: Callable[[Located, Step], bool] | None = None,
    member: str = "",
) -> Iterator[Located]:
    """Yield the containers of a config, each before what it holds, and the strings that are wanted.

    Args:
        config: The config, as JSON gives it.
        most: How many values containers may hold in all.
        deepest: How many containers may lie within one another.
        wanted: Returns whether a string is yielded; none is by default.
        enters: Returns whether what a container holds is looked at; all of it is by default.
        mark: Returns for a container and a step from it whether what is there
            is marked; nothing is by default.
        member: What of the file it is; empty for the config of the model.

    Raises:
        LimitError: The config is too deep or too large.

    Example:
        >>> [located.place for located in walk({"a": ["x", {}], "b": "y"}, wanted=lambda text: text == "y")]
        ['$', '$.a', '$.a[1]', '$.b']
    """
    if type(config) not in _CONTAINERS and not _is_wanted(config, wanted):
        return
    todo = [(Located(config, None, member), 1)]
    while todo:
        located, depth = todo.pop()
        value = located.value
        if type(value) not in _CONTAINERS:  # a string that is wanted: nothing else got here
            yield located
            continue
        most -= len(value)
        if most < 0 or depth > deepest:
            raise LimitError("The config is too deep or too large", place=located.place)
        yield located
        if enters is None or enters(value):
            steps = located.steps
            inner = [
                (Located(value[step], (step, steps), member, mark is not None and mark(located, step)), depth + 1)
                for step in _steps(value, wanted)
            ]
            inner.reverse()
            todo += inner


def _steps(value: Any, wanted: Callable[[str], Any] | None) -> list[Step]:
    """Return the steps to what is looked at in a container."""
    members = value.items() if type(value) is dict else enumerate(value)
    if wanted is None:
        return [step for step, member in members if type(member) in _CONTAINERS]
    return [step for step, member in members if type(member) in _CONTAINERS or (type(member) is str and wanted(member))]


def _is_wanted(value: Any, wanted: Callable[[str], Any] | None) -> bool:
    return wanted is not None and type(value) is str and bool(wanted(value))


class Survey(NamedTuple):
    """What is of interest in a config.

    Args:
        configs: The dicts with a class name, in the order of the config.
        strings: The strings that were asked for.
        whole: Whether all of it was looked through.
    """

    configs: list[Located]
    strings: list[Located]
    whole: bool


def look_through(config: Any, wanted: Callable[[str], Any], member: str = "", most: int = 1_000_000) -> Survey:
    """Return what is of interest in a config.

    Args:
        config: The config, as JSON gives it.
        wanted: Returns whether a string is asked for.
        member: What of the file it is; empty for the config of the model.
        most: How many values are looked at.

    Example:
        >>> survey = look_through({"class_name": "A", "config": {"x": ["/b"]}}, lambda text: text[0] == "/")
        >>> [one.place for one in survey.configs], [one.place for one in survey.strings]
        (['$'], ['$.config.x[0]'])
    """
    survey = Survey([], [], True)
    try:
        for located in walk(config, most=most, wanted=wanted, member=member):
            if type(located.value) is str:
                survey.strings.append(located)
            elif type(located.value) is dict and "class_name" in located.value:
                survey.configs.append(located)
    except LimitError:
        return survey._replace(whole=False)
    return survey
