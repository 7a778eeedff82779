"""The models an audit fits when nobody gives one: gradient boosting on encoded columns."""

from typing import Any

from holdfast.audit.facts.encoding import Encoding
from holdfast.audit.facts.labels import Labels


def default_estimator(encoding: Encoding, labels: Labels, seed: int, *, rounds: int = 100) -> Any:
    """Return an unfitted boosting model for `encoding.matrix`; it takes NaN and category codes as they are.

    Histogram gradient boosting (Ke et al., 2017) is the usual strong default on tables (Grinsztajn et al., 2022).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if labels.is_classes else HistGradientBoostingRegressor
    return kind(
        max_iter=rounds,
        categorical_features=encoding.categorical if encoding.categorical.any() else None,
        early_stopping=False,
        random_state=seed,
    )
