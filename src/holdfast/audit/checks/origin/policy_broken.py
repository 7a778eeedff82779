from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.origin import made
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity
from holdfast.data.mixing.judging import breaks
from holdfast.data.mixing.policy import Bound, Caps, Human, Policy


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Gerstgrasser et al. (2024), Is model collapse inevitable? Breaking the curse of recursion by accumulating "
            "real and synthetic data, arXiv:2404.01413",
            "https://arxiv.org/abs/2404.01413",
        ),
        Reference(
            "Bertrand, Bose, Duplessis, Jiralerspong & Gidel (2024), On the stability of iterative retraining of "
            "generative models on their own data, ICLR",
            "https://arxiv.org/abs/2310.00429",
        ),
    ),
)
def policy_broken(dataset: Dataset, policy: Policy) -> Iterator[Finding]:
    """The training rows break the policy for what a training set may be made of.

    ## Why it matters
    What keeps generations of models from collapsing is a number: enough records by people in every training set. A
    policy that nobody checks is kept until the first hurry.

    ## How it works
    The training rows (all, where there is no split) are counted as the policy counts: by origin and the evidence for
    it, by generator and generation, by source and licence. Each limit that is not kept is a finding. The policy is
    given with --policy, or found as `_mix.json` beside the data.

    ## Limits
    Believes the columns of provenance. Where the policy says how many records a mix has, that number is not checked.

    ## Fix
    Mix again: `holdfast data mix POLICY --out FOLDER` takes records that keep it, or says why none can.
    """
    try:
        found = breaks(dataset, policy)
    except BadInput as error:  # no training rows, or test data that cannot be read
        raise NotApplicable(str(error)) from error
    where = "train" if dataset.one("split") is not None else None
    for one in found:
        columns = tuple(name for name in one.columns if name in dataset.table.column_names)
        yield Finding(
            message=f"{one.key}: {one.says}",
            confidence=Confidence.CERTAIN,
            locations=(Location(rows=one.rows, columns=columns, split=where),),
            evidence=(Measure(name=one.key, value=one.value, threshold=one.limit, unit="rows"),),
            fix="Mix again: `holdfast data mix POLICY --out FOLDER` takes records that keep it, or says why none can.",
        )


_POLICY = Policy(
    source=("corpus",),
    shares={"synthetic": Bound(at_most=0.3)},
    caps=Caps(generator=0.2),
    human=Human(minimum=60, evidence="declared"),
)
_SPLIT = ["train"] * 100 + ["test"] * 20


def _mixed(rng: np.random.Generator, people: int, evidence: str = "declared", generators: int = 2) -> Dataset:
    origin = ["human"] * people + ["synthetic"] * (100 - people) + ["human"] * 20
    generator = [f"m{i % generators}" if one == "synthetic" else None for i, one in enumerate(origin)]
    return made(rng, origin, _SPLIT, generator=generator, evidence=[evidence] * 120)


@planted(at=Location(columns=("_origin",), split="train"))
def too_much_synthetic(rng: np.random.Generator) -> dict[str, Any]:
    """Half of the training rows are synthetic, where three in ten may be."""
    return {"dataset": _mixed(rng, 50), "policy": _POLICY}


@planted(at=Location(rows=tuple(range(75, 100)), columns=("_generator",), split="train"))
def one_generator(rng: np.random.Generator) -> dict[str, Any]:
    """A quarter of the rows comes from one generator, where a fifth may."""
    return {"dataset": _mixed(rng, 75, generators=1), "policy": _POLICY}


@planted(at=Location(columns=("_origin",), split="train"))
def hearsay(rng: np.random.Generator) -> dict[str, Any]:
    """All rows say that people made them, with no evidence for it."""
    return {"dataset": _mixed(rng, 100, evidence="none"), "policy": _POLICY}


@clean
def just_kept(rng: np.random.Generator) -> dict[str, Any]:
    """Three in ten synthetic, no generator with more than a fifth; test rows do not count."""
    return {"dataset": _mixed(rng, 70), "policy": _POLICY}
