"""Words and pairs of words, weighted by rarity, and logistic regression: no network at all."""

from holdfast.finetune.class_answers import head_of
from holdfast.finetune.controls.definitions import Bench, Control, classified
from holdfast.finetune.tasks.classify_text import texts_of
from holdfast.finetune.tasks.definitions import Judged

_MOST = 50_000  # words and pairs; more do not change the score of data that fit one machine


def judge(bench: Bench) -> Judged | None:
    """Return whether TF-IDF with logistic regression is right on each test example; None where there are no texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    head, ledgers = head_of(bench.prepared), bench.prepared.task.supervision.ledgers
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
    return classified(model.predict_proba(texts("test")), model.classes_, head.targets("test"))


control = Control("words", "TF-IDF of words and pairs of words, logistic regression", pretrained=False, judge=judge)
