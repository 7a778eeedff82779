"""Expected variance from the graph, against items followed one by one and against the laboratory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.collapse.engines.lineage import bessel, descent, kept_variance, kish
from holdfast.collapse.graph import graph
from holdfast.collapse.regimes import PRESETS, Feed, Regime, Rule, Verifier
from holdfast.core.errors import NotApplicable


@st.composite
def regimes(draw: st.DrawFn, *, real: bool = True, weighted: bool = True) -> Regime:
    """Return small regimes of all kinds that descent describes."""
    count = draw(st.integers(1, 3))
    weights: list[float | None] = [None] * count
    if weighted and draw(st.booleans()):
        raw = [draw(st.integers(1, 9)) for _ in range(count)]
        weights = [one / sum(raw) for one in raw]
    feeds = []
    for number in range(count):
        of = draw(st.sampled_from(["real", "model", "model"])) if real else "model"
        verifier = Verifier(share=draw(st.sampled_from([0.3, 1.0]))) if of == "model" and draw(st.booleans()) else None
        feed = Feed(
            name=f"feed {number}",
            of=of,
            size=draw(st.integers(2, 6)),
            every=draw(st.sampled_from(["generation", "generation", "once"])),
            keep=draw(st.sampled_from(["last", "all"])),
            growth=draw(st.sampled_from([1.0, 1.4])),
            power=draw(st.sampled_from([0.0, 0.5])),
            lag=draw(st.integers(1, 3)),
            weight=weights[number],
            verifier=verifier if real else None,
        )
        feeds.append(feed)
    if not any(feed.of == "model" or feed.every == "generation" for feed in feeds):
        feeds[0] = feeds[0].model_copy(update={"every": "generation"})
    return Regime(name="drawn", feeds=tuple(feeds))


def followed_one_by_one(regime: Regime, samples: int, generations: int) -> np.ndarray:
    """Return F by a table over all items, which knows nothing of batches."""
    written = graph(regime, samples, generations)
    table = np.zeros((0, 0))
    places: list[range] = []
    models: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    kept = [1.0]
    for t, fit in enumerate(written.fits, start=1):
        for batch in written.batches[len(places) :]:
            if batch.generation > t:
                break
            before = len(table)
            places.append(range(before, before + batch.size))
            for _ in range(batch.size):
                n = len(table)
                grown = np.zeros((n + 1, n + 1))
                grown[:n, :n] = table
                row = np.ones(n)
                if batch.parent:
                    items, weights = models[batch.parent]
                    row = weights @ table[items]
                    row[before:] = kept[batch.parent]
                grown[n, :n] = grown[:n, n] = row
                table = grown
        items = np.array([i for k in fit.batches for i in places[k]])
        weights = np.concatenate(
            [np.full(len(places[k]), w / len(places[k])) for k, w in zip(fit.batches, fit.weights, strict=True)]
        )
        models[t] = (items, weights)
        kept.append(float(weights @ table[np.ix_(items, items)] @ weights))
    return np.array(kept)


@given(regimes(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_agrees_with_items_followed_one_by_one(regime: Regime, generations: int) -> None:
    found = kept_variance(graph(regime, 5, generations))
    np.testing.assert_allclose(found, followed_one_by_one(regime, 5, generations), atol=1e-12)


@given(regimes(), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_maximum_likelihood_keeps_the_sum_of_variance_and_offset(regime: Regime, generations: int) -> None:
    """Drawing with the sample's own mean and variance moves no second moment about the true mean."""
    found = descent(graph(regime, 5, generations))
    np.testing.assert_allclose(found.variance + found.offset, 1.0, atol=1e-12)


@given(regimes(weighted=False), st.integers(2, 12))
@settings(max_examples=40, deadline=None)
def test_growing_sets_are_updated_as_if_summed_again(regime: Regime, generations: int) -> None:
    whole = graph(regime, 5, generations)
    # In another order of batches no training set is recognised as a grown one.
    shuffled = graph(regime.model_copy(update={"feeds": regime.feeds[::-1]}), 5, generations)
    np.testing.assert_allclose(kept_variance(whole), kept_variance(shuffled), atol=1e-11)


def test_replace_and_accumulate_have_their_products() -> None:
    k = np.arange(1, 16)
    np.testing.assert_allclose(kept_variance(graph(PRESETS["replace"], 10, 15))[1:], 0.9**k, atol=1e-14)
    accumulated = kept_variance(graph(PRESETS["accumulate"], 10, 15))
    np.testing.assert_allclose(accumulated[1:], np.cumprod(1 - 1 / (10 * k**2)), atol=1e-14)


