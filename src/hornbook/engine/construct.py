"""The second gate: the only module that hands data to a constructor.

What a constructor gets is a copy: the caller's config stays as it is, however
`from_config` treats its argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hornbook.engine.codecs.table import ValueReader
from hornbook.engine.reference import COMPLETIONS, completion
from hornbook.engine.resolve import Resolved
from hornbook.errors import ConfigError, ConstructionError, HornbookError, LimitError, text_of
from hornbook.places import Steps, copied, steps_within

# The class method that makes an object of its config, for who wants to say where it stands.
ENTRY = "from_config"


def construct(resolved: Resolved, arguments: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
    """Make an object of a class, built and compiled as `config` says.

    Takes and raises what :func:`make` does.
    """
    instance = make(resolved, arguments, config, reader)
    if "build_config" in config or "compile_config" in config:  # COMPLETIONS, for each object
        _complete(instance, resolved, config)
    return instance


def make(resolved: Resolved, arguments: dict[str, Any], config: dict[str, Any], reader: ValueReader) -> Any:
    """Make an object of a class, and leave it as its `from_config` returns it.

    Args:
        resolved: What `config` names.
        arguments: A copy of the inner config, for the class to keep.
        config: The whole object config: for errors, and for `build_config` and
            `compile_config`.
        reader: Makes what a part of the arguments stands for.

    Raises:
        ConstructionError: The class refused the config; the reason is the
            `__cause__`.
        ConfigError: The class has no `from_config`.
        LimitError: Building needs more nested calls than Python allows.
    """
    entry = resolved.entry
    if entry is None:
        entry = resolved.entry = _of_older(resolved) or _entry(resolved.target, config)
    try:
        if resolved.adapt is not None:
            arguments = resolved.adapt(arguments)
        try:
            return entry(arguments)
        except NotImplementedError:
            # A built-in may have a from_config() that only says so, as MetricsList
            # of Keras 3 has: its arguments are then what the config holds.
            if not resolved.builtin:
                raise
            return resolved.target(**{name: reader.decode(member) for name, member in arguments.items()})
    except Exception as error:
        ours = _explained(error, "config", resolved, arguments, config)
        if ours is error:
            raise
        raise ours from error


def make_flat(resolved: Resolved, arguments: Any, config: dict[str, Any], names: Callable[[], dict[str, Any]]) -> Any:
    """Make an object as Keras up to 2.12 did.

    Args:
        resolved: What `config` names.  Without a `from_config` it is called
            with the arguments as keywords; not so what a module happens to
            hold, where a class may stand that runs a program when it is made.
        arguments: A copy of the inner config, for the class to keep.
        config: The whole object config, for errors.
        names: Gives all custom objects by name, for a `from_config` that has a
            parameter `custom_objects`.

    Raises:
        ConstructionError: The class refused the config; the reason is the
            `__cause__`.
        ConfigError: Nothing is made of what it names.
    """
    import inspect  # 5 ms of the time of `import hornbook`, for a form that few read

    target = resolved.target
    if resolved.offered and not hasattr(target, "get_config"):
        _entry(target, config)
    try:
        entry = getattr(target, "from_config", None)
        if entry is None:
            return target(**arguments)
        if "custom_objects" in inspect.signature(entry).parameters:
            return entry(arguments, custom_objects=names())
        return entry(arguments)
    except Exception as error:
        ours = _explained(error, "config", resolved, arguments, config)
        if ours is error:
            raise
        raise ours from error


def instance(target: type, *, offered: bool = False) -> Any:
    """Make an object of a class that a string names, without arguments.

    Args:
        target: The class.
        offered: Whether it comes from `module_objects`: what a module happens
            to hold is made only if it is a class that has a config.

    Raises:
        ConstructionError: The class refused; the reason is the `__cause__`.
        ConfigError: It is no class of the sort that a config names.
    """
    if offered and not hasattr(target, "get_config"):
        _entry(target, {})
    try:
        return target()
    except Exception as error:
        raise ConstructionError(
            f"`{target.__qualname__}()` raised {type(error).__name__}: {text_of(error)}", config=target
        ) from error


def is_of_older(resolved: Resolved) -> bool:
    """Return whether something is a built-in of an older generation of a framework."""
    return resolved.builtin and resolved.owner is not None and resolved.owner.written_as is not None


def _of_older(resolved: Resolved) -> Callable[[dict[str, Any]], Any] | None:
    """Return what makes a built-in of an older generation that has no from_config, as its own functions do."""
    target = resolved.target
    return None if hasattr(target, ENTRY) or not is_of_older(resolved) else lambda arguments: target(**arguments)


def _entry(target: Any, config: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    """Return what makes an object of a class."""
    entry: Callable[[dict[str, Any]], Any] | None = getattr(target, "from_config", None)
    if entry is None:
        raise ConfigError(
            f"Class `{getattr(target, '__qualname__', target)}` has no from_config() method",
            hint="Add a classmethod from_config(cls, config).",
            config=config,
            code="no-from-config",
        )
    return entry


def _complete(instance: Any, resolved: Resolved, config: dict[str, Any]) -> None:
    """Build and compile an object as its config says."""
    for part, finish in zip(COMPLETIONS, (_build, _compile), strict=True):
        given = copied(completion(config, part))
        if given is None:
            continue
        try:
            finish(instance, given, resolved)
        except Exception as error:
            ours = _explained(error, part, resolved, given, config)
            if ours is error:
                raise
            raise ours from error


def _build(instance: Any, given: dict[str, Any], resolved: Resolved) -> None:
    if not getattr(instance, "built", False):
        instance.build_from_config(given)
        if not is_of_older(resolved):  # such a one says so by itself: not each is
            instance.built = True


def _compile(instance: Any, given: dict[str, Any], resolved: Resolved) -> None:
    instance.compile_from_config(given)
    instance.compiled = True


def _explained(
    error: Exception, part: str, resolved: Resolved, arguments: Any, config: dict[str, Any]
) -> HornbookError:
    """Return the error to raise for one that came out of a class, with its place."""
    if isinstance(error, RecursionError):
        return LimitError("The config nests deeper than Python can build", place=f"$.{part}")
    if isinstance(error, MemoryError):
        return LimitError("The config asks for more memory than there is: MemoryError", place=f"$.{part}")
    ours = error if isinstance(error, HornbookError) else _wrapped(error)
    if ours is None:
        return _refused(resolved.target, part, error, config)
    _put_place(ours, part, arguments, config[part])
    return ours


def _put_place(error: HornbookError, part: str, arguments: Any, given: Any) -> None:
    """Complete the place of an error that passed through user code."""
    within: Steps = ()
    if isinstance(error.part, (dict, list, tuple)):
        within = steps_within(arguments, error.part) or steps_within(given, error.part)
    error.part = None
    error.under(part, *within)


def _wrapped(error: BaseException) -> HornbookError | None:
    """Return the error of ours that user code has wrapped in its own, if any."""
    seen = 0
    cause = error.__cause__ or error.__context__
    while cause is not None and seen < 20:
        if isinstance(cause, HornbookError):
            return cause
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return None


def _refused(target: type, part: str, error: Exception, config: dict[str, Any]) -> ConstructionError:
    method = {"config": "from_config", "build_config": "build_from_config"}.get(part, "compile_from_config")
    first = _first(error)
    reason = text_of(first)
    return ConstructionError(
        f"`{target.__qualname__}.{method}` raised {type(first).__name__}: {reason}",
        hint="Objects within a config must be deserialized in from_config()."
        if part == "config" and isinstance(first, (TypeError, AttributeError))
        else None,
        config=config,
        place=f"$.{part}",
        code="from-config-type-error" if method == "from_config" and type(first) is TypeError else None,
    )


def _first(error: BaseException) -> BaseException:
    """Return what was raised first: Keras wraps it in messages with whole configs."""
    for _ in range(20):
        earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if earlier is None:
            break
        error = earlier
    return error
