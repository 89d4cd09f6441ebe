"""`hornbook.check`: what of an object would not come back, told before it is written.

What can be tried is tried: each object of a class that is not built in is
made again of its config, and a whole model is saved to memory and loaded.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from hornbook.archive import json_text
from hornbook.archive.files.scratch import scratch
from hornbook.engine.construct import ENTRY
from hornbook.engine.encode import Writer, writing
from hornbook.engine.parameters import parameters_of
from hornbook.engine.reference import key_of
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Refusal
from hornbook.engine.session import read, reading
from hornbook.errors import HornbookError, SerializationError, short
from hornbook.policy import Policy
from hornbook.reports.fingerprint import HashedWeights, unnumbered
from hornbook.saving.checking.compare import differences, not_given, not_taken, shown
from hornbook.saving.checking.findings import CheckReport, Finding, class_name_of, finding, is_foreign, raised
from hornbook.saving.checking.unsaved import lost
from hornbook.saving.models import load_saveable, save_saveable

_REGISTER = "Decorate it with @hornbook.register_keras_serializable(package), or pass it in custom_objects=."
# The object is the caller's own, and in memory already.
_OWN = Policy(lambdas=True)
# Lists of nothing else, the values of arrays, are looked at as a whole.
_NUMBERS = {int, float, bool}


def check(obj: Any, custom_objects: Mapping[str, Any] | None = None) -> CheckReport:
    """Return what of an object would not come back after saving and loading it.

    Found are values that cannot be written, classes and functions that no name
    leads to, lambdas, arguments that `__init__` does not take or `get_config`
    forgets, values that change (a tuple that the class needs and gets as a
    list), configs that differ from call to call, two parts of a model with one
    path in the file, weights that do not find their way back, and arrays,
    variables and seed generators that an object keeps where nothing writes them.

    The object stays as it is.  Of a model with weights a copy is made in
    memory: it takes the time and the memory of saving and loading.  Whatever
    the code of the object raises is a finding as well: only an interrupt from
    the keyboard gets through.

    Args:
        obj: A Keras model or layer, or any object with a `get_config`; lists
            and dicts of them as well.
        custom_objects: What will be passed to `load_model`, by name.

    Returns:
        A report: `ok`, and `findings` with class, file, line and what to do.

    Example:
        >>> class Box:
        ...     def __init__(self, width, height=1): self.width, self.height = width, height
        ...     def get_config(self): return {"width": self.width}
        ...     @classmethod
        ...     def from_config(cls, config): return cls(**config)
        >>> [one.rule for one in check(Box(2, 3)).findings]
        ['unregistered', 'forgotten']
        >>> check(Box(2), custom_objects={"Box": Box}).ok
        True
    """
    current_registry().integrations.activate_loaded()
    with _undisturbed():
        trial = _Trial(obj, custom_objects or {})
        return CheckReport(_label(obj), tuple(dict.fromkeys(trial.findings())))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep what making objects changes beside them: names, numbers, warnings that were shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        contexts = [one.isolated() for one in current_registry().integrations.active]
        for context in contexts:
            context.__enter__()
        try:
            yield
        finally:
            for context in reversed(contexts):
                context.__exit__(None, None, None)


class _Recorder(Writer):
    """A writing that goes on after a failure, and knows the object of each config."""

    __slots__ = ("failed", "functions", "owners")

    def __init__(self) -> None:
        super().__init__(current_registry())
        # The objects by the address of their configs, each before what it lies within.
        self.owners: dict[int, tuple[Any, dict[str, Any]]] = {}
        self.failed: list[tuple[Any, BaseException]] = []
        self.functions: list[tuple[Any, dict[str, Any]]] = []

    def function(self, function: Any) -> dict[str, Any]:
        config = super().function(function)
        self.functions.append((function, config))
        return config

    def encode(self, value: Any) -> Any:
        if type(value).__module__ == "numpy" and value.size > _OWN.limits.nodes:
            raise SerializationError(
                f"An array of {value.size} values has no place in a config",
                hint="Keep it as a weight: make it with add_weight().",
                config=value,
            )
        return super().encode(value)

    def instance(self, obj: Any) -> dict[str, Any]:
        try:
            config = super().instance(obj)
        except (KeyboardInterrupt, RecursionError):
            raise
        except BaseException as error:
            if isinstance(error, HornbookError) and not hasattr(obj, "get_config"):
                raise  # the fault of whatever holds it
            self.failed.append((obj, error))
            return {}
        self.owners[id(config)] = (obj, config)
        return config


def _attempted(rule: str, obj: Any, step: Iterable[Finding]) -> list[Finding]:
    """Return the findings of a step; what the code of an object raises in it is one of them."""
    found: list[Finding] = []
    try:
        for one in step:
            found.append(one)  # noqa: PERF402  what is found before something is raised counts
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  it tells of all that is raised
        found.append(raised(rule, error, type(obj), "get_config", ENTRY, "__init__"))
    return found


class _Trial:
    def __init__(self, obj: Any, custom_objects: Mapping[str, Any]) -> None:
        self._obj = obj
        self._given = dict(custom_objects)
        self._recorder = _Recorder()
        self._config: Any = None
        # What nothing leads to, offered so that the rest can be tried.
        self._offered: dict[str, Any] = {}

    def findings(self) -> Iterator[Finding]:
        """Yield all findings, those that hide others first."""
        found = [
            *_attempted("unwritable", self._obj, self._written()),
            *_attempted("unwritable", self._obj, self._values()),
        ]
        if not any(one.rule == "unwritable" for one in found):
            found += _attempted("unwritable", self._obj, self._legible())
        yield from found
        if any(one.rule == "unwritable" for one in found):
            return
        tried = [
            *_attempted("unstable", self._obj, self._unstable()),
            *_attempted("unregistered", self._obj, self._names()),
            *self._objects(),
        ]
        yield from tried
        if all(one.rule in ("unregistered", "lambda") for one in [*found, *tried]):
            yield from _attempted("weights", self._obj, self._weights())

    def _written(self) -> Iterator[Finding]:
        """Write the config; yield why there is none."""
        with writing(self._recorder):
            self._config = self._recorder.encode(self._obj)
        for obj, error in self._recorder.failed:
            yield raised("unwritable", error, type(obj), "get_config")

    def _legible(self) -> Iterator[Finding]:
        """Raise if what is written could not be read again: it is too large, or no text."""
        json_text.parse(json_text.dump(self._config), "config", _OWN.limits)
        yield from ()

    # ------------------------------------------------------------ values
    def _values(self) -> Iterator[Finding]:
        """Yield findings of values: what JSON has no form for, and byte code."""
        for value, place, owner in self._walk(self._config):
            cls = type(self._obj if owner is None else owner)
            if isinstance(value, dict) and value.get("class_name") == "__lambda__":
                yield finding(
                    "lambda",
                    "a lambda is written as byte code, which is not loaded in safe mode",
                    "Make it a function with a name, and register that.",
                    cls,
                    "get_config",
                    "__init__",
                    place=place,
                )
            try:
                json_text.dump(dict.fromkeys(value) if isinstance(value, dict) else _plain(value))
            except HornbookError as error:
                hint = error.hint or "Let get_config() return a plain value for it."
                yield finding("unwritable", error.problem, hint, cls, "get_config", place=place)

    def _walk(self, config: Any) -> Iterator[tuple[Any, str, Any]]:
        """Yield every value of a config with its place and the object whose config it is in."""
        todo: list[tuple[Any, str, Any]] = [(config, "$", None)]
        while todo:
            value, place, owner = todo.pop()
            if isinstance(value, dict):
                owner = self._recorder.owners.get(id(value), (owner,))[0]
                todo += [(member, f"{place}.{name}", owner) for name, member in value.items()]
            elif isinstance(value, (list, tuple)) and not set(map(type, value)) <= _NUMBERS:
                todo += [(member, f"{place}[{i}]", owner) for i, member in enumerate(value)]
            yield value, place, owner

    def _unstable(self) -> Iterator[Finding]:
        """Yield a finding if a second writing gives another config."""
        again = _Recorder()
        with writing(again):
            other = again.encode(self._obj)
        for obj, error in again.failed:
            yield raised("unstable", error, type(obj), "get_config")
        place = _first_difference(self._config, other)
        if place is None or again.failed:
            return
        owners = [owner for _, at, owner in self._walk(self._config) if place.startswith(at)]
        yield finding(
            "unstable",
            f"get_config() gives another value each time at `{place}`",
            "Leave out what changes: addresses, times, new objects.",
            type(self._obj if owners[-1] is None else owners[-1]),
            "get_config",
            place=place,
        )

    # ------------------------------------------------------------ names
    def _names(self) -> Iterator[Finding]:
        """Yield classes and functions that nothing leads to, and those that another one answers for."""
        with reading(_OWN, self._given) as reader:
            for obj, config in list(self._recorder.owners.values()):
                key = key_of(config)
                if reader.registry.decoder(key[1]) is not None:
                    continue
                verdict = reader.judge(key)
                if isinstance(verdict, Refusal):
                    yield self._unknown(type(obj), verdict)
                elif verdict.target is not type(obj) and not (verdict.builtin and isinstance(obj, verdict.target)):
                    where = f"{verdict.target.__module__}.{verdict.target.__qualname__}"
                    yield self._offer(type(obj), f"its name leads to another class, `{where}`")
            yield from self._functions(reader)

    def _functions(self, reader: Any) -> Iterator[Finding]:
        for function, config in self._recorder.functions:
            verdict = reader.judge(key_of(config))
            if isinstance(verdict, Refusal):
                yield self._unknown(function, verdict)

    def _unknown(self, target: Any, verdict: Refusal) -> Finding:
        what = f"the name `{verdict.label}` is {verdict.reason}: nobody registered it"
        return self._offer(target, what)

    def _offer(self, target: Any, problem: str) -> Finding:
        self._offered[current_registry().name_of(target) or target.__name__] = target
        return finding("unregistered", problem, _REGISTER, target)

    # ------------------------------------------------------------ objects
    def _objects(self) -> Iterator[Finding]:
        """Yield what goes wrong when each object of a class of the user's is made again."""
        names = {**self._offered, **self._given}
        failed: list[str] = []
        for obj, config in list(self._recorder.owners.values()):
            if is_foreign(type(obj)):
                yield from _attempted("forgotten", obj, self._left_out(obj, config))
                if obj is not self._obj:
                    continue
            written = json.dumps(config)
            # What holds a failed part fails as well, and not by its own fault.
            if any(one in written for one in failed):
                continue
            found = _attempted(ENTRY, obj, self._object(obj, config, names))
            if any(one.rule in (ENTRY, "arguments", "forgotten") for one in found):
                failed.append(written)
            yield from found

    def _left_out(self, obj: Any, config: dict[str, Any]) -> Iterator[Finding]:
        """Yield the arguments of a built-in that its `get_config` leaves out."""
        for name, value in _left_out(obj, config["config"]).items():
            problem = f"`{name}` was {shown(value)} and comes back with its default: it is not written"
            hint = f"Register a subclass whose get_config() writes `{name}`."
            yield finding("forgotten", problem, hint, type(obj), "get_config")

    def _object(self, obj: Any, config: dict[str, Any], names: Mapping[str, Any]) -> Iterator[Finding]:
        cls = type(obj)
        try:
            parsed = json_text.parse(json_text.dump(config), "config", _OWN.limits)
            made = read(parsed, custom_objects=names, policy=_OWN)
        except HornbookError as error:
            yield from _refused(cls, config["config"], error)
            return
        if type(made) is not cls:
            if not is_foreign(cls):
                problem = f"from_config() gives {shown(made)}, which is no {class_name_of(cls)}"
                yield finding(ENTRY, problem, "Let from_config() return an object of its class.", cls, ENTRY)
            return
        found = [*self._compared(obj, made, config)]
        if found and any(one.is_saveable(obj) for one in current_registry().integrations.active):
            # What it has learned may be in its config as well: a vocabulary.
            with suppress(HornbookError):
                found = [*self._compared(obj, self._copy(obj), config)]
        yield from found

    def _compared(self, obj: Any, made: Any, config: dict[str, Any]) -> Iterator[Finding]:
        """Yield what differs in an object and in what came back."""
        cls = type(obj)
        arguments = config["config"]
        differing = [*differences(obj, made, written=arguments, is_foreign=is_foreign)]
        for name, one, other in [*differing, *self._passed_on(obj, made, arguments)]:
            told = f"`{name}` was {shown(one)} and comes back as {shown(other)}"
            forgotten = name.lstrip("_") not in arguments
            rule = "forgotten" if forgotten else "lossy"
            hint = f"Write `{name}` in get_config()." if forgotten else f"Convert `{name}` in __init__ or from_config."
            yield finding(rule, told, hint, cls, "get_config" if forgotten else "__init__", "__init__")
        again = _Recorder()
        with writing(again):
            second = again.encode(made)
        place = _first_difference(config["config"], second.get("config"), "$.config")
        if place is not None and not again.failed:
            hint = "Let get_config() return what __init__ was given."
            problem = f"the config of what comes back differs at `{place}`"
            yield finding("lossy", problem, hint, cls, "get_config", "__init__", place=place)

    def _passed_on(self, obj: Any, made: Any, arguments: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
        """Yield the arguments that an object of the user's has handed on, and that come back as others."""
        if is_foreign(type(obj)):
            return  # that was asked before
        others = _left_out(made, arguments)
        for name, value in _left_out(obj, arguments).items():
            if name not in vars(obj) and (name not in others or others[name] != value):
                yield name, value, others.get(name, parameters_of(type(obj))[name].default)

    # ------------------------------------------------------------ weights
    def _weights(self) -> Iterator[Finding]:
        """Yield what goes wrong with the weights of a model, and with what a part of one keeps beside them."""
        framework: Any = next(
            (one for one in current_registry().integrations.active if one.is_saveable(self._obj)), None
        )
        if framework is None:
            return
        if not framework.is_model(self._obj) or not self._obj.built:
            # A layer alone may have weights that only a model around it makes again.
            with suppress(HornbookError):
                yield from self._unsaved(framework, self._copy(self._obj))
            return
        paths = _Paths(framework.to_numpy)
        with scratch() as assets:
            framework.save_state(self._obj, paths, assets)
        for path, name in paths.twice:
            hint = "Rename one of the classes, or give the parts attributes of their own."
            yield finding("paths", f"`{name}` has the path `{path}` of another part", hint, type(self._obj), "__init__")
        if not paths.twice:
            yield from self._loaded(framework, paths.digests())

    def _loaded(self, framework: Any, digests: dict[str, bytes]) -> Iterator[Finding]:
        try:
            made = self._copy(self._obj)
        except HornbookError as error:
            hint = error.hint or "Make all variables and layers in __init__ and build()."
            yield finding("weights", error.problem, hint, self._named_in(error.problem), "build", "__init__", "call")
            return
        arrays = HashedWeights(framework.to_numpy)
        with scratch() as assets:
            framework.save_state(made, arrays, assets)
        other = arrays.digests()
        # An optimizer that has not run yet gets its slots when it is loaded.
        wrong = sorted(path for path in digests if digests[path] != other.get(path))
        for path in wrong[:1]:
            problem = f"the weights at `{path}` come back as other ones, or not at all"
            hint = "Make all variables and layers in __init__ and build()."
            yield finding("weights", problem, hint, type(self._obj), "__init__", place=path)

        yield from self._unsaved(framework, made)

    def _copy(self, obj: Any) -> Any:
        """Return what comes back of an object with its state, by way of a file in memory."""
        file = io.BytesIO()
        save_saveable(obj, file, zipped=True, told={})
        file.seek(0)
        return load_saveable(file, {**self._offered, **self._given}, compile=True, policy=_OWN)

    def _unsaved(self, framework: Any, made: Any) -> Iterator[Finding]:
        """Yield the attributes whose numbers nothing writes."""
        parts, others = framework.parts(self._obj), framework.parts(made)
        written = {id(part) for part in parts.values()}
        for path, part in parts.items():
            if is_foreign(type(part)) or path not in others:
                continue
            for name in lost(part, others[path], framework=framework, parts=written):
                problem = f"`{name}` keeps numbers that nothing writes: they come back as others, or not at all"
                hint = "Make it with add_weight(), or write it in save_own_variables() or get_config()."
                yield finding("state", problem, hint, type(part), "build", "__init__", place=path or None)

    def _named_in(self, problem: str) -> type:
        """Return the class of the object that a message names."""
        named = [obj for obj, _ in self._recorder.owners.values() if f"`{getattr(obj, 'name', '')}`" in problem]
        return type(named[0] if named else self._obj)


class _Paths(HashedWeights):
    """Notices two parts of a model that would be written to one path."""

    def __init__(self, convert: Any) -> None:
        super().__init__(convert)
        self._names: dict[str, str | None] = {}
        self.twice: list[tuple[str, str | None]] = []

    def make(self, path: str, name: str | None, key: str | None = None) -> Any:
        if path in self._names:
            self.twice.append((path, name))
        self._names[path] = name
        return super().make(path, name, key)


def _refused(cls: type, arguments: dict[str, Any], error: HornbookError) -> Iterator[Finding]:
    """Yield why a class refused its own config."""
    extra, missing = not_taken(cls, arguments), not_given(cls, arguments)
    if extra:
        names = ", ".join(f"`{name}`" for name in extra)
        problem = f"__init__ does not take {names}, which get_config() writes"
        hint = "Take **kwargs in __init__ and pass them to super().__init__()."
        yield finding("arguments", problem, hint, cls, "__init__", "get_config")
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        problem = f"get_config() leaves out {names}, which __init__ needs"
        yield finding("forgotten", problem, "Write it in get_config().", cls, "get_config", "__init__")
    if not extra and not missing:
        hint = error.hint or "Make from_config() take what get_config() returns."
        yield finding(ENTRY, error.problem, hint, cls, ENTRY, "__init__", place=error.place)


def _left_out(obj: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a framework's `get_config` leaves out of the config of an object."""
    found = [framework.left_out(obj, arguments) for framework in current_registry().integrations.active]
    return {name: value for one in found for name, value in one.items()}


def _plain(value: Any) -> Any:
    """Return what of a value is not looked at on its own."""
    return None if isinstance(value, (list, tuple)) and not set(map(type, value)) <= _NUMBERS else value


def _first_difference(one: Any, other: Any, place: str = "$") -> str | None:
    """Return the place of the first value that differs in two configs; tuples and lists are the same."""
    try:
        one, other = (unnumbered(json.loads(json.dumps(value))) for value in (one, other))
    except (TypeError, ValueError, RecursionError):
        return None
    todo = [(one, other, place)]
    while todo:
        one, other, place = todo.pop()
        if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
            todo += [(one[name], other[name], f"{place}.{name}") for name in one]
        elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            todo += [(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True))]
        elif json.dumps(one) != json.dumps(other):
            return place
    return None


def _label(obj: Any) -> str:
    label = class_name_of(type(obj))
    try:
        name = getattr(obj, "name", None)
        return f"{label} {short(name)}" if isinstance(name, str) else label
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  what has a bad name is found elsewhere, or of no account
        return label
