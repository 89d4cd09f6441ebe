"""What may stand in each place of a config of Keras' built-ins: tables of data.

`catalogue.json` says for each argument that a built-in has, by name, which of
the words below it is; `scripts/catalogue.py` writes that.  Here is what the
words mean.  Needs no Keras to be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from hornbook.engine.arguments import integers_within
from hornbook.engine.graphs import is_end, is_shape
from hornbook.engine.reference import is_object_config
from hornbook.engine.violations import Check, Context, Rule, Rules, Wrong
from hornbook.errors import LambdaRefusedError, LimitError, short
from hornbook.integrations.keras3.catalogue import catalogue

_BITS = 64  # of a seed, the largest integer that anything of Keras takes
_LONGEST_NAME = 1000
_RANK = 64
_NUMBERS = 10_000  # in the shapes of all inputs of an object

# Kinds of functions: of the user's, and of Keras by the namespace that they stand in.
CUSTOM_FUNCTION = "function"
_FUNCTIONS = ("function", "activation", "loss function", "operation function")

_DTYPE = r"(bool|u?int(4|8|16|32|64)?|float(8|16|32|64)?|float8_e(4m3fn|5m2)|bfloat16|complex(64|128)|str|string)"
_DTYPE_NAME = re.compile(
    rf"(?:(?:int8|int4|float8|(?:gptq|awq)/\d/-?\d{{1,5}}|int4/-?\d{{1,5}})_from_)?(?:{_DTYPE}|mixed_(?:float16|bfloat16))"
)


# ------------------------------------------------------------ values
def _integer(value: Any, context: Context) -> Wrong | None:
    """Any plain value, with no integer beyond what a machine has."""
    if type(value) is int and value.bit_length() > _BITS:
        return Wrong("limit", f"must be an integer of at most {_BITS} bits", LimitError)
    return None


def _size(value: Any, context: Context) -> Wrong | None:
    """Whole numbers, alone or in lists; none that no array could have as its length."""
    most, rank, longest = context.policy.limits.integer, 0, context.total.get("longest", 0)
    for one in integers_within(value):
        if isinstance(one, str):
            return Wrong("type", f"must be a number, not {short(one)}")
        if one is True or one is False:
            return Wrong("argument", f"must be a number, not {short(one)}")
        if type(one) is int and not -most <= one <= most:
            return Wrong("limit", f"must be at most {most}, not {_shown(one)}", LimitError)
        if type(one) is int and one > longest:
            longest = one
        rank += 1
    context.total["longest"] = longest
    if rank > _RANK:
        return Wrong("limit", f"has {rank} numbers; the limit is {_RANK}", LimitError)
    return None


def _unroll(value: Any, context: Context) -> Wrong | None:
    """How many layers repeat their program for each step of a sequence."""
    if value is True:
        context.total["unrolled"] = context.total.get("unrolled", 0) + 1
    return None


def _shapes(value: Any, context: Context) -> Wrong | None:
    """Shapes in a `build_config`, however nested."""
    most = context.policy.limits.integer
    for number, one in enumerate(integers_within(value)):
        if number > _NUMBERS:
            return Wrong("limit", f"has more than {_NUMBERS} numbers", LimitError)
        if type(one) is int and not -most <= one <= most:
            return Wrong("limit", f"must have no number beyond {most}, not {_shown(one)}", LimitError)
    return None


def _count(value: Any, context: Context) -> Wrong | None:
    """As a size; what the numbers come to is limited for a whole config."""
    wrong = _size(value, context)
    if wrong is None:
        total = sum(abs(one) for one in integers_within(value) if type(one) is int)
        context.total["count"] = context.total.get("count", 0) + total
    return wrong


def _outputs(value: Any, context: Context) -> Wrong | None:
    """How many tensors an operation splits one into; each is a part of the graph as a called layer is."""
    wrong = _size(value, context)
    if wrong is None and type(value) is int:
        context.total["outputs"] = context.total.get("outputs", 0) + abs(value)
    return wrong


def _file(value: Any, context: Context) -> Wrong | None:
    """Data, but no path of a file."""
    if isinstance(value, (str, bytes)) and not context.policy.paths:
        return Wrong(
            "file",
            f"names a file, {short(value)}, that would be read",
            hint="If you trust the file, pass Policy(paths=True); a vocabulary may be given as a list.",
        )
    return None


def _code(value: Any, context: Context) -> Wrong | None:
    """What runs when it is read: nothing, or an object of the user's."""
    if value is None or context.policy.lambdas or (isinstance(value, dict) and "class_name" in value):
        tagged = isinstance(value, dict) and str(value.get("class_name")).startswith("__")
        if not tagged or context.policy.lambdas:
            return None
    return Wrong("code", "holds a program that would run", LambdaRefusedError, "If you trust it, pass safe_mode=False.")


