"""Scopes, and which of several objects of one name is used (B14, B15, B18, L2)."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import keras
import pytest

from .libraries import defect


def mine(x):
    return x


def yours(x):
    return -x


class Head:
    """A class to look up; it has whatever reading needs."""

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls()


class Other(Head):
    """Another one that could have its name."""


class Box:
    """A class that reads the two parts it holds itself."""

    def __init__(self, parts):
        self.parts = parts

    @classmethod
    def from_config(cls, config):
        return cls([keras.saving.deserialize_keras_object(part) for part in config["parts"]])


def in_thread(function):
    """Return what a function returns, or the error that it raises, in a new thread."""
    results = []

    def target():
        try:
            results.append(function())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    return results[0]


@defect("B14", "the inner scope hides the outer one", raises=AssertionError, match="^assert None is")
def test_an_inner_scope_adds_to_the_outer_one(library):
    """Names of both scopes are known inside of both."""
    with library.scope({"Outer": mine}), library.scope({"Inner": yours}):
        assert library.registered_object("Inner") is yours
        assert library.registered_object("Outer") is mine


@defect("B14", "the constructor takes one dictionary", raises=TypeError, match="positional arguments")
def test_a_scope_takes_several_dictionaries(library):
    """Names of all dictionaries are known; of two with one name the later wins."""
    with library.scope({"A": mine, "B": mine}, {"B": yours}):
        assert library.registered_object("A") is mine
        assert library.registered_object("B") is yours


@defect("B14", "the model needs both scopes", raises=TypeError, match="Could not locate class 'Double'")
def test_a_model_that_needs_two_scopes_loads(library, tmp_path):
    """A file with a class of the outer scope and one of the inner scope loads."""

    class Double(keras.layers.Layer):
        def call(self, x):
            return x * 2

    class Half(keras.layers.Layer):
        def call(self, x):
            return x / 2

    library.save(keras.Sequential([keras.Input((2,)), Double(), Half()]), tmp_path / "model.keras")
    with library.scope({"Double": Double}), library.scope({"Half": Half}):
        loaded = library.load(tmp_path / "model.keras")
    assert [type(layer) for layer in loaded.layers] == [Double, Half]


@defect("B15", "the registered class wins", raises=AssertionError, match="isinstance")
def test_an_explicit_custom_object_wins_over_a_registered_class(library):
    """Who passes a class for a name gets that class, whatever is registered."""
    library.register("lab", "Head")(Head)
    config = {"module": "lab", "class_name": "Head", "config": {}, "registered_name": "lab>Head"}
    assert isinstance(library.deserialize(config, custom_objects={"lab>Head": Other}), Other)


@defect("B15", "the registered function wins", raises=AssertionError, match="^assert <function mine")
def test_an_explicit_custom_object_wins_over_a_registered_function(library):
    """The same holds for functions."""
    library.custom_objects()["act"] = mine
    config = {"module": "builtins", "class_name": "function", "config": "act", "registered_name": "function"}
    assert library.deserialize(config, custom_objects={"act": yours}) is yours


async def overlapping(library, scopes, look_up):
    """Open two scopes in two tasks, the second within the time of the first; return what each looked up."""
    first_open, second_open, first_left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def first():
        with scopes[0]:
            first_open.set()
            await second_open.wait()
            found = look_up[0]()
        first_left.set()
        return found

    async def second():
        await first_open.wait()
        with scopes[1]:
            second_open.set()
            await first_left.wait()
            return look_up[1]()

    return await asyncio.gather(first(), second())


@defect("B18", "each task loses its scope to the other", raises=AssertionError, match=r"^assert \[None, None\]")
def test_tasks_whose_scopes_overlap_find_their_own_names(library):
    """Each of two tasks finds the name of its own scope."""
    scopes = [library.scope({"first": mine}), library.scope({"second": yours})]
    look_up = [lambda: library.registered_object("first"), lambda: library.registered_object("second")]
    assert asyncio.run(overlapping(library, scopes, look_up)) == [mine, yours]


@defect("B18", "the first task's entry stays for good", raises=AssertionError, match="^assert <function mine")
def test_tasks_whose_scopes_overlap_leave_nothing_behind(library):
    """After both tasks no name of theirs is known."""
    scopes = [library.scope({"first": mine}), library.scope({"second": yours})]
    asyncio.run(overlapping(library, scopes, [lambda: None, lambda: None]))
    assert library.registered_object("first") is None
    assert library.registered_object("second") is None


@defect("B18", "a task does not see the other's end", raises=AssertionError, match="^assert None is")
def test_a_task_inherits_the_scopes_of_its_creator(library):
    """A task made within a scope still has it when the creator has left it."""

    async def main():
        left = asyncio.Event()

        async def task():
            await left.wait()
            return library.registered_object("mine")

        with library.scope({"mine": mine}):
            running = asyncio.create_task(task())
            await asyncio.sleep(0)
        left.set()
        return await running

    assert asyncio.run(main()) is mine


@defect("B18", "one scope object holds one backup", raises=AssertionError, match="^assert <function mine")
def test_one_scope_may_be_entered_again_within_itself(library):
    """A scope entered twice and left twice leaves nothing behind."""
    scope = library.scope({"mine": mine})
    with scope:
        with scope:
            assert library.registered_object("mine") is mine
        assert library.registered_object("mine") is mine
    assert library.registered_object("mine") is None


@defect("B18", "one scope object holds one backup", raises=AssertionError, match="^assert <function mine")
def test_one_scope_may_be_open_in_several_tasks(library):
    """Both tasks find the name, and nothing is left of it."""
    scope = library.scope({"mine": mine})
    look_up = [lambda: library.registered_object("mine")] * 2
    assert asyncio.run(overlapping(library, [scope, scope], look_up)) == [mine, mine]
    assert library.registered_object("mine") is None


@defect("B18", "the state of a thread cannot be carried over", raises=AssertionError, match="^assert None is")
def test_a_thread_gets_the_scopes_of_the_context_that_it_is_given(library):
    """`contextvars.copy_context().run` carries open scopes into a thread."""
    with library.scope({"mine": mine}):
        context = contextvars.copy_context()
        found = in_thread(lambda: context.run(library.registered_object, "mine"))
    assert found is mine


@defect("B18", "the switch is that of one thread", raises=AssertionError, match=r"^assert False")
def test_byte_code_that_is_allowed_is_allowed_in_every_thread(library):
    """A lambda that the program allowed loads in a thread as it does in the main one."""
    with pytest.warns(UserWarning, match="lambda"):
        config = library.serialize(lambda x: x + 1)
    with library.lambdas_allowed() as deserialize:
        assert deserialize(config)(1) == 2
        assert callable(in_thread(lambda: deserialize(config)))


@defect("B18", "`clear_session` empties the open scope", raises=AssertionError, match="^assert None is")
def test_clear_session_leaves_an_open_scope_alone(library):
    """The names of a scope are known to its end, whatever happens to the session of Keras."""
    with library.scope({"mine": mine}):
        keras.utils.clear_session()
        assert library.registered_object("mine") is mine


FORMS = {
    "string": "act",
    "dict": {"module": "builtins", "class_name": "function", "config": "act", "registered_name": "function"},
}
FORMS["nested"] = {"class_name": "Box", "config": {"parts": [FORMS["dict"], FORMS["string"]]}}


def winner(library, form, **arguments):
    """Return the names of the functions that the occurrences of a name in a form stand for."""
    made = library.deserialize(FORMS[form], custom_objects={"Box": Box, **arguments})
    return "/".join(sorted({one.__name__ for one in (made.parts if isinstance(made, Box) else [made])}))


@defect("L2", "no form asks the argument first", raises=AssertionError, match=r"^assert \['registered'")
def test_a_name_stands_for_one_object_in_every_form(library):
    """With a name in the argument, in scope and in the registry, every form gives the same object."""

    def registered(x):
        return x

    library.custom_objects()["act"] = registered
    with library.scope({"act": yours}):
        found = [winner(library, form, act=mine) for form in FORMS]
    assert found == ["mine"] * 3


@defect("L2", "strings go by registry, dicts by scope", raises=AssertionError, match=r"^assert \['mine'")
def test_a_scope_wins_over_the_registry_in_every_form(library):
    """The order of scope and registry does not depend on the form either."""
    library.custom_objects()["act"] = mine
    with library.scope({"act": yours}):
        found = [winner(library, form) for form in FORMS]
    assert found == ["yours"] * 3
