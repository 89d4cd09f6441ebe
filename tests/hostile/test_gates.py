"""What the gates promise beyond single attacks: one judge, one policy, and budgets."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import needs
from tests.hostile.configs import (
    Case,
    attacks,
    benign,
    called,
    chain,
    dense,
    function,
    lambda_value,
    layer,
    made,
    model,
    sequential,
)

import hornbook
from hornbook.engine.session import judge
from hornbook.errors import (
    ConfigError,
    ConstructionError,
    LambdaRefusedError,
    LimitError,
    MissingDependencyError,
    UnknownReferenceError,
    UnresolvedReferenceError,
    UntrustedReferenceError,
)
from hornbook.policy import KERAS, STRICT, TRUSTED, Limits, Policy

MODELS = frozenset({"model"})


class ReadsItself(keras.Model):
    """A model of the user's whose config has a form of its own, and a graph within."""

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return keras.Model.from_config(config["graph"])


@pytest.mark.parametrize("node", [{"args": [[[1.0], [2.0]]], "kwargs": {}}, {}, []])
def test_no_layer_is_called_for_real_whatever_the_judge_sees(node: Any) -> None:
    """Where a node is run it has a tensor of the graph: what only the user's class knows to be a graph is one, too."""
    padding = {**layer("ZeroPadding1D", padding=1 << 30, name="z"), "name": "z", "inbound_nodes": [node]}
    inner = model(padding)["config"]
    config = {**made("lab", "ReadsItself", graph=inner), "registered_name": "lab>ReadsItself"}
    with pytest.raises(ConfigError, match="without a tensor"):
        hornbook.deserialize_keras_object(config, custom_objects={"lab>ReadsItself": ReadsItself})


# What an attack is refused for only when the class or the framework sees it.
_NOT_OF_POLICY = (ConstructionError, LimitError, MissingDependencyError)


def findings(case: Case) -> list[Any]:
    kinds = MODELS if case.entry == "model_from_config" else None
    return judge(case.config, kinds=kinds, custom_objects=_objects())


def _objects() -> dict[str, Any]:
    class Danger(keras.layers.Layer):
        pass

    class Words(keras.layers.StringLookup):
        pass

    class Path:
        def get_config(self) -> dict[str, Any]:
            return {}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Path:
            return cls()

    def danger(x: Any) -> Any:
        return x

    return {"lab>Danger": Danger, "lab>Words": Words, "lab>Path": Path, "lab>danger": danger, "danger": danger}


ATTACKS = [case for case in attacks("/nowhere") if case.entry in ("deserialize", "model_from_config")]
# Told by whoever decodes a value: an array is no object.
ATTACKS = [case for case in ATTACKS if case.name != "memory-array-dtype"]


def refused(case: Case, objects: dict[str, Any]) -> hornbook.HornbookError | None:
    read = hornbook.deserialize_keras_object if case.entry == "deserialize" else hornbook.model_from_config
    try:
        read(case.config, objects)
    except hornbook.HornbookError as error:
        return error
    return None


@pytest.mark.parametrize("case", ATTACKS, ids=[case.name for case in ATTACKS])
def test_what_is_found_is_what_is_refused(case: Case) -> None:
    """A config with findings is refused with the first of them, or for names; one without for no policy."""
    found, error = findings(case), refused(case, _objects())
    unknown = isinstance(error, UnresolvedReferenceError)
    if unknown and (needs.older("3.15") or (not found and case.name == "typespec")):
        return  # the catalogue knows names that older ones lack, and TensorFlow alone its type specs
    if not found:
        # Older ones take any number of units, and allocate nothing until they are built.
        assert isinstance(error, _NOT_OF_POLICY) or (error is None and needs.older("3.15")), error
    else:
        assert isinstance(error, tuple({_family(one.error) for one in found}))


def _family(error: hornbook.HornbookError) -> type[hornbook.HornbookError]:
    """Return the class of an error; without a framework a name in it may be unknown, not untrusted."""
    return UnresolvedReferenceError if isinstance(error, UnresolvedReferenceError) else type(error)


@pytest.mark.parametrize("case", benign(), ids=[case.name for case in benign()])
def test_what_is_meant_well_has_no_findings(case: Case) -> None:
    """Judging without a framework refuses nothing that loads."""
    assert findings(case) == []


