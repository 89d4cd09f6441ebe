"""What a file may do: data, without any logic beyond matching a name.

The four gates read a :class:`Policy`; nobody else decides what is trusted.
Both classes are named tuples: frozen, compared by value, and without the import
of `dataclasses`, which would be a sixth of `import rekindle`.
The policy of the outermost call holds for every call that user code makes
while that call runs.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


class Limits(NamedTuple):
    """How much a config or a file may ask for.

    Args:
        depth: Containers within containers in a config.  Twenty nested Keras
            models need about 120.
        nodes: Values in the JSON of a config, all containers together.
        config_bytes: Bytes of one JSON member.
        members: Members of an archive, or files in a folder.
        ratio: Bytes after decompression for each stored byte, beyond
            `ratio_floor` bytes.
        ratio_floor: Bytes that the members of an archive, or the arrays of a
            file, may have beyond that, all together; and bytes of assets.

    Example:
        >>> Limits(depth=10).depth
        10
    """

    depth: int = 200
    nodes: int = 1_000_000
    config_bytes: int = 1 << 25
    members: int = 100_000
    ratio: int = 1100
    ratio_floor: int = 1 << 27


class Policy(NamedTuple):
    """What a config or a file is allowed to name.

    Registered objects, objects passed in and the built-ins of an active
    integration are always allowed.  Nothing is ever imported because a file
    names it.

    Args:
        trusted: Patterns (`fnmatch`, case-sensitive) of `module.name` of
            classes and functions that may be used without being registered,
            if their module is imported already.
        lambdas: Whether byte code may be loaded.  Loading byte code is
            running it.
        limits: How much may be asked for.

    Example:
        >>> Policy(trusted=("lab.layers.*",)).trusts("lab.layers.Head")
        True
        >>> Policy().lambdas
        False
    """

    trusted: tuple[str, ...] = ()
    lambdas: bool = False
    limits: Limits = Limits()

    def trusts(self, name: str) -> bool:
        """Say whether `name`, as `module.name`, matches a trusted pattern."""
        return any(fnmatchcase(name, pattern) for pattern in self.trusted)


STRICT = Policy()


def effective(policy: Policy | None, *, safe_mode: bool) -> Policy:
    """Return the policy of a call: `safe_mode=False` allows byte code as well."""
    policy = policy or STRICT
    return policy if safe_mode or policy.lambdas else policy._replace(lambdas=True)
