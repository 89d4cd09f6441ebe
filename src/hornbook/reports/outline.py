"""The tree of a model by its config, and what a weight store has for each part of it.

A part is found in the store by the path that Keras gives it: the attributes
that lead to it, and the snake-case name of its class within a list.  Without
the classes the attributes are not known: each argument is taken to be one.
What only attributes hold has its path alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from hornbook.archive.weights.paths import escaped, join, numbered, snake_case
from hornbook.engine.reference import Reference
from hornbook.places import is_object_config
from hornbook.reports.names import KindOf, reference_of
from hornbook.reports.sizes import Size, Sizes

_LAYERS = "layers"
# Attributes with another name than the argument.
_RENAMED = {("Bidirectional", "layer"): "forward_layer"}
_LONGEST_NAME = 255

Config = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OutlinePart:
    """An object of the tree: a model, a layer, an operation.

    Attributes:
        depth: How many parts it lies within.
        name: Its own name; `None` where the file does not say.
        class_name: Its class; `None` for a part that only the weights have.
        module: Where its class is from.
        registered_name: The key of its class.
        kind: The kind of a built-in, as `"layer"`; `None` for any other.
        path: Where its weights are; `None` if there is no group for it.
        parameters: Numbers stored at or below its path, optimizers apart.
        bytes: The bytes of these.
        shared: Whether it is one object with a part before it.
    """

    depth: int
    name: str | None = None
    class_name: str | None = None
    module: str | None = None
    registered_name: str | None = None
    kind: str | None = None
    path: str | None = None
    parameters: int | None = None
    bytes: int | None = None
    shared: bool = False


class _Candidate(NamedTuple):
    """A config that may be a part, what it names, and where its weights are."""

    config: Config
    reference: Reference
    path: str | None
    depth: int


class Outline:
    """Goes through the parts of one model.

    Args:
        kind_of: Returns the kinds of built-ins.
        sizes: What the weights hold, if that is known.
        group: The group in which layers have their own names, in the layout of
            Keras 1 and 2; it says nothing of what lies within a layer.
    """

    def __init__(self, kind_of: KindOf, sizes: Sizes | None, group: str | None = None) -> None:
        self._kind_of = kind_of
        self._sizes = sizes
        self._group = group
        self._seen: set[int] = set()

    def parts(self, config: Config) -> Iterator[OutlinePart]:
        """Yield the parts of a model, each before what lies within it.

        Args:
            config: The config of the model, of limited depth.
        """
        reference = reference_of(config)
        if reference is None:
            return
        todo: list[_Candidate | OutlinePart] = [_Candidate(config, reference, "" if self._sizes else None, 0)]
        while todo:
            candidate = todo.pop()
            if isinstance(candidate, OutlinePart):
                yield candidate
                continue
            part = self._part(candidate)
            yield part
            if not part.shared:
                inner = list(self._inner(candidate))
                todo += reversed([*inner, *self._stored(part, inner)])

    def _part(self, candidate: _Candidate) -> OutlinePart:
        config, reference, path, depth = candidate
        size = self._size(path)
        return OutlinePart(
            depth,
            _own_name(config),
            reference.name,
            reference.module,
            reference.registered_name,
            self._kind_of(reference),
            path=path,
            parameters=size.values if size else None,
            bytes=size.bytes if size else None,
            shared=self._is_again(config.get("shared_object_id")),
        )

    def _is_again(self, number: Any) -> bool:
        if type(number) is not int:
            return False
        again = number in self._seen
        self._seen.add(number)
        return again

    def _size(self, path: str | None) -> Size | None:
        return None if self._sizes is None or path is None else self._sizes.find(path)

    def _stored(self, part: OutlinePart, inner: list[_Candidate]) -> Iterator[OutlinePart]:
        """Yield what the store has for a model or a user's object beside what its config has."""
        if self._sizes is None or part.path is None or part.kind not in (None, "model"):
            return
        known = frozenset(candidate.path for candidate in inner if candidate.path)
        for path in self._sizes.objects(part.path, known):
            size = self._size(path) or Size()
            yield OutlinePart(part.depth + 1, path=path, parameters=size.values, bytes=size.bytes)

    def _inner(self, owner: _Candidate) -> Iterator[_Candidate]:
        """Yield the parts that the arguments of an object hold."""
        arguments = owner.config["config"]
        for argument, value in arguments.items() if isinstance(arguments, dict) else ():
            if not argument.isidentifier() or len(argument) > _LONGEST_NAME:
                continue
            if argument == _LAYERS and isinstance(value, list):
                yield from self._layers(owner, value, functional="input_layers" in arguments)
            elif isinstance(value, (dict, list)):
                yield from filter(self._is_part, self._argument(owner, argument, value))

    def _layers(self, owner: _Candidate, layers: list[Any], *, functional: bool) -> Iterator[_Candidate]:
        """Yield the layers of a model; Keras stores no operations, and not the input of a `Sequential`."""
        used: dict[str, int] = {}
        for position, (config, reference) in enumerate(_objects(layers)):
            is_input = position == 0 and not functional and reference.name == "InputLayer"
            path = None
            if self._group is not None:
                path = self._path(owner, self._group, escaped(_own_name(config) or ""))
            elif not is_input and self._kind_of(reference) != "operation":
                path = self._path(owner, _LAYERS, numbered(_attribute(reference), used))
            yield _Candidate(config, reference, path, owner.depth + 1)

    def _argument(self, owner: _Candidate, argument: str, value: Any) -> Iterator[_Candidate]:
        """Yield the object that an argument is, or those of a list or dict, numbered by their classes."""
        if isinstance(value, dict) and is_object_config(value):
            attribute = _RENAMED.get((owner.reference.name, argument), argument)
            for config, reference in _objects([value]):
                yield _Candidate(config, reference, self._path(owner, attribute), owner.depth + 1)
            return
        used: dict[str, int] = {}
        for config, reference in _objects(value.values() if isinstance(value, dict) else value):
            name = numbered(_attribute(reference), used)
            yield _Candidate(config, reference, self._path(owner, argument, name), owner.depth + 1)

    def _path(self, owner: _Candidate, *names: str) -> str | None:
        """Return a path, if the store has a group there."""
        if owner.path is None:
            return None
        path = join(owner.path, "/".join(names))
        return None if self._size(path) is None else path

    def _is_part(self, candidate: _Candidate) -> bool:
        kind = self._kind_of(candidate.reference)
        return kind in ("layer", "model") or (kind is None and candidate.path is not None)


def _objects(values: Iterable[Any]) -> Iterator[tuple[Config, Reference]]:
    for value in values:
        reference = reference_of(value) if isinstance(value, dict) else None  # an argument may be a list of numbers
        if reference is not None:
            yield value, reference


def _own_name(config: Config) -> str | None:
    inner = config["config"]
    name = inner.get("name") if isinstance(inner, dict) else None
    name = config.get("name") if name is None else name
    return name if isinstance(name, str) else None


def _attribute(reference: Reference) -> str:
    return snake_case(reference.name[:_LONGEST_NAME])
