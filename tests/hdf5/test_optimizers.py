"""The state of an optimizer goes where the optimizer of Keras 3 has a place for it."""

from __future__ import annotations

import io

import keras
import numpy as np
import pytest

import hornbook
from hornbook.errors import OptimizerStateWarning, UpgradeWarning

from . import h5_files as h5

KERNEL, BIAS = (3, 2), (2,)


def loaded(optimizer, state, *, arguments=None):
    """Return the optimizer of a model that is loaded from a file with that state: names and arrays."""
    training = {"optimizer_config": {"class_name": optimizer, "config": arguments or {}}, "loss": "mse"}
    config = h5.sequential(h5.dense_config("first", 2, 3))

    def put(file):
        group = file.create_group("optimizer_weights")
        group.attrs["weight_names"] = [name.encode() for name, _ in state]
        for name, value in state:
            group.create_dataset(name, data=value)

    data = h5.changed(h5.model(config, [h5.dense("first", 3, 2)], training=training), put)
    return hornbook.load_model(io.BytesIO(data)).optimizer


A, B, C, D = h5.array(*KERNEL, seed=1), h5.array(*BIAS, seed=2), h5.array(*KERNEL, seed=3), h5.array(*BIAS, seed=4)
ONE = np.zeros(1, "float32")
STYLES = {
    "Keras 2.2": [
        ("Adam/iterations:0", 7), *[(f"training/Adam/Variable_{i}:0", one) for i, one in enumerate((A, B, C, D))],
    ],
    "Keras 2.3": [
        ("Adam/iterations:0", 7), ("training/Adam/m_0_1:0", A), ("training/Adam/m_1_1:0", B),
        ("training/Adam/v_0_1:0", C), ("training/Adam/v_1_1:0", D),
        ("training/Adam/vhat_0_1:0", ONE), ("training/Adam/vhat_1_1:0", ONE),
    ],
    "TF 2.9": [
        ("Adam/iter:0", 7), ("Adam/first/kernel/m:0", A), ("Adam/first/bias/m:0", B),
        ("Adam/first/kernel/v:0", C), ("Adam/first/bias/v:0", D),
    ],
    "TF 2.15": [
        ("iteration:0", 7), ("Adam/m/first/kernel:0", A), ("Adam/v/first/kernel:0", C),
        ("Adam/m/first/bias:0", B), ("Adam/v/first/bias:0", D),
    ],
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_the_moments_of_adam_are_found_in_every_style(style):
    """All of one kind first, or variable by variable."""
    adam = loaded("Adam", STYLES[style])
    assert int(adam.iterations) == 7
    for stored, now in zip((A, B, C, D), (*adam._momentums, *adam._velocities), strict=True):
        np.testing.assert_array_equal(stored, now)


def test_rmsprop_of_tf_2_9_is_told_by_names():
    """`rms`, `momentum`, `mg`."""
    names = [f"RMSprop/first/{one}/{slot}:0" for slot in ("rms", "momentum", "mg") for one in ("kernel", "bias")]
    state = [("RMSprop/iter:0", 3), *zip(names, (A, B, C, D, A, B), strict=True)]
    found = loaded("RMSprop", state, arguments={"momentum": 0.5, "centered": True})
    np.testing.assert_array_equal(found._velocities[0], A)
    np.testing.assert_array_equal(found._momentums[1], D)
    np.testing.assert_array_equal(found._average_gradients[0], A)


def test_the_product_of_nadam_has_its_place():
    """`momentum_cache` of TF 2.9 is one number for the whole optimizer."""
    names = [f"Nadam/first/{one}/{slot}:0" for slot in "mv" for one in ("kernel", "bias")]
    state = [("Nadam/iter:0", 3), ("Nadam/momentum_cache:0", np.float32(0.25)), *zip(names, (A, B, C, D), strict=True)]
    found = loaded("Nadam", state)
    assert float(keras.ops.convert_to_numpy(found._u_product)) == 0.25
    np.testing.assert_array_equal(found._velocities[0], C)


def test_the_product_of_nadam_follows_from_its_steps():
    """tf_keras 2.20 does not write it; a Nadam that was not interrupted has 3.0301e-05 after 20 steps."""
    names = [f"Nadam/{slot}/first/{one}:0" for one in ("kernel", "bias") for slot in "mv"]
    found = loaded("Nadam", [("iteration:0", 20), *zip(names, (A, C, B, D), strict=True)])
    assert float(keras.ops.convert_to_numpy(found._u_product)) == pytest.approx(3.0301e-05, rel=1e-4)
    late = loaded("Nadam", [("iteration:0", 2**30), *zip(names, (A, C, B, D), strict=True)])
    assert float(keras.ops.convert_to_numpy(late._u_product)) == 0


def test_what_only_training_would_miss_is_warned_of():
    """Nadam up to TF 2.10 had another schedule of its momentum, which Keras 3 cannot follow."""
    names = [f"Nadam/first/{one}/{slot}:0" for slot in "mv" for one in ("kernel", "bias")]
    state = [("Nadam/iter:0", 3), ("Nadam/momentum_cache:0", np.float32(0.25)), *zip(names, (A, B, C, D), strict=True)]
    with pytest.warns(UpgradeWarning, match="Further training will differ: Nadam's momentum"):
        loaded("Nadam", state, arguments={"decay": 0.004})


def test_state_without_a_place_is_warned_of_and_left():
    """The optimizer starts anew; the model is whole."""
    with pytest.warns(OptimizerStateWarning, match="starts anew"):
        adam = loaded("Adam", [("Adam/iter:0", 7), ("Adam/first/kernel/other:0", A)])
    assert int(adam.iterations) == 0


def test_an_sgd_without_momentum_needs_no_moments():
    """TF 2.15 stores its last step, which it does not use."""
    found = loaded("SGD", [("iteration:0", 5), ("SGD/m/first/kernel:0", A), ("SGD/m/first/bias:0", B)])
    assert int(found.iterations) == 5
