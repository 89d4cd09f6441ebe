"""Keras' functions of the flat form: `keras.legacy.saving`, and what reads `.h5` files.

The scopes for shared objects, and the switch for objects without a config, are
Keras' own and keep their meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hornbook.engine.dialects import HORNBOOK
from hornbook.engine.flat import read_flat, skip_failed_serialization, write_flat
from hornbook.engine.shared import Saved, lent
from hornbook.integrations.calls import ours
from hornbook.integrations.divert import Gate
from hornbook.integrations.keras3 import private
from hornbook.integrations.keras3.hooks.active import decided, policy_for
from hornbook.integrations.messages import in_words_of_keras

# What Keras 3.15.1 writes and reads: lists hold no objects, since no Keras would
# read them again.
_DIALECT = HORNBOOK._replace(name="keras 3, flat", flat_containers=False, flat_functions=True, flat_unwraps=True)
_KEPT = "_hornbook_saved"


def serialize(original: Gate) -> Gate:
    """Write the flat form of an object."""

    def serialize_keras_object(instance: Any) -> Any:
        if not ours():
            return original(instance)
        with in_words_of_keras(), _scopes_of_keras():
            return write_flat(instance, _DIALECT)

    return serialize_keras_object


def deserialize(original: Gate) -> Gate:
    """Read the flat form of an object, a name or a function."""

    def deserialize_keras_object(
        identifier: Any,
        module_objects: Any = None,
        custom_objects: Any = None,
        printable_module_name: str = "object",
    ) -> Any:
        if not ours():
            return original(identifier, module_objects, custom_objects, printable_module_name)
        with in_words_of_keras(), _scopes_of_keras():
            return read_flat(
                identifier,
                module_objects,
                custom_objects,
                printable_module_name,
                policy=policy_for(safe_mode=True),
                dialect=_DIALECT,
                framework=decided(),
            )

    return deserialize_keras_object


@contextmanager
def _scopes_of_keras() -> Iterator[None]:
    saving_scope, loading_scope = private.flat_saving_scope, private.flat_loading_scope
    saving = saving_scope() if saving_scope else None
    saved = None if saving is None else vars(saving).setdefault(_KEPT, Saved(saving))
    loaded = vars(loading_scope()).get("_obj_ids_to_obj") if loading_scope else None
    with ExitStack() as stack:
        if private.flat_skips_failed:
            stack.enter_context(skip_failed_serialization())
        stack.enter_context(lent(loaded, saved))
        yield
