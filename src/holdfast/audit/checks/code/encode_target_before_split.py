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
            "Micci-Barreca (2001), A preprocessing scheme for high-cardinality categorical attributes in "
            "classification and "
            "prediction problems, SIGKDD Explorations 3(1)",
            "https://doi.org/10.1145/507533.507538",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.2",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def encode_target_before_split(code_leaks: CodeLeaks) -> Iterator[Finding]:
    """A category is replaced by the mean of its labels, over all rows, before the split.

    ## Why it matters
    The feature of a test row then holds its own label. For rare categories it is nearly the label itself.

    ## How it works
    The program is followed line by line without being run: which rows each variable holds, and what was made of
    which rows on the way to it. A finding is a target encoder fitted on all rows, or a mean of the label by
    group that is joined to the rows, and reaches a split, a cross-validation or a score.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Which column is the
    label is read from the program: `y = df["price"]`, `drop(columns="price")`.

    ## Fix
    Fit the encoder on the training rows, with cross-fitting inside them, or put it into the pipeline.
    """
    for _, leak in code_leaks.found:
        event = leak.learned
        if leak.test_only or not (event.kind == "target" or (event.kind in {"group", "statistic"} and leak.label)):
            continue
        reached = leak.reaches[0]
        yield told(
            event.place,
            f"{quoted(event.what)} puts labels of all rows into a feature at {event.place.name}, before the "
            f"{leak.what} at "
            f"{reached.name}",
            severity=Severity.ERROR,
            confidence=Confidence.HIGH,
            measure=Measure(name="splits and scores that it reaches", value=len(leak.reaches), threshold=0),
            lines=[(event.place, "labels become a feature"), (reached, leak.what)],
            fix=f"Move {quoted(event.place.text)} ({event.place.name}) behind the {leak.what} ({reached.name}): learn "
            "the means from "
            "training rows only, out of fold, and map them to the test rows.",
        )


@planted(at=Location(file="script.py", line=2))
def mean_label_by_group(rng: np.random.Generator) -> dict[str, Code]:
    """The mean label of each city becomes a feature of all rows."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "df['city_price'] = df.groupby('city')['price'].transform('mean')\n"
            "X, y = df.drop(columns=['price', 'city']), df['price']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def encoder_on_all_rows(rng: np.random.Generator) -> dict[str, Code]:
    """A target encoder sees all labels."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "X, y = df.drop(columns='price'), df['price']\n"
            "X = TargetEncoder().fit_transform(X, y)\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }


@clean
def means_of_training_rows(rng: np.random.Generator) -> dict[str, Code]:
    """The means come from training rows, and are mapped to both sides."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "train, test = train_test_split(df, random_state=0)\n"
            "means = train.groupby('city')['price'].mean()\n"
            "train['city_price'] = train['city'].map(means)\n"
            "test['city_price'] = test['city'].map(means)\n"
        )
    }


@clean
def means_to_look_at(rng: np.random.Generator) -> dict[str, Code]:
    """Means by group that are only looked at."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('houses.csv')\n"
            "print(df.groupby('city')['price'].mean())\n"
            "X, y = df.drop(columns='price'), df['price']\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }
