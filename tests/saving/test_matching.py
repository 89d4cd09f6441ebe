"""Weights find their layers by name; two layers of one shape are never swapped silently (B9, B10)."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import hornbook


def chain(*names, **more):
    """Return a model of Dense(3) layers of these names; `None` leaves the name to Keras."""
    layers = [keras.layers.Dense(3, name=name) for name in names]
    return keras.Sequential([keras.Input((3,)), *layers], **more)


def numbered(model):
    """Give each layer of a model its own number as weights; return the model."""
    for number, layer in enumerate(model.layers, 1):
        layer.set_weights([weight * 0 + number for weight in layer.get_weights()])
    return model


def numbers(model):
    return {layer.name: float(np.unique(layer.get_weights()[0]).item()) for layer in model.layers}


def form(model, name, path):
    """Save the weights of a model in one of the forms that they are found in."""
    if name == "weights of Keras":
        model.save_weights(path / "w.weights.h5")
        return path / "w.weights.h5"
    if name == "model of Keras":
        model.save(path / "m.keras")
    elif name == "ours":
        hornbook.save_model(model, path / "m.keras")
    else:
        model.save(path / "m.h5")
        return path / "m.h5"
    return path / "m.keras"


FORMS = ["weights of Keras", "model of Keras", "ours", "old HDF5"]


@pytest.fixture(params=FORMS)
def stored(request, tmp_path):
    """Return what saves a model in each form."""

    def save(model):
        return form(model, request.param, tmp_path)

    return save


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5:UserWarning")
class TestLayers:
    def test_layers_in_another_order_are_found_by_name(self, stored):
        path = stored(numbered(chain("enc", "dec")))
        other = chain("dec", "enc")
        report = hornbook.load_weights(other, path)
        assert numbers(other) == {"enc": 1.0, "dec": 2.0}
        assert {(one.part, one.by) for one in report.matched} == {("enc", "name"), ("dec", "name")}

    def test_a_name_that_is_another_layer_in_the_file_is_refused(self, stored):
        path = stored(numbered(chain("enc", "dec")))
        other = numbered(chain("dec", "head"))
        with pytest.raises(hornbook.HornbookError, match="dec"):
            hornbook.load_weights(other, path)
        assert numbers(other) == {"dec": 1.0, "head": 2.0}

    def test_the_order_decides_where_that_is_asked_for(self, stored):
        path = stored(numbered(chain("enc", "dec")))
        other = chain("one", "two")
        report = hornbook.load_weights(other, path, by_order=True)
        assert numbers(other) == {"one": 1.0, "two": 2.0}
        assert [one.by for one in report.matched] == ["order", "order"]

    def test_names_that_keras_made_up_decide_nothing(self, stored):
        path = stored(numbered(chain(None, None)))
        other = chain(None, None)
        report = hornbook.load_weights(other, path)
        assert [*numbers(other).values()] == [1.0, 2.0]
        assert [one.by for one in report.matched] == ["order", "order"]

    def test_a_layer_more_or_less_is_refused(self, stored):
        path = stored(numbered(chain("a", "b")))
        for names in (["a"], ["a", "b", "c"]):
            other = numbered(chain(*names))
            before = numbers(other)
            with pytest.raises(hornbook.HornbookError):
                hornbook.load_weights(other, path)
            assert numbers(other) == before


def test_other_names_are_refused_where_the_file_has_names(tmp_path):
    """Both were given, so neither is a number of Keras'."""
    path = form(numbered(chain("enc", "dec")), "weights of Keras", tmp_path)
    with pytest.raises(hornbook.HornbookError, match="`encoder`, `decoder`, and the file `enc`, `dec`") as caught:
        hornbook.load_weights(chain("encoder", "decoder"), path)
    assert "by_order" in caught.value.hint
    assert caught.value.config == {"missing": ["encoder", "decoder"], "left over": ["enc", "dec"]}


def test_the_report_tells_what_is_left_over(tmp_path):
    """The state of the optimizer is of no use to a model without one."""
    model = numbered(chain("a", "b"))
    model.compile("adam", "mse")
    model.fit(np.ones((2, 3)), np.ones((2, 3)), verbose=0)
    hornbook.save_model(model, tmp_path / "m.keras")
    report = hornbook.load_weights(chain("a", "b"), tmp_path / "m.keras")
    assert report.missing == ()
    assert "optimizer" in report.left_over
    assert "a <- layers/dense (by name)" in str(report)


@keras.saving.register_keras_serializable("matching")
class Towers(keras.Model):
    """One Dense a key, in the order of the keys."""

    def __init__(self, keys=("a", "b"), **kwargs):
        super().__init__(**kwargs)
        self.keys = list(keys)
        self.towers = {key: keras.layers.Dense(1) for key in self.keys}

    def call(self, inputs):
        return sum(tower(inputs) for tower in self.towers.values())


def towers(keys, values=None):
    model = Towers(keys, name="towers")
    model(np.ones((1, 3)))
    for key, value in (values or {}).items():
        model.towers[key].set_weights([weight * 0 + value for weight in model.towers[key].get_weights()])
    return model


def of_towers(model):
    return {key: float(np.unique(tower.get_weights()[0]).item()) for key, tower in model.towers.items()}


def test_members_of_a_dict_are_found_by_their_keys(tmp_path):
    """Another order of the keys swaps nothing, in `load_weights` and in `load_model`."""
    values = {"a": 1.0, "b": 2.0}
    hornbook.save_model(towers("ab", values), tmp_path / "m.keras")
    other = towers("ba")
    report = hornbook.load_weights(other, tmp_path / "m.keras")
    assert of_towers(other) == values
    assert [one.by for one in report.matched] == ["key", "key"]

    class Reversed(Towers):
        def __init__(self, keys=("a", "b"), **kwargs):
            super().__init__(reversed(keys), **kwargs)

    assert of_towers(hornbook.load_model(tmp_path / "m.keras", {"matching>Towers": Reversed})) == values


def test_other_keys_are_refused(tmp_path):
    hornbook.save_model(towers("ab"), tmp_path / "m.keras")
    with pytest.raises(
        hornbook.HornbookError, match="the keys `towers/a`, `towers/c`, and the file `towers/a`, `towers/b`"
    ):
        hornbook.load_weights(towers("ac"), tmp_path / "m.keras")


def test_keras_reads_a_file_with_keys(tmp_path):
    """They are an attribute that Keras does not ask for."""
    values = {"a": 1.0, "b": 2.0}
    hornbook.save_model(towers("ab", values), tmp_path / "m.keras")
    assert of_towers(keras.saving.load_model(tmp_path / "m.keras")) == values


def test_one_object_in_two_containers_keeps_its_place(tmp_path):
    """It is written once, and leaves a gap in the numbers of the second one."""

    @keras.saving.register_keras_serializable("matching")
    class Twice(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.first = [keras.layers.Dense(3, name=name) for name in ("a", "b")]
            self.second = [self.first[1], keras.layers.Dense(3, name="c"), self.first[0]]

        def call(self, inputs):
            for layer in [*self.first, *self.second]:
                inputs = layer(inputs)
            return inputs

    model = Twice()
    model(np.ones((1, 3)))
    numbered(model)
    model.save_weights(tmp_path / "w.weights.h5")
    other = Twice()
    other(np.ones((1, 3)))
    hornbook.load_weights(other, tmp_path / "w.weights.h5")
    assert numbers(other) == numbers(model)
