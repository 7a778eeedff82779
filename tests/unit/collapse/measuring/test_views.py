import numpy as np
import pytest

from holdfast.collapse import catalogue
from holdfast.collapse.measuring.views import (
    VIEWS,
    hashed_words,
    picture_features,
    seen,
    through,
    unwrapped,
    with_options,
    with_views,
)
from holdfast.collapse.samples import Images, Points, Texts
from holdfast.core.errors import BadInput

TEXTS = ["the cat sat on the mat", "a dog ran", "", "the dog sat on the cat and the mat", "one"]


def test_a_part_of_a_view_is_the_view_of_the_part():
    whole = hashed_words(Texts(TEXTS)).points
    for i, text in enumerate(TEXTS):
        assert np.allclose(hashed_words(Texts([text])).points[0], whole[i])


def test_texts_of_the_same_words_lie_near_and_length_does_not_count():
    one, two, other = hashed_words(Texts(["red green blue"] * 1 + ["red green blue " * 9, "jump run walk"])).points
    assert one @ two / 256 > 0.75
    assert abs(one @ other / 256) < 0.3
    assert (one**2).mean() == pytest.approx(1.0)


def test_a_text_without_words_lies_at_nought():
    assert not hashed_words(Texts(TEXTS)).points[2].any()


def test_the_order_of_words_counts_a_little():
    one, two = hashed_words(Texts(["a b c d e", "e d c b a"])).points
    assert 0.2 < one @ two / 256 < 0.9


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 32), (50, 33), (64, 96)])
def test_pictures_of_any_size_have_the_same_features(size):
    rng = np.random.default_rng(0)
    pixels = rng.random((5, *size, 3))
    found = picture_features(Images(pixels)).points
    assert found.shape == (5, 16 * (8 + 3))
    assert found[:, 128:].reshape(5, 16, 3).mean(axis=1) == pytest.approx(pixels.mean(axis=(1, 2)))


def test_edges_are_seen_by_their_direction():
    rows, columns = np.mgrid[:32, :32] // 4 % 2 * 1.0
    down, right = picture_features(Images(np.stack([rows, columns])[..., None])).points[:, :128]
    by_angle = np.stack([down, right]).reshape(2, 16, 8).sum(axis=1)
    assert by_angle[0].argmax() == 4  # a quarter turn
    assert by_angle[1].argmax() == 0


def test_measures_of_points_serve_texts_and_pictures_by_name():
    known = with_views(catalogue.measures())
    for view in ("hashed-words", "picture-features"):
        one = known[f"vendi-of-{view}"]
        assert one.title.endswith(f"(of {view.replace('-', ' ')})")
        assert unwrapped(one) == (view, known["vendi"])
    vendi = known["vendi"].run(hashed_words(Texts(TEXTS)))
    assert known["vendi-of-hashed-words"].run(Texts(TEXTS)) == vendi
    assert np.array_equal(seen(Texts(TEXTS), "hashed-words").points, hashed_words(Texts(TEXTS)).points)


def test_options_reach_the_measure_behind_a_view():
    known = with_views(catalogue.measures())
    set_ = with_options(known["vendi-of-hashed-words"], {"order": 2.0})
    points = hashed_words(Texts(TEXTS))
    assert set_.run(Texts(TEXTS)) == known["vendi"].run(points, order=2.0) != known["vendi"].run(points)
    assert with_options(known["vendi"], {"order": 2.0}).run(points) == set_.run(Texts(TEXTS))
    with pytest.raises(BadInput, match="ordre"):
        with_options(known["vendi"], {"ordre": 2.0})


def test_no_measure_is_seen_through_a_view_of_another_kind():
    for one in with_views(catalogue.measures()).values():
        view, behind = unwrapped(one)
        if view:
            assert behind.takes is Points
            assert one.takes is next(v.of for v in VIEWS if v.name == view)
    assert through(catalogue.measures()["vendi"], VIEWS[0]).takes is Texts
