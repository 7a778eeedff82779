import numpy as np
import pytest

from holdfast.core.random import Streams
from holdfast.data.screening.share.estimate import calibrated, histograms, intervals, whichever
from holdfast.data.screening.share.histograms import rows_of
from holdfast.data.screening.share.mixtures import fit_test


def labelled(rng, apart, n=150):
    human, machine = rng.normal(-apart / 2, 1, (n, 1)), rng.normal(apart / 2, 1, (n, 1))
    return calibrated(human, machine, np.arange(n), np.arange(n) + n)


def corpus(rng, apart, share, n=150):
    of_machine = rng.random(n) < share
    return rng.normal(np.where(of_machine, apart / 2, -apart / 2), 1)[:, None]


def estimate(rng, apart, share, seed, n=150):
    known = labelled(rng, apart)
    asked = rows_of(corpus(rng, apart, share, n), known.edges)
    return intervals(histograms(known, asked, np.arange(n), Streams(seed), 100), 0.9)


@pytest.mark.parametrize(("apart", "share"), [(3.0, 0.0), (3.0, 0.1), (2.0, 0.5), (1.0, 0.25), (2.0, 1.0)])
def test_intervals_cover_the_share_that_the_corpus_was_drawn_with(apart, share):
    rng = np.random.default_rng(5)
    covered = np.array(
        [[one.low <= share <= one.high for one in estimate(rng, apart, share, seed)] for seed in range(30)]
    )
    # 90% is promised; with 30 repeats a true 0.9 falls below 0.75 once in a hundred times.
    assert (covered.mean(axis=0) >= 0.75).all()


def test_estimates_are_near_the_truth_with_many_texts():
    rng = np.random.default_rng(6)
    known = labelled(rng, 3.0, 3000)
    asked = rows_of(corpus(rng, 3.0, 0.3, 3000), known.edges)
    for one in intervals(histograms(known, asked, np.arange(3000), Streams(0), 50), 0.9):
        assert one.value == pytest.approx(0.3, abs=0.03)
        assert one.low < one.value < one.high


def test_errors_of_the_calibration_widen_the_interval():
    rng = np.random.default_rng(7)
    widths = []
    for n in (60, 3000):
        known = labelled(rng, 1.5, n)
        asked = rows_of(corpus(rng, 1.5, 0.5, 2000), known.edges)
        best = intervals(histograms(known, asked, np.arange(2000), Streams(0), 100), 0.9)[0]
        widths.append(best.high - best.low)
    assert widths[0] > 1.5 * widths[1]


def test_copies_count_once_in_the_error():
    rng = np.random.default_rng(8)
    known = labelled(rng, 2.0)
    scores = corpus(rng, 2.0, 0.5, 40)
    asked = rows_of(np.repeat(scores, 25, axis=0), known.edges)
    one = intervals(histograms(known, asked, np.repeat(np.arange(40), 25), Streams(0), 100), 0.9)[0]
    apart = intervals(histograms(known, asked, np.arange(1000), Streams(0), 100), 0.9)[0]
    assert one.high - one.low > 1.3 * (apart.high - apart.low)


def test_a_detector_that_knows_nothing_says_nothing():
    rng = np.random.default_rng(9)
    best = estimate(rng, 0.0, 0.5, 0)[0]
    assert best.high - best.low > 0.8


def test_fit_is_rarely_refused_for_a_mixture_and_refused_for_what_is_none():
    rng = np.random.default_rng(10)
    wrong = right = 0
    for at in range(60):
        known = labelled(rng, 3.0)
        asked = corpus(rng, 3.0, (0.0, 0.3, 1.0)[at % 3])
        wrong += fit_test([known.human, known.machine], rows_of(asked, known.edges)).refuses
        between = rng.normal(0.0, 0.3, (150, 1))  # neither kind writes like this
        right += fit_test([known.human, known.machine], rows_of(between, known.edges)).refuses
    assert wrong <= 2  # 0.005 is promised
    assert right == 60


def test_the_interval_holds_whichever_of_the_labelled_generators_wrote():
    rng = np.random.default_rng(11)
    human, near, far = (rng.normal(middle, 1, (150, 1)) for middle in (-1.5, 0.0, 1.5))
    known = calibrated(human, np.concatenate([near, far]), np.arange(150), np.arange(300) + 150)
    kinds = [np.arange(150), np.arange(150, 300)]
    for middle in (0.0, 1.5):
        asked = rows_of(np.concatenate([rng.normal(-1.5, 1, (150, 1)), rng.normal(middle, 1, (150, 1))]), known.edges)
        pooled = intervals(histograms(known, asked, np.arange(300), Streams(0), 100), 0.9)[0]
        joined = whichever(known, kinds, asked, np.arange(300), 0.9, Streams(0))[0]
        assert not pooled.low <= 0.5 <= pooled.high
        assert joined.low <= 0.5 <= joined.high
        assert joined.value == pytest.approx(pooled.value, abs=0.02)
    assert whichever(known, kinds[:1], asked, np.arange(300), 0.9, Streams(0))[0].high < 0.99
