"""Normal distributions through generations: the laboratory beside plain NumPy, in one run.

    python benchmarks/speed/collapse_gaussian.py              full size, about a minute
    python benchmarks/speed/collapse_gaussian.py --quick      a tenth of the replicates

Two plain ways draw all the items of a generation and compute mean and covariance from them: one history after the
other, as such scripts are written, and all histories at once. They go through a share of the replicates, and their time
is scaled up. Holdfast runs through the public API (`run_experiment`: experiment in, record and curves out, theory
included), after a small run that imports everything. CPU seconds count all threads, of which NumPy's linear algebra has
one. What came out is the mean of the log variance (log determinant) at the end, with its standard error.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from holdfast.collapse.lab.experiment import Experiment
from holdfast.collapse.lab.verb import run_experiment


@dataclass(frozen=True)
class Task:
    """One row of the table. `plain` is how many histories the plain ways go through, alone and at once."""

    what: str
    replicates: int
    generations: int
    samples: int
    plain: tuple[int, int]
    dimensions: int = 0
    regime: str = "replace"
    at: str = "end"
    target: str = ""


TASKS = (
    Task("1-D, end only", 10_000, 1000, 100, (10, 100), target="1 s on 2 cores, 100 ×"),
    Task("1-D, 60 generations recorded", 10_000, 1000, 100, (10, 100), at="spread"),
    Task("1-D, subsample of all kept", 2000, 200, 100, (20, 100), regime="accumulate-subsample"),
    Task("5-D", 1000, 50, 100, (50, 500), dimensions=5, target="25 ×"),
    Task("20-D", 100, 20, 1000, (10, 50), dimensions=20, target="25 ×"),
)


def one_by_one(task: Task, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the log variance (log determinant) at the end, one history after the other."""
    ends = np.zeros(replicates)
    d = max(1, task.dimensions)
    for i in range(replicates):
        mean, covariance, pool = np.zeros(d), np.eye(d), np.zeros((0, d))
        for _ in range(task.generations):
            if task.dimensions:
                items = rng.multivariate_normal(mean, covariance, task.samples)
                mean, covariance = items.mean(axis=0), np.cov(items, rowvar=False)
                continue
            items = rng.normal(mean[0], np.sqrt(covariance[0, 0]), task.samples)
            if task.regime == "accumulate-subsample":
                pool = np.append(pool, items)
                items = rng.choice(pool, task.samples, replace=False)
            mean, covariance = np.array([items.mean()]), np.array([[items.var(ddof=1)]])
        ends[i] = np.linalg.slogdet(covariance)[1]
    return ends


def all_at_once(task: Task, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return the same, all histories at once."""
    d = max(1, task.dimensions)
    mean, root = np.zeros((replicates, 1, d)), np.tile(np.eye(d), (replicates, 1, 1))
    pool = np.zeros((replicates, 0, d))
    for _ in range(task.generations):
        z = rng.standard_normal((replicates, task.samples, d))
        items = mean + (z @ root.transpose(0, 2, 1) if task.dimensions else z * root)
        if task.regime == "accumulate-subsample":
            pool = np.concatenate([pool, items], axis=1)
            places = np.stack([rng.permutation(pool.shape[1])[: task.samples] for _ in range(replicates)])
            items = np.take_along_axis(pool, places[..., None], axis=1)
        mean = items.mean(axis=1, keepdims=True)
        if task.dimensions:
            apart = items - mean
            root = np.linalg.cholesky(apart.transpose(0, 2, 1) @ apart / (task.samples - 1))
        else:
            root = items.std(axis=1, ddof=1, keepdims=True)
    return 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)


def laboratory(task: Task, replicates: int) -> tuple[float, float]:
    """Return mean and standard error at the end, through the public API."""
    experiment = Experiment(
        learner="gaussian-nd" if task.dimensions else "gaussian",
        options={"dimensions": task.dimensions} if task.dimensions else {},
        samples=task.samples,
        generations=task.generations,
        replicates=replicates,
        regimes=(task.regime,),
        measures=("nd-log-determinant",) if task.dimensions else ("log-variance",),
        at=(task.generations,) if task.at == "end" else (),
    )
    _, (curve,) = run_experiment(experiment)
    return float(curve.mean[-1]), float(curve.error[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the replicates")
    share = 0.1 if parser.parse_args().quick else 1.0
    columns = (
        "task", "replicates × generations × items", "one by one: CPU s", "all at once: CPU s", "Holdfast: CPU s",
        "wall s", "times", "of all at once", "target", "one by one", "all at once", "Holdfast",
    )  # fmt: skip
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    with threadpool_limits(1):
        for task in TASKS:
            replicates = int(task.replicates * share)
            slow, ends = [], []
            for way, some in zip((one_by_one, all_at_once), task.plain, strict=True):
                started = time.process_time()
                values = way(task, some, np.random.default_rng(0))
                slow.append((time.process_time() - started) * replicates / some)
                ends.append(f"{values.mean():.3f} ± {values.std(ddof=1) / np.sqrt(some):.3f}")
            laboratory(task, 10)
            started, wall = time.process_time(), time.perf_counter()
            mean, error = laboratory(task, replicates)
            fast, wall = time.process_time() - started, time.perf_counter() - wall
            cells = (
                task.what, f"{replicates:,} × {task.generations:,} × {task.samples:,}", f"{slow[0]:.1f}",
                f"{slow[1]:.1f}", f"{fast:.2f}", f"{wall:.2f}", f"{slow[0] / fast:,.0f}", f"{slow[1] / fast:,.0f}",
                task.target, *ends, f"{mean:.3f} ± {error:.3f}",
            )  # fmt: skip
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
