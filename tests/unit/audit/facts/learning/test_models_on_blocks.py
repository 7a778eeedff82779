"""Texts, images and vectors: read one by one, learnt from by linear models, handed to a person's own model."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from holdfast.audit.cases import subject
from holdfast.audit.cases.images import encoded, picture_data
from holdfast.audit.facts.images.features import image_features
from holdfast.audit.facts.learning.vectors import given
from holdfast.audit.facts.learning.words import hashed_words
from holdfast.audit.models import Inputs, as_model, fit, fit_and_predict, predict
from holdfast.audit.models.linear import fit_features, fit_words
from holdfast.audit.models.own import load_estimator
from holdfast.audit.runner import Facts
from holdfast.audit.threads import one_thread
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable


@pytest.fixture(autouse=True)
def _one_thread():
    with one_thread():
        yield


GOOD, BAD = ["great", "lovely", "superb"], ["dull", "awful", "boring"]


def reviews(n: int = 400, *, others: bool = False, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    plain = np.array([f"word{number}" for number in range(60)])
    label = rng.choice(["bad", "good"], size=n)
    texts = [
        " ".join([*rng.choice(plain, size=8), rng.choice(GOOD if y == "good" else BAD), *rng.choice(plain, size=2)])
        for y in label
    ]
    more = {"stars": np.where(label == "good", 1.0, 0.0) + rng.normal(size=n)} if others else {}
    return subject({"text": texts, **more, "y": label})


def shapes(n: int = 120, seed: int = 0) -> Dataset:
    """Squares and discs, somewhere."""
    rng = np.random.default_rng(seed)
    high, wide = np.mgrid[:48, :48]
    pictures, label = [], rng.choice(["disc", "square"], size=n)
    for y in label:
        across, down = rng.integers(14, 34, size=2)
        inside = np.maximum(abs(high - down), abs(wide - across)) < 8
        if y == "disc":
            inside = np.hypot(high - down, wide - across) < 9
        pixels = rng.integers(0, 60, size=(48, 48)) + 180 * inside
        pictures.append(encoded(pixels.astype(np.uint8)))
    return picture_data(pictures, {"y": label})


def accuracy(dataset: Dataset, cut: int, model=None, facts: Facts | None = None) -> float:
    facts = facts or Facts({"dataset": dataset})
    target = facts["labels"]
    rows = np.arange(len(dataset))
    found = fit_and_predict(dataset, facts["encoding"], target, rows[:cut], rows[cut:], model=model)
    return float((found.values == target.codes[cut:]).mean())


def test_words_are_counted_without_case_and_missing_text_is_empty() -> None:
    counts = hashed_words(pa.array(["Good film", "a GOOD Film", "", None, "Schöne Grüße"], pa.large_string()))
    held = counts[:, counts.getnnz(axis=0) > 0].toarray()
    assert held.sum(axis=1).tolist() == [3, 5, 0, 0, 3]
    assert (np.minimum(held[0], held[1]).sum()) == 3


def test_long_texts_are_read_to_a_length() -> None:
    counts = hashed_words(pa.array(["word " * 100_000], pa.large_string()), most_characters=50)
    assert counts.sum() == 10 + 9


def test_left_out_scores_of_features_are_those_of_models_without_the_row() -> None:
    rng = np.random.default_rng(0)
    for n, width in ((60, 5), (30, 80)):
        features = rng.normal(size=(n, width)).astype(np.float32)
        target = features[:, 0] + 0.3 * rng.normal(size=n)
        found = fit_features(features, target, classes=False).left_out[:, 0]
        again = [
            fit_features(np.delete(features, row, axis=0), np.delete(target, row), classes=False).score(
                features[row : row + 1]
            )[0, 0]
            for row in range(n)
        ]
        assert np.corrcoef(found, again)[0, 1] > 0.95, "but for the choice of strength and scale"


def test_left_out_scores_of_words_know_nothing_of_noise() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{number}" for number in rng.integers(0, 400, size=12)) for _ in range(300)]
    target = rng.integers(0, 2, size=300)
    found = fit_words(hashed_words(pa.array(texts, pa.large_string())), target, classes=True, left_out=True)
    own = found.score(hashed_words(pa.array(texts, pa.large_string())))[:, 0]
    assert ((own > 0) == target).mean() > 0.95
    assert 0.35 < ((found.left_out[:, 0] > 0) == target).mean() < 0.65


def test_texts_are_learnt_from() -> None:
    assert accuracy(reviews(), 300) > 0.95


def test_a_table_beside_texts_counts_too() -> None:
    data = reviews(600, others=True)
    facts = Facts({"dataset": data})
    inputs = Inputs(data, facts["encoding"], np.arange(600))
    fitted = fit(inputs, facts["labels"], np.arange(450))
    assert fitted.model.name == "gradient boosting with a linear model of the words"
    truth = facts["labels"].codes[450:]
    assert (predict(fitted, inputs, np.arange(450, 600)).values == truth).mean() > 0.95
    without = fit(inputs, facts["labels"], np.arange(450), without=["text"])
    assert 0.55 < (predict(without, inputs, np.arange(450, 600)).values == truth).mean() < 0.9
    words = fit(inputs, facts["labels"], np.arange(450), without=["stars"])
    assert (predict(words, inputs, np.arange(450, 600)).values == truth).mean() > 0.95


def test_without_its_only_text_nothing_is_left() -> None:
    data = reviews(100)
    facts = Facts({"dataset": data})
    with pytest.raises(NotApplicable):
        fit(Inputs(data, facts["encoding"], np.arange(100)), facts["labels"], np.arange(80), without=["text"])


def test_numbers_are_predicted_from_texts() -> None:
    data = reviews(400)
    stars = np.array([4.0 if any(word in text for word in GOOD) else 1.0 for text in data.values("text").to_pylist()])
    data = subject({"text": data.values("text").to_pylist(), "y": stars + 0.001 * np.arange(400)})
    facts = Facts({"dataset": data})
    rows = np.arange(400)
    found = fit_and_predict(data, facts["encoding"], facts["labels"], rows[:300], rows[300:])
    assert np.corrcoef(found.values, stars[300:])[0, 1] > 0.9


def test_images_are_learnt_from() -> None:
    assert accuracy(shapes(), 80) > 0.85


def test_features_of_a_picture_depend_on_it_alone() -> None:
    small = np.random.default_rng(0).integers(0, 256, size=(5, 32, 32, 3)).astype(np.uint8)
    together = image_features(small)
    assert np.allclose(together[3], image_features(small[3:4])[0], atol=1e-5)
    assert np.isfinite(image_features(np.zeros((1, 32, 32, 3), dtype=np.uint8))).all()


def test_broken_and_missing_images_do_no_harm() -> None:
    whole = [encoded(np.full((20, 20), 10 * row, dtype=np.uint8)) for row in range(20)]
    data = picture_data([*whole, b"no image", None], {"y": ["a", "b"] * 11})
    facts = Facts({"dataset": data})
    lines = facts["encoding"].blocks[0].matrix(np.arange(22))
    assert not lines[20:].any()
    assert lines[:20].any(axis=1).all()


def test_given_vectors_stand_in_for_texts() -> None:
    data = reviews(200)
    rng = np.random.default_rng(1)
    codes = Facts({"dataset": data})["labels"].codes
    array = rng.normal(size=(200, 6)) + 4.0 * codes[:, None]
    facts = Facts({"dataset": data, "vectors": given(data, array)})
    assert [block.name for block in facts["encoding"].blocks] == ["vectors"]
    assert accuracy(data, 150, facts=facts) > 0.97
    assert accuracy(data, 150, model=as_model(GaussianNB()), facts=facts) > 0.97, "a person's model is given them too"


def test_vectors_that_do_not_fit_are_refused() -> None:
    data = reviews(50)
    for array, said in (
        (np.zeros((49, 3)), "shape"),
        (np.zeros(50), "shape"),
        (np.full((50, 2), np.nan), "missing"),
        ([["a"]] * 50, "numbers"),
    ):
        with pytest.raises(BadInput, match=said):
            given(data, array)


@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        make_pipeline(ColumnTransformer([("words", TfidfVectorizer(), "text")]), LogisticRegression()),
    ],
    ids=["series", "frame"],
)
def test_pipelines_of_texts_take_the_column_either_way(pipeline) -> None:
    assert accuracy(reviews(), 300, model=as_model(pipeline)) > 0.95


class OfPixels:
    """A model as people write them for images: it wants rows × height × width."""

    def fit(self, pixels, target):
        assert pixels.ndim == 3
        self.model = LogisticRegression(max_iter=200).fit(pixels.reshape(len(pixels), -1) / 255, target)
        return self

    def predict(self, pixels):
        return self.model.predict(pixels.reshape(len(pixels), -1) / 255)


class OfFiles:
    """A model that opens the files itself."""

    def fit(self, frame, target):
        assert set(frame.columns) == {"image"}
        assert all(isinstance(cell, bytes) and cell.startswith(b"\x89PNG") for cell in frame["image"])
        self.most = int(np.bincount(target).argmax())
        return self

    def predict(self, frame):
        return np.full(len(frame), self.most)


def test_own_models_of_images_get_files_or_pixels() -> None:
    data = shapes()
    facts = Facts({"dataset": data})
    inputs = Inputs(data, facts["encoding"], np.arange(120))
    forms = [
        fit(inputs, facts["labels"], np.arange(80), model=as_model(made)).form
        for made in (OfFiles, OfPixels, LogisticRegression(max_iter=50))
    ]
    assert forms == ["frame", "pixels", "flat"]
    assert inputs.take("pixels", np.arange(3)).shape == (3, 48, 48)


def test_a_model_that_refuses_texts_is_told_by_its_first_error() -> None:
    with pytest.raises(BadInput, match="failed to fit"):
        accuracy(reviews(60), 40, model=load_estimator("sklearn.naive_bayes:GaussianNB"))


def test_out_of_fold_predictions_of_texts() -> None:
    found = Facts({"dataset": reviews(200)})["probabilities"]
    assert np.allclose(found.probabilities.sum(axis=1), 1.0)
    truth = Facts({"dataset": reviews(200)})["labels"].codes
    assert (found.predictions == truth[found.rows]).mean() > 0.9


@pytest.mark.parametrize("rare", [1, 2])
def test_a_class_of_single_texts_is_learnt_beside_the_others(rare):
    rng = np.random.default_rng(0)
    target = np.array([0] * 20 + [1] * 20 + [2] * rare + [3])
    counts = hashed_words(pa.chunked_array([[" ".join(rng.choice(list("abcdef"), 4)) for _ in target]]))
    left_out = fit_words(counts, target, classes=True, left_out=True).left_out
    assert left_out.shape == (len(target), 4)
    assert np.isfinite(left_out).all()


def test_two_classes_of_which_one_is_a_single_text():
    counts = hashed_words(pa.chunked_array([[f"word{number} other" for number in range(9)]]))
    target = np.array([0] * 8 + [1])
    assert fit_words(counts, target, classes=True, left_out=True).left_out.shape == (9, 1)
