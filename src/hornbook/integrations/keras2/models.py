"""Models of Keras 2: what they are made of, and their state to and from files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hornbook.errors import IntegrationError, WeightsError
from hornbook.frameworks.models import Models, WeightTarget
from hornbook.integrations.keras2.assign import assign, variables_of, with_values

if TYPE_CHECKING:
    from hornbook.archive.protocol import Archive
    from hornbook.archive.weights.report import WeightsReport
    from hornbook.archive.weights.stores import Folder
    from hornbook.integrations.keras2 import Keras2


class Keras2Models(Models):
    """The models of one package of Keras 2.

    Args:
        integration: That of the package.
    """

    # In files they say `keras_version`, whichever the package.
    root = "keras"
    # What TensorFlow 2.9.3 to 2.21.0 put into a folder.
    own_folder_members = frozenset({"assets", "fingerprint.pb", "keras_metadata.pb", "saved_model.pb", "variables"})

    def __init__(self, integration: Keras2) -> None:
        self._integration = integration
        self.own_formats: Mapping[str, Callable[[Any, Path], None]] = {"h5": _write_hdf5, "hdf5": _write_hdf5}
        self.own_folder = _write_saved_model

    def version(self) -> str:
        return str(sys.modules[self._integration.root].__version__)

    def is_model(self, value: Any) -> bool:
        keras = self._integration.keras
        return keras is not None and isinstance(value, keras.Model)

    def is_compiled(self, value: Any) -> bool:
        return bool(getattr(value, "_is_compiled", False))

    def save_state(self, model: Any, weights: WeightTarget, assets: Folder) -> None:
        from hornbook.integrations.keras2 import state

        state.save(model, weights, assets, self._integration.private)

    def load_state(self, model: Any, archive: Archive, *, strict: bool) -> None:
        from hornbook.integrations.keras2 import state

        state.load(model, archive, self._integration.private, strict=strict)

    def load_weights(self, model: Any, archive: Archive, *, by_order: bool, strict: bool) -> WeightsReport:
        if by_order:
            raise WeightsError("Weights go into models of Keras 2 by their names alone", place=archive.name)
        from hornbook.integrations.keras2 import state

        private = self._integration.private
        counted = [variable for metric in getattr(model, "metrics", ()) for variable in metric.variables]
        before, counts = (with_values(some, private) for some in (variables_of(model), counted))
        try:
            return state.load(model, archive, private, strict=strict, optimizer=False)
        except BaseException:
            assign(before, private)
            raise
        finally:
            assign(counts, private)  # Keras fills the metrics of a model as well

    def compile_as(self, model: Any, training_config: Any) -> None:
        private = self._integration.private
        if private.compile_arguments is None or private.build_compiled is None:
            raise IntegrationError(
                "This version of Keras does not tell how a model of a file is compiled",
                hint="Load it with compile=False.",
                place=None,
            )
        model.compile(**private.compile_arguments(training_config), from_serialized=True)
        private.build_compiled(model)  # else the model has no metrics until it is trained

    def to_numpy(self, value: Any) -> Any:
        import numpy as np

        return value.numpy() if hasattr(value, "numpy") else np.asarray(value)

    def example(self, model: Any) -> tuple[Any, list[Any]]:
        from hornbook.integrations.keras2 import trial

        return trial.example(model)

    def outputs(self, model: Any, inputs: Any) -> list[Any]:
        from hornbook.integrations.keras2 import trial

        return trial.outputs(model, inputs)

    def bytes_of(self, value: Any) -> int:
        return sum(int(each.dtype.size * (each.shape.num_elements() or 0)) for each in variables_of(value))

    def parts(self, value: Any) -> Mapping[str, Any]:
        layers = {f"layers/{layer.name}": layer for layer in getattr(value, "layers", ())}
        return {"": value, **layers}


def _write_saved_model(model: Any, path: Path) -> None:
    """Have TensorFlow write a model, the only format of Keras 2 that is a folder."""
    model.save(str(path), save_format="tf")


def _write_hdf5(model: Any, path: Path) -> None:
    """Have Keras write a model, under a name that tells it the format."""
    model.save(str(path), save_format="h5")
