"""What may stand in each place of a config of Keras' built-ins: tables of data.

`catalogue.json` says for each argument that a built-in has, by name, which of
the words below it is; `scripts/catalogue.py` writes that.  Here is what the
words mean.  Needs no Keras to be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from hornbook.engine.reference import is_object_config
from hornbook.engine.violations import Check, Problem, Rule, Rules, Tally
from hornbook.errors import LambdaRefusedError, LimitError, short
from hornbook.integrations.keras3.catalogue import catalogue
from hornbook.integrations.keras3.graph_form import ends, is_end, is_shape

if TYPE_CHECKING:
    from inspect import Parameter

_BITS = 64  # of a seed, the largest integer that anything of Keras takes
_LONGEST_NAME, _RANK, _FEW = 1000, 64, 1 << 16
_IF_TRUSTED = "If you trust it, pass safe_mode=False."
_NUMBERS = 10_000  # in the shapes of all inputs of an object

# Kinds of functions: of the user's, and of Keras by the namespace that they stand in.
CUSTOM_FUNCTION = "function"
_FUNCTIONS = ("function", "activation", "loss function", "operation function")

_DTYPE = r"(bool|u?int(4|8|16|32|64)?|float(8|16|32|64)?|float8_e(4m3fn|5m2)|bfloat16|complex(64|128)|str|string)"
_DTYPE_NAME = re.compile(
    rf"(?:(?:int8|int4|float8|(?:gptq|awq)/\d/-?\d{{1,5}}|int4/-?\d{{1,5}})_from_)?(?:{_DTYPE}|mixed_(?:float16|bfloat16))"
)


def plain_within(value: Any) -> Iterator[Any]:
    """Yield the plain values within containers, without what objects are made of."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            if not is_object_config(part):
                todo += part.values()
        elif isinstance(part, (list, tuple)):
            todo += part
        else:
            yield part


def _integer(value: Any, tally: Tally) -> Problem | None:
    """Any plain value, with no integer beyond what a machine has."""
    if type(value) is int and value.bit_length() > _BITS:
        return Problem("limit", f"must be an integer of at most {_BITS} bits", LimitError)
    return None


def _size(value: Any, tally: Tally) -> Problem | None:
    """Whole numbers, alone or in lists; none that no array could have as its length."""
    most, rank, longest = tally.policy.limits.integer, 0, tally.counts.get("longest", 0)
    for number in plain_within(value):
        if isinstance(number, str):
            return Problem("type", f"must be a number, not {short(number)}")
        if number is True or number is False:
            return Problem("argument", f"must be a number, not {short(number)}")
        if type(number) is int and not -most <= number <= most:
            return Problem("limit", f"must be at most {most}, not {_shown(number)}", LimitError)
        if type(number) is int and number > longest:
            longest = number
        rank += 1
    tally.counts["longest"] = longest
    if rank > _RANK:
        return Problem("limit", f"has {rank} numbers; the limit is {_RANK}", LimitError)
    return None


def _unroll(value: Any, tally: Tally) -> Problem | None:
    """How many layers repeat their program for each step of a sequence."""
    if value is True:
        tally.counts["unrolled"] = tally.counts.get("unrolled", 0) + 1
    return None


def _shapes(value: Any, tally: Tally) -> Problem | None:
    """Shapes in a `build_config`, however nested."""
    most = tally.policy.limits.integer
    for number, one in enumerate(plain_within(value)):
        if number > _NUMBERS:
            return Problem("limit", f"has more than {_NUMBERS} numbers", LimitError)
        if type(one) is int and not -most <= one <= most:
            return Problem("limit", f"must have no number beyond {most}, not {_shown(one)}", LimitError)
    return None


def _count(value: Any, tally: Tally) -> Problem | None:
    """As a size; what the numbers come to is limited for a whole config."""
    problem = _size(value, tally)
    if problem is None:
        total = sum(abs(one) for one in plain_within(value) if type(one) is int)
        tally.counts["count"] = tally.counts.get("count", 0) + total
    return problem


def _few(value: Any, tally: Tally) -> Problem | None:
    """As a size, of what gives no axes of a variable."""
    if any(type(one) is int and abs(one) > _FEW for one in plain_within(value)):
        return Problem("limit", f"must be at most {_FEW}, not {short(value)}", LimitError)
    return _size(value, tally)


