"""Opening a reading: the outermost call, and those that user code makes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from rekindle.engine.decode import CURRENT, Reader
from rekindle.engine.registry import DEFAULT, Registry
from rekindle.errors import LimitError
from rekindle.policy import STRICT, Policy, effective


@contextmanager
def reading(
    policy: Policy | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    registry: Registry = DEFAULT,
) -> Iterator[Reader]:
    """Open a reading of its own: its own shared objects, the outer one's policy.

    Args:
        policy: What may be used.  Within another reading that one's policy
            holds.
        custom_objects: Objects by name.
        registry: Where registered objects are.
    """
    outer = CURRENT.get()
    arguments: tuple[Mapping[str, Any], ...] = (custom_objects,) if custom_objects else ()
    if outer is not None:
        policy, arguments = outer.policy, (*arguments, *outer.arguments)
    registry.integrations.activate_loaded()
    token = CURRENT.set(Reader(registry, policy or STRICT, arguments))
    try:
        yield CURRENT.get()  # type: ignore[misc]
    finally:
        CURRENT.reset(token)


def read(
    config: Any,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    policy: Policy | None = None,
    safe_mode: bool = True,
    module_objects: Mapping[str, Any] | None = None,
    noun: str = "",
    shared: dict[int, Any] | None = None,
) -> Any:
    """Return the object for `config`; within a reading, as a part of that.

    Args:
        config: The config.
        custom_objects: Objects by name, in front of all others.
        policy: What may be used; the outermost call's holds.
        safe_mode: `False` allows byte code as well.
        module_objects: Built-ins that the caller offers, by name.
        noun: What the object is, for messages.
        shared: Shared objects by id, of earlier calls and for later ones.

    Raises:
        RekindleError: One of its classes, with the place in `config`.
    """
    reader = CURRENT.get()
    if reader is not None:
        return reader.entered(config, custom_objects, module_objects, noun)
    with reading(effective(policy, safe_mode=safe_mode), custom_objects) as outermost:
        if shared is not None:
            outermost.shared = shared
        copy = outermost.scan(config, module_objects, noun)
        return build(outermost, lambda: outermost.asked(copy, module_objects, noun))


def build(reader: Reader, make: Callable[[], Any]) -> Any:
    """Call `make` with all open that active integrations want open."""
    opened = [one.reading(lambdas=reader.policy.lambdas) for one in reader.registry.integrations.active]
    try:
        if not any(opened):
            return make()
        with ExitStack() as stack:
            for context in filter(None, opened):
                stack.enter_context(context)
            return make()
    except RecursionError as error:
        raise LimitError("The config nests deeper than Python can build") from error
