"""Examples that are longer than what a model is shown of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.supervision import shown
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.supervision import Ledger, Supervision
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Remedy, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Ding et al. (2024), Fewer truncations improve language modeling, ICML, arXiv:2404.10830",
            "https://arxiv.org/abs/2404.10830",
        ),
    ),
)
def truncated_examples(supervision: Supervision, *, max_share: float = 0.05) -> Iterator[Finding]:
    """Examples that are cut to the model's length, and what of their answers is lost by it.

    ## Why it matters
    What is too long is cut without a word. A model whose answers are cut learns to stop in the middle, and one whose
    answers are cut off altogether learns nothing from these examples.

    ## How it works
    Tokens of each example are counted before and after the cut. An example of whose answer nothing is left is an error;
    answers that lose some tokens are a warning, and so is more than `max_share` of a split being cut where nothing that
    is learnt is lost. The length that would hold 99% of the examples, and the one that would hold all, are told.

    ## Limits
    It knows how much is cut, not whether it mattered.

    ## Fix
    Raise the length (`options.generate-text.length`, `options.classify-text.length`) as far as the model goes; cut the
    beginning of prompts rather than the end (`options.generate-text.cut = "start"`); split what is too long; or leave
    these rows out.
    """
    for split, one in supervision.ledgers.items():
        cut, gone = one.kept < one.whole, (one.lost > 0) & (one.supervised == 0)
        some = (one.lost > 0) & ~gone
        if gone.any():
            says = "nothing is left of the answer"
            yield _finding(supervision, split, one, gone, says, Severity.ERROR, 0.0)
        if some.any():
            lost = int(one.lost[some].sum())
            says = f"{lost:,} {supervision.unit} of the answers are lost"
            yield _finding(supervision, split, one, some, says, Severity.WARNING, 0.0)
        elif cut.mean() > max_share and not gone.any():
            lost = int((one.whole - one.kept).sum())
            says = f"{percent(lost / one.whole.sum())} of all {supervision.unit} of this split are never seen"
            yield _finding(supervision, split, one, cut, says, Severity.WARNING, max_share)


def _finding(supervision: Supervision, split: str, one: Ledger, which: np.ndarray, says: str, severity: Severity,
             threshold: float) -> Finding:  # fmt: skip
    n, share = int(which.sum()), float(which.mean())
    most, longest = _length_for(one, 0.99), int(one.whole.max())
    would = f"{most:,} would hold 99% of them, {longest:,} all" if most < longest else f"{longest:,} would hold all"
    return Finding(
        message=f"{n:,} of {len(one):,} {split} examples ({percent(share)}) are longer than {supervision.limit:,} "
        f"{supervision.unit} and are cut, and {says}; a length of {would}",
        severity=severity,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=np.unique(one.rows[which]), columns=supervision.columns, split=split),),
        evidence=(
            Measure(name="share of the examples", value=share, threshold=threshold, unit="share"),
            Examples(
                caption=f"Lengths of the {split} examples, in {supervision.unit}",
                columns=("median", "90%", "99%", "longest", "shown at most"),
                cells=((_length_for(one, 0.5), _length_for(one, 0.9), most, longest, supervision.limit),),
            ),
        ),
        fix="Raise the length as far as the model goes, cut the beginning of prompts in place of the end of answers, "
        "split what is too long, or leave these rows out.",
        remedy=Remedy(op="drop-rows", rows=np.unique(one.rows[which])) if severity is Severity.ERROR else None,
    )


def _length_for(one: Ledger, share: float) -> int:
    return int(np.quantile(one.whole, share, method="higher"))


@planted(at=Location(rows=(3, 7), split="train"))
def answers_cut_off(rng: np.random.Generator) -> dict[str, Any]:
    """The prompts of two examples fill the whole length."""
    gone = {3: 0, 7: 0}
    return shown(rng, changed={"supervised": gone, "lost": {3: 10, 7: 10}, "whole": {3: 130, 7: 110},
                               "kept": {3: 100, 7: 100}, "ends": {3: False, 7: False}})  # fmt: skip


@planted(at=Location(rows=(5,), split="train"))
def one_answer_shortened(rng: np.random.Generator) -> dict[str, Any]:
    """One answer loses four of its tokens."""
    return shown(rng, changed={"supervised": {5: 6}, "lost": {5: 4}, "whole": {5: 104}, "kept": {5: 100}})


@planted(at=Location(split="train"))
def half_of_the_texts(rng: np.random.Generator) -> dict[str, Any]:
    """Texts of up to 200 tokens are classified by their first 100."""
    return shown(rng, longest=200)


@clean
def all_short_enough(rng: np.random.Generator) -> dict[str, Any]:
    """Every example is shown as a whole."""
    return shown(rng, longest=100)


@clean
def one_in_a_hundred(rng: np.random.Generator) -> dict[str, Any]:
    """Two of 200 examples lose a little of what is not learnt."""
    return shown(rng, changed={"whole": {5: 104, 6: 120}, "kept": {5: 100, 6: 100}})
