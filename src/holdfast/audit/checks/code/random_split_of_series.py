from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.telling import one_a_line, quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.1",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Bergmeir & Benítez (2012), On the use of cross-validation for time series predictor evaluation, "
            "Information Sciences 191",
            "https://doi.org/10.1016/j.ins.2011.12.028",
        ),
    ),
)
def random_split_of_series(code_flows: CodeFlows) -> Iterator[Finding]:
    """A series is split at random, so that the model is trained on the future of its test rows.

    ## Why it matters
    Neighbouring moments are alike. With rows from before and after each test row in training, the model
    interpolates; in use it has to look ahead.

    ## How it works
    The program is followed line by line without being run. A finding is a random split, or folds that put later
    rows into training, of rows that the program itself treats as a series: it lags, differences or rolls over
    them, resamples them in time, sorts them or indexes them by date first, or cuts them into windows.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. A table with a date
    column that is used like any other is not taken for a series.

    ## Fix
    Split in time: the last part is the test set (`shuffle=False`, `TimeSeriesSplit`), with a gap as long as the
    window.
    """
    for flow in code_flows.flows:
        shuffled = [split for split in flow.splits if split.shuffled and any(one.ordered for one in split.given)]
        for split in one_a_line(shuffled, place=lambda one: one.place):
            sign = next(one.ordered for one in split.given if one.ordered)
            yield told(
                split.place,
                f"{quoted(split.name)} at {split.place.name} parts a series at random: the program uses {quoted(sign)}",
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
                measure=Measure(name="random splits of a series", value=1, threshold=0),
                lines=[(split.place, "random split")],
                fix=f"Split in time at {split.place.name}: train on what comes first, test on what comes last, a gap "
                "as long "
                "as the longest lag or window.",
            )


@planted(at=Location(file="script.py", line=5))
def lags_and_a_random_split(rng: np.random.Generator) -> dict[str, Code]:
    """Rows with lags are split at random."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('load.csv', parse_dates=['time'])\n"
            "df['lag'] = df['load'].shift(1)\n"
            "df = df.dropna()\n"
            "X, y = df[['lag', 'hour']], df['load']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)\n"
        )
    }


@clean
def split_in_time(rng: np.random.Generator) -> dict[str, Code]:
    """The last fifth is the test set."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('load.csv', parse_dates=['time'])\n"
            "df['lag'] = df['load'].shift(1)\n"
            "df = df.dropna()\n"
            "X, y = df[['lag', 'hour']], df['load']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, shuffle=False)\n"
        )
    }


@clean
def folds_in_time(rng: np.random.Generator) -> dict[str, Code]:
    """Each fold is tested on what comes after it."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('load.csv')\n"
            "df['lag'] = df['load'].shift(1)\n"
            "print(cross_val_score(Ridge(), df[['lag']], df['load'], cv=TimeSeriesSplit(5)))\n"
        )
    }


@clean
def a_date_in_a_table(rng: np.random.Generator) -> dict[str, Code]:
    """A table with a date that is only taken apart is no series."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "df['year'] = pd.to_datetime(df['sold']).dt.year\n"
            "train, test = train_test_split(df, random_state=0)\n"
        )
    }
