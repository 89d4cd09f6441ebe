"""Rules of others: registered in a call, or by an entry point of the group `hornbook.upgrade_rules`."""

from __future__ import annotations

from typing import get_args

from hornbook.engine.registry import Registry, current_registry
from hornbook.errors import RegistrationError, short
from hornbook.upgrading.node import Stage, UpgradeRule, is_builtin
from hornbook.upgrading.rules.built_in import BUILT_IN_RULES

GROUP = "hornbook.upgrade_rules"
_TAKEN = frozenset(rule.name for rule in BUILT_IN_RULES)


def register_upgrade_rule(rule: UpgradeRule, registry: Registry | None = None) -> UpgradeRule:
    """Register a rule that rewrites what older versions wrote; one of the same name is replaced.

    It holds in all that reads configs, as `deserialize_keras_object` and
    `load_model`, after the rules of this package, and is reported as they are.
    An installed package may bring rules by entry points of the group
    `hornbook.upgrade_rules`, each an :class:`UpgradeRule`.

    Args:
        rule: The rule.
        registry: Where it holds; by default the registry in use.

    Returns:
        The rule.

    Raises:
        RegistrationError: (a `ValueError`) Its name is that of a rule of this
            package, or it names classes in a way that no rule can.

    Example:
        >>> from hornbook import deserialize_keras_object, register_keras_serializable, upgrade
        >>> from hornbook.extending import Registry
        >>> def rename(box):
        ...     '''The side of a box was `w` before version 2.'''
        ...     box.rename("w", "width")
        >>> rule = UpgradeRule("acme-box", frozenset({"acme>Box"}), "acme 1", "acme 2.0 release notes", rename)
        >>> with Registry().use():
        ...     @register_keras_serializable("acme")
        ...     class Box:
        ...         def __init__(self, width): self.width = width
        ...         def get_config(self): return {"width": self.width}
        ...         @classmethod
        ...         def from_config(cls, config): return cls(**config)
        ...     _ = register_upgrade_rule(rule)
        ...     old = {"module": "acme", "class_name": "Box", "config": {"w": 3}, "registered_name": "acme>Box"}
        ...     deserialize_keras_object(old).width, upgrade(old)[1].rules()
        (3, {'acme-box': 1})
    """
    if isinstance(rule, UpgradeRule):
        checked(rule)
    return (registry or current_registry()).extensions(GROUP, UpgradeRule).register(getattr(rule, "name", "?"), rule)


def registered_rules(registry: Registry) -> tuple[UpgradeRule, ...]:
    """Return the rules that others have added to a registry."""
    rules = registry.extensions(GROUP, UpgradeRule).values
    return tuple(map(checked, rules)) if rules else ()


def checked(rule: UpgradeRule) -> UpgradeRule:
    """Return a rule of others that can be applied.

    Raises:
        RegistrationError: It cannot.
    """
    if rule.name in _TAKEN:
        raise RegistrationError(f"`{rule.name}` is the name of a rule of hornbook", place=None)
    if rule.stage not in get_args(Stage):
        raise RegistrationError(f"{short(rule.stage)} is no stage of upgrading", place=None)
    for name in () if rule.builtins else rule.classes:
        if not _is_of_users(name):
            raise RegistrationError(
                f"The upgrade rule `{rule.name}` holds for {short(name)}, which is no class of yours",
                hint='Name it "package>Name" or "module.Name"; builtins=True is for those of Keras.',
                place=None,
            )
    return rule


def _is_of_users(name: str) -> bool:
    """Return whether a name that a rule holds for can be that of a class of the user's."""
    return not name.startswith("<") and (">" in name or ("." in name and not is_builtin(name)))
