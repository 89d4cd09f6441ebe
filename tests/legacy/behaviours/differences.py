"""1.6, what the generations disagree about, row by row."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
from typing import TYPE_CHECKING, Any

from .frame import behaviour, in_thread, np
from .subjects import a_class, a_function, built_in, config_of, function_config, importable, show, v3_config

if TYPE_CHECKING:
    from .frame import Keras


@behaviour("1.6 nested scopes")
def _(keras: Keras) -> Any:
    with keras.scope({"outer": 1}), keras.scope({"inner": 2}):
        return [keras.registered_object("outer"), keras.registered_object("inner")]


@behaviour("1.6 several dicts")
def _(keras: Keras) -> Any:
    with keras.scope({"a": 1}, {"b": 2}):
        return [keras.registered_object("a"), keras.registered_object("b")]


@behaviour("1.6 no arg")
def _(keras: Keras) -> Any:
    with keras.scope():
        return "accepted"


@behaviour("1.6 S(None)")
def _(keras: Keras) -> Any:
    with keras.scope(None):
        return "accepted"


@behaviour("1.6 global change inside scope after exit")
def _(keras: Keras) -> Any:
    with keras.scope({}):
        keras.get_custom_objects()["n"] = "kept"
    return keras.get_custom_objects().get("n", "reverted")


@behaviour("1.6 register inside scope, after exit")
def _(keras: Keras) -> Any:
    leaf = a_class()
    with keras.scope({}):
        keras.register("lab")(leaf)
        within = keras.registered_object("lab>Leaf") is leaf
    return [within, keras.registered_object("lab>Leaf") is leaf, keras.registered_name(leaf)]


@behaviour("1.6 scope entry in get_custom_objects()")
def _(keras: Keras) -> Any:
    with keras.scope({"n": 1}):
        return "n" in keras.get_custom_objects()


@behaviour("1.6 scope seen by another thread")
def _(keras: Keras) -> Any:
    with keras.scope({"n": "seen"}):
        return in_thread(lambda: keras.registered_object("n"))


@behaviour("1.6 global set inside scope vs scope entry")
def _(keras: Keras) -> Any:
    with keras.scope({"n": "scope"}):
        keras.get_custom_objects()["n"] = "global"
        return keras.registered_object("n")


@behaviour("1.6 clear_session inside scope", needs_keras=True)
def _(keras: Keras) -> Any:
    with keras.scope({"n": "kept"}):
        keras.module.backend.clear_session()
        return keras.registered_object("n")


@behaviour("1.6 second registration")
def _(keras: Keras) -> Any:
    first, second = (keras.register("lab")(a_class()) for _ in range(2))
    found = keras.registered_object("lab>Leaf")
    return [found is second, keras.registered_name(first), keras.registered_name(second)]


@behaviour("1.6 public signature")
def _(keras: Keras) -> Any:
    parameters = inspect.signature(keras.public_deserialize).parameters.values()
    return [str(each.replace(annotation=each.empty)) for each in parameters]


@behaviour("1.6 legacy str identifier")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize("n", {"n": "found"})


@behaviour("1.6 unknown str identifier, legacy error")
def _(keras: Keras) -> Any:
    return keras.legacy_deserialize("n", {})


@behaviour("1.6 str = class in module_objects, legacy")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize("Leaf", {"Leaf": a_class()}))


@behaviour("1.6 str = class in module_objects, v3")
def _(keras: Keras) -> Any:
    return show(keras.deserialize("Leaf", module_objects={"Leaf": keras.register("lab")(a_class())}))


@behaviour("1.6 str = class in scope, legacy")
def _(keras: Keras) -> Any:
    with keras.scope({"Leaf": a_class()}):
        return show(keras.legacy_deserialize("Leaf", {}))


@behaviour("1.6 str = class in scope, v3")
def _(keras: Keras) -> Any:
    with keras.scope({"Leaf": a_class()}):
        return show(keras.deserialize("Leaf"))


@behaviour("1.6 str = class in custom_objects, v3")
def _(keras: Keras) -> Any:
    return show(keras.deserialize("Leaf", {"Leaf": a_class()}))


@behaviour("1.6 unknown name with module_objects (v3)")
def _(keras: Keras) -> Any:
    return show(keras.deserialize(config_of("Missing", {}), module_objects={}))


@behaviour('1.6 config "name" equals custom function')
def _(keras: Keras) -> Any:
    named = a_class(__init__=lambda self, name: setattr(self, "value", name))
    return show(
        keras.legacy_deserialize(config_of("Leaf", {"name": "twice"}), {"Leaf": named}, {"twice": a_function()})
    )


@behaviour("1.6 config str equals module function (legacy)")
def _(keras: Keras) -> Any:
    module = {"Leaf": a_class(), "twice": a_function()}
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": "twice"}), module))


@behaviour("1.6 list config (old Sequential), legacy")
def _(keras: Keras) -> Any:
    keen = a_class(from_config=classmethod(lambda cls, config: cls(config)))
    return show(keras.legacy_deserialize(config_of("Leaf", [1, {"a": 2}]), {"Leaf": keen}))


@behaviour("1.6 list config (old Sequential), v3")
def _(keras: Keras) -> Any:
    keen = a_class(from_config=classmethod(lambda cls, config: cls(config)))
    return show(keras.deserialize(config_of("Leaf", [1, {"a": 2}]), {"Leaf": keen}))


@behaviour("1.6 from_config(custom_objects=) gets scope entries")
def _(keras: Keras) -> Any:
    keen = a_class(from_config=classmethod(lambda cls, config, custom_objects=None: sorted(custom_objects)))
    keras.get_custom_objects()["global"] = 1
    with keras.scope({"scope": 2}):
        return keras.legacy_deserialize(config_of("Leaf", {}), {"Leaf": keen}, {"custom": 3})


@behaviour("1.6 nested passive object, legacy")
def _(keras: Keras) -> Any:
    nested = config_of("Inner", {"value": 1}, __passive_serialization__=True)
    classes = {"Leaf": a_class(), "Inner": a_class("Inner")}
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": nested}), classes))


@behaviour("1.6 tuple in legacy config")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize(config_of("Leaf", {"value": (1, 2)}), {"Leaf": a_class()}))


@behaviour("1.6 functools.wraps function name (legacy)")
def _(keras: Keras) -> Any:
    wrapper = functools.wraps(a_function("original"))(a_function("wrapper"))
    wrapper.__name__ = "wrapper"
    return keras.legacy_serialize(wrapper)


@behaviour("1.6 shared objects, legacy scopes")
def _(keras: Keras) -> Any:
    return [bool(keras.loading_scope), bool(keras.saving_scope), bool(keras.disable_scope)]


@behaviour("1.6 shared objects, v3 scope")
def _(keras: Keras) -> Any:
    return bool(keras.sharing_scope)


@behaviour("1.6 unregistered class in importable module (v3)")
def _(keras: Keras) -> Any:
    with importable("lab_classes", Leaf=a_class()):
        return show(keras.deserialize(v3_config("Leaf", {"value": 1}, module="lab_classes")))


@behaviour("1.6 unregistered class in a module that is imported already (v3)")
def _(keras: Keras) -> Any:
    with importable("lab_classes", Leaf=a_class()):
        importlib.import_module("lab_classes")
        return show(keras.deserialize(v3_config("Leaf", {"value": 1}, module="lab_classes")))


@behaviour("1.6 os.system by config")
def _(keras: Keras) -> Any:
    config = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    return keras.deserialize(config) is os.system


@behaviour("1.6 module import as side effect of a config")
def _(keras: Keras) -> Any:
    with importable("lab_empty") as imported:
        try:
            keras.deserialize(v3_config("Leaf", {}, module="lab_empty"))
        except Exception:
            return imported


@behaviour("1.6 registered fn saved as, legacy")
def _(keras: Keras) -> Any:
    return keras.legacy_serialize(keras.register("lab")(a_function()))


@behaviour("1.6 registered fn saved as, v3")
def _(keras: Keras) -> Any:
    return keras.serialize(keras.register("lab")(a_function()))


@behaviour("1.6 bare name f finds registered p>f")
def _(keras: Keras) -> Any:
    keras.register("lab")(a_function())
    return show(keras.deserialize(function_config("twice")))


@behaviour("1.6 a bare name that two packages have")
def _(keras: Keras) -> Any:
    keras.register("lab", "twice")(a_function("first"))
    keras.register("other", "twice")(a_function("second"))
    return show(keras.deserialize(function_config("twice")))


@behaviour("1.6 a bare name that is the end of another name")
def _(keras: Keras) -> Any:
    keras.register("lab", "leaf")(a_function())
    return show(keras.deserialize(function_config("af")))


@behaviour("1.6 unknown kwarg (name=), legacy")
def _(keras: Keras) -> Any:
    return show(keras.legacy_deserialize(config_of("Leaf", {}), {"Leaf": a_class()}, name="gadget"))


@behaviour("1.6 unknown kwarg (name=), public")
def _(keras: Keras) -> Any:
    return show(keras.public_deserialize(config_of("Leaf", {}), custom_objects={"Leaf": a_class()}, name="gadget"))


@behaviour("1.6 bogus registered_name on built-in", needs_keras=True)
def _(keras: Keras) -> Any:
    config = built_in("keras.layers", "Dense", {"units": 2}, registered_name="lab>Missing")
    return type(keras.deserialize(config)) is keras.module.layers.Dense


@behaviour("1.6 build_config on object without `built`")
def _(keras: Keras) -> Any:
    made: list[Any] = []
    leaf = a_class(build_from_config=lambda self, config: made.append(config))
    keras.deserialize(v3_config("Leaf", {}, build_config={"shape": [1]}), {"Leaf": leaf})
    return made


@behaviour("1.6 from_config TypeError, v3: it is the very error")
def _(keras: Keras) -> Any:
    raised = TypeError()

    def init(self: Any) -> None:
        raise raised

    try:
        keras.deserialize(config_of("Leaf", {}), {"Leaf": a_class(__init__=init)})
    except TypeError as error:
        return error is raised


for _module, _name, _config in (
    ("keras.engine.sequential", "Sequential", {}),
    ("keras.layers.core.dense", "Dense", {"units": 2}),
    ("tf_keras.layers", "Dense", {"units": 2}),
    ("tensorflow.keras.layers", "Dense", {"units": 2}),
    ("keras.optimizers.legacy", "Adam", {}),
    ("keras.mixed_precision", "Policy", {"name": "float32"}),
):

    @behaviour(f"1.6 {_module}.{_name}", needs_keras=True)
    def _(keras: Keras, module: str = _module, name: str = _name, config: Any = _config) -> Any:
        return type(keras.deserialize(built_in(module, name, dict(config)))).__name__


@behaviour('1.6 keras.mse as builtins function "mse"', needs_keras=True)
def _(keras: Keras) -> Any:
    return show(keras.deserialize(function_config("mse")))


@behaviour("1.6 Ellipsis")
def _(keras: Keras) -> Any:
    return keras.serialize(Ellipsis)


@behaviour("1.6 slice")
def _(keras: Keras) -> Any:
    return keras.serialize(slice(1, None, 2))


@behaviour("1.6 numpy object array")
def _(keras: Keras) -> Any:
    return keras.serialize(np.array([None, 1], dtype=object))
