"""A name is written only if it leads back, and a built-in answers to a bare name only where Keras means it."""

from __future__ import annotations

from typing import Any

import keras
import pytest

import hornbook
from hornbook import deserialize_keras_object, legacy, serialize_keras_object
from hornbook.errors import AmbiguousReferenceError, SerializationWarning, UnknownReferenceError


def relu(x: Any) -> Any:
    """Have the name of a built-in."""
    return x + 3.0


def square(x: Any) -> Any:
    """Have the name of an operation, which is known by its module alone."""
    return x + 3.0


def scaled(factor: float) -> Any:
    """Return a function whose name tells nothing of `factor`."""

    def scale(x: Any) -> Any:
        return x * factor

    return scale


def bare(name: str) -> dict[str, Any]:
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


@pytest.mark.parametrize("name", ["square", "mean", "add", "matmul"])
def test_an_operation_does_not_answer_to_its_bare_name(name):
    """Keras 3.15.1 does not find it either."""
    with pytest.raises(UnknownReferenceError, match=name):
        deserialize_keras_object(bare(name))


@pytest.mark.parametrize("name", ["relu", "tanh", "mean_squared_error", "mse", "binary_accuracy"])
def test_what_keras_knows_by_its_bare_name_answers(name):
    """Activations, losses and metrics are written so."""
    assert callable(deserialize_keras_object(bare(name)))


@pytest.mark.parametrize("function", [keras.ops.square, keras.ops.relu, keras.activations.relu, keras.losses.hinge])
def test_functions_of_keras_come_back(function):
    """Operations are written with their module."""
    assert deserialize_keras_object(serialize_keras_object(function)) is function


@pytest.mark.parametrize(
    "holder",
    [
        lambda: relu,
        lambda: [relu],
        lambda: keras.layers.Lambda(relu),
        lambda: keras.layers.Dense(2, activation=relu),
    ],
)
def test_a_function_that_is_called_as_a_built_in_is_refused(holder):
    """It would come back as the built-in; under `install()`, where Keras writes it, it is warned of."""
    with pytest.raises(AmbiguousReferenceError, match="relu"):
        serialize_keras_object(holder())
    with hornbook.custom_object_scope({"relu": relu}):
        serialize_keras_object(holder())
    with hornbook.install(), pytest.warns(SerializationWarning, match="relu"):
        keras.saving.serialize_keras_object(holder())


def test_a_function_of_the_name_of_an_operation_comes_back_as_itself_or_not_at_all():
    """Nobody else answers to its bare name."""
    config = serialize_keras_object(keras.layers.Lambda(square))
    with pytest.raises(UnknownReferenceError, match="square"):
        deserialize_keras_object(config)
    assert deserialize_keras_object(config, custom_objects={"square": square}).function is square


def test_another_closure_is_another_function():
    """Two functions of one definition are two."""
    hornbook.register_keras_serializable("references")(scaled(2))
    with pytest.raises(AmbiguousReferenceError, match="scale"):
        serialize_keras_object(scaled(3))


def test_a_class_whose_name_was_taken_over_is_refused():
    """The key of its registration leads to another class."""

    def made() -> Any:
        return type(
            "Overtaken", (), {"get_config": lambda self: {}, "from_config": classmethod(lambda cls, config: cls())}
        )

    first, second = made(), made()
    second.__qualname__ = "Other"
    hornbook.register_keras_serializable("references")(first)
    with pytest.warns(hornbook.errors.AmbiguousRegistrationWarning):
        hornbook.register_keras_serializable("references")(second)
    with pytest.raises(AmbiguousReferenceError, match="Overtaken"):
        serialize_keras_object(first())
    assert type(deserialize_keras_object(serialize_keras_object(second()))) is second


@pytest.mark.parametrize("generation", [legacy.tf2_15, legacy.keras3_6, legacy.keras3_15])
def test_a_writing_that_goes_on_minds_each_scope_of_keras(generation):
    """Several calls in one sharing scope are one writing; a scope of Keras may be entered and left between them."""

    class Inner:
        def get_config(self) -> dict[str, Any]:
            return {}

    class Box(Inner):
        pass

    class Other(Inner):
        pass

    with generation.ObjectSharingScope():
        generation.serialize_keras_object(Inner())
        with (
            keras.saving.custom_object_scope({hornbook.get_registered_name(Box): Other}),
            pytest.raises(AmbiguousReferenceError, match="Other"),
        ):
            generation.serialize_keras_object(Box())
        assert generation.serialize_keras_object(Box())["class_name"] == "Box"
