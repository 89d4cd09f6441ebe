"""Everything in a config, each value with its place; nothing is looked up.

The config is a file's: no recursion, and a place is made only for what is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rekindle.errors import short

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
    """

    value: Any
    steps: Steps

    @property
    def place(self) -> str:
        """Where it stands, as `$.config.layers[3]`, without its middle where that is long."""
        return place_of(self.steps)


def values(config: Any) -> Iterator[Found]:
    """Yield every value of a config, in its order, each before what is in it.

    Example:
        >>> [(one.place, one.value) for one in values({"a": [1]})]
        [('$', {'a': [1]}), ('$.a', [1]), ('$.a[0]', 1)]
    """
    todo = [Found(config, None)]
    while todo:
        one = todo.pop()
        yield one
        if isinstance(one.value, dict):
            todo += reversed([Found(value, (step, one.steps)) for step, value in one.value.items()])
        elif isinstance(one.value, list):
            todo += reversed([Found(value, (step, one.steps)) for step, value in enumerate(one.value)])


def place_of(steps: Steps) -> str:
    """Return steps as text."""
    parts: list[str] = []
    while steps is not None:
        step, steps = steps
        plain = isinstance(step, str) and len(step) <= _LONG_STEP and step.isidentifier()
        parts.append(f".{step}" if plain else f"[{short(step)}]")
    place = "$" + "".join(reversed(parts))
    return place if len(place) <= _LONG else f"{place[: _LONG // 2]}...{place[-_LONG // 2 :]}"
