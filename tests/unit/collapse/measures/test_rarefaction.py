from itertools import combinations

import numpy as np
import pytest

from holdfast.collapse.measures.counts import sampled_hill_number, sampled_types
from holdfast.collapse.measures.distinct import bigram_heterozygosity, distinct_ngrams, heterozygosity
from holdfast.collapse.measures.rarefaction import (
    absent,
    expected_singles,
    expected_types,
    hdd,
    rarefied_types,
    unseen_words,
)
from holdfast.collapse.samples import Counts, Texts
from holdfast.core.errors import BadInput, NotApplicable

COUNTS = np.array([4, 2, 1, 1, 0])
ITEMS = np.repeat(np.arange(5), COUNTS)


@pytest.mark.parametrize("draws", range(1, 9))
def test_rarefaction_is_the_mean_over_all_draws(draws):
    drawn = [np.bincount(ITEMS[list(some)], minlength=5) for some in combinations(range(8), draws)]
    assert expected_types(COUNTS, draws) == pytest.approx(np.mean([(d > 0).sum() for d in drawn]))
    assert expected_singles(COUNTS, draws) == pytest.approx(np.mean([(d == 1).sum() for d in drawn]))


def test_both_ways_to_the_same_chance_agree():
    counts = np.array([1, 2, 5, 40, 300, 2000])
    total = 10_000
    product = np.array([np.prod([(total - c - k) / (total - k) for k in range(100)]) for c in counts])
    assert absent(counts, total, 100) == pytest.approx(product, rel=1e-9)


def test_all_words_are_the_type_token_ratio():
    sample = Texts(["a a b", "c a"])
    assert rarefied_types.run(sample) == pytest.approx(3 / 5)
    assert unseen_words.run(sample) == pytest.approx(2 / 5)


def test_hdd_of_words_that_are_all_different_is_one():
    assert hdd.run(Texts([" ".join(f"w{i}" for i in range(50))])) == pytest.approx(1.0)


def test_hdd_of_too_few_words_says_how_many_there_are():
    with pytest.raises(NotApplicable, match="holds 2 words, and 42"):
        hdd.run(Texts(["a b"]))


def test_rarefied_types_do_not_depend_on_length():
    rng = np.random.default_rng(0)
    weight = 1 / np.arange(1, 2001)
    words = [f"w{i}" for i in range(2000)]
    short, long = (Texts([" ".join(rng.choice(words, size=n, p=weight / weight.sum()))]) for n in (5_000, 50_000))
    assert rarefied_types.run(short) > 1.5 * rarefied_types.run(long)  # the type-token ratio does
    assert rarefied_types.run(short, draws=4000) == pytest.approx(rarefied_types.run(long, draws=4000), rel=0.03)


def test_distinct_runs_of_words():
    assert distinct_ngrams.run(Texts(["a b c a b c", "x a b c"])) == pytest.approx(4 / 6)


def test_heterozygosity_is_the_share_of_different_pairs():
    different = np.mean([a != b for a, b in combinations(ITEMS, 2)])
    assert heterozygosity(COUNTS) == pytest.approx(different)
    assert bigram_heterozygosity.run(Texts(["a b a b"])) == pytest.approx(2 / 3)


def test_heterozygosity_does_not_depend_on_the_size_of_the_sample():
    rng = np.random.default_rng(0)
    share = np.array([0.5, 0.3, 0.2])
    few = np.mean([heterozygosity(rng.multinomial(5, share)) for _ in range(20_000)])
    assert few == pytest.approx(1 - (share**2).sum(), abs=0.005)


@pytest.mark.parametrize("order", [0.0, 0.5, 1.0, 2.0, np.inf])
def test_equally_frequent_types_have_their_number_at_any_order(order):
    assert sampled_hill_number.run(Counts(np.array([7, 7, 7, 0])), order=order) == pytest.approx(3.0)


def test_hill_numbers_fall_with_the_order():
    numbers = [sampled_hill_number.run(Counts(COUNTS), order=q) for q in (0.0, 1.0, 2.0, np.inf)]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] == sampled_types.run(Counts(COUNTS)) == pytest.approx(4)


def test_a_negative_order_is_refused():
    with pytest.raises(BadInput, match="order"):
        sampled_hill_number.run(Counts(COUNTS), order=-1.0)
