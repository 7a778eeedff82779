import numpy as np
import pytest
import sklearn.datasets

from holdfast.audit.cases.images import changed, drawing, encoded, picture_data
from holdfast.audit.facts.images import candidates as image_candidates
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable

CHANGES = ("smaller", "cropped", "mirrored", "turned", "brighter")


def pairs_of(dataset):
    facts = Facts({"dataset": dataset})
    (pairs,) = facts["image_pairs"]
    first = {int(group): row for row, group in reversed(list(enumerate(facts["row_groups"].group)))}
    return {tuple(sorted((first[a], first[b]))) for a, b in zip(pairs.left, pairs.right, strict=True)}, pairs


@pytest.mark.parametrize("n", [60, 200])
def test_changed_copies_are_found_and_nothing_else(n):
    rng = np.random.default_rng(n)
    pictures = [drawing(rng, 80, 100) for _ in range(n)]
    copies = [changed(pictures[place], how) for place, how in enumerate(CHANGES)]
    data = [encoded(one, "JPEG", quality=90) for one in pictures] + [encoded(one, "JPEG", quality=60) for one in copies]
    found, pairs = pairs_of(picture_data(data))
    assert found == {(place, n + place) for place in range(len(CHANGES))}
    assert pairs.expected < 0.1
    assert "mirrored or turned" in pairs.nearness


def test_digits_of_one_kind_are_no_copies():
    digits = sklearn.datasets.load_digits().images[:600]
    found, pairs = pairs_of(picture_data([encoded((one * 15).astype(np.uint8)) for one in digits]))
    assert len(found) == len(pairs.left) == 0


def test_a_digit_compressed_again_is_found_among_digits():
    digits = (sklearn.datasets.load_digits().images[:300] * 15).astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    data = [encoded(one) for one in digits] + [encoded(one, "JPEG", quality=80) for one in digits[:30]]
    found, _ = pairs_of(picture_data(data))
    right = {(place, 300 + place) for place in range(30)}
    assert len(found & right) >= 15
    assert found <= right


def test_drawings_of_few_parts_are_no_copies():
    rng = np.random.default_rng(0)
    data = []
    for _ in range(400):
        pixels = np.full((40, 40, 3), 230, dtype=np.uint8)
        y, x, size = rng.integers(4, 20, size=3)
        pixels[y : y + size, x : x + size] = rng.integers(0, 180, size=3)
        data.append(encoded(pixels))
    found, _ = pairs_of(picture_data(data))
    assert not found


def test_blank_images_are_nothing_to_compare():
    rng = np.random.default_rng(0)
    data = [encoded(np.clip(255 - rng.exponential(1, (20, 20)), 0, 255).astype(np.uint8)) for _ in range(40)]
    with pytest.raises(NotApplicable, match="something in them"):
        pairs_of(picture_data(data))


def test_one_image_with_other_features_is_a_near_copy():
    rng = np.random.default_rng(0)
    data = [encoded(drawing(rng, 40, 40)) for _ in range(20)]
    dataset = picture_data([*data, data[3]], {"age": np.arange(21.0)}, age="feature")
    found, _ = pairs_of(dataset)
    assert found == {(3, 20)}


def test_other_colours_are_another_picture():
    rng = np.random.default_rng(0)
    pictures = [drawing(rng, 60, 60) for _ in range(40)]
    red, blue = (
        np.clip(pictures[0] * np.array(tint), 0, 255).astype(np.uint8) for tint in ((1, 0.3, 0.3), (0.3, 0.3, 1))
    )
    found, _ = pairs_of(picture_data([encoded(one) for one in (*pictures[1:], red, blue)]))
    assert not found


def test_every_crop_has_a_mirror():
    for number, (down, across) in enumerate(image_candidates.CROPS):
        mirrored = image_candidates.CROPS[image_candidates._mirror_of(number)]
        assert mirrored[0] == down
        assert mirrored[1] == pytest.approx((1 - across[0] - across[1], across[1]))


def test_bits_apart_without_numpy_2(monkeypatch):
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 1 << 63, size=(2, 50), dtype=np.uint64)
    expected = [(int(a) ^ int(b)).bit_count() for a, b in zip(one, other, strict=True)]
    assert image_candidates.bits_apart(one, other).tolist() == expected
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert image_candidates.bits_apart(one, other).tolist() == expected
