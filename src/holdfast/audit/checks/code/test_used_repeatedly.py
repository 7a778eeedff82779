from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.judging import MANY_SETTINGS, again_and_again, choices
from holdfast.audit.code.telling import one_a_line, quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Yang et al. (2022), Data Leakage in Notebooks: Static Detection and Better Processes, ASE",
            "https://doi.org/10.1145/3551349.3556918",
        ),
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do not compare many models "
            "on one test set",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
    ),
)
def test_used_repeatedly(code_flows: CodeFlows) -> Iterator[Finding]:
    """The same test rows judge several models, and the best one is kept.

    ## Why it matters
    The more models are compared on one test set, the luckier the best of them. Its score is no longer that of
    unseen rows.

    ## How it works
    The program is followed line by line without being run. A finding is a model chosen among several by its
    score on the same test rows, or one kind of model fitted with three or more settings and judged on the same
    test rows each time. Four or more models that are judged there without a choice in the program are told in a note.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Whether a person
    chose by the scores is not known. Other runs of the program are not seen.

    ## Fix
    Compare by cross-validation inside the training rows; score the one chosen model on the test rows, once.
    """
    for flow in code_flows.flows:
        of_several_models = (choice for choice in choices(flow) if choice.several_models)
        for one in one_a_line(of_several_models, place=lambda choice: choice.at):
            yield told(
                one.at,
                f"models are compared on the test rows at {one.at.name}, and the best is kept at {one.decided.name}",
                severity=Severity.WARNING,
                confidence=Confidence.HIGH,
                measure=Measure(name="choices made on test rows", value=1, threshold=0),
                lines=[(one.at, "score on test rows"), (one.decided, "the best is kept")],
                fix=f"Compare the models of {one.at.name} by cross-validation on training rows; score the best one "
                "once.",
            )
        for name, scores in again_and_again(flow):
            place = scores[-1].place
            yield told(
                place,
                f"{quoted(name)} is fitted with {len(scores)} settings, and each is judged on the same test rows"
                if name
                else f"{len(scores)} models, one after the other, are judged on the same test rows",
                severity=Severity.WARNING if name else Severity.NOTE,
                confidence=Confidence.MEDIUM,
                measure=Measure(
                    name="settings judged on the same test rows", value=len(scores), threshold=MANY_SETTINGS - 1
                ),
                lines=[(score.place, "score on the same test rows") for score in scores],
                fix="Choose the settings by cross-validation on the training rows; score the chosen ones once.",
            )


@planted(at=Location(file="script.py", line=5))
def best_model_on_test(rng: np.random.Generator) -> dict[str, Code]:
    """The model with the best test score is kept."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "scores = {}\n"
            "for name, model in {'svc': SVC(), 'forest': RandomForestClassifier(), 'nb': GaussianNB()}.items():\n"
            "    model.fit(X_train, y_train)\n"
            "    scores[name] = model.score(X_test, y_test)\n"
            "best = max(scores, key=scores.get)\n"
        )
    }


@planted(at=Location(file="script.py", line=7))
def settings_by_hand(rng: np.random.Generator) -> dict[str, Code]:
    """One forest after the other is tried on the test rows."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "a = RandomForestClassifier(max_depth=3).fit(X_train, y_train)\n"
            "print(a.score(X_test, y_test))\n"
            "b = RandomForestClassifier(max_depth=6).fit(X_train, y_train)\n"
            "print(b.score(X_test, y_test))\n"
            "c = RandomForestClassifier(max_depth=9).fit(X_train, y_train)\n"
            "print(c.score(X_test, y_test))\n"
        )
    }


@clean
def models_compared_by_cross_validation(rng: np.random.Generator) -> dict[str, Code]:
    """Cross-validation on the training rows compares; the best is scored once."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "scores = {}\n"
            "models = {'svc': SVC(), 'forest': RandomForestClassifier()}\n"
            "for name, model in models.items():\n"
            "    scores[name] = cross_val_score(model, X_train, y_train).mean()\n"
            "best = models[max(scores, key=scores.get)].fit(X_train, y_train)\n"
            "print(best.score(X_test, y_test))\n"
        )
    }
