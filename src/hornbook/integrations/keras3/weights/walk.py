"""Where each part of a model has its place in a file.

The paths are those that Keras 3.0 to 3.15.1 writes: the names of the
attributes that lead from the model to an object, and within a container the
snake-case name of its class, numbered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from hornbook.archive.weights.paths import join, numbered
from hornbook.integrations.keras3 import private
from hornbook.integrations.keras3.weights.matching import Contained, base_of

Attributes = list[tuple[str, Any]]
_CONTAINERS = (list, dict, tuple)


class ModelWalk:
    """Goes through the parts of a model in the order of Keras, each part once.

    Attributes:
        skips_visited: Whether what was met before has no number in a container.
        visited: The parts that need no second visit, by identity.
    """

    skips_visited = False

    def __init__(self) -> None:
        self._kind = (private.KerasSaveable,) if private.KerasSaveable else _bases()
        self._leading = (*self._kind, *_CONTAINERS)
        self.visited: set[int] = set()
        self._keys: dict[int, str] = {}

    def saveable(self, value: Any, path: str) -> None:
        raise NotImplementedError

    def attributes(self, value: Any) -> Attributes:
        return attributes(value)

    def children(self, value: Any, path: str) -> None:
        members = self.attributes(value)
        for name, child in members:
            # What a dict holds stands in the list of layers of its owner as well, and that comes first.
            for key, part in child.items() if isinstance(child, dict) else ():
                if isinstance(part, self._kind):
                    self._keys.setdefault(id(part), f"{name}/{key}")
        for name, child in members:
            if isinstance(child, self._kind):
                self.saveable(child, join(path, name))
            elif isinstance(child, _CONTAINERS) and self._leads_on(child):
                self.container(child, join(path, name), set())

    def container(self, values: Any, path: str, seen: set[int]) -> None:
        if id(values) in seen:
            return
        seen.add(id(values))
        for value, inner, _ in self.members(values, path):
            if isinstance(value, self._kind):
                self.saveable(value, inner)
            elif self._leads_on(value):
                self.nested(value, inner, seen)

    def _leads_on(self, values: Any) -> bool:
        """Return whether a container may lead to parts: most hold names or numbers alone."""
        for value in values.values() if isinstance(values, dict) else values:
            if isinstance(value, self._leading):
                return True
        return False

    def members(self, values: Any, path: str) -> Iterable[Contained]:
        """Yield what a container holds, with the paths of it.

        One at a time: whether a member has a number may depend on the visit of the one before.
        """
        used: dict[str, int] = {}
        for value in values.values() if isinstance(values, dict) else values:
            if isinstance(value, self._kind):
                if self.skips_visited and id(value) in self.visited:
                    continue
                name = numbered(base_of(value), used)
                yield Contained(value, join(path, name), self._keys.get(id(value)))
            elif isinstance(value, _CONTAINERS):
                yield Contained(value, join(path, numbered("container", used)))

    def nested(self, values: Any, path: str, seen: set[int]) -> None:
        self.container(values, path, seen)


class _Listing(ModelWalk):
    def __init__(self) -> None:
        super().__init__()
        self.by_path: dict[str, Any] = {}

    def saveable(self, value: Any, path: str) -> None:
        if id(value) in self.visited:
            return
        self.visited.add(id(value))
        self.by_path[path] = value
        self.children(value, path)


def parts(value: Any) -> Mapping[str, Any]:
    """Return what of a model or a part of one has a place in a file, by its path."""
    listing = _Listing()
    listing.saveable(value, "")
    return listing.by_path


def own_attributes(value: Any) -> Mapping[str, Any]:
    """Return the attributes of an object but for those that Keras gives to all of its kind."""
    kind = value._obj_type()
    skipped = _skipped("Layer" if kind == "Model" else kind)
    return {name: member for name, member in vars(value).items() if name not in skipped}


def attributes(value: Any) -> Attributes:
    """Return the attributes of an object that may hold parts, in the order of Keras."""
    kind = value._obj_type()
    skipped = _skipped(kind)
    members = [("layers", value.layers)] if kind in ("Sequential", "Functional") else []
    for name in _ordered([name for name in dir(value) if name not in skipped and not name.startswith("__")]):
        try:
            members.append((name, getattr(value, name)))
        except Exception:  # noqa: BLE001, S112  a property may raise anything
            continue
    return members


def _ordered(names: list[str]) -> list[str]:
    """Return sorted names with the private ones last: what they hold is mostly held by a public one as well.

    Keras sorts a private name as if it had a tilde before it, so what begins
    with a letter that ASCII has not comes after it.

    Example:
        >>> _ordered(["_cells", "dense", "étage"])
        ['dense', '_cells', 'étage']
    """
    public = [name for name in names if not name.startswith("_")]
    private_names = [name for name in names if name.startswith("_")]
    beyond = len([name for name in public if name > "~"])
    at = len(public) - beyond
    return [*public[:at], *private_names, *public[at:]]


@cache
def _skipped(kind: str) -> frozenset[str]:
    """Return the attributes that every object of a kind has, and that hold no parts."""
    import keras

    def of(*examples: Any) -> set[str]:
        return {name for example in examples for name in dir(example)}

    layer = keras.layers.Layer
    examples: dict[str, Callable[[], set[str]]] = {
        "Layer": lambda: of(layer()),
        "Functional": lambda: of(layer()) | {"operations", "_operations"},
        "Sequential": lambda: of(layer()) | {"_functional"},
        "Operation": lambda: of(keras.Operation()),
        "Metric": lambda: of(keras.metrics.Metric(), *_compile_metrics()),
        "Optimizer": lambda: of(keras.optimizers.Optimizer(1.0)) - {"variables"},
        "Loss": lambda: of(keras.losses.Loss()),
        "Cross": lambda: of(keras.utils.FeatureSpace.cross((), 1)),
        "Feature": lambda: of(keras.utils.FeatureSpace.feature("int32", _identity, "int")),
    }
    names = examples[kind]() if kind in examples else set()
    return frozenset(names | {"_self_unconditional_dependency_names"})


def _compile_metrics() -> tuple[Any, ...]:
    return () if private.CompileMetrics is None else (private.CompileMetrics([], []),)


def _bases() -> tuple[type, ...]:
    """Return the classes of Keras that have a state of their own."""
    import keras

    return (keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer)


def _identity(value: Any) -> Any:
    return value
