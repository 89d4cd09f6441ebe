"""The allow-list of built-ins fits the Keras that is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import pytest
from keras.src.api_export import get_symbol_from_name
from tests import needs

from hornbook.archive.weights.paths import snake_case
from hornbook.engine.builtins import Builtin
from hornbook.engine.reference import Reference
from hornbook.integrations.keras3.catalogue import catalogue

ROOT = Path(__file__).parents[2]


@needs.since("3.15", "private classes have other names")
def test_the_catalogue_lacks_no_built_in_of_this_keras() -> None:
    """`scripts/catalogue.py --check` finds nothing missing."""
    done = subprocess.run([sys.executable, ROOT / "scripts/catalogue.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "keras.utils.get_file",
        "keras.config.enable_unsafe_deserialization",
        "keras.datasets.mnist.load_data",
        "keras.saving.load_model",
        "keras.applications.ResNet50",
        "keras.distribution.initialize",
        "keras.visualization.plot_image_gallery",
        "keras.ops.map",
        "keras.ops.cond",
        "keras.utils.set_random_seed",
        "os.system",
    ],
)
def test_what_is_no_modelling_object_is_in_no_kind(name: str) -> None:
    """Functions that read, fetch, configure or take functions are not in it."""
    module, _, last = name.rpartition(".")
    assert catalogue().find_class(module, last) is None
    assert catalogue().find_function(module, last) is None


def test_every_entry_is_found_in_this_keras() -> None:
    """A name of the catalogue gives an object of Keras 3.15.1, and one of the right sort."""
    if keras.__version__ != "3.15.1":
        pytest.skip("the catalogue was made from Keras 3.15.1")
    from hornbook.engine.registry import DEFAULT
    from hornbook.integrations.keras3 import INTEGRATION

    DEFAULT.integrations.activate_for("keras")

    def target_of(reference: Reference) -> object:
        described = INTEGRATION.describe(reference)
        return described.target if isinstance(described, Builtin) else None

    missing = [
        f"{module}.{name}"
        for module, names in catalogue()._classes.items()
        for name in names
        if not isinstance(target_of(Reference("class", name, module, None)), type)
    ]
    missing += [
        f"{module}.{name}"
        for module, names in catalogue()._functions.items()
        for name in names
        if not callable(target_of(Reference("function", name, module, name)))
    ]
    assert not missing


def test_names_of_containers_in_a_weight_file_are_those_of_keras() -> None:
    """Snake case equals that of Keras for every class of its own, and for odd ones."""
    from keras.src.utils.naming import to_snake_case

    names = {name for module in catalogue()._classes.values() for name in module}
    for name in [*names, "MyGRU", "A", "AB", "ABc", "aB", "HTTPServer2", "My_Layer", "x1Y2", "É", "Conv2DT"]:
        assert snake_case(name) == to_snake_case(name)


def test_a_bare_class_name_finds_the_layer_that_is_exported_by_it() -> None:
    """Whatever else has the name: `Normalization` and the like are looked for where layers are."""
    for name, value in vars(keras.layers).items():
        if isinstance(value, type) and issubclass(value, keras.layers.Layer) and value.__name__ == name:
            entry = catalogue().find_bare(name)
            assert entry is not None, name
            assert get_symbol_from_name(f"{entry.module}.{name}") is value
    sequential = catalogue().find_bare("Sequential")
    assert sequential is not None
    assert sequential.kind == "model"
    assert catalogue().find_bare("get_file") is None
