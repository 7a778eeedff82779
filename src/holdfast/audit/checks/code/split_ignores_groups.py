from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.groups import parted
from holdfast.audit.code.telling import one_a_line, quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Saeb et al. (2017), The need to approximate the use-case in clinical machine learning, GigaScience 6(5)",
            "https://doi.org/10.1093/gigascience/gix019",
        ),
        Reference(
            "Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based science, "
            "Patterns 4(9), L3.2",
            "https://doi.org/10.1016/j.patter.2023.100804",
        ),
    ),
)
def split_ignores_groups(code_flows: CodeFlows) -> Iterator[Finding]:
    """Rows of one patient, speaker or animal are split at random, so that they are on both sides.

    ## Why it matters
    The model recognises who a test row is from, and answers from memory. For somebody new it does worse.

    ## How it works
    The program is followed line by line without being run. A finding is a random split, or a cross-validation without
    groups, of rows that the program itself groups by person (`groupby("patient_id")`), or that a loop over groups cuts
    several pieces out of. Rows that were reduced to one a group, and splits of the list of ids, are fine.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. Only columns whose name speaks
    of a living being count, or of an id where a loop cuts pieces. Where the model will meet the same people again, a
    random split is right.

    ## Fix
    Split by group: `GroupKFold`, `GroupShuffleSplit`, or draw ids and take their rows.
    """
    for flow in code_flows.flows:
        for name, place, key, grouped in one_a_line(parted(flow), place=lambda one: one[1]):
            yield told(
                place,
                f"{quoted(name)} at {place.name} parts rows at random although several share one {quoted(key)} "
                f"({grouped.name})",
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
                measure=Measure(name="random splits of rows that belong together", value=1, threshold=0),
                lines=[(grouped, "rows are grouped"), (place, "random split")],
                fix=f"Split by {quoted(key)} at {place.name}: GroupShuffleSplit or GroupKFold.",
            )


@planted(at=Location(file="script.py", line=4))
def windows_of_each_patient(rng: np.random.Generator) -> dict[str, Code]:
    """Each patient gives many windows, and windows are split at random."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('beats.csv')\n"
            "X, y = df.drop(columns='y'), df['y']\n"
            "print(df.groupby('patient_id').size())\n"
            "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)\n"
        )
    }


@clean
def folds_by_patient(rng: np.random.Generator) -> dict[str, Code]:
    """The folds keep each patient together."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('beats.csv')\n"
            "X, y = df.drop(columns='y'), df['y']\n"
            "print(df.groupby('patient_id').size())\n"
            "print(cross_val_score(SVC(), X, y, groups=df['patient_id'], cv=GroupKFold(5)))\n"
        )
    }


@clean
def one_row_a_patient(rng: np.random.Generator) -> dict[str, Code]:
    """Each patient is reduced to one row before the split."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('beats.csv')\n"
            "one = df.groupby('patient_id').first()\n"
            "train, test = train_test_split(one, random_state=0)\n"
        )
    }


@clean
def ids_are_drawn(rng: np.random.Generator) -> dict[str, Code]:
    """Patients are drawn, and their rows follow."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('beats.csv')\n"
            "print(df.groupby('patient_id').size())\n"
            "train_ids, test_ids = train_test_split(df['patient_id'].unique(), random_state=0)\n"
            "train, test = df[df['patient_id'].isin(train_ids)], df[df['patient_id'].isin(test_ids)]\n"
        )
    }
