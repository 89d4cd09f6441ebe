"""The walk over the values of a config: all of them, in order, with the steps that lead to them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hornbook.places import first_steps, levels, place_of, steps_by_address, unrolled, values_within, walk

KEYS = st.text(max_size=5)
CONFIGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def by_recursion(value, steps=()):
    """Return what a walk gives, in the plainest way."""
    found = [(value, steps)]
    members = value.items() if isinstance(value, dict) else enumerate(value) if type(value) in (list, tuple) else ()
    return found + [one for step, member in members for one in by_recursion(member, (*steps, step))]


@given(CONFIGS)
def test_a_walk_gives_every_value_once_in_its_order(config):
    """With the steps that lead there."""
    assert [(value, unrolled(steps)) for value, steps in walk(config)] == by_recursion(config)


@given(CONFIGS)
def test_the_quick_walk_gives_the_same_values(config):
    """In some order."""
    assert sorted(map(repr, values_within(config))) == sorted(repr(value) for value, _ in walk(config))


@given(CONFIGS)
def test_the_steps_to_a_value_lead_to_it(config):
    """Both when it is looked for by its address and by what it is."""
    for value, _ in walk(config):
        for steps in (
            first_steps(config, lambda one, value=value: one is value),
            steps_by_address(config, {id(value)}),
        ):
            reached = config
            for step in steps if isinstance(steps, tuple) else steps[id(value)]:
                reached = reached[step]
            assert reached is value


@given(CONFIGS)
def test_levels_have_the_containers_by_their_depth(config):
    """Those at the end of so many steps."""
    depths = [len(steps) for value, steps in by_recursion(config) if isinstance(value, (dict, list, tuple))]
    assert [len(level) for level in levels(config)] == [depths.count(n) for n in range(max(depths, default=-1) + 1)]


def test_nothing_goes_by_recursion():
    """A config that is deeper than Python can go is gone through."""
    config = []
    for _ in range(100_000):
        config = [config]
    assert sum(1 for _ in values_within(config)) == sum(1 for _ in walk(config)) == 100_001
    while config:  # freed from the outside in
        config = config[0]


def test_a_long_place_loses_its_middle():
    """A key comes from a file."""
    place = place_of(["k" * 50] * 100, 200)
    assert len(place) == 203
    assert place.startswith("$.kkk")
    assert place[100:103] == "..."
    assert place_of(["k" * 61]) == f"$['{'k' * 27}...{'k' * 28}']"
