"""What an audit says: findings, and what a file names, holds and would have read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["error", "warning", "note"]

# Every rule by which a finding is made: its level, what it means, and what to do.
# The names of the first twelve are those of `hornbook.engine.violations`.
RULES: dict[str, tuple[Level, str, str]] = {
    "lambda": (
        "error",
        "The file holds a Python function as byte code, which loading would run",
        "Read what it does; pass safe_mode=False only if you trust whoever made the file.",
    ),
    "code": (
        "error",
        "The file would have a built-in class run code or unpickle data",
        "Load such a part yourself, from a source that you trust.",
    ),
    "file": (
        "error",
        "The file would have a built-in class read another file or fetch one",
        "If it is meant, pass a Policy with paths=True.",
    ),
    "untrusted": (
        "error",
        "The file names a class or function that exists and is not for files to use",
        "Review it, then register it, pass it in custom_objects=, or name it in Policy(trusted=).",
    ),
    "ambiguous": (
        "error",
        "The file names something that more than one object answers to",
        "Pass the one that is meant in custom_objects=.",
    ),
    "unknown": (
        "warning",
        "The file names a class or function that is not built in, registered or passed in",
        "Register it with @register_keras_serializable() or pass it in custom_objects=.",
    ),
    "kind": (
        "error",
        "An object of one kind stands where another kind belongs",
        "No version of Keras writes this: do not load the file.",
    ),
    "type": (
        "error",
        "A value of the config has a type that does not belong there",
        "No version of Keras writes this: do not load the file.",
    ),
    "argument": (
        "error",
        "A built-in class is given an argument that it does not take, or not of that size",
        "No model needs this: do not load the file.",
    ),
    "shared": (
        "error",
        "One shared id names two different objects",
        "No version of Keras writes this: do not load the file.",
    ),
    "graph": (
        "error",
        "The layers of a model are not connected as Keras connects them",
        "No version of Keras writes this: do not load the file.",
    ),
    "limit": (
        "error",
        "The file asks for more than the limits of the policy",
        "If it is meant, pass a Policy with other Limits.",
    ),
    "open": (
        "error",
        "An older version wrote the config, and what a part of it means is not certain",
        "hornbook.upgrade(config) reports all such places; change them in the config.",
    ),
    "container": (
        "error",
        "The archive is not put together as Keras does it",
        "No version of Keras writes this: do not load the file.",
    ),
    "incomplete": (
        "warning",
        "The archive lacks a part without which there is nothing to load",
        "For new weights: hornbook.model_from_config(hornbook.read_config(filepath)).",
    ),
    "alone": (
        "note",
        "The file is weights alone or an architecture alone, by its form; load_model takes both",
        "Use load_weights, or model_from_config(read_config(filepath)).",
    ),
    "unjudged": (
        "warning",
        "A part of the file could not be judged here",
        "Install what is missing, and audit again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a file would not be loaded.

    Attributes:
        rule: Which of :data:`RULES` it is of.
        place: Where in the config, as `$.config.layers[3]`; `"$"` where it is
            all of the member.
        member: The member of the archive that the place is in; empty where
            the file has none.
        message: What is wrong there, in one sentence.
        error: The class of the error that loading would raise.
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
        return RULES[self.rule][0]


@dataclass(frozen=True, slots=True)
class Named:
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
class ByteCode:
    """A function that the file holds as byte code.

    Attributes:
        place: Where it stands.
        lines: Its functions, each with the names and constants that it uses, as text.
    """

    place: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
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
class AuditReport:
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
    """

    name: str
    format: str | None
    keras_version: str | None
    findings: tuple[Finding, ...]
    names: tuple[Named, ...] = ()
    byte_code: tuple[ByteCode, ...] = ()
    resources: tuple[Resource, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Literal["clean", "findings"]:
        """`"clean"` if loading would refuse nothing of what is there; a note is no fault."""
        return "findings" if any(finding.level != "note" for finding in self.findings) else "clean"

    @property
    def loading(self) -> str:
        """What `load_model` would say, in a line."""
        if not self.findings:
            return "load_model would refuse nothing of it"
        first = self.findings[0]
        return f"load_model would raise {first.error}: {first.message}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as data that JSON can hold."""
        fields = asdict(self)
        for data, finding in zip(fields["findings"], self.findings, strict=True):
            data["level"] = finding.level
        return {"name": self.name, "verdict": self.verdict, "loading": self.loading, **fields}


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repetitions, the gravest first, else as they were."""
    levels = ("error", "warning", "note")
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: levels.index(finding.level)))
