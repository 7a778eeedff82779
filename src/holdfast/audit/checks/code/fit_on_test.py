from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.judging import manual, seen
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows, CodeLeaks
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.1",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
        Reference(
            "Yang et al. (2022), Data Leakage in Notebooks: Static Detection and Better Processes, ASE",
            "https://doi.org/10.1145/3551349.3556918",
        ),
    ),
)
def fit_on_test(code_flows: CodeFlows, code_leaks: CodeLeaks) -> Iterator[Finding]:
    """A model is fitted on rows that then judge it, or a step is fitted on train and test together.

    ## Why it matters
    The score says how well the model remembers rows that it has seen, and nothing about new ones.

    ## How it works
    The program is followed line by line without being run. A finding is a score on rows that are held out by a
    split (or by their name), taken with a model whose last fit covers these rows; or a transformer fitted on
    training and test rows put together again. A final fit on all rows after the last score is fine.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed.

    ## Fix
    Fit on the training rows only; fit on all rows once the score is taken, if at all.
    """
    told_already = set()
    for flow in code_flows.flows:
        for one in seen(flow):
            event = one.model
            if one.crossing or event.id in told_already or manual(flow, one):
                continue
            told_already.add(event.id)
            yield told(
                event.place,
                f"{quoted(event.owner or event.what)} is fitted at {event.place.name} on rows that the score at "
                f"{one.score.place.name} is taken on",
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
                measure=Measure(name="scores on fitted rows", value=1, threshold=0),
                lines=[(event.place, "fit"), (one.score.place, "score on rows of the fit")],
                fix=f"Fit on the training rows at {event.place.name}, so that {one.score.place.name} scores unseen "
                "rows.",
            )
    for _, leak in code_leaks.found:
        event = leak.learned
        if event.kind == "model" or not (leak.both_sides or (leak.test_only and event.kind in {"over", "augment"})):
            continue
        yield told(
            event.place,
            f"{quoted(event.what)} is fitted at {event.place.name} on {quoted(event.given or event.place.text)}, "
            "which holds test rows",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            measure=Measure(name="fits on test rows", value=1, threshold=0),
            lines=[(event.place, "fit on test rows"), (leak.reaches[0], leak.what)],
            fix=f"Fit on the training rows only at {event.place.name}, and apply what was fitted to the test rows.",
        )


@planted(at=Location(file="script.py", line=3))
def model_sees_everything(rng: np.random.Generator) -> dict[str, Code]:
    """The model is fitted on all rows and judged on some of them."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = RandomForestClassifier()\n"
            "model.fit(X, y)\n"
            "print(accuracy_score(y_test, model.predict(X_test)))\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def vocabulary_of_both_sides(rng: np.random.Generator) -> dict[str, Code]:
    """A vocabulary is learned from both sides put together."""
    del rng
    return {
        "code": code_of(
            "train, test = train_test_split(df, random_state=0)\n"
            "vectorizer = TfidfVectorizer()\n"
            "vectorizer.fit(pd.concat([train['text'], test['text']]))\n"
            "model = SVC().fit(vectorizer.transform(train['text']), train['label'])\n"
            "print(model.score(vectorizer.transform(test['text']), test['label']))\n"
        )
    }


@clean
def final_fit_after_the_score(rng: np.random.Generator) -> dict[str, Code]:
    """The final fit on all rows comes after the score."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "model = RandomForestClassifier()\n"
            "model.fit(X_train, y_train)\n"
            "print(accuracy_score(y_test, model.predict(X_test)))\n"
            "model.fit(X, y)\n"
            "joblib.dump(model, 'model.joblib')\n"
        )
    }
