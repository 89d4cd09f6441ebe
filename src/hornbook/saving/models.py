"""Models to files and files to models: the public functions."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from hornbook.archive import json_text
from hornbook.archive import reading as files
from hornbook.archive.base import no_weights
from hornbook.archive.files.atomic import replacing_file, replacing_folder
from hornbook.archive.files.scratch import scratch
from hornbook.archive.tuples import PLACES, restored, tuples
from hornbook.archive.weights.report import WeightsReport
from hornbook.archive.weights.size import weigh
from hornbook.archive.weights.stores import Folder, WeightWriter
from hornbook.archive.writing import NO_DATE, Content, Stream, write_folder, write_zip
from hornbook.engine.decode import current_reader
from hornbook.engine.encode import document
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Resolver
from hornbook.engine.session import MODELS, bounded, build, reading
from hornbook.errors import (
    ArchiveError,
    ArchiveExistsError,
    ConfigError,
    HornbookError,
    SerializationError,
    UnbuiltModelWarning,
    WeightsError,
    errors_within,
    short,
)
from hornbook.logs import work
from hornbook.policy import Policy, effective
from hornbook.upgrading.upgrade import as_model, upgraded
from hornbook.upgrading.versions import check_backend

# What a model is compiled with, in `.keras` and in HDF5.
COMPILED = ("compile_config", "training_config")
_CHUNK = 1 << 20
_DATE = "%Y-%m-%d@%H:%M:%S"


def load_model(
    filepath: files.Source,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
    *,
    policy: Policy | None = None,
) -> Any:
    """Return the model of a file that any version of Keras wrote.

    A `.keras` file or its unzipped folder, or whole-model HDF5 of Keras 1 to
    3.15.  The content tells what the file is, not its name.  What an older
    version wrote is rewritten for Keras 3 first; then all names in the config
    are judged before anything is built.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        custom_objects: Objects by name; they win over scopes and the registry.
        compile: Whether to compile the model as it was, with the state of its
            optimizer.  Defaults to `True`.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        policy: What the file may do.  Within another load, that one's holds.

    Returns:
        A Keras model.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated, foreign or lacks a part.
        ConfigError: An older version wrote it, and what a part of it means is
            not certain.
        WeightsError: The file has no weights, or they do not fit the model.
        UnresolvedReferenceError: Names that are unknown or not trusted, all
            of them in one error.
        LambdaRefusedError: The file holds byte code, in safe mode.
        ConstructionError: A class refused its config.
        LimitError: The file asks for too much.

    Source of the rule: Keras 3.15.1, `keras.saving.load_model`.

    Example:
        >>> load_model("no such file.keras")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.keras`
    """
    policy = effective(policy, safe_mode=safe_mode)
    return load_saveable(filepath, custom_objects, compile, policy, checked=_checked_model, kinds=MODELS, strict=True)


def load_saveable(
    source: files.Source,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    policy: Policy,
    *,
    checked: Callable[[Any, Any], Any] = lambda framework, value: value,
    kinds: Collection[str] | None = None,
    strict: bool = False,
) -> Any:
    """Return the object of an archive: a model, or anything else with a config and a state.

    Args:
        source: A path, or a binary file object.
        custom_objects: Objects by name.
        compile: Whether to compile it as it was.
        policy: What the file may do.  Within another load, that one's holds.
        checked: Gets the framework and the object, and may refuse it.
        kinds: The kinds of which the object must be; any by default.
        strict: Whether weights without a place are an error, and not a
            warning.  Where a model was compiled and is not any more, they may
            be those of its training: that is a warning.

    Raises:
        HornbookError: As :func:`load_model`.
    """
    policy = _policy(policy)
    with work("load_model", source) as step, files.open_archive(source, policy.limits) as archive:
        if not archive.has_weights():
            raise no_weights(archive)
        with reading(policy, custom_objects) as reader:
            config, was_compiled = _current(archive, reader.resolver, compile=compile)
            framework = _framework()
            with errors_within(archive.config_place):
                config = reader.scan(config, kinds=kinds)
            step("config judged")
            reader.budget.grant(weigh(archive))
            with framework.unset_variables() as unset:
                with errors_within(archive.config_place):
                    made = build(reader, lambda: reader.value(config))
                    checked(framework, made)
                step("built")
                strict = strict and (not was_compiled or getattr(made, "compiled", True))
                with bounded(), _given(archive.name):  # outside of safe mode, as in Keras: vocabularies are files
                    framework.load_state(made, archive, strict=strict)
                step("weights read")
            unset.end(made)
    return made


def load_weights(
    model: Any,
    filepath: files.Source,
    *,
    by_order: bool = False,
    policy: Policy | None = None,
    version: str | None = None,
    backend: str | None = None,
) -> WeightsReport:
    """Give a model the weights of a file that any version of Keras wrote, and tell what got which.

    Args:
        model: A built Keras model.  Where the weights do not fit, it stays as
            it was.
        filepath: A path, or a binary file object: weights alone, as
            `save_weights` writes them, or a whole model.  Layers of one class
            are found by the names that they were given, and members of dicts
            by their keys where the file has these.  Only the order is left for
            layers without a name of their own (`dense_3`).
        by_order: Whether a layer may get what the file has under another name
            that was given.  Then the order decides.  Defaults to `False`.
        policy: What the file may ask for.
        version: The version that wrote a file of Keras 1 or before, as
            `"1.0.5"`.  By default what the file tells.
        backend: The backend that wrote it: `"theano"`, `"tensorflow"` or
            `"cntk"`.  By default what the file tells.

    Returns:
        A report: `matched`, with what decided it; `missing`, what the version
        that wrote the file could not store; `left_over`, the state of training.

    Raises:
        ArchiveNotFoundError: (a `FileNotFoundError`) There is no such file.
        ArchiveError: The file is empty, truncated, foreign or damaged.
        WeightsError: It has no weights, or an array is missing, left over or
            of another shape; or layers have other names than in the file; or
            the file does not tell a backend that makes a difference.
        ConfigError: There is no such backend.
        LimitError: The file asks for too much.

    Example:
        >>> load_weights(None, "no such file.h5")
        Traceback (most recent call last):
        hornbook.errors.ArchiveNotFoundError: There is no such file or folder - at `no such file.h5`
    """
    check_backend(backend)
    said = {"keras_version": version, "backend": backend}
    return fill(model, filepath, policy or Policy(), by_order=by_order, said=said)


def fill(
    model: Any,
    source: files.Source,
    policy: Policy,
    *,
    by_order: bool,
    said: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> WeightsReport:
    """Give a model the weights of a file, and tell what got which.

    Args:
        model: A built model.
        source: A path, or a binary file object.
        policy: What the file may ask for.
        by_order: As :func:`load_weights`.
        said: What the caller says of the file.
        strict: Whether weights without a place are an error, and not a warning.

    Raises:
        HornbookError: As :func:`load_weights`.
    """
    policy = _policy(policy)
    with work("load_weights", source), files.open_archive(source, policy.limits) as archive:
        archive.said = {name: value for name, value in (said or {}).items() if value is not None}
        framework = _framework()
        _checked_model(framework, model)
        if not model.built:
            raise WeightsError(
                "The model is not built yet", hint="Call it on data, or build() it, first.", place=archive.name
            )
        if not archive.has_weights():
            raise no_weights(archive)
        with reading(policy) as reader, bounded(), _given(archive.name):
            reader.budget.grant(weigh(archive))
            report: WeightsReport = framework.load_weights(model, archive, by_order=by_order, strict=strict)
    return report


def save_model(
    model: Any,
    filepath: files.Source,
    overwrite: bool = True,
    *,
    zipped: bool = True,
    metadata: Mapping[str, Any] | None = None,
    date: datetime | None = None,
    check: bool = False,
) -> None:
    """Write a model as a `.keras` archive, or as a folder of the same files.

    Everything is serialized before the target is touched, and the new file
    takes the old one's place in one step: a reader sees one of the two, whole.
    Equal models give equal bytes.  Keras 3.15.1 reads what is written.

    Args:
        model: A Keras model.
        filepath: A path, or a binary file object open for writing.  The name
            of a file ends in `.keras`, which plain Keras asks for, or has no
            dot; a folder may have any name.
        overwrite: Whether an existing file may be replaced.  Defaults to
            `True`.
        zipped: `False` writes a folder.  Defaults to `True`.  It replaces a
            folder that has a model and nothing else.
        metadata: Whatever is to be kept with the model, as names and values
            that JSON can hold; `inspect_model` tells it.
        date: When the file is said to be written.  By default it has no date,
            so that equal models give equal bytes.
        check: Whether to refuse a model that would not come back as it is, as
            :func:`hornbook.check` tells.  Defaults to `False`.

    Raises:
        CheckError: (a `ValueError`) What `check` found, as its `report`.
        ArchiveExistsError: (a `FileExistsError`) `overwrite` is false and the
            target exists.  Keras 3.15.1 asks on the terminal.
        ArchiveError: There can be no such file, its name ends in the suffix of
            another format, or the disk is full; the target is as it was.
        SerializationError: The model or the metadata cannot be written; the
            target is as it was.

    Source of the rule: Keras 3.15.1, `keras.saving.save_model`.
    """
    framework = _framework()
    _checked_model(framework, model)
    if isinstance(filepath, (str, os.PathLike)):
        check_target(Path(filepath), overwrite=overwrite, zipped=zipped)
        if zipped:
            _check_suffix(Path(filepath))
    warn_unbuilt(model)
    if check:
        _check(model)
    save_saveable(model, filepath, zipped=zipped, told=_told(metadata, date))


def warn_unbuilt(model: Any) -> None:
    """Warn of a model that has no weights yet, on behalf of the caller's caller."""
    if not model.built:
        message = "The model is not built yet: the file will have no weights for it"
        warnings.warn(message, UnbuiltModelWarning, stacklevel=3)


def _check(model: Any) -> None:
    """Refuse a model that would not come back.

    Raises:
        CheckError: It would not.
    """
    from hornbook.saving.checking import check as checking
    from hornbook.saving.checking import findings

    report = checking.check(model)
    if not report.ok:
        raise findings.CheckError(report)


def date_text(date: datetime | None) -> str:
    """Return a date as Keras 3.0 to 3.15.1 writes it into the metadata; that of no file for `None`."""
    return NO_DATE if date is None else date.strftime(_DATE)


def _told(metadata: Mapping[str, Any] | None, date: datetime | None) -> dict[str, Any]:
    """Return what the caller wants to stand in the metadata, checked.

    Raises:
        SerializationError: A value has no JSON form, or would change in it.
    """
    told: dict[str, Any] = {"date_saved": date_text(date), "saved_by": "hornbook"}
    if metadata is not None:
        if not isinstance(metadata, Mapping):
            raise SerializationError(f"The metadata must be a dict, not {short(metadata)}", place="metadata")
        told[files.OWN_METADATA] = dict(metadata)
        with errors_within("metadata"):
            json_text.dump(told)
    return told


def save_saveable(
    value: Any, target: files.Source, *, zipped: bool, told: Mapping[str, Any], lenient: bool = False
) -> None:
    """Write an archive of anything with a config and a state; replace what is there.

    Args:
        value: A model, or another object of Keras that keeps variables.
        target: A path, or a binary file object.
        zipped: `False` writes a folder.
        told: What stands in the metadata beside the version of Keras.
        lenient: Whether what would not come back as it is, and Keras writes
            all the same, is warned of and written.

    Raises:
        HornbookError: As :func:`save_model`.
    """
    framework = _framework()
    with work("save_model", target) as step, scratch() as assets:
        with document(value, lenient=lenient) as made:
            config = json_text.dump(made, keys=not lenient)
        written = {"keras_version": framework.version(), **told}
        places = tuples(made)
        metadata = json_text.dump({**written, **({PLACES: places} if places else {})})

        def members() -> Iterator[tuple[str, Content]]:
            yield files.METADATA, metadata.encode()
            yield files.CONFIG, config.encode()
            step("config written")
            yield files.WEIGHTS, Stream(partial(_write_weights, framework, value, assets), framework.bytes_of(value))
            step("weights written")
            for name, path in assets.files():  # which are there when the weights are written
                yield f"{files.ASSETS}/{name}", path

        _put(target, members(), zipped=zipped)


def model_from_config(
    config: dict[str, Any],
    custom_objects: Mapping[str, Any] | None = None,
    *,
    safe_mode: bool = True,
    policy: Policy | None = None,
) -> Any:
    """Return a model, with new weights, of its config.

    Args:
        config: A whole object config, or `{"class_name": "Sequential",
            "config": model.get_config()}` as the documents of TF 2.9 use it.
            One of an older version is upgraded; :func:`hornbook.upgrade` says
            how.
        custom_objects: Objects by name.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        policy: What the config may do.

    Returns:
        A Keras model.

    Raises:
        ConfigError: It is not the config of a model.
        HornbookError: As :func:`hornbook.deserialize_keras_object`.
    """
    with reading(_policy(effective(policy, safe_mode=safe_mode)), custom_objects) as reader:
        config = as_model(upgraded(config, reader.resolver))
        framework = _framework()
        config = reader.scan(config, kinds=MODELS)
        reader.budget.foresee(current_registry().integrations.asks(config))
        return _checked_model(framework, build(reader, lambda: reader.value(config)))


def model_from_json(
    json_string: str | bytes,
    custom_objects: Mapping[str, Any] | None = None,
    *,
    safe_mode: bool = True,
    policy: Policy | None = None,
) -> Any:
    """Return a model, with new weights, of the JSON that `model.to_json()` gives.

    Args:
        json_string: The JSON text, or its bytes in UTF-8.
        custom_objects: Objects by name.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        policy: What the config may do.

    Returns:
        A Keras model.

    Raises:
        UnreadableError: (an `ArchiveError`) It is not JSON.
        HornbookError: As :func:`model_from_config`.

    Example:
        >>> model_from_json("")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        hornbook.errors.UnreadableError: This is not JSON: 'Expecting value: line 1 column 1 (char 0)' - at ...
    """
    limits = _policy(effective(policy, safe_mode=safe_mode)).limits
    config = json_text.parse(json_string, "json_string", limits)
    if isinstance(config, str):  # `json.dump(model.to_json(), file)` encodes twice
        config = json_text.parse(config, "json_string", limits)
    return model_from_config(config, custom_objects, safe_mode=safe_mode, policy=policy)


def _current(archive: files.Archive, names: Resolver, *, compile: bool) -> tuple[Any, bool]:
    """Return the config of an archive as Keras 3 has it, and whether the model was compiled.

    Args:
        archive: The archive.
        names: What knows the names of the user.
        compile: Whether to keep what the model was compiled with.
    """
    metadata = archive.metadata()
    config = restored(archive.config(), metadata.get(PLACES))
    was_compiled = any(config.get(name) for name in COMPILED)
    if not compile:
        config = {name: part for name, part in config.items() if name not in COMPILED}
    with errors_within(archive.config_place):
        return upgraded(config, names, metadata.get("keras_version"), metadata.get("backend")), was_compiled


def _policy(policy: Policy) -> Policy:
    """Return the policy that holds: that of the outermost call."""
    outer = current_reader()
    return policy if outer is None else outer.policy


def _framework() -> Any:
    """Return the integration that has models.

    Raises:
        MissingDependencyError: Keras 3 is not installed, or its backend is not.
    """
    framework = current_registry().integrations.activate_for("keras", named=False)
    if framework is None:
        raise ConfigError("The integration `keras` is not installed", hint="Reinstall hornbook.", place=None)
    return framework


@contextmanager
def _given(name: str) -> Iterator[None]:
    """Run a block that gives objects the state that a file has for them: what they raise is an error of ours.

    Raises:
        WeightsError: An object did not take it; the reason is the `__cause__`.
    """
    try:
        yield
    except (HornbookError, RecursionError, MemoryError):
        raise
    except Exception as error:
        what = f"The weights are not taken: {type(error).__name__}: {short(str(error))[1:-1]}"
        raise WeightsError(what, place=name) from error


def _checked_model(framework: Any, value: Any) -> Any:
    if not framework.is_model(value):
        raise ConfigError(f"This is no model: {short(value)}", config=value)
    return value


def _write_weights(framework: Any, model: Any, assets: Folder, target: BinaryIO) -> None:
    """Write the weights to a file, one after the other."""
    writer = WeightWriter(target, framework.view)
    try:
        framework.save_state(model, writer, assets)
    except (HornbookError, OSError):
        raise
    except Exception as error:
        raise SerializationError(f"The weights cannot be written: {short(str(error))}", place=None) from error
    finally:
        writer.close()


def check_target(target: Path, *, overwrite: bool, zipped: bool) -> None:
    """Refuse a target before any work is done for it."""
    place = short(str(target))
    try:
        exists = os.path.lexists(target)
        right = target.is_file() if zipped else target.is_dir()
    except (OSError, ValueError) as error:  # a NUL in it, or too long
        raise ArchiveError(f"This is no path: {short(str(error))}", place=place) from error
    if exists and not overwrite:
        raise ArchiveExistsError("There is a file already", hint="Pass overwrite=True.", place=place)
    if target.exists() and not right:
        kind = "file" if zipped else "folder"
        raise ArchiveError(f"What is there is no {kind} and is not replaced by one", place=place)
    if exists and right and not zipped:
        _check_folder(target, place)
    if target.name == "":
        raise ArchiveError("The path has no name", place=place)


def _check_suffix(target: Path) -> None:
    """Refuse the name of a file that says it is something else; a name without a dot says nothing.

    Source of the rule: Keras 3.15.1, `keras.saving.save_model`, which demands a suffix.
    """
    _, dot, suffix = target.name.rpartition(".")
    if dot and suffix != "keras":
        raise ArchiveError(
            f"A model is written as `.keras`, not as `.{short(suffix)[1:-1]}`",
            hint="End the name in .keras.",
            place=short(str(target)),
        )


def _check_folder(target: Path, place: str) -> None:
    """Refuse a folder that has anything but a model: it would be lost."""
    try:
        other = sorted({path.name for path in target.iterdir()} - files.MEMBERS)
    except OSError as error:
        raise ArchiveError(f"The folder cannot be read: {short(str(error))}", place=place) from error
    if other:
        raise ArchiveError(
            f"The folder has {short(other[0])}, which would be lost", hint="Name a new one.", place=place
        )


def _put(target: files.Source, members: Iterable[tuple[str, Content]], *, zipped: bool) -> None:
    if not isinstance(target, (str, os.PathLike)):
        with tempfile.TemporaryFile() as whole:
            write_zip(whole, members)
            whole.seek(0)
            _write_all(target, whole)
        return
    try:
        if zipped:
            with replacing_file(Path(target)) as file:
                write_zip(file, members)
        else:
            with replacing_folder(Path(target)) as folder:
                write_folder(folder, members)
    except HornbookError:  # what cannot be written is no fault of the file
        raise
    except (OSError, ValueError) as error:
        raise ArchiveError(f"The file cannot be written: {short(str(error))}", place=short(str(target))) from error


def _write_all(target: BinaryIO, source: BinaryIO) -> None:
    try:
        shutil.copyfileobj(source, target, _CHUNK)
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveError(f"The file object cannot be written: {short(str(error))}", place=None) from error
