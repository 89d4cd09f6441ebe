"""`install(policy=...)`: what files may do in a process, whoever loads them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from tests import needs

import hornbook
from hornbook import Policy
from hornbook.errors import ConfigError, LambdaRefusedError, UntrustedReferenceError

ALLOWS = Policy(lambdas=True)
SEEN: list[Any] = []


class Unregistered:
    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Unregistered:
        return cls()


def config_of(cls: type) -> dict[str, Any]:
    return {"module": cls.__module__, "class_name": cls.__name__, "config": {}, "registered_name": cls.__name__}


@pytest.fixture
def with_lambda(tmp_path: Path) -> Path:
    """A model with byte code."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x + 1)])
    model.save(tmp_path / "lambda.keras")
    return tmp_path / "lambda.keras"


def test_it_holds_for_keras_functions(with_lambda: Path) -> None:
    """Whatever `safe_mode` a call passes; without a policy the call decides, as in Keras."""
    with hornbook.install(policy=ALLOWS):
        assert keras.models.load_model(with_lambda).built
        assert keras.models.load_model(with_lambda, safe_mode=True).built
    with hornbook.install(policy=Policy()), pytest.raises(LambdaRefusedError):
        keras.models.load_model(with_lambda, safe_mode=False)
    with hornbook.install():
        assert keras.models.load_model(with_lambda, safe_mode=False).built
        with pytest.raises(LambdaRefusedError):
            keras.models.load_model(with_lambda)


def test_a_refusal_names_nothing_that_would_not_help(with_lambda: Path) -> None:
    """`safe_mode=False` does not help where the installation has a policy."""
    with hornbook.install(policy=Policy()), pytest.raises(LambdaRefusedError) as caught:
        keras.models.load_model(with_lambda)
    assert "safe_mode" not in str(caught.value)
    assert "install(policy=" in str(caught.value)


def test_enabling_unsafe_deserialization_does_not_widen_it(with_lambda: Path) -> None:
    """Keras' own switch is for installations without a policy."""
    from keras.src.saving.serialization_lib import SafeModeScope

    with hornbook.install(policy=Policy()), SafeModeScope(safe_mode=False), pytest.raises(LambdaRefusedError):
        keras.models.load_model(with_lambda)


def test_the_innermost_policy_holds_and_one_without_changes_nothing(with_lambda: Path) -> None:
    """A library that installs without a policy does not undo what its user has said."""
    with hornbook.install(policy=ALLOWS):
        with hornbook.install(policy=Policy()), pytest.raises(LambdaRefusedError):
            keras.models.load_model(with_lambda)
        with hornbook.install():
            assert keras.models.load_model(with_lambda).built


def test_it_holds_in_threads(with_lambda: Path) -> None:
    """An installation is for the process."""
    results: list[Any] = []

    def load() -> None:
        results.append(keras.models.load_model(with_lambda))

    with hornbook.install(policy=ALLOWS):
        thread = threading.Thread(target=load)
        thread.start()
        thread.join()
    assert results[0].built


@keras.saving.register_keras_serializable("policies")
class Asks(keras.layers.Layer):
    """Reads a config in each place where a file makes code of the user's run, and in threads of its own."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        ask("init")

    def call(self, inputs: Any) -> Any:
        return inputs

    def build(self, shape: Any) -> None:
        ask("build")
        self.kernel = self.add_weight(shape=(2,))

    def load_own_variables(self, store: Any) -> None:
        ask("load_own_variables")
        super().load_own_variables(store)

    def save_assets(self, folder: str) -> None:
        Path(folder, "v.txt").write_text("v")

    def load_assets(self, folder: str) -> None:
        ask("load_assets")


def ask(place: str) -> None:
    def read(where: str) -> None:
        try:
            made = keras.saving.deserialize_keras_object(config_of(Unregistered), safe_mode=False)
            SEEN.append((where, type(made).__name__))
        except Exception as error:
            SEEN.append((where, type(error).__name__))

    read(place)
    thread = threading.Thread(target=read, args=(f"thread in {place}",))
    thread.start()
    thread.join()


PLACES = {"init", "build", "load_own_variables", "load_assets"}


@pytest.mark.parametrize("trusted", [True, False])
def test_it_holds_in_calls_from_user_code(trusted: bool, tmp_path: Path) -> None:
    """In constructors, `build`, `load_own_variables` and `load_assets`, and in threads that these start."""
    path = tmp_path / "m.keras"
    keras.Sequential([keras.Input((3,)), Asks()]).save(path)
    SEEN.clear()
    policy = Policy(trusted=(f"{Unregistered.__module__}.*",)) if trusted else Policy()
    with hornbook.install(policy=policy):
        keras.models.load_model(path)
    wanted = "Unregistered" if trusted else UntrustedReferenceError.__name__
    assert {where for where, _ in SEEN} == PLACES | {f"thread in {place}" for place in PLACES}
    assert {result for _, result in SEEN} == {wanted}


def test_it_holds_where_weights_are_loaded(tmp_path: Path) -> None:
    """`model.load_weights` runs `load_own_variables` and `load_assets` of the user's."""
    model = keras.Sequential([keras.Input((3,)), Asks()])
    model.save(tmp_path / "m.keras")
    SEEN.clear()
    with hornbook.install(policy=Policy(trusted=(f"{Unregistered.__module__}.*",))):
        model.load_weights(tmp_path / "m.keras")
    assert dict(SEEN)["load_assets"] == dict(SEEN)["load_own_variables"] == "Unregistered"


