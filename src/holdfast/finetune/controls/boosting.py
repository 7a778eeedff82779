"""Gradient boosting on the columns of a table: the usual strong default there."""

from holdfast.finetune.controls.columns import columns_of
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.tasks.definitions import Judged

_MOST_TREES = 300  # one for each class and round: seconds, whatever the classes


def judge(bench: Bench) -> Judged | None:
    """Return whether histogram boosting (Ke et al., 2017) is right on each test example; None without columns."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    seen = columns_of(bench)
    if seen is None:
        return None
    rounds = max(10, min(100, _MOST_TREES // len(set(seen.train_classes.tolist()))))
    model = HistGradientBoostingClassifier(
        max_iter=rounds,
        categorical_features=seen.categorical if seen.categorical.any() else None,
        early_stopping=False,
        random_state=bench.streams.integer("boosting"),
    )
    return seen.judged(model.fit(seen.train, seen.train_classes))


control = Control("boosting", "gradient boosting on the columns of the table", pretrained=False, judge=judge)