def _object(value: Any, context: Context) -> Wrong | None:
    """The config of one object, or its name."""
    if isinstance(value, dict) and "class_name" not in value:
        return Wrong("type", f"needs a `class_name`, not {short(value)}")
    return None


def _dtype(value: Any, context: Context) -> Wrong | None:
    """A dtype or dtype policy that Keras has."""
    if isinstance(value, str) and not _DTYPE_NAME.fullmatch(value):
        return Wrong("argument", f"must be a dtype of Keras, not {short(value)}")
    if value is not None and not isinstance(value, (str, dict)):
        return Wrong("type", f"must be a dtype of Keras, not {short(value)}")
    return _object(value, context)


def _patterns(value: Any, context: Context) -> Wrong | None:
    """Regular expressions, as keys or in a list; what they may take is counted."""
    if isinstance(value, (dict, list, tuple)):
        context.patterns.extend([one for one in value if isinstance(one, str)])
    elif isinstance(value, str):
        context.patterns.append(value)
    return None


def _name(value: Any, context: Context) -> Wrong | None:
    if isinstance(value, str) and len(value) > _LONGEST_NAME:
        return Wrong("limit", f"has {len(value)} characters; the limit is {_LONGEST_NAME}", LimitError)
    return None


def _shown(number: int) -> str:
    return str(number) if number.bit_length() <= _BITS else f"one of {number.bit_length()} bits"


# ------------------------------------------------------------ forms
def _none_or(*types: type) -> Check:
    """Return a check for nothing, a value of some types, or an object config."""

    def check(value: Any, context: Context) -> Wrong | None:
        if value is None or type(value) in types or (isinstance(value, dict) and is_object_config(value)):
            return _integer(value, context)
        return Wrong("type", f"must be {' or '.join(one.__name__ for one in types)} or an object, not {short(value)}")

    return check


def _flag(value: Any, context: Context) -> Wrong | None:
    """A truth value."""
    return None if type(value) is bool else Wrong("type", f"must be true or false, not {short(value)}")


def _text(value: Any, context: Context) -> Wrong | None:
    """A name, or nothing."""
    if value is not None and not isinstance(value, str):
        return Wrong("type", f"must be a text, not {short(value)}")
    return _name(value, context)


def _path_part(value: Any, context: Context) -> Wrong | None:
    """A name that is a step of the path to weights."""
    if isinstance(value, str) and "/" in value:
        return Wrong("argument", f"must have no `/` in it, not {short(value)}")
    return _text(value, context)


def _rate(value: Any, context: Context) -> Wrong | None:
    """A number, a schedule or a function."""
    if isinstance(value, dict) and is_object_config(value):
        return None
    return _number(value)


def _number(value: Any) -> Wrong | None:
    if type(value) is float:  # an integer is refused by Keras 3.0 to 3.15
        return None
    return Wrong("type", f"must be a number, not {short(value)}")


def _positive(value: Any, context: Context) -> Wrong | None:
    """How many units or filters a layer has."""
    if type(value) is not int or value <= 0:
        return Wrong("argument", f"must be a positive number, not {short(value)}")
    return _size(value, context)


