"""Marks are found as often as theory says, and nothing else is found, however often a text repeats itself."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from holdfast.data.screening.watermarks.detecting import detect
from holdfast.data.screening.watermarks.green import GreenList
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.nulls import power
from holdfast.data.screening.watermarks.tokens import cutter, ragged, words
from holdfast.data.screening.watermarks.tournament import Tournament

sys.path.insert(0, str(Path(__file__).parent))
from marking import KEY, OTHER, chances, written

SCHEMES = (
    GreenList(context=1),
    GreenList(),
    GreenList(context=3, seeding="min"),
    GreenList(context=3, seeding="self"),
    Tournament(),
    Tournament(weighted=False),
)
IDS = [one.said() for one in SCHEMES]


def column(texts):
    return pa.chunked_array([pa.array(texts, pa.large_string())])


def found(texts, scheme, key=KEY, **options):
    return detect(column(texts), cutter("words"), scheme, key, **options)


def sentences(rng, n, length, types=400):
    """Return texts of words with Zipf's law: common words make common n-grams."""
    law = 1.0 / np.arange(1, types + 1)
    drawn = rng.choice(types, size=(n, length), p=law / law.sum())
    return [" ".join(f"w{word}" for word in row) for row in drawn]


def spread(scheme, marks, rng):
    """Return p-values made continuous: between P(≥ seen) and P(> seen), at random."""
    above = scheme.p_values(marks.n, marks.total + 1)
    return above + rng.random(len(marks.n)) * (marks.p - above)


@pytest.mark.parametrize("scheme", SCHEMES, ids=IDS)
def test_p_values_are_uniform_without_a_mark(scheme):
    rng = np.random.default_rng(1)
    marks = found(sentences(rng, 1000, 120), scheme)
    assert stats.kstest(spread(scheme, marks, rng), "uniform").pvalue > 0.001
    assert (marks.p <= 0.01).mean() < 0.01 + 4 * np.sqrt(0.01 / 1000)
    assert not marks.flagged(0.01, scheme).any()


@pytest.mark.parametrize("scheme", SCHEMES, ids=IDS)
def test_repeated_text_gives_no_false_alarm(scheme):
    """Each text says its eight-word line again and again: counted naively, one line in twenty has p < 1e-4."""
    rng = np.random.default_rng(2)
    lines = sentences(rng, 600, 12, types=4000)
    repeated = found([" ".join([line] * 30) for line in lines], scheme)
    assert (repeated.p <= 1e-3).mean() < 0.01
    assert stats.kstest(spread(scheme, repeated, rng), "uniform").pvalue > 0.001
    # What counting every time would have said.
    tokens = words(pa.array([" ".join([line] * 30) for line in lines], pa.large_string()))
    once = scheme.scored(KEY, tokens)
    total = np.bincount(once.document, weights=once.worth, minlength=600).astype(int)
    naive = scheme.p_values(30 * repeated.n, 30 * total)
    assert (naive <= 1e-4).mean() > 0.05


@pytest.mark.parametrize("scheme", SCHEMES[:2], ids=IDS[:2])
def test_boilerplate_in_all_texts_pushes_none(scheme):
    """A footer that all texts share is green or not in all of them at once; with any key."""
    rng = np.random.default_rng(3)
    footer = sentences(rng, 1, 60, types=4000)[0]
    texts = [f"{text} {footer}" for text in sentences(rng, 400, 60, types=4000)]
    out = []
    for number in range(6):
        key = Key(bytes([number] * 32))
        marks = found(texts, scheme, key)
        out.append(stats.kstest(spread(scheme, marks, rng), "uniform").pvalue)
        assert marks.common.min() >= 50
        assert marks.pooled.p > 1e-4
    kept = [stats.kstest(spread(scheme, found(texts, scheme, Key(bytes([n] * 32)), keep_common=True), rng), "uniform")
            for n in range(6)]  # fmt: skip
    assert min(out) > 1e-4
    assert min(one.pvalue for one in kept) < 1e-4


@pytest.mark.parametrize("scheme", SCHEMES, ids=IDS)
def test_a_mark_is_found_with_its_key_and_no_other(scheme):
    rng = np.random.default_rng(4)
    texts = written(scheme, KEY, chances(rng), 10, 150, rng).astype(np.uint64)
    cut = lambda _: ragged(list(texts))  # noqa: E731 the tokens are at hand
    marks = detect(column([""] * 10), cut, scheme, KEY)
    assert marks.flagged(0.01, scheme).all()
    assert marks.pooled.p < 1e-9
    assert not detect(column([""] * 10), cut, scheme, OTHER).flagged(0.01, scheme).any()


