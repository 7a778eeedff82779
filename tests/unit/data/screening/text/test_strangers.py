import numpy as np

from holdfast.data.screening.share.mixtures import LEVEL
from holdfast.data.screening.text.screening import ScreenSettings, screen
from holdfast.data.screening.text.strangers import PARTS, REPEATS
from holdfast.data.screening.text.telling import said, sections

WORDS = [f"{a}{b}{c}" for a in "bdfglmprst" for b in "aeiou" for c in ("n", "rk", "st", "ll")]


def text(rng, maker):
    """Sixty words: "one" and "two" like the same words and write short sentences; "odd" has likings of its own."""
    liked = {"one": 0, "two": 0, "odd": 2}.get(maker)
    weights = np.ones(len(WORDS)) if liked is None else np.where(np.arange(len(WORDS)) % 4 == liked, 2.5, 1.0)
    stop = {"one": 6, "two": 6, "odd": 15}.get(maker, 10)
    words = rng.choice(WORDS, 60, p=weights / weights.sum())
    return " ".join(word + ("." if rng.random() < 1 / stop else "") for word in words)


def screened(rng, makers, settings=None):
    known = [(None, text(rng, None)) for _ in range(150)] + [(one, text(rng, one)) for one in makers for _ in range(60)]
    asked = [text(rng, None) for _ in range(60)]
    origin = np.array([int(maker is not None) for maker, _ in known] + [-1] * len(asked))
    names = [maker for maker, _ in known] + [None] * len(asked)
    texts = [one for _, one in known] + asked
    return screen(texts, origin, settings, generators=names), texts


def test_a_generator_like_another_one_is_counted_and_one_of_its_own_kind_is_not():
    found, _ = screened(np.random.default_rng(0), ["one", "two", "odd"])
    by = {one.name: one for one in found.strangers}
    assert set(by) == {"one", "two", "odd"}
    assert by["one"].counted[0] > 0.6
    assert by["two"].counted[0] > 0.6
    assert by["odd"].counted[0] < 0.3
    assert all(low <= value <= high for value, low, high in (one.counted for one in found.strangers))
    assert by["odd"].size == 60
    assert max(one.noticed[0] for one in found.strangers) <= REPEATS / 2


def test_a_single_generator_says_what_is_noticed_but_not_what_is_counted():
    rng = np.random.default_rng(1)
    found, texts = screened(rng, ["one"])
    (only,) = found.strangers
    assert only.counted is None
    assert list(only.noticed) == sorted(only.noticed)
    assert only.noticed[-1] > 3 * LEVEL * REPEATS
    table = next(one for one in sections(found, texts, ScreenSettings()) if one.title.startswith("Generators"))
    assert len(table.evidence[0].cells[0]) == len(table.evidence[0].columns) == 4 + len(PARTS)
    assert "label several" in table.says[-1]
    assert "covers no generator that nobody labelled" in said(found)


def test_nothing_is_told_where_it_was_not_asked_for():
    settings = ScreenSettings(compare=False)
    found, texts = screened(np.random.default_rng(2), ["one"], settings)
    assert found.strangers == ()
    assert not any(one.title.startswith("Generators") for one in sections(found, texts, settings))


def test_a_share_is_refused_where_a_generator_that_nobody_labelled_writes_half():
    rng = np.random.default_rng(3)
    known = [text(rng, None) for _ in range(120)] + [text(rng, "one") for _ in range(80)]
    asked = [text(rng, maker) for maker in (None, "odd") for _ in range(60)]
    origin = np.repeat([0, 1, -1], [120, 80, 120])
    share = screen([*known, *asked], origin, ScreenSettings(compare=False)).share
    assert "a generator that nobody labelled" in share.refused
    assert "habits of writing" in share.refused
