"""Names, scopes, registries and configs of the real Keras 2: ours know theirs, and theirs know ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

import hornbook
from hornbook.errors import ConfigError, UnknownReferenceError
from hornbook.extending import OldObject, Registry, UpgradeRule, register_upgrade_rule

from .conftest import package

GENERATIONS = ("tf2_15", "tf2_9")


def objects(keras: Any) -> dict[str, Any]:
    """Return an object of each sort."""
    return {
        "layer": keras.layers.Dense(3, activation="relu", kernel_regularizer="l2", name="d"),
        "wrapper": keras.layers.Bidirectional(keras.layers.LSTM(3)),
        "initializer": keras.initializers.Constant(2.0),
        "regularizer": keras.regularizers.L1(0.1),
        "constraint": keras.constraints.MaxNorm(2),
        "loss": keras.losses.Huber(delta=2.0),
        "metric": keras.metrics.Mean(name="m"),
        "optimizer": keras.optimizers.Adam(0.1),
        "schedule": keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9),
    }


SORTS = ("layer", "wrapper", "initializer", "regularizer", "constraint", "loss", "metric", "optimizer", "schedule")


@pytest.mark.parametrize("sort", SORTS)
def test_an_object_comes_back(keras: Any, has_modules: bool, sort: str) -> None:
    if not has_modules:
        pytest.skip("the flat form takes module_objects")
    original = objects(keras)[sort]
    config = json.loads(json.dumps(hornbook.serialize_keras_object(original)))
    made = hornbook.deserialize_keras_object(config)
    assert type(made) is type(original)
    assert made.get_config() == original.get_config()


@pytest.mark.parametrize("sort", SORTS)
def test_a_config_is_what_its_own_version_writes(keras: Any, has_modules: bool, sort: str) -> None:
    if not has_modules:
        pytest.skip("the form with modules came with 2.12")
    original = objects(keras)[sort]
    theirs = keras.saving.serialize_keras_object(original)
    assert hornbook.serialize_keras_object(original) == theirs
    assert import_module("hornbook.legacy.tf2_15").serialize_keras_object(original) == theirs


def test_a_scope_of_ours_holds_in_functions_of_keras(keras: Any) -> None:
    def half(x: Any) -> Any:
        return 0.5 * x

    config = keras.layers.Dense(3, kernel_regularizer=half).get_config()
    with hornbook.custom_object_scope({"half": half}):
        assert keras.layers.Dense.from_config(config).kernel_regularizer is half
        assert keras.layers.Dense(3, kernel_regularizer="half").kernel_regularizer is half
        assert keras.regularizers.get("half") is half


def test_a_scope_of_keras_holds_in_functions_of_ours(keras: Any) -> None:
    class Local(keras.layers.Dense):
        pass

    with keras.utils.custom_object_scope({"Local": Local}):
        assert hornbook.get_registered_object("Local") is Local
        made = hornbook.deserialize_keras_object({"class_name": "Local", "config": {"units": 2}})
    assert type(made) is Local
    assert hornbook.get_registered_object("Local") is None


@pytest.mark.parametrize("generation", ["", *GENERATIONS])
def test_what_is_registered_with_us_keras_knows(keras: Any, generation: str) -> None:
    library = import_module(f"hornbook.legacy.{generation}") if generation else hornbook

    @library.register_keras_serializable("k2names")
    class Registered(keras.layers.Dense):
        pass

    assert keras.utils.get_registered_name(Registered) == "k2names>Registered"
    assert keras.utils.get_registered_object("k2names>Registered") is Registered
    assert type(keras.layers.deserialize(keras.layers.serialize(Registered(2)))) is Registered


def test_what_is_registered_with_keras_we_know(keras: Any) -> None:
    @keras.utils.register_keras_serializable("k2names")
    class Theirs(keras.layers.Dense):
        pass

    assert hornbook.get_registered_name(Theirs) == "k2names>Theirs"
    assert hornbook.get_registered_object("k2names>Theirs") is Theirs


def test_a_layer_of_ones_own_takes_its_parts_from_keras(keras: Any) -> None:
    """`get` and `deserialize` of Keras, called by a class while it is made."""

    @hornbook.register_keras_serializable("k2names")
    class Scaled(keras.layers.Layer):
        def __init__(self, initializer: Any = "ones", **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.initializer = keras.initializers.get(initializer)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "initializer": keras.initializers.serialize(self.initializer)}

    original = Scaled(keras.initializers.Constant(3.0))
    module_objects = {"Scaled": Scaled, "Constant": keras.initializers.Constant}
    made = hornbook.deserialize_keras_object(
        json.loads(json.dumps(hornbook.serialize_keras_object(original))), module_objects=module_objects
    )
    assert made.initializer.get_config() == original.initializer.get_config()


def test_module_objects_may_be_a_module_of_keras(keras: Any) -> None:
    """The mid-level example of the TF 2.9 document, with `module_objects=vars(keras.layers)`."""
    config = {
        "class_name": "Dense",
        "config": {"units": 3, "kernel_initializer": {"class_name": "Zeros", "config": {}}},
    }
    for library in (hornbook.legacy, import_module("hornbook.legacy.tf2_9")):
        layer = library.deserialize_keras_object(config, module_objects=vars(keras.layers))
        assert type(layer) is keras.layers.Dense
        with pytest.raises(ValueError, match="Dense"):
            library.deserialize_keras_object(config)


ADAM = {
    "class_name": "Adam",
    "config": {
        "amsgrad": False,
        "beta_1": 0.8999999761581421,
        "beta_2": 0.9990000128746033,
        "decay": 0.0,
        "epsilon": 1e-07,
        "learning_rate": 0.0010000000474974513,
        "name": "Adam",
    },
    "module": "keras.optimizers",
    "registered_name": None,
}


def test_the_adam_example_gives_an_adam(keras: Any) -> None:
    """TF 2.15 refuses its own example: `decay is deprecated`; a decay of 0 is none."""
    made = hornbook.deserialize_keras_object(ADAM)
    assert type(made).__name__ == "Adam"
    assert float(made.get_config()["learning_rate"]) == pytest.approx(0.001)
    assert ADAM["config"]["decay"] == 0.0


def test_the_callers_config_stays_as_it_is(keras: Any) -> None:
    """Keras 2.15.0 writes `sgd` into it."""
    config = {"class_name": "SGD", "config": {"learning_rate": 0.5}}
    with hornbook.custom_object_scope({}):
        keras.optimizers.deserialize(config)
    assert config["class_name"] == "SGD"


def test_a_name_that_nobody_knows_is_an_error_of_ours(keras: Any) -> None:
    config = {"class_name": "Nowhere", "config": {}, "module": "keras.layers", "registered_name": None}
    with pytest.raises(UnknownReferenceError, match="Nowhere"):
        hornbook.deserialize_keras_object(config)


BOTH = """
import tf_keras, hornbook
from hornbook.errors import AmbiguousReferenceError
import keras
config = hornbook.serialize_keras_object(tf_keras.layers.Dense(3))
try:
    hornbook.deserialize_keras_object(config)
