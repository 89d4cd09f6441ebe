"""Files of older versions rewritten for Keras 3: the public functions.

What a file needs shows in its config alone, without Keras.  Weights are
rewritten by loading the model and saving it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hornbook.archive import json_text
from hornbook.archive.files.atomic import replacing_file
from hornbook.archive.reading import Archive, Source
from hornbook.engine.generations import is_older, newest
from hornbook.engine.registry import current_registry
from hornbook.engine.session import names as names_here
from hornbook.errors import ArchiveError, ArchiveExistsError, HornbookError, MissingDependencyError, short
from hornbook.logs import work
from hornbook.opening import open_archive
from hornbook.policy import Policy
from hornbook.reports.inspection import Needed, needed
from hornbook.reports.names import names
from hornbook.saving.load import COMPILED, load_model
from hornbook.saving.save import save_model
from hornbook.saving.target import check_target
from hornbook.upgrading.markdown import markdown
from hornbook.upgrading.report import Report
from hornbook.upgrading.rules.changed_defaults import OURS
from hornbook.upgrading.upgrade import current

Target = str | os.PathLike[str]

_JSON = ".json"


@dataclass(frozen=True, slots=True)
class FileUpgrade:
    """What upgrading a file takes, or did.

    Attributes:
        name: The name of the file.
        format: `"keras"`, `"keras folder"`, `"hdf5"`, `"json"` or `"savedmodel"`.
        has_weights: Whether there are weights, so that Keras rewrites it.
        report: The rules that its config needs, what is open and what is lost.
        custom_objects: What has to be registered or passed in to load it.
        lambdas: Where byte code stands; at most a hundred places.
        lambda_count: How often byte code stands there.
        functions: Functions of hornbook that the upgraded config names.  Plain
            Keras finds them after `import hornbook.integrations.keras3.functions`.
        notes: What was noticed while the model was loaded and saved.
        written: Whether the new file was written.
    """

    name: str
    format: str
    has_weights: bool
    report: Report
    custom_objects: tuple[Needed, ...]
    lambdas: tuple[str, ...]
    lambda_count: int
    functions: tuple[str, ...]
    notes: tuple[str, ...] = ()
    written: bool = False
    # What stands in the new file, where it is written without Keras.
    config: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def needs_nothing(self) -> bool:
        """Whether Keras 3 reads the config as it is, with built-in objects alone."""
        return not (self.report.changes or self.report.open or self.custom_objects or self.lambda_count)

    def to_markdown(self, problem: str | None = None) -> str:
        """Return a report for people.

        Args:
            problem: Why the new file was not written, if that is known.
        """
        custom = [f"{custom_object.kind} {custom_object.label}" for custom_object in self.custom_objects]
        lambdas = list(self.lambdas)
        return markdown(
            self.name, self.format, self.report, problem=problem, custom=custom, lambdas=lambdas,
            functions=list(self.functions), notes=list(self.notes), written=self.written,
        )  # fmt: skip


def check_upgrade(filepath: Source, *, policy: Policy | None = None) -> FileUpgrade:
    """Return what a model file of any version needs to load in Keras 3, without Keras.

    Args:
        filepath: A path, or a binary file object at the start of the file: all
            that :func:`hornbook.inspect_model` reads.
        policy: How much the file may ask for.

    Returns:
        A :class:`FileUpgrade`: the report of :func:`hornbook.upgrade`, and the
        custom objects and the byte code that loading will ask for.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated, foreign, or has weights alone.
        ConfigError: Its config is none of a model.
        LimitError: The file asks for too much.
        MissingDependencyError: It is HDF5, and h5py is not installed.

    Example:
        >>> import io
        >>> old = b'{"class_name": "Sequential", "keras_version": "2.2.4", "config": {"layers": []}}'
        >>> check_upgrade(io.BytesIO(old)).report.rules()
        {'module': 1}
    """
    with open_archive(filepath, (policy or Policy()).limits) as archive:
        try:
            return _checked(archive)
        except HornbookError as error:
            if error.place is not None and error.place.startswith("$"):
                error.within(archive.config_place)
            raise
        except OSError as error:
            raise ArchiveError(f"The file cannot be read: {short(str(error))}", place=archive.name) from error


def upgrade_file(
    old: Target,
    new: Target,
    *,
    report: Target | None = None,
    overwrite: bool = False,
    custom_objects: Mapping[str, Any] | None = None,
    policy: Policy | None = None,
) -> FileUpgrade:
    """Rewrite a model file of an older version for Keras 3.

    A file with weights becomes a `.keras` file, with the state of its
    optimizer; this takes Keras.  To a name that ends in `.json`, and of a file
    without weights, the architecture alone is written, without Keras and
    without how the model was compiled: `keras.models.model_from_json` reads it.
    The new file appears whole or not at all.

    Args:
        old: The path of a file of any version; it is not changed.
        new: The path of the new file; the same one, if `overwrite`.
        report: Where to write a report in Markdown, also where the upgrade
            fails once the file has been read.
        overwrite: Whether `new` and `report` may replace files.  Defaults to
            `False`.
        custom_objects: Objects by name; they win over scopes and the registry.
        policy: What the file may do.

    Returns:
        What was done.  Where something is open nothing is written but the
        report, and `written` is false.

    Raises:
        ArchiveExistsError: (a `FileExistsError`) There is a file at `new` or
            `report` already.
        ArchiveError: The old file is damaged, a new one cannot be written, or
            `new` does not end in what the old file can become.
        MissingDependencyError: The weights need Keras, and it is not installed.
        HornbookError: As :func:`hornbook.load_model` and :func:`hornbook.save_model`.

    Example:
        >>> upgrade_file("no such file.h5", "new.keras")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.h5`
    """
    old, new, report = Path(old), Path(new), None if report is None else Path(report)
    with work("upgrade_file", old):
        checked = check_upgrade(old, policy=policy)
        _check_places(old, new, report, overwrite=overwrite)
        _check_suffix(checked, new)
        problem = None
        try:
            if not checked.report.open:
                notes = _write(checked, old, new, custom_objects, policy)
                checked = replace(checked, written=True, notes=notes)
        except HornbookError as error:
            problem = str(error)
            raise
        finally:
            if report is not None:
                _write_text(report, checked.to_markdown(problem))
        return checked


def _checked(archive: Archive) -> FileUpgrade:
    metadata = archive.metadata()
    config, report = current(archive.config(), names_here(), metadata.get("keras_version"), metadata.get("backend"))
    kind_of = current_registry().integrations.kind
    mentioned = names(config, kind_of, archive.limits)
    ours = sorted(OURS & {reference.label for reference in mentioned.references})
    return FileUpgrade(
        name=archive.name,
        format=archive.format,
        has_weights=archive.has_weights(),
        report=report,
        custom_objects=tuple(needed(mentioned, kind_of)),
        lambdas=mentioned.lambdas,
        lambda_count=mentioned.lambda_count,
        functions=tuple(ours),
        config=config,
    )


def _check_places(old: Path, new: Path, report: Path | None, *, overwrite: bool) -> None:
    """Refuse what would be lost, before any work is done."""
    if report is not None and os.path.realpath(report) in (os.path.realpath(old), os.path.realpath(new)):
        raise ArchiveError("The report would replace a model file", place=short(str(report)))
    for target in filter(None, (new, report)):
        check_target(target, overwrite=True, zipped=True)
        if os.path.lexists(target) and not overwrite:
            hint = "Pass overwrite=True; on the command line, --force."
            raise ArchiveExistsError("There is a file already", hint=hint, place=short(str(target)))
        if not target.parent.is_dir():
            raise ArchiveError("There is no such folder", place=short(str(target.parent)))


def _check_suffix(checked: FileUpgrade, new: Path) -> None:
    if new.suffix == _JSON or (checked.has_weights and new.suffix == ".keras"):
        return
    place = short(str(new))
    if checked.has_weights:
        hint = "Name it .keras, or .json for the architecture alone."
        raise ArchiveError("The new file must end in `.keras` or `.json`", hint=hint, place=place)
    raise ArchiveError(
        f"`{checked.name}` has an architecture and no weights: a `.keras` file cannot be made of it",
        hint="Name the new file .json; keras.models.model_from_json reads it.",
        place=place,
    )


def _write(
    checked: FileUpgrade, old: Path, new: Path, custom_objects: Mapping[str, Any] | None, policy: Policy | None
) -> tuple[str, ...]:
    """Write the new file; return what was noticed meanwhile."""
    if new.suffix == _JSON:
        compiled = [name for name in COMPILED if checked.config.get(name)]
        _write_text(new, json_text.dump({name: part for name, part in checked.config.items() if name not in COMPILED}))
        return ("How the model was compiled is not in the new file.",) if compiled else ()
    _check_keras(checked)
    with warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        save_model(load_model(old, custom_objects, policy=policy, framework="keras"), new)
    return tuple(dict.fromkeys(str(warning.message) for warning in noticed))


def _check_keras(checked: FileUpgrade) -> None:
    integrations = current_registry().integrations
    try:
        if is_older(integrations.activate_for("keras", named=False)):
            newest()  # which says what is there in its place
    except MissingDependencyError as error:
        if current_registry().integrations.is_installed("keras"):  # another one, or without its backend
            error.within(checked.name)
            raise
        raise MissingDependencyError(
            "Rewriting weights takes Keras, which is not installed",
            hint="pip install hornbook[keras]; or name the new file .json, for the architecture alone.",
            place=checked.name,
        ) from error


def _write_text(target: Path, content: str) -> None:
    try:
        with replacing_file(target) as file:
            file.write(content.encode())
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The file cannot be written: {short(str(error))}", place=short(str(target))) from error
