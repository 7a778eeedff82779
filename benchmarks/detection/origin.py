"""Measure the checks of origin: false alarms on data without the defect, and how often the defect is found.

    python benchmarks/detection/origin.py            500 runs of each setting, about three minutes
    python benchmarks/detection/origin.py --short    100 runs

Trend: periods with a share of people's records that stays (whatever its spread) or falls. Tables: random provenance
that keeps every rule, and the same with a defect planted in known rows; a check must name these and no others.
The exit code is 1 when a setting without the defect has more findings than alpha allows, by more than chance.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable

import numpy as np
from scipy.stats import binom

from holdfast.audit import catalogue
from holdfast.audit.cases.origin import made, record
from holdfast.audit.facts.origin.arrivals import Arrivals
from holdfast.audit.facts.origin.trend import trend_of
from holdfast.audit.runner import Facts, run_checks
from holdfast.core.record import Status
from holdfast.data.mixing.policy import Bound, Caps, Human, Policy

SEED, ALPHA, LEAST = 20261122, 0.001, 0.1
PERIODS = (7, 12)
LEVELS = (0.05, 0.01, ALPHA)
Shares = Callable[[np.random.Generator, int], np.ndarray]


def constant(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.full(n, rng.uniform(0.1, 0.9))


def batches(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.beta(1.5, 1.5, n)


def all_or_nothing(rng: np.random.Generator, n: int) -> np.ndarray:
    return (rng.random(n) < 0.5).astype(float)


def wandering(rng: np.random.Generator, n: int) -> np.ndarray:
    steps = rng.normal(0, 0.12, n)
    return np.clip(0.5 + np.cumsum(steps), 0.02, 0.98)


def falling(by: float, spread: float) -> Shares:
    def shares(rng: np.random.Generator, n: int) -> np.ndarray:
        return np.clip(np.linspace(0.5 + by / 2, 0.5 - by / 2, n) + rng.normal(0, spread, n), 0, 1)

    return shares


NULLS: dict[str, Shares] = {
    "the share stays": constant,
    "each period has its own": batches,
    "all or nothing": all_or_nothing,
}
FALLS = [(by, spread) for by in (0.2, 0.4, 0.7) for spread in (0.0, 0.1, 0.2)]


def periods(rng: np.random.Generator, shares: Shares, n: int) -> Arrivals:
    """Return periods of very different sizes, with these shares."""
    records = np.maximum(5, rng.lognormal(5, 1, n)).astype(np.int64)
    people = rng.binomial(records, shares(rng, n))
    return Arrivals(tuple(str(i) for i in range(n)), records, people, "period")


def trends(name: str, shares: Shares, n: int, runs: int) -> list[tuple[float, float, bool]]:
    """Return of each run the p-value, the fall, and whether the interval covers the fall of the shares themselves."""
    found = []
    for run in range(runs):
        rng = np.random.default_rng([SEED, n, run, sum(name.encode())])
        one = trend_of(periods(rng, shares, n), np.random.default_rng(run), ALPHA)
        found.append((one.p_value, one.fall, one.low <= 0 <= one.high))
    return found


def trend_tables(runs: int) -> bool:
    """Print false alarms and power of `fresh-human-share-falling`; return whether false alarms are as promised."""
    print(f"\n## fresh-human-share-falling, {runs:,} runs each")
    print("| share of people's records | periods | p ≤ 0.05 | p ≤ 0.01 | p ≤ 0.001 | findings | interval covers 0 |")
    print("|---|---|---|---|---|---|---|")
    good = True
    for n in PERIODS:
        for name, shares in {**NULLS, "wandering (not promised)": wandering}.items():
            found = trends(name, shares, n, runs)
            hits = [sum(p <= level for p, _, _ in found) for level in LEVELS]
            told = sum(p <= ALPHA and fall >= LEAST for p, fall, _ in found)
            covers = np.mean([one for *_, one in found])
            print(
                f"| {name} | {n} | "
                + " | ".join(f"{hit / runs:.2%}" for hit in hits)
                + f" | {told / runs:.2%} | {covers:.1%} |"
            )
            if name in NULLS:
                good &= all(binom.sf(hit - 1, runs, level) > 1e-4 for hit, level in zip(hits, LEVELS, strict=True))
    print("\n| fall | spread of periods | found of 7 | found of 12 |")
    print("|---|---|---|---|")
    for by, spread in FALLS:
        cells = []
        for n in PERIODS:
            found = trends(f"{by}{spread}", falling(by, spread), n, max(50, runs // 5))
            cells.append(np.mean([p <= ALPHA and fall >= LEAST for p, fall, _ in found]))
        print(f"| {by:.0%} | {spread:g} | " + " | ".join(f"{cell:.0%}" for cell in cells) + " |")
    return good


def sound(rng: np.random.Generator) -> dict[str, list]:
    """Return provenance that keeps every rule: people's test rows, known origin, one round of each model."""
    n_train, n_test = int(rng.integers(50, 400)), int(rng.integers(20, 100))
    n = n_train + n_test
    models = [f"m{i}@{rng.integers(1, 9)}" for i in range(rng.integers(1, 5))]
    synthetic = np.zeros(n, bool)
    synthetic[:n_train] = rng.random(n_train) < rng.uniform(0, 0.28)
    parents: list[str | None] = [None] * n
    for row in np.flatnonzero(synthetic):
        parents[row] = " ".join(record(int(one)) for one in rng.integers(0, n_train, rng.integers(0, 3))) or None
    for row in range(n_train, n):  # test rows may have parents among test rows
        if rng.random() < 0.1 and row > n_train:
            parents[row] = record(int(rng.integers(n_train, row)))
    return {
        "origin": ["synthetic" if one else str(rng.choice(["human", "human-verified"])) for one in synthetic],
        "split": ["train"] * n_train + ["test"] * n_test,
        "evidence": ["declared"] * n,
        "generator": [str(rng.choice(models)) if one else None for one in synthetic],
        "generation": [1 if one else 0 for one in synthetic],
        "parents": parents,
    }


