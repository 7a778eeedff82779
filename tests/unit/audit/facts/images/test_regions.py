import numpy as np
import pytest

from holdfast.audit.cases.shortcuts import pictures_of_glyphs, tied
from holdfast.audit.facts.labels.predictiveness import N_FOLDS, Question, area
from holdfast.audit.facts.learning.quick_model import by_ridge, standardised, waves
from holdfast.audit.runner import Facts
from holdfast.core.errors import NotApplicable
from holdfast.data.bulk.bits import folds_by_number


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def asked_of(truth):
    rows = np.arange(len(truth))
    return Question(rows, np.asarray(truth, dtype=float), ("a", "b"), rows, folds_by_number(rows, N_FOLDS))


def test_ridge_tells_what_a_line_can_and_random_waves_more(rng):
    x = rng.normal(size=(800, 2))
    line, ring = x[:, 0] > 0, (x**2).sum(axis=1) > 1.4
    straight, round_ = asked_of(line), asked_of(ring)
    assert area(straight, by_ridge(straight, standardised(x))[:, 1], line) > 0.95
    assert area(round_, by_ridge(round_, standardised(x))[:, 1], ring) < 0.65
    assert area(round_, by_ridge(round_, waves(x, rng))[:, 1], ring) > 0.9


def test_ridge_learns_nothing_from_noise(rng):
    asked = asked_of(rng.random(400) < 0.5)
    assert area(asked, by_ridge(asked, rng.normal(size=(400, 60)))[:, 1], asked.truth == 1) < 0.6


def test_constant_columns_become_zero():
    assert not standardised(np.full((5, 2), 7.25)).any()


def test_the_cells_of_a_mark_tell_and_others_do_not(rng):
    marked = tied(rng, 160, 0.95)

    def stamped(pixels, row):
        if marked.planted[row]:
            pixels[38:46, 2:10] = 250
        return pixels

    regions = Facts({"dataset": pictures_of_glyphs(rng, marked.label, stamped)})["image_regions"]
    assert regions.areas[7, 0, 0] > 0.85
    assert regions.areas[0, 7, 0] < 0.7
    assert len(regions.typical) == 1
    corner = np.zeros((8, 8), dtype=bool)
    corner[6:, :2] = True
    assert regions.of_pixels(corner, 0).value > 0.85


def test_few_pictures_are_not_judged(rng):
    with pytest.raises(NotApplicable, match="at least 100"):
        Facts({"dataset": pictures_of_glyphs(rng, rng.integers(0, 2, 30))})["image_regions"]
