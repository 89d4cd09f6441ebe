"""Codecs that somebody registers: values of a type in a config, and back."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from importlib.metadata import EntryPoint

import pytest
from tests import needs

import hornbook
from hornbook.engine.codecs.codec import GROUP, Codec
from hornbook.engine.registry import Registry

TAG = "lab.decimal"
WRITTEN = {"class_name": "__lab.decimal__", "config": {"value": "1.10"}}


@pytest.fixture
def registry():
    """A registry of its own that knows decimals, in use."""
    registry = Registry()
    with registry.use():
        hornbook.register_codec(Decimal, tag=TAG, encode=str, decode=Decimal)
        yield registry


class Price:
    """A class of the user's that keeps a decimal in a container."""

    def __init__(self, parts):
        self.parts = parts

    def get_config(self):
        return {"parts": self.parts}

    @classmethod
    def from_config(cls, config):
        return cls(hornbook.deserialize_keras_object(config["parts"]))


def test_a_value_comes_back(registry):
    """By itself, in containers, and within an object."""
    value = {"a": [Decimal("1.10"), Decimal("NaN").copy_abs()], "b": Decimal("-0")}
    config = json.loads(json.dumps(hornbook.serialize_keras_object(value)))
    assert repr(hornbook.deserialize_keras_object(config)) == repr(value)
    config = hornbook.serialize_keras_object(Price([Decimal("1.10")]))
    assert config["config"]["parts"] == [WRITTEN]
    (part,) = hornbook.deserialize_keras_object(config, {"Price": Price}).parts
    assert type(part) is Decimal
    assert str(part) == "1.10"


@needs.keras
def test_a_value_within_a_model_comes_back(registry, tmp_path):
    """In the config of a layer, through a file."""
    import keras

    class Scaled(keras.layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            if isinstance(factor, dict):
                factor = hornbook.deserialize_keras_object(factor)
            self.factor = factor

        def call(self, inputs):
            return inputs * float(self.factor)

        def get_config(self):
            return {**super().get_config(), "factor": self.factor}

    model = keras.Sequential([keras.Input((2,)), Scaled(Decimal("1.10"))])
    path = tmp_path / "m.keras"
    hornbook.save_model(model, path)
    loaded = hornbook.load_model(path, {"Scaled": Scaled})
    assert loaded.layers[0].factor == Decimal("1.10")
    assert type(loaded.layers[0].factor) is Decimal


def test_two_registries_have_codecs_of_their_own(registry):
    """What one knows, the other one refuses; both may know a type otherwise."""
    other = Registry()
    with other.use(), pytest.raises(hornbook.HornbookError, match="cannot be written"):
        hornbook.serialize_keras_object(Decimal("1.10"))
    hornbook.register_codec(
        Decimal,
        tag="shop.cents",
        encode=lambda value: int(value * 100),
        decode=lambda n: Decimal(n) / 100,
        registry=other,
    )
    with other.use():
        config = hornbook.serialize_keras_object(Decimal("1.10"))
        assert config == {"class_name": "__shop.cents__", "config": {"value": 110}}
        assert hornbook.deserialize_keras_object(config) == Decimal("1.10")
    assert hornbook.serialize_keras_object(Decimal("1.10")) == WRITTEN
    with pytest.raises(hornbook.HornbookError, match=r"__shop\.cents__"):
        hornbook.deserialize_keras_object(config)


@pytest.mark.parametrize("config", [WRITTEN, [WRITTEN], {"class_name": "Price", "config": {"parts": [WRITTEN]}}])
def test_a_tag_that_nobody_reads_is_refused(config):
    """The error names it, and says what brings it."""
    with pytest.raises(hornbook.errors.UnknownReferenceError) as caught:
        hornbook.deserialize_keras_object(config, {"Price": Price})
    assert "Unknown `__lab.decimal__`" in str(caught.value)
    assert "register_codec()" in str(caught.value)


def test_a_value_without_a_codec_is_refused_when_it_is_written():
    """Not when it is read."""
    with pytest.raises(hornbook.errors.SerializationError) as caught:
        hornbook.serialize_keras_object({"a": [Fraction(1, 3)]})
    assert caught.value.place == "$.a[0]"


def test_a_value_of_a_derived_class_is_refused(registry):
    """It would come back as one of the base; with a config it is an object."""

    class Rounded(Decimal):
        pass

    with pytest.raises(hornbook.errors.SerializationError, match="would come back as `Decimal`"):
        hornbook.serialize_keras_object(Rounded("1.10"))
    Rounded.get_config = lambda self: {"text": str(self)}
    assert hornbook.serialize_keras_object(Rounded("1.10"))["config"] == {"text": "1.10"}


@pytest.mark.parametrize("data", [(1, 2), {1: 2}, {"a": Decimal(1)}, [b"x"], [{"a": [{2}]}]])
def test_data_that_json_would_change_is_refused(data):
    """The codec must give what comes back as it is."""
    registry = Registry()
    hornbook.register_codec(Decimal, tag=TAG, encode=lambda value: data, decode=Decimal, registry=registry)
    with registry.use(), pytest.raises(hornbook.errors.SerializationError, match="which JSON cannot hold"):
        hornbook.serialize_keras_object(Decimal(1))


def test_data_that_holds_itself_is_refused():
    """As any value that does."""
    data = []
    data.append(data)
    registry = Registry()
    hornbook.register_codec(Decimal, tag=TAG, encode=lambda value: data, decode=Decimal, registry=registry)
    with registry.use(), pytest.raises(hornbook.errors.SerializationError, match="holds itself"):
        hornbook.serialize_keras_object(Decimal(1))


def test_what_a_codec_raises_comes_out_as_an_error_of_ours(registry):
    """With the place, when it is written and when it is read."""
    config = {"a": [{"class_name": "__lab.decimal__", "config": {"value": "x"}}]}
    with pytest.raises(hornbook.errors.ConstructionError, match=r"The codec `lab\.decimal` raised") as caught:
        hornbook.deserialize_keras_object(config)
    assert caught.value.place == "$.a[0].config.value"
    with pytest.raises(hornbook.errors.ConfigError, match="needs `value`"):
        hornbook.deserialize_keras_object({"class_name": "__lab.decimal__", "config": {}})
    hornbook.register_codec(Decimal, tag=TAG, encode=lambda value: 1 / 0, decode=Decimal)
    with pytest.raises(hornbook.errors.SerializationError, match="ZeroDivisionError") as caught:
        hornbook.serialize_keras_object({"a": [Decimal(1)]})
    assert caught.value.place == "$.a[0]"


def test_what_a_codec_gets_is_a_copy(registry):
    """The config stays as it is."""
    hornbook.register_codec(Fraction, tag="lab.fraction", encode=lambda value: [1, 3], decode=lambda data: data.pop())
    config = hornbook.serialize_keras_object([Fraction(1, 3)])
    assert hornbook.deserialize_keras_object(config) == hornbook.deserialize_keras_object(config) == [3]


@pytest.mark.parametrize("tag", ["decimal", "__tuple__", "lab>decimal", "lab.", ".x", "a b.c", "", None, 3])
def test_a_tag_has_a_name_space(tag):
    """Nothing else can then have the same."""
    with pytest.raises(hornbook.errors.RegistrationError, match="name space"):
        hornbook.register_codec(Decimal, tag=tag, encode=str, decode=Decimal, registry=Registry())


def test_what_is_no_codec_is_refused():
    """When it is registered."""
    with pytest.raises(hornbook.errors.RegistrationError, match="for a class"):
        hornbook.register_codec("Decimal", tag=TAG, encode=str, decode=Decimal)
    with pytest.raises(hornbook.errors.RegistrationError, match="needs functions"):
        hornbook.register_codec(Decimal, tag=TAG, encode="str", decode=Decimal)


CODEC = Codec(Decimal, tag=TAG, encode=str, decode=Decimal)


@pytest.mark.parametrize("written_first", [True, False])
def test_an_installed_package_brings_its_codec(monkeypatch, written_first):
    """Found when a value or a tag is met that nobody knows, never by what a file names."""
    point = EntryPoint("decimal", f"{__name__}:CODEC", GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: CODEC)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == GROUP else [])
    with Registry().use():
        if written_first:
            assert hornbook.serialize_keras_object(Decimal("1.10")) == WRITTEN
        assert hornbook.deserialize_keras_object(WRITTEN) == Decimal("1.10")


