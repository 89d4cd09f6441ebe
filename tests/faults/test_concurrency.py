"""Threads and tasks that load and save different models under different scopes disturb nobody (B5, B18)."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import pytest

import hornbook
from hornbook.engine import scope

COUNT, ROUNDS = 8, 4


def scaling(number):
    """Return a layer class of the one name that all have, and a model that uses it."""

    class Scale(keras.layers.Layer):
        factor = number

        def call(self, inputs):
            return inputs * self.factor

    layers = [keras.Input((2,)), keras.layers.Dense(number, kernel_initializer="ones"), Scale()]
    return Scale, keras.Sequential(layers, name=f"model_{number}")


def loaded(cls, path, number):
    """Load a model under a scope of its own and say whether it is that."""
    with hornbook.custom_object_scope({"Scale": cls}):
        made = hornbook.load_model(path)
    return made.name == f"model_{number}" and type(made.layers[-1]) is cls and made.layers[-1].factor == number


def test_threads_do_not_disturb_each_other(tmp_path):
    made = {number: scaling(number) for number in range(1, COUNT + 1)}
    start = threading.Barrier(COUNT)

    def work(number):
        cls, model = made[number]
        start.wait(60)
        for _ in range(ROUNDS):
            hornbook.save_model(model, tmp_path / f"{number}.keras")
            if not loaded(cls, tmp_path / f"{number}.keras", number):
                return False
        return hornbook.get_registered_object("Scale") is None

    with ThreadPoolExecutor(COUNT) as pool:
        assert all(pool.map(work, made, timeout=300))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number}.keras" for number in made]


def test_tasks_do_not_disturb_each_other(tmp_path):
    """They give way to each other within their scopes."""
    made = {number: scaling(number) for number in range(1, COUNT + 1)}

    async def work(number):
        cls, model = made[number]
        for _ in range(ROUNDS):
            with hornbook.custom_object_scope({"Scale": cls}):
                await asyncio.sleep(0)
                hornbook.save_model(model, tmp_path / f"{number}.keras")
                await asyncio.sleep(0)
                found = hornbook.load_model(tmp_path / f"{number}.keras")
                assert type(found.layers[-1]) is cls
            await asyncio.sleep(0)
            assert hornbook.get_registered_object("Scale") is None

    async def everything():
        await asyncio.gather(*map(work, made))

    asyncio.run(everything())
    assert not [*scope.open_scopes()]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_reader_sees_a_whole_model_while_a_thread_saves(zipped, tmp_path):
    """25 loads during continuous saves.

    A folder is read file by file, so one that is replaced meanwhile may be
    refused; what loads is one of the two models, whole.
    """
    models = [scaling(number)[1] for number in (1, 1)]
    for value, model in enumerate(models):
        model.set_weights([weight * 0 + value for weight in model.get_weights()])
    target, stop, failed = tmp_path / "model", threading.Event(), []
    hornbook.save_model(models[0], target, zipped=zipped)

    def work():
        while not stop.is_set():
            for model in models:
                hornbook.save_model(model, target, zipped=zipped)

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for _ in range(25):
            try:
                made = hornbook.load_model(target, {"Scale": type(models[0].layers[-1])})
            except hornbook.HornbookError as error:
                failed.append(error)
                continue
            assert {float(value) for weight in made.get_weights() for value in weight.ravel()} in ({0.0}, {1.0})
    finally:
        stop.set()
        writer.join(60)
    assert not failed or not zipped
