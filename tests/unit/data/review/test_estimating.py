"""Rates from reviewed samples: against libraries and formulas, at the edges, and as often right as they say."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta, hypergeom

from holdfast.core.random import Streams
from holdfast.data.intervals import exact, more_needed, weighted, wilson
from holdfast.data.review.estimating import RateEstimate, bounds, estimated, with_scores
from holdfast.data.review.imperfect import Skill, corrected
from holdfast.data.review.records import Design, Stratum
from holdfast.data.review.sampled import ReviewedSample

BENCHMARK = runpy.run_path(str(Path(__file__).parents[4] / "benchmarks" / "detection" / "review.py"))


def simple(cases, rows, scores=None, **more):
    cases = np.asarray(cases, bool)
    design = Design(kind="simple", rows=rows, drawn=len(cases))
    fields = {"waiting": 0, "unclear": 0, **more}
    chances = np.full(len(cases), len(cases) / rows)
    return ReviewedSample(design, cases, chances, np.zeros(len(cases), int), np.array([rows]), ("",), scores, **fields)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 50), (50, 50), (1, 1), (500, 1000)])
def test_exact_is_clopper_and_pearson(k, n):
    found = exact(k, n)
    assert found.low == pytest.approx(beta.ppf(0.025, k, n - k + 1) if k else 0.0)
    assert found.high == pytest.approx(beta.ppf(0.975, k + 1, n - k) if k < n else 1.0)


@pytest.mark.parametrize(("k", "n", "of"), [(0, 10, 50), (3, 50, 200), (8, 10, 20), (10, 10, 10), (7, 100, 600)])
def test_exact_in_a_finite_population_holds_what_is_not_too_unlikely(k, n, of):
    found = exact(k, n, of=of)
    possible = [
        total
        for total in range(k, of - (n - k) + 1)
        if hypergeom.sf(k - 1, of, total, n) > 0.025 and hypergeom.cdf(k, of, total, n) > 0.025
    ]
    assert (round(found.low * of), round(found.high * of)) == (possible[0], possible[-1])


def test_wilson_against_its_published_example():
    found = wilson(81, 263)  # Newcombe 1998, Statistics in Medicine 17:857, table I: 0.2553 to 0.3662
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(5, 50, of=50).half == 0
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert wilson(20, 20).high == 1.0


def test_weighted_with_equal_weights_is_nearly_exact():
    for k, n in ((0, 40), (3, 40), (20, 40), (40, 40)):
        p = k / n
        found, right = weighted(p, p * (1 - p) / n, 1 / n), exact(k, n)
        assert found.low == pytest.approx(right.low, abs=0.01)
        assert found.high == pytest.approx(right.high, abs=0.01)


def test_a_stratified_estimate_is_the_weighted_mean():
    cases = np.array([1] * 5 + [0] * 15 + [0] * 10, bool)
    strata = np.array([0] * 20 + [1] * 10)
    parts = (Stratum(name="a", rows=100, drawn=20), Stratum(name="b", rows=300, drawn=10))
    design = Design(kind="stratified", rows=400, drawn=30, by="g", strata=parts)
    sample = ReviewedSample(
        design, cases, np.array([0.2] * 20 + [1 / 30] * 10), strata, np.array([100, 300]), ("a", "b"), None, 0, 0
    )
    found = estimated(sample)
    assert found.interval.value == pytest.approx(0.25 * 0.25)
    assert found.interval.low < 0.0625 < found.interval.high
    # The large stratum without a case may still have up to 30 % of them: the interval knows.
    assert found.interval.high > 0.75 * exact(0, 10, of=300).high * 0.6
    assert [one[:3] for one in found.strata] == [("a", 20, 5), ("b", 10, 0)]


def test_a_census_has_no_interval():
    parts = (Stratum(name="a", rows=20, drawn=20),)
    design = Design(kind="stratified", rows=20, drawn=20, by="g", strata=parts)
    sample = ReviewedSample(
        design, np.arange(20) < 5, np.ones(20), np.zeros(20, int), np.array([20]), ("a",), None, 0, 0
    )
    assert estimated(sample).interval.half == 0
    assert estimated(simple(np.arange(20) < 5, 20)).interval.half == 0


def test_hajek_against_the_formula():
    rng = np.random.default_rng(0)
    chances, cases = rng.uniform(0.05, 0.6, 80), rng.random(80) < 0.3
    design = Design(kind="poisson", rows=400, drawn=80, by="s")
    sample = ReviewedSample(design, cases, chances, np.zeros(80, int), np.array([400]), ("",), None, 0, 0)
    assert estimated(sample).interval.value == pytest.approx((cases / chances).sum() / (1 / chances).sum())


def test_too_little_is_not_estimable():
    assert "at least 10" in estimated(simple([0] * 9, 100)).reason
    parts = (Stratum(name="a", rows=50, drawn=20), Stratum(name="b", rows=50, drawn=20))
    design = Design(kind="stratified", rows=100, drawn=40, by="g", strata=parts)
    sample = ReviewedSample(
        design, np.zeros(20, bool), np.full(20, 0.4), np.zeros(20, int), np.array([50, 50]), ("a", "b"), None, 20, 0
    )
    assert "no record is judged yet, such as b" in estimated(sample).reason


def test_scores_without_use_cost_little_and_good_ones_help():
    rng = np.random.default_rng(1)
    everybody = rng.random(4000) < 0.3
    good = np.clip(everybody * 0.8 + 0.1 + rng.normal(0, 0.05, 4000), 0, 1)
    rows = rng.permutation(4000)[:300]
    plain = estimated(simple(everybody[rows], 4000))
    sharp = with_scores(simple(everybody[rows], 4000, good[rows]), good.mean())
    assert sharp.interval.half < 0.5 * plain.interval.half
    assert sharp.interval.low < everybody.mean() < sharp.interval.high
    wrong = with_scores(simple(everybody[rows], 4000, 1 - good[rows]), 1 - good.mean())
    assert wrong.interval.low < everybody.mean() < wrong.interval.high
    assert wrong.interval.half > plain.interval.half


def test_few_cases_have_no_normal_interval():
    found = with_scores(simple(np.arange(200) < 4, 1000, np.full(200, 0.1)), 0.1)
    assert found.interval is None
    assert "4 of the rarer sort" in found.reason


def test_unclear_records_bound_the_rate():
    sample = simple(np.arange(90) < 9, 1000, unclear=10)
    low, high = bounds(sample, estimated(sample))
    assert (low, high) == pytest.approx((0.09, 0.19))
    assert bounds(simple(np.arange(90) < 9, 1000), estimated(simple(np.arange(90) < 9, 1000))) is None


def test_the_reviews_that_are_said_to_be_enough_are():
    for p, n, half in ((0.05, 100, 0.02), (0.3, 50, 0.05)):
        more = more_needed(p, n, half)
        assert wilson((p * n + 1) / (n + 2) * (n + more), n + more).half <= half
        assert wilson((p * n + 1) / (n + 2) * (n + more - 1), n + more - 1).half > half
    assert more_needed(0.05, 100, 0.02, of=120) <= 20
    assert more_needed(0.05, 10_000, 0.02) == 0


def test_errors_of_reviewers_are_put_right():
    estimate = RateEstimate("simple", exact(70, 300), 300, 70, 5000)
    found = corrected(estimate, Skill(45, 50, 95, 100))
    assert found.interval.value == pytest.approx((70 / 300 + 0.95 - 1) / (0.9 + 0.95 - 1))
    assert found.interval.half > estimate.interval.half
    perfect = corrected(estimate, Skill(5000, 5000, 5000, 5000))
    assert perfect.interval.low == pytest.approx(estimate.interval.low, abs=0.005)
    assert perfect.interval.high == pytest.approx(estimate.interval.high, abs=0.005)
    assert "at least 10" in corrected(estimate, Skill(5, 5, 95, 100)).reason
    assert "chance" in corrected(estimate, Skill(25, 50, 50, 100)).reason


def test_intervals_cover_as_often_as_they_say():
    """The short form of benchmarks/detection/review.py."""
    rng = Streams(7)("population", "0.05")
    cases, groups, scores = BENCHMARK["population"](0.05, rng)
    names = BENCHMARK["names_of"](rng, len(cases))
    work = BENCHMARK["works"](200, names, cases, groups, scores)
    del work["difference, simple"]  # too few cases at this rate and size
    for name, one in work.items():
        cover, _, _, gave = BENCHMARK["covered"](one, cases, 80)
        assert gave > 70, name
        assert cover >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / gave), name