def _rows(rng: np.random.Generator, rows: np.ndarray) -> list[int]:
    return sorted(rng.choice(rows, min(len(rows), int(rng.integers(3, 20))), replace=False).tolist())


def plant(name: str, rng: np.random.Generator, of: dict[str, list]) -> list[int]:
    """Plant a defect in provenance; return the rows that a check must name."""
    split = np.array(of["split"])
    train, test = np.flatnonzero(split == "train"), np.flatnonzero(split == "test")
    if name == "synthetic-in-test":
        for row in (rows := _rows(rng, test)):
            of["origin"][row] = "synthetic"
        return rows
    if name == "child-of-test-row":
        rows, above = _rows(rng, train), [int(one) for one in _rows(rng, test)]
        for i, row in enumerate(rows):  # a chain each: the second row of a pair descends through the first
            of["parents"][row] = record(rows[i - 1] if i % 2 else above[i % len(above)])
        told = {record(row) for row in rows}
        while True:  # what was made from these rows descends from a test row as well
            more = {
                row for row in train.tolist()
                if row not in rows and of["parents"][row] and set(of["parents"][row].split()) & told
            }  # fmt: skip
            if not more:
                return sorted(rows)
            rows += sorted(more)
            told |= {record(row) for row in more}
    if name == "unknown-origin":
        rows = sorted(rng.choice(len(split), max(8, len(split) // 10), replace=False).tolist())
        for row in rows:
            of["origin"][row] = [None, "unknown", "Human", "?"][int(rng.integers(4))]
        return rows
    if name == "self-consumption":
        rows = sorted(rng.choice(train, max(6, len(train) // 10), replace=False).tolist())
        for i, row in enumerate(rows):
            of["origin"][row], of["generator"][row], of["generation"][row] = "synthetic", f"self@{i % 2}", 1 + i % 2
        return rows
    rows = sorted(rng.choice(train, int(0.4 * len(train)), replace=False).tolist())
    for row in rows:
        of["origin"][row], of["generator"][row], of["generation"][row] = "synthetic", "big", 1
    return rows


POLICY = Policy(source=("c",), shares={"synthetic": Bound(at_most=0.35)}, caps=Caps(generator=0.35), human=Human())


def look(rng: np.random.Generator, of: dict[str, list]) -> dict[str, set[int] | None]:
    """Return for each check the rows that it names, None where it found nothing."""
    data = made(rng, of.pop("origin"), of.pop("split"), **of)
    results = run_checks(catalogue.selected(("origin",)), Facts({"dataset": data, "policy": POLICY}))
    return {
        one.check: {int(row) for found in one.findings for place in found.locations for row in place.rows}
        if one.status is Status.FOUND
        else None
        for one in results
    }


def table_checks(runs: int) -> bool:
    """Print what the checks say about sound and about planted provenance; return whether all of it is right."""
    false: Counter[str] = Counter()
    for run in range(runs):
        rng = np.random.default_rng([SEED, 1, run])
        false.update(name for name, rows in look(rng, sound(rng)).items() if rows is not None)
    print(f"\n## Tables, {runs:,} sound ones and as many of each defect")
    print("| check | findings on sound tables | found where planted | with exactly the planted rows |")
    print("|---|---|---|---|")
    good = not false
    for name in ("synthetic-in-test", "child-of-test-row", "unknown-origin", "self-consumption", "policy-broken"):
        found = exact = 0
        for run in range(runs):
            rng = np.random.default_rng([SEED, 2, run])
            of = sound(rng)
            rows = plant(name, rng, of)
            named = look(rng, of)[name]
            found += named is not None
            exact += named is not None and (set(rows) <= named if name == "policy-broken" else named == set(rows))
        print(f"| {name} | {false[name]} | {found / runs:.1%} | {exact / runs:.1%} |")
        good &= found == runs
    return good


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args().short
    right = table_checks(100 if short else 300)
    return int(not (trend_tables(100 if short else 500) and right))


if __name__ == "__main__":
    sys.exit(main())
