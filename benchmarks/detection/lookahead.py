"""Look-ahead planted in series: which checks of the data find it, and that clean versions stay silent.

    python benchmarks/detection/lookahead.py                   series made here
    python benchmarks/detection/lookahead.py FOLDER            and those below FOLDER: ETTh1.csv,
                                                               daily-min-temperatures.csv, monthly-sunspots.csv
    python benchmarks/detection/lookahead.py --markdown docs/detection-lookahead.md

A table for each planted thing: on how many series it was found, and by which check. What data cannot show (a gap
filled backwards in a column that is not made of the label) is not planted here; the code audit and the probe see it.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

import holdfast
from holdfast.core.finding import Severity

CHECKS = (
    "feature-from-the-future",
    "random-split-of-ordered-data",
    "scaled-before-split",
    "imputed-before-split",
    "train-after-test",
    "label-in-disguise",
    "window-overlap",
)
MOST_ROWS = 6_000
TEST_SHARE = 0.2

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class Plant:
    """What is done to the columns, how the rows are split, and which checks may say so (none: it is clean)."""

    name: str
    change: Callable[[Columns, np.ndarray, np.ndarray, np.random.Generator], Columns]
    found_by: tuple[str, ...] = ()
    random_split: bool = False


def made_here(seed: int) -> Mapping[str, np.ndarray]:
    """Return series with memory: a walk drawn back to its mean, a season with noise, both with a slow swing."""
    rng = np.random.default_rng([seed, 3])
    n = 3_000
    shocks = rng.normal(size=n)
    walk = np.zeros(n)
    for i in range(1, n):
        walk[i] = 0.95 * walk[i - 1] + shocks[i]
    t = np.arange(n)
    season = 5 * np.sin(2 * np.pi * t / 24) + np.convolve(rng.normal(size=n), np.ones(4) / 2, "same")
    return {
        f"walk {seed}": 20 + walk,
        f"season {seed}": 50 + season + 2 * rng.normal(size=n),
        f"swing {seed}": 10 + np.cumsum(rng.normal(size=n)) * 0.1 + np.sin(t / 60) + 0.5 * walk,
    }


def from_folder(folder: Path) -> Mapping[str, np.ndarray]:
    """Return the target of every known file below a folder."""
    found = {}
    for name, column in (
        ("ETTh1.csv", "OT"),
        ("daily-min-temperatures.csv", "Temp"),
        ("monthly-sunspots.csv", "Sunspots"),
    ):
        path = next(iter(sorted(folder.rglob(name))), None)
        if path is not None:
            found[path.stem] = pyarrow.csv.read_csv(path)[column].to_numpy().astype(np.float64)[:MOST_ROWS]
    return found


def lagged(values: np.ndarray, by: int) -> np.ndarray:
    """Return for each place the value `by` places before (after, if negative); NaN where there is none."""
    moved = np.full(len(values), np.nan)
    if by > 0:
        moved[by:] = values[:-by]
    elif by < 0:
        moved[:by] = values[-by:]
    else:
        moved[:] = values
    return moved


def rolling(values: np.ndarray, before: int, after: int) -> np.ndarray:
    """Return means from `before` places before to `after` places after each place."""
    return np.mean([lagged(values, by) for by in range(-after, before + 1)], axis=0)


def with_centred(half: int) -> Callable[..., Columns]:
    return lambda columns, y, _train, _rng: {**columns, "smooth": rolling(y, half, half)}


def with_gaps(share: float, *, backward: bool) -> Callable[..., Columns]:
    """Return a change: the value before, with gaps that are filled from what comes next (or came last)."""

    def change(columns: Columns, y: np.ndarray, _: np.ndarray, rng: np.random.Generator) -> Columns:
        before = lagged(y, 1)
        before[rng.random(len(y)) < share] = np.nan
        known = ~np.isnan(before)
        places = np.arange(len(y))
        if backward:
            source = np.minimum.accumulate(np.where(known, places, len(y) - 1)[::-1])[::-1]
        else:
            source = np.maximum.accumulate(np.where(known, places, 1))
        return {**columns, "measured": before[source]}

    return change


def scaled(columns: Columns, over: np.ndarray, *, to_range: bool) -> Columns:
    """Return all columns scaled with mean and deviation, or range, of the rows `over`."""
    out = {}
    for name, values in columns.items():
        low = np.nanmin(values[over]) if to_range else np.nanmean(values[over])
        spread = np.nanmax(values[over]) - low if to_range else np.nanstd(values[over])
        out[name] = (values - low) / spread
    return out


def stretched(columns: Columns, train: np.ndarray) -> Columns:
    """Return the columns with one test row of each brought beyond the range of the training rows."""
    out = {}
    for name, values in columns.items():
        moved = values.copy()
        places = np.flatnonzero(~train & np.isfinite(values))
        if len(places):
            moved[places[len(places) // 2]] = np.nanmax(values) + 0.1 * np.nanstd(values)
        out[name] = moved
    return out


def everything(columns: Columns) -> np.ndarray:
    """Return the rows in which no column is missing: those that are kept."""
    return np.all([np.isfinite(values) for values in columns.values()], axis=0)


FUTURE = ("feature-from-the-future",)
PLANTS = (
    Plant("clean", lambda columns, _y, _train, _rng: columns),
    Plant("clean: mean of 5 rows before", lambda c, y, _t, _r: {**c, "trailing": lagged(rolling(y, 4, 0), 1)}),
    Plant("clean: gaps filled forwards", with_gaps(0.3, backward=False)),
    Plant("clean: scaler on train", lambda c, _y, train, _r: scaled(c, train, to_range=False)),
    Plant("clean: range of train", lambda c, _y, train, _r: scaled(c, train, to_range=True)),
    Plant("centred mean of 3", with_centred(1), FUTURE),
    Plant("centred mean of 5", with_centred(2), FUTURE),
    Plant("centred mean of 9", with_centred(4), FUTURE),
    Plant("centred mean of 25", with_centred(12), FUTURE),
    Plant("next value", lambda c, y, _t, _r: {**c, "next": lagged(y, -1)}, FUTURE),
    Plant("mean of 5 rows with its own", lambda c, y, _t, _r: {**c, "mean": rolling(y, 4, 0)}, FUTURE),
    Plant("gaps (10%) filled backwards", with_gaps(0.1, backward=True), FUTURE),
    Plant("gaps (30%) filled backwards", with_gaps(0.3, backward=True), FUTURE),
    Plant(
        "scaler on all rows",
        lambda c, _y, train, _r: scaled(c, np.ones_like(train), to_range=False),
        ("scaled-before-split",),
    ),
    Plant(
        "range of all rows",  # with an end of each column among the test rows: else nothing leaks
        lambda c, _y, train, _r: scaled(stretched(c, train), np.ones_like(train), to_range=True),
        ("scaled-before-split",),
    ),
    Plant(
        "random split",
        lambda columns, _y, _train, _rng: columns,
        ("random-split-of-ordered-data", "window-overlap"),  # what lags already explain, the second one says
        random_split=True,
    ),
)


def audited(y: np.ndarray, plant: Plant, seed: int) -> list[tuple[str, Severity]]:
    """Return which checks spoke about a series with something planted, and how loudly."""
    rng = np.random.default_rng([seed, 11])
    columns = {f"lag{by}": lagged(y, by) for by in (1, 2, 3, 12)} | {"noise": rng.normal(size=len(y))}
    # Rows are cut to those that are whole first, so that train and all rows are those of the file.
    kept = everything(columns) & everything(plant.change(columns, y, np.ones(len(y), dtype=bool), rng))
    places = np.flatnonzero(kept)
    train = np.zeros(len(y), dtype=bool)
    train[places[: round((1 - TEST_SHARE) * len(places))]] = True
    if plant.random_split:
        train[places] = rng.random(len(places)) >= TEST_SHARE
    within = {name: np.where(kept, values, np.nan) for name, values in columns.items()}
    done = plant.change(within, y, train, np.random.default_rng([seed, 12]))
    kept &= everything(done)
    when = np.datetime64("2020-01-01", "us") + np.arange(len(y)) * np.timedelta64(3_600_000_000, "us")
    table = pa.table(
        {"when": when[kept]}
        | {name: values[kept] for name, values in done.items()}
        | {"y": y[kept], "split": np.where(train, "train", "test")[kept]}
    )
    run = holdfast.audit(
        table, label="y", task="regression", time="when", split_column="split", select=CHECKS, honest={"enabled": False}
    )
    return [(found.check, found.severity) for result in run.results for found in result.findings]


def campaign(series: Mapping[str, np.ndarray], plants: tuple[Plant, ...] = PLANTS) -> list[tuple[Plant, str, list]]:
    """Return what was said about every series with every thing planted."""
    return [(plant, name, audited(y, plant, seed)) for seed, (name, y) in enumerate(series.items()) for plant in plants]


def failures(rows: list[tuple[Plant, str, list]]) -> list[str]:
    """Return a line for each planted thing that was not found, and for each finding about a clean series."""
    wrong = []
    for plant, name, said in rows:
        if plant.found_by and not any(check in plant.found_by for check, _ in said):
            wrong.append(f"{plant.name} in {name}: not found; said {said}")
        if not plant.found_by and said:
            wrong.append(f"{plant.name} in {name}: said {said}")
    return wrong


def markdown(rows: list[tuple[Plant, str, list]]) -> str:
    """Return the table of what was planted and found."""
    lines = ["| planted | series | found | by | also said |", "|---|---|---|---|---|"]
    for plant in dict.fromkeys(row[0] for row in rows):
        said = [row[2] for row in rows if row[0] is plant]
        hits = sum(any(check in plant.found_by for check, _ in one) for one in said)
        others = sorted({check for one in said for check, _ in one if check not in plant.found_by})
        found = f"{hits}" if plant.found_by else f"{sum(map(bool, said))} (should be 0)"
        by = ", ".join(f"`{check}`" for check in plant.found_by) or "—"
        lines.append(f"| {plant.name} | {len(said)} | {found} | {by} | {', '.join(others) or '—'} |")
    return "\n".join(lines)


def main() -> int:
    """Run the campaign; 1 if something planted is missed or something clean is not silent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--markdown", type=Path, help="write the table, with its heading, to this file")
    asked = parser.parse_args()
    series = {name: y for seed in range(asked.seeds) for name, y in made_here(seed).items()}
    if asked.folder is not None:
        series |= from_folder(asked.folder)
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = campaign(series)
    table = markdown(rows)
    print(table)
    for line in failures(rows):
        print(line)
    print(f"{len(rows)} audits, {time.process_time() - started:.0f} CPU-s")
    if asked.markdown is not None:
        asked.markdown.write_text(
            "# Look-ahead planted in series\n\nWritten by `benchmarks/detection/lookahead.py` on "
            f"{', '.join(series)}.\n\n{table}\n",
            encoding="utf-8",
        )
    return 1 if failures(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
