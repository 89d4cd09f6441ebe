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
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from hornbook.archive.weights.paths import join, numbered, snake_case
from hornbook.archive.weights.stores import Labels
from hornbook.integrations.keras3.weights.mismatch import check_same

_NUMBER = re.compile(r"_\d+$")


class Contained(NamedTuple):
    """A part of a container of a model.

    Args:
        value: The part.
        path: Where Keras writes it.
        key: Attribute and key of the dict of its owner that it is in, if it is in one.
    """

    value: Any
    path: str
    key: str | None = None


class StoredPlace(NamedTuple):
    """Where a part is in a file, and what decided it."""

    path: str
    by: str


def base_of(value: Any) -> str:
    """Return the name of a class in a weight file."""
    return snake_case(type(value).__name__)


def is_given(name: Any, base: str) -> bool:
    """Return whether a name is one that a user gave, not one that Keras made up for the class.

    Example:
        >>> is_given("encoder", "dense"), is_given("dense_3", "dense")
        (True, False)
    """
    return isinstance(name, str) and _NUMBER.sub("", name) not in (base, base.replace("_", ""))


def located(
    members: Sequence[Contained],
    path: str,
    labels: Callable[[str], Labels | None],
    *,
    by_order: bool,
    taken: Collection[str] = (),
) -> dict[str, StoredPlace]:
    """Return where the parts of one container are in a file, by where Keras writes them.

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
    groups: dict[str, list[Contained]] = {}
    for member in members:
        groups.setdefault(base_of(member.value), []).append(member)
    places: dict[str, StoredPlace] = {}
    for base, group in groups.items():
        stored = {slot: label for slot, label in _stored(group, base, path, labels).items() if slot not in taken}
        places |= _by_key(group, path, stored) or _by_name(group, base, path, stored, by_order=by_order)
    return places


def _stored(group: list[Contained], base: str, path: str, labels: Callable[[str], Labels | None]) -> dict[str, Labels]:
    """Return what the file has for the parts of one class; a part that is written elsewhere leaves a gap."""
    slots = [member.path for member in group]
    used: dict[str, int] = {}
    paths = (join(path, numbered(base, used)) for _ in itertools.count())
    after = itertools.takewhile(lambda slot: slot in slots or labels(slot) is not None, paths)
    stored = {slot: labels(slot) for slot in dict.fromkeys([*slots, *after])}
    return {slot: label for slot, label in stored.items() if label is not None}


def _by_key(group: list[Contained], path: str, stored: dict[str, Labels]) -> dict[str, StoredPlace]:
    """Return where the members of a dict are, if the file has their keys."""
    keys = {str(label.key): slot for slot, label in stored.items() if label.key is not None}
    if group[0].key is None or not keys or len(keys) < len(stored):
        return {}
    check_same([str(member.key) for member in group], [*keys], path, "key")
    return {member.path: StoredPlace(keys[str(member.key)], "key") for member in group}


def _by_name(
    group: list[Contained], base: str, path: str, stored: dict[str, Labels], *, by_order: bool
) -> dict[str, StoredPlace]:
    """Return where the parts are whose names the file has; for the others the order decides."""
    file = _given_names({slot: label.name for slot, label in stored.items()}, base)
    model = _given_names({member.path: getattr(member.value, "name", None) for member in group}, base)
    named = _same_names(model, file)
    ordered = _by_order([member.path for member in group], stored, named)
    if not by_order:
        _check_renamed(model, file, ordered, path)
    by = "order" if max(len(group), len(stored)) > 1 else "path"
    return {member: StoredPlace(slot, "name" if member in named else by) for member, slot in (named | ordered).items()}


def _same_names(model: Mapping[str, str], file: Mapping[str, str]) -> dict[str, str]:
    """Return where the file has the names of the model.

    Args:
        model: Names by the paths of the parts.
        file: Names by the paths of what is stored.
    """
    slots = {name: slot for slot, name in file.items()}
    return {member: slots[name] for member, name in model.items() if name in slots}


def _check_renamed(model: Mapping[str, str], file: Mapping[str, str], ordered: Mapping[str, str], path: str) -> None:
    """Refuse to give a part that has a name what the file has under another one.

    Args:
        model: Names by the paths of the parts.
        file: Names by the paths of what is stored.
        ordered: Where the parts are that no name leads to.
        path: The path of the container.

    Raises:
        WeightsError: A part would get it.
    """
    if any(member in model and slot in file for member, slot in ordered.items()):
        check_same([*model.values()], [*file.values()], path, "name")


def _given_names(names: Mapping[str, Any], base: str) -> dict[str, str]:
    """Return the names that a user gave and only one has: two of one name cannot be told apart by it."""
    given = {path: name for path, name in names.items() if is_given(name, base)}
    count = Counter(given.values())
    return {path: name for path, name in given.items() if count[name] == 1}


def _by_order(members: Sequence[str], stored: Collection[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return where parts are that no name leads to: where Keras writes them, else at the first place that is left.

    Args:
        members: Where Keras writes the parts, in their order.
        stored: What the file has, in its order.
        named: Where the parts are that a name leads to.
    """
    taken = {*named.values()}
    left = [slot for slot in stored if slot not in taken]
    places: dict[str, str] = {}
    for member in members:
        if member in named:
            continue
        slot = member if member in left or not left else left[0]
        if slot in left:
            left.remove(slot)
        elif slot in taken:
            slot = f"{member}: nothing is left"
        places[member] = slot
    return places
