"""Where `hornbook.legacy` means to differ from what was recorded, and why.

The key is a behaviour and a generation, or `"*"` for every generation that
has what the behaviour is about.  The list is strict: a difference that is not
here fails, and so does one that is here and does not exist.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests import needs


class Deviation(NamedTuple):
    """What we do instead, as `recorded.json` would have it, and the reason."""

    ours: Any
    reason: str


_SINCE_2_15 = ("tf-2.15.1", "keras-3.6.0", "keras-3.15.1")
_KERAS_3 = ("keras-3.6.0", "keras-3.15.1")
_OF_OLDER = ("tf-2.15.1", "keras-3.15.1")  # whose Dense has other arguments than that of Keras 3.6 to 3.12
_OF_2 = ("tf-2.15.1",)
_IMPORTING = ("tf-2.15.1", "keras-3.6.0")  # those that import what a config names, and match the ends of names

_NEVER_IMPORTS = "a config never makes us import a module"
_CALLERS_CONFIG = "the caller's config is never changed, nor handed on"
_LEAK = "a scope entered twice, or since 2.15 left out of order, leaks nothing"
_ADDRESS = "an address is no identity: what is shared is counted from 1, and kept alive until it is written"
_STRINGS = "Keras 3 asks for a table that it has no more, and so refuses every string; it is no behaviour to keep"
_THROUGH_JSON = "Keras 3.6 sends the config through JSON, which refuses objects and changes tuples; later ones do not"
_SUFFIX = "the end of another name is not that name"
_BARE = "the class would silently be lost; the decorator says that it needs parentheses"
_PRIVATE = "it asks for a private name of Keras"

# What the string identifiers of the legacy form give in TF 2.15, where they worked last.
_STRING_ANSWERS: dict[str, Any] = {
    "1.3 string: a function of module_objects": "function twice",
    "1.3 string: an entry None of module_objects is unknown": {"raises": "ValueError"},
    "1.3 string: in scope": "scope",
    "1.3 string: in the global dict": "global",
    "1.3 string: the order is custom_objects, scope, global dict, module_objects": [
        "custom",
        "scope",
        "global",
        "module",
    ],
    "1.3 string: the refusal names it and what was looked for": [True, True],
    "1.6 legacy str identifier": "found",
    "1.6 str = class in module_objects, legacy": {"Leaf": None},
    "1.6 str = class in scope, legacy": {"Leaf": None},
    "1.6 unknown str identifier, legacy error": {"raises": "ValueError"},
}
# What Keras 3.6 gives without its round trip through JSON: what Keras 3.15 gives.
_ANSWERS_WITHOUT_JSON: dict[str, Any] = {
    "1.3 dict: a string that names a function in scope is that function": {"Leaf": "function twice"},
    "1.3 dict: a string that names a function of custom_objects is that function": {"Leaf": "function twice"},
    "1.3 dict: a string that names a registered function is that function": {"Leaf": "function twice"},
    "1.6 nested passive object, legacy": {"Leaf": {"Inner": 1}},
    "1.6 tuple in legacy config": {"Leaf": {"tuple": [1, 2]}},
}

_TREE = "what a wrong config or a wrong argument raises is of our tree: both a TypeError and a ValueError"
_CALLS = "a config calls no function, and makes no class that has neither from_config nor get_config, of a module"
_IDENTITY = "objects are shared by identity, whether they are equal or can be hashed or not"
_CONTEXT = "scopes are of a context, so that another thread neither sees nor disturbs them"
_NESTS = "scopes nest: leaving an inner one leaves the outer one open"
_SILENT = "an object that cannot be written is an error with its place; left raw, it is one later and elsewhere"
_NO_WAY_BACK = "what is written can be read again; this cannot be"
_BY_NAME = "a function is written by its name, and is one object by that"
_JUDGED = "all names of a config are judged before anything is made or found"
_NEVER_GUESSED = "where several objects have a name, none is taken"
_FOUND_NOW = "built-ins that moved or were renamed are found where they live now"
_SAFE = "what reads files, fetches or runs is nothing that a config may name"
_LIMITS = "depth is limited before Python's stack is at its end"
_DOCUMENT = "the document says it otherwise, and is the promise"
_DEFECT = "it is a defect, which a later version mended or none should have"
_KERAS_OBJECT = "the objects are those of the Keras 3 that is installed"
_PAIRS = "pairs are no dictionary of names"
_MARKS = "an object that was built or compiled from its config says so"

_BOTH = {"raises": "ValueError"}
_EVERYWHERE: tuple[tuple[str, Any, str], ...] = (
    ("1.2 a config that is no dict", _BOTH, _TREE),
    (
        "1.2 an object in a config whose get_config raises ValueError stays an object",
        _BOTH,
        _SILENT,
    ),
    (
        "1.2 sharing: an unhashable object is not shared",
        {"class_name": "Leaf", "config": {"value": 1}, "shared_object_id": 0},
        _IDENTITY,
    ),
    ("1.2 sharing: equal objects are saved as one", {"class_name": "Leaf", "config": {"value": 2}}, _IDENTITY),
    ("1.2 skip_failed_serialization holds in other threads", {"raises": "NotImplementedError"}, _CONTEXT),
    ("1.3 dict: a class without from_config is called with its config, custom_objects in scope", _BOTH, _CALLS),
    ("1.3 dict: a config None", _BOTH, _TREE),
    ("1.3 dict: a function as class is called with the config", _BOTH, _CALLS),
    (
        "1.3 dict: an entry None of custom_objects makes the class unknown",
        {"Leaf": None},
        "an entry None counts as none",
    ),
    ("1.3 sharing: an inner scope starts anew and ends the outer one too", [False, True, False, True], _NESTS),
    ("1.4 a bound method becomes a dict", _BOTH, _NO_WAY_BACK),
    ("1.4 a builtin becomes a dict", _BOTH, _NO_WAY_BACK),
    ("1.4 a date of NumPy becomes a date of Python", _BOTH, _NO_WAY_BACK),
    ("1.4 a dict that looks like a config is written as it is", _BOTH, _NO_WAY_BACK),
    ("1.4 a generator becomes a dict", _BOTH, _NO_WAY_BACK),
    ("1.4 a module becomes a dict", _BOTH, _NO_WAY_BACK),
    ("1.4 a type becomes a dict", _BOTH, _NO_WAY_BACK),
    ("1.4 sharing: a scope inside a scope ends the outer one too", [False, True, True], _NESTS),
    ("1.4 sharing: functions are shared too", [False, False], _BY_NAME),
    ("1.5 lists within lists, 5000 deep", _BOTH, _LIMITS),
    ("1.5 safe mode: it is lost through module_objects", {"Reader": "function <lambda>"}, _DEFECT),
    ("1.5 sharing: a known id comes before the class", _BOTH, _JUDGED),
    ("1.5 special: bytes whose value is no string", _BOTH, _TREE),
    ("1.6 a bare name that two packages have", _BOTH, _NEVER_GUESSED),
    ("1.6 keras.layers.core.dense.Dense", "Dense", _FOUND_NOW),
    ("1.6 tf_keras.layers.Dense", "Dense", _FOUND_NOW),
)
_IN_SOME: tuple[tuple[str, tuple[str, ...], Any, str], ...] = (
    ("1.1 a scope of a list of pairs", _KERAS_3, _BOTH, _PAIRS),
    ("1.1 entries added to an empty dict before a scope is entered count", _KERAS_3, 2, _DEFECT),
    ("1.1 register: a package that is no string", ("keras-3.15.1",), _BOTH, _TREE),
    ("1.1 the global dict is empty after import", ("tf-2.9.3", "tf-2.15.1"), True, _DOCUMENT),
    ("1.3 string: unknown, without module_objects", ("tf-2.2.0", "tf-2.9.3", "tf-2.15.1", *_KERAS_3), _BOTH, _DEFECT),
    ("1.4 a symbolic tensor", ("tf-2.15.1",), "__keras_tensor__", _KERAS_OBJECT),
    ("1.5 a built-in function that is no part of a model", _IMPORTING, _BOTH, _SAFE),
    ("1.5 build: build_config of an object that is built", ("tf-2.15.1",), [None, True], _MARKS),
    ("1.5 build: build_config of an object that is not built", ("tf-2.15.1",), [[1, 2], True], _MARKS),
    ("1.5 build: compile_config", ("tf-2.15.1",), ["mse", True], _MARKS),
    ("1.5 class: Outer.Inner of a module that is imported already", ("keras-3.6.0",), {"Inner": None}, _DEFECT),
    ("1.6 bogus registered_name on built-in", ("keras-3.15.1",), True, _DOCUMENT),
    ("1.6 build_config on object without `built`", _KERAS_3, [{"shape": [1]}], _DEFECT),
    ("1.6 clear_session inside scope", _KERAS_3, "kept", _DEFECT),
    ("1.6 from_config(custom_objects=) gets scope entries", _KERAS_3, ["custom", "global", "scope"], _DEFECT),
    ("1.6 keras.mixed_precision.Policy", ("tf-2.15.1", "keras-3.15.1"), "DTypePolicy", _KERAS_OBJECT),
    ('1.6 keras.mse as builtins function "mse"', _KERAS_3, "function mean_squared_error", _FOUND_NOW),
    ("1.6 keras.optimizers.legacy.Adam", _KERAS_3, "Adam", _FOUND_NOW),
    ("1.6 list config (old Sequential), legacy", ("tf-2.2.0",), _BOTH, _TREE),
    ("1.6 numpy object array", ("tf-2.15.1",), _BOTH, _NO_WAY_BACK),
    ("1.6 os.system by config", _IMPORTING, _BOTH, _SAFE),
    ("1.6 tensorflow.keras.layers.Dense", _KERAS_3, "Dense", _FOUND_NOW),
)

DEVIATIONS: dict[tuple[str, str], Deviation] = {
    **{(name, "*"): Deviation(ours, reason) for name, ours, reason in _EVERYWHERE},
    **{
        (name, generation): Deviation(ours, reason)
        for name, generations, ours, reason in _IN_SOME
        for generation in generations
    },
    ("1.1 a scope entered twice leaks its entries", "*"): Deviation(None, _LEAK),
    **{
        ("1.1 scopes left out of order: the inner one's name, then the outer one's", generation): Deviation(
            [2, None], _LEAK
        )
        for generation in _SINCE_2_15
    },
    ("1.1 register used bare: nothing is registered, a function takes the place of the class", "*"): Deviation(
        {"raises": "ValueError"}, _BARE
    ),
    ("1.3 dict: the caller's config is changed", "*"): Deviation(
        {"class_name": "Leaf", "config": {"value": "twice"}}, _CALLERS_CONFIG
    ),
    ("1.5 build: from_config gets the caller's own config", "*"): Deviation(False, _CALLERS_CONFIG),
    ("1.4 sharing: the id is the address of the object", "*"): Deviation(False, _ADDRESS),
    ("1.4 sharing: different objects that live only during get_config get one id", "*"): Deviation(False, _ADDRESS),
    ("1.5 class: Outer.Inner of an importable module", "tf-2.15.1"): Deviation({"raises": "TypeError"}, _NEVER_IMPORTS),
    **{
        (name, generation): Deviation(ours, _NEVER_IMPORTS)
        for generation in _IMPORTING
        for name, ours in (
            ("1.6 unregistered class in importable module (v3)", {"raises": "TypeError"}),
            ("1.6 module import as side effect of a config", []),
        )
    },
    **{
        ("1.6 a bare name that is the end of another name", generation): Deviation({"raises": "TypeError"}, _SUFFIX)
        for generation in _IMPORTING
    },
    **{
        (name, generation): Deviation(ours, _STRINGS)
        for generation in _KERAS_3
        for name, ours in _STRING_ANSWERS.items()
    },
    **{(name, "keras-3.6.0"): Deviation(ours, _THROUGH_JSON) for name, ours in _ANSWERS_WITHOUT_JSON.items()},
}

# Of the probes and claims that lie beside some checkouts, by id.
PROBE_DEVIATIONS: dict[tuple[str, str], str] = {
    ("L05", "*"): _DEFECT,
    ("L13b", "*"): _CALLS,
    ("L18", "tf-2.2.0"): _TREE,
    ("L20", "*"): _TREE,
    ("L27", "*"): "an entry None counts as none",
    ("S09", "*"): _TREE,
    **{("L17c", generation): _NESTS for generation in ("tf-2.9.3", *_SINCE_2_15)},
    **{("S10d", generation): _IDENTITY for generation in ("tf-2.9.3", *_SINCE_2_15)},
    **{("S10e", generation): _IDENTITY for generation in ("tf-2.9.3", *_SINCE_2_15)},
    ("V00 rt  np-object", "tf-2.15.1"): _NO_WAY_BACK,
    **{("V00 ser bound-method", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V00 ser builtin-len", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V00 ser dict-looks-like-config", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V00 ser generator", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V00 ser module", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V00 ser np-datetime", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    ("V00 ser np-object", "tf-2.15.1"): _NO_WAY_BACK,
    **{("V00 ser type-int", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V00 ser type-np.float32", generation): _NO_WAY_BACK for generation in _SINCE_2_15},
    **{("V02d", generation): _SAFE for generation in _IMPORTING},
    **{
        ("V06e", generation): "a class that module_objects offers is found, whatever module the config names"
        for generation in _SINCE_2_15
    },
    ("V12b", "tf-2.15.1"): _MARKS,
    **{("V13c", generation): _NESTS for generation in _SINCE_2_15},
    **{("V13d", generation): _BY_NAME for generation in _SINCE_2_15},
    **{("V13e", generation): _JUDGED for generation in _SINCE_2_15},
    **{("V14", generation): _FOUND_NOW for generation in _SINCE_2_15},
    **{("V14b", generation): _FOUND_NOW for generation in _SINCE_2_15},
    **{("V15", generation): _SAFE for generation in _SINCE_2_15},
    **{("V17", generation): _TREE for generation in _SINCE_2_15},
    # With torch Keras 3 has optimizers of its own, without a public name.
    **{("V18", generation): _KERAS_OBJECT for generation in (_SINCE_2_15 if needs.backend() == "torch" else _OF_2)},
    **{("V18b", generation): _KERAS_OBJECT for generation in (_OF_OLDER if needs.older("3.15") else _IMPORTING)},
    **{("V20", generation): _LIMITS for generation in _SINCE_2_15},
    **{("L11", generation): _DEFECT for generation in _KERAS_3},
    **{("R27", generation): _DEFECT for generation in _KERAS_3},
    **{("R31", generation): _DEFECT for generation in _KERAS_3},
    **{("R33", generation): _PAIRS for generation in _KERAS_3},
    ("V02f", "keras-3.6.0"): _DEFECT,
    **{("V05h", generation): _FOUND_NOW for generation in _KERAS_3},
    **{("V12", generation): _DEFECT for generation in _KERAS_3},
    ("R22", "keras-3.15.1"): _TREE,
    ("V16", "keras-3.15.1"): _DOCUMENT,
    ("L14", "*"): _CALLERS_CONFIG,
    ("V09h", "*"): _CALLERS_CONFIG,
    ("R23", "*"): _BARE,
    ("R29", "*"): _LEAK,
    **{("R30", generation): _LEAK for generation in _SINCE_2_15},
    ("V13", "*"): _ADDRESS,
    ("V13f", "*"): _ADDRESS,
    **{("V02e", generation): _NEVER_IMPORTS for generation in _IMPORTING},
    **{("V05e", generation): _SUFFIX for generation in _IMPORTING},
    ("S07c", "*"): _PRIVATE,
    **{("S10c", generation): _PRIVATE for generation in ("tf-2.9.3", *_SINCE_2_15)},
    **{(name, generation): _STRINGS for generation in _KERAS_3 for name in ("L02", "L02b", "L02c", "L02d", "L04")},
    **{(name, "keras-3.6.0"): _THROUGH_JSON for name in ("L15", "L16", "L24", "S12")},
}
CLAIM_DEVIATIONS: dict[tuple[str, str], str] = {
    ("2.6b", "keras-3.15.1"): _DOCUMENT,
    **{("2.13c", generation): _DOCUMENT for generation in ("tf-2.9.3", "tf-2.15.1")},
    **{("2.3", generation): _FOUND_NOW for generation in _SINCE_2_15},
    **{("3.3c", generation): _STRINGS for generation in _KERAS_3},
    **{("4.3", generation): _NEVER_IMPORTS for generation in _IMPORTING},
}
