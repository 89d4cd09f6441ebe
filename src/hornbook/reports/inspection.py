"""What a model file holds, told without Keras.

Nothing is built, looked up or executed: the config is read as data, and of
the weights only names and shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from hornbook.archive.reading import OWN_METADATA, WEIGHTS, Archive, Source, open_archive
from hornbook.archive.weights.layers import MODEL, entries
from hornbook.archive.weights.stores import Stored
from hornbook.archive.writing import NO_DATE
from hornbook.engine.reference import is_object_config
from hornbook.errors import ArchiveError, ConfigError, HornbookError, LimitError, errors_within, short
from hornbook.policy import Limits
from hornbook.reports.names import PLACES, KindOf, Names, names, reference_of
from hornbook.reports.outline import Outline, Part
from hornbook.reports.sizes import Sizes

# Gets the bytes of the arrays that were looked at, and those of the weights.
Progress = Callable[[int, int], None]

# Returns a config as Keras 3 has it, for one that a version, if it is told, wrote; and what is not certain.
Current = Callable[[dict[str, Any], Any, Any], tuple[dict[str, Any], tuple[str, ...]]]

_SHOWN = 100  # names of losses and metrics


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
        notes: What could not be told, and why.
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
    objects: tuple[Part, ...]
    custom_objects: tuple[Needed, ...]
    lambdas: tuple[str, ...]
    lambda_count: int
    notes: tuple[str, ...]
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as data that JSON can hold."""
        return asdict(self)


def inspect_model(
    source: Source,
    kind_of: KindOf,
    limits: Limits | None = None,
    progress: Progress | None = None,
    current: Current | None = None,
) -> Inspection:
    """Return what a model file holds.

    Args:
        source: A path, or a binary file object at the start of the archive.
        kind_of: Tells the kinds of built-ins, as `"layer"`, and `None` for
            what is not built in.
        limits: How much the file may ask for.
        progress: Called while the weights are looked through.
        current: Rewrites the config of an older version for Keras 3.

    Raises:
        ArchiveError: It is no model file, or a damaged one.
        ConfigError: Its config is none of a model.
        LimitError: It asks for too much.
    """
    limits = limits or Limits()
    try:
        with open_archive(source, limits) as archive:
            return _inspection(archive, cache(kind_of), limits, progress or _silent, current or _as_it_is)
    except HornbookError:
        raise
    except OSError as error:
        raise ArchiveError(f"The file cannot be read: {short(str(error))}", place=None) from error


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def _as_it_is(config: dict[str, Any], version: Any, backend: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    return config, ()


def _inspection(archive: Archive, kind_of: KindOf, limits: Limits, progress: Progress, current: Current) -> Inspection:
    metadata, members = archive.metadata(), archive.members()
    version, date = _text(metadata.get("keras_version")), _text(metadata.get("date_saved"))
    config, uncertain = current(archive.config(), version, metadata.get("backend"))
    found = _with_hidden(_names(config, archive.config_place, kind_of, limits), archive, kind_of)
    sizes, notes = _sizes(archive, members.get(WEIGHTS, sum(members.values())), limits, progress)
    kept = metadata.get(OWN_METADATA)
    kept = kept if isinstance(kept, dict) else {}
    if too_deep(kept, limits.depth):
        kept, notes = {}, (*notes, "The metadata nest too deep to be shown.")
    notes = (*uncertain, *notes)
    group = None if archive.format != "hdf5" else MODEL
    parameters, parameter_bytes = sizes.model if sizes else (None, None)
    training_values, training_bytes = sizes.training if sizes else (None, None)
    return Inspection(
        name=archive.name,
        format=archive.format,
        keras_version=version,
        date_saved=None if date == NO_DATE else date,
        bytes=sum(members.values()),
        members=members,
        compiled=_compiled(config.get("compile_config")),
        parameters=parameters,
        parameter_bytes=parameter_bytes,
        training_values=training_values,
        training_bytes=training_bytes,
        objects=tuple(Outline(kind_of, sizes, group).parts(config)),
        custom_objects=tuple(needed(found, kind_of)),
        lambdas=found.lambdas,
        lambda_count=found.lambda_count,
        notes=notes,
        metadata=kept,
    )


def _names(config: dict[str, Any], place: str, kind_of: KindOf, limits: Limits) -> Names:
    with errors_within(place):
        if not is_object_config(config) or reference_of(config, strict=True) is None:
            raise ConfigError("This is not the config of a model", config=config)
        return names(config, kind_of, limits)


def _with_hidden(found: Names, archive: Archive, kind_of: KindOf) -> Names:
    """Return what a config names; where it holds no byte code, with that of the configs beside it."""
    if found.lambda_count:
        return found  # a part of the model stands beside it once more
    places: list[str] = []
    count = 0
    for place, read in archive.beside():
        try:
            beside = names(read(), kind_of, archive.limits)
        except HornbookError:  # for an audit to tell
            continue
        places += [f"{place}: {one}" for one in beside.lambdas]
        count += beside.lambda_count
    return found._replace(lambdas=tuple(places[:PLACES]), lambda_count=count)


def _sizes(archive: Archive, stored: int, limits: Limits, progress: Progress) -> tuple[Sizes | None, tuple[str, ...]]:
    layers = archive.layers()
    if layers is not None:
        return Sizes(_measured(entries(layers), stored, limits, progress)), ()
    weights = archive.weights()
    if weights is None:
        return None, ("The file has no weights.",)
    return Sizes(_measured(weights.entries(), stored, limits, progress)), ()


def _measured(found: Iterable[Stored], stored: int, limits: Limits, progress: Progress) -> Iterator[Stored]:
    """Yield what is stored, and compare what is declared with the bytes of the file."""
    declared = 0
    for entry in found:
        declared += entry.bytes
        if declared > max(limits.ratio_floor, limits.ratio * stored):
            raise LimitError(f"The arrays declare {declared} bytes or more, in a file of {stored}", place=WEIGHTS)
        progress(min(declared, stored), stored)
        yield entry


def needed(found: Names, kind_of: KindOf) -> Iterator[Needed]:
    """Yield what a config names and what is not built in."""
    for reference, count in found.references.items():
        if kind_of(reference) is None:
            kind, name, module, registered = reference
            yield Needed(kind, reference.label, name, module, registered, count)


def _compiled(config: Any) -> Compiled | None:
    if not config or not isinstance(config, dict):
        return None
    metrics = [config.get("metrics"), config.get("weighted_metrics")]
    return Compiled(next(_labels(config.get("optimizer")), None), _some(config.get("loss")), _some(metrics))


def _some(value: Any) -> tuple[str, ...]:
    return tuple(label for _, label in zip(range(_SHOWN), _labels(value), strict=False))


def _labels(value: Any) -> Iterator[str]:
    """Yield the names in a value: of objects, and plain strings."""
    todo = [value]
    while todo:
        value = todo.pop()
        reference = reference_of(value) if isinstance(value, dict) and is_object_config(value) else None
        if reference is not None:
            yield reference.label
        elif isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            todo += reversed([*value.values()] if isinstance(value, dict) else value)


def too_deep(value: Any, most: int) -> bool:
    """Say whether more than `most` containers lie within one another."""
    level = [value]
    for _ in range(most):
        level = [
            member
            for one in level
            if isinstance(one, (dict, list))
            for member in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
