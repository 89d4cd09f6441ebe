"""Everything in a config, each value with its place; nothing is looked up.

The config is a file's: no recursion, and a place is made only for what is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hornbook.errors import short

_CONTAINERS = (dict, list)
_LONG = 200  # characters of a place
_LONG_STEP = 60

# A step of a place, and the steps before it: a tuple of all steps at each
# value would cost the depth squared.
Steps = tuple[str | int, Any] | None


class Found(NamedTuple):
    """A value of a config.

    Args:
        value: The value.
        steps: How one gets there.
        member: What of the file it is in; empty for the config of the model.
    """

    value: Any
    steps: Steps
    member: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as `$.config.layers[3]`, without its middle where that is long."""
        return place_of(self.steps)

    @property
    def where(self) -> str:
        """The same, with what of the file it is in where that is not the config of the model."""
        return f"{self.member}: {self.place}" if self.member else self.place


class Looked(NamedTuple):
    """What is of interest in a config.

    Args:
        configs: The dicts with a class name, in the order of the config.
        strings: The strings that were asked for.
        whole: Whether all of it was looked through.
    """

    configs: list[Found]
    strings: list[Found]
    whole: bool


def look_through(config: Any, wanted: Callable[[str], Any], member: str = "", most: int = 1_000_000) -> Looked:
    """Return what is of interest in a config.

    Args:
        config: The config, as JSON gives it.
        wanted: Tells which strings are asked for.
        member: What of the file it is; empty for the config of the model.
        most: How many values are looked at.

    Example:
        >>> looked = look_through({"class_name": "A", "config": {"x": ["/b"]}}, lambda text: text[0] == "/")
        >>> [one.place for one in looked.configs], [one.place for one in looked.strings]
        (['$'], ['$.config.x[0]'])
    """
    looked = Looked([], [], True)
    todo: list[tuple[Any, Steps]] = [(config, None)]
    while todo:
        value, steps = todo.pop()
        if type(value) is str:
            looked.strings.append(Found(value, steps, member))
        if type(value) not in _CONTAINERS:
            continue
        if type(value) is dict and "class_name" in value:
            looked.configs.append(Found(value, steps, member))
        members = value.items() if type(value) is dict else enumerate(value)
        most -= len(value)
        if most < 0:
            return looked._replace(whole=False)
        inner = [
            (member, (step, steps))
            for step, member in members
            if type(member) in _CONTAINERS or (type(member) is str and wanted(member))
        ]
        inner.reverse()
        todo += inner
    return looked


def place_of(steps: Steps) -> str:
    """Return steps as text."""
    parts: list[str] = []
    while steps is not None:
        step, steps = steps
        plain = isinstance(step, str) and len(step) <= _LONG_STEP and step.isidentifier()
        parts.append(f".{step}" if plain else f"[{short(step)}]")
    place = "$" + "".join(reversed(parts))
    return place if len(place) <= _LONG else f"{place[: _LONG // 2]}...{place[-_LONG // 2 :]}"