def _traced(value: Any, tally: Tally) -> Problem | None:
    """A function that is called while the graph is made again."""
    if value is None or tally.policy.lambdas:
        return None
    return Problem("code", "would be called while the model is made", LambdaRefusedError, _IF_TRUSTED)


def _outputs(value: Any, tally: Tally) -> Problem | None:
    """How many tensors an operation splits one into; each is a part of the graph as a called layer is."""
    problem = _size(value, tally)
    if problem is None and type(value) is int:
        tally.counts["outputs"] = tally.counts.get("outputs", 0) + abs(value)
    return problem


def _file(value: Any, tally: Tally) -> Problem | None:
    """Data, but no path of a file."""
    if isinstance(value, (str, bytes)) and not tally.policy.paths:
        return Problem(
            "file",
            f"names a file, {short(value)}, that would be read",
            hint="If you trust the file, pass Policy(paths=True); a vocabulary may be given as a list.",
        )
    return None


def _code(value: Any, tally: Tally) -> Problem | None:
    """What runs when it is read: nothing, or an object of the user's."""
    if value is None or tally.policy.lambdas or (isinstance(value, dict) and "class_name" in value):
        tagged = isinstance(value, dict) and str(value.get("class_name")).startswith("__")
        if not tagged or tally.policy.lambdas:
            return None
    return Problem("code", "holds a program that would run", LambdaRefusedError, _IF_TRUSTED)


def _object(value: Any, tally: Tally) -> Problem | None:
    """The config of one object, or its name."""
    if isinstance(value, dict) and "class_name" not in value:
        return Problem("type", f"needs a `class_name`, not {short(value)}")
    return None


def _dtype(value: Any, tally: Tally) -> Problem | None:
    """A dtype or dtype policy that Keras has."""
    if isinstance(value, str) and not _DTYPE_NAME.fullmatch(value):
        return Problem("argument", f"must be a dtype of Keras, not {short(value)}")
    if value is not None and not isinstance(value, (str, dict)):
        return Problem("type", f"must be a dtype of Keras, not {short(value)}")
    return _object(value, tally)


def _patterns(value: Any, tally: Tally) -> Problem | None:
    """Regular expressions, as keys or in a list; what they may take is counted."""
    some = value if isinstance(value, (dict, list, tuple)) else (value,)
    tally.patterns.extend([one for one in some if isinstance(one, str)])
    return None


def _name(value: Any, tally: Tally) -> Problem | None:
    """A text of bounded length; the longest is what a pattern may have to be tried on."""
    if not isinstance(value, str):
        return None
    tally.counts["name"] = max(tally.counts.get("name", 0), len(value))
    if len(value) > _LONGEST_NAME:
        return Problem("limit", f"has {len(value)} characters; the limit is {_LONGEST_NAME}", LimitError)
    return None


def _shown(number: int) -> str:
    return str(number) if number.bit_length() <= _BITS else f"one of {number.bit_length()} bits"


def _none_or(*types: type) -> Check:
    """Return a check for nothing, a value of some types, or an object config."""

    def check(value: Any, tally: Tally) -> Problem | None:
        if value is None or type(value) in types or (isinstance(value, dict) and is_object_config(value)):
            return _integer(value, tally)
        return Problem("type", f"must be {' or '.join(one.__name__ for one in types)} or an object, not {short(value)}")

    return check


def _flag(value: Any, tally: Tally) -> Problem | None:
    """A truth value."""
    return None if type(value) is bool else Problem("type", f"must be true or false, not {short(value)}")


def _text(value: Any, tally: Tally) -> Problem | None:
    """A name, or nothing."""
    if value is not None and not isinstance(value, str):
        return Problem("type", f"must be a text, not {short(value)}")
    return _name(value, tally)


def _path_part(value: Any, tally: Tally) -> Problem | None:
    """A name that is a step of the path to weights."""
    if isinstance(value, str) and "/" in value:
        return Problem("argument", f"must have no `/` in it, not {short(value)}")
    return _text(value, tally)


def _rate(value: Any, tally: Tally) -> Problem | None:
    """A number, a schedule or a function."""
    if isinstance(value, dict) and is_object_config(value):
        return None
    return _number(value)


