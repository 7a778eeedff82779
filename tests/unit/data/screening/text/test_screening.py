import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.screening.text.screening import ScreenSettings, screen

QUICK = ScreenSettings(compare=False)
WORDS = [f"{a}{b}{c}" for a in "bdfglmprst" for b in "aeiou" for c in ("n", "rk", "st", "ll")]


def text(rng, machine, *, topic=0, n=60):
    """Sixty words: machines like other words than people do, by a margin that a detector learns."""
    rank = np.arange(len(WORDS))
    weights = 1.0 / (5 + (rank + 100 * topic) % len(WORDS))
    if machine:
        weights = weights * np.where(rank % 4 == 0, 2.5, 1.0)
    words = rng.choice(WORDS, n, p=weights / weights.sum())
    return " ".join(word + ("." if at % 10 == 9 else "") for at, word in enumerate(words))


def corpus(rng, share, n=120, **how):
    return [text(rng, at < share * n, **how) for at in range(n)]


def labelled(rng, n=120):
    return [text(rng, machine=False) for _ in range(n)] + [text(rng, machine=True) for _ in range(n)]


def screened(asked, rng, settings=QUICK, known=None, **more):
    known = labelled(rng) if known is None else known
    half = len(known) // 2
    origin = np.repeat([0, 1, -1], [half, len(known) - half, len(asked)])
    return screen([*known, *asked], origin, settings, **more)


def test_share_and_flags_of_a_corpus_like_the_labelled_one():
    rng = np.random.default_rng(0)
    found = screened(corpus(rng, 0.4), rng)
    assert not found.share.refused
    assert found.share.best.low <= 0.4 <= found.share.best.high
    assert found.separations[0].low > 0.8
    flagged = np.isin(np.arange(240, 360), found.flagged)
    assert flagged[:48].mean() > 0.3
    assert flagged[48:].mean() < 0.2
    assert np.isnan(found.p[:240]).all()


def test_another_subject_is_refused_and_no_record_has_a_p_value():
    rng = np.random.default_rng(1)
    found = screened(corpus(rng, 0.0, topic=1), rng)
    assert "no mixture of texts like the labelled ones" in found.share.refused
    assert np.isnan(found.p).all()
    assert not len(found.flagged)


def test_refusals_in_the_own_domain_are_rare():
    rng = np.random.default_rng(2)
    refused = [bool(screened(corpus(rng, share, n=60), rng).refused) for share in (0.0, 0.3, 1.0)]
    assert sum(refused) <= 1


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(3)
    known, asked = labelled(rng, 70), corpus(rng, 0.5, n=40)
    texts = np.array([*known, *asked], dtype=object)
    origin = np.repeat([0, 1, -1], [70, 70, 40])
    order = rng.permutation(len(texts))
    one, other = screen(list(texts), origin, QUICK), screen(list(texts[order]), origin[order], QUICK)
    assert one.share.intervals == other.share.intervals
    np.testing.assert_array_equal(one.p[order], other.p)


def test_line_breaks_do_not_help_a_detector():
    rng = np.random.default_rng(4)
    known = [text(rng, machine=False) for _ in range(160)]
    known[80:] = [one.replace(" ", "\n", 5) for one in known[80:]]
    found = screened(corpus(rng, 0.0, n=40), rng, known=known)
    assert found.separations[0].low < 0.5 < found.separations[0].high + 0.1
    assert dict(found.prepared.stripped)["line breaks"] == 80


def test_groups_have_shares_of_their_own():
    rng = np.random.default_rng(5)
    asked = [*corpus(rng, 0.0, n=40), *corpus(rng, 1.0, n=40), *corpus(rng, 0.5, n=10)]
    rows = {"a": np.arange(240, 280), "b": np.arange(280, 320), "c": np.arange(320, 330)}
    a, b, c = screened(asked, rng, groups=rows).groups
    assert a.best.high < b.best.low
    assert "at least 30 are needed" in c.refused


def test_copies_of_labelled_texts_are_not_asked_about():
    rng = np.random.default_rng(6)
    known = labelled(rng, 70)
    found = screened([*known[:5], *corpus(rng, 0.5, n=40)], rng, known=known)
    assert found.prepared.known == 5
    assert np.isnan(found.p[140:145]).all()


def test_texts_that_are_said_to_be_both_are_left_out():
    rng = np.random.default_rng(7)
    known = labelled(rng, 70)
    known[70] = known[0]
    assert screened(corpus(rng, 0.5, n=40), rng, known=known).prepared.contradicted == 1


def test_every_detector_separates_what_it_can():
    rng = np.random.default_rng(8)
    found = screened(corpus(rng, 0.5, n=40), rng, ScreenSettings(), known=labelled(rng, 80))
    areas = {one.detector: one.area for one in found.separations}
    assert set(areas) == {"together", "words", "characters", "embedding", "burstiness", "compression"}
    assert min(areas[name] for name in ("together", "words", "characters", "embedding", "compression")) > 0.6


def test_scores_of_a_language_model_can_be_the_detector():
    rng = np.random.default_rng(9)
    readers = {"curvature": lambda texts, _: np.array([-one.count("a") / len(one) for one in texts])}
    settings = ScreenSettings(detector="curvature", compare=False)
    found = screened(corpus(rng, 0.5, n=40), rng, settings, readers=readers)
    assert [one.detector for one in found.separations] == ["curvature"]


@pytest.mark.parametrize(
    ("human", "machine", "asked", "said"),
    [
        (10, 70, 40, "10 different texts are known to be people's, and at least 60"),
        (70, 0, 40, "0 different texts are known to be machines', and at least 30"),
        (70, 70, 0, "known already"),
    ],
)
def test_too_little_is_said_in_words(human, machine, asked, said):
    rng = np.random.default_rng(10)
    texts = [text(rng, machine=False) for _ in range(human + machine + asked)]
    with pytest.raises(BadInput, match=said):
        screen(texts, np.repeat([0, 1, -1], [human, machine, asked]), QUICK)


def test_empty_and_short_texts_are_counted_not_judged():
    rng = np.random.default_rng(11)
    found = screened(["", "  ", "three words only", *corpus(rng, 0.5, n=40)], rng)
    assert (found.prepared.empty, found.prepared.short) == (2, 1)
    with pytest.raises(BadInput, match="no record can be judged"):
        screened(["", "too short"], rng)
    with pytest.raises(BadInput, match="every text is empty"):
        screen(["", " "], np.array([0, -1]), QUICK)


def test_an_unknown_detector_names_the_nearest():
    with pytest.raises(BadInput, match="together"):
        screen(["a"], np.array([-1]), ScreenSettings(detector="togther"))