@given(st.data())
def test_a_judge_and_a_reading_agree_on_mixed_configs(data: st.DataObject) -> None:
    """Whatever objects stand in whatever arguments of a layer."""
    parts = [
        made("keras.initializers", "Zeros"), made("keras.regularizers", "L2", l2=0.1), made("keras.metrics", "Mean"),
        made("keras.optimizers", "SGD"), function("relu"), function("mse"), dense(), sequential(dense()), "relu", None,
        True, 3, -1, "float16", "x" * 5, made("keras", "DTypePolicy", name="float16"), lambda_value(), [1, 2], {"a": 1},
    ]  # fmt: skip
    names = ["units", "activation", "kernel_initializer", "bias_regularizer", "kernel_constraint", "dtype", "name"]
    chosen = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(parts), max_size=3))
    config = dense(**{"units": 2, **chosen})
    found = judge(config)
    error = refused(Case("", "", "deserialize", config), {})
    if not found:  # a class, or a function of Keras that knows no such name, may still refuse it
        assert error is None or isinstance(error, (ConstructionError, UnknownReferenceError))
    else:
        assert error is not None
        assert str(error.place) in {one.place for one in found}


def test_all_findings_are_told_with_their_places() -> None:
    """Not only the first."""
    config = sequential(
        dense(True, kernel_initializer=made("keras.metrics", "Mean")), layer("StringLookup", vocabulary="/etc/passwd")
    )
    config["config"]["layers"].append(dense(activation=function("system", "os")))
    config["config"]["layers"].append(layer("Lambda", function=lambda_value()))
    found = {(one.rule, one.place) for one in judge(config, kinds=MODELS)}
    assert found == {
        ("argument", "$.config.layers[1].config.units"),
        ("kind", "$.config.layers[1].config.kernel_initializer"),
        ("file", "$.config.layers[2].config.vocabulary"),
        ("unknown", "$.config.layers[3].config.activation"),
        ("lambda", "$.config.layers[4].config.function"),
    } or found == {
        ("argument", "$.config.layers[1].config.units"),
        ("kind", "$.config.layers[1].config.kernel_initializer"),
        ("file", "$.config.layers[2].config.vocabulary"),
        ("untrusted", "$.config.layers[3].config.activation"),
        ("lambda", "$.config.layers[4].config.function"),
    }


# ---------------------------------------------------------------- policies
def test_presets() -> None:
    """Three policies are ready, the default the strictest."""
    assert hornbook.Policy() == STRICT
    assert not STRICT.paths
    assert not STRICT.lambdas
    assert TRUSTED.paths
    assert TRUSTED.lambdas
    assert KERAS.paths
    assert not KERAS.lambdas


def test_a_policy_may_allow_more() -> None:
    """A larger budget and byte code for files of one's own."""
    big = {**dense(1 << 13), "build_config": {"input_shape": [None, 1 << 12]}}
    with pytest.raises(LimitError):
        hornbook.deserialize_keras_object(big, policy=Policy(limits=Limits(variable_bytes=1 << 20)))
    assert hornbook.deserialize_keras_object(big, policy=TRUSTED).built
    lookup = layer("StringLookup", vocabulary="words.txt")
    assert [one.rule for one in judge(lookup)] == ["file"]
    assert judge(lookup, policy=TRUSTED) == []


def test_a_policy_in_toml(tmp_path: Path) -> None:
    """The file has the names of the fields."""
    file = tmp_path / "policy.toml"
    file.write_text('preset = "trusted"\ntrusted = ["lab>*"]\nlambdas = false\n[limits]\ndepth = 7\n')
    policy = Policy.from_toml(file)
    assert policy == TRUSTED._replace(trusted=("lab>*",), lambdas=False, limits=TRUSTED.limits._replace(depth=7))


@pytest.mark.parametrize(
    "text",
    ["x", "trusted = 1", "trusted = [1]", "lambdas = 1", "[limits]\nnope = 1", "[limits]\ndepth = -1", 'preset = "x"',
     "other = true", "limits = 3", 'preset = ["strict"]'],
)  # fmt: skip
def test_a_wrong_policy_is_one_error(tmp_path: Path, text: str) -> None:
    """With the file, and the key."""
    file = tmp_path / "policy.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"policy\.toml"):
        Policy.from_toml(file)


def test_patterns_trust_modules() -> None:
    """What is imported and matches may be used; no more than that."""
    policy = Policy.trusting(f"{__name__}.*")
    config = {"module": __name__, "class_name": "Box", "config": {}, "registered_name": "Box"}
    with pytest.raises(UntrustedReferenceError):
        hornbook.deserialize_keras_object(config)
    assert isinstance(hornbook.deserialize_keras_object(config, policy=policy), Box)


