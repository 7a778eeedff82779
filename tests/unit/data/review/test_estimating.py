"""Rates from reviewed samples: against libraries and formulas, at the edges, and as often right as they say."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from holdfast.core.random import Streams
from holdfast.data.intervals import exact
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
    # The large stratum without a case may still have up to 30% of them: the interval knows.
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
