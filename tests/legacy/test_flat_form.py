"""`hornbook.legacy`: the flat form of TF 2.9, without its defects."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import hornbook
from hornbook import legacy
from hornbook.engine.registry import DEFAULT
from hornbook.errors import (
    ConfigError,
    ConstructionError,
    LimitError,
    SerializationError,
    UnknownReferenceError,
    UnresolvedReferenceError,
    UntrustedReferenceError,
)
from hornbook.legacy import tf2_15


class Box:
    def __init__(self, value: Any = None) -> None:
        self.value = value

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Box:
        return cls(**config)


class Lid(Box):
    pass


def twice(value: int) -> int:
    return 2 * value


CLASSES = {"Box": Box, "Lid": Lid}


@pytest.fixture(autouse=True)
def _same_registry() -> Iterator[None]:
    before, names = dict(DEFAULT.objects), dict(DEFAULT._names)
    yield
    DEFAULT.objects.clear()
    DEFAULT.objects.update(before)
    DEFAULT._names.clear()
    DEFAULT._names.update(names)


def read(config: Any, **more: Any) -> Any:
    return legacy.deserialize_keras_object(config, CLASSES, **more)


@pytest.mark.parametrize(
    "value",
    [
        Lid(1),
        [Lid(1), 2, [Lid(3)]],
        {"a": Lid(1), "b": {"c": [Lid(2)]}},
        None,
        "text",
        1.5,
        [1, "a", None],
    ],
    ids=["object", "list", "dict", "none", "text", "number", "plain list"],
)
def test_what_is_written_is_read_again_at_every_depth(value: Any) -> None:
    """Objects in lists and dicts come back as well; TF 2.9.3 leaves them as they are."""
    config = legacy.serialize_keras_object(Box(value))
    made = read(config)
    assert legacy.serialize_keras_object(made) == config
    assert type(made) is Box
    if isinstance(value, list) and isinstance(value[0], Lid):
        assert type(made.value[0]) is Lid


def test_a_function_is_its_name_and_comes_back() -> None:
    """By module_objects, custom_objects, a scope and the registry alike."""
    assert legacy.serialize_keras_object(twice) == "twice"
    assert read("twice", custom_objects={"twice": twice}) is twice
    assert legacy.deserialize_keras_object("twice", {"twice": twice}) is twice
    with hornbook.custom_object_scope({"twice": twice}):
        assert read("twice") is twice
        assert read({"class_name": "Box", "config": {"value": "twice"}}).value is twice
    hornbook.register_keras_serializable("lab")(twice)
    assert legacy.serialize_keras_object(twice) == "lab>twice"
    assert read("lab>twice") is twice


def test_the_field_name_stays_text_whatever_functions_are_known() -> None:
    """`name` of a layer is text since TF 2.9."""

    class Named(Box):
        def __init__(self, name: Any) -> None:
            self.name = name

    config = {"class_name": "Named", "config": {"name": "twice"}}
    assert legacy.deserialize_keras_object(config, {"Named": Named, "twice": twice}, {"twice": twice}).name == "twice"


def test_module_objects_may_be_left_out() -> None:
    """TF 2.9.3 to 2.15.1 raise an AttributeError for a string, Keras 3.15.1 for any."""
    assert type(legacy.deserialize_keras_object("Box", custom_objects=CLASSES)) is Box
    with pytest.raises(UnknownReferenceError, match="Unknown container: `Bag`"):
        legacy.deserialize_keras_object("Bag", printable_module_name="container")


def test_the_callers_config_stays_as_it_is_at_every_depth() -> None:
    """Functions are put into a copy, and what `from_config` does to its argument stays there."""

    class Greedy(Box):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Greedy:
            config["value"]["list"].clear()
            return cls(config.pop("value"))

    config = {"class_name": "Greedy", "config": {"value": {"list": [1, 2], "f": "twice"}}}
    before = copy.deepcopy(config)
    legacy.deserialize_keras_object(config, {"Greedy": Greedy}, {"twice": twice})
    assert config == before


def test_shared_objects_are_one_in_a_scope_and_two_without() -> None:
    """The document of TF 2.9: "already-seen shared objects" are returned as they are."""
    lid = Lid(1)
    with legacy.SharedObjectSavingScope():
        config = legacy.serialize_keras_object(Box([lid, lid]))
    with legacy.SharedObjectLoadingScope():
        one, other = read(config).value
    assert one is other
    one, other = read(config).value
    assert one is not other


def test_objects_are_shared_by_identity_not_by_equality() -> None:
    """TF 2.9.3 writes two equal objects as one, and the second one's config is lost."""

    class Equal(Lid):
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 1

    with legacy.SharedObjectSavingScope():
        configs = [legacy.serialize_keras_object(Equal(number)) for number in range(3)]
    assert [config["config"]["value"] for config in configs] == [0, 1, 2]
    assert all("shared_object_id" not in config for config in configs)


