"""Rules of others: a package renamed an argument of its class in its second version."""

from __future__ import annotations

import importlib.metadata
import io
import json
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests import needs

import hornbook
from hornbook.extending import ABSENT, OldObject, Registry, UpgradeRule, register_upgrade_rule
from hornbook.legacy import tf2_15


class Box:
    """Version 2 of the class; version 1 wrote `w`."""

    def __init__(self, width: int, lid: Any = None) -> None:
        self.width, self.lid = width, lid

    def get_config(self) -> dict[str, Any]:
        return {"width": self.width, "lid": self.lid}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Box:
        lid = config.pop("lid", None)
        return cls(**config, lid=lid and hornbook.deserialize_keras_object(lid))


def renamed(box: OldObject) -> None:
    """The side of a box was `w` before version 2."""
    box.rename("w", "width")


def rule(apply: Any = renamed, name: str = "acme-box", classes: str = "acme>Box", **more: Any) -> UpgradeRule:
    return UpgradeRule(name, frozenset(classes.split()), "acme 1", "acme 2.0 release notes", apply, **more)


def old_box(**more: Any) -> dict[str, Any]:
    return {"module": "acme.shapes", "class_name": "Box", "config": {"w": 3, **more}, "registered_name": "acme>Box"}


@pytest.fixture
def acme() -> Iterator[Registry]:
    """A registry that knows the class and the rule."""
    registry = Registry()
    with registry.use():
        hornbook.register_keras_serializable("acme")(Box)
        register_upgrade_rule(rule())
        yield registry


def test_an_old_config_is_read(acme: Registry) -> None:
    """At any depth, by every function that reads; the config stays as it is."""
    config = old_box(lid=old_box(lid={"a": [old_box()]}))
    kept = json.dumps(config)
    box = hornbook.deserialize_keras_object(old_box(lid=old_box()))
    assert (box.width, box.lid.width) == (3, 3)
    assert tf2_15.deserialize_keras_object(old_box()).width == 3
    assert hornbook.deserialize_keras_object([old_box()])[0].width == 3
    made, report = hornbook.upgrade(config)
    assert made["config"]["lid"]["config"]["lid"]["a"][0]["config"] == {"width": 3}
    assert json.dumps(config) == kept
    assert report.rules() == {"acme-box": 3}


def test_what_is_done_is_reported(acme: Registry) -> None:
    """With place and values, as for the rules of hornbook."""
    _, report = hornbook.upgrade(old_box())
    assert [tuple(change)[:3] for change in report.changes] == [("acme-box", "$.config.w", 3)]


def test_what_is_new_already_is_left_alone(acme: Registry) -> None:
    """A rule is idempotent, and a config in which none holds is the same one."""
    config = hornbook.upgrade(old_box())[0]
    again, report = hornbook.upgrade(config)
    assert (again, report.changes) == (config, [])
    other = {"module": "acme", "class_name": "Other", "config": {"w": (1, [2])}, "registered_name": "acme>Other"}
    made, report = hornbook.upgrade(other)
    assert (made, report.changes) == (other, [])


def test_tuples_beside_it_stay_tuples(acme: Registry) -> None:
    """What no rule holds for is not brought into the form of JSON."""
    made, _ = hornbook.upgrade(old_box(lid=(old_box(), 1)))
    assert made["config"]["lid"][0]["config"] == {"width": 3}
    assert made["config"]["lid"][1] == 1
    assert type(made["config"]["lid"]) is tuple


def test_another_registry_does_not_know_it(acme: Registry) -> None:
    """Rules are on an object, as registered classes are."""
    with Registry().use():
        assert hornbook.upgrade(old_box())[1].changes == []
        with pytest.raises(hornbook.HornbookError, match="w"):
            hornbook.deserialize_keras_object(old_box(), custom_objects={"acme>Box": Box, "Box": Box})
    other = Registry()
    register_upgrade_rule(rule(), registry=other)
    with other.use():
        assert hornbook.upgrade(old_box())[1].rules() == {"acme-box": 1}


def test_a_class_that_is_passed_in_is_known_by_its_module() -> None:
    """It has no registered name, and in the flat form no module."""
    registry = Registry()
    register_upgrade_rule(rule(classes=f"{Box.__module__}.Box"), registry=registry)
    with registry.use():
        whole = {"module": Box.__module__, "class_name": "Box", "config": {"w": 3}, "registered_name": "Box"}
        for config in (whole, {**whole, "module": None}, {"class_name": "Box", "config": {"w": 3}}):
            assert hornbook.deserialize_keras_object(config, custom_objects={"Box": Box}).width == 3


