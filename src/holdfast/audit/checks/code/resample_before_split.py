from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.telling import quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeLeaks
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
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
def resample_before_split(code_leaks: CodeLeaks) -> Iterator[Finding]:
    """Rows are oversampled, undersampled or drawn with replacement before the split.

    ## Why it matters
    A copied or synthetic row and its parent land on different sides of the split: the model is tested on what
    it has learned by heart. After undersampling, the test set is no sample of what the model will meet.

    ## How it works
    The program is followed line by line without being run: which rows each variable holds, and what was made of
    which rows on the way to it. A finding is a resampling (SMOTE and its kin, a random over- or undersampler,
    `resample`, `sample(replace=True)`) of rows that a later split, cross-validation or score then divides.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. It cannot tell how
    many copies cross.

    ## Fix
    Split first and resample the training rows only; in cross-validation use the pipeline of imbalanced-learn,
    which resamples inside each fold.
    """
    for _, leak in code_leaks.found:
        event = leak.learned
        if event.kind not in {"over", "under"} or leak.test_only:
            continue
        reached = leak.reaches[0]
        harm = (
            "copies of test rows are trained on"
            if event.kind == "over"
            else "the test rows are no longer a fair sample"
        )
        yield told(
            event.place,
            f"{quoted(event.what)} resamples all rows at {event.place.name}, before the {leak.what} at "
            f"{reached.name}: {harm}",
            severity=Severity.ERROR if event.kind == "over" else Severity.WARNING,
            confidence=Confidence.HIGH,
            measure=Measure(name="splits and scores that it reaches", value=len(leak.reaches), threshold=0),
            lines=[(event.place, "resampling of all rows"), (reached, leak.what)],
            fix=_fix(leak.what, event.place.name, event.place.text, reached.name),
        )


def _fix(what: str, where: str, text: str, split: str) -> str:
    if what == "cross-validation":
        pipeline = f"Put the resampler of {where} into an imbalanced-learn pipeline with the model"
        return f"{pipeline}: it resamples each fold alone."
    return f"Move {quoted(text)} ({where}) behind the {what} ({split}), and resample the training rows only."


@planted(at=Location(file="script.py", line=3))
def smote_on_all_rows(rng: np.random.Generator) -> dict[str, Code]:
    """Synthetic rows are made of all rows, and then split."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('fraud.csv')\n"
            "X, y = df.drop('fraud', axis=1), df['fraud']\n"
            "X_res, y_res = SMOTE(random_state=0).fit_resample(X, y)\n"
            "X_train, X_test, y_train, y_test = train_test_split(X_res, y_res, random_state=0)\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def minority_drawn_with_replacement(rng: np.random.Generator) -> dict[str, Code]:
    """The rarer class is drawn with replacement and put below the other."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('fraud.csv')\n"
            "many, few = df[df.fraud == 0], df[df.fraud == 1]\n"
            "few = resample(few, replace=True, n_samples=len(many))\n"
            "df = pd.concat([many, few])\n"
            "train, test = train_test_split(df, random_state=0)\n"
        )
    }


@clean
def smote_on_training_rows(rng: np.random.Generator) -> dict[str, Code]:
    """Only training rows are resampled."""
    del rng
    return {
        "code": code_of(
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "X_train, y_train = SMOTE(random_state=0).fit_resample(X_train, y_train)\n"
            "print(SVC().fit(X_train, y_train).score(X_test, y_test))\n"
        )
    }


@clean
def smote_in_a_pipeline(rng: np.random.Generator) -> dict[str, Code]:
    """The pipeline resamples inside each fold."""
    del rng
    return {
        "code": code_of(
            "model = make_pipeline(SMOTE(random_state=0), SVC())\nprint(cross_val_score(model, X, y, cv=5))\n"
        )
    }


@clean
def shuffled_rows(rng: np.random.Generator) -> dict[str, Code]:
    """A sample of all rows is a shuffle."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv').sample(frac=1, random_state=0)\n"
            "train, test = train_test_split(df, random_state=0)\n"
        )
    }
