"""Opening a reading: the outermost call, and those that user code makes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from hornbook.engine.codecs.plain import plain_codecs
from hornbook.engine.codecs.table import TAG_ROOTS
from hornbook.engine.decode import CURRENT, Reader, offered
from hornbook.engine.dialects import ARGUMENT_FIRST, HORNBOOK, Dialect, Order
from hornbook.engine.reference import Key, checked
from hornbook.engine.registry import Registry, current_registry
from hornbook.engine.resolve import CatalogueResolver, Refusal, Resolved, Resolver
from hornbook.engine.scan import Scan
from hornbook.engine.violations import Finding
from hornbook.errors import LimitError
from hornbook.policy import STRICT, Policy, effective

# The kinds of which the object of a model file is.
MODELS = frozenset({"model"})


@contextmanager
def reading(
    policy: Policy | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    dialect: Dialect = HORNBOOK,
) -> Iterator[Reader]:
    """Open a reading of its own: its own shared objects, the outer one's policy.

    Args:
        policy: What may be used.  Within another reading that one's policy
            holds.
        custom_objects: Objects by name.
        registry: Where registered objects are; by default the one in use.
        dialect: The generation of Keras whose rules hold.
    """
    outer = CURRENT.get()
    arguments = offered(custom_objects)
    if outer is not None:
        policy, arguments = outer.policy, (*arguments, *outer.arguments)
    registry = registry or current_registry()
    registry.integrations.activate_loaded()
    reader = Reader(registry, policy or STRICT, arguments, dialect=dialect)
    if outer is not None:
        reader.budget = outer.budget
    token = CURRENT.set(reader)
    try:
        yield reader
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
    dialect: Dialect | None = None,
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
        dialect: The generation of Keras whose rules hold; by default that of
            the reading, and our own outside of one.
        shared: Shared objects by id, of earlier calls and for later ones.

    Raises:
        HornbookError: One of its classes, with the place in `config`.
    """
    reader = CURRENT.get()
    if reader is not None:
        return reader.entered(config, custom_objects, module_objects, noun, dialect)
    dialect = dialect or HORNBOOK
    with reading(effective(policy, safe_mode=safe_mode), custom_objects, dialect=dialect) as outermost:
        if shared is not None or not dialect.shared:
            outermost.shared = shared
        if dialect.root != dialect.parts:
            outermost.judge_root(config, module_objects)
        # A name that is unknown may be meant to be returned as it is.
        left = dialect.strings and module_objects is not None
        copy = outermost.scan(config, module_objects, noun, own=left)
        return build(outermost, lambda: outermost.asked(copy, module_objects, noun))


def judge(
    config: Any,
    *,
    policy: Policy | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    kinds: Collection[str] | None = None,
) -> list[Finding]:
    """Return all for which a config would be refused, without a framework and without building anything.

    It is the code that reads configs, up to the moment before building.  The
    difference is that built-ins are looked up in the catalogue alone; so a
    config without findings is never refused for its policy.

    Args:
        config: The config, as Keras 3 has it (`hornbook.upgrade` gives that).
        policy: What it may do; by default :data:`hornbook.policy.STRICT`.
        custom_objects: Objects by name, as in a reading.
        registry: Where registered objects are; by default the one in use.
        kinds: The kinds of which the outermost object must be; :data:`MODELS`
            for what `load_model` and `model_from_config` take.

    Returns:
        A finding for each thing that is wrong; for a name, at the first place
        where it stands.  What breaks a limit of the pass itself, as the depth,
        is told alone.

    Example:
        >>> config = {"class_name": "Dense", "module": "keras.layers", "config": {"units": True}}
        >>> [(finding.rule, finding.place) for finding in judge(config, kinds=MODELS)]
        [('kind', '$'), ('argument', '$.config.units')]
    """
    registry = registry or current_registry()
    registry.integrations.activate_loaded()
    policy = policy or STRICT
    resolver = CatalogueResolver(registry, policy, offered(custom_objects))
    answers: dict[Key, Resolved | Refusal] = {}

    def judged(key: Key) -> Resolved | Refusal:
        if key not in answers:
            answers[key] = resolver.resolve(checked(key))
        return answers[key]

    scan = Scan(judged, _tag, policy, named=resolver.called, means=resolver.means, kinds=kinds)
    return scan.findings(config)


def _tag(name: str) -> bool | None:
    """Say whether values with a tag are data, without whoever reads them."""
    return name in TAG_ROOTS or name in plain_codecs().decoders or None


def build(reader: Reader, make: Callable[[], Any]) -> Any:
    """Call `make` with all open that active integrations want open."""
    opened = [one.reading(lambdas=reader.policy.lambdas) for one in reader.registry.integrations.active]
    with bounded():
        if not any(opened):
            return make()
        with ExitStack() as stack:
            for context in filter(None, opened):
                stack.enter_context(context)
            return make()


@contextmanager
def bounded() -> Iterator[None]:
    """Run a block that calls code of others for a file.

    Raises:
        LimitError: It went deeper than Python can, or there was no memory left.
    """
    try:
        yield
    except RecursionError as error:
        raise LimitError("The config nests deeper than Python can build") from error
    except MemoryError as error:
        raise LimitError("The config asks for more memory than there is") from error


def known(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
    order: Order = ARGUMENT_FIRST,
) -> Any | None:
    """Return the object that a name stands for in this context, or `None`.

    Args:
        name: The name.
        custom_objects: Objects by name; what a reading around this call has
            got counts as well.
        module_objects: Objects by name; looked up last.
        order: Where to look.
    """
    for table in (*names(custom_objects).tables(order), module_objects or {}):
        if name in table:
            return table[name]
    return None


def names(custom_objects: Mapping[str, Any] | None = None) -> Resolver:
    """Return what knows the names of this context.

    Args:
        custom_objects: Objects by name; what a reading around this call has
            got counts as well.
    """
    reader = CURRENT.get()
    arguments = offered(custom_objects)
    return Resolver(current_registry(), STRICT, arguments if reader is None else (*arguments, *reader.arguments))
