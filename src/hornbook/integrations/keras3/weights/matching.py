"""Which of several parts of one class is which in a file: by key, by name, by order.

Keras writes the members of a list or dict under the name of their class and a
number, so another order of them gives each the weights of another.  The file
has their names beside, and, if we wrote it, the keys of dicts: these decide.
A name that Keras made up (`dense_3`) says nothing.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from hornbook.archive.weights.paths import join, numbered, snake_case
from hornbook.archive.weights.stores import Labels
from hornbook.errors import WeightsError

_NUMBER = re.compile(r"_\d+$")
_SHOWN = 4


class Member(NamedTuple):
    """A part of a container of a model.

    Args:
        value: The part.
        path: Where Keras writes it.
        key: Attribute and key of the dict of its owner that it is in, if it is in one.
    """

    value: Any
    path: str
    key: str | None = None


class Found(NamedTuple):
    """Where a part is in a file, and what decided it."""

    value: Any
    path: str
    by: str


def base_of(value: Any) -> str:
    """Return the name of a class in a weight file."""
    return snake_case(type(value).__name__)


def is_given(name: Any, base: str) -> bool:
    """Say whether a name is one that a user gave, not one that Keras made up for the class.

    Example:
        >>> is_given("encoder", "dense"), is_given("dense_3", "dense")
        (True, False)
    """
    return isinstance(name, str) and _NUMBER.sub("", name) not in (base, base.replace("_", ""))


def matched(
    members: Sequence[Member],
    path: str,
    labels: Callable[[str], Labels | None],
    *,
    by_order: bool,
    taken: Collection[str] = (),
) -> list[Found]:
    """Return where each of the parts of one container is in a file.

    Args:
        members: The parts, in the order of the model.
        path: The path of the container.
        labels: Returns what the file has beside the path of a part, and `None`
            where it has no such path.
        by_order: Whether given names may differ; then the order decides.
        taken: Paths whose arrays another part has got already: each array has
            one owner.

    Raises:
        WeightsError: The names or keys of the file are other ones.
    """
    groups: dict[str, list[Member]] = {}
    for member in members:
        groups.setdefault(base_of(member.value), []).append(member)
    found: dict[str, Found] = {}
    for base, group in groups.items():
        stored = {slot: told for slot, told in _stored(group, base, path, labels).items() if slot not in taken}
        found |= _by_key(group, path, stored) or _by_name(group, base, path, stored, by_order=by_order)
    return [found[member.path] for member in members]


def _stored(group: list[Member], base: str, path: str, labels: Callable[[str], Labels | None]) -> dict[str, Labels]:
    """Return what the file has for the parts of one class; a part that is written elsewhere leaves a gap."""
    slots = [member.path for member in group]
    used: dict[str, int] = {}
    paths = (join(path, numbered(base, used)) for _ in itertools.count())
    after = itertools.takewhile(lambda slot: slot in slots or labels(slot) is not None, paths)
    found = {slot: labels(slot) for slot in dict.fromkeys([*slots, *after])}
    return {slot: told for slot, told in found.items() if told is not None}


def _by_key(group: list[Member], path: str, stored: dict[str, Labels]) -> dict[str, Found]:
    """Return where the members of a dict are, if the file has their keys."""
    keys = {str(told.key): slot for slot, told in stored.items() if told.key is not None}
    if group[0].key is None or not keys or len(keys) < len(stored):
        return {}
    _check_same([str(member.key) for member in group], [*keys], path, "key")
    return {member.path: Found(member.value, keys[str(member.key)], "key") for member in group}


def _by_name(
    group: list[Member], base: str, path: str, stored: dict[str, Labels], *, by_order: bool
) -> dict[str, Found]:
    """Return where the parts are whose names the file has; for the others the order decides."""
    names = _unique({slot: told.name for slot, told in stored.items() if is_given(told.name, base)})
    own = _unique({member.path: member.value.name for member in group if is_given(_name(member.value), base)})
    slots = {name: slot for slot, name in names.items()}
    taken = {slots[name] for name in own.values() if name in slots}
    left = [slot for slot in stored if slot not in taken]
    by = "order" if max(len(group), len(stored)) > 1 else "path"
    found: dict[str, Found] = {}
    for member in group:
        name = own.get(member.path)
        if name in slots:
            found[member.path] = Found(member.value, slots[name], "name")
            continue
        slot = member.path if member.path in left or not left else left[0]
        if slot in left:
            left.remove(slot)
        elif slot in taken:
            slot = f"{member.path}: nothing is left"
        if name is not None and slot in names and not by_order:
            _check_same([*own.values()], [*names.values()], path, "name")
        found[member.path] = Found(member.value, slot, by)
    return found


def _unique(names: dict[str, Any]) -> dict[str, str]:
    """Return the names that only one has: two of one name cannot be told apart by it."""
    count = Counter(names.values())
    return {path: name for path, name in names.items() if count[name] == 1}


def _name(value: Any) -> Any:
    return getattr(value, "name", None)


def _check_same(model: list[str], file: list[str], path: str, what: str) -> None:
    if sorted(model) == sorted(file):
        return
    raise WeightsError(
        f"The model has the {what}s {_list(model)}, and the file {_list(file)}",
        hint="If their order is right, pass by_order=True." if what == "name" else None,
        config={"missing": [one for one in model if one not in file], "left over": [o for o in file if o not in model]},
        place=f"model.weights.h5: {path}",
    )


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:_SHOWN]) + more