class Box:
    """What a policy may trust."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Box:
        return cls()


@pytest.mark.parametrize("inner", ["policy", "safe_mode", "scope", "keras", "model"])
def test_user_code_within_a_reading_cannot_widen_it(inner: str) -> None:
    """Whatever it passes, byte code and paths stay refused."""
    bad = sequential(layer("Lambda", function=lambda_value()))

    class Opener:
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            if inner == "policy":
                return hornbook.deserialize_keras_object(bad, policy=TRUSTED)
            if inner == "safe_mode":
                return hornbook.deserialize_keras_object(bad, safe_mode=False)
            if inner == "scope":
                with hornbook.custom_object_scope({"Opener": cls}):
                    return hornbook.deserialize_keras_object(bad, safe_mode=False, policy=TRUSTED)
            if inner == "keras":
                keras.config.enable_unsafe_deserialization()
                return keras.saving.deserialize_keras_object(bad, safe_mode=False)
            return hornbook.model_from_config(bad, safe_mode=False, policy=TRUSTED)

    with pytest.raises((LambdaRefusedError, ConstructionError), match="lambda"):
        hornbook.deserialize_keras_object({"class_name": "Opener", "config": {}}, {"Opener": Opener})


def test_user_code_within_a_reading_passes_the_same_judge() -> None:
    """A config that user code makes is judged as one of the file."""

    class Maker:
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return keras.saving.deserialize_keras_object(layer("StringLookup", vocabulary="/etc/passwd"))

    with pytest.raises(ConfigError, match="names a file"):
        hornbook.deserialize_keras_object({"class_name": "Maker", "config": {}}, {"Maker": Maker})


def test_other_threads_have_their_own_policy() -> None:
    """One that trusts, while another one does not."""
    seen: list[bool] = []
    wide, strict = threading.Event(), threading.Event()

    class Waits:
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Waits:
            wide.set()
            assert strict.wait(20)
            hornbook.deserialize_keras_object(layer("Lambda", function=lambda_value(), arguments={}))
            return cls()

    def trusting() -> None:
        hornbook.deserialize_keras_object({"class_name": "Waits", "config": {}}, {"Waits": Waits}, policy=TRUSTED)
        seen.append(True)

    thread = threading.Thread(target=trusting)
    thread.start()
    assert wide.wait(20)
    with pytest.raises(LambdaRefusedError):
        hornbook.deserialize_keras_object(lambda_value())
    strict.set()
    thread.join(20)
    assert seen == [True]


# ---------------------------------------------------------------- budgets
def test_a_budget_is_one_for_all_of_a_reading() -> None:
    """Many small variables are as much as one large one."""
    policy = Policy(limits=Limits(variable_bytes=1 << 16))
    assert hornbook.model_from_config(sequential(dense(64), shape=(64,)), policy=policy)
    with pytest.raises(LimitError, match="MiB"):
        hornbook.model_from_config(sequential(*[dense(64)] * 8, shape=(64,)), policy=policy)


def test_a_file_may_have_the_weights_that_it_stores(tmp_path: Path) -> None:
    """With an optimizer, beyond what a config alone may ask for."""
    whole = keras.Sequential([keras.Input((256,)), keras.layers.Dense(1024)])
    whole.compile("adam", "mse")
    whole.optimizer.build(whole.trainable_variables)
    hornbook.save_model(whole, tmp_path / "m.keras")
    assert hornbook.load_model(tmp_path / "m.keras", policy=Policy(limits=Limits(variable_bytes=1000)))
    with pytest.raises(LimitError):
        hornbook.load_model(tmp_path / "m.keras", policy=Policy(limits=Limits(variable_bytes=0, variable_ratio=1)))


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="variables of integers cannot be made with torch")
def test_nothing_is_counted_outside_of_a_reading() -> None:
    """Keras' own models are as large as they like."""
    hornbook.deserialize_keras_object(dense())
    assert keras.layers.Dense(2).compute_output_shape((None, 1 << 40)) == (None, 2)
    assert keras.Variable("zeros", shape=(1 << 20,), dtype="int8").shape == (1 << 20,)


def test_a_long_model_loads() -> None:
    """Limits are for attacks: a thousand layers are a model."""
    assert judge(model(*chain(1900)), kinds=MODELS) == []
    assert judge(model(*[called(dense(), f"d{i}", "in") for i in range(5000)]), kinds=MODELS) == []
    assert judge(sequential(*[dense() for _ in range(200)]), kinds=MODELS) == []


def test_a_long_sequential_loads() -> None:
    """Keras 3.15.1 builds it anew after each layer, which here happens once."""
    layers = [{"class_name": "InputLayer", "module": "keras.layers", "config": {"batch_shape": [None, 2]}}]
    layers += [{"class_name": "ReLU", "module": "keras.layers", "config": {"name": f"r{i}"}} for i in range(400)]
    config = {"class_name": "Sequential", "module": "keras", "config": {"name": "row", "layers": layers}}
    assert judge(config, kinds=MODELS) == []
    assert len(hornbook.model_from_config(config).layers) == 400
