"""Conversations that a model would see written otherwise in use than it learnt them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.audit.cases.supervision import shown
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.audit.evidence import percent
from holdfast.audit.supervision import Fault, Supervision
from holdfast.core.finding import Confidence, Finding, Location, Measure, Severity


@check(
    severity=Severity.ERROR,
    references=(
        Reference(
            "Jiang et al. (2024), ChatBug: a common vulnerability of aligned "
            "LLMs induced by chat templates, arXiv:2406.12935",
            "https://arxiv.org/abs/2406.12935",
        ),
        Reference(
            "Hugging Face transformers, Chat templates: generation prompts and training",
            "https://huggingface.co/docs/transformers/chat_templating",
        ),
    ),
)
def template_mismatch(supervision: Supervision) -> Iterator[Finding]:
    """Examples whose prompt is not written, or not cut into tokens, as it will be in use.

    ## Why it matters
    A model answers best what looks as it did in training. A template that writes the prompt in one way before an answer
    and in another without it teaches the model a prompt that it will never see.

    ## How it works
    For each answer, the template is applied to the messages before it, with its generation prompt, as in use. What
    comes out must be the beginning of the example, in characters and in tokens. Where the characters differ, this is an
    error. Where only a token would span the seam, prompt and answer are tokenised apart, as in use: this is a note.

    ## Limits
    Templates that write a date are compared with themselves on the same day. Later answers of a conversation that a
    template writes otherwise on purpose (thoughts that are left out of earlier answers) are reported as well: learn
    the last answer only (`options.generate-text.learn = "last-answer"`).

    ## Fix
    Use a template whose prompt is the beginning of the whole, or learn the last answer only.
    """
    for fault in supervision.template_faults:
        n, share = len(fault.rows), len(fault.rows) / max(fault.of, 1)
        after = "; they are tokenised in pieces, as in use" if fault.mended else ""
        yield Finding(
            message=f"in {n:,} of {fault.of:,} {fault.split} examples ({percent(share)}) {fault.says}{after}",
            severity=Severity.NOTE if fault.mended else Severity.ERROR,
            confidence=Confidence.CERTAIN,
            locations=(Location(rows=fault.rows, columns=supervision.columns, split=fault.split),),
            evidence=(Measure(name="share of the examples", value=share, threshold=0.0, unit="share"),),
            fix="End prompts without a space, or begin answers with one."
            if fault.mended
            else "Use a chat template whose prompt is the beginning of the whole, or learn the last answer only: "
            'options.generate-text.learn = "last-answer".',
        )


@planted(at=Location(rows=(2, 9), split="train"))
def prompts_written_otherwise(rng: np.random.Generator) -> dict[str, Any]:
    """The template writes two prompts otherwise once they are answered."""
    says = "what the model is prompted with is not how the example begins"
    return shown(rng, faults=(Fault(says, "train", np.array([2, 9]), 200),))


@clean
def written_alike(rng: np.random.Generator) -> dict[str, Any]:
    """Every prompt is the beginning of its example."""
    return shown(rng)
