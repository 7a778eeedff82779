"""Is the honest score right? Tables with known truth go through it, many times.

    python benchmarks/detection/honest.py                    10 replicates of each scenario, a few minutes
    python benchmarks/detection/honest.py --replicates 100   the figures of the documentation
    python benchmarks/detection/honest.py --only planted     one scenario

Every table has 8,000 training and 2,000 test rows of 30 columns. The remedies offered are the right ones (what the
checks find is measured elsewhere), or, on tables without a leak, spurious ones.

The truth is the expected score of the same model, fitted to as many rows of clean data from the same process (no
copies, no leaking column, groups and time on one side of the split), over many training sets and large test sets.
Printed: how often the interval of the honest score covers the truth, how often that of the inflation covers zero
where nothing leaks, the mean error, and the mean half-width. The exit code is 1 when a scenario covers less often
than is likely (1%) for intervals that cover 95%.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

os.environ["OMP_NUM_THREADS"] = "1"  # before scikit-learn starts its threads: small fits are cheaper without

import numpy as np
from scipy.stats import binom
from sklearn.ensemble import HistGradientBoostingClassifier

from holdfast.audit.cases import subject
from holdfast.audit.honest import honest_score
from holdfast.audit.metrics import METRICS
from holdfast.audit.models import Model, Predictions
from holdfast.audit.settings import AuditSettings, HonestSettings
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Remedy, Severity
from holdfast.core.random import Streams

N_TRAIN, N_TEST, N_COLUMNS = 8_000, 2_000, 30
LEVEL = 0.95
MODEL = Model(
    "boosting, 25 small trees",
    lambda seed: HistGradientBoostingClassifier(
        max_iter=25, learning_rate=0.2, max_leaf_nodes=15, early_stopping=False, random_state=seed
    ),
)


@dataclass(frozen=True)
class Table:
    """Rows of one process: columns, label, and the split that somebody made."""

    x: np.ndarray
    y: np.ndarray
    is_test: np.ndarray
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """How flawed tables are made, and how clean ones of the same process, or None where nothing leaks."""

    flawed: Callable[[np.random.Generator], Table]
    clean: Callable[[np.random.Generator], tuple[Table, Table]] | None


def finding(check: str, remedy: Remedy) -> Finding:
    return Finding(message=check, check=check, severity=Severity.ERROR, confidence=Confidence.CERTAIN, remedy=remedy)


def random_split(rng: np.random.Generator, n: int) -> np.ndarray:
    is_test = np.zeros(n, dtype=bool)
    is_test[rng.choice(n, N_TEST, replace=False)] = True
    return is_test


def label(rng: np.random.Generator, x: np.ndarray, effect: np.ndarray | float = 0.0) -> np.ndarray:
    logit = 0.9 * x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] + 0.6 * x[:, 0] * x[:, 3] + effect
    y = rng.random(len(x)) < 1 / (1 + np.exp(-logit))
    flipped = rng.random(len(x)) < 0.02  # noise of the process, in clean data as well
    return (y ^ flipped).astype(np.int64)


def grouped_rows(rng: np.random.Generator, n_groups: int, size: int = 25) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of people: four columns are nearly constant for a person, and the person moves the label."""
    group = np.repeat(np.arange(n_groups), size)
    x = rng.normal(size=(len(group), N_COLUMNS))
    x[:, 20:24] = rng.normal(size=(n_groups, 4))[group] + 0.02 * rng.normal(size=(len(group), 4))
    y = label(rng, x, 1.3 * rng.normal(size=n_groups)[group])
    order = rng.permutation(len(group))
    return x[order], y[order], group[order]


