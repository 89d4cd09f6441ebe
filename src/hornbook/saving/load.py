"""Models of files, and weights of files for a model that is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hornbook.archive.protocol import Archive
from hornbook.archive.reading import Source
from hornbook.archive.tuples import PLACES, restored
from hornbook.archive.weights.report import WeightsReport
from hornbook.archive.weights.size import weigh
from hornbook.engine.builtins import Integration
from hornbook.engine.decode import ReadSession
from hornbook.engine.generations import framework_for, is_older, newest, wanted_framework, wanting
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import Resolver
from hornbook.engine.session import bounded, build, policy_in_force, reading
from hornbook.errors import (
    ConfigError,
    ConstructionError,
    HornbookError,
    UnresolvedReferenceError,
    WeightsError,
    errors_within,
    short,
)
from hornbook.frameworks.lookup import checked_model, models_for
from hornbook.frameworks.models import Models
from hornbook.logs import work
from hornbook.opening import open_archive
from hornbook.policy import Policy, effective
from hornbook.upgrading.upgrade import upgraded
from hornbook.upgrading.versions import check_backend, is_of_third

# What a model is compiled with, in `.keras` and in HDF5.
COMPILED = ("compile_config", "training_config")


def load_model(
    filepath: Source,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
    *,
    policy: Policy | None = None,
    framework: str | None = None,
) -> Any:
    """Return the model of a file that any version of Keras wrote.

    A `.keras` file or its unzipped folder, whole-model HDF5 of Keras 1 to
    3.15, or the folder of a SavedModel that Keras 2 wrote.  The content tells
    what the file is, not its name.  What an older version wrote is rewritten
    for Keras 3 first; then all names in the config are judged before anything
    is built.

    Args:
        filepath: A path, or a binary file object at the start of the archive.
        custom_objects: Objects by name; they win over scopes and the registry.
        compile: Whether to compile the model as it was, with the state of its
            optimizer.  Defaults to `True`.
        safe_mode: Whether to refuse byte code of lambdas.  Defaults to `True`.
        policy: What the file may do.  Within another load, that one's holds.
        framework: For which one the file is read where several that could are
            in use: `"keras"`, or `"tf_keras"`.  By default the one that is in
            use; a file of Keras 3 is never read for Keras 2.

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
    with wanting(framework, policy):
        return load_saveable(filepath, custom_objects, compile, policy, only_models=True)


def load_saveable(
    source: Source,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,
    policy: Policy,
    *,
    only_models: bool = False,
) -> Any:
    """Return the object of an archive: a model, or anything else with a config and a state.

    Args:
        source: A path, or a binary file object.
        custom_objects: Objects by name.
        compile: Whether to compile it as it was.
        policy: What the file may do.  Within another load, that one's holds.
        only_models: Whether anything but a model is an error, and so are
            weights without a place.  Where a model was compiled and is not any
            more, they may be those of its training: that is a warning.

    Raises:
        HornbookError: As :func:`load_model`.
    """
    policy = policy_in_force(policy)
    with work("load_model", source) as step, open_archive(source, policy.limits) as archive:
        archive.check_weights()
        chosen = _framework_of(archive, custom_objects)
        with reading(policy, custom_objects, framework=chosen) as reader:
            config, was_compiled = _current(archive, reader.resolver, compile=compile)
            framework = models_for(config, reader)
            _check_generation(archive, framework)
            with errors_within(archive.config_place), _of_its_class(archive, config):
                kinds = current_registry().integrations.file_kinds if only_models else None
                training = config.pop("training_config", None) if is_older(chosen) else None
                config = reader.scan(config, kinds=kinds)
                reader.scan(training, own=True)
            step("config judged")
            reader.budget.grant(weigh(archive))
            if is_older(chosen):
                reader.budget.foresee(current_registry().integrations.asks(config))
            with framework.unset_variables() as unset:
                with errors_within(archive.config_place):
                    loaded = build(reader, lambda: _made(reader, framework, config, training))
                    if only_models:
                        framework = checked_model(loaded)
                step("built")
                strict = only_models and (not was_compiled or framework.is_compiled(loaded))
                with bounded(), _given(archive.name):  # outside of safe mode, as in Keras: vocabularies are files
                    framework.load_state(loaded, archive, strict=strict)
                step("weights read")
            unset.end(loaded)
    return loaded


