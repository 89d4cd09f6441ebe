"""All that one archive holds, read part by part; what a part refuses becomes a finding.

Each part is read as loading reads it.  A part that cannot be read hides
nothing: the others are read all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from hornbook.archive.base import unbuilt
from hornbook.archive.reading import Archive
from hornbook.archive.weights.size import weigh
from hornbook.engine.budget import Budget
from hornbook.engine.code import refusal
from hornbook.engine.registry import current_registry
from hornbook.engine.resolve import awaited
from hornbook.engine.session import judge, names
from hornbook.errors import ConfigError, HornbookError, NotAModelError, UnreadableError, one_line
from hornbook.places import is_object_config
from hornbook.policy import Policy
from hornbook.reports.findings import FindingsOfFile, within
from hornbook.reports.listing import MarshalledFunction, byte_code, marshalled_functions
from hornbook.reports.naming import Namer
from hornbook.reports.report import AuditReport
from hornbook.reports.resources import kind_of, resources
from hornbook.reports.walk import Survey, look_through
from hornbook.upgrading import versions
from hornbook.upgrading.rules.forms import tells_inputs, unwrapped
from hornbook.upgrading.upgrade import as_model, current

# Rules of what runs or is read, whoever loads the file.  Byte code is found in all of its forms.
_RUN = frozenset({"code", "file", "untrusted"})


class FileAudit:
    """The audit of one archive.

    Args:
        archive: The open archive.
        policy: What it may do.
        custom_objects: Objects by name that would be passed in.
    """

    def __init__(self, archive: Archive, policy: Policy, custom_objects: Mapping[str, Any] | None) -> None:
        self._archive = archive
        self._policy = policy
        self._custom_objects = custom_objects
        self._findings = FindingsOfFile(archive.name)
        self._notes: list[str] = []
        self._stored = 0  # bytes of arrays
        self._written: Any = None  # the config, as the file has it
        self._version: str | None = None
        self._backend: str | None = None

    def report(self) -> AuditReport:
        """Return what all parts of it say."""
        self._read_metadata()
        config = self._architecture()
        self._check_state(config)
        survey = look_through(config, kind_of)
        functions = list(marshalled_functions(survey.configs)) or self._unread_functions(config)
        self._add_functions(functions)
        beside = [self._beside(place, read) for place, read in self._places_beside()]
        functions += self._hidden_functions(beside, functions)
        return self._report([survey, *beside], functions)

    def _report(self, surveys: list[Survey], functions: list[MarshalledFunction]) -> AuditReport:
        archive = self._archive
        if not all(survey.whole for survey in surveys):
            self._notes.append("It is so large that not all that it names is listed.")
        configs = [located for survey in surveys for located in survey.configs]
        strings = [located for survey in surveys for located in survey.strings]
        return AuditReport(
            name=archive.name,
            format=archive.format,
            keras_version=None if self._version is None else one_line(self._version, 60),
            findings=self._findings.ordered(),
            names=tuple(Namer(self._policy, self._custom_objects).named(configs)),
            byte_code=tuple(byte_code(functions)),
            resources=tuple(resources(strings)),
            notes=tuple(self._notes),
        )

    def _read_metadata(self) -> None:
        if self._archive.is_config:  # which says it itself
            return
        metadata = self._read(self._archive.metadata, self._archive.name) or {}
        self._version, self._backend = (versions.text(metadata.get(name)) for name in ("keras_version", "backend"))

    def _architecture(self) -> Any:
        """Return the config as Keras 3 has it, judged; weights alone have none."""
        if self._archive.has_config():
            return self._config()
        self._notes.append("It has no architecture: weights alone go into a model that is built already.")
        self._alone(self._archive.config)
        return None

    def _alone(self, lacking: Callable[[], Any]) -> None:
        """Note weights or an architecture alone: `load_model` wants both.

        Args:
            lacking: Raises the error for what is not there.
        """
        try:
            lacking()
        except NotAModelError:
            raise
        except HornbookError as error:
            self._findings.add_error(error, self._archive.name, rule="alone")

    def _config(self) -> Any:
        config = self._read(self._archive.config, self._archive.config_place)
        if config is None:
            return None
        self._written = config
        self._version = self._version or versions.declared(config)
        current_config = self._current(config)
        if current_config is None:
            return config
        kinds = None if self._archive.is_config else current_registry().integrations.file_kinds
        for violation in judge(current_config, policy=self._policy, custom_objects=self._custom_objects, kinds=kinds):
            reference = violation.reference
            if violation.rule == "unknown" and reference is not None and awaited(reference, self._policy):
                continue
            self._add(violation.rule, violation.place, violation.error)
        return current_config

    def _current(self, config: Any) -> Any:
        """Return the config as Keras 3 has it; `None` if it cannot be brought to it."""
        alone = self._archive.is_config
        if alone and not _is_whole(config):
            return config
        writer = () if alone else (self._version, self._backend)  # as loading does: JSON says it in the config
        try:
            current_config, report = current(config, names(self._custom_objects), *writer)
        except HornbookError as error:
            self._findings.add_error(error, self._archive.config_place)
            return None
        for remark in report.open:
            self._add("open", remark.place, ConfigError(remark.what))
        self._notes += [f"{remark.what} - at `{remark.place}`" for remark in report.assumed]
        return as_model(current_config) if alone else current_config

    def _check_state(self, config: Any) -> None:
        """Look at weights and assets, and whether they fit the config."""
        archive = self._archive
        self._read(self._check_weights, archive.name)
        self._read(archive.assets, archive.name)
        self._read(lambda: self._check_budget(config), archive.config_place)
        self._read(lambda: self._check_built(config), archive.name)

    def _check_weights(self) -> None:
        """Look at all arrays; a model file without any is refused as well."""
        archive = self._archive
        if archive.has_weights():
            self._stored = weigh(archive)
        elif archive.is_architecture:
            self._alone(archive.check_weights)
        else:
            archive.check_weights()

    def _check_budget(self, config: Any) -> None:
        """Count the variables that the config is certain to ask for against what the file stores."""
        if self._findings.places_of("limit"):
            return
        budget = Budget(self._policy.limits)
        budget.grant(self._stored)
        budget.foresee(current_registry().integrations.asks(config))

    def _check_built(self, config: Any) -> None:
        """Weights in the layout of Keras 1 and 2 go into a model whose shapes are known."""
        if config is not None and self._archive.layers() is not None and not tells_inputs(config):
            raise unbuilt(config["config"].get("name"), self._archive.name)

    def _unread_functions(self, config: Any) -> list[MarshalledFunction]:
        """Return the byte code that is in the file and in nothing that Keras 3 would read of it.

        Args:
            config: What it would read.
        """
        if self._written is None or self._written is config:  # there is none, or it was looked through
            return []
        return list(marshalled_functions(look_through(self._written, _nothing).configs))

    def _places_beside(self) -> Iterable[tuple[str, Callable[[], Any]]]:
        """Return the places of configs beside that of the model, and what reads them."""
        places: list[tuple[str, Callable[[], Any]]] | None
        places = self._read(lambda: list(self._archive.beside()), self._archive.name)
        return places or ()

    def _beside(self, place: str, read: Callable[[], Any]) -> Survey:
        """Look at a config beside that of the model: what other readers would run or read is a finding."""
        config, member = self._read(read, place), within(place, self._archive.name)
        with suppress(HornbookError):  # what is of no version is no object here
            current_config, _ = current(config, names(self._custom_objects), self._version, self._backend)
            known = self._findings.messages()
            for violation in judge(current_config, policy=self._policy, custom_objects=self._custom_objects):
                if violation.rule in _RUN and (violation.rule, violation.error.problem) not in known:
                    self._add(violation.rule, violation.place, violation.error, member)
        return look_through(config, kind_of, member)

    def _add_functions(self, functions: Iterable[MarshalledFunction]) -> None:
        """Add findings of byte code in a form that Keras 3 does not read."""
        if self._policy.lambdas:
            return
        places = self._findings.places_of("lambda")
        for function in functions:
            if function.member or function.place not in places:
                self._add("lambda", function.place, refusal(), function.member)

    def _hidden_functions(self, beside: list[Survey], known: list[MarshalledFunction]) -> list[MarshalledFunction]:
        """Return the byte code that configs beside that of the model have, and it has not."""
        texts = [function.text for function in known]
        functions = [
            function
            for survey in beside
            for function in marshalled_functions(survey.configs)
            if function.text not in texts
        ]
        self._add_functions(functions)
        return functions

    def _add(self, rule: str, place: str, error: HornbookError, member: str = "") -> None:
        self._findings.add(rule, place, member or self._archive.config_place, error)

    def _read(self, read: Callable[[], Any], member: str) -> Any:
        """Return what a reader gives; what it refuses becomes a finding."""
        try:
            return read()
        except NotAModelError:
            raise
        except UnreadableError as error:
            if self._archive.is_config:  # there is nothing else in it
                raise
            self._findings.add_error(error, member)
        except HornbookError as error:
            self._findings.add_error(error, member)
        return None


def _nothing(text: str) -> bool:
    return False


def _is_whole(config: Any) -> bool:
    """Return whether JSON is the config of one object, and not data with configs in it.

    Raises:
        NotAModelError: There is no config in it at all.
    """
    try:
        unwrapped(config)
    except ConfigError as error:
        if any(is_object_config(located.value) for located in look_through(config, _nothing).configs):
            return False
        raise NotAModelError("This JSON holds no config of Keras", place=None) from error
    return True
