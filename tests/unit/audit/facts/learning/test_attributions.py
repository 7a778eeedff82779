"""What predictions hang on: columns, words and places, for the default model and a person's own."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from holdfast.audit.cases import subject
from holdfast.audit.cases.images import encoded, picture_data
from holdfast.audit.checks.shortcuts.model_leans_on_shortcut import (
    a_line_of_boilerplate,
    a_mark_in_the_corner,
    the_hospital_goes_with_the_disease,
)
from holdfast.audit.models import as_model
from holdfast.audit.runner import Facts, run_check
from holdfast.audit.threads import one_thread
from holdfast.core.finding import Grid, Series, Severity


@pytest.fixture(autouse=True)
def _one_thread():
    with one_thread():
        yield


def columns(n: int = 600):
    rng = np.random.default_rng(0)
    a, twin, noise = rng.normal(size=(3, n))
    twin = a + 0.01 * twin
    y = np.where(a + 0.3 * rng.normal(size=n) > 0, "up", "down")
    split = ["train"] * (n // 2) + ["test"] * (n // 2)
    return subject({"a": a, "twin": twin, "noise": noise, "y": y}, split=split)


@pytest.mark.parametrize("model", [None, LogisticRegression(), RandomForestClassifier(20)], ids=["own", "frame", "rf"])
def test_columns_that_tell_matter_and_noise_does_not(model) -> None:
    given = {"dataset": columns()} | ({"estimator": as_model(model)} if model is not None else {})
    found = Facts(given)["attributions"]
    by_name = {one.columns: one for one in found.importances}
    assert set(by_name) == {("a",), ("twin",), ("noise",)}
    assert abs(by_name["noise",].fall) < 0.05
    [group] = found.groups
    assert set(group.columns) == {"a", "twin"}
    assert group.low > 0.2, "twins are told together"
    assert group.fall >= max(by_name["a",].fall, by_name["twin",].fall) - 0.02


def test_nothing_is_asked_before_somebody_looks() -> None:
    calls = []

    class Counting(LogisticRegression):
        def fit(self, x, y):
            calls.append(len(y))
            return super().fit(x, y)

    facts = Facts({"dataset": columns(), "estimator": as_model(Counting())})
    attributions = facts["attributions"]
    assert calls == []
    assert len(attributions.importances) == 3
    assert len(calls) == 1


@pytest.mark.parametrize("own", [False, True])
def test_words_that_tell_are_named(own: bool) -> None:
    rng = np.random.default_rng(0)
    plain = np.array([f"word{number}" for number in range(40)])
    y = rng.integers(0, 2, size=400)
    texts = [" ".join([*rng.choice(plain, size=6), "Splendid" if one else "dreadful"]) for one in y]
    data = subject({"text": texts, "y": np.where(y == 1, "good", "bad")}, split=["train"] * 300 + ["test"] * 100)
    given = {"dataset": data}
    if own:
        given["estimator"] = as_model(make_pipeline(TfidfVectorizer(), LogisticRegression()))
    words = Facts(given)["attributions"].words
    assert {(one.word, one.of_class) for one in words[:2]} == {("splendid", "good"), ("dreadful", "bad")}
    assert words[1].low > max(0.05, words[2].high)


class OnPixels:
    """A model of pixels that looks at one corner."""

    classes_ = np.array([0, 1])

    def fit(self, pixels, target):
        self.turn = 1 if pixels[target == 1, :8, :8].mean() > pixels[target == 0, :8, :8].mean() else -1
        return self

    def predict(self, pixels):
        assert pixels.ndim == 3
        return (self.turn * (pixels[:, :8, :8].mean(axis=(1, 2)) - 128) > 0).astype(int)


@pytest.mark.parametrize("own", [False, True])
def test_the_place_that_tells_is_found_by_blanking(own: bool) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=160)
    pictures = []
    for one in y:
        pixels = rng.integers(90, 160, size=(64, 64)).astype(np.uint8)
        pixels[:8, :8] = 250 if one else 5
        pictures.append(encoded(pixels))
    data = picture_data(pictures, {"y": np.where(y == 1, "a", "b")}, split=["train"] * 100 + ["test"] * 60)
    facts = Facts({"dataset": data} | ({"estimator": as_model(OnPixels)} if own else {}))
    found = facts["attributions"].occlusion
    assert found.mean.shape == (8, 8)
    assert np.unravel_index(found.mean.argmax(), (8, 8)) in {(0, 0), (0, 1), (1, 0)}
    assert found.mean.max() > 0.05


@pytest.mark.parametrize(
    ("case", "kind"),
    [(the_hospital_goes_with_the_disease, Series), (a_line_of_boilerplate, Series), (a_mark_in_the_corner, Grid)],
)
def test_evidence_shows_what_the_model_hangs_on(case, kind) -> None:
    from holdfast.audit.checks.shortcuts.model_leans_on_shortcut import model_leans_on_shortcut

    result = run_check(model_leans_on_shortcut, Facts({"dataset": case.make(np.random.default_rng(0))}))
    assert any(isinstance(item, kind) for item in result.findings[0].evidence[2:])
    assert result.findings[0].severity is Severity.NOTE
    assert "fitted here" in result.findings[0].message


def test_a_model_of_ones_own_that_does_not_lean_is_left_alone() -> None:
    from holdfast.audit.checks.shortcuts.model_leans_on_shortcut import model_leans_on_shortcut

    class Blind(LogisticRegression):
        """It never looks at the hospital."""

        def fit(self, frame, y):
            return super().fit(frame[["opacity"]], y)

        def predict(self, frame):
            return super().predict(frame[["opacity"]])

        def predict_proba(self, frame):
            return super().predict_proba(frame[["opacity"]])

    class Leaning(LogisticRegression):
        def fit(self, frame, y):
            return super().fit(self._read(frame), y)

        def predict(self, frame):
            return super().predict(self._read(frame))

        def predict_proba(self, frame):
            return super().predict_proba(self._read(frame))

        def _read(self, frame):
            return np.column_stack([frame["opacity"], frame["hospital"] == "north"])

    data = the_hospital_goes_with_the_disease.make(np.random.default_rng(0))
    blind, leaning = (
        run_check(model_leans_on_shortcut, Facts({"dataset": data, "estimator": as_model(made)}))
        for made in (Blind(), Leaning())
    )
    assert not blind.findings, blind.findings
    assert leaning.findings[0].severity is Severity.WARNING
    assert leaning.findings[0].message.startswith("Your model leans on the column 'hospital'")
