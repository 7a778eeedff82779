from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeLeaks
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity

_KINDS = {
    "scale": "scaling",
    "impute": "filling of gaps",
    "reduce": "projection",
    "words": "vocabulary",
    "bin": "binning",
    "transform": "transformation",
    "unknown": "transformation",
    "statistic": "statistic",
    "group": "group statistic",
    "filter": "choice of rows",
    "cluster": "clustering",
    "model": "model",
}


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Yang et al. (2022), Data Leakage in Notebooks: Static Detection and Better Processes, ASE",
            "https://doi.org/10.1145/3551349.3556918",
        ),
    ),
)
def fit_before_split(code_leaks: CodeLeaks) -> Iterator[Finding]:
    """A scaler, imputer, vocabulary or statistic is learned from all rows, test rows among them.

    ## Why it matters
    The mean, the range, the vocabulary then hold knowledge of the test rows, and the model is trained on it. The score
    is measured on rows that are not quite unseen; with few rows or rare words the difference is large.

    ## How it works
    The program is followed line by line without being run: which rows each variable holds, and what was learned
    from which rows on the way to it. A finding is something learned from rows of both sides that reaches a split, a
    cross-validation or a score. Pipelines are fitted inside each fold and are fine; so is what learns nothing
    (logarithms, one-hot codes, hashing).

    ## Limits
    Functions of other files are followed where those files are audited too; code in libraries and behind `exec` is
    not. It does not know the size of the effect: scaling many rows changes little.

    ## Fix
    Split first. Fit on the training rows only, and apply what was fitted to both; in cross-validation put the step
    into a pipeline.
    """
    for _, leak in code_leaks.found:
        event = leak.learned
        if (
            event.kind not in _KINDS
            or leak.test_only
            or leak.both_sides
            or (event.kind in {"group", "statistic"} and leak.label)
        ):
            continue
        reached = leak.reaches[0]
        source = f" from {quoted(event.given)}" if event.given else ""
        yield told(
            event.place,
            f"{quoted(event.what)} learns{source} at {event.place.name}, from rows that the {leak.what} at "
            f"{reached.name} then holds out",
            severity=Severity.ERROR if event.kind == "model" else Severity.WARNING,
            confidence=Confidence.HIGH if event.kind not in {"unknown", "filter"} else Confidence.MEDIUM,
            measure=Measure(name="splits and scores that it reaches", value=len(leak.reaches), threshold=0),
            lines=[(event.place, f"{_KINDS[event.kind]} of all rows"), (reached, leak.what)],
            fix=_fix(leak.what, event.place.name, event.place.text, reached.name),
        )


def _fix(what: str, where: str, text: str, split: str) -> str:
    if what == "cross-validation":
        return f"Put the step of {where} into a pipeline with the model, and cross-validate the pipeline ({split})."
    moved = f"Move {quoted(text)} ({where}) behind the {what} ({split})"
    return f"{moved}: fit on the training rows, then apply to both sides."


@planted(at=Location(file="script.py", line=7))
def scaler_on_all_rows(rng: np.random.Generator) -> dict[str, Code]:
    """The scaler sees all rows, and the split comes after it."""
    del rng
    return {
        "code": code_of(
            "import pandas as pd\n"
            "from sklearn.model_selection import train_test_split\n"
            "from sklearn.preprocessing import StandardScaler\n"
            "df = pd.read_csv('churn.csv')\n"
            "X, y = df.drop(columns='churn'), df['churn']\n"
            "scaler = StandardScaler()\n"
            "X = scaler.fit_transform(X)\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def mean_of_all_rows(rng: np.random.Generator) -> dict[str, Code]:
    """Gaps are filled with the mean of all rows before the split."""
    del rng
    return {
        "code": code_of(
            "import pandas as pd\n"
            "df = pd.read_csv('a.csv')\n"
            "df['age'] = df['age'].fillna(df['age'].mean())\n"
            "train, test = train_test_split(df, random_state=1)\n"
        )
    }


@clean
def scaler_on_training_rows(rng: np.random.Generator) -> dict[str, Code]:
    """The scaler is fitted on the training rows."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "scaler = StandardScaler().fit(X_train)\n"
            "X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)\n"
            "model = SVC().fit(X_train, y_train)\n"
            "print(model.score(X_test, y_test))\n"
        )
    }


@clean
def scaler_in_a_pipeline(rng: np.random.Generator) -> dict[str, Code]:
    """A pipeline is fitted anew in every fold."""
    del rng
    return {
        "code": code_of(
            "model = make_pipeline(StandardScaler(), SVC())\n"
            "print(cross_val_score(model, X, y, cv=5).mean())\n"
            "print(X.describe(), X.mean())\n"
        )
    }
