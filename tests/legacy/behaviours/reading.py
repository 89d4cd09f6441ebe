"""1.5, the `deserialize_keras_object` of Keras 3: safe mode, plain values, `module_objects`, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .frame import behaviour, in_thread, np
from .subjects import a_class, a_function, config_of, function_config, reader, show, v3_config

if TYPE_CHECKING:
    from .frame import Keras


def _code(keras: Keras) -> Any:
    return keras.serialize(lambda x: x + 1)


@behaviour("1.5 safe mode: a lambda is refused by default")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(_code(keras)))


@behaviour("1.5 safe mode: a lambda is read with safe_mode=False")
def _(keras: Keras) -> Any:
    return keras.deserialize(_code(keras), safe_mode=False)(1)


@behaviour("1.5 safe mode: SafeModeScope(True) wins over safe_mode=False")
def _(keras: Keras) -> Any:
    with keras.safe_mode_scope(True):
        return show(keras.deserialize(_code(keras), safe_mode=False))


@behaviour("1.5 safe mode: SafeModeScope(False) wins over safe_mode=True")
def _(keras: Keras) -> Any:
    with keras.safe_mode_scope(safe_mode=False):
        return keras.deserialize(_code(keras), safe_mode=True)(1)


@behaviour("1.5 safe mode: an inner SafeModeScope wins, and ends")
def _(keras: Keras) -> Any:
    with keras.safe_mode_scope(True):
        with keras.safe_mode_scope(False):
            within = keras.deserialize(_code(keras))(1)
        try:
            keras.deserialize(_code(keras))
        except ValueError:
            return [within, "refused"]


@behaviour("1.5 safe mode: SafeModeScope(False) does not reach other threads")
def _(keras: Keras) -> Any:
    with keras.safe_mode_scope(False):
        return in_thread(lambda: show(keras.deserialize(_code(keras))))


@behaviour("1.5 safe mode: from_config reads under the safe_mode of the call around it")
def _(keras: Keras) -> Any:
    config = v3_config("Reader", {"value": _code(keras)})
    return keras.deserialize(config, {"Reader": reader(keras)}, safe_mode=False).value(1)


@behaviour("1.5 safe mode: it is lost through module_objects")
def _(keras: Keras) -> Any:
    objects = {"Reader": keras.register("lab")(reader(keras))}
    return show(
        keras.deserialize(config_of("Reader", {"value": _code(keras)}), module_objects=objects, safe_mode=False)
    )


@behaviour("1.5 printable_module_name is accepted")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("Leaf", {}), {"Leaf": a_class()}, printable_module_name="gadget"))


@behaviour("1.5 custom_objects that are no dict")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("Leaf", {}), [("Leaf", a_class())]))


@behaviour("1.5 plain values and None stay as they are")
def _(keras: Keras) -> Any:
    return [keras.deserialize(value) for value in (None, 3, 1.5, True, "text")]


@behaviour("1.5 string: the order is global dict, scope, custom_objects")
def _(keras: Keras) -> Any:
    found = []
    keras.get_custom_objects()["n"] = "global"
    with keras.scope({"n": "scope"}):
        found.append(keras.deserialize("n", {"n": "custom"}))
    keras.get_custom_objects().clear()
    with keras.scope({"n": "scope"}):
        found.append(keras.deserialize("n", {"n": "custom"}))
    return [*found, keras.deserialize("n", {"n": "custom"}), keras.deserialize("n")]


@behaviour("1.5 string: an entry None does not count")
def _(keras: Keras) -> Any:
    return keras.deserialize("n", {"n": None})


@behaviour("1.5 string: any string that is a key of custom_objects is replaced")
def _(keras: Keras) -> Any:
    return show(keras.deserialize({"name": "twice", "more": ["twice"]}, {"twice": a_function()}))


@behaviour("1.5 a tuple becomes a list")
def _(keras: Keras) -> Any:
    return show(keras.deserialize((1, (2, [3]))))


@behaviour("1.5 a set cannot be read")
def _(keras: Keras) -> Any:
    return show(keras.deserialize({1}))


@behaviour("1.5 a dict without class_name or config is read value by value")
def _(keras: Keras) -> Any:
    leaf = v3_config("Leaf", {"value": 1})
    configs = ({"a": leaf, "b": (1,)}, {"class_name": "Leaf", "x": leaf}, {"config": leaf})
    return [show(keras.deserialize(config, {"Leaf": a_class()})) for config in configs]


@behaviour("1.5 a list of configs is read one by one")
def _(keras: Keras) -> Any:
    return show(keras.deserialize([v3_config("Leaf", {"value": n}) for n in range(2)], {"Leaf": a_class()}))


@behaviour("1.5 lists within lists, 5000 deep")
def _(keras: Keras) -> Any:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    return type(keras.deserialize(deep)).__name__


@behaviour("1.5 module_objects: an unknown string is given back")
def _(keras: Keras) -> Any:
    return keras.deserialize("missing", module_objects={})


@behaviour("1.5 module_objects: a number is given back")
def _(keras: Keras) -> Any:
    return keras.deserialize(3, module_objects={})


@behaviour("1.5 module_objects: an unhashable config")
def _(keras: Keras) -> Any:
    return keras.deserialize({1}, module_objects={})


@behaviour("1.5 module_objects: they are not used for the items of a list")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(["Leaf"], module_objects={"Leaf": keras.register("lab")(a_class())}))


@behaviour("1.5 module_objects: a dict names a class")
def _(keras: Keras) -> Any:
    objects = {"Leaf": keras.register("lab")(a_class())}
    return show(keras.deserialize(config_of("Leaf", {"value": 1}), module_objects=objects))


@behaviour("1.5 module_objects: a built-in class", needs_keras=True)
def _(keras: Keras) -> Any:
    objects = {"Dense": keras.module.layers.Dense}
    return type(keras.deserialize(config_of("Dense", {"units": 2}), module_objects=objects)).__name__


@behaviour("1.5 module_objects: a built-in function", needs_keras=True)
def _(keras: Keras) -> Any:
    return show(keras.deserialize("relu", module_objects={"relu": keras.module.activations.relu}))


@behaviour("1.5 module_objects: the class of custom_objects wins")
def _(keras: Keras) -> Any:
    objects = {"Leaf": keras.register("lab")(a_class())}
    custom = {"Leaf": a_class("Custom")}
    return show(keras.deserialize(config_of("Leaf", {}), custom, module_objects=objects))


@behaviour("1.5 module_objects: a dict without class_name")
def _(keras: Keras) -> Any:
    return keras.deserialize({"config": {}}, module_objects={})


@behaviour("1.5 module_objects: a class whose module is None")
def _(keras: Keras) -> Any:
    return keras.deserialize(v3_config("Missing", {}), module_objects={})


@behaviour("1.5 special: bytes and arrays come back")
def _(keras: Keras) -> Any:
    text = keras.deserialize(keras.serialize(b"ab"))
    array = keras.deserialize(keras.serialize(np.arange(2, dtype="int16")))
    return [text.decode(), type(array).__name__, str(array.dtype), array.tolist()]


@behaviour("1.5 special: slices come back")
def _(keras: Keras) -> Any:
    made = keras.deserialize(keras.serialize((slice(1, None, 2), Ellipsis)))
    return [made[0] == slice(1, None, 2), made[1] is Ellipsis]


@behaviour("1.5 special: an array of an unknown dtype")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("__numpy__", {"value": [1], "dtype": "nope"})))


@behaviour("1.5 special: bytes whose value is no string")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("__bytes__", {"value": 3})))


@behaviour("1.5 function: found by the name in config, not by registered_name")
def _(keras: Keras) -> Any:
    config = {**function_config("twice"), "registered_name": "thrice"}
    return show(keras.deserialize(config, {"twice": a_function(), "thrice": a_function("thrice")}))


@behaviour("1.5 function: what was serialized is read back, registered or passed in")
def _(keras: Keras) -> Any:
    registered, passed = keras.register("lab")(a_function()), a_function("thrice")
    found = [keras.deserialize(keras.serialize(f), {"thrice": passed}) for f in (registered, passed)]
    return [found[0] is registered, found[1] is passed]


@behaviour("1.5 function: an exact name is preferred to the end of a registered one")
def _(keras: Keras) -> Any:
    keras.register("lab", "twice")(a_function("suffix"))
    return show(keras.deserialize(function_config("twice"), {"twice": a_function("exact")}))


@behaviour("1.5 function: unknown")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(function_config("missing")))


@behaviour("1.5 function: a config that is no string")
def _(keras: Keras) -> Any:
    return show(keras.deserialize({**function_config("twice"), "config": {"a": 1}}, {"twice": a_function()}))


@behaviour("1.5 function: a built-in one by module and name", needs_keras=True)
def _(keras: Keras) -> Any:
    config = {"module": "keras.activations", "class_name": "function", "config": "relu", "registered_name": "relu"}
    return keras.deserialize(config) is keras.module.activations.relu


@behaviour("1.5 function: a built-in one comes back", needs_keras=True)
def _(keras: Keras) -> Any:
    relu = keras.module.activations.relu
    return keras.deserialize(keras.serialize(relu)) is relu
