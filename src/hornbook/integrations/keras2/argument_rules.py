"""What the arguments of built-ins of Keras 2 may be: that of Keras 3, and what only Keras 2 has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from hornbook.engine.code import FUNCTIONS
from hornbook.engine.violations import Check, Problem, Rule, Rules, Tally
from hornbook.errors import LambdaRefusedError, LimitError, UntrustedReferenceError, short
from hornbook.integrations.keras2.nodes import check_node
from hornbook.integrations.keras2.operations import MEMBERS, is_operation
from hornbook.integrations.keras3.argument_rules import CUSTOM_FUNCTION, WORDS, inherited_rules, plain_within, rules_for


def _operation(value: Any, tally: Tally) -> Problem | None:
    """The name of a function of TensorFlow that a layer calls."""
    if isinstance(value, str) and is_operation(value):
        return None
    return Problem("untrusted", f"must be a function of tensors, not {short(value)}", UntrustedReferenceError)


def _one_of(names: frozenset[str]) -> Check:
    """Return a check for the name of a member of a tensor."""

    def check(value: Any, tally: Tally) -> Problem | None:
        if isinstance(value, str) and value in names:
            return None
        return Problem("untrusted", f"must be a member of a tensor, not {short(value)}", UntrustedReferenceError)

    return check


def _called(value: Any, tally: Tally) -> Problem | None:
    """What a `Lambda` calls: the name of a function, or its byte code, which is a list."""
    return _refused() if isinstance(value, (list, tuple)) and not tally.policy.lambdas else None


def _sort(value: Any, tally: Tally) -> Problem | None:
    """The word that says whether a function is byte code, beside that."""
    return _refused() if value == "lambda" and not tally.policy.lambdas else None


def _refused() -> Problem:
    what = "holds a Python lambda as byte code, and loading it would run that code"
    return Problem("lambda", what, LambdaRefusedError, "If you trust whoever made the file, pass safe_mode=False.")


def _integers(value: Any, tally: Tally) -> Problem | None:
    """Plain values in containers, with no number that no shape could have."""
    most = tally.policy.limits.integer
    for one in plain_within(value):
        if type(one) is int and not -most <= one <= most:
            return Problem("limit", f"must have no number beyond {most}", LimitError)
    return None


_CALLED = Rule(frozenset({CUSTOM_FUNCTION}), named=frozenset({CUSTOM_FUNCTION}), check=_called)
_OUTPUT_SHAPE = _CALLED._replace(check=None)
_SHAPES = Rule(frozenset(), check=_integers)
_OPERATION = Rule(frozenset(), check=_operation)
_WORD = Rule(frozenset(), check=_sort)
_LAYER = Rule(frozenset({"layer", "model"}))
# Of the rules of Keras 3 what stands here instead, since Keras 2 writes something else; `None` is no rule at all.
_INSTEAD: Mapping[str, Rule | None] = {
    "learning_rate": None,  # a whole number as well
    "optimizer": None,  # also none
    "name": WORDS["name"],  # with a `/` in it as well
    "dtype": WORDS["dtype"],
    "build_config": _SHAPES,
    "module": None,
}
# What only Keras 2 has, as of 2.9.0, 2.15.0 and tf_keras 2.21.0.
_ONLY_KERAS_2: Mapping[str, Rule] = {
    "batch_input_shape": WORDS["size"],
    "build_input_shape": _SHAPES,
    "input_length": WORDS["size"],
    "virtual_batch_size": WORDS["size"],
    "num_batch_splits": WORDS["size"],
    "vocabulary_size": WORDS["size"],
    "num_elements": WORDS["size"],
    "initial_vocabulary": WORDS["file"],
    "embedding_initializer": WORDS["initializer"],
    "linear_model": _LAYER,
    "dnn_model": _LAYER,
    # One Python object is made for each.
    "ngrams": WORDS["count"],
    "num_oov_indices": WORDS["count"],
    **{f"{argument}_type": _WORD for argument in FUNCTIONS},
}
_OF_CLASS: Mapping[str, Rules] = {
    **{
        layer: {argument: Rule(frozenset(), check=_one_of(names)) for argument, names in members.items()}
        for layer, members in MEMBERS.items()
    },
    "TFOpLambda": {"function": _OPERATION},
    "TensorFlowOpLayer": {"node_def": Rule(frozenset(), check=check_node)},
    "SlicingOpLambda": {"function": _OPERATION},
    "Lambda": {"function": _CALLED, "mask": _CALLED, "output_shape": _OUTPUT_SHAPE},
}


@cache
def rules_of(kind: str, name: str) -> Rules:
    """Return the rules for the arguments of a built-in, by name.

    Args:
        kind: Its kind.
        name: The name of the class.
    """
    rules: dict[str, Rule | None] = {**rules_for(kind), **_INSTEAD, **_ONLY_KERAS_2, **_OF_CLASS.get(name, {})}
    return {field: rule for field, rule in rules.items() if rule is not None}


def inherited(cls: type, is_own: Callable[[type], bool]) -> Rules:
    """Return the rules for what a class of the user's hands to the built-in that is its base."""
    return inherited_rules(cls, is_own)
