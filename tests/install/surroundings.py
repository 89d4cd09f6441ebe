"""What Keras consists of: every attribute of every module, and the code of every function."""

from __future__ import annotations

import sys
import types
from typing import Any


def surroundings() -> dict[str, Any]:
    """Return everything that an installation could change, by name."""
    from keras.src import api_export

    found: dict[str, Any] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "keras" and module is not None:
            for attribute, value in list(vars(module).items()):
                found[f"{name}.{attribute}"] = value
                found.update(parts(f"{name}.{attribute}", value))
    for table in (api_export.REGISTERED_NAMES_TO_OBJS, api_export.REGISTERED_OBJS_TO_NAMES):
        found.update({f"export {key!r}": value for key, value in list(table.items())})
    return found


def parts(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, types.FunctionType):
        own = ("__code__", "__defaults__", "__kwdefaults__")
        return {f"{name}.{part}": getattr(value, part) for part in own} | attributes(name, value)
    if isinstance(value, type) and value.__module__.partition(".")[0] == "keras":
        found = attributes(name, value)
        for attribute, member in list(vars(value).items()):
            if isinstance(member, types.FunctionType):
                found[f"{name}.{attribute}.__code__"] = member.__code__
                found.update(attributes(f"{name}.{attribute}", member))
        return found
    return {}


def attributes(name: str, value: Any) -> dict[str, Any]:
    return {f"{name}.{attribute}": member for attribute, member in list(vars(value).items())}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of what is not the very same object any more."""
    nothing = object()
    return sorted(name for name in {*before, *after} if before.get(name, nothing) is not after.get(name, nothing))
