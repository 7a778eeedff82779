"""Pictures are told apart by how they were made, never by their files; elsewhere nothing is estimated."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from holdfast.core.errors import BadInput
from holdfast.data.screening.images import judging
from holdfast.data.screening.images.features import NAMES, features
from holdfast.data.screening.images.pixels import decoded, square
from holdfast.data.screening.images.scanning import scan_images

sys.path.insert(0, str(Path(__file__).parent))
from textures import dataset, stored, texture


def pictures(rng, n, origin, form="PNG", **how):
    options = {"quality": how.pop("quality")} if "quality" in how else {}
    return [(stored(texture(rng, **how), form, **options), origin) for _ in range(n)]


def titles(sections):
    return [section.title.partition(": ")[2] for section in sections]


def said(sections):
    return " ".join(paragraph for section in sections for paragraph in section.says)


def test_upsampling_shows_in_the_spectrum():
    rng = np.random.default_rng(0)
    rows = {
        kind: np.array([features(square(decoded(stored(texture(rng, upsampled=kind))), 64)) for _ in range(12)])
        for kind in (False, True)
    }
    last = NAMES.index("power in ring 16 of 16")
    assert rows[True][:, last].max() < rows[False][:, last].min()
    assert np.isfinite(rows[True]).all()


def test_made_pictures_are_told_apart_and_their_share_is_estimated():
    rng = np.random.default_rng(1)
    data = dataset([
        *pictures(rng, 70, "human"), *pictures(rng, 70, "synthetic", upsampled=True),
        *pictures(rng, 30, None), *pictures(rng, 10, "unknown", upsampled=True),
    ])  # fmt: skip
    sections = scan_images(data)
    assert titles(sections) == ["files", "how well they can be told apart", "those of unknown origin"]
    area = sections[1].evidence[0]
    assert area.value > 0.99
    share, table = sections[2].evidence
    assert share.low <= 0.25 <= share.high
    assert sum(row >= 170 for row in table.rows) >= 6
    assert "no verdict" in said(sections)


def test_pictures_made_the_same_way_are_not_told_apart():
    rng = np.random.default_rng(2)
    data = dataset([*pictures(rng, 60, "human"), *pictures(rng, 60, "synthetic"), *pictures(rng, 5, None)])
    sections = scan_images(data)
    area = sections[1].evidence[0]
    assert area.low <= 0.5 <= area.high
    assert "can hardly be told apart" in said(sections)


@pytest.mark.parametrize("made", [{"form": "JPEG", "quality": 95}, {"side": 128}])
def test_a_format_that_tells_the_origin_makes_it_not_estimable(made):
    rng = np.random.default_rng(3)
    sections = scan_images(dataset([*pictures(rng, 50, "human"), *pictures(rng, 50, "synthetic", **made)]))
    assert titles(sections) == ["files", "not estimable"]
    assert "The file alone tells them apart" in said(sections)


def test_quality_of_jpeg_is_matched():
    rng = np.random.default_rng(4)
    sections = scan_images(dataset([
        *pictures(rng, 60, "human", form="JPEG", quality=60), *pictures(rng, 60, "human", form="JPEG", quality=95),
        *pictures(rng, 60, "synthetic", form="JPEG", quality=95, upsampled=True),
    ]))  # fmt: skip
    assert "On " in said(sections)
    n_real = int(said(sections).split("On ")[1].split()[0])
    assert n_real < 50  # half of sixty, not of 120


def test_pictures_from_elsewhere_are_not_judged():
    rng = np.random.default_rng(5)
    labelled = [*pictures(rng, 60, "human"), *pictures(rng, 60, "synthetic", upsampled=True)]
    sections = scan_images(dataset([*labelled, *pictures(rng, 30, None, slope=2.5, noise=0.5)]))
    assert titles(sections)[-1] == "not estimable"
    assert "come from elsewhere" in said(sections)


def test_the_test_of_shift_keeps_its_level():
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(60):
        rows = np.concatenate([rng.normal(size=(80, 6)), rng.normal(size=(80, 6)) + 2])
        made = np.arange(160) >= 80
        judge = judging.fitted(rows, made, rng.random(160) < 0.5)
        asked = rng.normal(size=(50, 6)) + 2 * (rng.random((50, 1)) < rng.random())
        alarms += judging.shift(judge, asked)[1] <= 0.05
    assert alarms <= stats.binom.isf(0.001, 60, 0.05)


def test_p_values_of_real_pictures_are_uniform_or_larger():
    rng = np.random.default_rng(7)
    below = []
    for _ in range(40):
        rows = np.concatenate([rng.normal(size=(80, 6)), rng.normal(size=(80, 6)) + 1])
        judge = judging.fitted(rows, np.arange(160) >= 80, rng.random(160) < 0.5)
        below.append((judging.p_real(judge, judging.scores(judge, rng.normal(size=(200, 6)))) <= 0.1).mean())
    assert np.mean(below) <= 0.1 + 4 * np.std(below) / np.sqrt(40)


def test_the_interval_of_the_share_covers():
    rng = np.random.default_rng(8)
    hits = 0
    for number in range(80):
        truth = (0, 0.05, 0.25, 0.5, 1)[number % 5]
        rows = np.concatenate([rng.normal(size=(120, 4)), rng.normal(size=(120, 4)) + 1])
        judge = judging.fitted(rows, np.arange(240) >= 120, rng.random(240) < 0.5)
        asked = rng.normal(size=(150, 4)) + (rng.random((150, 1)) < truth)
        _, low, high = judging.share(judge, judging.scores(judge, asked), rng)
        hits += low <= truth <= high
    assert hits / 80 >= 0.85


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(9)
    found = [*pictures(rng, 50, "human"), *pictures(rng, 50, "synthetic", upsampled=True), *pictures(rng, 8, None)]
    one, two = scan_images(dataset(found)), scan_images(dataset(found[::-1]))
    assert said(one) == said(two)
    assert one[1].evidence == two[1].evidence


def test_bad_pictures_and_no_origin():
    rng = np.random.default_rng(10)
    data = dataset([(b"no picture", "human"), (b"", None), (stored(texture(rng, side=16)), "human"),
                    (stored(texture(rng)), None)])  # fmt: skip
    sections = scan_images(data)
    assert titles(sections) == ["files", "not estimable"]
    assert "2 pictures cannot be read, 1 are smaller than 32 pixels" in said(sections)
    with pytest.raises(BadInput, match="no column of images"):
        scan_images(data.derive("select", data.table.select(["_origin"])))
