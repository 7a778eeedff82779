"""Count false alarms: tables without any planted defect go through the whole audit.

    python benchmarks/detection/null.py                 200 tables, about 200 CPU-s
    python benchmarks/detection/null.py --short         a dozen small ones
    python benchmarks/detection/null.py --only 17       one table, with every message

Every table has an honest random split; the label may depend on columns, which is no defect. Shapes vary: rows,
columns, classes, missing values, heavy tails, many categories, coarse and correlated columns, identifiers, times.
Whatever a table truly is may be said of it: that its test set is small, a class rare, the label beyond any column.
That is counted apart (`TRUE_OF`). The exit code is 1 when error-level findings are significantly more than the reports
announce (the sum of the alphas of the checks that ran, over tables).
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.audit.settings import AuditSettings, HonestSettings
from holdfast.audit.verb import audit_dataset
from holdfast.core.dataset import Dataset, Role
from holdfast.core.finding import Severity
from holdfast.core.record import Run, Status
from holdfast.data.inference import describe

SEED = 20260101
SIZES = (50, 100, 200, 400, 800, 1_600, 3_000, 6_000, 12_000, 25_000, 50_000, 100_000)
# Small tables are as frequent as middling ones; a large one costs as much as all small ones together.
WEIGHTS = np.array([3, 4, 5, 5, 5, 4, 4, 3, 2, 1.5, 0.6, 0.4])
SHORT_SIZES = (50, 120, 300, 700, 1_500, 3_000)
# What these say is so in tables that are small, coarse, noisy or made with a constant column.
TRUE_OF = {
    "tiny-test-set": "test sets of a few rows",
    "class-too-rare": "classes of a few rows",
    "no-better-than-baseline": "labels that depend on no column, or on a straight line",
    "constant-column": "a column of one value in 97% of the rows, which leaves few rows nothing else",
    "duplicate-rows": "rows that coarse columns make equal",
    "conflicting-duplicates": "rows that coarse columns make equal",
    "split-overlap": "rows that coarse columns make equal",
    "label-noise-ceiling": "rows that coarse columns make equal",
}


@dataclass(frozen=True)
class Shape:
    """What one null table is like."""

    number: int
    n: int
    n_columns: int
    task: str
    traits: tuple[str, ...]

    def __str__(self) -> str:
        return f"#{self.number} n={self.n:,} p={self.n_columns} {self.task} {' '.join(self.traits)}"


TRAITS = (
    "signal",  # the label depends on some columns
    "strong",  # … so that it can be predicted well
    "missing",  # 1 to 30% of some columns are missing completely at random
    "missing-together",  # some columns are missing in the same rows, as when a form was not filled in
    "heavy",  # lognormal and Cauchy-like columns, a few infinities
    "many-categories",  # a category with hundreds of values, Zipf-distributed
    "coarse",  # whole numbers and rounded ones
    "all-coarse",  # nothing but coarse columns: rows collide without copying
    "correlated",  # blocks of columns that share a factor
    "id",  # a running number in the order of rows, which are in random order
    "code",  # an identifier as text
    "time",  # a time stamp per row, independent of everything
    "repeated-groups",  # a category that looks like a person or site but says nothing
    "imbalanced",  # the rarest class has few rows
    "free-text",  # a column of short comments
    "flags",  # true or false columns
    "constant-ish",  # one value in 97% of rows
    "ordered",  # rows stand in the order of their time, which means nothing
)


def shape(number: int, *, short: bool = False) -> Shape:
    """Return the shape of null table `number`; the same number gives the same shape."""
    rng = np.random.default_rng([SEED, number])
    n = int(rng.choice(SHORT_SIZES) if short else rng.choice(SIZES, p=WEIGHTS / WEIGHTS.sum()))
    n_columns = int(rng.choice([3, 5, 8, 12, 20, 30, 60])) if n <= 25_000 else int(rng.choice([5, 10, 20, 30]))
    task = str(rng.choice(["binary", "binary", "3 classes", "8 classes", "regression", "regression", "counts"]))
    traits = [trait for trait in TRAITS if rng.random() < (0.7 if trait == "signal" else 0.3)]
    if "all-coarse" in traits and rng.random() < 0.5:
        traits.remove("all-coarse")
    return Shape(number, n, n_columns, task, tuple(traits))


def null_table(wanted: Shape) -> Dataset:
    """Return a table of this shape. Rows are independent and the split is random: whatever is found is an accident."""
    rng = np.random.default_rng([SEED, wanted.number, 1])
    columns: dict[str, Any] = {}
    numbers = _numbers(rng, wanted)
    for place, values in enumerate(numbers):
        columns[f"x{place}"] = values
    index = _signal(rng, wanted, numbers)
    _categories(rng, wanted, columns)
    index = index + columns.pop("_effect", 0.0)
    label = _label(rng, wanted, index)
    _missing(rng, wanted, columns)
    roles: dict[str, Role] = {"y": "label", "split": "split"}
    _order(rng, wanted, columns, roles)
    columns["y"] = label
    columns["split"] = np.where(rng.random(wanted.n) < 0.2, "test", "train")
    columns["split"][:2] = ["train", "test"]
    arrays = {name: _arrow(values) for name, values in columns.items()}
    return describe(str(wanted), pa.table(arrays), roles=roles)


def _numbers(rng: np.random.Generator, wanted: Shape) -> list[np.ndarray]:
    n, p, traits = wanted.n, max(2, wanted.n_columns), wanted.traits
    values = list(rng.normal(size=(p, n)))
    if "correlated" in traits:
        for start in range(0, p - 2, 4):
            factor = rng.normal(size=n)
            for place in range(start, min(start + 3, p)):
                values[place] = 0.8 * factor + 0.6 * values[place]
    if "heavy" in traits:
        values[0] = np.exp(2.0 * values[0])
        values[1] = rng.standard_t(1.2, size=n)
        if n >= 200 and rng.random() < 0.3:
            values[1][rng.integers(n, size=2)] = np.inf
    if "coarse" in traits or "all-coarse" in traits:
        coarse = range(p) if "all-coarse" in traits else rng.choice(p, size=max(1, p // 2), replace=False)
        for place in coarse:
            with np.errstate(invalid="ignore"):
                scaled = np.round(values[place] * float(rng.choice([1, 3, 10])))
            values[place] = scaled if rng.random() < 0.5 else np.maximum(scaled, 0.0)
    if "constant-ish" in traits:
        values[-1] = np.where(rng.random(n) < 0.97, 0.0, np.round(np.abs(values[-1]) * 5) + 1)
    scale = 10.0 ** rng.integers(-3, 5, size=p)
    return [value * factor + rng.choice([0.0, 50.0]) for value, factor in zip(values, scale, strict=True)]


def _signal(rng: np.random.Generator, wanted: Shape, numbers: list[np.ndarray]) -> np.ndarray:
    if "signal" not in wanted.traits:
        return np.zeros(wanted.n)
    from scipy.stats import rankdata

    index = np.zeros(wanted.n)
    for values in (numbers[i] for i in rng.choice(len(numbers), size=min(len(numbers), 4), replace=False)):
        # Ties share a rank: ranks that break them by place would make the label depend on the order of rows.
        rank = rankdata(np.where(np.isfinite(values), values, 0.0))
        index += rng.choice([-1.0, 1.0]) * (2.0 * rank / wanted.n - 1.0) * rng.uniform(0.3, 1.5)
    return index * (3.0 if "strong" in wanted.traits else 1.0)


def _categories(rng: np.random.Generator, wanted: Shape, columns: dict[str, Any]) -> None:
    n, traits = wanted.n, wanted.traits
    colours = np.array(["red", "green", "blue", "white"])
    chosen = rng.choice(4, size=n, p=[0.4, 0.3, 0.2, 0.1])
    columns["colour"] = colours[chosen]
    if "signal" in traits:
        columns["_effect"] = rng.normal(scale=0.5, size=4)[chosen]
    if "many-categories" in traits:
        columns["product"] = np.char.add("item ", np.minimum(rng.zipf(1.4, size=n), 3_000).astype(str))
    if "repeated-groups" in traits:
        columns["branch"] = np.char.add("branch ", rng.integers(max(2, n // 40), size=n).astype(str))
    if "flags" in traits:
        columns["active"], columns["weekend"] = rng.random(n) < 0.5, rng.random(n) < 0.05
    if "free-text" in traits:
        words = np.array(
            ["the", "a", "slow", "happy", "angry", "customer", "called", "about", "late", "order", "polite"]
        )
        picked = words[rng.integers(len(words), size=(n, 12))]
        columns["comment"] = [" ".join(row[: 6 + i % 6]) for i, row in enumerate(picked)]


def _label(rng: np.random.Generator, wanted: Shape, index: np.ndarray) -> np.ndarray:
    n = wanted.n
    noisy = index + rng.normal(size=n)
    if wanted.task == "regression":
        return noisy * 100.0 + 1000.0 if rng.random() < 0.5 else np.exp(noisy)
    if wanted.task == "counts":
        return rng.poisson(np.exp(np.clip(2.5 + 0.5 * index, 0.0, 6.0))).astype(float)
    k = {"binary": 2, "3 classes": 3, "8 classes": 8}[wanted.task]
    shares = np.ones(k) / k
    if "imbalanced" in wanted.traits:
        shares = 0.35 ** np.arange(k)
        shares /= shares.sum()
    edges = np.quantile(noisy, np.cumsum(shares)[:-1])
    names = np.array(["no", "yes"] if k == 2 else [f"class {i}" for i in range(k)])
    return names[np.searchsorted(edges, noisy)]


def _missing(rng: np.random.Generator, wanted: Shape, columns: dict[str, Any]) -> None:
    names = [name for name in columns if not isinstance(columns[name], list)]
    if "missing" in wanted.traits:
        for name in rng.choice(names, size=max(1, len(names) // 3), replace=False):
            columns[name] = _with_nulls(columns[name], rng.random(wanted.n) < rng.uniform(0.01, 0.3))
    if "missing-together" in wanted.traits and len(names) >= 4:
        absent = rng.random(wanted.n) < rng.uniform(0.01, 0.3)
        for name in names[2:5]:
            columns[name] = _with_nulls(columns[name], absent)


def _with_nulls(values: Any, absent: np.ndarray) -> list[Any]:
    return [None if gone or value is None else value for value, gone in zip(list(values), absent, strict=True)]


def _order(rng: np.random.Generator, wanted: Shape, columns: dict[str, Any], roles: dict[str, Role]) -> None:
    if "id" in wanted.traits:
        columns["record"] = np.arange(1, wanted.n + 1)
        if rng.random() < 0.5:
            roles["record"] = "id"
    if "code" in wanted.traits:
        numbers = rng.permutation(wanted.n) + 10 * wanted.n
        columns["code"] = [f"C-{number:08d}" for number in numbers]
    if "time" in wanted.traits:
        start = np.datetime64("2024-01-01", "s")
        seconds = rng.integers(0, 400 * 86_400, size=wanted.n)
        seconds = np.sort(seconds) if "ordered" in wanted.traits else seconds
        columns["seen"] = (start + seconds).astype("datetime64[us]")
        if rng.random() < 0.5:
            roles["seen"] = "time"


def _arrow(values: Any) -> pa.Array:
    if isinstance(values, np.ndarray) and values.dtype.kind in "UO":
        return pa.array(values.tolist())
    if isinstance(values, list):
        return pa.array([value.item() if isinstance(value, np.generic) else value for value in values])
    return pa.array(values)


@dataclass(frozen=True)
class Audited:
    """What came of one table."""

    wanted: Shape
    run: Run
    seconds: float


def audited(wanted: Shape) -> Audited:
    """Return the audit of a null table, without the honest score."""
    dataset = null_table(wanted)
    started = time.process_time()
    run = audit_dataset(dataset, AuditSettings(seed=wanted.number, honest=HonestSettings(enabled=False)))
    return Audited(wanted, run, time.process_time() - started)


def excess(errors: int, announced: float) -> tuple[float, float, float]:
    """Return the exact 95% Poisson interval of the count, and the chance of as many or more at the announced rate."""
    from scipy.stats import chi2, poisson

    low = chi2.ppf(0.025, 2 * errors) / 2 if errors else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * errors + 2) / 2), float(poisson.sf(errors - 1, announced))


def report(all_audited: Sequence[Audited]) -> int:
    """Print what was found, and return the exit code."""
    announced = sum(item.run.alpha for item in all_audited)
    errors = sum(item.run.count(Severity.ERROR) for item in all_audited)
    spoke: dict[str, Counter[str]] = defaultdict(Counter)
    crashed: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for item in all_audited:
        for result in item.run.results:
            seconds[result.check] += result.seconds
            if result.status is Status.CRASHED:
                crashed[result.check] += 1
            for severity in {str(finding.severity) for finding in result.findings}:
                spoke[result.check][severity] += 1
    print(f"\n{'check':34} {'error':>6} {'warning':>8} {'note':>6} {'crashed':>8} {'seconds':>8}")
    for name in sorted(seconds, key=lambda name: (-spoke[name]["error"], -spoke[name].total(), name)):
        row = spoke[name]
        if row.total() or crashed[name]:
            print(
                f"{name:34} {row['error']:6} {row['warning']:8} {row['note']:6} {crashed[name]:8} {seconds[name]:8.1f}"
            )
    said = [finding for item in all_audited for finding in item.run.findings]
    true = [finding.check in TRUE_OF and finding.severity is not Severity.ERROR for finding in said]
    for name, kept in (("true of the tables", True), ("of something that is not there", False)):
        counts = Counter(finding.severity for finding, so in zip(said, true, strict=True) if so == kept)
        each = ", ".join(f"{counts[level] / len(all_audited):.3f} {level}s" for level in Severity)
        print(f"\nfindings a table, {name}: {each}", end="")
    print()
    low, high, chance = excess(errors, announced)
    print(f"\nerror-level findings {errors} (95% interval of the rate times tables: {low:.1f} to {high:.1f})")
    print(f"announced            {announced:.2f} (sum of alphas of the checks that ran, over tables)")
    print(f"chance of {errors} or more at the announced rate: {chance:.3g}")
    print(f"crashed checks       {sum(crashed.values())}")
    failed = chance < 0.01 or bool(crashed)
    print("FAILED: more false errors than announced, or a crash" if failed else "passed")
    return int(failed)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=200, help="how many null tables")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--short", action="store_true", help="a dozen tables of at most 3,000 rows")
    parser.add_argument("--only", type=int, help="one table, with every message")
    parser.add_argument("--warnings", action="store_true", help="a line for each warning, too")
    parser.add_argument("--quiet", action="store_true", help="no line for each error")
    wanted = parser.parse_args(arguments)
    count = 12 if wanted.short else wanted.tables
    numbers = [wanted.only] if wanted.only is not None else range(wanted.first, wanted.first + count)
    results = []
    for number in numbers:
        item = audited(shape(number, short=wanted.short))
        results.append(item)
        if not wanted.quiet:
            _say(item, everything=wanted.only is not None, warnings=wanted.warnings)
    return report(results)


def _say(item: Audited, *, everything: bool, warnings: bool) -> None:
    print(f"{item.wanted}  {item.seconds:.1f} CPU-s")
    for finding in item.run.findings:
        if everything or finding.severity is Severity.ERROR or (warnings and finding.severity is Severity.WARNING):
            print(f"    {finding.severity} {finding.check}: {finding.message}")
    for result in item.run.results:
        if result.status is Status.CRASHED:
            print(f"    crashed {result.check}: {result.reason}")
            if everything:
                print(result.trace)
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
