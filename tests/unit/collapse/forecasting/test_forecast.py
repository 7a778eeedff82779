"""What is foretold, against chains that were run."""

import numpy as np
import pytest

from holdfast.collapse.forecasting import forecast, forecast_numbers
from holdfast.collapse.forecasting.propagation import histories
from holdfast.collapse.planning.memory import memory
from holdfast.collapse.regimes import PRESETS
from holdfast.core.errors import NotApplicable


def zipf(types, power=1.1):
    share = np.arange(1, types + 1.0) ** -power
    return share / share.sum()


def chain(rng, start, items, generations, power=1.0):
    now = start
    for _ in range(generations):
        raised = np.where(now > 0, now / now.sum(), 0) ** power
        now = rng.multinomial(items, raised / raised.sum() * (1 - 1e-12))
    return now


@pytest.mark.parametrize("power", [1.0, 1.03])
def test_types_left_after_fifteen_generations(power):
    rng, items = np.random.default_rng(1), 20_000
    start = rng.multinomial(items, zipf(3000))
    raised = (start / items) ** power
    replicates = rng.multinomial(items, raised / raised.sum() * (1 - 1e-12), size=6).T
    found = forecast(start, replicates, [5, 15])
    seen = np.mean([(chain(rng, start, items, 15, power) > 0).sum() for _ in range(4)])
    assert found.at == (0, 5, 15)
    assert found.line("types-alive").value[-1] == pytest.approx(seen, rel=0.12)
    assert found.line("types-alive").low[-1] < seen < found.line("types-alive").high[-1]
    assert (found.used_power == 1) == (power == 1)


def test_plain_histories_lose_types_as_the_branching_law_says():
    start = np.random.default_rng(2).multinomial(20_000, zipf(3000))
    many = np.full(40, 20_000 / 20_000)
    found = histories(start, PRESETS["replace"], 20_000, [10], many * 1.0, np.ones(40), np.random.default_rng(3))
    p = start / start.sum()
    law = (1 - np.exp(-20_000 * p * memory(1.0, 10).last)).sum()
    assert (found[10] > 0).sum(axis=1).mean() == pytest.approx(law, rel=0.02)


def test_lost_types_come_back_where_models_write_what_they_did_not_learn():
    rng, share = np.random.default_rng(11), zipf(500)
    start = rng.multinomial(4000, share)
    model = 0.97 * start / 4000 + 0.03 / 500
    replicates = rng.multinomial(4000, model, size=6).T
    now = replicates[:, 0]
    for _ in range(19):
        now = rng.multinomial(4000, 0.97 * now / 4000 + 0.03 / 500)
    line = forecast(start, replicates, 20).line("types-alive")
    assert line.value[-1] == pytest.approx(((now > 0) & (start > 0)).sum(), rel=0.15)


def test_new_real_items_keep_more():
    rng = np.random.default_rng(4)
    start = rng.multinomial(10_000, zipf(2000))
    replicates = rng.multinomial(10_000, start / 10_000, size=4).T
    left = {
        name: forecast(start, replicates, 20, regime=name).line("types-alive").value[-1]
        for name in ("replace", "fresh-real", "accumulate")
    }
    assert left["replace"] < 0.8 * left["fresh-real"]
    assert left["replace"] < 0.8 * left["accumulate"]


def test_a_taste_cannot_be_foretold():
    rng = np.random.default_rng(5)
    start = rng.multinomial(10_000, zipf(200))
    with pytest.raises(NotApplicable, match="taste"):
        forecast(start, rng.multinomial(10_000, start / 10_000, size=4).T, 5, regime="verified-biased")


def test_words_that_were_never_learnt_are_told_and_not_counted():
    rng = np.random.default_rng(6)
    start = np.append(rng.multinomial(10_000, zipf(200)), 0)
    share = np.append(start[:-1] / 10_000 * 0.99, 0.01)
    found = forecast(start, rng.multinomial(10_000, share, size=4).T, 3)
    assert any(note.startswith("1 types") for note in found.notes)
    assert found.line("types-alive").now[1] <= 200


def test_a_generation_that_does_not_fit_is_told():
    rng = np.random.default_rng(9)
    start = rng.multinomial(20_000, zipf(2000))
    # A model that forgets half of the rare types at once does not change frequencies by a power.
    share = np.where((start < 6) & (rng.random(2000) < 0.5), 0, start) / 20_000
    found = forecast(start, rng.multinomial(20_000, share / share.sum() * (1 - 1e-12), size=5).T, 4)
    assert any("would be forecast" in note for note in found.notes)


def test_variance_of_numbers():
    rng = np.random.default_rng(17)
    found = forecast_numbers(1.0, rng.chisquare(99, 200) / 99, 40, nominal=100)
    line = found.line("variance")
    assert found.size.value == pytest.approx(100, rel=0.25)
    assert line.value[-1] == pytest.approx(np.exp(-40 / 99), rel=0.15)
    seen = np.prod(rng.chisquare(99, (2000, 40)) / 99, axis=1)
    assert ((line.low[-1] <= seen) & (seen <= line.high[-1])).mean() == pytest.approx(0.9, abs=0.05)


def test_numbers_that_are_drawn_narrower():
    rng = np.random.default_rng(8)
    found = forecast_numbers(1.0, 0.8 * rng.chisquare(999, 10) / 999, 10, nominal=1000)
    assert found.line("variance").value[-1] == pytest.approx(0.8**10, rel=0.3)
    assert found.power.value == pytest.approx(1.25, rel=0.03)
    with pytest.raises(NotApplicable, match="all the same"):
        forecast_numbers(0.0, np.ones(5), 3, nominal=10)
