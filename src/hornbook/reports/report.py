"""What an audit says: findings, and what a file names, holds and would have read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from hornbook.reports.rules import LEVELS, RULES, Level


class _Plain:
    """What is handed from one process to another: by its fields, which takes a third of the usual time."""

    __slots__: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return type(self), tuple([getattr(self, name) for name in self.__slots__])


@dataclass(frozen=True, slots=True)
class Finding(_Plain):
    """One reason why a file would not be loaded.

    Attributes:
        rule: Which of :data:`hornbook.reports.rules.RULES` it is of.
        place: Where in the config, as `$.config.layers[3]`; `"$"` where it is
            all of the member.
        member: The member of the archive that the place is in; empty where
            the file has none.
        message: What is wrong there, in one sentence.
        error: The class of the error that loading would raise; empty where
            that is not known.
    """

    rule: str
    place: str
    member: str
    message: str
    error: str

    @property
    def where(self) -> str:
        """Member and place, as `config.json: $.config.layers[3]`."""
        return f"{self.member}: {self.place}" if self.member else self.place

    @property
    def level(self) -> Level:
        """`"error"` for what no benign file has, `"warning"` for what is not known here, `"note"` for no fault."""
        return RULES[self.rule].level


@dataclass(frozen=True, slots=True)
class Named(_Plain):
    """A class or function that the file names.

    Attributes:
        kind: `"class"` or `"function"`.
        label: What to call it; the name to pass in `custom_objects`.
        name: Its name.
        module: Where it was from when the file was written.
        registered_name: The key it was registered under.
        becomes: What it would resolve to: `"keras.layers.Dense"`; `None` for
            nothing.
        by: By which rule: `"built-in layer"`, `"registered"`, `"passed in"`,
            `"trusted"`, `"unknown"`, `"refused"`, or `"left to its class"`.
        count: How often the file names it.
        places: Where, at most twenty.
    """

    kind: str
    label: str
    name: str
    module: str | None
    registered_name: str | None
    becomes: str | None
    by: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ByteCode(_Plain):
    """A function that the file holds as byte code.

    Attributes:
        place: Where it stands.
        lines: Its functions, each with the names and constants that it uses, as text.
    """

    place: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource(_Plain):
    """A string in the file that names something outside of it.

    It is reported, and is no finding: a layer may be called `os.system`.

    Attributes:
        kind: `"url"`, `"path"`, or `"file"` for an argument that takes one.
        place: Where it stands.
        value: The string, its middle left out where it is long.
    """

    kind: str
    place: str
    value: str


@dataclass(frozen=True, slots=True)
class AuditReport(_Plain):
    """What loading a file would do, without doing it.

    Attributes:
        name: The name of the file.
        format: `"keras"`, `"keras folder"`, `"hdf5"`, `"json"`,
            `"savedmodel"`; `None` where that is not known.
        keras_version: The version that wrote it, as the file says.
        findings: Why it would not be loaded; none if it is clean.
        names: The classes and functions that it names.
        byte_code: The functions that it holds as byte code.
        resources: What it names outside of itself.
        notes: What is not known, and why.
        accepted: Findings that whoever asked does not want to hear of: below
            the severity that was asked for, or known from before.
    """

    name: str
    format: str | None
    keras_version: str | None
    findings: tuple[Finding, ...]
    names: tuple[Named, ...] = ()
    byte_code: tuple[ByteCode, ...] = ()
    resources: tuple[Resource, ...] = ()
    notes: tuple[str, ...] = ()
    accepted: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Literal["clean", "findings"]:
        """`"clean"` if there are no findings, but for notes and what is accepted."""
        return "findings" if any(finding.level != "note" for finding in self.findings) else "clean"

    @property
    def loading(self) -> str:
        """What `load_model` would say, in a line."""
        findings = ordered((*self.findings, *self.accepted))
        if not findings:
            return "load_model would refuse nothing of it"
        first = findings[0]
        if not first.error:
            return "what load_model would do is not known"
        return f"load_model would raise {first.error}: {first.message}"

    def accepting(self, accepts: Callable[[Finding], bool]) -> AuditReport:
        """Return the report with some of its findings set aside.

        Args:
            accepts: Returns whether a finding is accepted.
        """
        accepted = tuple(filter(accepts, self.findings))
        if not accepted:
            return self
        findings = tuple(finding for finding in self.findings if finding not in accepted)
        return replace(self, findings=findings, accepted=(*self.accepted, *accepted))

    def to_dict(self) -> dict[str, Any]:
        """Return it as data that JSON can hold."""
        fields = asdict(self)
        for name in ("findings", "accepted"):
            for data, finding in zip(fields[name], getattr(self, name), strict=True):
                data["level"] = finding.level
        return {"name": self.name, "verdict": self.verdict, "loading": self.loading, **fields}


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repetitions, the gravest first, else as they were."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: LEVELS.index(finding.level)))
