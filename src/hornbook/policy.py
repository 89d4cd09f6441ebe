"""What a file may do: trusted names, byte code, paths and limits, as data that can be read from TOML.

The four gates read a :class:`Policy`; nobody else decides what is trusted.
Both classes are named tuples: frozen, compared by value, and without the import
of `dataclasses`, which would be a sixth of `import hornbook`.
The policy of the outermost call holds for every call that user code makes
while that call runs.

Three are ready: :data:`STRICT` is the default, for files of strangers;
:data:`TRUSTED` is for files of one's own; :data:`KERAS` does what Keras does.
"""

from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from hornbook.errors import ConfigError, MissingDependencyError, errors_within, short


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
        arrays: Groups and arrays of an HDF5 file, all together.
        layers: Layers of a model, those of the models within it included.
        calls: Calls of layers and operations while a model is rebuilt, where
            a model that is called twice counts twice, and an unrolled layer
            once for each step.
        chain: Calls of layers that follow one another.
        integer: The size of an integer that is an argument of a built-in.
        objects: What the arguments of built-ins that make one Python object for
            each unit (`num_thresholds`) come to, all together.
        variable_bytes: Bytes of variables that a config without weights may
            ask for, and any file; a variable that is being filled counts three
            times, since its random numbers are made first.
        filled_bytes: Bytes of variables that are filled while a config is
            read, where they can wait until they are used (JAX).  Those of
            Keras' layers wait, but for a few that a layer computes with when
            it is built (`Normalization`).
        variable_ratio: Bytes of variables for each byte of weights that the
            file really stores, beyond `variable_bytes` and `filled_bytes`.
            An optimizer keeps up to four arrays for each weight.
        solving: Multiplications in initializers that solve something
            (`Orthogonal`), for each byte of weights that the file stores;
            `solving_floor` is allowed always.
        solving_floor: As just said.
        pattern_steps: Steps that the regular expressions of a config may take
            on the names of its layers.

    Example:
        >>> Limits(depth=10).depth
        10
    """

    depth: int = 200
    nodes: int = 1_000_000
    config_bytes: int = 1 << 24
    members: int = 10_000
    ratio: int = 1100
    ratio_floor: int = 1 << 27
    arrays: int = 100_000
    layers: int = 10_000
    calls: int = 12_000
    chain: int = 2000
    integer: int = (1 << 31) - 1
    objects: int = 1_000_000
    variable_bytes: int = 2048 << 20
    filled_bytes: int = 128 << 20
    variable_ratio: int = 6
    solving: int = 10_000
    solving_floor: int = 50_000_000_000
    pattern_steps: int = 500_000_000


class Policy(NamedTuple):
    """What a config or a file is allowed to name.

    Registered objects, objects passed in and the built-ins of an active
    integration are always allowed.  Nothing is ever imported because a file
    names it.

    Args:
        trusted: Patterns (`fnmatch`, case-sensitive) of `module.name`, or of
            `package>name`, of classes and functions that may be used without
            being registered, if their module is imported already.
        lambdas: Whether byte code may be loaded.  Loading byte code is
            running it.
        paths: Whether a config may name files that its objects read, such as
            a vocabulary or a SavedModel.
        companions: Whether classes of libraries that the framework itself
            trusts may be used without being registered, if their module is
            imported already: for Keras the layers, models and the like of
            `keras_hub`, `keras_cv` and `keras_nlp`.
        limits: How much may be asked for.
        framework: For which framework configs and files are read that may be
            of several which are in use, as `"tf_keras"`; what a call says for
            itself wins.

    Example:
        >>> Policy(trusted=("lab.layers.*",)).trusts("lab.layers.Head")
        True
        >>> Policy().lambdas
        False
    """

    trusted: tuple[str, ...] = ()
    lambdas: bool = False
    paths: bool = False
    companions: bool = False
    limits: Limits = Limits()
    framework: str | None = None

    def trusts(self, name: str) -> bool:
        """Return whether `name`, as `module.name` or `package>name`, matches a trusted pattern."""
        return any(fnmatchcase(name, pattern) for pattern in self.trusted)

    @classmethod
    def trusting(cls, *patterns: str, **more: Any) -> Policy:
        """Return a policy that trusts what `patterns` match.

        Args:
            *patterns: As `trusted`.
            **more: The other fields.

        Raises:
            ConfigError: A pattern is no string, or a field is unknown.

        Example:
            >>> Policy.trusting("lab>*", "lab.layers.*").trusts("lab>Head")
            True
        """
        return _policy({"trusted": patterns, **more})

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Policy:
        """Return the policy of a TOML file.

        The keys are those of :class:`Policy`, with a table `limits` whose keys
        are those of :class:`Limits`; `preset` may be `"strict"`, `"trusted"`
        or `"keras"`, and gives what the file does not say.

        Args:
            path: The file, for instance with `trusted = ["lab>*"]`.

        Raises:
            ConfigError: There is no such file, it is no TOML, or a key or
                value is wrong.
            MissingDependencyError: This Python (3.10) reads no TOML, and
                `tomli` is not installed.

        Example:
            >>> Policy.from_toml("no such file.toml")  # doctest: +ELLIPSIS
            Traceback (most recent call last):
            hornbook.errors.ConfigError: This is no policy: "[Errno 2] No such file or directory: ...
        """
        place = os.fspath(path)
        try:
            with open(path, encoding="utf-8") as file:  # noqa: PTH123  `import hornbook` does without pathlib
                data = _toml(file.read())
        except MissingDependencyError:
            raise
        except (OSError, ValueError) as error:
            raise ConfigError(f"This is no policy: {short(str(error))}", place=place) from error
        with errors_within(place):
            return _policy(data)


STRICT = Policy()
# For files of one's own: they may name files and hold byte code, and may be large.
TRUSTED = Policy(
    lambdas=True,
    paths=True,
    companions=True,
    limits=Limits(
        layers=1_000_000,
        calls=1_000_000,
        objects=100_000_000,
        variable_bytes=1 << 40,
        filled_bytes=1 << 40,
        solving_floor=1 << 60,
        pattern_steps=1 << 60,
    ),
)
# What Keras does: no byte code, and no limit that Keras has not.
KERAS = TRUSTED._replace(lambdas=False, paths=True, companions=True)
PRESETS = {"strict": STRICT, "trusted": TRUSTED, "keras": KERAS}


def effective(policy: Policy | None, *, safe_mode: bool) -> Policy:
    """Return the policy of a call: `safe_mode=False` allows byte code as well."""
    policy = policy or STRICT
    return policy if safe_mode or policy.lambdas else policy._replace(lambdas=True)


def _policy(data: dict[str, Any]) -> Policy:
    """Return the policy that plain data stand for."""
    fields = dict(data)
    preset = fields.pop("preset", "strict")
    base = PRESETS.get(preset) if isinstance(preset, str) else None
    if base is None:
        raise _wrong("preset", f"one of {', '.join(PRESETS)}", preset)
    limits = _limits(base.limits, fields.pop("limits", {}))
    trusted = fields.pop("trusted", base.trusted)
    if not isinstance(trusted, (list, tuple)) or not all(isinstance(one, str) for one in trusted):
        raise _wrong("trusted", "a list of patterns", trusted)
    framework = fields.pop("framework", base.framework)
    if framework is not None and not isinstance(framework, str):
        raise _wrong("framework", "the root module of a framework", framework)
    for name, value in fields.items():
        if name not in ("lambdas", "paths", "companions"):
            raise ConfigError(f"A policy has no field {short(name)}")
        if not isinstance(value, bool):
            raise _wrong(name, "true or false", value)
    return base._replace(trusted=tuple(trusted), limits=limits, framework=framework, **fields)


def _limits(base: Limits, given: Any) -> Limits:
    if isinstance(given, Limits):
        return given
    if not isinstance(given, dict):
        raise _wrong("limits", "a table of limits", given)
    for name, value in given.items():
        if name not in Limits._fields:
            raise ConfigError(f"There is no limit {short(name)}", place="$.limits")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise _wrong(f"limits.{name}", "a whole number", value)
    return base._replace(**given)


def _wrong(field: str, wanted: str, value: object) -> ConfigError:
    return ConfigError(f"`{field}` must be {wanted}, not {short(value)}", place=f"$.{field}")


def _toml(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib.loads(text)
    try:
        import tomli
    except ImportError as error:
        raise MissingDependencyError(
            "Python 3.10 reads no TOML", hint="Install tomli, or use Python 3.11.", place=None
        ) from error
    found: dict[str, Any] = tomli.loads(text)
    return found
