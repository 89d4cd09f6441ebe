"""All that one archive holds, read part by part; what a part refuses becomes a finding.

Each part is read as loading reads it.  A part that cannot be read hides
nothing: the others are read all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from hornbook.archive.base import no_weights, unbuilt
from hornbook.archive.reading import Archive
from hornbook.archive.weights.size import weigh
from hornbook.engine.budget import Budget
from hornbook.engine.code import refusal
from hornbook.engine.reference import is_object_config
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import awaited
from hornbook.engine.session import MODELS, judge, names
from hornbook.errors import (
    ArchiveError,
    ConfigError,
    HornbookError,
    LimitError,
    MissingDependencyError,
    NotAModelError,
    UnreadableError,
    WeightsError,
    one_line,
)
from hornbook.policy import Policy
from hornbook.reports.listing import Piece, byte_code, pieces
from hornbook.reports.naming import Namer
from hornbook.reports.report import AuditReport, Finding, ordered
from hornbook.reports.resources import kind_of, resources
from hornbook.reports.walk import Looked, look_through
from hornbook.upgrading import versions
from hornbook.upgrading.rules.forms import tells_inputs, unwrapped
from hornbook.upgrading.upgrade import as_model, current

_MESSAGE = 400  # characters
# Formats of whole models: without weights there is nothing to load.
_WITH_WEIGHTS = ("keras", "keras folder", "hdf5")
# Rules of what runs or is read, whoever loads the file.  Byte code is found in all of its forms.
_RUN = frozenset({"code", "file", "untrusted"})
# The rule of an error that a reader raises; that of any other is "type".
_RULES: tuple[tuple[type[HornbookError], str], ...] = (
    (LimitError, "limit"),
    (MissingDependencyError, "unjudged"),
    (WeightsError, "incomplete"),
    (ArchiveError, "container"),
)


class Content:
    """What one archive holds.

    Args:
        archive: The open archive.
        policy: What it may do.
        custom_objects: Objects by name that would be passed in.
    """

    def __init__(self, archive: Archive, policy: Policy, custom_objects: Mapping[str, Any] | None) -> None:
        self._archive = archive
        self._policy = policy
        self._custom_objects = custom_objects
        self._findings: list[Finding] = []
        self._notes: list[str] = []
        self._stored = 0  # bytes of arrays
        self._version: str | None = None
        self._backend: str | None = None

    def report(self) -> AuditReport:
        """Return what all parts of it say."""
        archive = self._archive
        if archive.format != "json":  # where the config tells it
            metadata = self._read(archive.metadata, archive.name) or {}
            self._version, self._backend = (versions.text(metadata.get(name)) for name in ("keras_version", "backend"))
        config = None
        if archive.has_config():
            config = self._config()
        else:
            self._notes.append("It has no architecture: weights alone go into a model that is built already.")
            self._alone(archive.config)
        self._read(self._weights, archive.name)
        self._read(self._assets, archive.name)
        self._read(lambda: self._allocated(config), archive.config_place)
        self._read(lambda: self._filled(config), archive.name)
        looked = look_through(config, kind_of)
        found = list(pieces(looked.configs)) or self._unread()
        self._unseen(found)
        beside = [self._beside(*one) for one in self._read(lambda: list(archive.beside()), archive.name) or ()]
        found += self._hidden(beside, found)
        if not all(one.whole for one in (looked, *beside)):
            self._notes.append("It is so large that not all that it names is told.")
        configs = [one for each in (looked, *beside) for one in each.configs]
        strings = [one for each in (looked, *beside) for one in each.strings]
        return AuditReport(
            name=archive.name,
            format=archive.format,
            keras_version=None if self._version is None else one_line(self._version, 60),
            findings=ordered(self._findings),
            names=tuple(Namer(self._policy, self._custom_objects).told(configs)),
            byte_code=tuple(byte_code(found)),
            resources=tuple(resources(strings)),
            notes=tuple(self._notes),
        )

    def _alone(self, lacking: Callable[[], Any]) -> None:
        """Note weights or an architecture alone: `load_model` wants both.

        Args:
            lacking: Raises or returns the error for what is not there.
        """
        try:
            error = lacking()
        except NotAModelError:
            raise
        except HornbookError as raised:
            error = raised
        self._findings.append(_of_error(error, self._archive.name, self._archive.name, rule="alone"))

    def _config(self) -> Any:
        """Return the config as Keras 3 has it, judged."""
        place = self._archive.config_place
        config = self._read(self._archive.config, place)
        if config is None:
            return None
        self._version = self._version or versions.told(config)
        current = self._current(config)
        if current is None:
            return config
        kinds = None if self._archive.format == "json" else MODELS
        for found in judge(current, policy=self._policy, custom_objects=self._custom_objects, kinds=kinds):
            if found.rule == "unknown" and found.reference is not None and awaited(found.reference, self._policy):
                continue
            self._add(found.rule, found.place, found.error)
        return current

    def _unread(self) -> list[Piece]:
        """Return the byte code that is in the file and in nothing that Keras 3 would read of it."""
        try:
            return list(pieces(look_through(self._archive.config(), _nothing).configs))
        except HornbookError:
            return []  # told already

    def _unseen(self, found: list[Piece]) -> None:
        """Find fault with byte code in a form that Keras 3 does not read."""
        told = {one.place for one in self._findings if one.rule == "lambda"}
        for one in found if not self._policy.lambdas else ():
            if one.member or one.place not in told:
                self._add("lambda", one.place, refusal(), one.member)

    def _beside(self, member: str, read: Callable[[], Any]) -> Looked:
        """Look at a config beside that of the model: what other readers would run or read is found fault with."""
        config, member = self._read(read, member), _within(member, self._archive.name)
        with suppress(HornbookError):  # what cannot be told is no object here
            made, _ = current(config, names(self._custom_objects), self._version, self._backend)
            told = {(one.rule, one.message) for one in self._findings}
            for found in judge(made, policy=self._policy, custom_objects=self._custom_objects):
                if found.rule in _RUN and (found.rule, found.error.problem) not in told:
                    self._add(found.rule, found.place, found.error, member)
        return look_through(config, kind_of, member)

    def _hidden(self, beside: list[Looked], known: list[Piece]) -> list[Piece]:
        """Return the byte code that configs beside that of the model have, and it has not."""
        texts = [one.text for one in known]
        found = [one for looked in beside for one in pieces(looked.configs) if one.text not in texts]
        self._unseen(found)
        return found

    def _current(self, config: Any) -> Any:
        """Return the config as Keras 3 has it; `None` if that cannot be told."""
        alone = self._archive.format == "json"
        if alone and not _is_whole(config):
            return config
        told = () if alone else (self._version, self._backend)  # as loading does: JSON says it in the config
        try:
            made, report = current(config, names(self._custom_objects), *told)
        except HornbookError as error:
            self._refused(error, self._archive.config_place)
            return None
        for one in report.open:
            self._add("open", one.place, ConfigError(one.what))
        self._notes += [f"{one.what} - at `{one.place}`" for one in report.assumed]
        return as_model(made) if alone else made

    def _weights(self) -> None:
        """Look at all arrays; a model file without any is refused as well."""
        archive = self._archive
        if archive.has_weights():
            self._stored = weigh(archive)
        elif archive.format in _WITH_WEIGHTS:
            raise no_weights(archive)
        else:
            self._alone(lambda: no_weights(archive))

    def _allocated(self, config: Any) -> None:
        """Count the variables that the config is certain to ask for against what the file stores."""
        if any(one.rule == "limit" for one in self._findings):
            return
        budget = Budget(self._policy.limits)
        budget.grant(self._stored)
        budget.foresee(current_registry().integrations.asks(config))

    def _filled(self, config: Any) -> None:
        """Weights in the layout of Keras 1 and 2 go into a model whose shapes are known."""
        if config is not None and self._archive.layers() is not None and not tells_inputs(config):
            raise unbuilt(config["config"].get("name"), self._archive.name)

    def _assets(self) -> None:
        self._archive.assets()

    def _refused(self, error: HornbookError, member: str) -> None:
        """Make a finding of an error that loading would raise as well."""
        self._findings.append(_of_error(error, member, self._archive.name))

    def _add(self, rule: str, place: str, error: HornbookError, member: str = "") -> None:
        self._findings.append(_finding(rule, place, member or self._archive.config_place, error, self._archive.name))

    def _read(self, read: Callable[[], Any], member: str) -> Any:
        """Return what a reader gives; what it refuses becomes a finding."""
        try:
            return read()
        except NotAModelError:
            raise
        except UnreadableError as error:
            if self._archive.format == "json":  # there is nothing else in it
                raise
            self._refused(error, member)
        except HornbookError as error:
            self._refused(error, member)
        return None


def refused(error: HornbookError, name: str) -> AuditReport:
    """Return the report of a file that its reader would not open.

    Args:
        error: What the reader raised.
        name: The name of the file.
    """
    return AuditReport(name, None, None, (_of_error(error, name, name),))


def _of_error(error: HornbookError, member: str, name: str, rule: str | None = None) -> Finding:
    rule = rule or next((rule for kind, rule in _RULES if isinstance(error, kind)), "type")
    place = error.place or "$"
    if not place.startswith("$"):
        member, place = place, "$"
    return _finding(rule, place, member, error, name)


def _finding(rule: str, place: str, member: str, error: HornbookError, name: str) -> Finding:
    member, place, message = (one_line(text, _MESSAGE) for text in (_within(member, name), place, error.problem))
    return Finding(rule, place, member, message, type(error).__name__)


def _within(member: str, name: str) -> str:
    """Return what of a file a member is: the report names the file once."""
    for outer in (f"{name}/", f"{name}: ", name):
        member = member.removeprefix(outer)
    return member


def _nothing(text: str) -> bool:
    return False


def _is_whole(config: Any) -> bool:
    """Say whether JSON is the config of one object, and not data with configs in it.

    Raises:
        NotAModelError: There is no config in it at all.
    """
    try:
        unwrapped(config)
    except ConfigError as error:
        if any(is_object_config(one.value) for one in look_through(config, _nothing).configs):
            return False
        raise NotAModelError("This JSON holds no config of Keras", place=None) from error
    return True
