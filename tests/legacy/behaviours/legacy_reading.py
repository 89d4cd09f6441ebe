"""1.3, the legacy `deserialize_keras_object`."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .frame import behaviour, in_thread
from .subjects import Thing, a_class, a_function, config_of, show

if TYPE_CHECKING:
    from .frame import Keras


@behaviour("1.3 None stays None")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize(None)


@behaviour("1.3 a dict becomes an object")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": 1}), {"Leaf": a_class()}))


@behaviour("1.3 a function is given back")
def _(keras: Keras) -> Any:
    function = a_function()
    return keras.legacy_deserialize(function, {}) is function


for _kind, _value in {
    "a list": [config_of("Leaf", {})],
    "a number": 3,
    "bytes": b"Leaf",
    "a class": Thing,
    "a builtin": len,
}.items():

    @behaviour(f"1.3 {_kind} cannot be read")
    def _(keras: Keras, value: Any = _value) -> Any:
        return show(keras.legacy_deserialize(value, {"Leaf": a_class()}))


@behaviour("1.3 string: the order is custom_objects, scope, global dict, module_objects")
def _(keras: Keras) -> Any:
    found = []
    keras.get_custom_objects()["n"] = "global"
    with keras.scope({"n": "scope"}):
        found.append(keras.legacy_deserialize("n", {"n": "module"}, {"n": "custom"}))
        found.append(keras.legacy_deserialize("n", {"n": "module"}))
    found.append(keras.legacy_deserialize("n", {"n": "module"}))
    keras.get_custom_objects().clear()
    found.append(keras.legacy_deserialize("n", {"n": "module"}))
    return found


@behaviour("1.3 string: in custom_objects a class is instantiated, anything else given back")
def _(keras: Keras) -> Any:
    custom = {"Leaf": a_class(), "twice": a_function(), "zero": 0, "none": None}
    return [show(keras.legacy_deserialize(name, {"zero": 1, "none": 1}, custom)) for name in custom]


@behaviour("1.3 string: in scope")
def _(keras: Keras) -> Any:
    with keras.scope({"n": "scope"}):
        return keras.legacy_deserialize("n", {})


@behaviour("1.3 string: in the global dict")
def _(keras: Keras) -> Any:
    keras.get_custom_objects()["n"] = "global"
    return keras.legacy_deserialize("n", {})


@behaviour("1.3 string: a function of module_objects")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize("twice", {"twice": a_function()}))


@behaviour("1.3 string: an entry None of module_objects is unknown")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize("n", {"n": None})


@behaviour("1.3 string: unknown, without module_objects")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize("n")


@behaviour("1.3 string: the refusal names it and what was looked for")
def _(keras: Keras) -> Any:
    try:
        keras.legacy_deserialize("missing", {}, printable_module_name="gadget")
    except ValueError as error:
        return [word in str(error) for word in ("Unknown gadget", "missing")]


@behaviour("1.3 dict: without class_name")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize({"config": {}}, {})


@behaviour("1.3 dict: without config")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize({"class_name": "Leaf"}, {"Leaf": a_class()})


@behaviour("1.3 dict: an unknown class")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize(config_of("Missing", {}), {})


@behaviour("1.3 dict: the refusal of an unknown class names it and what was looked for")
def _(keras: Keras) -> Any:
    try:
        keras.legacy_deserialize(config_of("Missing", {}), {}, printable_module_name="gadget")
    except ValueError as error:
        return [word in str(error) for word in ("Unknown gadget", "Missing")]


@behaviour("1.3 dict: the order is scope, global dict, custom_objects, module_objects")
def _(keras: Keras) -> Any:
    scope, everywhere, custom, module = ({"n": a_class(name)} for name in ("Scope", "Global", "Custom", "Module"))
    found = []
    keras.get_custom_objects().update(everywhere)
    with keras.scope(scope):
        found.append(keras.legacy_deserialize(config_of("n", {}), module, custom))
    found.append(keras.legacy_deserialize(config_of("n", {}), module, custom))
    keras.get_custom_objects().clear()
    found.append(keras.legacy_deserialize(config_of("n", {}), module, custom))
    found.append(keras.legacy_deserialize(config_of("n", {}), module))
    return [type(each).__name__ for each in found]


@behaviour("1.3 dict: an entry None of custom_objects makes the class unknown")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize(config_of("n", {}), {"n": a_class()}, {"n": None}))


@behaviour("1.3 dict: an unhashable class_name")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize(config_of([], {}), {})


@behaviour("1.3 dict: a number as class_name")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize(config_of(5, {}), {})


@behaviour("1.3 dict: a config None")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize(config_of("Leaf", None), {"Leaf": a_class()}))


@behaviour("1.3 dict: the caller's config is changed")
def _(keras: Keras) -> Any:
    config = config_of("Leaf", {"value": "twice"})
    keras.legacy_deserialize(config, {"Leaf": a_class()}, {"twice": a_function()})
    return show(config)


@behaviour("1.3 dict: a string that names a function of custom_objects is that function")
def _(keras: Keras) -> Any:
    custom = {"twice": a_function()}
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": "twice"}), {"Leaf": a_class()}, custom))


@behaviour("1.3 dict: a string that names a function in scope is that function")
def _(keras: Keras) -> Any:
    with keras.scope({"twice": a_function()}):
        return show(keras.legacy_deserialize(config_of("Leaf", {"value": "twice"}), {"Leaf": a_class()}))


@behaviour("1.3 dict: a string that names a registered function is that function")
def _(keras: Keras) -> Any:
    keras.register("lab")(a_function())
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": "lab>twice"}), {"Leaf": a_class()}))


@behaviour("1.3 dict: a string that names a class or a builtin stays a string")
def _(keras: Keras) -> Any:
    custom = {"Inner": a_class("Inner"), "size": len}
    leaf = {"Leaf": a_class()}
    return [show(keras.legacy_deserialize(config_of("Leaf", {"value": n}), leaf, custom)) for n in custom]


@behaviour("1.3 dict: a nested dict without the mark stays a dict")
def _(keras: Keras) -> Any:
    classes = {"Leaf": a_class(), "Inner": a_class("Inner")}
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": config_of("Inner", {"value": 1})}), classes))


@behaviour("1.3 dict: a marked dict in a list stays a dict")
def _(keras: Keras) -> Any:
    classes = {"Leaf": a_class(), "Inner": a_class("Inner")}
    nested = config_of("Inner", {}, __passive_serialization__=True)
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": [nested]}), classes))


@behaviour("1.3 dict: the refusal of an unknown marked class calls it a config_item")
def _(keras: Keras) -> Any:
    nested = config_of("Missing", {}, __passive_serialization__=True)
    try:
        keras.legacy_deserialize(config_of("Leaf", {"value": nested}), {"Leaf": a_class()}, None, "gadget")
    except ValueError as error:
        return [word in str(error) for word in ("Unknown config_item", "Missing")]


@behaviour("1.3 dict: from_config(custom_objects=) gets the global dict and custom_objects, which win")
def _(keras: Keras) -> Any:
    given: list[dict[str, Any]] = []
    keen = a_class(from_config=classmethod(lambda cls, config, custom_objects=None: given.append(custom_objects)))
    keras.get_custom_objects().update({"n": "global", "g": 1})
    keras.legacy_deserialize(config_of("Leaf", {}), {"Leaf": keen}, {"n": "custom", "c": 1})
    keras.legacy_deserialize(config_of("Leaf", {}), {"Leaf": keen})
    return given


@behaviour("1.3 dict: from_config finds custom_objects in scope, and they are gone afterwards")
def _(keras: Keras) -> Any:
    finder = a_class(from_config=classmethod(lambda cls, config: cls(keras.registered_object("n"))))
    found = keras.legacy_deserialize(config_of("Leaf", {}), {"Leaf": finder}, {"n": "custom"})
    return [found.value, keras.registered_object("n")]


@behaviour("1.3 dict: a class without from_config is called with its config, custom_objects in scope")
def _(keras: Keras) -> Any:
    def init(self: Any, **config: Any) -> None:
        self.got = [config, keras.registered_object("n")]

    bare = a_class("Bare", object, __init__=init)
    return keras.legacy_deserialize(config_of("Bare", {"a": 1}), {"Bare": bare}, {"n": "custom"}).got


@behaviour("1.3 dict: a function as class is called with the config")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize(config_of("twice", {"x": 5}), {"twice": a_function()})


@behaviour("1.3 dict: exceptions of from_config pass unchanged")
def _(keras: Keras) -> Any:
    unchanged = []
    for raised in (TypeError(), ValueError(), KeyError()):

        def init(self: Any, error: Exception = raised) -> None:
            raise error

        try:
            keras.legacy_deserialize(config_of("Leaf", {}), {"Leaf": a_class(__init__=init)})
        except Exception as error:
            unchanged.append(error is raised)
    return unchanged


@behaviour("1.3 what was serialized is read back")
def _(keras: Keras) -> Any:
    leaf = keras.register("lab")(a_class())
    return show(keras.legacy_deserialize(keras.legacy_serialize(leaf({"deep": [1, "text"]}))))


@behaviour("1.3 sharing: one id, one object")
def _(keras: Keras) -> Any:
    config, classes = config_of("Leaf", {}, shared_object_id=0), {"Leaf": a_class()}
    with keras.loading_scope():
        return keras.legacy_deserialize(config, classes) is keras.legacy_deserialize(config, classes)


@behaviour("1.3 sharing: not without a scope")
def _(keras: Keras) -> Any:
    config, classes = config_of("Leaf", {}, shared_object_id=0), {"Leaf": a_class()}
    first = keras.legacy_deserialize(config, classes)
    with keras.loading_scope():
        pass
    return first is keras.legacy_deserialize(config, classes)


@behaviour("1.3 sharing: the id decides, not the class_name")
def _(keras: Keras) -> Any:
    classes = {"Leaf": a_class(), "Other": a_class("Other")}
    with keras.loading_scope():
        keras.legacy_deserialize(config_of("Leaf", {"value": 1}, shared_object_id=7), classes)
        return show(keras.legacy_deserialize(config_of("Other", {"value": 2}, shared_object_id=7), classes))


@behaviour("1.3 sharing: an unknown class fails even for a known id")
def _(keras: Keras) -> Any:
    with keras.loading_scope():
        keras.legacy_deserialize(config_of("Leaf", {}, shared_object_id=7), {"Leaf": a_class()})
        return show(keras.legacy_deserialize(config_of("Leaf", {}, shared_object_id=7), {}))


@behaviour("1.3 sharing: the id None is not shared")
def _(keras: Keras) -> Any:
    config, classes = config_of("Leaf", {}, shared_object_id=None), {"Leaf": a_class()}
    with keras.loading_scope():
        return keras.legacy_deserialize(config, classes) is keras.legacy_deserialize(config, classes)


@behaviour("1.3 sharing: an inner scope starts anew and ends the outer one too")
def _(keras: Keras) -> Any:
    classes = {"Leaf": a_class()}
    config = config_of("Leaf", {}, shared_object_id=0)
    with keras.loading_scope():
        first = keras.legacy_deserialize(config, classes)
        with keras.loading_scope():
            second = keras.legacy_deserialize(config, classes)
        third, fourth = (keras.legacy_deserialize(config, classes) for _ in range(2))
    return [second is first, third is first, third is second, fourth is third]


@behaviour("1.3 sharing: it does not reach other threads")
def _(keras: Keras) -> Any:
    config, classes = config_of("Leaf", {}, shared_object_id=0), {"Leaf": a_class()}
    with keras.loading_scope():
        first = keras.legacy_deserialize(config, classes)
        return in_thread(lambda: keras.legacy_deserialize(config, classes)) is first


@behaviour("1.3 sharing: DisableSharedObjectScope turns it off")
def _(keras: Keras) -> Any:
    config, classes = config_of("Leaf", {}, shared_object_id=0), {"Leaf": a_class()}
    with keras.disable_scope(), keras.loading_scope():
        return keras.legacy_deserialize(config, classes) is keras.legacy_deserialize(config, classes)


@behaviour("1.3 sharing: after DisableSharedObjectScope the scope around it goes on")
def _(keras: Keras) -> Any:
    config, classes = config_of("Leaf", {}, shared_object_id=0), {"Leaf": a_class()}
    with keras.loading_scope():
        first = keras.legacy_deserialize(config, classes)
        with keras.disable_scope():
            pass
        return keras.legacy_deserialize(config, classes) is first


@behaviour("1.3 sharing: what a saving scope shared, a loading scope shares")
def _(keras: Keras) -> Any:
    classes = {"Leaf": a_class()}
    leaf = classes["Leaf"](1)
    with keras.saving_scope():
        configs = [keras.legacy_serialize(leaf), keras.legacy_serialize(leaf)]
    with keras.loading_scope():
        first, second = (keras.legacy_deserialize(config, classes) for config in copy.deepcopy(configs))
    return [first is second, show(second)]
