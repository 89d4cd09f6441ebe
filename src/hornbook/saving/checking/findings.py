"""What `check` finds, and where in the source of a class it is to be mended."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from hornbook.engine.registry import current_registry
from hornbook.errors import HornbookError, SerializationError, text_of

_HINT = "Let it raise nothing when it is written and made again, and write plain values."


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One reason why an object would not come back as it is.

    Attributes:
        rule: `"unwritable"`, `"unregistered"`, `"lambda"`, `"arguments"`,
            `"forgotten"`, `"lossy"`, `"unstable"`, `"from_config"`, `"paths"`,
            `"weights"` or `"state"`.
        problem: What is wrong, in one sentence without a full stop.
        hint: What to do.
        class_name: The class that it is about.
        file: Where that is defined, if it is known.
        line: The line of the method to mend, or of the class.
        place: Where in the config.
    """

    rule: str
    problem: str
    hint: str
    class_name: str = ""
    file: str | None = None
    line: int | None = None
    place: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        return f"{where}{self.class_name}: {self.problem} [{self.rule}]\n    {self.hint}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All that was found.

    Attributes:
        name: What was checked.
        findings: What would not come back; empty if all would.
    """

    name: str
    findings: tuple[CheckFinding, ...]

    @property
    def ok(self) -> bool:
        """Whether it would load, and be the same."""
        return not self.findings

    def __str__(self) -> str:
        if self.ok:
            return f"{self.name}: will load"
        return "\n".join([f"{self.name}: {len(self.findings)} findings", *map(str, self.findings)])


class CheckError(SerializationError):
    """An object was not saved since it would not come back as it is.

    Attributes:
        report: The :class:`CheckReport`.
    """

    def __init__(self, report: CheckReport) -> None:
        first, *others = report.findings
        more = f"; and {len(others)} more, see error.report" if others else ""
        problem = f"It would not come back as it is: {first.class_name}: {first.problem}{more}"
        super().__init__(problem, hint=first.hint, config=report, place=first.place or "$")
        self.report = report


def finding(rule: str, problem: str, hint: str, cls: Any, *methods: str, place: str | None = None) -> CheckFinding:
    """Return a finding about a class, at the first of `methods` that its author wrote."""
    try:
        file, line = _defined(cls, methods)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  a metaclass may raise anything here
        file, line = None, None
    return CheckFinding(rule, problem, hint, class_name_of(cls), file, line, place)


def raised(rule: str, error: BaseException, cls: Any, *methods: str) -> CheckFinding:
    """Return the finding of what was raised when an object was tried."""
    if isinstance(error, HornbookError):
        return finding(rule, error.problem, error.hint or _HINT, cls, *methods, place=error.place)
    return finding(rule, f"{type(error).__name__} was raised: {text_of(error)}", _HINT, cls, *methods)


def class_name_of(cls: Any) -> str:
    """Return the name of a class or function, whatever its metaclass says."""
    return str(type.__dict__["__qualname__"].__get__(cls) if isinstance(cls, type) else cls.__qualname__)


def is_foreign(cls: Any) -> bool:
    """Return whether a class is a framework's own, or Python's."""
    root = cls.__module__.partition(".")[0]
    return root == "builtins" or any(integration.root == root for integration in current_registry().integrations.active)


def _defined(cls: Any, methods: tuple[str, ...]) -> tuple[str | None, int | None]:
    if is_foreign(cls):
        return None, None
    for method in methods:
        # What a framework has for all its classes is not to be mended.
        owner = next((base for base in getattr(cls, "__mro__", ()) if method in vars(base)), None)
        if owner is None or owner.__module__.partition(".")[0] != cls.__module__.partition(".")[0]:
            continue
        function = inspect.unwrap(getattr(vars(owner)[method], "__func__", vars(owner)[method]))
        code = getattr(function, "__code__", None)
        if code is not None:
            return code.co_filename, code.co_firstlineno
    code = getattr(cls, "__code__", None)
    if code is not None:
        return code.co_filename, code.co_firstlineno
    try:
        return inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):  # typed in a console, or built in
        return None, None
