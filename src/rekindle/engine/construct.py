"""The second gate: the only module that hands data to a constructor.

What a constructor gets is a copy: the caller's config stays as it is, however
`from_config` treats its argument.
"""

from __future__ import annotations

from typing import Any

from rekindle.engine.codecs.plain import ATOMS
from rekindle.engine.resolve import Resolved
from rekindle.engine.scan import place_within
from rekindle.errors import ConfigError, ConstructionError, LimitError, RekindleError

_REASON = 200  # characters of somebody else's message


def copied(value: Any) -> Any:
    """Return a copy of the containers in `value`; everything else is shared."""
    if isinstance(value, dict):
        return {k: v if type(v) in ATOMS else copied(v) for k, v in value.items()}
    if isinstance(value, list):
        return [v if type(v) in ATOMS else copied(v) for v in value]
    if type(value) is tuple:
        return tuple([v if type(v) in ATOMS else copied(v) for v in value])
    return value


def construct(resolved: Resolved, inner: dict[str, Any], config: dict[str, Any]) -> Any:
    """Make an object of a class, built and compiled as `config` says.

    Args:
        resolved: What `config` names.
        inner: The inner config.
        config: The whole object config: for `build_config` and
            `compile_config`.

    Raises:
        ConstructionError: The class refused the config; the reason is the
            `__cause__`.
        ConfigError: The class has no `from_config`.
        LimitError: Building needs more nested calls than Python allows.
    """
    target, part = resolved.target, "config"
    given: Any = inner
    make = getattr(target, "from_config", None)
    if make is None:
        raise ConfigError(
            f"Class `{target.__qualname__}` has no from_config() method",
            hint="Add a classmethod from_config(cls, config).",
            config=config,
        )
    arguments: Any = None
    try:
        arguments = copied(inner)
        if resolved.adapt is not None:
            arguments = resolved.adapt(arguments)
        instance = make(arguments)
        if "build_config" in config or "compile_config" in config:
            part, given = "build_config", config.get("build_config")
            if given and not getattr(instance, "built", False):
                instance.build_from_config(copied(given))
                instance.built = True
            part, given = "compile_config", config.get("compile_config")
            if given:
                arguments = copied(given)
                instance.compile_from_config(arguments)
                instance.compiled = True
    except RekindleError as error:
        _put_place(error, part, arguments, given)
        raise
    except RecursionError as error:
        raise LimitError("The config nests deeper than Python can build", place=f"$.{part}") from error
    except Exception as error:
        ours = _wrapped(error)
        if ours is None:
            raise _refused(target, part, error, config) from error
        _put_place(ours, part, arguments, given)
        raise ours from error
    return instance


def _put_place(error: RekindleError, part: str, arguments: Any, given: Any) -> None:
    """Complete the place of an error that passed through user code."""
    within = None
    if isinstance(error.part, (dict, list)):
        within = place_within(arguments, error.part) or place_within(given, error.part)
    if within is not None and error.place is not None and error.place.startswith("$"):
        error.place = within + error.place[1:]
    error.part = None
    error.under(part)


def _wrapped(error: BaseException) -> RekindleError | None:
    """Return the error of ours that user code has wrapped in its own, if any."""
    seen = 0
    cause = error.__cause__ or error.__context__
    while cause is not None and seen < 20:
        if isinstance(cause, RekindleError):
            return cause
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return None


def _refused(target: type, part: str, error: Exception, config: dict[str, Any]) -> ConstructionError:
    method = {"config": "from_config", "build_config": "build_from_config"}.get(part, "compile_from_config")
    first = _first(error)
    text = " ".join(str(first).split())
    reason = text if len(text) <= _REASON else text[: _REASON - 3] + "..."
    return ConstructionError(
        f"`{target.__qualname__}.{method}` raised {type(first).__name__}: {reason}",
        hint="Objects within a config must be deserialized in from_config()."
        if part == "config" and isinstance(first, (TypeError, AttributeError))
        else None,
        config=config,
        place=f"$.{part}",
    )


def _first(error: BaseException) -> BaseException:
    """Return what was raised first: Keras wraps it in messages with whole configs."""
    for _ in range(20):
        earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if earlier is None:
            break
        error = earlier
    return error
