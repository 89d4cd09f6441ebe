"""The public function: what a model file holds, without Keras.

Nothing is built, looked up or executed: the config is read as data, and of
the weights only names and shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from hornbook.archive.budget import most_declared
from hornbook.archive.reading import OWN_METADATA, Archive, Source
from hornbook.archive.weights.layers import MODEL
from hornbook.archive.weights.stores import Stored
from hornbook.archive.writing import NO_DATE
from hornbook.engine.registry import current_registry
from hornbook.engine.session import names as names_here
from hornbook.errors import ArchiveError, ConfigError, HornbookError, LimitError, errors_within, short
from hornbook.opening import open_archive
from hornbook.policy import Limits, Policy
from hornbook.reports.inspection import Compiled, Inspection, needed
from hornbook.reports.names import PLACES, ConfigNames, KindOf, checked_reference, names, reference_of
from hornbook.reports.outline import Outline
from hornbook.reports.sizes import Sizes
from hornbook.reports.walk import Located, walk
from hornbook.upgrading.upgrade import current, uncertain

# Gets the bytes of the arrays that were looked at, and those of the weights.
Progress = Callable[[int, int], None]

_WEIGHTS = "model.weights.h5"  # the place of what arrays declare together
_SHOWN = 100  # names of losses and metrics


def inspect_model(filepath: Source, *, policy: Policy | None = None, progress: Progress | None = None) -> Inspection:
    """Return what a model file of any version holds, without Keras.

    A `.keras` file or its unzipped folder, whole-model HDF5, architecture
    JSON, or `keras_metadata.pb` and the folder of a SavedModel.

    Nothing is built or looked up.  What an older version wrote has the names
    that Keras 3 has for it.  A part of the model that is an attribute of a
    class of the user's, not an argument, has its path in the weights alone.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        policy: How much the file may ask for.
        progress: Called with the bytes of the arrays that were looked at and
            the bytes of the weights.

    Returns:
        An :class:`Inspection`: what wrote the file, its members, the tree of
        its objects with their parameters and bytes, the custom objects that
        it needs, where it holds byte code.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated or foreign.
        ConfigError: Its config is none of a model.
        LimitError: The file asks for too much.

    Example:
        >>> inspect_model("no such file.keras")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.keras`
    """
    limits = (policy or Policy()).limits
    kind_of = cache(current_registry().integrations.kind)
    try:
        with open_archive(filepath, limits) as archive:
            return _inspection(archive, kind_of, limits, progress or _silent)
    except HornbookError:
        raise
    except OSError as error:
        raise ArchiveError(f"The file cannot be read: {short(str(error))}", place=None) from error


def _silent(done: int, total: int) -> None:
    """Report nothing."""


def _inspection(archive: Archive, kind_of: KindOf, limits: Limits, progress: Progress) -> Inspection:
    metadata, members = archive.metadata(), archive.members()
    version, date = _text(metadata.get("keras_version")), _text(metadata.get("date_saved"))
    config, uncertain_notes = _current(archive.config(), version, metadata.get("backend"))
    config_names = _with_hidden(_names(config, archive.config_place, kind_of, limits), archive, kind_of)
    sizes = _sizes(archive, limits, progress)
    own_metadata, too_deep_notes = _own_metadata(metadata, limits)
    parameters, parameter_bytes = sizes.model if sizes else (None, None)
    training_values, training_bytes = sizes.training if sizes else (None, None)
    group = None if archive.layers() is None else MODEL
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
        custom_objects=tuple(needed(config_names, kind_of)),
        lambdas=config_names.lambdas,
        lambda_count=config_names.lambda_count,
        notes=(*uncertain_notes, *(() if sizes else ("The file has no weights.",)), *too_deep_notes),
        metadata=own_metadata,
    )


def _current(config: dict[str, Any], version: Any, backend: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a config as Keras 3 has it, and what is not certain in it."""
    upgraded, report = current(config, names_here(), version, backend)
    refusal = uncertain(config, report)
    refused = () if refusal is None else (f"{refusal.problem} - at `{refusal.place}`",)
    return upgraded, (*refused, *(f"{one.what} - at `{one.place}`" for one in report.assumed))


def _names(config: dict[str, Any], place: str, kind_of: KindOf, limits: Limits) -> ConfigNames:
    with errors_within(place):
        if checked_reference(Located(config, None)) is None:
            raise ConfigError("This is not the config of a model", config=config)
        return names(config, kind_of, limits)


def _with_hidden(config_names: ConfigNames, archive: Archive, kind_of: KindOf) -> ConfigNames:
    """Return what a config names; where it holds no byte code, with that of the configs beside it."""
    if config_names.lambda_count:
        return config_names  # a part of the model stands beside it once more
    places: list[str] = []
    count = 0
    for place, read in archive.beside():
        try:
            beside = names(read(), kind_of, archive.limits)
        except HornbookError:  # for an audit to report
            continue
        places += [f"{place}: {one}" for one in beside.lambdas]
        count += beside.lambda_count
    return config_names._replace(lambdas=tuple(places[:PLACES]), lambda_count=count)


def _sizes(archive: Archive, limits: Limits, progress: Progress) -> Sizes | None:
    """Return how much each group of the weights holds; `None` where there are no weights."""
    if not archive.has_weights():
        return None
    return Sizes(_measured(archive.stored().entries(), archive.weight_bytes(), limits, progress))


def _measured(found: Iterable[Stored], stored: int, limits: Limits, progress: Progress) -> Iterator[Stored]:
    """Yield what is stored, and compare what is declared with the bytes of the file."""
    declared = 0
    for entry in found:
        declared += entry.bytes
        if declared > most_declared(limits, stored):
            raise LimitError(f"The arrays declare {declared} bytes or more, in a file of {stored}", place=_WEIGHTS)
        progress(min(declared, stored), stored)
        yield entry


def _own_metadata(metadata: dict[str, Any], limits: Limits) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what the caller of a save wanted to be kept, and why if it is not shown."""
    kept = metadata.get(OWN_METADATA)
    if not isinstance(kept, dict):
        return {}, ()
    try:
        for _ in walk(kept, deepest=limits.depth):
            pass
    except LimitError:
        return {}, ("The metadata nest too deep to be shown.",)
    return kept, ()


def _compiled(config: Any) -> Compiled | None:
    if not config or not isinstance(config, dict):
        return None
    metrics = [config.get("metrics"), config.get("weighted_metrics")]
    return Compiled(next(_labels(config.get("optimizer")), None), _some(config.get("loss")), _some(metrics))


def _some(value: Any) -> tuple[str, ...]:
    return tuple(islice(_labels(value), _SHOWN))


def _labels(value: Any) -> Iterator[str]:
    """Yield the names in a value: of objects, and plain strings."""
    for located in walk(value, wanted=_every_text, enters=lambda inner: reference_of(inner) is None):
        reference = reference_of(located.value)
        if reference is not None:
            yield reference.label
        elif isinstance(located.value, str):
            yield located.value


def _every_text(text: str) -> bool:
    return True


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
