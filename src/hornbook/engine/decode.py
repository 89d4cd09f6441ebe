"""Config to object: the state of one reading, found again by user code.

`from_config` gets raw nested dicts and calls back for parts of them.  Those
calls find the session of the outermost call in a context variable, so they
share its policy, its answers and its shared objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from hornbook.engine import by_name, scope
from hornbook.engine.budget import Budget
from hornbook.engine.builtins import Integration
from hornbook.engine.construct import construct, instance, make
from hornbook.engine.dialects import HORNBOOK, Dialect
from hornbook.engine.identity import ID, shared_id
from hornbook.engine.reference import Key, Reference, checked, key_of, not_a_dict
from hornbook.engine.refusals import Refusal, refusal_error
from hornbook.engine.registry import Registry
from hornbook.engine.resolve import Resolved, Resolver
from hornbook.engine.scan import Planned, Scan, class_names
from hornbook.errors import ConfigError, HornbookError, short
from hornbook.places import ATOMS, are_atoms, copied, is_object_config
from hornbook.policy import Policy

_open_scopes = scope.OPEN.get
CURRENT: ContextVar[ReadSession | None] = ContextVar("hornbook_reader", default=None)


# Returns the reading that runs in this context, or `None`.  It is called for
# every object, so it is the method itself and not a function around it.
current_reader: Callable[[], ReadSession | None] = CURRENT.get


def offered(custom_objects: Mapping[str, Any] | None, name: str = "custom_objects") -> tuple[Mapping[str, Any], ...]:
    """Return the argument `custom_objects` of a call as a table of names, if it has any.

    Raises:
        ConfigError: It is no dictionary.
    """
    if custom_objects is not None and not isinstance(custom_objects, Mapping):
        raise ConfigError(f"`{name}` must be a dictionary of names, not {short(custom_objects)}", place=None)
    return (custom_objects,) if custom_objects else ()


class ReadSession:
    """The state of one outermost reading.

    Args:
        registry: Where registered objects, codecs and integrations are.
        policy: The policy of the outermost call.
        arguments: The `custom_objects` of the calls, innermost first.
        parent: The reading that this one is a part of.
        dialect: The generation of Keras whose rules hold.
        framework: The framework that the objects are of, where that is decided.

    Attributes:
        budget: What may be allocated, for all readings within the outermost.
        shared: Shared objects by id, with the names that they were made by;
            `None` where the dialect knows none.
    """

    __slots__ = (
        "_judged",
        "_offered",
        "_own",
        "_plan",
        "_scopes",
        "arguments",
        "budget",
        "dialect",
        "policy",
        "registry",
        "resolver",
        "shared",
    )

    def __init__(
        self,
        registry: Registry,
        policy: Policy,
        arguments: Sequence[Mapping[str, Any]] = (),
        parent: ReadSession | None = None,
        dialect: Dialect = HORNBOOK,
        *,
        framework: Integration | None = None,
    ) -> None:
        self.registry = registry
        self.policy = policy
        self.arguments = arguments
        self.budget: Budget = Budget(policy.limits) if parent is None else parent.budget
        self.dialect = dialect
        self.resolver = Resolver(registry, policy, arguments, dialect, framework)
        self._judged: dict[Key, Resolved | Refusal] = {}
        # Answers under `module_objects`, which differ: one memo a table.
        self._offered: dict[int, tuple[Mapping[str, Any], dict[Key, Resolved | Refusal]]] = {}
        self.shared: dict[int, tuple[Key, Any]] | None = {} if parent is None else parent.shared
        # What the scan has copied and judged, by address.  Under other scopes
        # other answers may hold, so a part of a reading has no plan.
        self._plan: dict[int, Planned] = {}
        # Answers depend on the scopes that were open when they were given.
        self._scopes = _open_scopes()
        # The same, for a call in our own dialect; in another one nothing fits.
        self._own: Any = self._scopes if dialect is HORNBOOK else None

    def judge(self, key: Key, module_objects: Mapping[str, Any] | None = None) -> Resolved | Refusal:
        """Return what a reference stands for, or why it stands for nothing."""
        answers = self._answers(module_objects)
        verdict = answers.get(key)
        if verdict is None:
            verdict = answers[key] = self.resolver.resolve(checked(key), module_objects)
        return verdict

    def keys(self, module_objects: Mapping[str, Any] | None = None) -> Collection[Key]:
        """Return all references that have been judged."""
        return self._answers(module_objects).keys()

    def _answers(self, module_objects: Mapping[str, Any] | None) -> dict[Key, Resolved | Refusal]:
        if module_objects is None:
            return self._judged
        return self._offered.setdefault(id(module_objects), (module_objects, {}))[1]

    def scan(
        self,
        config: Any,
        module_objects: Mapping[str, Any] | None = None,
        noun: str = "",
        *,
        own: bool = False,
        kinds: Collection[str] | None = None,
    ) -> Any:
        """Judge all that `config` names and gives before any of it is built; return a copy.

        Args:
            config: The config.
            module_objects: Built-ins that the caller offers, by name.
            noun: What the config stands for, for messages.
            own: Whether all of it is a class's own business.
            kinds: The kinds of which the outermost object must be; any by default.
        """
        scan = Scan(
            self.judge if module_objects is None else lambda key: self.judge(key, module_objects),
            self.registry.tag,
            self.policy,
            noun,
            named=self.resolver.called,
            means=self.resolver.means,
            own=own,
            lax="modules" in self.dialect.config_may_be_list,
            kinds=kinds,
        )
        copy = scan.run(config)
        self._plan = {**self._plan, **scan.plan} if self._plan else scan.plan
        return copy

    def judge_root(self, config: Any, module_objects: Mapping[str, Any] | None) -> None:
        """Look up what the outermost config names where its generation looks for that."""
        if not (isinstance(config, dict) and is_object_config(config)):
            return
        key = key_of(config)
        if all(part is None or isinstance(part, str) for part in key) and self.registry.decoder(key[1]) is None:
            verdict = self.resolver.resolve(Reference(*key), module_objects, self.dialect.root)
            self._answers(module_objects)[key] = verdict

    def named(self, name: str, module_objects: Mapping[str, Any] | None = None) -> Any | None:
        """Return what a string stands for; an instance where it names a class."""
        target = self.resolver.named(name, module_objects)
        return instance(target) if isinstance(target, type) and not self.dialect.strings_anywhere else target

    def nested(
        self, custom_objects: Mapping[str, Any], dialect: Dialect | None = None, framework: Integration | None = None
    ) -> ReadSession:
        """Return this reading as user code sees it, with objects of its own.

        Args:
            custom_objects: Objects by name, in front of all others.
            dialect: That of the function that was called; by default that of
                this reading.  The policy is always that of this reading.
            framework: As the dialect, where it is decided.
        """
        dialect, framework = dialect or self.dialect, framework or self.resolver.framework
        same = dialect is self.dialect and framework is self.resolver.framework
        if not custom_objects and same and _open_scopes() is self._scopes:
            return self
        arguments = (*offered(custom_objects), *self.arguments)
        return ReadSession(self.registry, self.policy, arguments, self, dialect, framework=framework)

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
                raise refusal_error([Refusal(config, "unknown")], noun=noun)
            return made
        if not isinstance(config, dict):
            return self.decode(config)
        if "class_name" not in config:
            raise ConfigError(f"A {noun} needs a `class_name`, not {short(config)}", config=config)
        planned = self._plan.get(id(config))
        if planned is not None:
            resolved = planned[3]
            if not resolved.builtin or module_objects.get(config["class_name"], resolved.target) is resolved.target:
                return self._planned(config, planned)
        whole = config if "config" in config else {**config, "config": None}
        return self._object(whole, self._answers(module_objects), module_objects, noun)

    def from_user_code(self, config: Any) -> Any:
        """Return what user code asks for: most often an object that the scan has planned.

        That case stands here without a call of another method: with one, a reading
        of objects within objects took 1 to 3 % longer.

        Raises:
            HornbookError: With `config` as its `part`, so that the place can be
                completed where the error passes through `from_config`.
        """
        if _open_scopes() is not self._own:
            return self.nested_call(config, dialect=HORNBOOK)
        try:
            planned = self._plan.get(id(config))
            if planned is not None:
                # What `_planned` does in the commonest case, without a call.
                _, names, inner, resolved = planned
                try:
                    same = len(config) == 4 and config["config"] is inner and class_names(config) == names
                except KeyError:
                    same = False
                return make(resolved, inner.copy(), config, self) if same else self._planned(config, planned)
            cls = type(config)
            if cls is list and not self.dialect.strings_anywhere:
                return self._sequence(config)
            return {} if cls is dict and not config else self.outermost_call(config)
        except HornbookError as error:
            error.part = config
            raise

    def nested_call(
        self,
        config: Any,
        custom_objects: Mapping[str, Any] | None = None,
        module_objects: Mapping[str, Any] | None = None,
        noun: str = "",
        dialect: Dialect | None = None,
        *,
        framework: Integration | None = None,
    ) -> Any:
        """Return what user code asks for, with objects of its own.

        Args:
            config: The config.
            custom_objects: Objects by name, in front of all others.
            module_objects: Built-ins that the caller offers, by name.
            noun: What the object is, for messages.
            dialect: As in :meth:`nested`.
            framework: As in :meth:`nested`.

        Raises:
            HornbookError: As :meth:`from_user_code`.
        """
        try:
            inner = self.nested(custom_objects or {}, dialect, framework)
            if inner is self:
                return self.outermost_call(config, module_objects, noun)
            token = CURRENT.set(inner)
            try:
                return inner.outermost_call(config, module_objects, noun)
            finally:
                CURRENT.reset(token)
        except HornbookError as error:
            error.part = config
            raise

    def outermost_call(self, config: Any, module_objects: Mapping[str, Any] | None = None, noun: str = "") -> Any:
        """Return what a call asks for; a string may be the name of an object."""
        if config is None:
            return None
        if self.dialect.strings_anywhere:
            return by_name.read_any_name(self, config, module_objects)
        if module_objects is not None:
            return self.expected(config, module_objects, noun or "object")
        if isinstance(config, str):
            # Any value may stand here: a string that names nothing is itself.
            made = self.named(config)
            return config if made is None else made
        return self.decode(config)

    def decode(self, config: Any) -> Any:
        """Return the object or plain value that `config` stands for."""
        if isinstance(config, dict):
            planned = self._plan.get(id(config))
            if planned is not None:
                return self._planned(config, planned)
            if "class_name" in config and "config" in config:
                return self._object(config, self._judged, None)
            return self._mapping(config)
        if isinstance(config, (list, tuple)):
            return self._sequence(config)
        if type(config) in ATOMS or isinstance(config, (str, int, float)):
            return config
        raise ConfigError(f"{short(config)} is no config and no plain value", config=config)

    def _planned(self, config: dict[str, Any], planned: Planned) -> Any:
        """Return the object that the scan has planned, if user code left its config as it was."""
        _, names, inner, resolved = planned
        try:
            same = config["config"] is inner and class_names(config) == names
        except KeyError:
            return self._mapping(config)  # it names nothing any more
        if same and len(config) == 4:  # with no more fields there is nothing to share, build or compile
            return make(resolved, inner.copy(), config, self)
        if same and ID not in config:
            return construct(resolved, inner.copy(), config, self)
        return self._object(config, self._judged, None)

    def _object(
        self,
        config: dict[str, Any],
        answers: dict[Key, Resolved | Refusal],
        module_objects: Mapping[str, Any] | None,
        noun: str = "",
    ) -> Any:
        """Return the object that an object config stands for.

        Args:
            config: The object config.
            answers: What is known already of references.
            module_objects: Built-ins that the caller offers, by name.
            noun: What the object is, for messages.
        """
        key = key_of(config)
        verdict = self._answer(key, answers)
        if verdict is None:
            decoder = self.registry.decoder(key[1])
            if decoder is not None:
                inner = config["config"]
                return decoder({} if inner is None else inner, config, self)
        if not isinstance(verdict, Resolved):  # what was refused, a `from_config` may have registered meanwhile
            verdict = answers[key] = self.resolver.resolve(checked(key), module_objects)
            if isinstance(verdict, Refusal):
                refused = refusal_error([verdict], noun=noun)
                refused.config = config
                raise refused
        if key[0] == "function" or not verdict.makes:
            return verdict.target
        return self._made(verdict, config)

    @staticmethod
    def _answer(key: Key, answers: dict[Key, Resolved | Refusal]) -> Resolved | Refusal | None:
        """Return what is known of a reference.

        Raises:
            ConfigError: A part of it has a wrong type, and is not even hashable.
        """
        try:
            return answers.get(key)
        except TypeError:
            checked(key)
            raise

    def _made(self, resolved: Resolved, config: dict[str, Any]) -> Any:
        """Return an object of a class, or the one that is shared."""
        arguments = self._arguments_of(config)
        if (resolved.rules or resolved.kind is not None) and id(config) not in self._plan:
            self.check(resolved, arguments, config)
        if ID in config and self.shared is not None:
            return self._shared_object(self.shared, resolved, arguments, config)
        return construct(resolved, arguments, config, self)

    def check(self, resolved: Resolved, arguments: Any, config: dict[str, Any]) -> None:
        """Judge what an object is given whose config no scan has seen.

        Raises:
            HornbookError: The first thing that is wrong, with its place.
        """
        resolver = self.resolver
        scan = Scan(self.judge, self.registry.tag, self.policy, named=resolver.called, means=resolver.means)
        scan.check(resolved, arguments, config)

    def _arguments_of(self, config: dict[str, Any]) -> Any:
        """Return a copy of the inner config, for a constructor to keep.

        What the scan has copied is ours: only its first level is copied again,
        so that `from_config` may empty it and the config be read once more.
        """
        inner = config["config"]
        planned = self._plan.get(id(config))
        if planned is not None and planned[2] is inner and type(inner) is dict:
            return dict(inner)
        if inner is None:
            return {}
        if not isinstance(inner, dict):
            if "modules" not in self.dialect.config_may_be_list or (inner and not isinstance(inner, list)):
                raise not_a_dict(inner, config)
            inner = inner or {}
        return copied(inner)

    def _shared_object(self, shared: dict[int, Any], verdict: Resolved, arguments: Any, config: dict[str, Any]) -> Any:
        number, key = shared_id(config), key_of(config)
        if number is None:
            return construct(verdict, arguments, config, self)
        if number not in shared:
            made = construct(verdict, arguments, config, self)
            shared[number] = (key, made)
            return made
        before, made = shared[number]
        if before != key:
            raise ConfigError(f"`shared_object_id` {number} names a `{before[1]}` and a `{key[1]}`")
        return made

    def _mapping(self, config: dict[str, Any]) -> dict[str, Any]:
        if are_atoms(map(type, config.values())):
            return dict(config)
        out, name = {}, ""
        try:
            for name, value in config.items():
                out[name] = value if type(value) in ATOMS else self.decode(value)
        except HornbookError as error:
            error.under(name)
            raise
        return out

    def _sequence(self, config: Sequence[Any]) -> list[Any]:
        if not config or (type(config[0]) in ATOMS and are_atoms(map(type, config))):
            return list(config)
        out: list[Any] = []
        plan = self._plan
        try:
            for value in config:
                planned = plan.get(id(value))
                if planned is not None:
                    out.append(self._planned(value, planned))
                else:
                    out.append(value if type(value) in ATOMS else self.decode(value))
        except HornbookError as error:
            error.under(len(out))
            raise
        return out