def planted(rng: np.random.Generator) -> Table:
    """Copies, near copies, a leaking column and shared groups at once."""
    x, y, group = grouped_rows(rng, (N_TRAIN + N_TEST) // 25)
    x[:, 29] = y + 0.8 * rng.normal(size=len(y))
    is_test = random_split(rng, len(y))
    copies = rng.choice(np.flatnonzero(is_test), 200, replace=False)
    sources = rng.choice(np.flatnonzero(~is_test), 200, replace=False)
    x[copies], y[copies], group[copies] = x[sources], y[sources], group[sources]
    x[copies[100:]] += 1e-3 * rng.normal(size=(100, N_COLUMNS))
    return Table(
        x,
        y,
        is_test,
        (
            finding("split-overlap", Remedy(op="drop-rows", rows=copies[:100])),
            finding("near-split-overlap", Remedy(op="drop-rows", rows=copies[100:])),
            finding("label-in-disguise", Remedy(op="drop-columns", columns=("c29",))),
            finding("group-overlap", Remedy(op="regroup-split", groups=tuple(group.tolist()))),
        ),
    )


def planted_clean(rng: np.random.Generator) -> tuple[Table, Table]:
    sides = []
    for n_groups in (N_TRAIN // 25, 2_000):
        x, y, _ = grouped_rows(rng, n_groups)
        sides.append(Table(x[:, :29], y, np.zeros(len(y), dtype=bool)))
    return sides[0], sides[1]


def ordered_rows(rng: np.random.Generator, n: int, size: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Rows in time: each day moves the label, and the clock is a column that a model can use to look days up."""
    day = np.arange(n) // size
    x = rng.normal(size=(n, N_COLUMNS))
    x[:, 29] = np.arange(n)
    return x, label(rng, x, 1.2 * rng.normal(size=day[-1] + 1)[day])


def ordered(rng: np.random.Generator) -> Table:
    """A random split of ordered rows."""
    x, y = ordered_rows(rng, N_TRAIN + N_TEST)
    return Table(
        x,
        y,
        random_split(rng, len(y)),
        (finding("random-split-of-ordered-data", Remedy(op="reorder-split", columns=("c29",))),),
    )


def ordered_clean(rng: np.random.Generator) -> tuple[Table, Table]:
    x, y = ordered_rows(rng, N_TRAIN + 50_000)
    none = np.zeros(len(y), dtype=bool)
    return Table(x[:N_TRAIN], y[:N_TRAIN], none[:N_TRAIN]), Table(x[N_TRAIN:], y[N_TRAIN:], none[N_TRAIN:])


def innocent(*offered: str) -> Callable[[np.random.Generator], Table]:
    """A table without a leak, for which spurious remedies are offered all the same."""

    def make(rng: np.random.Generator) -> Table:
        n = N_TRAIN + N_TEST
        x = rng.normal(size=(n, N_COLUMNS))
        y, is_test = label(rng, x), random_split(rng, n)
        spurious = {
            "columns": finding("label-in-disguise", Remedy(op="drop-columns", columns=("c17",))),
            "rows": finding(
                "split-overlap", Remedy(op="drop-rows", rows=rng.choice(np.flatnonzero(is_test), 200, replace=False))
            ),
            "groups": finding(
                "group-overlap", Remedy(op="regroup-split", groups=tuple(rng.integers(0, n // 25, n).tolist()))
            ),
            "order": finding("random-split-of-ordered-data", Remedy(op="reorder-split", columns=("c18",))),
        }
        return Table(x, y, is_test, tuple(spurious[name] for name in offered))

    return make


SCENARIOS = {
    "planted": Scenario(planted, planted_clean),
    "ordered": Scenario(ordered, ordered_clean),
    "innocent, random column and rows": Scenario(innocent("columns", "rows"), None),
    "innocent, random groups": Scenario(innocent("groups"), None),
    "innocent, random order": Scenario(innocent("order"), None),
}


def dataset_of(table: Table) -> Dataset:
    columns = {f"c{i:02}": table.x[:, i] for i in range(table.x.shape[1])}
    return subject({**columns, "y": table.y}, split=np.where(table.is_test, "test", "train"))


def truth_of(scenario: Scenario, n_sets: int, seed: int) -> tuple[float, float]:
    """Return the expected clean score and its standard error over training and test sets."""
    assert scenario.clean is not None
    scores = []
    for number in range(n_sets):
        train, test = scenario.clean(Streams(seed)("truth", number))
        model = MODEL.make(number).fit(train.x, train.y)
        chances = model.predict_proba(test.x)
        predicted = Predictions(model.predict(test.x), ("0", "1"), chances, chances)
        scores.append(METRICS["roc_auc"].score(test.y, predicted))
    return float(np.mean(scores)), float(np.std(scores, ddof=1) / np.sqrt(n_sets))


def run(name: str, scenario: Scenario, replicates: int, seed: int) -> bool:
    began = time.process_time()
    truth, error = truth_of(scenario, max(10, replicates // 4), seed) if scenario.clean else (np.nan, 0.0)
    rows = []
    for number in range(replicates):
        table = scenario.flawed(Streams(seed)(name, number))
        score = honest_score(
            dataset_of(table),
            AuditSettings(seed=number, honest=HonestSettings(seconds=1e6, resamples=500, level=LEVEL)),
            table.findings,
            estimator=MODEL,
        )
        assert score.honest is not None, score.reason
        assert score.inflation is not None
        assert score.claimed is not None
        assert not any(step.reason for step in score.steps), [step.reason for step in score.steps]
        shares = sum(step.shapley.value for step in score.steps if step.shapley)
        assert abs(shares + score.inflation.value) < 1e-9, "the shares add up to honest minus claimed"
        rows.append((score.claimed, score.honest, score.inflation))
        if len(rows) % 10 == 0:
            one, goal = (1, truth) if scenario.clean else (2, 0.0)
            so_far = sum(row[one].low <= goal <= row[one].high for row in rows)
            print(f"{name}: {so_far} of {len(rows)} cover {goal:.4f}", file=sys.stderr, flush=True)
    judged = [(r[1], truth) for r in rows] if scenario.clean else [(r[2], 0.0) for r in rows]
    covered = sum(one.low <= target <= one.high for one, target in judged)
    errors = np.array([one.value - target for one, target in judged])
    half = np.mean([(one.high - one.low) / 2 for one, _ in judged])
    target = f"truth {truth:.4f} ± {error:.4f}" if scenario.clean else "inflation of nothing"
    print(
        f"{name:34} {target:24} covered {covered:3}/{replicates}  claimed {np.mean([r[0].value for r in rows]):.4f}  "
        f"honest {np.mean([r[1].value for r in rows]):.4f}  error {errors.mean():+.4f} (sd {errors.std():.4f})  "
        f"half-width {half:.4f}  {(time.process_time() - began) / replicates:.1f} CPU-s each",
        flush=True,
    )
    return bool(binom.cdf(covered, replicates, LEVEL) > 0.01)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=10)
    parser.add_argument("--only", help="scenarios whose name holds this")
    parser.add_argument("--seed", type=int, default=20261121)
    wanted = parser.parse_args()
    chosen = {name: item for name, item in SCENARIOS.items() if not wanted.only or wanted.only in name}
    passed = [run(name, item, wanted.replicates, wanted.seed) for name, item in chosen.items()]
    return int(not all(passed))


if __name__ == "__main__":
    sys.exit(main())
