"""The tuned model beside simpler ways, on validation examples: untuned, the most frequent class, counted words."""

from collections.abc import Iterator

import numpy as np

from holdfast.finetune.callbacks.collated import Collated
from holdfast.finetune.measuring.transfer import Way
from holdfast.finetune.tasks.definitions import Judged

_FLOOR = 1e-12  # of a probability
_SAYS = {
    "untuned": "the model as it was before the first step",
    "most-frequent": "always the most frequent class",
    "words": "TF-IDF of words and pairs of words, logistic regression",
}


def simpler(task: Collated, before: Judged) -> list[Way]:
    """Return simpler ways to the same score, on the examples that the untuned model was judged on."""
    return [Way(name, _SAYS[name], one, name == "untuned") for name, one in _judged(task, before, len(before.score))]


def _judged(task: Collated, before: Judged, n: int) -> Iterator[tuple[str, Judged]]:
    yield "untuned", before
    label = task.dataset.one("label")
    if label is None:
        return
    values, split = task.dataset.values(label.name).to_pylist(), task.dataset.values("split").to_pylist()
    texts = task.dataset.values("shown").to_pylist()
    train = [at for at, side in enumerate(split) if side == "train"]
    valid = [at for at, side in enumerate(split) if side == "test"][:n]
    known = np.array([values[at] for at in valid])
    classes, counts = np.unique([values[at] for at in train], return_counts=True)
    shares = (counts + 1.0) / (counts + 1.0).sum()
    yield "most-frequent", _right(np.tile(shares, (len(valid), 1)), classes, known)
    found = _words([texts[at] for at in train], [values[at] for at in train], [texts[at] for at in valid])
    if found is not None and task.reading.tokens is not None:
        yield "words", _right(found[0], found[1], known)


def _words(train: list[str], classes: list[str], valid: list[str]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return shares of classes for each text (texts × classes), and the classes; None where nothing can be counted."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), max_features=50_000, sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))
    try:
        model.fit(train, classes)
    except ValueError:  # one class, or no word at all
        return None
    return model.predict_proba(valid), model.classes_


def _right(shares: np.ndarray, classes: np.ndarray, known: np.ndarray) -> Judged:
    place = np.searchsorted(classes, known).clip(max=len(classes) - 1)
    own = np.where(classes[place] == known, shares[np.arange(len(known)), place], 0.0)
    right = classes[shares.argmax(axis=1)] == known
    return Judged(right.astype(float), -np.log(np.clip(own, _FLOOR, 1.0)), np.ones(len(known)))
