"""All rules for what Keras wrote, in the order in which they are applied."""

from __future__ import annotations

from hornbook.upgrading.rules.arguments import ARGUMENTS
from hornbook.upgrading.rules.changed_defaults import CHANGED_DEFAULTS
from hornbook.upgrading.rules.compiling import COMPILED_ARGUMENTS, COMPILED_FORMS
from hornbook.upgrading.rules.forms import WHOLE_FORMS
from hornbook.upgrading.rules.functions import HELD_FUNCTIONS
from hornbook.upgrading.rules.graphs import GRAPH_NODES
from hornbook.upgrading.rules.keras1 import CHANNEL_ORDERS, KERAS_1_ARGUMENTS, KERAS_1_FORMS
from hornbook.upgrading.rules.merge import BRANCHES
from hornbook.upgrading.rules.theano import THEANO_PADDING

# What an object is, its graph, its arguments.
BUILT_IN_RULES = tuple(
    rule._replace(builtins=True)
    for rule in (
        *CHANNEL_ORDERS,
        *BRANCHES,
        *KERAS_1_FORMS,
        *WHOLE_FORMS,
        *COMPILED_FORMS,
        *GRAPH_NODES,
        *KERAS_1_ARGUMENTS,
        *ARGUMENTS,
        *HELD_FUNCTIONS,
        *COMPILED_ARGUMENTS,
        *CHANGED_DEFAULTS,
        *THEANO_PADDING,
    )
)
