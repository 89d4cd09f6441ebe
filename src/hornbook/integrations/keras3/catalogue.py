"""The allow-list of Keras' built-ins: names by kind, made by `scripts/catalogue.py`.

Only what stands in it can be named by a config; the object itself comes from
the Keras that is installed.  Needs no Keras to be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, cached_property
from typing import NamedTuple

from hornbook.engine.reference import Reference

# Modules of TF 2.2 to 2.15, and where their classes live now.
_FORMER = {
    "keras.experimental": "keras.optimizers.schedules",
    "keras.layers": "keras._legacy.layers",
    "keras.layers.experimental": "keras.layers",
    "keras.layers.experimental.preprocessing": "keras.layers",
    "keras.optimizers.experimental": "keras.optimizers",
    "keras.optimizers.legacy": "keras.optimizers",
}
_BACKEND = re.compile(r"^keras\.src\.backend\.\w+\.(optimizers|layers)\..*$")
# Built-ins that no rule of the upgrade replaces, and the version that they are gone since: classes of Keras 0.2.0 to
# 2.15.0 that the named version, as it was released, does not have.
GONE = {
    **dict.fromkeys(("AutoEncoder", "JZS1", "JZS2", "JZS3", "LambdaMerge", "Siamese"), "Keras 1.0"),
    **dict.fromkeys(("Graph", "ParametricSoftplus", "SReLU"), "Keras 2.0"),
    **dict.fromkeys(("Highway", "MaxoutDense", "Merge"), "Keras 2.4"),
    **dict.fromkeys((
        "AbstractRNNCell", "DenseFeatures", "DynamicEmbedding", "DynamicLookup", "LinearModel", "LocallyConnected1D",
        "LocallyConnected2D", "MeanRelativeError", "MeanTensor", "PreprocessingLayer", "PyMetric", "RadialConstraint",
        "RandomFourierFeatures", "SequenceFeatures", "SharpnessAwareMinimization", "WideDeepModel", "radial_constraint",
    ), "Keras 3.0"),
}  # fmt: skip


# What upgraded configs name of ours, and its kind; it is in `functions.py`, which needs Keras.
PACKAGE = "hornbook"
FORMER_PACKAGE = "rekindle"  # that of 0.1, whose files plain Keras reads as well
OURS = {f"{PACKAGE}>hard_sigmoid_2": "activation", f"{PACKAGE}>HoldingBidirectional": "layer"}
_FUNCTIONS_OF_OURS = frozenset({f"{PACKAGE}>hard_sigmoid_2"})

# What a function of a namespace is; all others are operations.  These are where Keras 3.15.1 looks for a function by
# its name alone (`BUILTIN_MODULES` of keras/src/saving/serialization_lib.py), as far as they have functions.
_FUNCTION_KINDS = {
    "keras.activations": "activation",
    "keras.losses": "loss function",
    "keras.metrics": "loss function",
}


class Entry(NamedTuple):
    """Where a built-in is found, and what it is."""

    module: str
    name: str
    kind: str


class Catalogue:
    """Names of classes and functions, as Keras exports and as it writes them.

    Args:
        classes: Module to name to kind.
        functions: Module to name to the name of the function there; the order
            of the modules is the order in which a bare name is looked up, which
            no operation has: a user's function may be called the same.
        parameters: For `"operation"` and for any other `"object"`, the names
            of arguments to a word of :mod:`hornbook.integrations.keras3.argument_rules`.
        strings: Kind to the strings that Keras' own `get` of that kind knows.
    """

    def __init__(
        self,
        classes: dict[str, dict[str, str]],
        functions: dict[str, dict[str, str]],
        parameters: dict[str, dict[str, str]],
        strings: dict[str, list[str]],
    ) -> None:
        self._classes = classes
        self._functions = functions
        self.parameters = parameters
        self.strings = {kind: frozenset(names) for kind, names in strings.items()}

    def find_class(self, module: str, name: str) -> Entry | None:
        """Return the class that a config names, also where it lives now.

        Modules that Keras no longer exports, as `keras.trainers.compile_utils`,
        stand under `keras.src` since Keras 3.0.  A backend's own variant of a
        class, as `keras.src.backend.torch.optimizers.torch_sgd.SGD`, is what
        the public class makes under that backend.
        """
        for place in (
            module,
            module.replace("keras.", "keras.src.", 1),
            _BACKEND.sub(r"keras.\1", module),
            *_moved(module),
        ):
            kind = self._classes.get(place, {}).get(name)
            if kind is not None:
                return Entry(place, name, kind)
        return None

    def find_bare(self, name: str) -> Entry | None:
        """Return the class that a config without a module names: a layer or a model before others."""
        entries = [Entry(module, name, names[name]) for module, names in self._classes.items() if name in names]
        return min(
            entries,
            key=lambda entry: (
                entry.kind not in ("layer", "model"),
                entry.module.startswith(("keras.src.", "keras._")),
            ),
            default=None,
        )

    def homes(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return public module and kind of each class called `name`, the shortest-lived names last."""
        return self._homes.get(name, ())

    @cached_property
    def _homes(self) -> dict[str, tuple[tuple[str, str], ...]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for module, names in self._classes.items():
            for name, kind in names.items():
                found.setdefault(name, []).append((module, kind))
        # `Functional` alone has no public place.
        return {
            name: tuple(
                sorted(homes, key=lambda home: (home[0].startswith(("keras.src.", "keras._")), home[0] == "keras"))
            )
            for name, homes in found.items()
        }

    def find_function(self, module: str | None, name: str) -> Entry | None:
        """Return the function that a config names; by its name alone for `None`, where Keras knows it so."""
        spaces = _FUNCTION_KINDS if module is None else (module,)
        for space in spaces:
            actual = self._functions.get(space, {}).get(name)
            if actual is not None:
                return Entry(space, actual, _FUNCTION_KINDS.get(space, "operation function"))
        return None

    def names(self) -> Iterator[str]:
        """Yield the public names of classes."""
        for module, names in self._classes.items():
            if not module.startswith("keras.src."):
                yield from names


def own_key(reference: Reference) -> str | None:
    """Return the key in :data:`OURS` that a reference stands for, if it stands for one."""
    key = reference.label
    if key.startswith(f"{FORMER_PACKAGE}>"):
        key = f"{PACKAGE}>{key.removeprefix(f'{FORMER_PACKAGE}>')}"
    if key in OURS and (reference.kind == "function") == (key in _FUNCTIONS_OF_OURS):
        return key
    return None


def _moved(module: str) -> Iterator[str]:
    """Yield where the classes of a module have lived since, one after the other."""
    place: str | None = module
    while (place := _FORMER.get(place or "")) is not None:
        yield place


@cache
def catalogue() -> Catalogue:
    """Return the catalogue, read once."""
    from importlib.resources import files  # not at the top: whoever only asks for a root does without

    tables = json.loads(files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8"))
    return Catalogue(tables["classes"], tables["functions"], tables["parameters"], tables["strings"])
