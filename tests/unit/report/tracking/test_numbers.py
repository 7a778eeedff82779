import math
import re

import pytest

from holdfast.core.finding import Measure, Series
from holdfast.core.record import Section
from holdfast.report.tracking.numbers import MOST_NAME, MOST_POINTS, curves, named, single
from records import make_run
from report_runs import ALL, realistic

TAKEN = re.compile(r"[A-Za-z0-9_.\- /]{1,250}")  # what every one of the trackers accepts


def test_the_numbers_are_those_of_the_run():
    run = realistic()
    found = single(run)
    assert found["findings/error"] == 3
    assert found["score/claimed"] == run.honest.claimed.value
    assert found["score/honest low"] == run.honest.honest.low
    assert found["checks/passed"] == sum(one.status == "passed" for one in run.results)


@pytest.mark.parametrize("name", list(ALL))
def test_every_name_and_number_is_one_that_trackers_take(name):
    found = single(ALL[name]())
    assert all(TAKEN.fullmatch(one) for one in found)
    assert all(math.isfinite(one) for one in found.values())


def test_curves_go_by_their_steps_and_measures_of_sections_are_numbers():
    line = Series(name="s", x=(0, 1, 2, 2.5, "c"), y=(1.0, 2.0, None, 3.0, 4.0), group=("a",) * 5, y_name="loss")
    bars = Series(name="b", x=(1, 2), y=(1.0, 2.0), shape="bar")
    run = make_run(sections=(Section(title="Training", evidence=(line, bars, Measure(name="best", value=0.5))),))
    assert list(curves(run)) == [(0, {"Training/loss a": 1.0}), (1, {"Training/loss a": 2.0})]
    assert single(run)["Training/best"] == 0.5


def test_a_long_curve_is_thinned():
    n = 10 * MOST_POINTS
    line = Series(name="s", x=tuple(range(n)), y=(1.0,) * n)
    assert (
        MOST_POINTS / 2 <= len(list(curves(make_run(sections=(Section(title="t", evidence=(line,)),))))) <= MOST_POINTS
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/../b", "a/b"),
        ("../../etc", "etc"),
        ("\x1b[31m<b>", "31m-b"),
        ("", "unnamed"),
        ("é", "unnamed"),
        ("a" * 999, "a" * MOST_NAME),
    ],
)
def test_a_name_has_no_path_and_nothing_that_is_refused(text, name):
    assert named(text) == name
