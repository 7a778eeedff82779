import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from holdfast.audit.cases.images import drawing, encoded, picture_data, picture_set
from holdfast.audit.facts.images import properties
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable


def images_of(dataset, **options):
    return Facts({"dataset": dataset}, {"images": options})["images"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_each_distinct_image_once(rng):
    one, two = encoded(drawing(rng)), encoded(drawing(rng))
    found = images_of(picture_data([one, two, None, one]))
    assert len(found.values) == 2
    assert found.place[0] == found.place[3] != found.place[1]
    assert found.place[2] == -1
    assert found.readable.tolist() == [True, True, False, True]
    assert np.isnan(found.of_rows(found.brightness)[2])


def test_arrays_are_as_long_as_the_images_are_many(rng):
    found = images_of(picture_set(rng, 150, side=24))
    for field in fields(found):
        value = getattr(found, field.name)
        if field.name not in {"column", "place", "sampled"}:
            assert len(value) == 150, field.name


def test_what_cannot_be_read_is_told_with_its_reason(rng):
    dataset = picture_data([encoded(drawing(rng)), b"", b"text"])
    value = dataset.values("image")[0].as_py()
    gone = replace(
        dataset, media=replace(dataset.media, places={k: v for k, v in dataset.media.places.items() if k != value})
    )
    found = images_of(gone)
    assert [found.problem[found.place[row]] for row in range(3)] == ["absent", "empty", "no image"]
    assert not found.ok.any()
    assert np.isnan(found.brightness).all()


def test_row_order_does_not_matter(rng):
    dataset = picture_set(rng, 30, side=24)
    order = np.random.default_rng(1).permutation(30)
    one, other = images_of(dataset), images_of(dataset.take(order))
    assert one.values == other.values
    assert np.array_equal(one.place[order], other.place)
    assert np.array_equal(one.hashes, other.hashes)


def test_a_sample_is_told(rng):
    found = images_of(picture_set(rng, 30, side=24), most=10)
    assert (found.sampled.rows, found.sampled.of) == (10, 30)
    assert int((found.place >= 0).sum()) == 10


def test_without_images(rng):
    with pytest.raises(NotApplicable, match="no column of images"):
        images_of(picture_set(rng, 30, side=24).with_roles({"image": "ignore"}))


def test_properties_say_what_they_are_called(rng):
    base = drawing(rng, 128, 128)
    white = np.full_like(base, 255)
    grey = np.repeat(base.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    framed = base.copy()
    framed[:8], framed[-8:], framed[:, :8], framed[:, -8:] = 250, 250, 250, 250
    blurred = np.asarray(Image.fromarray(base).filter(ImageFilter.BoxBlur(3)))
    jpeg = encoded(base, "JPEG", quality=8)
    pictures = [encoded(one) for one in (base, white, grey, framed, blurred)] + [jpeg]
    found = images_of(picture_data(pictures))
    at = {
        name: int(found.place[row]) for row, name in enumerate(["base", "white", "grey", "framed", "blurred", "jpeg"])
    }
    assert found.contrast[at["white"]] == 0
    assert found.light[at["white"]] == 1
    assert found.brightness[at["white"]] == 255
    assert found.entropy[at["white"]] == 0
    assert found.saturation[at["grey"]] < 0.02 < found.saturation[at["base"]]
    assert found.sharpness[at["blurred"]] < found.sharpness[at["base"]]
    assert found.blockiness[at["jpeg"]] > 1.3 > found.blockiness[at["base"]]
    assert (found.border[at["framed"]] == 250).all()
    assert abs(found.cells[at["base"]].mean() - found.brightness[at["base"]]) < 0.1


def test_hashes_of_turned_images_are_those_of_the_image_turned(rng):
    squares = rng.normal(size=(20, 32, 32)).astype(np.float32)
    straight = properties.perceptual_hashes(properties.low_frequencies(squares))
    for turn in range(8):
        turned = properties.low_frequencies(properties.turned_pixels(squares, turn))
        assert np.array_equal(properties.perceptual_hashes(turned)[:, 0], straight[:, turn])


def test_without_pillow_checks_on_images_are_skipped_with_a_hint(rng, monkeypatch):
    dataset = picture_set(rng, 30, side=24)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(NotApplicable, match=r"needs Pillow.*holdfast\[images\]"):
        images_of(dataset)
