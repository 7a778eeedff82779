from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.judging import from_the_future
from holdfast.audit.code.telling import one_a_line, quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_MILD = {"bfill", "interpolate", "seasonal_decompose"}  # they look ahead in some rows only, or by little


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.1",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do avoid look-ahead bias",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
    ),
)
def future_shift(code_flows: CodeFlows) -> Iterator[Finding]:
    """A feature holds values from the future: a backward shift, a centred window, a backward fill.

    ## Why it matters
    At the moment of the forecast these values do not exist yet. The model is good with them and useless
    without.

    ## How it works
    The program is followed line by line without being run. A finding is `shift(-1)` and its kin, a rolling
    window with `center=True`, a backward fill of a series or a filter that looks both ways, in a column that a
    model is fitted on. As a target `shift(-1)` is right and is not reported.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. A backward fill is
    reported only where the program treats the rows as a series.

    ## Fix
    Shift forwards, let windows end at the present row, fill forwards.
    """
    for flow in code_flows.flows:
        for event, used in one_a_line(from_the_future(flow), place=lambda one: one[0].place):
            yield told(
                event.place,
                f"{quoted(event.what)} at {event.place.name} brings the future into a feature that is used at "
                f"{used.name}",
                severity=Severity.ERROR if event.what not in _MILD else Severity.WARNING,
                confidence=Confidence.HIGH if event.what not in _MILD else Confidence.MEDIUM,
                measure=Measure(name="features from the future", value=1, threshold=0),
                lines=[(event.place, "looks ahead"), (used, "used as a feature")],
                fix=f"At {event.place.name}, use only what is known at the time of the row: shift forwards, trailing "
                "windows, "
                "forward fill.",
            )


@planted(at=Location(file="script.py", line=2))
def tomorrow_as_a_feature(rng: np.random.Generator) -> dict[str, Code]:
    """Tomorrow's price is among the features."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('prices.csv')\n"
            "df['next'] = df['close'].shift(-1)\n"
            "df['target'] = (df['close'].shift(-1) > df['close']).astype(int)\n"
            "X, y = df[['close', 'next']], df['target']\n"
            "model = SVC().fit(X[:800], y[:800])\n"
            "print(model.score(X[800:], y[800:]))\n"
        )
    }


@planted(at=Location(file="script.py", line=2))
def centred_window(rng: np.random.Generator) -> dict[str, Code]:
    """A centred mean sees three days ahead."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('load.csv')\n"
            "df['smooth'] = df['load'].rolling(7, center=True).mean()\n"
            "X, y = df[['smooth']], df['peak']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, shuffle=False)\n"
            "model = Ridge().fit(X_train, y_train)\n"
        )
    }


@clean
def tomorrow_as_the_target(rng: np.random.Generator) -> dict[str, Code]:
    """Tomorrow's price is what is to be predicted."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('prices.csv')\n"
            "df['target'] = df['close'].shift(-1)\n"
            "df['lag'] = df['close'].shift(1)\n"
            "df['mean'] = df['close'].rolling(7).mean()\n"
            "X, y = df.drop(columns='target'), df['target']\n"
            "model = SVC().fit(X[:800], y[:800])\n"
            "print(model.score(X[800:], y[800:]))\n"
        )
    }
