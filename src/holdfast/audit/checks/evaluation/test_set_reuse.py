from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from holdfast.audit.cases import table
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.ledger import Ledger, Scoring
from holdfast.audit.facts.rows.splits import SplitOf
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_MOST_SHOWN = 20


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Blum & Hardt (2015), The Ladder: a reliable leaderboard for machine learning competitions, ICML",
            "https://arxiv.org/abs/1502.04585",
        ),
        Reference(
            "Roelofs et al. (2019), A meta-analysis of overfitting in machine learning, NeurIPS",
            "https://papers.nips.cc/paper/9117-a-meta-analysis-of-overfitting-in-machine-learning",
        ),
    ),
)
def test_set_reuse(
    split_of: SplitOf,
    ledger: Ledger,
    *,
    max_models: int = 3,  # noqa: PT028 this is a check, not a test
    many_models: int = 20,  # noqa: PT028
) -> Iterator[Finding]:
    """The same test rows have scored many models before, so the best of them is chosen on the test set.

    ## Why it matters
    Each look at a test score that leads to a choice makes the test set a part of training. After many looks the best
    score says how well the choosing went.

    ## How it works
    The run store remembers, by the content of the test rows, which of your models and predictions they scored. Equal
    model, metric and score count once. The report says how far the best of as many equally good models would stand
    out by chance: at most sqrt(2 ln k) standard errors, with 0.5/sqrt(n) for a share of n rows.

    ## Limits
    Only runs in this store are known, and only those that judged your own model or predictions; looks outside
    Holdfast are not. Studies of public leaderboards found less overfitting than the bound allows, so this is a
    reason to take fresh test rows for the last word, not proof that the score is wrong.

    ## Fix
    Choose on validation rows. Keep, or gather, test rows that are scored once, at the end.
    """
    distinct = {(item.model, item.metric, _rounded(item.score)): item for item in ledger.runs}
    k, n = len(distinct), int(split_of.test.sum())
    if k <= max_models:
        return
    bound = 0.5 / np.sqrt(n) * np.sqrt(2.0 * np.log(k + 1))
    items = list(distinct.values())
    yield Finding(
        message=f"these {n:,} test rows have scored {k} models before; the best of {k + 1} equally good ones would "
        f"stand out by up to {bound:.2g} by chance",
        severity=Severity.WARNING if k > many_models else Severity.NOTE,
        confidence=Confidence.CERTAIN,
        locations=(Location(split="test"),),
        evidence=(
            Measure(name="models scored before", value=k, threshold=max_models),
            Measure(name="lead that chance alone can give", value=float(bound), unit="score"),
            Examples(
                caption="Earlier scores on these test rows, newest first",
                columns=("run", "time", "model", "metric", "score"),
                cells=tuple(
                    (item.run, f"{item.time:%Y-%m-%d %H:%M}", one_line(item.model, 80), item.metric, item.score)
                    for item in items[::-1][:_MOST_SHOWN]
                ),
            ),
        ),
        fix="Choose on validation rows. Keep, or gather, test rows that are scored once, at the end.",
    )


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 6)


def _subject(rng: np.random.Generator, scores: list[float]) -> dict[str, Any]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    runs = tuple(
        Scoring(f"20260101-{i:06d}-0000", start + timedelta(hours=i), "model.py:make", "accuracy", score)
        for i, score in enumerate(scores)
    )
    return {"dataset": table(rng), "ledger": Ledger("sha256:0", runs)}


@planted(at=Location(split="test"))
def scored_thirty_times(rng: np.random.Generator) -> dict[str, Any]:
    """Thirty versions of a model were scored on these rows."""
    return _subject(rng, [0.8 + i / 1000 for i in range(30)])


@clean
def same_model_again(rng: np.random.Generator) -> dict[str, Any]:
    """One model, audited thirty times."""
    return _subject(rng, [0.8] * 30)


@clean
def scored_once(rng: np.random.Generator) -> dict[str, Any]:
    """One earlier score."""
    return _subject(rng, [0.8])
