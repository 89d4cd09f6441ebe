"""What is written and read again is what it was."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from hypothesis import given

import hornbook

from .strategies import DETERMINISTIC, NODES, equal, graphs, listed, plain, shape, values


@pytest.fixture(autouse=True)
def _registered():
    for cls in NODES:
        hornbook.register_keras_serializable("lab")(cls)


def through_json(config):
    """Return a config after JSON."""
    return json.loads(json.dumps(config))


def counted(config):
    """Return a config after JSON, its ids counted from 1: those of a writing are random numbers."""
    numbers = {}

    def count(pairs):
        found = dict(pairs)
        if "shared_object_id" in found:
            found["shared_object_id"] = numbers.setdefault(found["shared_object_id"], len(numbers) + 1)
        return found

    return json.loads(json.dumps(config), object_pairs_hook=count)


@DETERMINISTIC
@given(plain)
def test_a_plain_value_stands_for_itself(value):
    """Plain values and containers of them are their own config, tuples included."""
    assert equal(hornbook.serialize_keras_object(value), value)


@DETERMINISTIC
@given(values)
def test_a_value_comes_back_through_json(value):
    """Plain values, bytes, slices, ellipses and arrays come back, tuples as lists."""
    config = through_json(hornbook.serialize_keras_object(value))
    assert equal(hornbook.deserialize_keras_object(config), listed(value))


@DETERMINISTIC
@given(values)
def test_writing_does_not_change_the_value(value):
    """A value that was written is as it was."""
    before = deepcopy(value)
    hornbook.serialize_keras_object(value)
    assert equal(value, before)


@DETERMINISTIC
@given(graphs())
def test_a_graph_of_objects_comes_back_through_json(roots):
    """Objects that were one are one again, and objects that were two are two."""
    config = through_json(hornbook.serialize_keras_object(roots))
    found = hornbook.deserialize_keras_object(config)
    assert equal(through_json(shape(found)), through_json(shape(roots)))


@DETERMINISTIC
@given(graphs())
def test_a_config_is_the_same_each_time(roots):
    """Writing twice, and writing what was read, give equal configs: no address is in them."""
    config = counted(hornbook.serialize_keras_object(roots))
    assert equal(counted(hornbook.serialize_keras_object(roots)), config)
    again = hornbook.serialize_keras_object(hornbook.deserialize_keras_object(config))
    assert equal(counted(again), config)


@DETERMINISTIC
@given(graphs())
def test_reading_does_not_change_the_config(roots):
    """A config can be read any number of times, and each time the same comes of it."""
    config = through_json(hornbook.serialize_keras_object(roots))
    before = deepcopy(config)
    found = [hornbook.deserialize_keras_object(config) for _ in range(2)]
    assert equal(config, before)
    assert equal(shape(found[0]), shape(found[1]))
    assert found[0][-1] is not found[1][-1]


@DETERMINISTIC
@given(graphs())
def test_only_objects_that_occur_twice_have_an_id(roots):
    """No id stands for one occurrence only."""
    found: list[int] = []

    def collect(value):
        if isinstance(value, dict):
            found.extend([value["shared_object_id"]] if "shared_object_id" in value else [])
            for member in value.values():
                collect(member)
        elif isinstance(value, list):
            for member in value:
                collect(member)

    collect(through_json(hornbook.serialize_keras_object(roots)))
    assert all(found.count(number) > 1 for number in found)
