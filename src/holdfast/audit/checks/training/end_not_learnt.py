"""Answers whose end a model does not learn, so that it never stops."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.supervision import shown
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.supervision import Supervision
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Hugging Face transformers, DataCollatorForLanguageModeling: labels that equal the padding are masked",
            "https://huggingface.co/docs/transformers/main_classes/data_collator",
        ),
        Reference(
            "Newman, Hewitt, Liang & Manning (2020), The EOS decision and length extrapolation, arXiv:2010.07174",
            "https://arxiv.org/abs/2010.07174",
        ),
    ),
)
def end_not_learnt(supervision: Supervision, *, max_share: float = 0.05) -> Iterator[Finding]:
    """Answers whose end is not learnt: the tuned model would go on until it is cut off.

    ## Why it matters
    A model stops because it has learnt to write the end token. Where the padding is the same token and masked with it,
    or the chat template ends answers with a token that generation does not stop at, the loss looks as it should, and
    the model never stops.

    ## How it works
    Among the tokens that are learnt of each training example, one that generation stops at is looked for. Examples
    whose answer was cut are left to `truncated-examples`. More than `max_share` without an end are an error, fewer a
    warning.

    ## Limits
    Texts that are cut into windows end once. An end that the serving software adds by a stop word of its own is not
    known here.

    ## Fix
    Give padding a token of its own; set the end token of tokenizer and generation_config.json to what the template
    ends answers with, or let it be appended: options.generate-text.append_end = true.
    """
    one = supervision.ledgers.get("train")
    if one is None or one.ends is None:
        raise NotApplicable("what is learnt here has no end, such as a class")
    asked = (one.lost == 0) & (one.supervised > 0)
    endless = asked & ~one.ends
    if not endless.any():
        return
    n, of = int(endless.sum()), int(asked.sum())
    share = n / of
    severe = share > max_share
    yield Finding(
        message=f"the end of {n:,} of {of:,} training answers ({percent(share)}) is not learnt: {_reason(supervision)}",
        severity=Severity.ERROR if severe else Severity.WARNING,
        confidence=Confidence.CERTAIN,
        locations=(Location(rows=np.unique(one.rows[endless]), columns=supervision.columns, split="train"),),
        evidence=(Measure(name="share of answers without an end", value=share, threshold=max_share, unit="share"),),
        fix="Give padding a token of its own, and let the end token be the one that the template ends answers with; "
        "or append it: options.generate-text.append_end = true.",
    )


def _reason(supervision: Supervision) -> str:
    if not supervision.end:
        return "neither the tokenizer nor the model names an end token"
    if supervision.pad_is_end:
        return (
            f"padding and end share the token {supervision.end}, and what is masked as padding takes the ends with it"
        )
    return f"generation stops at {supervision.end}, which is not among what is learnt of them"


def _without(n: int) -> dict[str, dict[int, Any]]:
    return {"ends": dict.fromkeys(range(n), False)}


@planted(at=Location(rows=tuple(range(200)), split="train"))
def padding_is_the_end(rng: np.random.Generator) -> dict[str, Any]:
    """Padding and end are one token, and masked."""
    return shown(rng, changed=_without(200), pad_is_end=True)


@planted(at=Location(rows=tuple(range(20)), split="train"))
def a_tenth_without_an_end(rng: np.random.Generator) -> dict[str, Any]:
    """A tenth of the answers ends with a token that generation does not stop at."""
    return shown(rng, changed=_without(20))


@clean
def every_end_is_learnt(rng: np.random.Generator) -> dict[str, Any]:
    """Every answer ends with the end token."""
    return shown(rng)


@clean
def padding_masked_by_its_place(rng: np.random.Generator) -> dict[str, Any]:
    """Padding and end are one token, and the ends are learnt all the same."""
    return shown(rng, pad_is_end=True)


@clean
def cut_answers(rng: np.random.Generator) -> dict[str, Any]:
    """Answers that were cut lost their end with the rest."""
    return shown(rng, changed={"ends": {1: False}, "lost": {1: 4}, "whole": {1: 104}, "kept": {1: 100}})
