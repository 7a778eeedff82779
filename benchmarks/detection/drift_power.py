"""How often `holdfast data drift` finds a column that shifts, and how often it cries on equal data, as tables.

Several columns together, texts and pictures as vectors: drift_together.py.

    python benchmarks/detection/drift_power.py                    all of it, about a quarter of an hour on one core
    python benchmarks/detection/drift_power.py --trials 20        a first look
    python benchmarks/detection/drift_power.py columns --rows 300 one part at one size: columns, texts

One column of ten shifts: five normal, one lognormal, three of five categories, one with 5% missing. Beside each figure
stands that of plain tests (Kolmogorov-Smirnov; χ² of categories, and of missing values), with the same correction
over the ten: Benjamini & Hochberg at 0.05 for what the report's table names, Holm at 0.001 for what becomes a finding.
Intervals are Wilson's, 95%. The exit code is 1 where Holdfast finds significantly less than the plain tests do, or
where findings on equal data are significantly more than their alpha allows.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from scipy.stats import binomtest, chi2_contingency, ks_2samp, norm

from holdfast.audit.checks.drift.column_drift import column_drift
from holdfast.audit.comparison import benjamini_hochberg, holm
from holdfast.audit.drifting.comparing import Compared, facts_of
from holdfast.audit.drifting.lines import lines_of
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.verb import look, sliced
from holdfast.audit.facts.shift.drift import ColumnShifts
from holdfast.audit.facts.shift.sides import SPLIT
from holdfast.core.dataset import Column, Dataset
from holdfast.data.inference import describe
from holdfast.data.intervals import wilson

SEED = 20261122
SETTINGS = DriftSettings()
NAMED, FOUND = 0.05, 0.001
SHARES = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
Draw = Callable[[np.random.Generator, int], np.ndarray]


def _normal(mean: float = 0.0, variance: float = 1.0) -> Draw:
    return lambda rng, n: rng.normal(mean, np.sqrt(variance), n)


def _category(more: float = 0.0) -> Draw:
    """Return a draw of five categories; the third has so much more of a share, the others less in proportion."""
    shares = SHARES * (1 - (SHARES[2] + more)) / (1 - SHARES[2])
    shares[2] = SHARES[2] + more
    return lambda rng, n: np.array(["a", "b", "c", "d", "e"])[rng.choice(5, n, p=shares)]


def _missing(share: float = 0.05) -> Draw:
    return lambda rng, n: np.where(rng.random(n) < share, np.nan, rng.normal(size=n))


EQUAL: Mapping[str, Draw] = {
    **{f"normal {i}": _normal() for i in range(5)},
    "skewed": lambda rng, n: rng.lognormal(size=n),
    **{f"category {i}": _category() for i in range(3)},
    "gaps": _missing(),
}
# What shifts takes the place of a column of its own kind: (name, that column, draw of the new version).
SHIFTS: tuple[tuple[str, str, Draw], ...] = (
    *((f"mean +{d:.1f} sd", "normal 0", _normal(d)) for d in (0.1, 0.2, 0.5)),
    *((f"variance × {v}", "normal 0", _normal(0, v)) for v in (1.2, 1.5)),
    *((f"a category's share +{100 * p:.0f} points", "category 0", _category(p)) for p in (0.02, 0.05, 0.1)),
    *((f"missing +{100 * p:.0f} points", "gaps", _missing(0.05 + p)) for p in (0.02, 0.05, 0.1)),
)
EFFECTS = {  # what the report calls the effect, exactly
    **{f"mean +{d:.1f} sd": 2 * norm.cdf(d / 2) - 1 for d in (0.1, 0.2, 0.5)},
    **{
        f"variance × {v}": float(np.ptp([norm.cdf(t) - norm.cdf(t / np.sqrt(v)) for t in np.linspace(0, 4, 4001)]))
        for v in (1.2, 1.5)
    },
    **{f"a category's share +{100 * p:.0f} points": p for p in (0.02, 0.05, 0.1)},
    **{f"missing +{100 * p:.0f} points": p for p in (0.02, 0.05, 0.1)},
}


def columns(rows: list[int], trials: int) -> bool:
    """Print how often the shifted column is named and found, and how often any column is where none shifts."""
    seen = {n: np.array([_columns_once(n, i) for i in range(trials)]) for n in rows}  # trials × (1 + shifts) × 4
    good = True
    for part, of in (("named in the table of columns (p < 0.05 corrected)", 0), ("reported as a finding", 2)):
        _head(f"Share of trials in which it is {part}; beside it, plain tests", "one of ten columns: shift", rows)
        for place, name in enumerate(("none: any column", *(f"{one[0]} ({EFFECTS[one[0]]:.3f})" for one in SHIFTS))):
            cells = []
            for n in rows:
                ours, plain = seen[n][:, place, of], seen[n][:, place, of + 1]
                cells.append(f"{_share(ours.sum(), trials)}; {plain.mean():.2f}")
                if of == 0 and place:
                    only = int((ours & ~plain).sum()), int((plain & ~ours).sum())
                    good &= not sum(only) or binomtest(only[1], sum(only), 0.5, alternative="greater").pvalue > 0.001
                if of == 2 and not place:
                    good &= binomtest(int(ours.sum()), trials, FOUND, alternative="greater").pvalue > 0.01
            _row(name, cells)
    return good


def _columns_once(n: int, i: int) -> list[tuple[bool, bool, bool, bool]]:
    """Return, for no shift and each shift: named, named by plain tests, found, found by plain tests."""
    rng = np.random.default_rng([SEED, n, i])
    old = {name: draw(rng, n) for name, draw in EQUAL.items()}
    new = {name: draw(rng, n) for name, draw in EQUAL.items()}
    held = {name: old[name] for name in EQUAL} | {shift: old[place] for shift, place, _ in SHIFTS}
    moved = new | {shift: draw(rng, n) for shift, _, draw in SHIFTS}
    compared = _columns_compared(_table(held), _table(moved))
    by_name = {one.name: one for one in compared.columns}
    plain = {name: _plain(held[name], moved[name]) for name in held}
    told = []
    for shift, place in ((None, None), *((name, place) for name, place, _ in SHIFTS)):
        kept = [name for name in EQUAL if name != place] + ([shift] if shift else [])
        judged = replace(compared, columns=tuple(by_name[name] for name in kept))
        named = {line.name for line in lines_of(judged) if line.verdict(SETTINGS)}
        found = _found(judged, compared.facts["dataset"])
        p_values = np.array([plain[name] for name in kept])
        wanted = set(kept) if shift is None else {shift}
        wide = {kept[k] for k in np.flatnonzero(benjamini_hochberg(p_values) < NAMED)}
        narrow = {kept[k] for k in np.flatnonzero(holm(p_values) < FOUND)}
        told.append(tuple(bool(wanted & one) for one in (named, wide, found, narrow)))
    return told


def _columns_compared(old: Dataset, new: Dataset) -> Compared:
    """Return what the comparison of two versions comes to without its joint part, which costs most."""
    slices = sliced([("old", old), ("new", new)], SETTINGS)
    split = pa.array(np.where(slices.codes == 0, "train", "test"), pa.large_string())
    table = slices.dataset.table.append_column("split", split)
    both = replace(slices.dataset, table=table, columns=(*slices.dataset.columns, Column("split", "category", "split")))
    facts = facts_of(both, SETTINGS, None, full=False)
    shifts = facts["column_shifts"].columns
    pair = next(iter(slices.steps("before")))
    return Compared(pair, SPLIT, facts, shifts, (), None, (), {}, {}, {}, None, "left out", None, None, None, None)


def _found(judged: Compared, dataset: Dataset) -> set[str]:
    shifts = ColumnShifts(judged.columns, None, sampled=None)
    return {c for one in column_drift.run(dataset, shifts, None) for c in one.locations[0].columns}


def _plain(a: np.ndarray, b: np.ndarray) -> float:
    """Return the p-value of the plain test for the column; of two, doubled, where values are missing."""
    if a.dtype.kind == "U":
        words = np.unique(np.r_[a, b])
        return float(chi2_contingency([[np.sum(one == word) for word in words] for one in (a, b)]).pvalue)
    lost = np.isnan(a), np.isnan(b)
    if lost[0].any() or lost[1].any():
        table = [[one.sum(), (~one).sum()] for one in lost]
        p_value = min(chi2_contingency(table, correction=False).pvalue, ks_2samp(a[~lost[0]], b[~lost[1]]).pvalue)
        return min(1.0, 2 * float(p_value))
    return float(ks_2samp(a, b).pvalue)


def texts(rows: list[int], trials: int) -> bool:
    """Print how often texts are told apart by their words, of which a share got four words of another subject."""
    known = np.array([f"word{i}" for i in range(2_000)])
    chance = 1 / np.arange(5, 2_005)
    other = np.array([f"other{i}" for i in range(100)])

    def one(rng: np.random.Generator, n: int, share: float) -> Dataset:
        made = [" ".join(rng.choice(known, size=20, p=chance / chance.sum())) for _ in range(n)]
        made = [f"{t} {' '.join(rng.choice(other, 4))}" if rng.random() < share else t for t in made]
        return describe("texts", pa.table({"text": pa.array(made, pa.large_string())}), kinds={"text": "text"})

    _head(
        "Share of trials: named in the table; reported as a finding", "texts with four words of another subject", rows
    )
    good = True
    for by in (0.0, 0.02, 0.05, 0.1, 0.2):
        cells = []
        for n in rows:
            found = []
            for i in range(trials):
                rng = np.random.default_rng([SEED, 2, n, int(100 * by), i])
                seen = look(sliced([("old", one(rng, n, 0.0)), ("new", one(rng, n, by))], SETTINGS), SETTINGS)
                words = [line.verdict(SETTINGS) for line in lines_of(seen.steps[0])]
                found.append((any(words), any(result.findings for result in seen.results)))
            named, reported = np.array(found).sum(axis=0)
            cells.append(f"{_share(named, trials)}; {_share(reported, trials)}")
            good &= bool(by) or _allowed(int(reported), trials)
        _row(f"{by:.0%}", cells)
    return good


def _allowed(k: int, trials: int) -> bool:
    return bool(binomtest(k, trials, FOUND, alternative="greater").pvalue > 0.01)


def _table(held: Mapping[str, np.ndarray]) -> Dataset:
    return describe("rows", pa.table({name: pa.array(one, from_pandas=True) for name, one in held.items()}))


def _share(k: int, n: int) -> str:
    said = wilson(int(k), n)
    return f"{said.value:.2f} ({said.low:.2f}–{said.high:.2f})"


def _head(title: str, what: str, rows: list[int]) -> None:
    print(f"\n{title}\n\n| {what} | {' | '.join(f'{n:,}' for n in rows)} |\n|---|{'---|' * len(rows)}")


def _row(name: str, cells: list[str]) -> None:
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


# Which trials are cheap: rows a side, and how many trials of those that were asked for.
PARTS = {
    "columns": (columns, [300, 1_000, 10_000]),
    "texts": (texts, [300, 1_000]),
}


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; all, if none is named")
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--rows", type=int, nargs="+", help="rows a side")
    told = parser.parse_args()
    good = True
    for name in told.parts or PARTS:
        run, rows = PARTS[name]
        good &= run(told.rows or rows, told.trials)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
