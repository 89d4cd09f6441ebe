"""1.5, the `deserialize_keras_object` of Keras 3: which class, and how an object is built."""

from __future__ import annotations

import copy
import importlib
from typing import TYPE_CHECKING, Any

from .frame import behaviour
from .subjects import a_class, a_function, built_in, config_of, importable, reader, show, v3_config

if TYPE_CHECKING:
    from .frame import Keras


@behaviour("1.5 sharing: one id, one object; not without a scope")
def _(keras: Keras) -> Any:
    leaf, custom = v3_config("Leaf", {}, shared_object_id=3), {"Leaf": a_class()}
    with keras.sharing_scope():
        first, second = keras.deserialize([leaf, leaf], custom)
    third, fourth = keras.deserialize([leaf, leaf], custom)
    return [first is second, third is fourth]


@behaviour("1.5 sharing: a known id comes before the class")
def _(keras: Keras) -> Any:
    with keras.sharing_scope():
        keras.deserialize(v3_config("Leaf", {"value": 1}, shared_object_id=3), {"Leaf": a_class()})
        return show(keras.deserialize(v3_config("Missing", {"value": 2}, shared_object_id=3)))


@behaviour("1.5 sharing: what was shared when written is shared when read")
def _(keras: Keras) -> Any:
    custom = {"Leaf": a_class()}
    leaf = custom["Leaf"](1)
    with keras.sharing_scope():
        configs = keras.serialize([leaf, leaf, custom["Leaf"](1)])
    with keras.sharing_scope():
        first, second, other = keras.deserialize(configs, custom)
    return [first is second, other is first]


@behaviour("1.5 class: the order is scope, global dict, custom_objects")
def _(keras: Keras) -> Any:
    scope, everywhere, custom = ({"n": a_class(name)} for name in ("Scope", "Global", "Custom"))
    found = []
    keras.get_custom_objects().update(everywhere)
    with keras.scope(scope):
        found.append(keras.deserialize(v3_config("n", {}), custom))
    found.append(keras.deserialize(v3_config("n", {}), custom))
    keras.get_custom_objects().clear()
    with keras.scope(scope):
        found.append(keras.deserialize(v3_config("n", {}), custom))
    found.append(keras.deserialize(v3_config("n", {}), custom))
    return [type(each).__name__ for each in found]


@behaviour("1.5 class: within from_config the order is global dict, scope, custom_objects")
def _(keras: Keras) -> Any:
    scope, everywhere, custom = ({"n": a_class(name)} for name in ("Scope", "Global", "Custom"))
    custom["Reader"] = reader(keras)
    config = v3_config("Reader", {"value": v3_config("n", {})})
    found = []
    keras.get_custom_objects().update(everywhere)
    with keras.scope(scope):
        found.append(keras.deserialize(config, custom))
    keras.get_custom_objects().clear()
    with keras.scope(scope):
        found.append(keras.deserialize(config, custom))
    found.append(keras.deserialize(config, custom))
    return [type(each.value).__name__ for each in found]


@behaviour("1.5 class: a registered_name that is found wins over the class_name, and the config is used")
def _(keras: Keras) -> Any:
    keras.register("lab")(a_class())
    return show(keras.deserialize(v3_config("Other", {"value": 42}, registered_name="lab>Leaf"), {"Other": a_class()}))


@behaviour("1.5 class: without registered_name the class_name counts")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("Leaf", {"value": 1}), {"Leaf": a_class()}))


@behaviour("1.5 class: with a registered_name of None the class_name does not count")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(v3_config("Leaf", {}, registered_name=None), {"Leaf": a_class()}))


@behaviour("1.5 class: with a registered_name that is not found the class_name does not count")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(v3_config("Leaf", {}, registered_name="lab>Leaf"), {"Leaf": a_class()}))


@behaviour("1.5 class: the registered_name is looked up in custom_objects")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(v3_config("Leaf", {}, registered_name="lab>Leaf"), {"lab>Leaf": a_class()}))


@behaviour("1.5 class: unknown")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(v3_config("Leaf", {})))


@behaviour("1.5 class: unknown, of a module that does not exist")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(v3_config("Leaf", {}, module="lab")))


@behaviour("1.5 class: a class of custom_objects wins over the built-in one", needs_keras=True)
def _(keras: Keras) -> Any:
    config = {"module": "keras.layers", "class_name": "Dense", "config": {"value": 1}}
    return show(keras.deserialize(config, {"Dense": a_class()}))


@behaviour("1.5 class: a registered class wins over the built-in one", needs_keras=True)
def _(keras: Keras) -> Any:
    keras.register("lab")(a_class())
    return show(keras.deserialize(built_in("keras.layers", "Dense", {}, registered_name="lab>Leaf")))


@behaviour("1.5 class: a built-in one by its public name", needs_keras=True)
def _(keras: Keras) -> Any:
    made = keras.deserialize(built_in("keras.layers", "Dense", {"units": 2}))
    return [type(made) is keras.module.layers.Dense, made.units]


@behaviour("1.5 class: with a registered_name of None custom_objects do not hide a built-in one", needs_keras=True)
def _(keras: Keras) -> Any:
    made = keras.deserialize(built_in("keras.layers", "Dense", {"units": 2}), {"Dense": a_class()})
    return type(made) is keras.module.layers.Dense


