"""What a config names, and where it holds byte code: told without looking anything up.

The config is a file's, so nothing here goes by recursion, and what is kept of
each value is bounded however long the keys are that lead to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hornbook.engine.code import marshalled
from hornbook.engine.codecs.plain import plain_codecs
from hornbook.engine.codecs.table import TAG_ROOTS
from hornbook.engine.reference import Reference, checked, is_object_config, key_of
from hornbook.errors import ConfigError, LimitError, short
from hornbook.policy import Limits

# Class names of values that Python or a codec makes, and that stand for no class.
TAGS = frozenset(TAG_ROOTS.keys() | plain_codecs().decoders.keys())

# Tells the kind of a built-in, as `"layer"`; `None` for what is not built in.
KindOf = Callable[[Reference], str | None]

PLACES = 100  # of lambdas that are told one by one
_LONG = 200  # characters of a place
_LONG_STEP = 60

# A step of a place, and the steps before it.  A tuple of all steps at each
# value would cost the depth squared.
Steps = tuple[str | int, Any] | None


class Names(NamedTuple):
    """What a config names.

    Args:
        references: How often each class and function is named.
        lambdas: Where byte code stands; at most a hundred places.
        lambda_count: How often byte code stands there.
    """

    references: Counter[Reference]
    lambdas: tuple[str, ...]
    lambda_count: int


def names(config: Any, kind_of: KindOf, limits: Limits) -> Names:
    """Return what `config` names, in the order of the config.

    Args:
        config: A config as JSON gives it.
        kind_of: Tells the kinds of built-ins.
        limits: How deep and how large the config may be.

    Raises:
        ConfigError: A name has a wrong type, outside of what is a user's data.
        LimitError: The config is too deep or too large.

    Example:
        >>> config = {"class_name": "Box", "config": {"f": {"class_name": "__lambda__", "config": {}}}}
        >>> found = names(config, lambda reference: None, Limits())
        >>> [reference.name for reference in found.references], found.lambdas
        (['Box'], ('$.config.f',))
    """
    references: Counter[Reference] = Counter()
    places: list[str] = []
    count = 0
    for value, steps, own in _dicts(config, kind_of, limits):
        if _is_lambda(value):
            count += 1
            if len(places) < PLACES:
                places.append(_place(steps))
        elif is_object_config(value):
            reference = reference_of(value, None if own else steps, strict=not own)
            if reference is not None:
                references[reference] += 1
    return Names(references, tuple(places), count)


def reference_of(config: dict[str, Any], steps: Steps = None, *, strict: bool = False) -> Reference | None:
    """Return what an object config names; `None` for a tagged value.

    Raises:
        ConfigError: A part of the name has a wrong type, if `strict`.
    """
    try:
        reference = checked(key_of(config))
    except ConfigError as error:
        if strict:
            error.place = _place(steps)
            raise
        return None
    return None if reference.name in TAGS else reference


def _dicts(config: Any, kind_of: KindOf, limits: Limits) -> Iterator[tuple[dict[str, Any], Steps, bool]]:
    """Yield every dict, how one gets there, and whether it is the data of a user's class."""
    todo: list[tuple[Any, Steps, int, bool]] = [(config, None, 1, False)]
    left = limits.nodes
    while todo:
        value, steps, depth, own = todo.pop()
        left -= len(value)
        if depth > limits.depth or left < 0:
            raise LimitError("The config is too deep or too large", place=_place(steps))
        within = own
        if isinstance(value, dict):
            yield value, steps, own
            within = own or _is_users(value, kind_of)
        members: list[tuple[str | int, Any]] = list(value.items() if isinstance(value, dict) else enumerate(value))
        for step, member in reversed(members):
            if isinstance(member, (dict, list)):
                todo.append((member, (step, steps), depth + 1, within if step == "config" else own))


def _is_users(value: dict[str, Any], kind_of: KindOf) -> bool:
    reference = reference_of(value) if is_object_config(value) else None
    return reference is not None and kind_of(reference) is None


def _is_lambda(value: dict[str, Any]) -> bool:
    """Say whether byte code stands here: as a value, or as a `Lambda` layer of Keras 2 writes it."""
    return next(marshalled(value), None) is not None


def _place(steps: Steps) -> str:
    """Return a place in words, without its middle where it is long."""
    parts: list[str] = []
    while steps is not None:
        step, steps = steps
        parts.append(_step(step))
    place = "$" + "".join(reversed(parts))
    return place if len(place) <= _LONG else f"{place[: _LONG // 2]}...{place[-_LONG // 2 :]}"


def _step(step: str | int) -> str:
    plain = isinstance(step, str) and len(step) <= _LONG_STEP and step.isidentifier()
    return f".{step}" if plain else f"[{short(step)}]"
