"""The rules of an audit: how grave a finding of each is, what it says, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Level = Literal["error", "warning", "note"]

# The gravest first.
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


class AuditRule(NamedTuple):
    """By what a finding is made.

    Attributes:
        level: `"error"` for what no benign file has, `"warning"` for what is
            not known here, `"note"` for no fault.
        meaning: What a finding says, without a full stop.
        advice: One thing to do.
        why: Why it matters, in a few sentences.
    """

    level: Level
    meaning: str
    advice: str
    why: str


# The names of the first twelve are those of `hornbook.engine.violations`.
RULES: Mapping[str, AuditRule] = MappingProxyType(
    {
        "lambda": AuditRule(
            "error",
            "The file holds a Python function as byte code, which loading would run",
            "Read what it does; pass safe_mode=False only if you trust whoever made the file.",
            "A Lambda layer can keep its function as byte code. Who loads the file runs that code with all that "
            "they may do themselves: read files, open connections, start programs. The audit shows the names and "
            "constants that the code uses, and never unmarshals it. The model needs no byte code if the function "
            "is registered under a name, or becomes a layer.",
        ),
        "code": AuditRule(
            "error",
            "The file would have a built-in class run code or unpickle data",
            "Load such a part yourself, from a source that you trust.",
            "Some classes of Keras take a program as an argument: a SavedModel to execute, an exported graph, a "
            "pickle or a module of another framework. The class is harmless, and what the file gives it need "
            "not be.",
        ),
        "file": AuditRule(
            "error",
            "The file would have a built-in class read another file or fetch one",
            "If it is meant, pass a Policy with paths=True.",
            "A path in a config, such as that of a vocabulary, is opened on the machine of whoever loads the "
            "file. It can bring the content of their files into the model, or have them connect to a host that "
            "the file names.",
        ),
        "untrusted": AuditRule(
            "error",
            "The file names a class or function that exists and is not for files to use",
            "Review it, then register it, pass it in custom_objects=, or name it in Policy(trusted=).",
            "A file that may name anything that is installed can have it called with arguments of its choice: "
            "os.system is a function like any other. So a name stands only for what is registered, passed in or "
            "trusted, or for a built-in of a list.",
        ),
        "ambiguous": AuditRule(
            "error",
            "The file names something that more than one object answers to",
            "Pass the one that is meant in custom_objects=.",
            "Which of them would be used depends on the order in which things were registered, so the same file "
            "could be one model here and another one there.",
        ),
        "unknown": AuditRule(
            "warning",
            "The file names a class or function that is not built in, registered or passed in",
            "Register it with @register_keras_serializable() or pass it in custom_objects=.",
            "A model with classes of its own is common, and the command line knows none of yours: this is a "
            "reminder of what the file needs. Whoever loads it has to have the class, and what the class does "
            "with its arguments is its own doing.",
        ),
        "kind": AuditRule(
            "error",
            "An object of one kind stands where another kind belongs",
            "No version of Keras writes this: do not load the file.",
            "A metric in the place of a layer, or a class in the place of an activation, gets calls that it was "
            "not made for. Keras writes no such file, and attacks are built of such steps.",
        ),
        "type": AuditRule(
            "error",
            "A value of the config has a type that does not belong there",
            "No version of Keras writes this: do not load the file.",
            "A list in the place of a name, or a number in the place of a config, is the mark of a file that was "
            "put together by hand or is damaged. What readers make of it differs from one to the next.",
        ),
        "argument": AuditRule(
            "error",
            "A built-in class is given an argument that it does not take, or not of that size",
            "No model needs this: do not load the file.",
            "An argument can ask for terabytes, for steps without end, or for a dtype that allocates while it is "
            "named. The bounds are far above what models have.",
        ),
        "shared": AuditRule(
            "error",
            "One shared id names two different objects",
            "No version of Keras writes this: do not load the file.",
            "The number says that two places are one object. If the configs there differ, one of them is what is "
            "looked at and the other one is what is built.",
        ),
        "graph": AuditRule(
            "error",
            "The layers of a model are not connected as Keras connects them",
            "No version of Keras writes this: do not load the file.",
            "Calls of layers that are not there, circles, and calls with more than tensors have Keras compute, or "
            "fail, while it rebuilds the model.",
        ),
        "limit": AuditRule(
            "error",
            "The file asks for more than the limits of the policy",
            "If it is meant, pass a Policy with other Limits.",
            "A small file can declare arrays of terabytes, inflate to a thousand times its size, or nest until "
            "Python gives up. What loading costs is bounded by the size of the file and by Limits, which are far "
            "above what models need: only few of them are larger.",
        ),
        "open": AuditRule(
            "error",
            "An older version wrote the config, and what a part of it means is not certain",
            "hornbook.upgrade(config) reports all such places; change them in the config.",
            "The file would load as a model that may compute something else than it did. No attack is meant by "
            "this rule; a guess would go unnoticed.",
        ),
        "container": AuditRule(
            "error",
            "The archive is not put together as Keras does it",
            "No version of Keras writes this: do not load the file.",
            "Two headers that disagree, overlapping members, links to the disk, bytes that belong to nothing: two "
            "readers can see two different models in such a file, one that is scanned and one that is loaded. A "
            "file that was cut off is one of these, too.",
        ),
        "incomplete": AuditRule(
            "warning",
            "The archive lacks a part without which there is nothing to load",
            "For new weights: hornbook.model_from_config(hornbook.read_config(filepath)).",
            "The file was cut, or a tool left a part of it out, such as the weights. There is no danger in it, "
            "and no whole model either.",
        ),
        "alone": AuditRule(
            "note",
            "The file is weights alone or an architecture alone, by its form; load_model takes both",
            "Use load_weights, or model_from_config(read_config(filepath)).",
            "It is no fault: both forms are what Keras writes on request. The note says why load_model refuses them.",
        ),
        "unjudged": AuditRule(
            "warning",
            "A part of the file could not be judged here",
            "Install what is missing, and audit again.",
            "A reader of a part needs a package that is not installed, such as that of a weight format of others. "
            "The rest of the file was judged.",
        ),
        "failed": AuditRule(
            "error",
            "The audit of the file failed, ended its process, or took more time than it may",
            "Do not load the file; if you trust it, report this with the file, or pass a longer --timeout.",
            "Files are audited in processes beside that of the command, so that one file ends neither the run nor "
            "the audit of the others. What brings down a reader in Python that allocates little would bring down "
            "more than that.",
        ),
    }
)
