import numpy as np
import pytest

from holdfast.collapse import catalogue
from holdfast.collapse.definitions import measure
from holdfast.collapse.measuring.protocol import Size, ruler, size_for, taken, values
from holdfast.collapse.measuring.subsets import by_content, parts, without_each
from holdfast.collapse.measuring.views import with_views
from holdfast.collapse.samples import Counts, Points, Texts
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

KNOWN = with_views(catalogue.measures())
STREAMS = Streams(7)


@measure(unit="x")
def mean_value(sample: Points) -> float:
    """The mean."""
    return float(sample.points.mean())


@measure(unit="x")
def mean_apart(sample: Points, real: Points) -> float:
    """The difference of two means."""
    return float(sample.points.mean() - real.points.mean())


def normal(n, seed):
    return Points(np.random.default_rng(seed).standard_normal((n, 1)))


@measure(unit="x")
def mean_together(sample: Points, real: Points) -> float:
    """The sum of two means: over splits that use up the real set it does not vary at all."""
    return float(sample.points.mean() + real.points.mean())


@pytest.mark.parametrize("one", [mean_value, mean_apart, mean_together])
def test_the_interval_holds_19_of_20_real_samples(one):
    # In each world a real set and a fresh sample; the interval of means is known: ±1.96 √(1/n + 1/N) or ±1.96 √(2/n).
    n, outside, widths = 30, 0, []
    for world in range(80):
        ready = ruler([one], normal(2 * n, 2 * world + 1), Streams(world))
        found = ready.take(normal(n, 2 * world), errors=False)[one.name]
        outside += found.outside
        widths.append(found.null_high - found.null_low)
    expected = 2 * 1.96 * np.sqrt(1 / n + (1 / (2 * n) if one is mean_value else 1 / n))
    assert outside <= 11  # 4 are expected; a binomial is above this with a chance of 6e-4
    assert np.median(widths) == pytest.approx(expected, rel=0.25)  # of two ways the wider


def test_the_standard_error_is_that_of_the_mean():
    errors = [taken(mean_value, normal(100, i), normal(200, 99), Streams(i), splits=5).error for i in range(40)]
    assert np.mean(errors) == pytest.approx(0.1, rel=0.1)


def test_the_standard_error_of_a_measure_of_texts_is_what_samples_vary_by():
    rng = np.random.default_rng(0)
    weight = 1 / np.arange(1, 301)
    words = [f"w{i}" for i in range(300)]

    def texts(n):
        lengths = rng.integers(5, 30, n)
        return Texts([" ".join(rng.choice(words, size=k, p=weight / weight.sum())) for k in lengths])

    measures = [KNOWN[name] for name in ("self-bleu", "rarefied-types", "vendi-of-hashed-words")]
    ready = ruler(measures, texts(160), STREAMS, size=Size(80, {"rarefied-types": 900}), splits=3)
    found = [ready.take(texts(80)) for _ in range(12)]
    for one in measures:
        varies = np.std([taken_[one.name].value for taken_ in found], ddof=1)
        said = np.mean([taken_[one.name].error for taken_ in found])
        assert 0.6 * varies < said < 2.5 * varies


def test_all_sets_are_cut_to_the_smallest():
    sets = [normal(500, 0), normal(40, 1)]
    size = size_for([mean_value], sets, normal(100, 2), STREAMS)
    assert size == Size(40, {})
    assert size_for([mean_value], sets, normal(60, 2), STREAMS).items == 30
    assert size_for([mean_value], [normal(5000, 0)], normal(5000, 2), STREAMS, most=200).items == 200


def test_words_are_cut_to_four_fifths_of_the_fewest():
    short, long = Texts(["a b c d e"] * 50), Texts(["a b c d e f g h i j"] * 200)
    size = size_for([KNOWN["rarefied-types"], KNOWN["mtld"]], [short], long, STREAMS)
    assert size == Size(50, {"rarefied-types": 200})


def test_the_order_of_items_does_not_count():
    rng = np.random.default_rng(0)
    real, sample = normal(60, 0), normal(40, 1)
    turned = Points(real.points[rng.permutation(60)]), Points(sample.points[rng.permutation(40)])
    first = taken(KNOWN["sliced-wasserstein"], sample, real, STREAMS)
    again = taken(KNOWN["sliced-wasserstein"], turned[1], turned[0], STREAMS)
    assert first.value == pytest.approx(again.value)
    assert (first.error, first.null_low) == pytest.approx((again.error, again.null_low))


