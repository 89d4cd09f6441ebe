"""What the old versions' own functions wrote, through every function that reads a config."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import keras
import pytest
from tests import needs

import hornbook
from golden import golden_files as files

pytestmark = needs.shared
NONE = [pytest.param("", "", "", marks=pytest.mark.skip("no golden files beside this checkout"))]


def with_custom_objects(read):
    return lambda config, customs: read(config, custom_objects=customs)


def in_a_scope(config: Any, customs: dict[str, Any]) -> Any:
    with hornbook.custom_object_scope(customs):
        return hornbook.deserialize_keras_object(config)


def installed(config: Any, customs: dict[str, Any]) -> Any:
    with hornbook.install():
        return keras.saving.deserialize_keras_object(config, custom_objects=customs)


BUILT_IN = {"Sequential": keras.Sequential, "Functional": keras.Model, "Model": keras.Model}
DOORS = {
    "deserialize_keras_object": with_custom_objects(hornbook.deserialize_keras_object),
    "model_from_config": with_custom_objects(hornbook.model_from_config),
    "model_from_json": lambda config, customs: hornbook.model_from_json(json.dumps(config), custom_objects=customs),
    "a scope": in_a_scope,
    "install": installed,
}


# What stands in the way of some, whichever function is asked.
REASONS = ("byte code", "requires TensorFlow", "no certain meaning")


def outcome(door: Any, config: Any, label: str) -> str:
    """Return the config of the model that a function makes, or the reason why there is none."""
    keras.utils.clear_session()
    try:
        model = door(config, files.zoo()[1])
    except (hornbook.HornbookError, ImportError, ValueError) as error:  # a `ValueError` of Keras' own functions
        files.skip_if_another(label, error)
        reason = next((one for one in REASONS if one in str(error)), None)
        if reason is None:
            raise
        return reason
    return model.to_json()


def each_model(form: str) -> list[tuple[str, str, str]]:
    return needs.in_turns(files.cases((form,)), lambda case: case[2])


SERIALIZED = each_model(".serialized.json")


def check_doors(doors: list[str], label: str, form: str, name: str) -> None:
    config = files.json_forms(label, name)[form]
    outcomes = {door: outcome(DOORS[door], config, label) for door in doors}
    assert len(set(outcomes.values())) == 1, outcomes


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("label", "form", "name"), SERIALIZED or NONE)
def test_both_functions_for_objects_agree(label: str, form: str, name: str) -> None:
    """One model comes of a config, or one reason why none does."""
    check_doors(["deserialize_keras_object", "model_from_config"], label, form, name)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("label", "form", "name"), SERIALIZED[::5] or NONE)
def test_all_functions_agree(label: str, form: str, name: str) -> None:
    """On each fifth."""
    check_doors([*DOORS], label, form, name)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("label", "form", "name"), each_model(".get_config.json") or NONE)
def test_from_config_in_a_scope_reads_what_get_config_wrote(label: str, form: str, name: str) -> None:
    """As the object config around it is read."""
    whole = files.json_forms(label, name)[form]  # the class stands beside what `get_config` wrote
    if whole["class_name"] not in BUILT_IN:
        pytest.skip("a class of the user's")

    def from_config(config: Any, customs: dict[str, Any]) -> Any:
        with hornbook.custom_object_scope(customs):
            return BUILT_IN[config["class_name"]].from_config(deepcopy(config["config"]))

    assert outcome(from_config, whole, label) == outcome(DOORS["model_from_config"], whole, label)
