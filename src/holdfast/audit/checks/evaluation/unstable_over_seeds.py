from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.cases.predictions import judged
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.labels.labels import Labels
from holdfast.audit.facts.learning.seeds import SeedScores
from holdfast.audit.metrics import Metric
from holdfast.audit.scoring import shown, span
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Location, Measure, Series, Severity
from holdfast.core.text import one_line


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Bouthillier et al. (2021), Accounting for variance in machine learning benchmarks, MLSys",
            "https://arxiv.org/abs/2103.03098",
        ),
        Reference(
            "Henderson et al. (2018), Deep reinforcement learning that matters, AAAI",
            "https://arxiv.org/abs/1709.06560",
        ),
    ),
)
def unstable_over_seeds(
    labels: Labels, score_metric: Metric, seed_scores: SeedScores, *, max_range: float = 0.03
) -> Iterator[Finding]:
    """The score moves with the random seed alone.

    ## Why it matters
    If the seed moves the score by as much as the change that is reported, the seed may be what was reported.

    ## How it works
    Your model is fitted five times to the same training rows, with nothing changed but its seed; or stored
    predictions named alike but for a seed (`net_seed1`, `net_seed2`, …) are taken as one model's. It speaks when the
    scores on the same test rows range over more than 0.03 (three hundredths of the score, for errors without an upper
    limit), and over more than five test rows.

    ## Limits
    Five seeds show a lower bound of the range. A model whose seed you set yourself does not move; nor does one that
    uses no chance. Fits use at most 5,000 training rows, where a model may be less stable than on all of them.

    ## Fix
    Report the mean and spread over seeds, or average the predictions of several seeds.
    """
    spans = span(score_metric, float(np.mean(next(iter(seed_scores.scores.values()), np.ones(1)))))
    limit = max(max_range, 5.0 / seed_scores.n_test)
    for name, scores in seed_scores.scores.items():
        wide = float(scores.max() - scores.min()) / spans
        if wide <= limit:
            continue
        yield Finding(
            message=f"the {seed_scores.metric.title} of {one_line(name, 60)} ranges from {shown(float(scores.min()))} "
            f"to {shown(float(scores.max()))} over {len(scores)} seeds",
            confidence=Confidence.HIGH,
            locations=(Location(columns=(labels.column,), split="test"),),
            evidence=(
                Measure(name="range over seeds", value=wide, threshold=limit, unit="score"),
                Measure(name="standard deviation over seeds", value=float(scores.std(ddof=1)), unit="score"),
                Series(
                    name=f"score of {one_line(name, 60)} by seed",
                    x=tuple(range(len(scores))),
                    y=tuple(scores.tolist()),
                    x_name="seed",
                    y_name=seed_scores.metric.title,
                    shape="point",
                ),
            ),
            fix="Report the mean and spread over seeds, or average the predictions of several seeds.",
        )


def _forest(trees: int, **settings: Any) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=trees, n_jobs=1, **settings)


@planted(at=Location(columns=("y",), split="test"))
def one_random_tree(rng: np.random.Generator) -> dict[str, Any]:
    """A forest of one tree, which sees one column a split."""
    return {"dataset": table(rng, n_train=60, n_test=300), "estimator": _forest(1, max_features=1)}


@planted(at=Location(columns=("y",), split="test"))
def stored_by_seed(rng: np.random.Generator) -> dict[str, Any]:
    """Predictions of four seeds of one model, from good to poor."""
    return judged(rng, {"net_seed1": 0.9, "net_seed2": 0.4, "net_seed3": 0.8, "net_seed4": 0.2})


@clean
def seed_that_is_set(rng: np.random.Generator) -> dict[str, Any]:
    """The same tree with its seed set: nothing moves."""
    return {"dataset": table(rng, n_train=60, n_test=300), "estimator": _forest(1, max_features=1, random_state=0)}


@clean
def no_seed_in_the_names(rng: np.random.Generator) -> dict[str, Any]:
    """Different models may differ."""
    return judged(rng, {"forest": 0.9, "linear": 0.3, "boosting": 0.6})


@clean
def no_model(rng: np.random.Generator) -> Dataset:
    """The boosting model that stands in uses no chance."""
    return table(rng)
