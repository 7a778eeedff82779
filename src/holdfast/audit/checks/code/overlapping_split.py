from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.judging import overlaps
from holdfast.audit.code.telling import one_a_line, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Yang et al. (2022), Data Leakage in Notebooks: Static Detection and Better Processes, ASE",
            "https://doi.org/10.1145/3551349.3556918",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L1.4",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def overlapping_split(code_flows: CodeFlows) -> Iterator[Finding]:
    """Training and test rows are taken so that some rows are in both.

    ## Why it matters
    Rows in both sets are answered from memory; the score is too good by as much.

    ## How it works
    The program is followed line by line without being run. A finding is two sets of rows, one trained on and
    one judged on, that certainly share some: slices that overlap (`[:800]` and `[700:]`), two independent
    random splits or samples of the same table, a test set sampled from rows that stay in training, the head and
    the tail of a stream of tf.data that is shuffled anew in every pass.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Bounds that are only
    known when the program runs are trusted. Equal rows in the data are the business of `split-overlap`.

    ## Fix
    Split once, and take every array from that split: the test rows are those that the training set does not
    have.
    """
    for flow in code_flows.flows:
        for place, train, test in one_a_line(overlaps(flow), place=lambda one: one[0]):
            yield told(
                place,
                f"the rows of {place.name} are also among the training rows of {train.name}",
                severity=Severity.ERROR,
                confidence=Confidence.HIGH,
                measure=Measure(name="pairs of sets with common rows", value=1, threshold=0),
                lines=[(train, "training rows"), (test, "test rows")],
                fix=f"Take both sets from one split: give {place.name} only rows that {train.name} leaves over.",
            )


@planted(at=Location(file="script.py", line=3))
def slices_that_overlap(rng: np.random.Generator) -> dict[str, Code]:
    """A hundred rows are in both slices."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\n"
            "train = df[:800]\n"
            "test = df[700:]\n"
            "model = SVC().fit(train[['a', 'b']], train['y'])\n"
            "print(model.score(test[['a', 'b']], test['y']))\n"
        )
    }


@planted(at=Location(file="script.py", line=3))
def sample_that_stays(rng: np.random.Generator) -> dict[str, Code]:
    """The test rows are a sample of rows that are all trained on."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\n"
            "train = df\n"
            "test = df.sample(frac=0.2, random_state=1)\n"
            "model = SVC().fit(train[['a', 'b']], train['y'])\n"
            "print(model.score(test[['a', 'b']], test['y']))\n"
        )
    }


@clean
def slices_side_by_side(rng: np.random.Generator) -> dict[str, Code]:
    """The slices meet and do not overlap."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\n"
            "cut = int(0.8 * len(df))\n"
            "train, test = df[:cut], df[cut:]\n"
            "model = SVC().fit(train[['a', 'b']], train['y'])\n"
            "print(model.score(test[['a', 'b']], test['y']))\n"
        )
    }


@clean
def sample_and_the_rest(rng: np.random.Generator) -> dict[str, Code]:
    """The training rows are what the sample leaves over."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\n"
            "train = df.sample(frac=0.8, random_state=1)\n"
            "test = df.drop(train.index)\n"
            "model = SVC().fit(train[['a', 'b']], train['y'])\n"
            "print(model.score(test[['a', 'b']], test['y']))\n"
        )
    }