@behaviour("1.5 class: a built-in one comes back", needs_keras=True)
def _(keras: Keras) -> Any:
    layer = keras.module.layers.Dense(2, activation="relu", name="d")
    return keras.deserialize(keras.serialize(layer)).get_config() == layer.get_config()


@behaviour("1.5 class: Outer.Inner of an importable module")
def _(keras: Keras) -> Any:
    outer = a_class("Outer", Inner=a_class("Inner"))
    with importable("lab_inner", Outer=outer):
        return show(keras.deserialize(v3_config("Outer.Inner", {}, module="lab_inner", registered_name="Inner")))


@behaviour("1.5 class: Outer.Inner of a module that is imported already")
def _(keras: Keras) -> Any:
    outer = a_class("Outer", Inner=a_class("Inner", __module__="lab_inner"))
    with importable("lab_inner", Outer=outer):
        importlib.import_module("lab_inner")
        return show(keras.deserialize(v3_config("Outer.Inner", {}, module="lab_inner", registered_name="Inner")))


@behaviour("1.5 build: a function for a class config is given back")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("twice", {"x": 1}), {"twice": a_function()}))


@behaviour("1.5 build: a class without from_config")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("Bare", {}), {"Bare": a_class("Bare", object)}))


@behaviour("1.5 build: from_config finds custom_objects in scope, and they are gone afterwards")
def _(keras: Keras) -> Any:
    finder = a_class(from_config=classmethod(lambda cls, config: cls(keras.registered_object("n"))))
    found = keras.deserialize(config_of("Leaf", {}), {"Leaf": finder, "n": "custom"})
    return [found.value, keras.registered_object("n")]


@behaviour("1.5 build: from_config gets nested configs unread")
def _(keras: Keras) -> Any:
    nested = v3_config("Inner", {"value": 1})
    classes = {"Leaf": a_class(), "Inner": a_class("Inner")}
    return show(keras.deserialize(v3_config("Leaf", {"value": nested}), classes).value == nested)


@behaviour("1.5 build: from_config gets the caller's own config")
def _(keras: Keras) -> Any:
    own = {"value": 1}
    return keras.deserialize(config_of("Leaf", own), {"Leaf": a_class(from_config=lambda config: config is own)})


@behaviour("1.5 build: the config is not changed")
def _(keras: Keras) -> Any:
    config = v3_config("Leaf", {"value": [1, {"class_name": "Leaf"}]}, build_config={"a": 1})
    before = copy.deepcopy(config)
    members: dict[str, Any] = {"built": False, "build_from_config": lambda self, config: None}
    keras.deserialize(config, {"Leaf": a_class(**members)})
    return config == before


@behaviour("1.5 build: a config of None is an empty one")
def _(keras: Keras) -> Any:
    return keras.deserialize(config_of("Leaf", None), {"Leaf": a_class(from_config=lambda config: config)})


@behaviour("1.5 build: what from_config gets for an empty list as config")
def _(keras: Keras) -> Any:
    return keras.deserialize(config_of("Leaf", []), {"Leaf": a_class(from_config=lambda config: config)})


@behaviour("1.5 build: what from_config gets for an empty string as config")
def _(keras: Keras) -> Any:
    return keras.deserialize(config_of("Leaf", ""), {"Leaf": a_class(from_config=lambda config: config)})


@behaviour("1.5 build: a ValueError of from_config passes unchanged")
def _(keras: Keras) -> Any:
    raised = ValueError()

    def init(self: Any) -> None:
        raise raised

    try:
        keras.deserialize(config_of("Leaf", {}), {"Leaf": a_class(__init__=init)})
    except ValueError as error:
        return error is raised


def _built(keras: Keras, **members: Any) -> Any:
    def build(self: Any, config: Any) -> None:
        self.shape = config["shape"]

    leaf = a_class(shape=None, build_from_config=build, **members)
    made = keras.deserialize(v3_config("Leaf", {}, build_config={"shape": [1, 2]}), {"Leaf": leaf})
    return [made.shape, made.built]


@behaviour("1.5 build: build_config of an object that is not built")
def _(keras: Keras) -> Any:
    return _built(keras, built=False)


@behaviour("1.5 build: build_config of an object that is built")
def _(keras: Keras) -> Any:
    return _built(keras, built=True)


@behaviour("1.5 build: compile_config")
def _(keras: Keras) -> Any:
    def compile_from_config(self: Any, config: Any) -> None:
        self.loss = config["loss"]

    leaf = a_class(compile_from_config=compile_from_config)
    made = keras.deserialize(v3_config("Leaf", {}, compile_config={"loss": "mse"}), {"Leaf": leaf})
    return [made.loss, getattr(made, "compiled", "not set")]


@behaviour("1.5 a dict that looks like a config is misread")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(keras.serialize({"class_name": "Leaf", "config": {"value": 1}})))


@behaviour("1.5 a built-in function that is no part of a model", needs_keras=True)
def _(keras: Keras) -> Any:
    config = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
    return show(keras.deserialize(config))
