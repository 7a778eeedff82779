import pytest

from holdfast.report.scales import scale, tick


@pytest.mark.parametrize("values", [[0.1, 0.9], [-5, 17], [1e-9, 2e-9], [3e12, 8e12], [5, 5], [0], [], [-1e300, 1e300]])
def test_a_scale_covers_its_values_with_few_ticks(values):
    drawn = scale(values)
    assert all(drawn.first <= one <= drawn.last for one in values)
    assert 2 <= len(drawn.ticks) <= 9
    assert drawn.ticks[0] == pytest.approx(drawn.first)
    assert drawn.ticks[-1] == pytest.approx(drawn.last)


@pytest.mark.parametrize("last", [*range(1, 40), 99, 1000, 12345])
def test_what_is_counted_has_whole_ticks(last):
    drawn = scale([0, last], whole=True, most=6)
    assert all(one == int(one) for one in drawn.ticks)
    assert 2 <= len(drawn.ticks) <= 8
    assert drawn.first <= 0 < last <= drawn.last


def test_a_scale_of_bars_holds_zero():
    assert scale([3, 4], zero=True).first == 0
    assert scale([-3, -4], zero=True).last == 0


def test_places_are_per_cent_and_stay_on_the_scale():
    drawn = scale([0, 10])
    assert [drawn.percent(one) for one in (0, 5, 10, -1, 99)] == [0, 50, 100, 0, 100]


@pytest.mark.parametrize(
    ("value", "step", "said"),
    [(0.25, 0.05, "0.25"), (2, 1, "2"), (1500, 500, "1,500"), (-1, 1, "−1"), (2e6, 1e6, "2e6"), (1e-17, 0.1, "0")],
)
def test_ticks_have_the_decimals_they_need(value, step, said):
    assert tick(value, step) == said
