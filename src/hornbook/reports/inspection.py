"""What an inspection says of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from hornbook.reports.names import ConfigNames, KindOf
from hornbook.reports.outline import OutlinePart


@dataclass(frozen=True, slots=True)
class Compiled:
    """How a model is compiled; a loss or metric may be a plain string.

    Attributes:
        optimizer: The name of its class, or `None`.
        loss: Names of loss classes and functions.
        metrics: Names of metric classes and functions.
    """

    optimizer: str | None
    loss: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """A class or function that the file needs and that is not built in.

    Attributes:
        kind: `"class"` or `"function"`.
        label: The name to pass in `custom_objects`.
        name: Its name.
        module: Where it was from when the file was written.
        registered_name: The key it was registered under.
        count: How often the file names it.
    """

    kind: str
    label: str
    name: str
    module: str | None
    registered_name: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a model file holds.

    Attributes:
        name: The name of the file.
        format: `"keras"`, `"keras folder"`, `"hdf5"`, `"json"` or `"savedmodel"`.
        keras_version: The version of Keras that wrote it, as the file says.
        date_saved: When it was written, as the file says.
        bytes: The bytes of all members, uncompressed.
        members: The bytes of each member, by name.
        compiled: How the model is compiled, or `None`.
        parameters: Numbers in the model; `None` where that is not known.
        parameter_bytes: The bytes of these.
        training_values: Numbers in the state of optimizers (and of metrics,
            which Keras 2 stores).
        training_bytes: The bytes of these.
        objects: The tree of the model: each part before what lies within it.
        custom_objects: What has to be registered or passed in to load it.
        lambdas: Where byte code stands; at most a hundred places.
        lambda_count: How often byte code stands there.
        notes: What is not known, and why.
        metadata: What `save_model(..., metadata=...)` was given to be kept.
    """

    name: str
    format: str
    keras_version: str | None
    date_saved: str | None
    bytes: int
    members: dict[str, int]
    compiled: Compiled | None
    parameters: int | None
    parameter_bytes: int | None
    training_values: int | None
    training_bytes: int | None
    objects: tuple[OutlinePart, ...]
    custom_objects: tuple[Needed, ...]
    lambdas: tuple[str, ...]
    lambda_count: int
    notes: tuple[str, ...]
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as data that JSON can hold."""
        return asdict(self)


def needed(names: ConfigNames, kind_of: KindOf) -> Iterator[Needed]:
    """Yield what a config names and what is not built in."""
    for reference, count in names.references.items():
        if kind_of(reference) is None:
            kind, name, module, registered = reference
            yield Needed(kind, reference.label, name, module, registered, count)
