"""What replicates of one generation say."""

import numpy as np
import pytest

from holdfast.collapse.forecasting.contamination import synthetic_share
from holdfast.collapse.forecasting.estimates import effective_size_of_fits, renewal, scatter, sharpening
from holdfast.core.errors import NotApplicable


def zipf(types, power=1.0):
    share = np.arange(1, types + 1.0) ** -power
    return share / share.sum()


def written(rng, share, items, replicates=8, burst=1):
    return burst * rng.multinomial(items // burst, share, size=replicates).T


@pytest.mark.parametrize("burst", [1, 4])
def test_effective_size_of_independent_and_bursty_items(burst):
    found = scatter(written(np.random.default_rng(1), zipf(2000), 40_000, burst=burst)).size
    assert found.value == pytest.approx(40_000 / burst, rel=0.06)
    assert found.low < 40_000 / burst < found.high


def test_models_that_differ_in_frequent_types_leave_the_size_as_rare_types_see_it():
    rng, share = np.random.default_rng(9), zipf(2000)
    models = share * np.exp(0.1 * rng.standard_normal((8, 2000)))
    replicates = np.stack([rng.multinomial(40_000, one / one.sum()) for one in models], axis=1)
    found = scatter(replicates)
    assert found.size.value == pytest.approx(40_000, rel=0.06)
    assert found.relative(np.array([0.01]))[0] == pytest.approx(0.01, rel=0.4)


def test_what_models_write_of_types_they_did_not_learn():
    rng = np.random.default_rng(10)
    start = np.append(np.full(100, 200), np.zeros(50, dtype=int))
    share = np.append(np.full(100, 0.0095), np.full(50, 0.001))
    replicates = rng.multinomial(20_000, share / share.sum(), size=4).T
    assert renewal(start, replicates) == pytest.approx(0.001, rel=0.05)
    assert renewal(start[:100], replicates[:100]) == 0
    # Where those that were never written are not counted either, their number is estimated.
    rare = np.append(np.full(100, 0.0099), np.full(200, 0.00005))
    replicates = rng.multinomial(5000, rare / rare.sum(), size=4).T
    kept = replicates.sum(axis=1) > 0
    assert renewal(np.append(np.full(100, 50), np.zeros(200, dtype=int))[kept], replicates[kept]) == pytest.approx(
        0.00005, rel=0.4
    )


def test_effective_size_of_fits_of_a_variance():
    rng = np.random.default_rng(2)
    found = effective_size_of_fits(rng.chisquare(99, 4000) / 99)
    assert found.value == pytest.approx(100, rel=0.06)


@pytest.mark.parametrize("power", [0.9, 1.0, 1.05])
def test_sharpening_is_found(power):
    rng = np.random.default_rng(3)
    start = rng.multinomial(60_000, zipf(1000))
    raised = (start / start.sum()) ** power
    replicates = written(rng, raised / raised.sum(), 60_000)
    found = sharpening(start, replicates, scatter(replicates))
    assert found.value == pytest.approx(power, abs=0.004)
    assert abs(found.value - power) < 1.5 * (found.high - found.low) / 2


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (np.full((50, 3), 100), "3 replicates"),
        (np.full((50, 4), 4), "types come at least 5 times"),
        (np.full((50, 4), 100), "all the same"),
    ],
)
def test_what_cannot_be_estimated_is_said(counts, reason):
    with pytest.raises(NotApplicable, match=reason):
        scatter(counts)


def test_equally_frequent_types_cannot_show_sharpening():
    rng = np.random.default_rng(4)
    replicates = rng.multinomial(5000, np.full(50, 0.02), size=4).T
    with pytest.raises(NotApplicable, match="equally frequent"):
        sharpening(np.full(50, 100), replicates, scatter(replicates))


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_meter_of_contamination(share):
    rng, real, items = np.random.default_rng(5), zipf(3000), 50_000
    found = []
    for _ in range(6):
        model = rng.multinomial(items, rng.multinomial(items, real) / items)
        part = round(share * items)
        suspect = rng.multinomial(part, model / items) + rng.multinomial(items - part, real)
        found.append(synthetic_share(suspect, model, rng.multinomial(100_000, real), rng.multinomial(100_000, real)))
    assert np.mean([one.value for one in found]) == pytest.approx(share, abs=0.025)
    assert sum(one.low <= share <= one.high for one in found) >= 4


def test_two_samples_of_a_model_stand_for_what_was_fed_in():
    rng, real, items = np.random.default_rng(6), zipf(3000), 20_000
    model = rng.multinomial(items, real) / items
    suspect = rng.multinomial(items // 2, model) + rng.multinomial(items // 2, real)
    found = [
        synthetic_share(
            suspect, rng.multinomial(items, model), rng.multinomial(200_000, real), rng.multinomial(200_000, real),
            rng.multinomial(items, model),
        ).value
        for _ in range(6)
    ]  # fmt: skip
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)


def test_a_model_like_the_real_data_cannot_be_traced():
    rng, real = np.random.default_rng(7), zipf(300)
    with pytest.raises(NotApplicable, match="told from real"):
        synthetic_share(*(rng.multinomial(5000, real) for _ in range(5)))