except AmbiguousReferenceError as error:
    assert 'framework="tf_keras"' in str(error), error
else:
    raise AssertionError("nothing decided, and something came back")
for kind, root in ((tf_keras.layers.Dense, "tf_keras"), (keras.layers.Dense, "keras")):
    made = hornbook.deserialize_keras_object(config, framework=root)
    assert type(made) is kind, made
    made = hornbook.deserialize_keras_object(config, policy=hornbook.Policy(framework=root))
    assert type(made) is kind, made
    with hornbook.install(policy=hornbook.Policy(framework=root)):
        assert type(hornbook.deserialize_keras_object(config)) is kind
    own = {"tf_keras": tf_keras, "keras": keras}[root]
    with hornbook.custom_object_scope({"x": len}):
        assert type(own.layers.deserialize(own.layers.serialize(own.layers.Dense(2)))) is own.layers.Dense
"""


@pytest.mark.parametrize("junk", [[], {}, 1, True])
def test_a_registered_name_of_another_type_is_an_error_of_ours(keras: Any, junk: Any) -> None:
    config = {"class_name": "Dense", "config": {"units": 1}, "registered_name": junk}
    with pytest.raises(ConfigError, match="registered_name"):
        hornbook.deserialize_keras_object(config)


def test_beside_keras_3_the_caller_or_the_policy_decides(keras: Any) -> None:
    if package() != "tf_keras":
        pytest.skip("there is one Keras alone")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("TF_USE_LEGACY_KERAS", None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BOTH], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_an_upgrade_speaks_of_keras_3(keras: Any) -> None:
    """What Keras 2 has registered itself, as `Custom>Adam`, is no class of the user's."""
    optimizer = {"class_name": "Adam", "config": {"lr": 0.5, "decay": 0.0}}
    old = {"class_name": "Sequential", "config": [], "training_config": {"optimizer_config": optimizer}}
    with hornbook.custom_object_scope({}):  # whoever opens a scope has Keras 2 served from then on
        made = hornbook.upgrade(old, version="2.2.4")[0]["compile_config"]["optimizer"]
        again = hornbook.upgrade({**optimizer, "class_name": "Custom>Adam"}, version="2.11.0")[0]
    assert made["module"] == again["module"] == "keras.optimizers"
    assert made["config"] == again["config"] == {"learning_rate": 0.5}