def test_a_sharing_scope_ends_where_it_ends() -> None:
    """Leaving an inner scope leaves the outer one open; another task has none."""
    config = {"class_name": "Box", "config": {}, "shared_object_id": 0}
    with legacy.SharedObjectLoadingScope():
        first = read(config)
        with legacy.SharedObjectLoadingScope():
            assert read(config) is not first
        assert read(config) is first
        with legacy.DisableSharedObjectScope():
            assert read(config) is not first
        seen: list[Any] = []
        thread = threading.Thread(target=lambda: seen.append(read(config)))
        thread.start()
        thread.join()
        assert seen[0] is not first


def test_an_object_without_config_is_an_error_or_a_placeholder() -> None:
    """`skip_failed_serialization` holds for the block and for this context."""

    class Bare(Box):
        def get_config(self) -> dict[str, Any]:
            raise NotImplementedError

    with pytest.raises(SerializationError, match=r"Bare.get_config` raised NotImplementedError"):
        legacy.serialize_keras_object(Box(Bare()))
    with legacy.skip_failed_serialization():
        config = legacy.serialize_keras_object(Bare())
    assert config == {"class_name": "Bare", "config": {"layer was saved without config": True}}
    with pytest.raises(SerializationError):
        legacy.serialize_keras_object(Bare())


def test_errors_tell_the_place() -> None:
    """A place leads through lists and marked objects."""
    marked = {"class_name": "Bag", "config": {}, "__passive_serialization__": True}
    with pytest.raises(UnknownReferenceError, match="Bag") as caught:
        read({"class_name": "Box", "config": {"value": marked}})
    assert caught.value.place == "$.config.value"
    with pytest.raises(ConfigError, match="needs `class_name` and `config`"):
        read({"class_name": "Box"})
    with pytest.raises(ConstructionError, match="unexpected keyword argument 'other'") as refused:
        read({"class_name": "Box", "config": {"other": 1}})
    assert isinstance(refused.value.__cause__, TypeError)


@pytest.mark.parametrize("name", ["run", "Popen"])
def test_what_a_module_happens_to_hold_is_never_called(name: str) -> None:
    """Libraries pass `globals()`, where more stands than they mean to offer."""
    called: list[Any] = []

    class Popen:
        def __init__(self, **arguments: Any) -> None:
            called.append(arguments)

    def run(**arguments: Any) -> None:
        called.append(arguments)

    config = {"class_name": name, "config": {"args": ["true"]}}
    for names in (legacy, legacy.tf2_2, legacy.tf2_9, legacy.tf2_15.legacy, legacy.keras3_15.legacy):
        with pytest.raises((ConfigError, UntrustedReferenceError)):
            names.deserialize_keras_object(config, {"run": run, "Popen": Popen})
    assert called == []


def test_depth_is_limited() -> None:
    """One error of our tree, not Python's."""
    config: Any = {"class_name": "Box", "config": {}}
    for _ in range(5000):
        config = {"class_name": "Box", "config": {"value": config}}
    with pytest.raises(LimitError):
        read(config)


def test_the_policy_of_the_outermost_call_holds() -> None:
    """A class that reads the flat form in its `from_config` gets no wider rights by that."""
    text = {"class_name": "__lambda__", "config": {"value": ["", None, None]}}

    class Sly(Box):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return legacy.deserialize_keras_object(config["value"], policy=hornbook.Policy(lambdas=True))

    with pytest.raises(hornbook.HornbookError):
        hornbook.deserialize_keras_object({"class_name": "Sly", "config": {"value": text}}, custom_objects={"Sly": Sly})


def test_scopes_of_a_generation_do_not_reach_other_tasks() -> None:
    """Since TF 2.15; those of TF 2.2 and 2.9 are entries of the global dictionary, for all to see."""

    async def seen(generation: Any) -> Any:
        opened, asked = asyncio.Event(), asyncio.Event()

        async def opens() -> None:
            with generation.custom_object_scope({"lid": Lid}):
                opened.set()
                await asked.wait()

        async def asks() -> Any:
            await opened.wait()
            found = hornbook.get_registered_object("lid")
            asked.set()
            return found

        return (await asyncio.gather(opens(), asks()))[1]

    assert asyncio.run(seen(legacy.tf2_9)) is Lid
    assert asyncio.run(seen(legacy.tf2_15)) is None
    assert hornbook.get_registered_object("lid") is None


