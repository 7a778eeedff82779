import base64
import io

import numpy as np
from PIL import Image

from holdfast.audit.cases.images import drawing, encoded, picture_data, picture_set
from holdfast.audit.evidence.images import picture_pairs, pictures, thumbnail


def opened(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture.png)))


def test_thumbnails_are_small_and_encoded_anew():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (700, 500, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x010F] = "SECRET"
    dataset = picture_data([encoded(noise, "JPEG", exif=exif), encoded(drawing(rng))])
    one = thumbnail(dataset, 0)
    assert len(one.png) <= 40_000
    assert max(opened(one).size) <= 96
    assert b"SECRET" not in base64.b64decode(one.png)
    assert (one.row, one.title) == (0, "")


def test_what_cannot_be_shown_is_left_out():
    dataset = picture_data([b"<script>", None, encoded(drawing(np.random.default_rng(0)))])
    assert thumbnail(dataset, 0) is None
    assert thumbnail(dataset, 1) is None
    assert picture_pairs(dataset, np.array([0, 2]), np.array([2, 2]), "pairs").groups[0][0].row == 2
    assert pictures(dataset, np.array([0, 1]), "none") is None


def test_titles_name_the_file_or_else_split_and_class():
    dataset = picture_set(np.random.default_rng(0), 30, side=24)
    assert thumbnail(dataset, 29).title == "dog/0029.jpg"
    assert thumbnail(dataset.with_roles({"file": "ignore"}), 29).title.startswith("test · ")