def test_a_class_in_the_flat_form_is_known_by_its_registered_name(acme: Registry) -> None:
    """Keras 2 wrote `package>Name` for the class name."""
    assert hornbook.legacy.deserialize_keras_object({"class_name": "acme>Box", "config": {"w": 3}}).width == 3
    assert hornbook.legacy.deserialize_keras_object({"class_name": "Box", "config": {"w": 3}}, {"Box": Box}).width == 3


def in_a_sequential(version: str | None) -> dict[str, Any]:
    """Return a model with an old box in a layer, as Keras 2.15 or 3 wrote it."""
    dense = {"module": "keras.layers", "class_name": "Dense", "registered_name": None,
             "config": {"name": "d", "units": 2, "kernel_initializer": old_box()}}  # fmt: skip
    shape = "batch_shape" if version is None else "batch_input_shape"
    first = {"module": "keras.layers", "class_name": "InputLayer", "registered_name": None,
             "config": {"name": "i", shape: [None, 3]}}  # fmt: skip
    more = {} if version is None else {"keras_version": version}
    config = {"name": "s", "layers": [first, dense]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None, **more}


@pytest.mark.parametrize("version", [None, "2.15.0", "3.4.1"])
def test_it_holds_whatever_version_of_keras_wrote_the_model(acme: Registry, version: str | None) -> None:
    """The versions of a package are its own."""
    made, report = hornbook.upgrade(in_a_sequential(version))
    assert made["config"]["layers"][1]["config"]["kernel_initializer"]["config"] == {"width": 3}
    assert report.rules()["acme-box"] == 1
    file = io.BytesIO(json.dumps(in_a_sequential(version)).encode())
    found = hornbook.check_upgrade(file)
    assert found.report.rules()["acme-box"] == 1
    assert "| acme-box | 1 | The side of a box was `w` before version 2. | acme 1 |" in found.to_markdown()


@needs.keras
def test_a_model_with_it_is_loaded(acme: Registry, tmp_path: Any) -> None:
    """`save_model` of version 1, `load_model` of version 2."""
    import keras

    class Scale(keras.layers.Layer):
        def __init__(self, factor: float = 2.0, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "scale": self.factor}

    def factor(layer: OldObject) -> None:
        """`scale` is `factor` since version 2."""
        layer.rename("scale", "factor")

    hornbook.register_keras_serializable("acme")(Scale)
    register_upgrade_rule(rule(factor, "acme-scale", "acme>Scale"))
    path = tmp_path / "old.keras"
    hornbook.save_model(keras.Sequential([keras.Input((2,)), Scale(3.0)]), path)
    assert hornbook.load_model(path).layers[0].factor == 3.0
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    assert hornbook.model_from_config(config).layers[0].factor == 3.0


def test_it_is_not_triggered_for_built_ins(acme: Registry) -> None:
    """Unless it says so, and then not for a class of the user's."""

    def units(dense: OldObject) -> None:
        """No sense in it."""
        dense.set("units", 7)

    dense = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "registered_name": None}
    own = {"module": "acme", "class_name": "Dense", "config": {"units": 1}, "registered_name": "acme>Dense"}
    for name in ("Dense", "<layer>", "keras.layers.Dense"):
        with pytest.raises(hornbook.errors.RegistrationError, match="no class of yours"):
            register_upgrade_rule(rule(units, "dense", name))
    register_upgrade_rule(rule(units, "dense", "acme>Dense"))
    for config in (dense, {**dense, "registered_name": "acme>Dense"}, {**dense, "registered_name": "Dense"}):
        assert hornbook.upgrade(config, version="2.15")[0]["config"] == {"units": 1}
        assert hornbook.upgrade(config)[0]["config"] == {"units": 1}
    assert hornbook.upgrade(own)[0]["config"] == {"units": 7}
    register_upgrade_rule(rule(units, "dense", "Dense", builtins=True))
    assert hornbook.upgrade(dense, version="2.15")[0]["config"] == {"units": 7}
    assert hornbook.upgrade(dense)[0]["config"] == {"units": 1}  # of Keras 3
    assert hornbook.upgrade(own, version="2.15")[0]["config"] == {"units": 1}


