"""Tuples among the inputs and outputs of a model, which JSON would turn into lists.

What calls a model gets its outputs as they were declared, so it matters there.
The metadata have the places; Keras does not ask for them.
"""

from __future__ import annotations

from typing import Any

PLACES = "tuples"
_STRUCTURES = ("input_layers", "output_layers")

Place = list[str | int]


def tuples(config: Any) -> list[Place]:
    """Return the places of the tuples in the structures of models.

    Example:
        >>> tuples({"config": {"output_layers": (["a", 0, 0], {"b": (["c", 0, 0],)}), "pool": (2, 2)}})
        [['config', 'output_layers'], ['config', 'output_layers', 1, 'b']]
    """
    places: list[Place] = []
    todo: list[tuple[Any, Place, bool]] = [(config, [], False)]
    while todo:
        value, place, inside = todo.pop()
        if isinstance(value, tuple) and inside:
            places.append(place)
        if isinstance(value, dict):
            todo += [
                (member, [*place, name], inside or name in _STRUCTURES) for name, member in reversed(value.items())
            ]
        elif isinstance(value, (list, tuple)):
            todo += [(member, [*place, i], inside) for i, member in enumerate(value)]
    return places


def restored(config: dict[str, Any], places: Any) -> dict[str, Any]:
    """Make tuples of the lists at some places of a config that nobody else has; return it.

    What is no place of such a list is passed over: the places are from a file.

    Example:
        >>> restored({"config": {"output_layers": [1, [2]]}}, [["config", "output_layers"], ["x"]])
        {'config': {'output_layers': (1, [2])}}
    """
    some = [place for place in places if isinstance(place, list) and place] if isinstance(places, list) else []
    for place in sorted(some, key=len, reverse=True):
        owner: Any = config
        for step in place[:-1]:
            owner = _member(owner, step)
        if any(name in place for name in _STRUCTURES) and isinstance(_member(owner, place[-1]), list):
            owner[place[-1]] = tuple(owner[place[-1]])
    return config


def _member(owner: Any, step: Any) -> Any:
    if isinstance(owner, dict) and isinstance(step, str):
        return owner.get(step)
    if isinstance(owner, list) and type(step) is int and 0 <= step < len(owner):
        return owner[step]
    return None
