"""What is true of each pipeline in this folder: the checks that must speak, and the line at which it begins.

A pipeline is right when the checks that speak are those named here, no more and no fewer. The line stands in the
source as `# found: CHECK`; where there is none, the reason why no line can be named stands here.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.core.dataset import Dataset
from holdfast.data.loading import load

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Truth:
    file: str
    function: str
    data: str  # "people" or "series"
    form: str | None
    speaks: frozenset[str]
    lines: dict[str, int]  # check -> line at which it begins, where the source names one


# Found, but no line can be named: the check, and why.
ELSEWHERE = {
    "stopped_on_test": {"unavailable-label-used": "the line where the test labels enter"},
    "threshold_on_test": {"unavailable-label-used": "the line where the test labels enter"},
    "synthetic_rows_of_all": {"test-rows-reach-training": "the line that fits", "unavailable-label-used": "labels"},
    "synthetic_rows_before_the_split": {"row-crosses-split": "rows are named"},
    "copies_before_the_split": {"row-crosses-split": "rows are named"},
    "scaler_before_the_split": {"row-crosses-split": "rows are named"},
    "racing_threads": {"not-deterministic": "what threads do is in no line"},
    "BatchNormalised": {"batch-changes-prediction": "an estimator is asked, not watched"},
    "cached_scaler": {"call-changes-next-call": "what is kept is in no row"},
    "cached_answers": {"call-changes-next-call": "what is kept is in no row"},
    "changes_its_input": {"call-changes-next-call": "the input is named"},
    "lag_without_time": {"row-order-changes-prediction": "every line holds rows in another order"},
    "position_in_the_file": {
        "row-order-changes-prediction": "every line holds rows in another order",
        "batch-changes-prediction": "positions are those of other rows",
    },
}
ESTIMATORS = ("BatchNormalised", "clean_estimator")


def all_truths() -> list[Truth]:
    found = []
    for name in ("fitting", "choosing", "running", "windows"):
        lines = (FOLDER / f"{name}.py").read_text("utf-8").splitlines()
        functions: dict[str, dict[str, int]] = {}
        current = ""
        for number, line in enumerate(lines, start=1):
            match = re.match(r"(?:def|class) (\w+)", line)
            if match:
                current = match[1]
                if not current.startswith("_") and current != "Columns":
                    functions[current] = {}
            marked = re.search(r"# found: (.+)$", line)
            if marked and current in functions:
                functions[current] |= dict.fromkeys(marked[1].split(), number)
        for function, marks in functions.items():
            form = "split" if function.endswith("_split") and name == "choosing" else None
            speaks = frozenset(marks) | frozenset(ELSEWHERE.get(function, {}))
            found.append(
                Truth(f"{name}.py", function, "series" if name == "windows" else "people", form, speaks, marks)
            )
    return found


@cache
def people(n: int = 900, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    age, visits = rng.integers(18, 90, n), rng.poisson(4, n)
    score, income = rng.normal(size=n).round(3), rng.lognormal(10, 0.5, n).round(0)
    city = rng.choice([f"city {i}" for i in range(25)], n)
    words = np.array(["red", "green", "blue", "late", "early", "slow", "quick", "new", "old", "good", "bad", "fine"])
    note = [" ".join(rng.choice(words, 5)) for _ in range(n)]
    logit = 0.03 * (age - 50) + 0.8 * score + 0.1 * visits - 1.8
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    table = pa.table(
        {
            "user": [f"u{i}" for i in rng.integers(200, size=n)],
            "age": age,
            "income": pa.array(income, mask=rng.random(n) < 0.2),
            "visits": visits,
            "score": score,
            "city": city.tolist(),
            "note": note,
            "y": y,
        }
    )
    return load({"all": table}, roles={"y": "label", "user": "group"}, splitter="random", test_share=0.3, seed=seed)


@cache
def series(n: int = 800, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    times = np.datetime64("2024-01-01T00:00", "us") + np.arange(n) * np.timedelta64(3_600_000_000, "us")
    load_ = (np.sin(np.arange(n) / 24 * 2 * np.pi) + np.cumsum(rng.normal(size=n)) / 20).round(4)
    wind = rng.gamma(2.0, 3.0, n).round(2)
    y = (0.7 * np.roll(load_, 1) + 0.3 * rng.normal(size=n)).round(4)
    table = pa.table(
        {
            "date": pa.array(times),
            "site": rng.choice(["north", "south"], n).tolist(),
            "load": load_,
            "wind": pa.array(wind, mask=rng.random(n) < 0.05),
            "y": y,
        }
    )
    return load({"all": table}, roles={"y": "label", "date": "time"}, splitter="ordered", test_share=0.3, seed=seed)


def data_of(truth: Truth) -> Dataset:
    return series() if truth.data == "series" else people()
