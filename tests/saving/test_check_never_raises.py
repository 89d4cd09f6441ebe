"""`check` raises nothing, whatever an object does: what it raises, or holds, is a finding."""

from __future__ import annotations

import threading
from typing import Any

import keras
import numpy as np
import pytest

import hornbook

register = hornbook.register_keras_serializable("never_raises")


class OwnBase(BaseException):
    pass


class NoText(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


RAISED = (
    ValueError("no"),
    SystemExit(3),
    GeneratorExit(),
    StopIteration(),
    MemoryError(),
    RecursionError(),
    AttributeError("no"),
    KeyError(),
    OwnBase(),
    NoText(),
)
METHODS = (
    "__eq__",
    "__hash__",
    "__repr__",
    "__bool__",
    "__len__",
    "__iter__",
    "__getattr__",
    "__class__",
    "__dict__",
    "get_config",
    "from_config",
    "name",
    "__init__",
)
STATEFUL = (
    "get_config",
    "get_build_config",
    "build_from_config",
    "save_own_variables",
    "load_own_variables",
    "save_assets",
    "__setattr__",
    "__repr__",
)
registered = iter(range(100_000))


def raising(error: BaseException) -> Any:
    def method(*args: Any, **kwargs: Any) -> Any:
        raise error

    return method


def plain(error: BaseException, method: str) -> Any:
    """Return an object of a class whose method raises."""
    wrapped = {"from_config": classmethod, "name": property, "__class__": property, "__dict__": property}
    body: dict[str, Any] = {
        "get_config": lambda self: {"value": self.value},
        "from_config": classmethod(lambda cls, config: cls(**config)),
        "__init__": lambda self, value=1: object.__setattr__(self, "value", value),
    }
    odd = wrapped.get(method, lambda one: one)(raising(error))
    if method in ("__class__", "__dict__"):  # which a class that is there does not take
        body[method] = odd
    made = type(f"Odd{next(registered)}", (), {**body, "__module__": __name__})
    register(made)
    obj = made()
    if body.get(method) is not odd:
        setattr(made, method, odd)
    return obj


def layered(error: BaseException, method: str) -> keras.Model:
    """Return a model with a layer whose method raises from now on."""
    made = register(type(f"OddLayer{next(registered)}", (keras.layers.Dense,), {"__module__": __name__}))
    model = keras.Sequential([keras.Input((2,)), made(2)])
    setattr(made, method, raising(error))
    return model


def report(obj: Any) -> hornbook.saving.checking.findings.CheckReport:
    found = hornbook.check(obj)
    assert str(found)
    assert all(one.problem and one.hint for one in found.findings)
    return found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("error", RAISED, ids=lambda one: type(one).__name__)
def test_what_a_method_raises_gets_not_through(error: BaseException, method: str) -> None:
    """Of an object, and of one that another one holds."""
    found = report(plain(error, method))
    report([plain(error, method)])
    if method in ("get_config", "from_config"):
        assert not found.ok


@pytest.mark.parametrize("method", STATEFUL)
@pytest.mark.parametrize("error", RAISED, ids=lambda one: type(one).__name__)
def test_what_a_layer_raises_gets_not_through(error: BaseException, method: str) -> None:
    found = report(layered(error, method))
    if method in ("get_config", "save_own_variables", "load_own_variables"):
        assert not found.ok


@pytest.mark.parametrize("method", ["get_config", "from_config"])
def test_an_interrupt_from_the_keyboard_gets_through(method: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        hornbook.check(plain(KeyboardInterrupt(), method))


class OddMeta(type):
    def __getattribute__(cls, name: str) -> Any:
        if name in ("__module__", "__qualname__", "__name__", "__mro__", "__signature__"):
            raise RuntimeError(name)
        return super().__getattribute__(name)


class Unhashable(type):
    def __hash__(cls) -> int:
        raise TypeError("no hash")


def of(meta: type) -> Any:
    """Return an object of a class of `meta`, of which pytest must not see the class."""
    return meta("Odd", (), {"get_config": lambda self: {}, "__module__": __name__})()


class OddDict(dict):
    def items(self) -> Any:
        raise ValueError("no items")


class OddList(list):
    def __iter__(self) -> Any:
        raise ValueError("no members")


class Slots:
    __slots__ = ("__private", "unset")

    def __init__(self) -> None:
        self.__private = 1

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Slots:
        return cls()


class HoldsItself:
    def get_config(self) -> dict[str, Any]:
        return {"one": self, "other": self}


class ReturnsNothing(Slots):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return None


def itself(value: Any, put: Any) -> Any:
    put(value)
    return value


def deep(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def nulled() -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    vars(model.layers[0]).clear()
    return model


for one in (Slots, HoldsItself, ReturnsNothing):
    register(one)

FOUND = {
    "a metaclass that raises": lambda: of(OddMeta),
    "a class that has no hash": lambda: of(Unhashable),
    "a dict without items": lambda: OddDict(a=1),
    "a list without members": lambda: OddList([1]),
    "an object that holds itself": HoldsItself,
    "nothing where an object was": ReturnsNothing,
    "a dict that holds itself": lambda: itself({}, lambda one: one.update(a=one)),
    "a list that holds itself": lambda: itself([], lambda one: one.append(one)),
    "a list within lists": lambda: deep(5000),
    "a config that is too deep": lambda: deep(300),
    "a generator": lambda: (one for one in ()),
    "an object of threads": threading.Lock,
    "a number without end": lambda: 10**5000,
    "half a letter": lambda: "\ud800",
    "an array of objects": lambda: np.array([object()], dtype=object),
    "an array larger than any memory": lambda: np.broadcast_to(np.float32(0), (1 << 20, 1 << 20)),
    "an array larger than a config": lambda: np.zeros(2_000_000),
    "a class": lambda: Slots,
    "a module": lambda: np,
    "a variable": lambda: keras.Variable(1.0),
    "a model without an __init__": lambda: keras.Model.__new__(keras.Model),
    "a layer without an __init__": lambda: object.__new__(keras.layers.Dense),
    "a layer that has lost all": nulled,
}


@pytest.mark.parametrize("make", FOUND.values(), ids=FOUND)
def test_what_cannot_come_back_is_found(make: Any) -> None:
    assert not report(make()).ok


def test_slots_are_fine() -> None:
    assert report(Slots()).ok


def test_a_large_list_of_numbers_takes_no_long_time() -> None:
    """It is looked at as a whole."""
    assert report([float(one) for one in range(200_000)]).ok
