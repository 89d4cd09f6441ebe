"""`TFOpLambda` and `SlicingOpLambda` of TF 2.4 to 2.15: a function of TensorFlow, by its name."""

from __future__ import annotations

from functools import partial
from typing import Any

from hornbook.upgrading.rules import calls
from hornbook.upgrading.rules.calls import Call, Convert, Operations, constant, has_tensor, one_operation
from hornbook.upgrading.rules.operation_table import FUNCTIONS, Operation, is_idle, is_known


def operations_of(layer: dict[str, Any]) -> Operations | str:
    """Return what a `TFOpLambda` is; the name of the function where that is not known."""
    function = str(layer["config"].get("function"))
    convert = _conversion(function)
    if convert is None:
        return function
    return (
        one_operation([convert(list(node["args"]), dict(node["kwargs"])) for node in layer["inbound_nodes"]])
        or function
    )


def _conversion(function: str) -> Convert | None:
    """Return what makes a call of an operation of a call of a function, or `None` where that is not known."""
    if function == "__operators__.getitem":
        return _getitem
    space, _, last = function.rpartition(".")
    if not is_known(f"{space}.", last):
        return None
    if last in calls.FUNCTIONS:
        return calls.FUNCTIONS[last]
    known = FUNCTIONS.get(last)
    return None if known is None else partial(_from_table, known)


def _from_table(known: Operation, args: list[Any], kwargs: dict[str, Any]) -> Call | None:
    """Return one call, or `None` if there is an argument that the table does not have."""
    args += [constant(kwargs.pop(name)) for name in known.inputs if name in kwargs]
    settings = _settings(known, kwargs)
    if settings is None or len(args) != 1 + len(known.inputs):
        return None
    return Call(known.name, known.space, args, known.defaults | settings)


def _settings(known: Operation, kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of the operation; `None` where the function is asked for more."""
    settings = {}
    for name, value in kwargs.items():
        if value is None:
            continue
        if name in known.settings and not has_tensor(value):
            settings[known.settings[name]] = value
        elif not is_idle(name, value):
            return None
    return settings


def _getitem(args: list[Any], kwargs: dict[str, Any]) -> Call | None:
    keys = kwargs.get("slice_spec")
    if not isinstance(keys, list) or has_tensor(keys):
        return None
    return Call("GetItem", "numpy", [*args, [_key(key) for key in keys]], {})


def _key(key: Any) -> Any:
    """Return one part of an index as Keras 3 writes it."""
    if isinstance(key, dict) and "start" in key:
        return {"class_name": "__slice__", "config": {name: key.get(name) for name in ("start", "stop", "step")}}
    if isinstance(key, dict) and key.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    return key