def test_a_policy_of_a_direct_call_holds_in_load_assets(tmp_path: Path) -> None:
    """Of `load_model` and of `load_weights`, without `install()`."""
    path = tmp_path / "m.keras"
    model = keras.Sequential([keras.Input((3,)), Asks()])
    model.save(path)
    policy = Policy(trusted=(f"{Unregistered.__module__}.*",))
    for load in (
        lambda: hornbook.load_model(path, policy=policy),
        lambda: hornbook.load_weights(model, path, policy=policy),
    ):
        SEEN.clear()
        load()
        assert dict(SEEN)["load_assets"] == dict(SEEN)["load_own_variables"] == "Unregistered"


def test_what_is_not_a_policy_is_refused_and_nothing_is_installed() -> None:
    """One error; Keras stays itself."""
    with pytest.raises(ConfigError, match="must be a hornbook"):
        hornbook.install(policy={"lambdas": True})
    with pytest.raises(TypeError) as caught:
        keras.saving.deserialize_keras_object({**config_of(Unregistered), "module": "nowhere"})
    assert not isinstance(caught.value, hornbook.HornbookError)


def test_assets_are_loaded_outside_of_safe_mode(tmp_path: Path) -> None:
    """As in Keras: tokenizers refuse their own vocabulary in safe mode. Building is within it."""
    from keras.src.saving.serialization_lib import in_safe_mode

    @keras.saving.register_keras_serializable("policies")
    class Modes(Asks):
        modes: dict[str, Any] = {}

        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self.modes["init"] = in_safe_mode()

        def load_assets(self, folder: str) -> None:
            self.modes["load_assets"] = in_safe_mode()

    path = tmp_path / "m.keras"
    keras.Sequential([keras.Input((3,)), Modes()]).save(path)
    for load in (hornbook.load_model, keras.models.load_model):
        Modes.modes.clear()
        with hornbook.install():
            load(path)
        assert Modes.modes == {"init": True, "load_assets": None}


LIBRARY = """
import keras
class Head(keras.layers.Layer):
    def call(self, inputs): return inputs * 2
class Helper:
    def get_config(self): return {}
def double(x): return 2 * x
"""


def test_libraries_that_keras_trusts_are_trusted_under_install(tmp_path: Path) -> None:
    """Their layers, models and the like, where they are imported; not their functions, nor other classes of theirs."""
    package = tmp_path / "keras_hub"
    package.mkdir()
    (package / "__init__.py").write_text(LIBRARY)
    config = {"class_name": "Head", "config": {"name": "h"}, "module": "keras_hub", "registered_name": "Head"}
    code = f"""
import json, keras, hornbook, keras_hub
head, other = json.loads({json.dumps(json.dumps(config))}), dict(module="keras_hub", config={{}})
function = dict(module="keras_hub", class_name="function", config="double", registered_name="double")
def refused(config, **more):
    try: keras.saving.deserialize_keras_object(config, **more)
    except hornbook.HornbookError: return True
    return False
with hornbook.install():
    assert type(keras.saving.deserialize_keras_object(head)) is keras_hub.Head
    assert refused(dict(other, class_name="Helper", registered_name="Helper"))
    assert refused(function)
with hornbook.install(policy=hornbook.Policy()): assert refused(head)
with hornbook.install(policy=hornbook.Policy(companions=True)): assert not refused(head)
with hornbook.custom_object_scope({{}}): assert refused(head)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_damaged_weights_are_an_os_error(tmp_path: Path) -> None:
    """Training that resumes catches it, and takes the weights before."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    whole = tmp_path / "m.weights.h5"
    model.save_weights(whole)
    data = whole.read_bytes()
    for number, broken in enumerate((b"", data[: len(data) // 2], data[:-8], b"no HDF5" * 100)):
        path = tmp_path / f"{number}.weights.h5"
        path.write_bytes(broken)
        with hornbook.install(), pytest.raises(OSError):
            model.load_weights(path)
        with pytest.raises(OSError):
            hornbook.load_weights(model, path)


@needs.since("3.9", "Keras 3.6 keeps one backup")
def test_backup_and_restore_goes_back_to_the_weights_before(tmp_path: Path) -> None:
    """The newest file is broken, as after a crash; Keras' callback takes the one before, under ours as well."""
    x, y = np.ones((8, 3), "float32"), np.ones((8, 2), "float32")

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 2:
                raise KeyboardInterrupt

    def model() -> keras.Model:
        made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        made.compile("sgd", "mse")
        return made

    with hornbook.install():
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"), double_checkpoint=True)
        with pytest.raises(KeyboardInterrupt):
            model().fit(x, y, epochs=5, verbose=0, callbacks=[backup, Stop()])
        newest = tmp_path / "backup" / "latest.weights.h5"
        newest.write_bytes(newest.read_bytes()[:100])
        history = model().fit(x, y, epochs=5, verbose=0, callbacks=[backup])
    assert len(history.epoch) < 5
