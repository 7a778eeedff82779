from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.judging import choices
from holdfast.audit.code.telling import one_a_line, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do use a validation set",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "Yang et al. (2022), Data Leakage in Notebooks: Static Detection and Better Processes, ASE",
            "https://doi.org/10.1145/3551349.3556918",
        ),
    ),
)
def test_used_for_tuning(code_flows: CodeFlows) -> Iterator[Finding]:
    """Test rows choose settings, the moment to stop or a threshold, and give the score too.

    ## Why it matters
    The best of many tries on the test rows is good by luck as well. The score is that of the luckiest choice,
    and new rows will not repeat it.

    ## How it works
    The program is followed line by line without being run. A finding is a set of test rows that early stopping,
    a checkpoint, a loop over settings, an optimiser's objective or a threshold looks at, where no other rows
    give an unused score.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Rows that the program
    calls validation rows may choose: they are only reported as what they are. Choices made by a person between
    two runs cannot be seen.

    ## Fix
    Take a third set, or cross-validation inside the training rows, for every choice; use the test rows once, at
    the end.
    """
    for flow in code_flows.flows:
        of_one_model = (choice for choice in choices(flow) if not choice.several_models)
        for one in one_a_line(of_one_model, place=lambda choice: choice.at):
            decided = f", decided at {one.decided.name}" if one.decided.line != one.at.line else ""
            scored = "the score is taken on them too" if one.score is not None else "no other rows give a score"
            yield told(
                one.at,
                f"test rows choose at {one.at.name} ({one.how}{decided}), and {scored}",
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
                measure=Measure(name="choices made on test rows", value=1, threshold=0),
                lines=[(one.at, "test rows are used"), (one.decided, "choice")],
                fix=f"Give {one.at.name} a validation set split off the training rows, or cross-validate; keep the "
                "test rows "
                "for one score at the end.",
            )


@planted(at=Location(file="script.py", line=5))
def best_setting_on_test(rng: np.random.Generator) -> dict[str, Code]:
    """The best C is the one with the best test score."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "best = 0\n"
            "for C in [0.1, 1, 10]:\n"
            "    model = SVC(C=C).fit(X_train, y_train)\n"
            "    score = model.score(X_test, y_test)\n"
            "    if score > best:\n"
            "        best, best_C = score, C\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def early_stopping_on_test(rng: np.random.Generator) -> dict[str, Code]:
    """Training stops when the test loss stops falling."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = XGBClassifier(early_stopping_rounds=10)\n"
            "model.fit(X_train, y_train, eval_set=[(X_test, y_test)])\n"
            "print(accuracy_score(y_test, model.predict(X_test)))\n"
        )
    }


@clean
def validation_set_stops(rng: np.random.Generator) -> dict[str, Code]:
    """A validation set stops, the test set scores."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "X_train, X_val, y_train, y_val = train_test_split(X_train, y_train, random_state=0)\n"
            "model = XGBClassifier(early_stopping_rounds=10)\n"
            "model.fit(X_train, y_train, eval_set=[(X_val, y_val)])\n"
            "print(accuracy_score(y_test, model.predict(X_test)))\n"
        )
    }


@clean
def search_in_training_rows(rng: np.random.Generator) -> dict[str, Code]:
    """The search cross-validates inside the training rows."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "search = GridSearchCV(SVC(), {'C': [0.1, 1, 10]}).fit(X_train, y_train)\n"
            "print(search.score(X_test, y_test))\n"
        )
    }