def _number(value: Any) -> Problem | None:
    if type(value) is float:  # an integer is refused by Keras 3.0 to 3.15
        return None
    return Problem("type", f"must be a number, not {short(value)}")


def _positive(value: Any, tally: Tally) -> Problem | None:
    """How many units or filters a layer has."""
    if type(value) is not int or value <= 0:
        return Problem("argument", f"must be a positive number, not {short(value)}")
    return _size(value, tally)


def _lengths(value: Any, tally: Tally) -> Problem | None:
    """The shape of one array, with its batch axis."""
    if value is not None and not is_shape(value):
        return Problem("type", f"must be a list of lengths, not {short(value)}")
    return _size(value, tally)


def _built(value: Any, tally: Tally) -> Problem | None:
    """What an object is built with: shapes, however nested."""
    if isinstance(value, dict) and not _is_nest(value.get("input_shape") or ()):
        return Problem("type", f"needs shapes in `input_shape`, not {short(value['input_shape'])}")
    return _shapes(value, tally)


def _layer_built(value: Any, tally: Tally) -> Problem | None:
    """The same of a layer, which is never built without a shape."""
    if isinstance(value, dict) and not isinstance(value.get("input_shape", ()), (list, tuple, dict)):
        return Problem("type", f"needs a shape in `input_shape`, not {short(value['input_shape'])}")
    return _built(value, tally)


def _is_nest(value: Any) -> bool:
    """Return whether these are shapes, in whichever containers."""
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            todo += part.values()
        elif isinstance(part, (list, tuple)):
            if not is_shape(part):
                todo += part
        else:
            return False
    return True


def _layers(value: Any, tally: Tally) -> Problem | None:
    """The layers of a model, in a list."""
    if not isinstance(value, (list, tuple)):
        return Problem("type", f"must be a list of layers, not {short(value)}")
    for layer in value:
        if not (isinstance(layer, dict) and is_object_config(layer)):
            return Problem("type", f"must have layers alone, not {short(layer)}", code="layers-not-objects")
        if layer["config"] is None:
            return Problem("type", f"must have layers with a config, not {short(layer)}")
    return None


def _ends(value: Any, tally: Tally) -> Problem | None:
    """The tensors that a model begins or ends with: `["dense", 0, 0]`, alone or within containers."""
    count = 0
    for end in ends(value):
        if not is_end(end):
            return Problem("type", f"must have a layer and two numbers for each tensor, not {short(end)}")
        count += 1
    return None if count else Problem("type", f"must name a tensor, not {short(value)}")


def _several(value: Any, tally: Tally) -> Problem | None:
    """Losses, metrics or weights by output: in a list or a dict."""
    if value is None or isinstance(value, (dict, list, tuple)):
        return None
    return Problem("type", f"must be a list or a dict, not {short(value)}")


def _optimizer(value: Any, tally: Tally) -> Problem | None:
    """An optimizer or its name; Keras 3.15 cannot make a model again that was compiled with none."""
    return Problem("type", "must be an optimizer, not None") if value is None else _none_or(str)(value, tally)


def _weighed(value: Any, tally: Tally) -> Problem | None:
    """Numbers by output, or one."""
    return None if type(value) is float else _several(value, tally)


MODEL = "model"
LAYERS = frozenset({"layer", MODEL, "operation"})
_NO_KINDS: frozenset[str] = frozenset()
# Types of which a check refuses no value.
_NONE = frozenset({type(None)})
_NO_INTEGERS = frozenset({type(None), str, float, bool, dict, list, tuple})
_NO_TEXTS = frozenset({type(None), float, bool, int, dict, list, tuple})


def _values(check: Check, passed: frozenset[type] = _NONE) -> Rule:
    return Rule(_NO_KINDS, check=check, passed=passed)


def _objects(*kinds: str, **more: Any) -> Rule:
    """Return the rule for objects of some kinds; a function of the user's may be any of these."""
    accepted = frozenset((*kinds, CUSTOM_FUNCTION))
    return Rule(accepted, named=accepted - {"layer"}, **more)


def _named_objects(kind: str, *others: str) -> Rule:
    """Return the rule for an object of a kind, or the name of one."""
    return _objects(kind, *others, strings=kind, **_OR_NAME)


