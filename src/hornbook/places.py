"""What is in a config, and where: the steps to a value, their text, and the one walk over all values.

The lowest layer: a config here is dicts, lists, tuples and anything within
them.  It may be a file's, so nothing goes by recursion, and the text of a
place is made only for what is reported.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

# A step of a place: the key in a dict, or the position in a list.
Step: TypeAlias = "str | int"
# All steps to a value, from the outermost container inwards.
Steps: TypeAlias = tuple[Step, ...]
# The last step, and those before it: a tuple of all steps at each value of a walk would cost the depth squared.
LinkedSteps: TypeAlias = "tuple[Step, Any] | None"

# Values that stand for themselves; `type(value) in ATOMS` is the fastest test.
ATOMS = frozenset({type(None), str, int, float, bool})
are_atoms = ATOMS.issuperset

_SHORT = 60
_REPR = reprlib.Repr()
_REPR.maxlevel = 3
_REPR.maxstring = _REPR.maxother = _SHORT


def short(value: object) -> str:
    """Return a `repr` of `value` of at most 60 characters, cheap for any size."""
    text = " ".join(_REPR.repr(value).split())
    return text if len(text) <= _SHORT else text[: _SHORT - 3] + "..."


def is_object_config(value: Mapping[Any, Any]) -> bool:
    """Return whether a dict stands for an object, as all generations of Keras tell."""
    return "class_name" in value and "config" in value


def step_text(step: Step) -> str:
    """Return one step as it stands in a place.

    Example:
        >>> step_text("layers"), step_text(3), step_text("two words")
        ('.layers', '[3]', "['two words']")
    """
    if isinstance(step, str) and len(step) <= _SHORT and step.isidentifier():
        return f".{step}"
    return f"[{short(step)}]"


def place_of(steps: Iterable[Step], most: int | None = None) -> str:
    """Return steps as text.

    Args:
        steps: The steps, from the outermost container inwards.
        most: How many characters; beyond these the middle is left out.

    Example:
        >>> place_of(("config", "layers", 3))
        '$.config.layers[3]'
    """
    place = "$" + "".join(map(step_text, steps))
    return place if most is None or len(place) <= most else f"{place[: most // 2]}...{place[-most // 2 :]}"


def unrolled(steps: LinkedSteps) -> Steps:
    """Return linked steps as a tuple.

    Example:
        >>> unrolled((3, ("layers", None)))
        ('layers', 3)
    """
    inwards: list[Step] = []
    while steps is not None:
        step, steps = steps
        inwards.append(step)
    return tuple(reversed(inwards))


def members_of(container: Any) -> Iterable[tuple[Any, Any]]:
    """Return the members of a container with the steps to them; nothing for any other value."""
    if isinstance(container, dict):
        return container.items()
    return enumerate(container) if isinstance(container, (list, tuple)) else ()


def walk(value: Any, enters: Callable[[Any], bool] | None = None) -> Iterator[tuple[Any, LinkedSteps]]:
    """Yield a value and all that is within it, with the steps, in the order in which it is written down.

    What is yielded may be changed; what was there when the next value is asked for is gone into.

    Args:
        value: The value.
        enters: Tells whether to go into a container; into each by default.

    Example:
        >>> config = {"a": [1, {"b": 2}]}
        >>> [place_of(unrolled(steps)) for value, steps in walk(config)]
        ['$', '$.a', '$.a[0]', '$.a[1]', '$.a[1].b']
        >>> [value for value, _ in walk(config, lambda one: type(one) is dict)]
        [{'a': [1, {'b': 2}]}, [1, {'b': 2}]]
    """
    todo: list[tuple[Any, LinkedSteps]] = [(value, None)]
    while todo:
        one, steps = todo.pop()
        yield one, steps
        if type(one) in ATOMS or (enters is not None and not enters(one)):
            continue
        members = [(member, (step, steps)) for step, member in members_of(one)]
        members.reverse()
        todo += members


def values_within(value: Any, enters: Callable[[Any], bool] | None = None) -> Iterator[Any]:
    """Yield a value and all that is within it, in any order: :func:`walk` without steps, for half of its time.

    Args:
        value: The value.
        enters: Tells whether to go into a container; into each by default.

    Example:
        >>> sorted(member for member in values_within([1, {"b": (2, 3)}]) if type(member) is int)
        [1, 2, 3]
    """
    todo = [value]
    while todo:
        member = todo.pop()
        yield member
        if type(member) in ATOMS or (enters is not None and not enters(member)):
            continue
        if isinstance(member, dict):
            todo += member.values()
        elif isinstance(member, (list, tuple)):
            todo += member


def levels(value: Any) -> Iterator[list[Any]]:
    """Yield the containers in a value level by level, from the outermost.

    Example:
        >>> [len(level) for level in levels({"a": [], "b": {"c": []}})]
        [1, 2, 1]
    """
    level = [value]
    while True:
        level = [one for one in level if isinstance(one, (dict, list, tuple))]
        if not level:
            return
        yield level
        level = [member for one in level for member in (one.values() if isinstance(one, dict) else one)]


def copied(value: Any) -> Any:
    """Return a copy of the containers in `value`; everything else is shared."""
    if isinstance(value, dict):
        return {k: v if type(v) in ATOMS else copied(v) for k, v in value.items()}
    if isinstance(value, list):
        return [v if type(v) in ATOMS else copied(v) for v in value]
    if type(value) is tuple:
        return tuple([v if type(v) in ATOMS else copied(v) for v in value])
    return value


def first_steps(config: Any, wanted: Callable[[Any], bool]) -> Steps | None:
    """Return the steps to the first value that is `wanted`, or `None` where there is none.

    Example:
        >>> first_steps({"a": [0, "x"]}, lambda value: value == "x")
        ('a', 1)
    """
    return next((unrolled(steps) for value, steps in walk(config) if wanted(value)), None)


def steps_by_address(config: Any, wanted: Collection[int]) -> dict[int, Steps]:
    """Return the steps to the values with these addresses, each for the first time that it stands there.

    Example:
        >>> inner = []
        >>> [*steps_by_address({"a": [inner], "b": inner}, {id(inner)}).values()]
        [('a', 0)]
    """
    found: dict[int, Steps] = {}
    for value, steps in walk(config) if wanted else ():
        if id(value) in wanted and id(value) not in found:
            found[id(value)] = unrolled(steps)
            if len(found) == len(wanted):
                break
    return found


def steps_within(config: Any, part: Any) -> Steps:
    """Return the steps to `part` in `config`, to itself or else to the first value equal to it; none without one.

    Example:
        >>> steps_within({"a": [[], [1]]}, [1])
        ('a', 1)
    """
    return (
        first_steps(config, lambda value: value is part)
        or first_steps(config, lambda value: _is_equal(value, part))
        or ()
    )


def _is_equal(value: Any, part: Any) -> bool:
    """Return whether two containers are equal; what is no data in them may not tell, as an array."""
    try:
        return type(value) is type(part) and bool(value == part)
    except Exception:  # noqa: BLE001  the `__eq__` of anything
        return False
