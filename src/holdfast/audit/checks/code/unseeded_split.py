from collections.abc import Iterator

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.telling import one_a_line, quoted, told
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.facts.conduct.code import CodeFlows
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.NOTE,
    references=(
        Reference(
            "Lones (2024), Avoiding common machine learning pitfalls, Patterns 5(10), do be transparent",
            "https://doi.org/10.1016/j.patter.2024.101046",
        ),
        Reference(
            "Pham et al. (2020), Problems and opportunities in training deep learning software systems: an "
            "analysis of variance, "
            "ASE",
            "https://doi.org/10.1145/3324884.3416545",
        ),
    ),
)
def unseeded_split(code_flows: CodeFlows) -> Iterator[Finding]:
    """Rows are split at random without a seed, so that every run has other test rows.

    ## Why it matters
    The score changes from run to run and cannot be checked. Over several runs, every row has been a test row
    and a training row, and the best run is the luckiest split.

    ## How it works
    The program is followed line by line without being run. A finding is a random split without `random_state`
    (or a generator), in a program that sets no global seed before it.

    ## Limits
    Code in other files, in libraries it does not know and behind `exec` is not followed. A seed that comes in
    as a parameter counts as one.

    ## Fix
    Give the split a fixed `random_state`, and report how the score varies over several.
    """
    for flow in code_flows.flows:
        unseeded = (split for split in flow.splits if not split.seeded)
        for split in one_a_line(unseeded, place=lambda split: split.place):
            yield told(
                split.place,
                f"{quoted(split.name)} at {split.place.name} has no seed: every run has other test rows",
                severity=Severity.NOTE,
                confidence=Confidence.CERTAIN,
                measure=Measure(name="random splits without a seed", value=1, threshold=0),
                lines=[(split.place, "random split")],
                fix=f"Give {quoted(split.name)} at {split.place.name} a fixed seed, such as `random_state=0`.",
            )


@planted(at=Location(file="script.py", line=2))
def no_random_state(rng: np.random.Generator) -> dict[str, Code]:
    """The split has no seed."""
    del rng
    return {"code": code_of("df = pd.read_csv('a.csv')\ntrain, test = train_test_split(df, test_size=0.2)\n")}


@clean
def a_random_state(rng: np.random.Generator) -> dict[str, Code]:
    """The split has a seed."""
    del rng
    return {
        "code": code_of(
            "df = pd.read_csv('a.csv')\ntrain, test = train_test_split(df, test_size=0.2, random_state=42)\n"
        )
    }


@clean
def a_global_seed(rng: np.random.Generator) -> dict[str, Code]:
    """NumPy's seed is set before."""
    del rng
    return {
        "code": code_of(
            "np.random.seed(0)\ndf = pd.read_csv('a.csv')\ntrain, test = train_test_split(df, test_size=0.2)\n"
        )
    }


@clean
def a_split_in_order(rng: np.random.Generator) -> dict[str, Code]:
    """Nothing is drawn at random."""
    del rng
    return {
        "code": code_of("df = pd.read_csv('a.csv')\ntrain, test = train_test_split(df, test_size=0.2, shuffle=False)\n")
    }
