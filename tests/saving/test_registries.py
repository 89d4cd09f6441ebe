"""Registries are objects: two of them live side by side, also under threads."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from tests import needs

import hornbook
from hornbook.engine.registry import DEFAULT, Registry, current_registry


class Invoice:
    """What both registries know by one key."""

    def __init__(self, total: float = 0.0) -> None:
        self.total = total

    def get_config(self) -> dict[str, Any]:
        return {"total": self.total}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Invoice:
        return cls(**config)


class OtherInvoice(Invoice):
    """Another class under the same key."""


def test_a_registry_is_in_use_within_its_block_alone() -> None:
    """What is registered in the block stays with its registry."""
    acme = Registry()
    with acme.use() as used:
        assert used is acme is current_registry()
        hornbook.register_keras_serializable("acme")(Invoice)
        assert hornbook.get_registered_name(Invoice) == "acme>Invoice"
    assert current_registry() is DEFAULT
    assert "acme>Invoice" in acme.objects
    assert "acme>Invoice" not in hornbook.get_custom_objects()


def test_one_key_means_two_classes_in_two_registries_at_once() -> None:
    """Two threads read one config, each by its own registry."""
    both = Barrier(2)
    found: dict[str, Any] = {}

    def work(name: str, cls: type) -> None:
        registry = Registry()
        with registry.use():
            hornbook.register_keras_serializable("acme", "Invoice")(cls)
            config = hornbook.serialize_keras_object(cls(7.0))
            both.wait(timeout=20)
            found[name] = hornbook.deserialize_keras_object({**config, "module": None, "class_name": "Invoice"})

    threads = [Thread(target=work, args=pair) for pair in (("one", Invoice), ("other", OtherInvoice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert type(found["one"]) is Invoice
    assert type(found["other"]) is OtherInvoice


@needs.keras
def test_what_a_registry_of_its_own_has_is_not_found_by_another() -> None:
    """The registry of Keras is one for the process: it hears of the default one alone."""
    import keras

    acme = Registry()
    with acme.use(), hornbook.custom_object_scope({}):
        hornbook.register_keras_serializable("acme")(Invoice)
        assert hornbook.get_registered_object("acme>Invoice") is Invoice
    assert hornbook.get_registered_object("acme>Invoice") is None
    assert "acme>Invoice" not in keras.saving.get_custom_objects()


@needs.keras
def test_a_second_registry_reads_and_writes_models(tmp_path) -> None:
    """Its integrations are its own; Keras' functions are diverted once."""
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    acme = Registry()
    with acme.use():
        hornbook.save_model(model, tmp_path / "model.keras")
        again = hornbook.load_model(tmp_path / "model.keras")
        assert acme.integrations.active
        with hornbook.custom_object_scope({}):
            keras.regularizers.get("l2")
    assert (again.get_weights()[0] == model.get_weights()[0]).all()
    assert keras.regularizers.get("l2").l2 == pytest.approx(0.01)


@needs.keras
def test_an_installation_is_of_its_registry() -> None:
    """Another one does not notice it."""
    acme = Registry()
    with acme.use():
        with hornbook.install():
            assert acme.integrations.installed
            assert not DEFAULT.integrations.installed
        assert not acme.integrations.installed