def test_a_rule_for_built_ins_may_tell_that_an_older_version_wrote_them(acme: Registry) -> None:
    """By the same tests as those of hornbook."""

    def fast(dense: OldObject) -> None:
        """An argument of a fork."""
        dense.drop("fast")

    register_upgrade_rule(rule(fast, "fork", "Dense", builtins=True, tells=True))
    dense = {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"units": 1, "fast": 1},
        "registered_name": None,
    }
    made, report = hornbook.upgrade(dense)
    assert (made["config"], report.rules()) == ({"units": 1}, {"fork": 1})


def test_rules_are_applied_stage_by_stage(acme: Registry) -> None:
    """Whole objects, then arguments, then, when the parts are upgraded, once more."""
    steps: list[tuple[str, str, Any]] = []

    def crate(box: OldObject) -> None:
        """Box was called Crate."""
        steps.append(("form", box.name, box.get("w")))
        box.become("Box", "acme.shapes", "acme>Box")

    def done(box: OldObject) -> None:
        """The last one."""
        steps.append(("done", box.name, box.get("lid", ABSENT)))

    register_upgrade_rule(rule(crate, "acme-crate", "acme>Crate", stage="form"))
    register_upgrade_rule(rule(done, "acme-done", stage="done"))
    old = {**old_box(lid=old_box()), "class_name": "Crate", "registered_name": "acme>Crate"}
    assert hornbook.deserialize_keras_object(old).lid.width == 3
    inner = {**old_box(), "config": {"width": 3}}
    assert steps == [("form", "Crate", 3), ("done", "Box", ABSENT), ("done", "Box", inner)]


def test_what_a_rule_cannot_decide_is_an_error(acme: Registry) -> None:
    """And what is lost is a warning, as with the rules of hornbook."""

    def loose(box: OldObject) -> None:
        """Lids could be loose."""
        if box.get("lid") == "loose":
            box.open("a loose lid has no counterpart in acme 2", "lid")
        if "paint" in box.arguments:
            box.lose("boxes are not painted any more", "paint")
        if "unit" not in box.arguments and box.get("lid") == "cm":
            box.assume("the unit of a box is taken for cm", "unit")

    register_upgrade_rule(rule(loose, "acme-lid"))
    with pytest.raises(hornbook.errors.ConfigError, match=r"^It is uncertain: a loose lid .* - at `\$\.config\.lid`"):
        hornbook.deserialize_keras_object(old_box(lid="loose"))
    with pytest.warns(hornbook.errors.UpgradeWarning, match="not painted"):
        assert hornbook.deserialize_keras_object(old_box(paint="red")).width == 3
    assert hornbook.upgrade(old_box(lid="cm"))[1].assumed[0].place == "$.config.unit"


def test_what_a_rule_meets_that_nobody_wrote_is_an_error_of_ours(acme: Registry) -> None:
    """As with a value of another type, or with depth."""

    def wrong(box: OldObject) -> None:
        """Adds to what is no number."""
        box.set("w", box.get("w") + 1)

    register_upgrade_rule(rule(wrong, "acme-box"))  # in place of the other one
    with pytest.raises(hornbook.errors.ConfigError, match="TypeError"):
        hornbook.upgrade(old_box(w="x"))
    deep: Any = old_box()
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(hornbook.errors.LimitError):
        hornbook.upgrade(old_box(lid=deep))


def test_a_package_brings_its_rules_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it brings is checked as what is registered in a call."""
    rules = [rule()]

    def entry_points(group: str) -> list[Any]:
        points = [SimpleNamespace(name=one.name, load=lambda one=one: one) for one in rules]
        return points if group == "hornbook.upgrade_rules" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    with Registry().use():
        assert hornbook.upgrade(old_box())[1].rules() == {"acme-box": 1}
    rules[:] = [rule(classes="Box")]
    with Registry().use(), pytest.raises(hornbook.errors.RegistrationError, match="acme-box"):
        hornbook.upgrade(old_box())


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        (rule(name="cudnn"), "is the name of a rule of hornbook"),
        (rule(stage="last"), "is no stage"),
        (rule(classes="Box"), "no class of yours"),
        ("acme-box", "must be a UpgradeRule"),
    ],
    ids=["name", "stage", "class", "type"],
)
def test_what_is_no_rule_is_refused(wrong: Any, match: str) -> None:
    with pytest.raises(hornbook.errors.RegistrationError, match=match):
        register_upgrade_rule(wrong, registry=Registry())


def test_a_rule_may_be_taken_back(acme: Registry) -> None:
    """Then nothing holds."""
    acme.extensions("hornbook.upgrade_rules", UpgradeRule).unregister("acme-box")
    assert hornbook.upgrade(old_box())[1].changes == []
