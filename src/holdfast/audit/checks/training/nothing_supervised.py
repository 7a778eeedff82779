"""Examples that hold nothing to learn."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.supervision import shown
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.supervision import Supervision
from holdfast.core.finding import Confidence, Finding, Location, Measure, Remedy, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Huerta-Enochian & Ko (2024), Instruction fine-tuning: does prompt loss matter?, arXiv:2401.13586",
            "https://arxiv.org/abs/2401.13586",
        ),
    ),
)
def nothing_supervised(supervision: Supervision) -> Iterator[Finding]:
    """Examples of which the model learns nothing: an empty answer, or no answer at all.

    ## Why it matters
    A language model learns the answers and not the prompts. A conversation without an answer costs time and teaches
    nothing; where there are many, the model learns from fewer examples than anybody thinks, and trainers drop them
    without a word.

    ## How it works
    The supervised tokens of each example are counted, as they will be when the loss is computed. Each example that has
    none, and lost none by being cut, is reported. Those whose answer was cut off are found by `truncated-examples`.

    ## Limits
    It counts tokens. An answer that says nothing (`N/A`) is a token or two, and not found.

    ## Fix
    Leave these rows out, or give them an answer; look whether the roles of the messages are spelled `user` and
    `assistant`.
    """
    for split, one in supervision.ledgers.items():
        empty = (one.supervised == 0) & (one.lost == 0)
        if not empty.any():
            continue
        n, share = int(empty.sum()), float(empty.mean())
        rows = np.unique(one.rows[empty])
        yield Finding(
            message=f"{n:,} of {len(one):,} {split} examples ({percent(share)}) hold nothing to learn: "
            "no token of theirs is supervised",
            confidence=Confidence.CERTAIN,
            locations=(Location(rows=rows, columns=supervision.columns, split=split),),
            evidence=(Measure(name="share of the examples", value=share, threshold=0.0, unit="share"),),
            fix="Leave these rows out, or give them an answer; the roles of messages are user and assistant.",
            remedy=Remedy(op="drop-rows", rows=rows),
        )


@planted(at=Location(rows=(3, 7), split="train"))
def two_without_an_answer(rng: np.random.Generator) -> dict[str, Any]:
    """Two training examples have an empty answer."""
    return shown(rng, changed={"supervised": {3: 0, 7: 0}})


@clean
def every_one_has_an_answer(rng: np.random.Generator) -> dict[str, Any]:
    """Every example has an answer."""
    return shown(rng)


@clean
def one_token_is_enough(rng: np.random.Generator) -> dict[str, Any]:
    """An answer of one token is an answer."""
    return shown(rng, changed={"supervised": {3: 1}})


@clean
def cut_off_is_another_matter(rng: np.random.Generator) -> dict[str, Any]:
    """The answer was there and was cut off: `truncated-examples` says so."""
    return shown(rng, changed={"supervised": {3: 0}, "lost": {3: 10}, "whole": {3: 120}, "kept": {3: 100}})
