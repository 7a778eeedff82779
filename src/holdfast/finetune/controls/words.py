"""Words and pairs of words, weighted by rarity, and logistic regression: no network at all."""

import numpy as np

from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.tasks.classify_text import texts_of
from holdfast.finetune.tasks.definitions import Judged

_MOST = 50_000  # words and pairs; more do not change the score of data that fit one machine


def judge(bench: Bench) -> Judged | None:
    """Return whether TF-IDF with logistic regression is right on each test example; None where there are no texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    head, ledgers = bench.prepared.head, bench.prepared.task.supervision.ledgers
    columns = bench.recipe.inputs or texts_of(bench.dataset)
    if head is None or not columns:
        return None

    def texts(split: str) -> list[str]:
        parts = [bench.dataset.values(name).take(ledgers[split].rows).to_pylist() for name in columns]
        return ["\n".join(str(one or "") for one in row) for row in zip(*parts, strict=True)]

    words = TfidfVectorizer(ngram_range=(1, 2), max_features=_MOST, sublinear_tf=True, analyzer="word")
    model = make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))
    try:
        model.fit(texts("train"), head.targets("train"))
    except ValueError:  # no word at all
        return None
    found, known = model.predict_proba(texts("test")), head.targets("test")
    right = model.classes_[found.argmax(axis=1)] == known
    place = np.searchsorted(model.classes_, known).clip(max=len(model.classes_) - 1)
    own = np.where(model.classes_[place] == known, found[np.arange(len(known)), place], 0.0)
    return Judged(right.astype(float), -np.log(np.clip(own, 1e-12, 1.0)), np.ones(len(known)))


control = Control("words", "TF-IDF of words and pairs of words, logistic regression", pretrained=False, judge=judge)
