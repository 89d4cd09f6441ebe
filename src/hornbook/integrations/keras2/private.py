"""Every private name of Keras 2 that this library uses, wherever a version keeps it.

The package is `tf_keras`, or `keras` up to 2.15; since 2.13 its modules stand
under `src`.  A name that the running version lacks is `None`, and whoever uses
it takes the plain way.  Nothing is imported: importing Keras has loaded all of
these modules.
"""

from __future__ import annotations

import sys
from typing import Any

# Where it stands, as `module:name`, the newest place first; checked with Keras 2.9.0, 2.15.0 and tf_keras 2.21.0.
PLACES: dict[str, tuple[str, ...]] = {
    # The registry.
    "global_objects": (
        "saving.object_registration:_GLOBAL_CUSTOM_OBJECTS",
        "utils.generic_utils:_GLOBAL_CUSTOM_OBJECTS",
    ),
    "global_names": ("saving.object_registration:_GLOBAL_CUSTOM_NAMES", "utils.generic_utils:_GLOBAL_CUSTOM_NAMES"),
    "local_objects": ("saving.object_registration:_THREAD_LOCAL_CUSTOM_OBJECTS",),  # since 2.10
    "CustomObjectScope": ("saving.object_registration:CustomObjectScope", "utils.generic_utils:CustomObjectScope"),
    "get_registered_name": (
        "saving.object_registration:get_registered_name",
        "utils.generic_utils:get_registered_name",
    ),
    "get_registered_object": (
        "saving.object_registration:get_registered_object",
        "utils.generic_utils:get_registered_object",
    ),
    # The form with modules, since 2.12, and the flat one.
    "serialize": ("saving.serialization_lib:serialize_keras_object",),
    "deserialize": ("saving.serialization_lib:deserialize_keras_object",),
    "safe_mode": ("saving.serialization_lib:SAFE_MODE",),
    "flat_serialize": (
        "saving.legacy.serialization:serialize_keras_object",
        "utils.generic_utils:serialize_keras_object",
    ),
    "shared_objects": ("saving.serialization_lib:SHARED_OBJECTS",),
    "flat_deserialize": (
        "saving.legacy.serialization:deserialize_keras_object",
        "utils.generic_utils:deserialize_keras_object",
    ),
    "flat_saving_scope": (
        "saving.legacy.serialization:_shared_object_saving_scope",
        "utils.generic_utils:_shared_object_saving_scope",
    ),
    "in_saved_model": ("saving.legacy.saved_model.utils:in_tf_saved_model_scope",),
    # What byte code enters by.
    "func_load": ("utils.generic_utils:func_load",),
    "Lambda": ("layers.core.lambda_layer:Lambda", "layers.core:Lambda"),
    "clone_model": ("models.cloning:clone_model",),
    "clone_layer": ("models.cloning:_clone_layer",),
    # Inner doors to files.
    "load_model": ("saving.saving_api:load_model", "saving.save:load_model"),
    "load_older_model": ("saving.legacy.save:load_model",),
    "load_archive": ("saving.saving_lib:load_model",),
    "load_hdf5": ("saving.legacy.hdf5_format:load_model_from_hdf5", "saving.hdf5_format:load_model_from_hdf5"),
    "load_saved_model": ("saving.legacy.saved_model.load:load", "saving.saved_model.load:load"),
    "save_model": ("saving.saving_api:save_model",),
    "model_from_json": ("saving.legacy.model_config:model_from_json", "saving.model_config:model_from_json"),
    "model_from_config": ("saving.legacy.model_config:model_from_config", "saving.model_config:model_from_config"),
    # What makes arrays, and many objects.
    "make_variable": ("engine.base_layer_utils:make_variable",),
    "KerasTensor": ("engine.keras_tensor:KerasTensor",),
    "ListWrapper": ("utils.tf_utils:ListWrapper",),
    "repeat_elements": ("backend:repeat_elements",),
    "local_conv": ("backend:local_conv",),
    "conv_kernel_mask": ("utils.conv_utils:conv_kernel_mask",),
    "conv_kernel_idxs": ("utils.conv_utils:conv_kernel_idxs",),
    # Models.
    "save_state": ("saving.saving_lib:_save_state",),
    "load_state": ("saving.saving_lib:_load_state",),
    "older_weights": (
        "saving.legacy.hdf5_format:preprocess_weights_for_loading",
        "saving.hdf5_format:preprocess_weights_for_loading",
    ),
    "compile_arguments": (
        "saving.legacy.saving_utils:compile_args_from_training_config",
        "saving.saving_utils:compile_args_from_training_config",
    ),
    "build_compiled": (
        "saving.legacy.saving_utils:try_build_compiled_arguments",
        "saving.saving_utils:try_build_compiled_arguments",
    ),
    "get_values": ("backend:batch_get_value",),
    "set_values": ("backend:batch_set_value",),
    # Classes.
    "Functional": ("engine.functional:Functional",),
    "TFOpLambda": ("layers.core.tf_op_layer:TFOpLambda", "layers.core:TFOpLambda"),
    "SlicingOpLambda": ("layers.core.tf_op_layer:SlicingOpLambda", "layers.core:SlicingOpLambda"),
    "ClassMethod": ("layers.core.tf_op_layer:ClassMethod", "layers.core:ClassMethod"),
    "InstanceMethod": ("layers.core.tf_op_layer:InstanceMethod", "layers.core:InstanceMethod"),
    "InstanceProperty": ("layers.core.tf_op_layer:InstanceProperty", "layers.core:InstanceProperty"),
    "AddLoss": ("engine.base_layer:AddLoss",),
    "AddMetric": ("engine.base_layer:AddMetric",),
    "TensorFlowOpLayer": ("engine.base_layer:TensorFlowOpLayer",),
    "Feature": ("utils.feature_space:Feature",),
    "Cross": ("utils.feature_space:Cross",),
    "Container": ("engine.compile_utils:Container",),
}


class Private:
    """The private names of one package.

    Args:
        package: `"tf_keras"` or `"keras"`.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    def __getattr__(self, name: str) -> Any:
        """Return a private name by our name for it; `None` where this version lacks it."""
        places = PLACES.get(name)
        if places is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        for place in places:
            module, _, attribute = place.partition(":")
            for prefix in (f"{self._package}.src", self._package):
                target = getattr(sys.modules.get(f"{prefix}.{module}"), attribute, None)
                if target is not None:
                    return target
        return None

    def module(self, name: str) -> Any:
        """Return a module that files name, as `keras.engine.functional`, where it stands now; `None` if nowhere."""
        _, _, within = name.partition(".")
        within = within.removeprefix("src.")
        for place in (f"{self._package}.src.{within}", f"{self._package}.{within}"):
            module = sys.modules.get(place)
            if module is not None:
                return module
        return None
