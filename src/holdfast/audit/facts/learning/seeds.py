"""What the random seed alone does to a score."""

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from holdfast.audit.definitions import fact
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.encoding import Encoding
from holdfast.audit.facts.learning.predictions import Predicted, TrainTest
from holdfast.audit.metrics import Metric, truth_of
from holdfast.audit.models import Inputs, as_model, fit, predict
from holdfast.audit.scoring import usable
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams
from holdfast.core.record import Sampled

LEAST_SEEDS = 3
_SEED = re.compile(r"[\s_.\-]*(?:seed|repeat|rep)[\s_.=\-]*\d+", re.IGNORECASE)


@dataclass(frozen=True)
class SeedScores:
    """Scores on the same test rows of each model, one for each seed."""

    metric: Metric
    scores: Mapping[str, Float[np.ndarray, " seeds"]]
    n_test: int
    sampled: Sampled | None = None


@fact(costly=True)
def seed_scores(
    dataset: Dataset,
    labels: Labels,
    encoding: Encoding | None,
    train_test: TrainTest,
    test_predictions: Predicted,
    score_metric: Metric,
    streams: Streams,
    estimator: Any | None,
    *,
    n_seeds: int = 5,
    most_train: int = 5_000,
    seconds: float = 60.0,
) -> SeedScores:
    """Scores over seeds: of the person's model fitted again, or of stored predictions whose names tell a seed."""
    metric = usable(score_metric, labels, *test_predictions.models.values())
    if test_predictions.source == "stored":
        return _of_stored(labels, test_predictions, metric)
    if estimator is None or encoding is None:
        raise NotApplicable("no model given (--model module:factory): the stand-in uses no chance")
    train = train_test.train[:most_train]
    inputs = Inputs(dataset, encoding, np.concatenate([train, train_test.test]))
    places = np.arange(len(train)), np.arange(len(train), len(inputs.rows))
    truth, scores = truth_of(labels, train_test.test), []
    started = time.monotonic()
    try:
        model = as_model(estimator)
        for number in range(n_seeds):
            fitted = fit(inputs, labels, places[0], model=model, seed=streams.integer("seed_scores", number))
            scores.append(metric.score(truth, predict(fitted, inputs, places[1])))
            if time.monotonic() - started > seconds:
                break
    except BadInput as error:
        raise NotApplicable(str(error)) from error
    if len(scores) < LEAST_SEEDS:
        raise NotApplicable(f"{LEAST_SEEDS} fits of the model take more than {seconds:g} seconds (option seconds)")
    if not np.isfinite(scores).all():
        raise NotApplicable(f"{metric.title} is not defined on these test rows")
    sampled = None
    if len(train) < len(train_test.train):
        sampled = Sampled(what="training rows of each seed", rows=len(train), of=len(train_test.train))
    return SeedScores(metric, {model.name: np.array(scores)}, len(truth), sampled)


def _of_stored(labels: Labels, given: Predicted, metric: Metric) -> SeedScores:
    truth = truth_of(labels, given.rows)
    found: dict[str, list[float]] = defaultdict(list)
    for name, item in given.models.items():
        if _SEED.search(name):
            found[_SEED.sub("", name) or "predictions"].append(metric.score(truth, item))
    scores = {name: np.array(several) for name, several in found.items() if len(several) >= LEAST_SEEDS}
    scores = {name: several for name, several in scores.items() if np.isfinite(several).all()}
    if not scores:
        raise NotApplicable("no three stored predictions are named alike but for a seed")
    return SeedScores(metric, scores, len(truth))
