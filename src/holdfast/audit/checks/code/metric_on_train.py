from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.judging import only_on_train
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do not evaluate on training data",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.1",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def metric_on_train(code_flows: CodeFlows) -> Iterator[Finding]:
    """The only score is taken on the rows that the model was fitted on.

    ## Why it matters
    A model that has learned its training rows by heart gets a perfect score there. It says nothing about new
    rows.

    ## How it works
    The program is followed line by line without being run. A finding is a score on training rows in a program
    that takes no score on held-out rows and cross-validates nothing.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. A score on training
    rows beside one on test rows is a sound look at overfitting, and is not reported.

    ## Fix
    Hold rows out, or cross-validate, and report that score.
    """
    told_of = set()
    for flow in code_flows.flows:
        score = only_on_train(flow)
        if score is None or (score.place.file, score.place.cell, score.place.line) in told_of:
            continue
        told_of.add((score.place.file, score.place.cell, score.place.line))
        models = [flow.learned[one] for one in sorted(score.models)]
        yield told(
            score.place,
            f"{quoted(score.metric)} at {score.place.name} is taken on the rows of the fit at "
            f"{models[-1].place.name}, and no other "
            "score is taken",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            measure=Measure(name="scores on rows held out", value=0, threshold=1),
            lines=[(models[-1].place, "fit"), (score.place, "score on the same rows")],
            fix=f"Split before {models[-1].place.name}, or cross-validate, and take the score of {score.place.name} "
            "on rows held out.",
        )


@planted(at=Location(file="script.py", line=4))
def score_of_the_fit(rng: np.random.Generator) -> dict[str, Code]:
    """The model is scored on its own rows."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\n"
            "X, y = df.drop(columns='y'), df['y']\n"
            "model = RandomForestClassifier().fit(X, y)\n"
            "print(accuracy_score(y, model.predict(X)))\n"
        )
    }


@clean
def beside_a_test_score(rng: np.random.Generator) -> dict[str, Code]:
    """Training and test score side by side."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = RandomForestClassifier().fit(X_train, y_train)\n"
            "print(model.score(X_train, y_train), model.score(X_test, y_test))\n"
        )
    }


@clean
def clusters(rng: np.random.Generator) -> dict[str, Code]:
    """Clusters have no labels to test."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\nlabels = KMeans(3).fit_predict(df)\nprint(silhouette_score(df, labels))\n"
        )
    }
