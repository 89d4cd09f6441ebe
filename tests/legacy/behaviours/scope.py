"""1.1, scope and registry."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .frame import behaviour, in_thread
from .subjects import a_class, a_function

if TYPE_CHECKING:
    from .frame import Keras


@behaviour("1.1 entering a scope gives the scope, leaving it gives None")
def _(keras: Keras) -> Any:
    scope = keras.scope({})
    return [scope.__enter__() is scope, scope.__exit__(None, None, None)]


@behaviour("1.1 custom_object_scope is the class CustomObjectScope")
def _(keras: Keras) -> Any:
    return keras.scope_function is keras.scope


@behaviour("1.1 custom_object_scope makes a CustomObjectScope")
def _(keras: Keras) -> Any:
    return isinstance(keras.scope_function({}), keras.scope)


@behaviour("1.1 an exception passes through a scope and ends it")
def _(keras: Keras) -> Any:
    try:
        with keras.scope({"Leaf": a_class()}):
            raise KeyError
    except KeyError:
        return ["passed", keras.registered_object("Leaf")]


@behaviour("1.1 an inner scope shadows a name and gives it back")
def _(keras: Keras) -> Any:
    with keras.scope({"n": "outer"}):
        with keras.scope({"n": "inner"}):
            inside = keras.registered_object("n")
        return [inside, keras.registered_object("n")]


@behaviour("1.1 an inner scope ends before the outer one")
def _(keras: Keras) -> Any:
    with keras.scope({"a": 1}):
        with keras.scope({"b": 2}):
            pass
        return [keras.registered_object("a"), keras.registered_object("b")]


@behaviour("1.1 of several dicts the later one wins")
def _(keras: Keras) -> Any:
    with keras.scope({"a": 1, "b": 1}, {"b": 2}):
        return [keras.registered_object("a"), keras.registered_object("b")]


@behaviour("1.1 a scope of a list of pairs")
def _(keras: Keras) -> Any:
    with keras.scope([("a", 1)]):
        return keras.registered_object("a")


@behaviour("1.1 a clear of the global dict inside a scope lasts")
def _(keras: Keras) -> Any:
    keras.get_custom_objects()["n"] = 1
    with keras.scope({}):
        keras.get_custom_objects().clear()
    return "n" not in keras.get_custom_objects()


@behaviour("1.1 entries added to the dict before a scope is entered count")
def _(keras: Keras) -> Any:
    entries = {"a": 1}
    scope = keras.scope(entries)
    entries["b"] = 2
    with scope:
        return keras.registered_object("b")


@behaviour("1.1 entries added to an empty dict before a scope is entered count")
def _(keras: Keras) -> Any:
    entries: dict[str, int] = {}
    scope = keras.scope(entries)
    entries["b"] = 2
    with scope:
        return keras.registered_object("b")


@behaviour("1.1 entries added to the dict inside a scope do not count")
def _(keras: Keras) -> Any:
    entries = {"a": 1}
    with keras.scope(entries):
        entries["b"] = 2
        return keras.registered_object("b")


@behaviour("1.1 a scope leaves its dict as it was")
def _(keras: Keras) -> Any:
    entries = {"a": 1}
    with keras.scope({"b": 2}), keras.scope(entries):
        pass
    return entries


@behaviour("1.1 a scope entered twice leaks its entries")
def _(keras: Keras) -> Any:
    scope = keras.scope({"n": "leaked"})
    with scope, scope:
        pass
    return keras.registered_object("n")


@behaviour("1.1 scopes left out of order: the inner one's name, then the outer one's")
def _(keras: Keras) -> Any:
    outer, inner = keras.scope({"outer": 1}), keras.scope({"inner": 2})
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    between = keras.registered_object("inner")
    inner.__exit__(None, None, None)
    return [between, keras.registered_object("outer")]


@behaviour("1.1 get_custom_objects gives one live dict")
def _(keras: Keras) -> Any:
    objects = keras.get_custom_objects()
    objects["n"] = "seen"
    return [objects is keras.get_custom_objects(), keras.registered_object("n")]


@behaviour("1.1 the global dict is empty after import", needs_keras=True)
def _(keras: Keras) -> Any:
    return not keras.at_import


@behaviour("1.1 the global dict is seen by another thread")
def _(keras: Keras) -> Any:
    keras.get_custom_objects()["n"] = "seen"
    return in_thread(lambda: keras.registered_object("n"))


@behaviour("1.1 register: the key is package>name, by default Custom and the name of the class")
def _(keras: Keras) -> Any:
    keras.register()(a_class("A"))
    keras.register("lab")(a_class("B"))
    keras.register("lab", "third")(a_class("C"))
    keras.register(package="lab", name="fourth")(a_class("D"))
    return sorted(keras.get_custom_objects())


@behaviour("1.1 register: the decorator gives back what it was given")
def _(keras: Keras) -> Any:
    leaf = a_class()
    return keras.register("lab")(leaf) is leaf


@behaviour("1.1 register: an empty name is kept")
def _(keras: Keras) -> Any:
    keras.register("lab", "")(a_function())
    return sorted(keras.get_custom_objects())


@behaviour("1.1 register: a class without get_config is refused")
def _(keras: Keras) -> Any:
    keras.register("lab")(a_class("Bare", object))


@behaviour("1.1 register: functions and lambdas")
def _(keras: Keras) -> Any:
    function = keras.register("lab")(a_function())
    nameless = keras.register("lab", "nameless")(lambda x: x)
    return [sorted(keras.get_custom_objects()), keras.registered_name(function), keras.registered_name(nameless)]


@behaviour("1.1 register: one class under two names")
def _(keras: Keras) -> Any:
    leaf = a_class()
    keras.register("lab", "first")(leaf)
    keras.register("lab", "second")(leaf)
    return [sorted(keras.get_custom_objects()), keras.registered_name(leaf)]


@behaviour("1.1 register used bare: nothing is registered, a function takes the place of the class")
def _(keras: Keras) -> Any:
    return [type(keras.register(a_class())).__name__, sorted(map(str, keras.get_custom_objects()))]


@behaviour("1.1 register: a package that is no string")
def _(keras: Keras) -> Any:
    keras.register(1)(a_function())
    return sorted(keras.get_custom_objects())


@behaviour("1.1 get_registered_name: what is not registered has its own name")
def _(keras: Keras) -> Any:
    return [keras.registered_name(a_class()), keras.registered_name(a_function())]


@behaviour("1.1 get_registered_name: what is registered has that name")
def _(keras: Keras) -> Any:
    return keras.registered_name(keras.register("lab", "other")(a_class()))


@behaviour("1.1 get_registered_name of an instance")
def _(keras: Keras) -> Any:
    return keras.registered_name(a_class()())


@behaviour("1.1 get_registered_name of something unhashable")
def _(keras: Keras) -> Any:
    return keras.registered_name([])


@behaviour("1.1 get_registered_name of a partial")
def _(keras: Keras) -> Any:
    return keras.registered_name(functools.partial(a_function(), 1))


@behaviour("1.1 get_registered_name does not know what was put into the global dict by hand")
def _(keras: Keras) -> Any:
    function = a_function()
    keras.get_custom_objects()["lab>twice"] = function
    return keras.registered_name(function)


@behaviour("1.1 get_registered_object asks scope, global dict, custom_objects, module_objects")
def _(keras: Keras) -> Any:
    found = []
    keras.get_custom_objects()["n"] = "global"
    with keras.scope({"n": "scope"}):
        found.append(keras.registered_object("n", {"n": "custom"}, {"n": "module"}))
    found.append(keras.registered_object("n", {"n": "custom"}, {"n": "module"}))
    keras.get_custom_objects().clear()
    found.append(keras.registered_object("n", {"n": "custom"}, {"n": "module"}))
    found.append(keras.registered_object("n", custom_objects={}, module_objects={"n": "module"}))
    found.append(keras.registered_object("n"))
    return found


@behaviour("1.1 get_registered_object: an entry None counts")
def _(keras: Keras) -> Any:
    with keras.scope({"n": None}):
        return keras.registered_object("n", {"n": "custom"})


@behaviour("1.1 get_registered_object of an unhashable name")
def _(keras: Keras) -> Any:
    return keras.registered_object([])


@behaviour("1.1 get_registered_object of None")
def _(keras: Keras) -> Any:
    return keras.registered_object(None)
