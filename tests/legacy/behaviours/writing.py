"""1.4, the `serialize_keras_object` of Keras 3."""

from __future__ import annotations

import functools
import pathlib
import types
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from .frame import behaviour, in_thread, np
from .subjects import Thing, a_class, a_function, refusing, show

if TYPE_CHECKING:
    from .frame import Keras


@behaviour("1.4 plain values stay as they are")
def _(keras: Keras) -> Any:
    return [keras.serialize(value) for value in (None, 3, 1.5, True, "text")]


@behaviour("1.4 an object of a subclass of str stays that object")
def _(keras: Keras) -> Any:
    text = type("Text", (str,), {})("text")
    return keras.serialize(text) is text


@behaviour("1.4 lists and tuples item by item, a tuple stays a tuple")
def _(keras: Keras) -> Any:
    return show(keras.serialize([1, (2, [3, b"x"])]))


@behaviour("1.4 a named tuple becomes a tuple")
def _(keras: Keras) -> Any:
    made = keras.serialize(NamedPair(1, 2))
    return [type(made).__name__, show(made)]


class NamedPair(NamedTuple):
    """For the behaviour above."""

    first: int
    second: int


@behaviour("1.4 a dict value by value, its keys untouched")
def _(keras: Keras) -> Any:
    made = keras.serialize({"a": (1,), 2: b"x"})
    return [[type(key).__name__ for key in made], show(made)]


@behaviour("1.4 a dict that looks like a config is written as it is")
def _(keras: Keras) -> Any:
    return keras.serialize({"class_name": "x", "config": 1})


@behaviour("1.4 bytes")
def _(keras: Keras) -> Any:
    return keras.serialize(b"ab")


@behaviour("1.4 bytes that are not UTF-8")
def _(keras: Keras) -> Any:
    return keras.serialize(b"\xff")


@behaviour("1.4 an array")
def _(keras: Keras) -> Any:
    return keras.serialize(np.arange(4, dtype="int32").reshape(2, 2))


@behaviour("1.4 array scalars become plain values")
def _(keras: Keras) -> Any:
    values = (np.float32(1.5), np.int64(3), np.bool_(True), np.array(2.0))
    return [[type(made).__name__, made] for made in map(keras.serialize, values)]


@behaviour("1.4 a date of NumPy becomes a date of Python")
def _(keras: Keras) -> Any:
    return type(keras.serialize(np.datetime64("2020-01-01"))).__name__


@behaviour("1.4 a lambda warns and becomes its code")
def _(keras: Keras) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = keras.serialize(lambda x: x)
    warned = any(issubclass(each.category, UserWarning) for each in caught)
    return [sorted(made), made["class_name"], sorted(made["config"]), warned]


@behaviour("1.4 a function that is not registered")
def _(keras: Keras) -> Any:
    return keras.serialize(a_function())


@behaviour("1.4 an object that is not registered")
def _(keras: Keras) -> Any:
    return keras.serialize(a_class()(1))


@behaviour("1.4 an object of a registered class")
def _(keras: Keras) -> Any:
    return keras.serialize(keras.register("lab", "other")(a_class())(1))


@behaviour("1.4 an object in a config")
def _(keras: Keras) -> Any:
    return keras.serialize(a_class()([a_class("Inner")(1)]))


@behaviour("1.4 an object of a class of __main__ has no module")
def _(keras: Keras) -> Any:
    return keras.serialize(a_class(__module__="__main__")(1))


@behaviour("1.4 build_config and compile_config are appended")
def _(keras: Keras) -> Any:
    members: dict[str, Any] = {
        "get_build_config": lambda self: {"shape": (1, 2)},
        "get_compile_config": lambda self: {"loss": b"x"},
    }
    return show(keras.serialize(a_class(**members)(1)))


@behaviour("1.4 build_config and compile_config of None are not")
def _(keras: Keras) -> Any:
    members: dict[str, Any] = {"get_build_config": lambda self: None, "get_compile_config": lambda self: None}
    return sorted(keras.serialize(a_class(**members)(1)))


@behaviour("1.4 a config that is no dict")
def _(keras: Keras) -> Any:
    return keras.serialize(a_class(get_config=lambda self: [1])())


