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
            "Yang et al. (2022), Data Leakage in Notebooks: Static Detection and Better Processes, ASE",
            "https://doi.org/10.1145/3551349.3556918",
        ),
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do not augment before splitting",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
    ),
)
def augment_before_split(code_leaks: CodeLeaks) -> Iterator[Finding]:
    """Altered copies of rows are added before the split, so that a row and its copy part.

    ## Why it matters
    A flipped, noisy or repeated copy of a test record is then among the training records. The score measures
    memory.

    ## How it works
    The program is followed line by line without being run: which rows each variable holds, and what was made of
    which rows on the way to it. A finding is a table, array or list that holds the same rows more than once
    (concatenated with a copy of itself, repeated, appended twice in one turn of a loop) and is split
    afterwards.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. An augmentation by a
    library function that it does not know is not seen.

    ## Fix
    Split first and augment the training rows only, or augment while training, batch by batch.
    """
    for _, leak in code_leaks.found:
        event = leak.learned
        if event.kind != "augment" or leak.test_only:
            continue
        reached = leak.reaches[0]
        yield told(
            event.place,
            f"copies of rows are added at {event.place.name}, before the {leak.what} at {reached.name}: a row and "
            "its copy "
            "land on both sides",
            severity=Severity.ERROR,
            confidence=Confidence.HIGH,
            measure=Measure(name="splits and scores that it reaches", value=len(leak.reaches), threshold=0),
            lines=[(event.place, "copies of rows"), (reached, leak.what)],
            fix=f"Move {quoted(event.place.text)} ({event.place.name}) behind the {leak.what} ({reached.name}), and "
            "add copies to "
            "the training rows only.",
        )


@planted(at=Location(file="script.py", line=3))
def noisy_copies(rng: np.random.Generator) -> dict[str, Code]:
    """Noisy copies are put below the rows, and all are split."""
    del rng
    return {
        "code": code_of(
            "X, y = load_digits(return_X_y=True)\n"
            "noisy = X + np.random.normal(0, 0.1, X.shape)\n"
            "X = np.concatenate([X, noisy])\n"
            "y = np.concatenate([y, y])\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }


@clean
def copies_of_training_rows(rng: np.random.Generator) -> dict[str, Code]:
    """Copies are made of training rows only."""
    del rng
    return {
        "code": code_of(
            "X, y = load_digits(return_X_y=True)\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
            "X_train = np.concatenate([X_train, X_train[:, ::-1]])\n"
            "y_train = np.concatenate([y_train, y_train])\n"
            "print(SVC().fit(X_train, y_train).score(X_test, y_test))\n"
        )
    }


@clean
def columns_side_by_side(rng: np.random.Generator) -> dict[str, Code]:
    """Columns put side by side are no copies of rows."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\n"
            "X = pd.concat([df[['a']], pd.get_dummies(df['b'])], axis=1)\n"
            "train, test = train_test_split(X, random_state=0)\n"
        )
    }