def test_one_ruler_measures_many_samples_as_one_each():
    real, sets = normal(80, 0), [normal(40, 1), normal(50, 2)]
    ready = ruler([mean_value, mean_apart], real, STREAMS, sets=sets)
    for one in (mean_value, mean_apart):
        alone = taken(one, sets[1], real, STREAMS, size=ready.size)
        assert ready.take(sets[1])[one.name] == alone


def test_without_errors_the_rest_is_the_same():
    ready = ruler([mean_value], normal(80, 0), STREAMS)
    full, quick = (ready.take(normal(40, 1), errors=errors)["mean-value"] for errors in (True, False))
    assert np.isnan(quick.error)
    assert (quick.value, quick.null_low, quick.null_high) == (full.value, full.null_low, full.null_high)
    assert ready.values(normal(40, 1)) == {"mean-value": full.value}


def test_a_measure_that_says_nothing_says_why():
    ready = ruler([KNOWN["syntax-diversity"], KNOWN["self-bleu"]], Texts([f"a b {i}" for i in range(20)]), STREAMS)
    found = ready.take(Texts([f"a b {i}" for i in range(20)]))
    assert "no parser is named" in found["syntax-diversity"]
    assert found["self-bleu"].value > 0
    with pytest.raises(NotApplicable, match="no parser"):
        taken(KNOWN["syntax-diversity"], Texts(["a"] * 9), Texts(["b"] * 9), STREAMS)


def test_too_small_sets_are_refused_with_their_size():
    with pytest.raises(NotApplicable, match="has 3 items"):
        taken(mean_value, normal(10, 0), normal(3, 1), STREAMS)
    ready = ruler([mean_value], normal(80, 0), STREAMS)
    with pytest.raises(NotApplicable, match="9 items are fewer than 40"):
        ready.take(normal(9, 1))


def test_kinds_are_not_mixed():
    with pytest.raises(BadInput, match="give all the same kind"):
        taken(mean_value, Texts(["a"] * 9), normal(20, 1), STREAMS)
    with pytest.raises(BadInput, match="give both the same kind"):
        ruler([mean_value], normal(80, 0), STREAMS).take(Texts(["a"] * 90))


def test_parts_share_no_item():
    faces = {"": Points(np.arange(20.0)[:, None])}
    one, two = parts(faces, [7, 9], np.random.default_rng(0))
    values = [*one[""].points[:, 0], *two[""].points[:, 0]]
    assert len(set(values)) == 16


def test_parts_of_counts_share_no_item():
    whole = Counts(np.array([5, 0, 9, 1]))
    one, two = parts({"": whole}, [6, 9], np.random.default_rng(0))
    assert (len(one[""]), len(two[""])) == (6, 9)
    assert (one[""].counts + two[""].counts).tolist() == whole.counts.tolist()


def test_each_item_is_left_out_once():
    whole = Counts(np.array([5, 0, 9, 1]))
    for sample in (whole, Points(np.arange(15.0)[:, None])):
        left = list(without_each({"": sample}, 4, np.random.default_rng(0)))
        assert sorted(len(one[""]) for one in left) == [11, 11, 11, 12]
        if sample is whole:
            assert sum(one[""].counts for one in left).tolist() == (3 * whole.counts).tolist()
        else:
            assert sorted(np.concatenate([one[""].points[:, 0] for one in left])) == sorted([*np.arange(15.0)] * 3)


def test_too_many_counted_items_are_refused():
    with pytest.raises(NotApplicable, match="divide the counts"):
        parts({"": Counts(np.array([2 * 10**9, 5]))}, [10], np.random.default_rng(0))


def test_copies_keep_their_place_in_the_order_of_content():
    texts = Texts(["b", "a", "b", "a"])
    assert [texts.texts[i] for i in by_content(texts)] in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


def test_values_as_they_are_need_no_interval():
    measures = [KNOWN[name] for name in ("rarefied-types", "self-bleu", "syntax-diversity", "vendi-of-hashed-words")]
    real, sample = Texts(["a b c d", "e f g h"] * 5), Texts(["a b c d", "a b c x"] * 4 + ["a"] * 2)
    found = values(measures, sample, real)
    assert found["rarefied-types"] == KNOWN["rarefied-types"].run(sample, draws=20)
    assert found["self-bleu"] == KNOWN["self-bleu"].run(sample)
    assert found["vendi-of-hashed-words"] == pytest.approx(KNOWN["vendi-of-hashed-words"].run(sample))
    assert np.isnan(found["syntax-diversity"])