def test_rules_of_a_package_hold_for_its_classes(keras: Any) -> None:
    """They rewrite what an older version of the package wrote, with Keras 2 as with Keras 3."""

    class Scale(keras.layers.Layer):
        def __init__(self, factor: float, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    def renamed(scale: OldObject) -> None:
        """The factor of a scale was `f` before version 2."""
        scale.rename("f", "factor")

    registry = Registry()
    with registry.use():
        hornbook.register_keras_serializable("acme")(Scale)
        register_upgrade_rule(UpgradeRule("acme-scale", frozenset({"acme>Scale"}), "acme 1", "acme 2.0", renamed))
        old = {"class_name": "acme>Scale", "config": {"f": 3.0}}
        model = {"class_name": "Sequential", "config": {"name": "s", "layers": [old]}}
        assert hornbook.deserialize_keras_object({**old, "registered_name": "acme>Scale", "module": "m"}).factor == 3.0
        assert hornbook.legacy.deserialize_keras_object(old).factor == 3.0
        assert hornbook.model_from_config(model, framework=package()).layers[0].factor == 3.0
        assert old["config"] == {"f": 3.0}
        with hornbook.install():
            assert keras.layers.deserialize(old).factor == 3.0


def test_a_registered_function_is_written_as_its_own_version_does(keras: Any, has_modules: bool) -> None:
    """By its bare name up to tf_keras 2.18, and by its key since 2.19."""
    if not has_modules:
        pytest.skip("the form with modules came with 2.12")

    @keras.utils.register_keras_serializable("lab", "curve")
    def bent(x: Any) -> Any:
        return x

    theirs = keras.saving.serialize_keras_object(bent)
    with hornbook.install():
        assert keras.saving.serialize_keras_object(bent) == theirs
        assert keras.saving.deserialize_keras_object(theirs) is bent


def test_a_sharing_scope_of_keras_holds_under_install(keras: Any, has_modules: bool) -> None:
    if not has_modules:
        pytest.skip("it came with 2.12")
    root = type(keras.layers.Dense(1)).__module__.partition(".")[0]
    sharing = import_module(f"{root}.src.saving.serialization_lib").ObjectSharingScope
    part = keras.layers.Dense(2)
    with hornbook.install(), sharing():
        configs = [keras.saving.serialize_keras_object({"part": part}) for _ in range(2)]
        first, second = (keras.saving.deserialize_keras_object(config) for config in configs)
    assert configs[0]["part"]["shared_object_id"] == configs[1]["part"]["shared_object_id"]
    assert first["part"] is second["part"]


def test_a_sequential_of_a_list_is_read_by_the_flat_function(keras: Any) -> None:
    """As Keras before 2.2.3 wrote it."""
    layer = {"class_name": "Dense", "config": {"units": 2, "name": "d", "batch_input_shape": [None, 3]}}
    old = {"class_name": "Sequential", "config": [layer]}
    with hornbook.install():
        made = keras.layers.deserialize(old)
    assert [each.name for each in made.layers] == ["d"]


def test_a_layer_keeps_the_shape_that_it_was_built_with(keras: Any, has_modules: bool) -> None:
    """One whose `build` does not call that of its base."""
    if not has_modules:
        pytest.skip("a shape is written since 2.12")

    class Plain(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight("kernel", (int(shape[-1]), 2))

        def call(self, inputs: Any) -> Any:
            return inputs @ self.kernel

    model = keras.Sequential([keras.Input((3,)), Plain(name="p")])
    text = model.to_json()
    with hornbook.install():
        again = keras.models.model_from_json(text, custom_objects={"Plain": Plain})
        assert again.to_json() == text
    assert len(again.weights) == 1