def _lengths(value: Any, context: Context) -> Wrong | None:
    """The shape of one array, with its batch axis."""
    if value is not None and not is_shape(value):
        return Wrong("type", f"must be a list of lengths, not {short(value)}")
    return _size(value, context)


def _built(value: Any, context: Context) -> Wrong | None:
    """What an object is built with: shapes, however nested."""
    if isinstance(value, dict) and not _is_nest(value.get("input_shape") or ()):
        return Wrong("type", f"needs shapes in `input_shape`, not {short(value['input_shape'])}")
    return _shapes(value, context)


def _layer_built(value: Any, context: Context) -> Wrong | None:
    """The same of a layer, which is never built without a shape."""
    if isinstance(value, dict) and not isinstance(value.get("input_shape", ()), (list, tuple, dict)):
        return Wrong("type", f"needs a shape in `input_shape`, not {short(value['input_shape'])}")
    return _built(value, context)


def _is_nest(value: Any) -> bool:
    """Say whether these are shapes, in whichever containers."""
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, (list, tuple)):
            if not is_shape(one):
                todo += one
        else:
            return False
    return True


def _layers(value: Any, context: Context) -> Wrong | None:
    """The layers of a model, in a list."""
    if not isinstance(value, (list, tuple)):
        return Wrong("type", f"must be a list of layers, not {short(value)}")
    for one in value:
        if not (isinstance(one, dict) and is_object_config(one)):
            return Wrong("type", f"must have layers alone, not {short(one)}")
        if one["config"] is None:
            return Wrong("type", f"must have layers with a config, not {short(one)}")
    return None


def _ends(value: Any, context: Context) -> Wrong | None:
    """The tensors that a model begins or ends with: `["dense", 0, 0]`, alone or within containers."""
    todo, found = [value], 0
    while todo:
        one = todo.pop()
        if is_end(one):
            found += 1
        elif isinstance(one, dict):
            todo += one.values()
        elif isinstance(one, (list, tuple)):
            todo += one
        else:
            return Wrong("type", f"must have a layer and two numbers for each tensor, not {short(one)}")
    return None if found else Wrong("type", f"must name a tensor, not {short(value)}")


def _several(value: Any, context: Context) -> Wrong | None:
    """Losses, metrics or weights by output: in a list or a dict."""
    if value is None or isinstance(value, (dict, list, tuple)):
        return None
    return Wrong("type", f"must be a list or a dict, not {short(value)}")


def _optimizer(value: Any, context: Context) -> Wrong | None:
    """An optimizer or its name; Keras 3.15 cannot make a model again that was compiled with none."""
    return Wrong("type", "must be an optimizer, not None") if value is None else _none_or(str)(value, context)


def _weighed(value: Any, context: Context) -> Wrong | None:
    """Numbers by output, or one."""
    return None if type(value) is float else _several(value, context)


# ------------------------------------------------------------ words
_NOTHING: frozenset[str] = frozenset()


def _objects(*kinds: str, check: Check | None = None, strings: str | None = None) -> Rule:
    found = frozenset((*kinds, CUSTOM_FUNCTION))
    return Rule(found, named=found - {"layer"}, check=check, strings=strings)


def _values(check: Check) -> Rule:
    return Rule(_NOTHING, check=check)


