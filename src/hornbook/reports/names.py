"""What a config names, and where it holds byte code, without looking anything up.

The config is a file's: what is kept of each value is bounded however long the
keys are that lead to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from hornbook.engine.code import marshalled
from hornbook.engine.reference import Reference, checked, key_of
from hornbook.engine.registry import current_registry
from hornbook.errors import ConfigError
from hornbook.places import Step, is_object_config
from hornbook.policy import Limits
from hornbook.reports.walk import Located, walk

# Returns the kind of a built-in, as `"layer"`; `None` for what is not built in.
KindOf = Callable[[Reference], str | None]

PLACES = 100  # of lambdas that are reported one by one


class ConfigNames(NamedTuple):
    """What a config names.

    Args:
        references: How often each class and function is named.
        lambdas: Where byte code stands; at most a hundred places.
        lambda_count: How often byte code stands there.
    """

    references: Counter[Reference]
    lambdas: tuple[str, ...]
    lambda_count: int


def names(config: Any, kind_of: KindOf, limits: Limits) -> ConfigNames:
    """Return what `config` names, in the order of the config.

    Args:
        config: A config as JSON gives it.
        kind_of: Returns the kinds of built-ins.
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

    def is_users_data(outer: Located, step: Step) -> bool:
        return outer.marked or (step == "config" and _is_users(outer.value, kind_of))

    for located in walk(config, most=limits.nodes, deepest=limits.depth, mark=is_users_data):
        value = located.value
        if not isinstance(value, dict):
            continue
        if _is_lambda(value):
            count += 1
            if len(places) < PLACES:
                places.append(located.place)
        elif is_object_config(value):
            reference = reference_of(value) if located.marked else checked_reference(located)
            if reference is not None:
                references[reference] += 1
    return ConfigNames(references, tuple(places), count)


def reference_of(config: Any) -> Reference | None:
    """Return what an object config names; `None` for a tagged value, for a name of a wrong type, and any other value.

    Example:
        >>> reference_of({"class_name": "Box", "config": {}}).label, reference_of({"class_name": 3, "config": {}})
        ('Box', None)
    """
    try:
        return checked_reference(Located(config, None))
    except ConfigError:
        return None


def checked_reference(located: Located) -> Reference | None:
    """Return what an object config names; `None` for a tagged value, and any other value.

    Raises:
        ConfigError: A part of the name has a wrong type.
    """
    config = located.value
    if not isinstance(config, dict) or not is_object_config(config):
        return None
    try:
        reference = checked(key_of(config))
    except ConfigError as error:
        error.place = located.place
        raise
    # A tag is of a value that Python or an integration makes, and stands for no class.
    tag = current_registry().known_tag(reference.name)
    return reference if tag is None or tag.registered else None


def _is_users(value: dict[str, Any], kind_of: KindOf) -> bool:
    reference = reference_of(value)
    return reference is not None and kind_of(reference) is None


def _is_lambda(value: dict[str, Any]) -> bool:
    """Return whether byte code stands here: as a value, or as a `Lambda` layer of Keras 2 writes it."""
    return next(marshalled(value), None) is not None
