"""The gate for byte code: the only module that marshals.

Loading a marshalled lambda is running the file's code: it is refused unless
the policy of the outermost call allows it.
"""

from __future__ import annotations

import builtins
import marshal
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hornbook.errors import ConfigError, LambdaRefusedError, LambdaWarning, short
from hornbook.policy import Policy

TAG = "__lambda__"
# The arguments of a `Lambda` of Keras 1 to 2.15 that may be functions; the type of each stands beside it.
FUNCTIONS = ("function", "output_shape", "mask")
# Where what holds byte code has it: a value of Keras 3, in two forms, and a tuple of TF 2.
_WITHIN = ("config", "value", "code", "items")


def marshalled(config: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what holds byte code in one dict, in all forms that a version of Keras wrote.

    Args:
        config: A dict of a config, by itself.

    Yields:
        The argument of a `Lambda` layer, or an empty text for the dict itself;
        and what stands there.
    """
    if config.get("class_name") == TAG:
        yield "", config
    for field in FUNCTIONS:
        if config.get(f"{field}_type") == "lambda" and config.get(field) is not None:
            yield field, config[field]


def code_in(given: Any) -> Any:
    """Return the text of byte code in what holds it, however often it is wrapped; what is there instead, if none is.

    Example:
        >>> code_in({"class_name": "__tuple__", "items": [["4wAAAA=="], None, None]})
        '4wAAAA=='
    """
    while True:
        if isinstance(given, dict):
            inner = [given[name] for name in _WITHIN if name in given]
        else:
            inner = list(given[:1]) if isinstance(given, (list, tuple)) else []
        if not inner:
            return given
        given = inner[0]


def refusal(config: Any = None) -> LambdaRefusedError:
    """Return the error for a config that holds byte code."""
    return LambdaRefusedError(
        "The file holds a Python lambda as byte code; loading it would run that code",
        hint="If you trust whoever made the file, pass safe_mode=False.",
        config=config,
    )


def dump(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the config of a lambda: byte code, defaults and closure, as Keras 3.15."""
    warnings.warn(
        "A lambda is written as byte code: loading it needs safe_mode=False and the same Python",
        LambdaWarning,
        stacklevel=2,
    )
    import base64  # not at the top: few programs ever need it

    raw = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    cells = function.__closure__
    closure = tuple(cell.cell_contents for cell in cells) if cells else None
    return {"class_name": TAG, "config": {"value": (raw, function.__defaults__, closure)}}


def load(inner: Any, *, policy: Policy) -> types.FunctionType:
    """Make a function of byte code, if `policy` allows it.

    Args:
        inner: `{"value": [code, defaults, closure]}`, or the three as keys,
            which is what a `Lambda` layer of Keras 3 writes.
        policy: The policy of the outermost call.

    Raises:
        LambdaRefusedError: The policy does not allow byte code.
        ConfigError: It is not byte code of this Python.
    """
    if not policy.lambdas:
        raise refusal(inner)
    import base64

    try:
        parts = inner["value"] if "value" in inner else [inner[k] for k in ("code", "defaults", "closure")]
        raw, defaults, closure = (parts, None, None) if isinstance(parts, str) else parts
        loaded = marshal.loads(base64.b64decode(raw))  # noqa: S302  behind the policy, above
        cells = tuple(map(types.CellType, closure)) if closure else None
        return types.FunctionType(
            loaded, {"__builtins__": builtins}, argdefs=tuple(defaults) if defaults else None, closure=cells
        )
    except (EOFError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"A lambda cannot be read: {short(str(error))}",
            hint="Byte code is bound to the Python version that wrote it.",
            config=inner,
        ) from error
