"""What a framework adds; each module is an entry point, none is imported before its framework.

Here are the public names for authors of an integration of their own:
`docs/how-it-works.md` says what each part is asked.
"""

from hornbook.engine.builtins import Builtin, Exported, Integration, Recognized, Refused
from hornbook.engine.codecs.table import CodecTable, Tag
from hornbook.engine.reference import Reference
from hornbook.engine.registry import Registry, register_integration
from hornbook.engine.violations import Problem, Rule, Tally

__all__ = [
    "Builtin",
    "CodecTable",
    "Exported",
    "Integration",
    "Problem",
    "Recognized",
    "Reference",
    "Refused",
    "Registry",
    "Rule",
    "Tag",
    "Tally",
    "register_integration",
]

# Frameworks with a registry of their own that ours are for: said here, since looking for entry points takes long.
WITH_REGISTRY = ("keras", "tf_keras")