def load_weights(
    model: Any,
    filepath: Source,
    *,
    by_order: bool = False,
    policy: Policy | None = None,
    version: str | None = None,
    backend: str | None = None,
) -> WeightsReport:
    """Give a model the weights of a file that any version of Keras wrote, and report what got which.

    Args:
        model: A built Keras model.  Where the weights do not fit, it stays as
            it was.
        filepath: A path, or a binary file object: weights alone, as
            `save_weights` writes them, or a whole model; or what the names of
            the files of a TensorFlow checkpoint begin with.  Layers of one class
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
    source: Source,
    policy: Policy,
    *,
    by_order: bool,
    said: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> WeightsReport:
    """Give a model the weights of a file, and report what got which.

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
    policy = policy_in_force(policy)
    with work("load_weights", source), open_archive(source, policy.limits) as archive:
        archive.said = {name: value for name, value in (said or {}).items() if value is not None}
        framework = checked_model(model)
        if not framework.is_built(model):
            raise WeightsError(
                "The model is not built yet", hint="Call it on data, or build() it, first.", place=archive.name
            )
        archive.check_weights()
        with reading(policy) as reader, bounded(), _given(archive.name):
            reader.budget.grant(weigh(archive))
            return framework.load_weights(model, archive, by_order=by_order, strict=strict)


@contextmanager
def _of_its_class(archive: Archive, config: Any) -> Iterator[None]:
    """Say of a class that is not known, where the whole architecture is in it and not in the file, what to do."""
    try:
        yield
    except UnresolvedReferenceError as error:
        inner = config.get("config")
        if archive.format == "savedmodel" and not (isinstance(inner, dict) and "layers" in inner):
            error.hint = (
                "The architecture is in that class: make the model, then hornbook.load_weights(model, filepath)."
            )
        raise


def _check_generation(archive: Archive, framework: Models) -> None:
    """Refuse a file of Keras 3 where what would read it is Keras 2.

    Raises:
        MissingDependencyError: It is one, and nobody has asked for Keras 2.
        ConfigError: It is one.
    """
    said = archive.metadata().get("keras_version")
    if is_of_third(said) and framework.root == "keras" and not is_of_third(framework.version()):
        if wanted_framework() is None:
            newest()  # which says what is missing
        raise ConfigError(
            f"Keras {said} wrote the file, and it would be read for Keras {framework.version()}",
            hint="Load it where Keras 3 is in use.",
            place=archive.name,
        )


def _made(reader: ReadSession, framework: Models, config: Any, training: Any) -> Any:
    """Return what a config stands for, compiled as a file of an older generation says."""
    loaded = reader.decode(config)
    if training and framework.is_model(loaded):
        try:
            framework.compile_as(loaded, training)
        except (HornbookError, RecursionError, MemoryError):
            raise
        except Exception as error:
            what = f"The model cannot be compiled: {type(error).__name__}: {short(str(error))[1:-1]}"
            raise ConstructionError(what, place="training_config") from error
    return loaded


def _framework_of(archive: Archive, custom_objects: Mapping[str, Any] | None) -> Integration | None:
    """Return the framework that a file is read for; `None` where only one is in use, or nothing decides."""
    integrations = current_registry().integrations
    integrations.activate_loaded()
    if integrations.older and wanted_framework() is None and is_of_third(archive.metadata().get("keras_version")):
        return newest()
    return framework_for(archive.config() if integrations.older else None, custom_objects)


def _current(archive: Archive, names: Resolver, *, compile: bool) -> tuple[Any, bool]:
    """Return the config of an archive as the Keras has it that reads it, and whether the model was compiled.

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
