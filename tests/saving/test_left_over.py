"""Arrays of a file that the loaded model has no place for are told, not dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import LeftOverWeightsWarning, WeightsError

pytestmark = pytest.mark.filterwarnings("ignore:Model 'wrap':UserWarning")  # Keras', on the input shape


class Wrap(keras.Model):
    """Loses its part, or its metric, in `from_config`."""

    def __init__(self, inner: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, inputs: Any) -> Any:
        return inputs if self.inner is None else self.inner(inputs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Wrap:
        return cls(inner=None, **config)


def saved(path: Path, *, compiled: bool) -> Path:
    model = Wrap(keras.Sequential([keras.layers.Dense(2)]), name="wrap")
    model(np.ones((1, 3), "float32"))
    if compiled:
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
    hornbook.save_model(model, path, zipped=path.suffix == ".keras")
    return path


@pytest.mark.parametrize("form", ["m.keras", "folder"])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.filterwarnings("ignore:Skipping variable loading:UserWarning")  # Keras', of the optimizer
def test_arrays_of_a_part_that_is_none_are_an_error(form: str, compiled: bool, tmp_path: Path) -> None:
    """Plain Keras 3.15.1 loads it, without a word."""
    path = saved(tmp_path / form, compiled=compiled)
    with pytest.raises(WeightsError, match="no place for: inner/"):
        hornbook.load_model(path, {"Wrap": Wrap})


@pytest.mark.parametrize("form", ["m.keras", "folder"])
def test_they_are_a_warning_under_install(form: str, tmp_path: Path) -> None:
    path = saved(tmp_path / form, compiled=False)
    with hornbook.install(), pytest.warns(LeftOverWeightsWarning, match="inner/"):
        keras.models.load_model(path, {"Wrap": Wrap})


def test_they_are_a_warning_where_a_compiled_model_is_loaded_without_that(tmp_path: Path) -> None:
    """Some may belong to its training."""
    path = saved(tmp_path / "m.keras", compiled=True)
    with pytest.warns(LeftOverWeightsWarning, match="inner/"):
        hornbook.load_model(path, {"Wrap": Wrap}, compile=False)
