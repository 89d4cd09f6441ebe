"""The generations of Keras as tables: what each did that another did not.

These are what real versions answered (TF 2.2.0, TF 2.9.3, TF 2.15.1, Keras
3.6.0, Keras 3.15.1), without what is a defect or a danger in them: no table
lets a file import a module or change the caller's config.
"""

from __future__ import annotations

from hornbook.engine.dialects import REGISTRY_FIRST, SCOPE_FIRST, Dialect

_FLAT = Dialect(
    "", root=SCOPE_FIRST, strict_kinds=False, wrapped_exceptions=(), flat_containers=False, flat_whole_names=True
)
# Scopes of these two are entries of the registry, so there is nothing to order.
_ONLY_FLAT = _FLAT._replace(on_duplicate="error", writes_flat=True)
TF_2_2 = _ONLY_FLAT._replace(name="tf2_2", config_may_be_list=(), flat_name_field=True)
TF_2_9 = _ONLY_FLAT._replace(name="tf2_9")

_V3 = _FLAT._replace(
    parts=REGISTRY_FIRST,
    class_names=("registered",),
    strings_anywhere=True,
    config_may_be_list=("modules", "flat"),
    shares_objects=False,
    on_duplicate="replace",
)
TF_2_15 = _V3._replace(
    name="tf2_15", imported_classes="with config", function_names="bare", unwritten_types=(slice, type(Ellipsis))
)
# tf_keras 2.19 to 2.21 write a registered function by its key, as they look it up; up to 2.18 by its bare name.
TF_2_19 = TF_2_15._replace(name="tf2_19", function_names="registered")
KERAS_3_6 = _V3._replace(
    name="keras3_6",
    imported_classes="with config",
    extra_keywords=True,
    function_names="bare",
    wrapped_exceptions=(TypeError,),
    flat_unwraps=True,
)
KERAS_3_15 = _V3._replace(
    name="keras3_15",
    extra_keywords=True,
    config_may_be_list=("flat",),
    wrapped_exceptions=(TypeError,),
    flat_functions=True,
    flat_unwraps=True,
)