def test_an_audit_names_the_tag_and_decodes_nothing(tmp_path):
    """Where the codec is registered, and where it is not."""
    registry = Registry()
    hornbook.register_codec(Decimal, tag=TAG, encode=str, decode=lambda data: pytest.fail("decoded"), registry=registry)
    path = tmp_path / "config.json"
    price = {"module": "shop", "class_name": "Price", "config": {"parts": [WRITTEN]}, "registered_name": "Price"}
    path.write_text(json.dumps(price), encoding="utf-8")
    found = {}
    for known, used in ((True, registry), (False, Registry())):
        with used.use():
            report = hornbook.audit(path)
        found[known] = {name.name: (name.becomes, name.by) for name in report.names}
    assert found[True]["__lab.decimal__"] == ("__lab.decimal__", "codec")
    assert found[False]["__lab.decimal__"] == (None, "unknown")


class Cents(int):
    """A plain value of its own type."""


def test_an_installed_package_brings_its_codec_for_a_type_derived_from_a_plain_one(monkeypatch):
    """It is asked before the value is taken for a plain one."""
    codec = Codec(Cents, tag="lab.cents", encode=int, decode=Cents)
    point = EntryPoint(name="cents", value="lab", group=GROUP)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == GROUP else [])
    monkeypatch.setattr(EntryPoint, "load", lambda self: codec)
    with Registry().use():
        again = hornbook.deserialize_keras_object(hornbook.serialize_keras_object([Cents(5), 6]))
    assert [type(value) for value in again] == [Cents, int]


@pytest.mark.parametrize("cls", [dict, list, str, object, bytes], ids=lambda cls: cls.__name__)
def test_what_is_written_already_gets_no_codec(cls, registry):
    """It would change what every config says; nothing is left of the call."""
    with pytest.raises(hornbook.errors.RegistrationError, match="needs no codec"):
        hornbook.register_codec(cls, tag="lab.own", encode=str, decode=cls)
    assert registry.extensions(GROUP, Codec).get("lab.own") is None
    assert hornbook.serialize_keras_object({"a": [b"b"]})["a"][0]["class_name"] == "__bytes__"