GENERATIONS = (legacy.tf2_2, legacy.tf2_9, legacy.tf2_15.legacy, legacy.keras3_6.legacy, legacy.keras3_15.legacy)


@pytest.mark.parametrize("names", [legacy, *GENERATIONS])
def test_custom_objects_are_a_scope_within_from_config(names: Any) -> None:
    """They win over the registry there, in TF 2.2.0, 2.9.3, 2.15.1 and Keras 3.15.1."""

    class Outer(Box):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return names.deserialize_keras_object({"class_name": "Inner", "config": {}}, {})

    hornbook.get_custom_objects()["Inner"] = Lid
    given = {"Outer": Outer, "Inner": Box}
    made = names.deserialize_keras_object({"class_name": "Outer", "config": {}}, {}, given)
    assert type(made) is Box
    assert hornbook.get_custom_objects()["Inner"] is Lid


@pytest.mark.parametrize("names", GENERATIONS)
def test_a_flat_config_names_no_class_of_a_module(names: Any) -> None:
    """Its `module` is not read, in no generation: an imported class is not trusted by that."""
    config = {"class_name": "Box", "module": __name__, "config": {}}
    for one in (config, {"class_name": "Lid", "config": {"value": {**config, "__passive_serialization__": True}}}):
        with pytest.raises(UnresolvedReferenceError):
            names.deserialize_keras_object(one, {"Lid": Lid})


def test_a_lenient_generation_lends_its_rules_to_no_other_function() -> None:
    """The policy of the outermost call holds for all calls within, its rules only for its own."""

    class Outer(Box):
        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return hornbook.deserialize_keras_object({"module": __name__, "class_name": "Box", "config": {}})

    config = {"module": "x", "class_name": "Outer", "registered_name": "Outer", "config": {}}
    with pytest.raises(hornbook.HornbookError, match="neither registered nor trusted"):
        legacy.tf2_15.deserialize_keras_object(config, custom_objects={"Outer": Outer})


def test_wrong_arguments_are_errors_of_our_tree() -> None:
    """Whatever is given where a name, a table or an id belongs."""
    knot = Box()
    knot.value = knot
    with pytest.raises(SerializationError):
        legacy.serialize_keras_object(knot)
    with pytest.raises(ConfigError):
        legacy.deserialize_keras_object("Box", [1])  # type: ignore[arg-type]
    with legacy.SharedObjectLoadingScope(), pytest.raises(ConfigError):
        read({"class_name": "Box", "config": {}, "shared_object_id": [1]})
    with pytest.raises(ConfigError):
        legacy.tf2_9.deserialize_keras_object({"class_name": "Three", "config": {}}, {}, {"Three": 3})

    class Fails(Box):
        def __init__(self) -> None:
            raise KeyError(1)

    with pytest.raises(ConstructionError):
        legacy.deserialize_keras_object("Fails", {"Fails": Fails})
    with pytest.raises(ConfigError):
        legacy.deserialize_keras_object("Thread", vars(threading))


def test_one_scope_object_may_be_open_in_two_threads() -> None:
    """Each context has its own state to go back to."""
    from hornbook.legacy.modes import SafeModeScope, safe_mode_of

    scope, opened, closed = SafeModeScope(False), threading.Event(), threading.Event()
    seen = []

    def other() -> None:
        with scope:
            opened.set()
            closed.wait(10)
        seen.append(safe_mode_of(True))

    thread = threading.Thread(target=other)
    thread.start()
    opened.wait(10)
    with SafeModeScope(True):
        with scope:
            closed.set()
            thread.join()
        assert safe_mode_of(False) is True
    assert seen == [True]


@pytest.mark.parametrize(
    "scope",
    [
        legacy.SharedObjectLoadingScope,
        legacy.SharedObjectSavingScope,
        legacy.DisableSharedObjectScope,
        tf2_15.SafeModeScope,
        tf2_15.ObjectSharingScope,
        hornbook.custom_object_scope,
    ],
)
def test_scopes_leave_nothing_behind_in_their_context(scope: Any) -> None:
    """A context keeps every variable that was ever set in it, so a scope has none of its own."""
    with scope():
        pass
    before = len(contextvars.copy_context())
    for _ in range(10):
        with scope(), scope():
            pass
    assert len(contextvars.copy_context()) == before
