import math

import pytest

from holdfast.core.finding import Measure
from holdfast.core.record import Estimate
from holdfast.report import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (-3, "−3"),
        (2.0, "2"),
        (0.12345, "0.123"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (0.00004, "4e−05"),
        (math.nan, "not a number"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (10**400, "about 10^400"),
        (1e300, "1.000e+300"),
    ],
)
def test_numbers_are_written_with_about_four_figures(value, said):
    assert words.number(value) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.1141, "share", "11.4%"),
        (0.0, "share", "0.0%"),
        (0.0001, "share", "0.01%"),
        (12, "rows", "12 rows"),
        (0.5, "score", "0.500"),
        (math.nan, "share", "not a number"),
        (10**400, "score", "about 10^400"),
        (0.5, "", "0.500"),
    ],
)
def test_quantities_carry_their_unit(value, unit, said):
    assert words.quantity(value, unit) == said


def test_an_interval_says_its_level():
    measure = Measure(name="x", value=0.5, low=0.4, high=0.6, level=0.95, unit="share")
    assert words.interval(measure) == "40.0% to 60.0% (95%)"
    assert words.interval(Measure(name="x", value=1)) == ""
    assert words.interval(Measure(name="x", value=1, low=2)) == "2 to open"


def test_changes_carry_a_sign():
    assert [words.change(one) for one in (0.5, -0.5, 0.0)] == ["+0.500", "−0.500", "+0.000"]
    assert words.span(Estimate(value=0, low=-0.1, high=0.1), signed=True) == "−0.100 to +0.100"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "—"),
        (True, "true"),
        ("", '""'),
        (" a ", "␣a␣"),
        ("  ", "␣␣"),
        ("a b", "a b"),
        ("a\nb\x1b", "a⏎b␛"),
        (0.1 + 0.2, "0.3"),
        (7, "7"),
        ("=cmd()", "=cmd()"),
    ],
)
def test_cells_show_the_value_as_it_stands(value, said):
    assert words.cell(value) == said


def test_long_cells_are_cut():
    assert words.cell("x" * 1_000_000) == "x" * words.MOST_CELL + "…"


def test_lists_end_in_words():
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b"]) == "a and b"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(list("abcdefgh"), 3) == "a, b, c and 5 more"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.01, "10 ms"), (3.21, "3.2 s"), (150, "2 min 30 s"), (9000, "2 h 30 min"), (math.inf, "unknown")],
)
def test_time_is_said_as_people_say_it(seconds, said):
    assert words.duration(seconds) == said


def test_documentation_becomes_paragraphs():
    assert words.paragraphs("a\nb\n\n\nc") == ("a b", "c")
