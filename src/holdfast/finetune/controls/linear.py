"""A straight line through the columns of a table: numbers scaled, categories one column each, logistic regression."""

import warnings

from holdfast.finetune.controls.columns import columns_of
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.tasks.definitions import Judged


def judge(bench: Bench) -> Judged | None:
    """Return whether logistic regression is right on each test example; None without columns."""
    from sklearn.compose import make_column_transformer
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    seen = columns_of(bench)
    if seen is None:
        return None
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), seen.categorical), (numbers, ~seen.categorical)
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return seen.judged(model.fit(seen.train, seen.train_classes))


control = Control("linear", "logistic regression on the columns of the table", pretrained=False, judge=judge)
