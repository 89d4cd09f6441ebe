"""The one walk over a config: its order, its bounds, and what is handed on."""

from __future__ import annotations

import pytest

from hornbook.errors import LimitError
from hornbook.reports.walk import look_through, walk

CONFIG = {"a": [1, {"b": 2}], "c": {"config": {"d": []}}, "e": "text"}


def places(**options):
    return [located.place for located in walk(CONFIG, **options)]


def test_containers_come_before_what_they_hold_and_values_where_they_are_wanted():
    assert places() == ["$", "$.a", "$.a[1]", "$.c", "$.c.config", "$.c.config.d"]
    assert places(wanted=lambda value: value == "text")[-1] == "$.e"
    assert places(enters=lambda value: isinstance(value, dict)) == ["$", "$.a", "$.c", "$.c.config", "$.c.config.d"]


def test_a_plain_value_alone_is_walked_over_too():
    assert list(walk(3)) == []
    assert [located.value for located in walk("x", wanted=bool)] == ["x"]
    assert list(walk("x")) == []


def test_a_mark_is_handed_on():
    marked = walk(CONFIG, mark=lambda outer, step: outer.marked or step == "config")
    assert [located.place for located in marked if located.marked] == ["$.c.config", "$.c.config.d"]


@pytest.mark.parametrize(("bounds", "place"), [({"most": 3}, "$.a"), ({"deepest": 3}, "$.c.config.d")])
def test_what_is_too_large_or_too_deep_is_refused_with_its_place(bounds, place):
    with pytest.raises(LimitError) as caught:
        places(**bounds)
    assert caught.value.place == place


def test_a_survey_of_what_is_too_large_says_that_it_is_not_whole():
    survey = look_through(
        [{"class_name": "A", "config": [0] * 50}, {"class_name": "B", "config": [0] * 50}], bool, most=60
    )
    assert not survey.whole
    assert [located.value["class_name"] for located in survey.configs] == ["A", "B"]


def test_a_place_is_short_however_deep_and_however_long_its_keys():
    config = "end"
    for _ in range(1000):
        config = {"key": config}
    assert len([*walk(config)][-1].place) == 203
    assert len([*walk({"k" * 500: []})][-1].place) < 70
