"""Models of Keras 3: what they are made of, and their state to and from files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from hornbook.frameworks.models import Models, Unset, WeightTarget
from hornbook.integrations.keras3 import private

if TYPE_CHECKING:
    from hornbook.archive.protocol import Archive
    from hornbook.archive.weights.report import WeightsReport
    from hornbook.archive.weights.stores import Folder


class KerasModels(Models):
    """The models, layers, losses, metrics and optimizers of Keras 3."""

    root = "keras"

    def version(self) -> str:
        import keras

        return str(keras.__version__)

    def is_model(self, value: Any) -> bool:
        import keras

        return isinstance(value, (keras.Model, keras.utils.FeatureSpace))

    def is_saveable(self, value: Any) -> bool:
        import keras

        if private.KerasSaveable is not None:
            return isinstance(value, private.KerasSaveable)
        parts = (keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer)
        return self.is_model(value) or isinstance(value, parts)

    def save_state(self, model: Any, weights: WeightTarget, assets: Folder) -> None:
        from hornbook.integrations.keras3.weights import state

        state.save(model, weights, assets)

    def load_state(self, model: Any, archive: Archive, *, strict: bool) -> None:
        from hornbook.integrations.keras3.weights import state

        state.load(model, archive, strict=strict)

    def load_weights(self, model: Any, archive: Archive, *, by_order: bool, strict: bool) -> WeightsReport:
        from hornbook.integrations.keras3.weights import state

        return state.load_weights(model, archive, by_order=by_order, strict=strict)

    def unset_variables(self) -> AbstractContextManager[Unset]:
        from hornbook.integrations.keras3 import deferred_init

        return deferred_init.unset_variables()

    def to_numpy(self, value: Any) -> Any:
        import keras

        return keras.ops.convert_to_numpy(value)

    def view(self, value: Any) -> Any:
        from hornbook.integrations.keras3 import device

        return device.view(value)

    def outputs(self, model: Any, inputs: Any) -> list[Any]:
        import keras

        from hornbook.integrations.calls import called

        return [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(called(model, inputs))]

    def bytes_of(self, value: Any) -> int:
        from hornbook.integrations.keras3.weights import bounds

        return bounds.size_of(*getattr(value, "variables", ())) // 2

    def parts(self, value: Any) -> Mapping[str, Any]:
        from hornbook.integrations.keras3.weights import walk

        return walk.parts(value)

    def arrays(self, value: Any) -> Iterator[Any] | None:
        from hornbook.integrations.keras3.weights import kept

        return kept.arrays(value)

    def own_attributes(self, value: Any) -> Mapping[str, Any]:
        from hornbook.integrations.keras3.weights import walk

        return walk.own_attributes(value)