_OR_NAME: dict[str, Any] = {"check": _none_or(str), "passed": frozenset({type(None), str}), "objects": True}
_ONE_OBJECT: dict[str, Any] = {"check": _object, "passed": _NO_INTEGERS - {dict} | {int}, "objects": True}

WORDS: dict[str, Rule] = {
    # Plain values: no object of any kind stands there.
    "plain": _values(_integer, _NO_INTEGERS),
    "any": Rule(check=_integer, passed=_NO_INTEGERS),
    "size": _values(_size),
    "unroll": _values(_unroll),
    "count": _values(_count),
    "few": _values(_few),
    "outputs": _values(_outputs),
    "shapes": _values(_built),
    "file": _values(_file, _NO_TEXTS),
    "name": _values(_text),
    "step": _values(_path_part),
    "flag": _values(_flag, frozenset({bool})),
    "positive": _values(_positive, frozenset()),
    "lengths": _values(_lengths),
    # Objects by kind.
    "initializer": _named_objects("initializer"),
    "regularizer": _named_objects("regularizer"),
    "constraint": _named_objects("constraint"),
    "activation": _named_objects("activation", "operation function", "layer"),
    "loss": _objects("loss", "loss function", "operation function"),
    "metric": _objects("metric", "loss", "loss function", "operation function"),
    "function": _objects(*_FUNCTIONS, check=_integer, passed=_NO_INTEGERS),
    "callable": _objects(),
    "traced": _objects(check=_traced, passed=_NONE),
    "code": Rule(frozenset({CUSTOM_FUNCTION}), named={CUSTOM_FUNCTION}, check=_code),
    "layer": Rule(LAYERS),
    "cell": Rule(frozenset({"layer"}), **_ONE_OBJECT),
    "optimizer": Rule(frozenset({"optimizer", "saveable"}), named={"optimizer"}, strings="optimizer", **_OR_NAME),
    "rate": Rule(frozenset({"schedule", CUSTOM_FUNCTION}), check=_rate, passed=frozenset({float}), objects=True),
    "schedule": Rule(frozenset({"schedule"})),
    "dtype": Rule(frozenset({"dtype_policy"}), check=_dtype, passed=_NONE, objects=True),
    "policies": Rule(frozenset({"dtype_policy", "optimizer"}), check=_patterns),
    "patterns": _values(_patterns),
    "quantizer": Rule(frozenset({"quantizer"}), **_ONE_OBJECT),
    "seed": Rule(frozenset({"random"}), check=_none_or(int), passed=_NONE, objects=True),
    "input": Rule(frozenset({"input"})),
    "feature": Rule(frozenset({"saveable", "layer", "model"})),
    "weights": Rule(_NO_KINDS, check=_file, passed=_NO_TEXTS),
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
    if kind == MODEL and name:
        for field, check in {**_COMPILED, **_GRAPH}.items():
            rules[field] = rules[field]._replace(check=check, passed=frozenset(), objects=False)
        rules |= {field: rules[field]._replace(required=True) for field in OF_A_FORM[name]}
    if kind == "dtype_policy" and name:
        rules["name"] = WORDS["dtype"]
    return rules


# What a class of the user's that has a built-in for its base may not get from
# a file, unless it has an argument of that name itself.
_INHERITED = ("file", "code", "weights")


def inherited_rules(cls: type, is_builtin: Callable[[type], bool]) -> Rules:
    """Return the rules for what a class of the user's hands to the built-in that is its base."""
    own: set[str] = set()
    for base in cls.__mro__:
        if is_builtin(base):
            return {name: rule for name, rule in _handed_on(base).items() if name not in own}
        own |= {
            name for name, one in _parameters(base).items() if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        }
    return {}


def _handed_on(cls: type) -> Rules:
    """Return the rules for what a built-in may not get from a file by way of a class of the user's."""
    words = catalogue().parameters["object"]
    names = [name for base in cls.__mro__ if base is not object for name in _parameters(base)]
    return {name: WORDS[words[name]] for name in names if words.get(name) in _INHERITED}


def _parameters(cls: type) -> Mapping[str, Parameter]:
    """Return the parameters of the constructor that a class itself defines."""
    import inspect  # 5 ms, for a class of the user's alone

    return inspect.signature(cls.__init__).parameters if "__init__" in vars(cls) else {}  # type: ignore[misc]
