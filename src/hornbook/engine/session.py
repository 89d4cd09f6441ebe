"""Opening a reading: the outermost call, and those that user code makes meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Any

from hornbook.engine.builtins import Integration
from hornbook.engine.catalogued import CatalogueResolver
from hornbook.engine.construct import is_of_older
from hornbook.engine.decode import CURRENT, ReadSession, offered
from hornbook.engine.dialects import ARGUMENT_FIRST, HORNBOOK, Dialect, Order
from hornbook.engine.reference import Key, checked, key_of
from hornbook.engine.refusals import Refusal, refusal_error
from hornbook.engine.registry import Registry, current_registry
from hornbook.engine.resolve import Resolved, Resolver
from hornbook.engine.scan import Scan
from hornbook.engine.violations import Violation
from hornbook.errors import HornbookError, LimitError
from hornbook.places import is_object_config
from hornbook.policy import STRICT, Policy, effective

# Returns the config that is to be read in place of another, by all the references in that; these are `None` where it
# was refused before all of it was seen.
Revise = Callable[[Collection[Key] | None], Any]


@contextmanager
def reading(
    policy: Policy | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    dialect: Dialect = HORNBOOK,
    framework: Integration | None = None,
) -> Iterator[ReadSession]:
    """Open a reading of its own: its own shared objects, the outer one's policy.

    Args:
        policy: What may be used.  Within another reading that one's policy
            holds.
        custom_objects: Objects by name.
        registry: Where registered objects are; by default the one in use.
        dialect: The generation of Keras whose rules hold.
        framework: The framework that the objects are of, where that is decided.
    """
    outer = CURRENT.get()
    arguments = offered(custom_objects)
    if outer is not None:
        policy, arguments = outer.policy, (*arguments, *outer.arguments)
    registry = registry or current_registry()
    registry.integrations.activate_loaded()
    reader = ReadSession(registry, policy or STRICT, arguments, dialect=dialect, framework=framework)
    if outer is not None:
        reader.budget = outer.budget
    token = CURRENT.set(reader)
    try:
        yield reader
    finally:
        CURRENT.reset(token)


def policy_in_force(policy: Policy) -> Policy:
    """Return the policy that holds for a call: that of the outermost one."""
    outer = CURRENT.get()
    return policy if outer is None else outer.policy


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
    revise: Revise | None = None,
    framework: Integration | None = None,
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
        revise: Returns what is to be read in place of `config`, by the names that are in it.
        framework: The framework that the objects are of, where that is decided.

    Raises:
        HornbookError: One of its classes, with the place in `config`.
    """
    reader = CURRENT.get()
    if reader is not None:
        return reader.nested_call(config, custom_objects, module_objects, noun, dialect, framework=framework)
    dialect = dialect or HORNBOOK
    policy = effective(policy, safe_mode=safe_mode)
    with reading(policy, custom_objects, dialect=dialect, framework=framework) as outermost:
        if shared is not None or not dialect.shares_objects:
            outermost.shared = shared
        if dialect.root != dialect.parts:
            outermost.judge_root(config, module_objects)
        if framework is not None:
            _refuse_bare(outermost, config, module_objects, noun)
        # A name that is unknown may be meant to be returned as it is.
        left = dialect.strings_anywhere and module_objects is not None
        if revise is None:
            copy = outermost.scan(config, module_objects, noun, own=left)
        else:
            scan = partial(outermost.scan, module_objects=module_objects, noun=noun, own=left)
            copy = _revised(scan, config, outermost.keys(module_objects), revise)
        return build(outermost, lambda: outermost.outermost_call(copy, module_objects, noun))


def _refuse_bare(reader: ReadSession, config: Any, module_objects: Mapping[str, Any] | None, noun: str) -> None:
    """Refuse a built-in of an older generation that is named without its module, and that nobody offers.

    Within an object its parts are so in the flat form; by itself a bare name
    means nothing ("requires you to provide the dict of `module_objects`",
    document of TF 2.9).
    """
    if not (isinstance(config, dict) and is_object_config(config)) or "module" in config:
        return
    key = key_of(config)
    _, name, _, registered = key
    if not (isinstance(name, str) and (registered is None or isinstance(registered, str))):
        return  # `scan` says what is wrong with it, and where
    if reader.registry.decoder(name) is not None:
        return
    verdict = reader.judge(key, module_objects)
    if isinstance(verdict, Resolved) and is_of_older(verdict) and not verdict.offered:
        refused = refusal_error([Refusal(name, "unknown", of_class=key[0] == "class")], noun=noun)
        refused.config = config
        raise refused


def _revised(scan: Callable[[Any], Any], config: Any, keys: Collection[Key], revise: Revise) -> Any:
    """Return a copy of a config, or of what is to be read in its place, all of whose names may be used."""
    copy, refused = None, None
    try:
        copy = scan(config)
    except HornbookError as error:
        refused = error
    revised = revise(None if refused is not None else keys)
    if revised is not config:
        return scan(revised)
    if refused is not None:
        raise refused
    return copy


def judge(
    config: Any,
    *,
    policy: Policy | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    kinds: Collection[str] | None = None,
) -> list[Violation]:
    """Return all for which a config would be refused, without a framework and without building anything.

    It is the code that reads configs, up to the moment before building.  The
    difference is that built-ins are looked up in the catalogue alone; so a
    config without violations is never refused for its policy.

    Args:
        config: The config, in its current form (`hornbook.upgrade` gives that).
        policy: What it may do; by default :data:`hornbook.policy.STRICT`.
        custom_objects: Objects by name, as in a reading.
        registry: Where registered objects are; by default the one in use.
        kinds: The kinds of which the outermost object must be; any by default.

    Returns:
        A violation for each thing that is wrong; for a name, at the first place
        where it stands.  What breaks a limit of the pass itself, as the depth,
        is reported alone.

    Example:
        >>> config = {"class_name": "Dense", "module": "keras.layers", "config": {"units": True}}
        >>> [(violation.rule, violation.place) for violation in judge(config, kinds={"model"})]
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

    scan = Scan(judged, registry.known_tag, policy, named=resolver.called, means=resolver.means, kinds=kinds)
    return scan.findings(config)


def build(reader: ReadSession, make: Callable[[], Any]) -> Any:
    """Call `make` with all open that active integrations want open."""
    opened = [one.reading(lambdas=reader.policy.lambdas) for one in reader.registry.integrations.active]
    with bounded():
        if not any(opened):
            return make()
        with ExitStack() as stack:
            for context in filter(None, opened):
                stack.enter_context(context)
            return make()


class _Bounded:
    """No generator: there is one of these around each reading, and one takes a twentieth of that of a small object."""

    def __enter__(self) -> None:
        """Nothing is to be done."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RecursionError):
            raise LimitError("The config nests deeper than Python can build") from error
        if isinstance(error, MemoryError):
            raise LimitError("The config asks for more memory than there is") from error


_BOUNDED = _Bounded()


def bounded() -> AbstractContextManager[None]:
    """Return what a block is run in that calls code of others for a file.

    Raises:
        LimitError: (by the block) It went deeper than Python can, or there was no memory left.
    """
    return _BOUNDED


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
