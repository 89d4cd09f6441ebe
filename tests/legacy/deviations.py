"""Where `rekindle.legacy` means to differ from what was recorded, and why.

The key is a behaviour and a generation, or `"*"` for every generation that
has what the behaviour is about.  The list is strict: a difference that is not
here fails, and so does one that is here and does not exist.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Deviation(NamedTuple):
    """What we do instead, as `recorded.json` would have it, and the reason."""

    ours: Any
    reason: str


_SINCE_2_15 = ("tf-2.15.1", "keras-3.6.0", "keras-3.15.1")
_KERAS_3 = ("keras-3.6.0", "keras-3.15.1")
_IMPORTING = ("tf-2.15.1", "keras-3.6.0")  # those that import what a config names, and match the ends of names

_NEVER_IMPORTS = "a config never makes us import a module"
_CALLERS_CONFIG = "the caller's config is never changed, nor handed on"
_LEAK = "scopes leak nothing, however they are left"
_ADDRESS = "an address is no identity: what is shared is counted from 1, and kept alive until it is written"
_STRINGS = "Keras 3 asks for a table that it has no more, and so refuses every string; it is no behaviour to keep"
_THROUGH_JSON = "Keras 3.6 sends the config through JSON, which refuses objects and changes tuples; later ones do not"
_SUFFIX = "the end of another name is not that name"
_BARE = "the class would silently be lost; the decorator says that it needs parentheses"
_PRIVATE = "it asks for a private name of Keras"
_HINTS = "it compares the text of the signature, and ours has type hints"

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

DEVIATIONS: dict[tuple[str, str], Deviation] = {
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
    **{("3.1", generation): _HINTS for generation in ("tf-2.2.0", "tf-2.9.3")},
    **{(name, generation): _HINTS for generation in _SINCE_2_15 for name in ("2.17", "3.1b")},
    **{("3.3c", generation): _STRINGS for generation in _KERAS_3},
    **{("4.3", generation): _NEVER_IMPORTS for generation in _IMPORTING},
}