def test_power_of_a_green_list_is_as_theory_says():
    """Uniform next tokens: a token is green with αγ / (1 + (α − 1)γ), α = e^δ (Kirchenbauer et al. 2023, lemma 2)."""
    scheme, rng, n = GreenList(delta=1.0), np.random.default_rng(5), 40
    flat = np.full((128, 128), 1 / 128)
    texts = written(scheme, KEY, flat, 400, n + 1, rng).astype(np.uint64)
    marks = detect(column([""] * 400), lambda _: ragged(list(texts)), scheme, KEY)
    lead = np.exp(scheme.delta) * scheme.gamma
    predicted = power(n, scheme.gamma, lead / (lead + 1 - scheme.gamma), 0.01)
    seen = (marks.p <= 0.01).mean()
    assert abs(seen - predicted) < 4 * np.sqrt(predicted * (1 - predicted) / 400) + 0.02
    assert 0.3 < predicted < 0.9


def test_first_layer_of_a_tournament_gains_as_theory_says():
    """E g = 1/2 + (1 − Σp²)/4: two candidates differ with chance 1 − Σp² (Dathathri et al. 2024)."""
    scheme, rng = Tournament(depth=1, context=2, weighted=False), np.random.default_rng(6)
    language = chances(rng)
    texts = written(scheme, KEY, language, 100, 50, rng).astype(np.uint64)
    scored = scheme.scored(KEY, ragged(list(texts)))
    collision = (language**2).sum(axis=1).mean()
    n = len(scored.worth)
    assert abs(scored.worth.mean() - (0.5 + (1 - collision) / 4)) < 4 * 0.5 / np.sqrt(n)


def test_a_tournament_leaves_the_distribution_as_it_is_over_keys():
    rng = np.random.default_rng(7)
    language, context = chances(rng)[0], np.array([[1, 2, 3, 4]], dtype=np.uint64)
    codes = np.arange(len(language), dtype=np.uint64)
    mean = np.mean(
        [
            np.exp(Tournament().moved(Key(rng.bytes(32)), context, codes, np.log(language)[None])[0])
            for _ in range(1500)
        ],
        axis=0,
    )
    deviation = np.sqrt(language * (1 - language) / 1500)
    assert (np.abs(mean - language) < 5 * deviation).all()


def test_a_marked_passage_in_a_long_text_is_found_by_windows():
    scheme, rng = GreenList(), np.random.default_rng(8)
    language = chances(rng)
    plain = rng.integers(64, size=(20, 3001))
    plain[:, 1500:1600] = written(scheme, KEY, language, 20, 99, rng)
    cut = lambda _: ragged(list(plain.astype(np.uint64)))  # noqa: E731
    by_window = detect(column([""] * 20), cut, scheme, KEY, windows=True, keep_common=True)
    whole = detect(column([""] * 20), cut, scheme, KEY, keep_common=True)
    assert by_window.flagged(0.01, scheme).sum() > whole.flagged(0.01, scheme).sum()
    assert by_window.flagged(0.01, scheme).mean() > 0.8
    clean = np.random.default_rng(9).integers(64, size=(300, 400)).astype(np.uint64)
    quiet = detect(column([""] * 300), lambda _: ragged(list(clean)), scheme, KEY, windows=True)
    assert (quiet.p <= 0.05).mean() <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 300)


def test_blocks_and_order_change_nothing():
    rng = np.random.default_rng(10)
    texts = [*sentences(rng, 50, 40), None, "", "one two", "\0 \x1b[31m \u202e <script>"]
    scheme = GreenList()
    at_once = found(texts, scheme)
    pieces = pa.chunked_array([pa.array(texts[:20], pa.large_string()), pa.array(texts[20:], pa.large_string())])
    in_pieces = detect(pieces, cutter("words"), scheme, KEY)
    turned = found(texts[::-1], scheme)
    assert at_once.p.tolist() == in_pieces.p.tolist() == turned.p.tolist()[::-1]
    assert at_once.pooled == in_pieces.pooled == turned.pooled
    assert at_once.p[50:53].tolist() == [1, 1, 1]


@pytest.mark.parametrize("scheme", SCHEMES, ids=IDS)
def test_no_text_is_no_mark(scheme):
    for texts in ([], [None], [""], ["a"]):
        marks = found(texts, scheme, windows=True)
        assert not marks.flagged(0.01, scheme).any()
        assert marks.pooled.p == 1
