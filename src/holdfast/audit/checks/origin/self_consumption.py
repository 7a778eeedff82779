from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.origin import made
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import Count, percent, share_bars
from holdfast.audit.facts.origin.provenance import NOT_KNOWN, Provenance
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.core.text import and_more, one_line
from holdfast.data.mixing.judging import breaks, training_rows
from holdfast.data.mixing.policy import Policy
from holdfast.data.origin import GENERATION, GENERATOR

_MOST_BARS = 30


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Alemohammad et al. (2024), Self-consuming generative models go MAD, ICLR",
            "https://arxiv.org/abs/2307.01850",
        ),
        Reference(
            "Shumailov, Shumaylov, Zhao, Papernot, Anderson & Gal (2024), AI models collapse when trained on "
            "recursively generated data, Nature 631",
            "https://doi.org/10.1038/s41586-024-07566-y",
        ),
    ),
)
def self_consumption(
    dataset: Dataset,
    provenance: Provenance,
    policy: Policy | None,
    *,
    model: str = "",
    max_share: float = 0.0,
) -> Iterator[Finding]:
    """A model's own output is in its training set.

    ## Why it matters
    A model that learns from what it made repeats its own errors as if they were news: tails vanish first, and each
    round starts from what the last one lost. Output of other models lacks that feedback.

    ## How it works
    A model is the name of a generator up to the first @ or colon, so that m@1 and m@2 are versions of m. Where the
    model to be trained is named (option `model`), training rows that it made are reported. Where it is not, the loop
    shows in the data: a generator whose records are there with two or more generations. A model of generation 2 has
    learnt from records of generation 1; if both came from m, a version of m has learnt from what m made before. Where
    a policy bounds synthetic records or asks for people's, and is kept, this is a note.

    ## Limits
    Believes the columns of generator and generation. Without the model's name a loop is seen from its second round on,
    and models that share a name without sharing data look like one. How much of a model's own output does harm depends
    on how many records by people stand beside it: `holdfast collapse plan` says how many are enough.

    ## Fix
    Leave the model's own records out (`without.generators` in a policy), or cap them and keep the planner's number of
    records by people beside them.
    """
    train = training_rows(dataset)
    if not provenance.generators:
        raise NotApplicable(f"no row says which model made it ({GENERATOR})")
    if not len(train):
        raise NotApplicable("there are no training rows")
    names = np.array([*(family(name) for name in provenance.generators), ""], dtype=object)
    whole = np.array([*provenance.generators, ""], dtype=object)
    of_row = names[provenance.generator[train]]
    own, bounded = np.zeros(len(train), dtype=bool), policy is not None and _bounded(dataset, policy)
    if model:
        own = (of_row == family(model)) if family(model) == model else (whole[provenance.generator[train]] == model)
        if own.mean() > max_share:
            yield _finding(provenance, train, own, [model], max_share, bounded=bounded, named=True)
    generation = provenance.generation[train]
    loops: dict[str, np.ndarray] = {}
    for name in sorted(set(of_row.tolist()) - {"", family(model) if own.any() else ""}):
        rows = of_row == name
        if len(np.unique(generation[rows & (generation > 0)])) > 1:
            loops[name] = rows
    if loops:
        together = np.logical_or.reduce(list(loops.values()))
        if together.mean() > max_share:
            ordered = sorted(loops, key=lambda name: (-int(loops[name].sum()), name))
            yield _finding(provenance, train, together, ordered, max_share, bounded=bounded)


def _bounded(dataset: Dataset, policy: Policy) -> bool:
    """Return whether a policy sees to people's records beside synthetic ones, and is kept."""
    share = policy.shares.get("synthetic")
    if policy.human.planned or not (policy.human.minimum or policy.human.verified or (share and share.high < 1)):
        return False
    try:
        return not breaks(dataset, policy)
    except BadInput:  # its test data cannot be read
        return False


def family(generator: str) -> str:
    """Return what a generator is called without its version."""
    return generator.partition("@")[0].partition(":")[0].strip()


def _finding(
    provenance: Provenance,
    train: np.ndarray,
    own: np.ndarray,
    names: list[str],
    max_share: float,
    *,
    bounded: bool,
    named: bool = False,
) -> Finding:
    rows, generation = train[own], provenance.generation[train[own]]
    rounds, counts = np.unique(generation[generation > NOT_KNOWN], return_counts=True)
    share = len(rows) / len(train)
    shown = and_more([one_line(name, 60) for name in names], 3)
    of = f"{len(rows):,} of {len(train):,} training rows ({percent(share)})"
    listed = ", ".join(str(int(one)) for one in rounds[:5]) + (f" to {int(rounds[-1])}" if len(rounds) > 5 else "")
    message = f"{of} were made by {shown}"
    message += (
        ", the model to be trained"
        if named
        else f" in generations {listed}: later ones learnt from what the same model had made"
    )
    return Finding(
        message=f"{message}; the policy that bounds them is kept" if bounded else message,
        severity=Severity.NOTE if bounded else Severity.WARNING,
        confidence=Confidence.CERTAIN if named else Confidence.MEDIUM,
        locations=(Location(rows=rows, columns=(GENERATOR,)),),
        evidence=(
            Measure(name="share of the model's own records", value=share, threshold=max_share, unit="share"),
            share_bars(
                f"Training rows made by {shown}, by {GENERATION.removeprefix('_')}",
                (Count(str(int(one)), "", int(n), len(train))
                 for one, n in zip(rounds[:_MOST_BARS], counts[:_MOST_BARS], strict=True)),
                x_name="generation",
                y_name="share of training rows",
            ),
        ),
        fix="Leave the model's own records out (`without.generators` in a policy), or cap them and keep the planner's "
        "number of records by people beside them.",
    )  # fmt: skip


def _rows(n_people: int, *generations: tuple[str, int]) -> dict[str, Any]:
    """Return ten synthetic rows for each (generator, generation), after rows by people."""
    made_by = [one for one in generations for _ in range(10)]
    return {
        "origin": ["human"] * n_people + ["synthetic"] * len(made_by),
        "generator": [None] * n_people + [name for name, _ in made_by],
        "generation": [0] * n_people + [number for _, number in made_by],
    }


@planted(at=Location(rows=tuple(range(50, 70)), columns=("_generator",)))
def two_rounds(rng: np.random.Generator) -> Dataset:
    """Versions 1 and 2 of one model, of generations 1 and 2, beside people's records."""
    return made(rng, **_rows(50, ("m@1", 1), ("m@2", 2)))


@planted(at=Location(rows=tuple(range(30, 50)) + tuple(range(60, 70)), columns=("_generator",)))
def among_others(rng: np.random.Generator) -> Dataset:
    """A model with records of three generations, beside another with one."""
    return made(rng, **_rows(30, ("m", 1), ("m", 2), ("other", 2), ("m", 4)))


@clean
def one_round(rng: np.random.Generator) -> Dataset:
    """Records of one generation of a model, as when a first model's output is added once."""
    return made(rng, **_rows(50, ("m@1", 1), ("m@2", 1)))


@clean
def each_from_another(rng: np.random.Generator) -> Dataset:
    """Every generation comes from another model: none has its own output before it."""
    return made(rng, **_rows(50, ("a", 1), ("b", 2), ("c", 3)))


@clean
def earlier_rounds_are_in_the_test(rng: np.random.Generator) -> Dataset:
    """The first round is in the test set only, which nothing is trained on."""
    rows = _rows(50, ("m", 1), ("m", 2))
    return made(rng, split=["train"] * 50 + ["test"] * 10 + ["train"] * 10, **rows)
