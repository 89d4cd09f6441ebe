"""1.2, the legacy `serialize_keras_object`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .frame import behaviour, in_thread, np
from .subjects import a_class, a_function, refusing, show

if TYPE_CHECKING:
    from .frame import Keras


@behaviour("1.2 None stays None")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(None)


@behaviour("1.2 an object becomes its class' name and its config")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(a_class()(1))


@behaviour("1.2 an object of a registered class has the registered name")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(keras.register("lab")(a_class())("text"))


@behaviour("1.2 an object in a config is serialized and marked")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(a_class()(a_class("Inner")(1)))


@behaviour("1.2 objects in lists, tuples and dicts of a config stay objects")
def _(keras: Keras) -> Any:
    leaf, inner = a_class(), a_class("Inner")
    return [show(keras.legacy_serialize(leaf(value))) for value in ([inner(1)], (inner(2),), {"k": inner(3)})]


@behaviour("1.2 numbers, tuples, sets, bytes and arrays of a config pass unchanged")
def _(keras: Keras) -> Any:
    leaf = a_class()
    values = (1.5, True, None, [1], (1, 2), {3}, b"x", {"a": 1}, np.ones(2))
    return [show(keras.legacy_serialize(leaf(value))["config"]["value"]) for value in values]


@behaviour("1.2 functions and classes of a config become names")
def _(keras: Keras) -> Any:
    leaf, function = a_class(), keras.register("lab")(a_function("thrice"))
    values = (a_function(), function, lambda x: x, len, int, np.float32)
    return [keras.legacy_serialize(leaf(value))["config"]["value"] for value in values]


@behaviour("1.2 functions, lambdas, builtins and classes without get_config become names")
def _(keras: Keras) -> Any:
    function = keras.register("lab")(a_function("thrice"))
    return [keras.legacy_serialize(value) for value in (a_function(), function, lambda x: x, len, int)]


@behaviour("1.2 an object without get_config but with a __name__ becomes that name")
def _(keras: Keras) -> Any:
    bare = a_class("Bare", object)()
    bare.__name__ = "called"
    return keras.legacy_serialize(bare)


for _kind, _value in {
    "a number": 3,
    "a string": "text",
    "a list": [1],
    "a dict": {"a": 1},
    "a partial": functools.partial(len),
    "an object without get_config": object(),
}.items():

    @behaviour(f"1.2 {_kind} cannot be serialized")
    def _(keras: Keras, value: Any = _value) -> Any:
        return show(keras.legacy_serialize(value))


@behaviour("1.2 a NotImplementedError of get_config passes")
def _(keras: Keras) -> Any:
    keras.legacy_serialize(refusing(NotImplementedError()))


@behaviour("1.2 a KeyError of get_config passes")
def _(keras: Keras) -> Any:
    keras.legacy_serialize(refusing(KeyError()))


@behaviour("1.2 under skip_failed_serialization a NotImplementedError leaves a mark")
def _(keras: Keras) -> Any:
    with keras.skip_failed():
        return keras.legacy_serialize(refusing(NotImplementedError()))


@behaviour("1.2 skip_failed_serialization ends with its block")
def _(keras: Keras) -> Any:
    with keras.skip_failed(), keras.skip_failed():
        pass
    return keras.legacy_serialize(refusing(NotImplementedError()))


@behaviour("1.2 skip_failed_serialization holds in other threads")
def _(keras: Keras) -> Any:
    with keras.skip_failed():
        return in_thread(lambda: keras.legacy_serialize(refusing(NotImplementedError())))


@behaviour("1.2 an object in a config whose get_config raises ValueError stays an object")
def _(keras: Keras) -> Any:
    return show(keras.legacy_serialize(a_class("Outer")(refusing(ValueError()))))


@behaviour("1.2 an object in a config whose get_config raises KeyError")
def _(keras: Keras) -> Any:
    return show(keras.legacy_serialize(a_class("Outer")(refusing(KeyError()))))


@behaviour("1.2 a class that has get_config is no object")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(a_class())


@behaviour("1.2 a config that is no dict")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(a_class(get_config=lambda self: [1])())


@behaviour("1.2 sharing: on the second sight the same dict comes, now with an id")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.saving_scope():
        first = keras.legacy_serialize(leaf)
        before = dict(first)
        second = keras.legacy_serialize(leaf)
    return [before, dict(second), first is second, isinstance(first, dict)]


@behaviour("1.2 sharing: ids count all objects from 0")
def _(keras: Keras) -> Any:
    leaves = [a_class()(number) for number in range(3)]
    with keras.saving_scope():
        for leaf in leaves:
            keras.legacy_serialize(leaf)
        return [keras.legacy_serialize(leaves[n])["shared_object_id"] for n in (2, 0, 2)]


@behaviour("1.2 sharing: objects in a config")
def _(keras: Keras) -> Any:
    inner, outer = a_class("Inner")(1), a_class("Outer")
    with keras.saving_scope():
        keras.legacy_serialize(outer(inner))
        return keras.legacy_serialize(outer(inner))


@behaviour("1.2 sharing: equal objects are saved as one")
def _(keras: Keras) -> Any:
    equal = a_class(__hash__=lambda self: 1, __eq__=lambda self, other: True)
    first, second = equal(1), equal(2)
    with keras.saving_scope():
        keras.legacy_serialize(first)
        return keras.legacy_serialize(second)


@behaviour("1.2 sharing: an unhashable object is not shared")
def _(keras: Keras) -> Any:
    leaf = a_class(__hash__=None, __eq__=lambda self, other: self is other)(1)
    with keras.saving_scope():
        keras.legacy_serialize(leaf)
        return keras.legacy_serialize(leaf)


@behaviour("1.2 sharing: a scope inside a scope is the outer one and does not end it")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.saving_scope() as outer:
        keras.legacy_serialize(leaf)
        with keras.saving_scope() as inner:
            within = "shared_object_id" in keras.legacy_serialize(leaf)
        return [inner is outer, within, "shared_object_id" in keras.legacy_serialize(leaf)]


@behaviour("1.2 sharing: it ends with its scope")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.saving_scope():
        keras.legacy_serialize(leaf)
    return keras.legacy_serialize(leaf)


@behaviour("1.2 sharing: it does not reach other threads")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.saving_scope():
        keras.legacy_serialize(leaf)
        return in_thread(lambda: keras.legacy_serialize(leaf))


@behaviour("1.2 sharing: DisableSharedObjectScope gives None and turns it off")
def _(keras: Keras) -> Any:
    leaf = a_class()(1)
    with keras.disable_scope() as disabled, keras.saving_scope() as saving:
        keras.legacy_serialize(leaf)
        return [disabled, saving, keras.legacy_serialize(leaf)]