def test_subsample_of_all_that_was_kept_has_its_product() -> None:
    k, m = np.arange(2, 31), 4
    found = kept_variance(graph(PRESETS["accumulate-subsample"], m, 30))
    factors = 1 - (3 * m - 1) / (k * m * (k * m - 1))
    np.testing.assert_allclose(found[2:], (1 - 1 / m) * np.cumprod(factors), atol=1e-13)


def test_unbiased_fits_hold_the_variance_and_let_the_mean_wander() -> None:
    found = descent(graph(PRESETS["replace"], 10, 20), None, bessel)
    np.testing.assert_allclose(found.variance, 1.0)
    np.testing.assert_allclose(found.offset, np.arange(21) / 10)


def test_drawing_wider_grows_geometrically() -> None:
    hot = Regime(name="hot", feeds=(Feed(name="a", of="model", rule=Rule(temperature=1.5)),))
    found = descent(graph(hot, 10, 8), lambda rule: rule.temperature, bessel)
    # The first fit is on real items, so the first bias is felt in model 2.
    np.testing.assert_allclose(found.variance[1:], 1.5 ** np.arange(8))


@pytest.mark.parametrize("subsample", [False, True])
@pytest.mark.parametrize("correction", [None, bessel])
@pytest.mark.parametrize("lag", [1, 2])
def test_agrees_with_draws(subsample: bool, correction: object, lag: int) -> None:
    """A mix of old models, drawn too narrowly, fitted on a choice or on everything."""
    feeds = (
        Feed(name="real", of="real", size=3, every="once"),
        Feed(name="near", of="model", size=4, keep="all"),
        Feed(name="far", of="model", size=3, lag=lag, keep="all", rule=Rule(temperature=0.8)),
    )
    written = graph(Regime(name="mine", feeds=feeds, subsample=subsample), 5, 4)
    found = descent(written, lambda rule: rule.temperature, correction)
    rng = np.random.default_rng(1)
    runs = 60_000
    items: list[np.ndarray] = []
    means, variances = [np.zeros(runs)], [np.ones(runs)]
    for t, fit in enumerate(written.fits, start=1):
        new = [one for one in written.batches[len(items) :] if one.generation == t]
        for batch in new:
            scale = np.sqrt(variances[batch.parent] * batch.rule.temperature)
            items.append(means[batch.parent][:, None] + scale[:, None] * rng.standard_normal((runs, batch.size)))
        pool = np.concatenate([items[k] for k in fit.batches], axis=1)
        if fit.subsample:
            pool = np.take_along_axis(pool, rng.random(pool.shape).argsort(axis=1)[:, : fit.subsample], axis=1)
        means.append(pool.mean(axis=1))
        factor = 1.0 if correction is None else bessel(fit, written)
        variances.append(pool.var(axis=1) * factor)
    for t in range(1, 5):
        spread = variances[t].std() / np.sqrt(runs)
        assert abs(variances[t].mean() - found.variance[t]) < 4 * spread
        squares = means[t] ** 2
        assert abs(squares.mean() - found.offset[t]) < 4 * squares.std() / np.sqrt(runs)


def test_a_thousand_kept_batches_are_quick_and_exact() -> None:
    k = np.arange(1, 1001)
    found = kept_variance(graph(PRESETS["accumulate"], 20, 1000))
    np.testing.assert_allclose(found[1:], np.cumprod(1 - 1 / (20.0 * k**2)), rtol=1e-11)


def test_more_batches_than_fit_in_memory_are_refused() -> None:
    with pytest.raises(NotApplicable, match=",000"):
        kept_variance(graph(PRESETS["accumulate"], 20, 5000))


def test_long_replacement_needs_no_room() -> None:
    assert kept_variance(graph(PRESETS["replace"], 1000, 5000))[-1] == pytest.approx(0.999**5000)


@pytest.mark.parametrize("feed", [{"rule": Rule(temperature=2)}, {"verifier": Verifier(kind="biased")}])
def test_items_that_are_not_drawn_plainly_are_refused(feed: dict[str, object]) -> None:
    mine = Regime(name="mine", feeds=(Feed(name="a", of="model", **feed),))
    with pytest.raises(NotApplicable):
        kept_variance(graph(mine, 10, 3))


def test_taste_of_a_verifier_is_refused_whatever_else_is_allowed() -> None:
    with pytest.raises(NotApplicable, match="taste"):
        descent(graph(PRESETS["verified-biased"], 10, 3), lambda rule: rule.temperature)


def test_worth_of_weighted_items() -> None:
    equal = graph(PRESETS["fresh-real"], 10, 2)
    assert kish(equal.fits[1], equal) == pytest.approx(10)
    skewed = Regime(
        name="skewed",
        feeds=(Feed(name="r", of="real", size=10, weight=0.9), Feed(name="s", of="model", size=10, weight=0.1)),
    )
    written = graph(skewed, 20, 2)
    assert kish(written.fits[1], written) == pytest.approx(1 / (0.081 + 0.001))