@behaviour("1.4 a NotImplementedError of get_config passes")
def _(keras: Keras) -> Any:
    keras.serialize(refusing(NotImplementedError()))


@behaviour("1.4 a class that has get_config is no object")
def _(keras: Keras) -> Any:
    return keras.serialize(a_class())


UNREADABLE: dict[str, Any] = {
    "a type": int,
    "a module": types,
    "a builtin": len,
    "a bound method": Thing(1).get_config,
    "a generator": (item for item in "text"),
}
for _kind, _value in UNREADABLE.items():

    @behaviour(f"1.4 {_kind} becomes a dict")
    def _(keras: Keras, value: Any = _value) -> Any:
        made = keras.serialize(value)
        return [made["module"], made["class_name"], show(made["config"]), made["registered_name"]]

    @behaviour(f"1.5 {_kind} cannot be read back")
    def _(keras: Keras, value: Any = _value) -> Any:
        return show(keras.deserialize(keras.serialize(value)))


for _kind, _value in {
    "a complex number": 1 + 2j,
    "a set": {1},
    "a range": range(3),
    "a partial": functools.partial(len),
    "a path": pathlib.PurePosixPath("a"),
    "a bytearray": bytearray(b"x"),
    "a dtype": "float32",
    "an object without get_config": object(),
}.items():

    @behaviour(f"1.4 {_kind} cannot be serialized")
    def _(keras: Keras, kind: str = _kind, value: Any = _value) -> Any:
        return show(keras.serialize(np.dtype(value) if kind == "a dtype" else value))


@behaviour("1.4 a built-in layer has its public name and no registered name", needs_keras=True)
def _(keras: Keras) -> Any:
    made = keras.serialize(keras.module.layers.Dense(2))
    return [made["module"], made["class_name"], made["registered_name"], made["config"]["units"]]


@behaviour("1.4 a built-in function", needs_keras=True)
def _(keras: Keras) -> Any:
    return keras.serialize(keras.module.activations.relu)


@behaviour("1.4 a tensor", needs_keras=True)
def _(keras: Keras) -> Any:
    return keras.serialize(keras.module.initializers.Ones()((2,)))


@behaviour("1.4 a symbolic tensor", needs_keras=True)
def _(keras: Keras) -> Any:
    return keras.serialize(keras.module.Input((2,)))["class_name"]


@behaviour("1.4 sharing: an object seen twice has one id in both configs")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.sharing_scope():
        first, second, other = keras.serialize([leaf, leaf, a_class()(1)])
    return [first["shared_object_id"] == second["shared_object_id"], "shared_object_id" in other]


@behaviour("1.4 sharing: the id is the address of the object")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.sharing_scope():
        return keras.serialize([leaf, leaf])[0]["shared_object_id"] == id(leaf)


@behaviour("1.4 sharing: functions are shared too")
def _(keras: Keras) -> Any:
    function = a_function()
    with keras.sharing_scope():
        return ["shared_object_id" in made for made in keras.serialize([function, function])]


@behaviour("1.4 sharing: not without a scope")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.sharing_scope():
        keras.serialize(leaf)
    return "shared_object_id" in keras.serialize(leaf)


@behaviour("1.4 sharing: entering a scope gives None")
def _(keras: Keras) -> Any:
    return keras.sharing_scope().__enter__()


@behaviour("1.4 sharing: a scope inside a scope ends the outer one too")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.sharing_scope():
        keras.serialize(leaf)
        with keras.sharing_scope():
            within = "shared_object_id" in keras.serialize(leaf)
        return [within, *("shared_object_id" in keras.serialize(leaf) for _ in range(2))]


@behaviour("1.4 sharing: it does not reach other threads")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.sharing_scope():
        keras.serialize(leaf)
        return "shared_object_id" in in_thread(lambda: keras.serialize(leaf))


@behaviour("1.4 sharing: different objects that live only during get_config get one id")
def _(keras: Keras) -> Any:
    inner = a_class("Inner")
    brief = a_class(get_config=lambda self: {"value": [keras.serialize(inner(n)) for n in range(3)]})
    with keras.sharing_scope():
        return any("shared_object_id" in made for made in keras.serialize(brief())["config"]["value"])
