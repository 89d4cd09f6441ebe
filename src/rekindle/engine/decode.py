"""Config to object: the session of one reading, found again by user code.

`from_config` gets raw nested dicts and calls back for parts of them.  Those
calls find the session of the outermost call in a context variable, so they
share its policy, its answers and its shared objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from rekindle.engine import scope
from rekindle.engine.codecs.plain import ATOMS
from rekindle.engine.construct import construct
from rekindle.engine.reference import Key, checked, key_of
from rekindle.engine.registry import DEFAULT, Registry
from rekindle.engine.resolve import Refusal, Resolved, Resolver, refusal_error
from rekindle.engine.scan import scan
from rekindle.errors import ConfigError, LimitError, RekindleError, UnknownReferenceError, short
from rekindle.policy import Policy

_CURRENT: ContextVar[Reader | None] = ContextVar("rekindle_reader", default=None)


def current_reader() -> Reader | None:
    """Return the reading that runs in this context, or `None`."""
    return _CURRENT.get()


class Reader:
    """The state of one outermost reading.

    Args:
        registry: Where registered objects, codecs and integrations are.
        policy: The policy of the outermost call.
        arguments: The `custom_objects` of the calls, innermost first.
        shared: The shared objects made so far.
    """

    __slots__ = ("_arguments", "_judged", "_offered", "_resolver", "_scopes", "_shared", "policy", "registry")

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        arguments: Sequence[Mapping[str, Any]] = (),
        shared: dict[Any, tuple[Any, Any]] | None = None,
    ) -> None:
        self.registry = registry
        self.policy = policy
        self._arguments = arguments
        self._resolver = Resolver(registry, policy, arguments)
        self._judged: dict[Key, Resolved | Refusal] = {}
        # Answers under `module_objects`, which differ: one memo a table.
        self._offered: dict[int, tuple[Mapping[str, Any], dict[Key, Resolved | Refusal]]] = {}
        self._shared = {} if shared is None else shared
        self._scopes = _scopes(registry)

    # ----------------------------------------------------------- judging
    def judge(self, key: Key) -> Resolved | Refusal:
        """Return what a reference stands for, or why it stands for nothing."""
        verdict = self._judged.get(key)
        if verdict is None:
            verdict = self._judged[key] = self._resolver.resolve(checked(key))
        return verdict

    def _judge_offered(self, key: Key, module_objects: Mapping[str, Any]) -> Resolved | Refusal:
        _, memo = self._offered.setdefault(id(module_objects), (module_objects, {}))
        verdict = memo.get(key)
        if verdict is None:
            verdict = memo[key] = self._resolver.resolve(checked(key), module_objects)
        return verdict

    def scan(self, config: Any, module_objects: Mapping[str, Any] | None = None) -> None:
        """Judge all that `config` names before any of it is built."""
        judge = self.judge
        if module_objects is not None:
            offered = module_objects
            judge = lambda key: self._judge_offered(key, offered)  # noqa: E731
        scan(config, judge, self.policy, self.registry.decoder)

    def known(self, name: str, module_objects: Mapping[str, Any] | None = None) -> Any | None:
        """Return what a string stands for, or `None`."""
        return self._resolver.named(name, module_objects)

    def named(self, name: str, module_objects: Mapping[str, Any] | None = None) -> Any | None:
        """Return what a string stands for; an instance where it names a class."""
        target = self.known(name, module_objects)
        return target() if isinstance(target, type) else target

    # ----------------------------------------------------------- entering
    def within(self, custom_objects: Mapping[str, Any]) -> Reader:
        """Return this reading as user code sees it, with objects of its own."""
        if not custom_objects and _same(self._scopes, _scopes(self.registry)):
            return self
        arguments = (custom_objects, *self._arguments) if custom_objects else self._arguments
        return Reader(self.registry, self.policy, arguments, self._shared)

    def expected(self, config: Any, module_objects: Mapping[str, Any], noun: str) -> Any:
        """Return the object for `config` where the caller expects one of a kind.

        Args:
            config: A string or an object config; other values are returned.
            module_objects: Built-ins that the caller offers, by name.
            noun: What the object is, for messages.

        Raises:
            UnknownReferenceError: A string names nothing.
        """
        if isinstance(config, str):
            made = self.named(config, module_objects)
            if made is None:
                raise UnknownReferenceError(
                    f"Unknown {noun}: `{config}`",
                    hint="Register it with @register_keras_serializable() or pass it in custom_objects=.",
                    names=(config,),
                )
            return made
        if not isinstance(config, dict):
            return self.value(config)
        if "class_name" not in config:
            raise ConfigError(f"A {noun} needs a `class_name`, not {short(config)}", config=config)
        whole = config if "config" in config else {**config, "config": None}
        return self._object(whole, lambda key: self._judge_offered(key, module_objects), noun)

    # ----------------------------------------------------------- values
    def value(self, config: Any) -> Any:
        """Return the object or plain value that `config` stands for."""
        if isinstance(config, dict):
            if "class_name" in config and "config" in config:
                return self._object(config, self.judge)
            return self._mapping(config)
        if isinstance(config, (list, tuple)):
            return self._sequence(config)
        if type(config) in ATOMS or isinstance(config, (str, int, float)):
            return config
        raise ConfigError(f"{short(config)} is no config and no plain value", config=config)

    def _object(self, config: dict[str, Any], judge: Callable[[Key], Resolved | Refusal], noun: str = "") -> Any:
        inner = config["config"]
        if inner is None:
            inner = {}
        key = key_of(config)
        try:
            decoder = self.registry.decoder(key[1])
            verdict = None if decoder is not None else judge(key)
        except TypeError as error:
            if not isinstance(error, RekindleError):
                checked(key)  # raises: a part of it is not even hashable
            raise
        if decoder is not None:
            return decoder(inner, config, self)
        if isinstance(verdict, Refusal):
            refused = refusal_error([verdict], noun=noun)
            refused.config = config
            raise refused
        assert verdict is not None
        if key[0] == "function" or not isinstance(verdict.target, type):
            return verdict.target
        if not isinstance(inner, dict):
            raise ConfigError(f"`config` must be a dict, not {short(inner)}", config=config)
        if "shared_object_id" not in config:
            return construct(verdict, inner, config)
        return self._shared_object(config["shared_object_id"], key, lambda: construct(verdict, inner, config))

    def _shared_object(self, number: Any, key: Key, make: Callable[[], Any]) -> Any:
        if not isinstance(number, int):
            raise ConfigError(f"`shared_object_id` must be an integer, not {short(number)}")
        if number not in self._shared:
            made = make()
            self._shared[number] = (key, made)
            return made
        before, made = self._shared[number]
        if before != key:
            raise ConfigError(f"`shared_object_id` {number} names a `{before[1]}` and a `{key[1]}`")
        return made

    def _mapping(self, config: dict[str, Any]) -> dict[str, Any]:
        out, name = {}, ""
        try:
            for name, value in config.items():
                out[name] = value if type(value) in ATOMS else self.value(value)
        except RekindleError as error:
            error.under(name)
            raise
        return out

    def _sequence(self, config: Sequence[Any]) -> list[Any]:
        out, position = [], 0
        try:
            for position, value in enumerate(config):
                out.append(value if type(value) in ATOMS else self.value(value))
        except RekindleError as error:
            error.under(position)
            raise
        return out


def _scopes(registry: Registry) -> tuple[Any, ...]:
    return (scope.state(), *(one.scope() for one in registry.integrations.active))


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


@contextmanager
def reading(
    policy: Policy | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    registry: Registry = DEFAULT,
) -> Iterator[Reader]:
    """Open a reading of its own: its own shared objects, the outer one's policy.

    Args:
        policy: What may be used.  Within another reading that one's policy
            holds, and only its `lambdas` can be taken away.
        custom_objects: Objects by name.
        registry: Where registered objects are.
    """
    outer = _CURRENT.get()
    arguments: tuple[Mapping[str, Any], ...] = (custom_objects,) if custom_objects else ()
    if outer is not None:
        policy, arguments = outer.policy, (*arguments, *outer._arguments)
    registry.integrations.activate_loaded()
    token = _CURRENT.set(Reader(registry, policy or Policy(), arguments))
    try:
        yield _CURRENT.get()  # type: ignore[misc]
    finally:
        _CURRENT.reset(token)


def read(
    config: Any,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    policy: Policy | None = None,
    module_objects: Mapping[str, Any] | None = None,
    noun: str = "object",
) -> Any:
    """Return the object for `config`; within a reading, as a part of that.

    Args:
        config: The config.
        custom_objects: Objects by name, in front of all others.
        policy: What may be used; the outermost call's holds.
        module_objects: Built-ins that the caller offers, by name.
        noun: What the object is, for messages.

    Raises:
        RekindleError: One of its classes, with the place in `config`.
    """
    reader = _CURRENT.get()
    if reader is None:
        with reading(policy, custom_objects) as outermost:
            outermost.scan(config, module_objects)
            return build(outermost, lambda: _part(outermost, config, module_objects, noun))
    inner = reader.within(custom_objects or {})
    token = None if inner is reader else _CURRENT.set(inner)
    try:
        return _part(inner, config, module_objects, noun)
    except RekindleError as error:
        error.part = config
        raise
    finally:
        if token is not None:
            _CURRENT.reset(token)


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


def _part(reader: Reader, config: Any, module_objects: Mapping[str, Any] | None, noun: str) -> Any:
    if config is None:
        return None
    if module_objects is not None:
        return reader.expected(config, module_objects, noun)
    if isinstance(config, str):
        # "any value may stand" here: a string that names nothing is itself.
        made = reader.named(config)
        return config if made is None else made
    return reader.value(config)
