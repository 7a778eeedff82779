from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.rows import covers
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeLeaks
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do not allow test data to "
            "leak into training",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def scaler_refit_on_test(code_leaks: CodeLeaks) -> Iterator[Finding]:
    """A scaler, imputer or statistic is learned anew from the test rows.

    ## Why it matters
    The test rows are then measured with another ruler than the training rows: a value of 1 means something else
    on each side. The score is neither that of the model nor reachable in use, where rows come one at a time.

    ## How it works
    The program is followed line by line without being run: which rows each variable holds, and what was made of
    which rows on the way to it. A finding is something learned from test rows alone that is then applied to
    these rows: `fit_transform(X_test)`, `X_test.fillna(X_test.mean())`.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Encoders of categories
    and scalings of each row by itself are passed over.

    ## Fix
    Fit on the training rows and call `transform` on the test rows.
    """
    for flow, leak in code_leaks.found:
        event = leak.learned
        if not leak.test_only or event.kind in {"over", "under", "augment", "model"}:
            continue
        same = (event.kind, event.what, event.column)
        instead = [
            one
            for one in flow.learned[: event.id]
            if (one.kind, one.what, one.column) == same and not covers(one.rows, event.rows)
        ]
        text = f"; it was fitted on {quoted(instead[-1].given)} at {instead[-1].place.name}" if instead else ""
        yield told(
            event.place,
            f"{quoted(event.what)} is learned from the test rows {quoted(event.given)} at {event.place.name}{text}",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            measure=Measure(name="fits on test rows", value=1, threshold=0),
            lines=[
                (event.place, "learned from test rows"),
                *((one.place, "learned from other rows") for one in instead[-1:]),
            ],
            fix=f"At {event.place.name}, apply what was learned from the training rows: `transform`, not "
            "`fit_transform`.",
        )


@planted(at=Location(file="script.py", line=4))
def scaler_fitted_twice(rng: np.random.Generator) -> dict[str, Code]:
    """The scaler is fitted on each side by itself."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "scaler = StandardScaler()\n"
            "X_train = scaler.fit_transform(X_train)\n"
            "X_test = scaler.fit_transform(X_test)\n"
            "print(SVC().fit(X_train, y_train).score(X_test, y_test))\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def gaps_filled_by_test_means(rng: np.random.Generator) -> dict[str, Code]:
    """Gaps of the test rows are filled with their own mean."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "X_train = X_train.fillna(X_train.mean())\n"
            "X_test = X_test.fillna(X_test.mean())\n"
            "print(SVC().fit(X_train, y_train).score(X_test, y_test))\n"
        )
    }


@clean
def scaler_fitted_once(rng: np.random.Generator) -> dict[str, Code]:
    """The scaler is fitted on the training rows and applied to both."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "scaler = StandardScaler()\n"
            "X_train = scaler.fit_transform(X_train)\n"
            "X_test = scaler.transform(X_test)\n"
            "print(SVC().fit(X_train, y_train).score(X_test, y_test))\n"
        )
    }