WORDS: dict[str, Rule] = {
    # Plain values: no object of any kind stands there.
    "plain": _values(_integer),
    "any": Rule(check=_integer),
    "size": _values(_size),
    "unroll": _values(_unroll),
    "count": _values(_count),
    "outputs": _values(_outputs),
    "shapes": _values(_built),
    "file": _values(_file),
    "name": _values(_text),
    "step": _values(_path_part),
    "flag": _values(_flag),
    "positive": _values(_positive),
    "lengths": _values(_lengths),
    # Objects by kind; a function of the user's may be any of these.
    "initializer": _objects("initializer", check=_none_or(str), strings="initializer"),
    "regularizer": _objects("regularizer", check=_none_or(str), strings="regularizer"),
    "constraint": _objects("constraint", check=_none_or(str), strings="constraint"),
    "activation": _objects("activation", "operation function", "layer", check=_none_or(str), strings="activation"),
    "loss": _objects("loss", "loss function", "operation function"),
    "metric": _objects("metric", "loss", "loss function", "operation function"),
    "function": _objects(*_FUNCTIONS, check=_integer),
    "callable": _objects(),
    "code": Rule(frozenset({CUSTOM_FUNCTION}), named={CUSTOM_FUNCTION}, check=_code),
    "layer": Rule(frozenset({"layer", "model", "operation"})),
    "cell": Rule(frozenset({"layer"}), check=_object),
    "optimizer": Rule(
        frozenset({"optimizer", "saveable"}), named={"optimizer"}, check=_none_or(str), strings="optimizer"
    ),
    "rate": Rule(frozenset({"schedule", CUSTOM_FUNCTION}), check=_rate),
    "schedule": Rule(frozenset({"schedule"})),
    "dtype": Rule(frozenset({"dtype_policy"}), check=_dtype),
    "policies": Rule(frozenset({"dtype_policy", "optimizer"}), check=_patterns),
    "patterns": _values(_patterns),
    "quantizer": Rule(frozenset({"quantizer"}), check=_object),
    "seed": Rule(frozenset({"random"}), check=_none_or(int, bool)),
    "input": Rule(frozenset({"input"})),
    "feature": Rule(frozenset({"saveable", "layer", "model"})),
    "weights": Rule(_NOTHING, check=_file),
}


# Arguments that have another word where they are those of some kinds.
_OF_KINDS = {
    kind: {"name": WORDS["step"], **more}
    for kind, more in {
        "layer": {
            "trainable": WORDS["flag"],
            "batch_shape": WORDS["lengths"],
            "units": WORDS["positive"],
            "filters": WORDS["positive"],
            "build_config": _values(_layer_built),
        },
        "model": {},
        "operation": {},
    }.items()
}
_COMPILED = {"optimizer": _optimizer, "metrics": _several, "weighted_metrics": _several, "loss_weights": _weighed}
_GRAPH = {"layers": _layers, "input_layers": _ends, "output_layers": _ends}
# What the config of one class has to have, by the name of the class; others may be a model's of the user's.
OF_A_FORM = {"Sequential": ("name", "layers"), "Functional": ("name", *_GRAPH), "Model": (), "DTypePolicy": ()}


@cache
def rules_for(kind: str | None, name: str = "") -> Rules:
    """Return the rules for the arguments of built-ins of a kind, by name.

    Args:
        kind: What they are.
        name: One of :data:`OF_A_FORM`, for the class of that name alone.
    """
    tables = catalogue().parameters
    words = tables["operation"] if kind == "operation" else tables["object"]
    rules = {field: WORDS[word] for field, word in words.items()}
    rules |= _OF_KINDS.get(str(kind), {})
    if kind == "model" and name:
        rules |= {field: rules[field]._replace(check=check) for field, check in {**_COMPILED, **_GRAPH}.items()}
        rules |= {field: rules[field]._replace(required=True) for field in OF_A_FORM[name]}
    if kind == "dtype_policy" and name:
        rules["name"] = WORDS["dtype"]
    return rules


# What a class of the user's that has a built-in for its base may not get from
# a file, unless it has an argument of that name itself.
_INHERITED = ("file", "code", "weights")


def inherited_rules(cls: type, is_builtin: Callable[[type], bool]) -> Rules:
    """Return the rules for what a class of the user's hands to the built-in that is its base."""
    import inspect

    own: set[str] = set()
    for base in cls.__mro__:
        given = inspect.signature(base.__init__).parameters if "__init__" in vars(base) else {}  # type: ignore[misc]
        if is_builtin(base):
            words = catalogue().parameters["object"]
            return {
                name: WORDS[words[name]]
                for one in base.__mro__
                if "__init__" in vars(one) and one is not object
                for name in inspect.signature(one.__init__).parameters  # type: ignore[misc]
                if words.get(name) in _INHERITED and name not in own
            }
        own.update(name for name, one in given.items() if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL))
    return {}
