"""What was found of a mark, in words, tables and a finding."""

import numpy as np

from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Series, Severity
from holdfast.core.record import CheckResult, Citation, Section, Status
from holdfast.core.rows import Rows
from holdfast.data.screening.watermarks.detecting import Marks
from holdfast.data.screening.watermarks.keys import Key
from holdfast.data.screening.watermarks.scheme import Scheme
from holdfast.data.screening.watermarks.settings import MarkSettings

_SHOWN = 5
_BINS = 20
_SOURCES = (
    Citation(text="Kirchenbauer et al. (2023), ICML", url="https://arxiv.org/abs/2301.10226"),
    Citation(text="Fernandez et al. (2023), Three bricks", url="https://arxiv.org/abs/2308.00113"),
    Citation(text="Dathathri et al. (2024), Nature 634, 818", url="https://doi.org/10.1038/s41586-024-08025-4"),
)


def said(marks: Marks, scheme: Scheme, key: Key, alpha: float) -> str:
    """Return the outcome in a sentence."""
    n, found = len(marks.n), int(marks.flagged(alpha / 2, scheme).sum())
    if found:
        return f"{found:,} of {n:,} texts carry the mark of key {key.id}."
    if marks.pooled.p <= alpha / 2:
        return f"The {n:,} texts together carry the mark of key {key.id}; no single one can be told to."
    short = int(marks.hopeless(scheme, alpha / 2).sum())
    untold = f" {short:,} are too short to tell." if short else ""
    return f"No mark of key {key.id} was found in {n:,} texts, which says nothing about texts of other makers.{untold}"


def sections(marks: Marks, scheme: Scheme, key: Key, settings: MarkSettings, column: str) -> tuple[Section, ...]:
    """Return what there is to look at: all texts together, the texts, and how it was counted."""
    return (
        _together(marks, scheme, key, settings.alpha),
        _singly(marks, scheme, settings.alpha),
        _counted(marks, scheme, settings, column),
    )


def result(marks: Marks, scheme: Scheme, key: Key, settings: MarkSettings, column: str) -> CheckResult:
    """Return the judgement as a check's result: found where a mark is shown."""
    flagged = marks.flagged(settings.alpha / 2, scheme)
    together = marks.pooled.p <= settings.alpha / 2
    findings = (_finding(marks, scheme, key, settings, column),) if flagged.any() or together else ()
    return CheckResult(
        check="marked-texts",
        title="Texts that carry the mark of a key, and so were written by the model that has it",
        family="origin",
        why="A model that learns from its own writing loses the rare and repeats its mistakes.",
        references=_SOURCES,
        status=Status.FOUND if findings else Status.PASSED,
        findings=findings,
        alpha=settings.alpha,
        options=settings.model_dump(mode="json", exclude_defaults=True),
    )


def _finding(marks: Marks, scheme: Scheme, key: Key, settings: MarkSettings, column: str) -> Finding:
    rows = np.flatnonzero(marks.flagged(settings.alpha / 2, scheme))
    evidence = (
        Measure(name="texts with the mark", value=len(rows), threshold=0, unit="rows"),
        _pooled(marks, settings.alpha),
    )
    return Finding(
        message=said(marks, scheme, key, settings.alpha),
        check="marked-texts",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        locations=(Location(rows=Rows(rows), columns=(column,)),),
        evidence=evidence,
        fix="Record them as synthetic with their generator; keep them out of what that model learns from.",
    )


def _pooled(marks: Marks, alpha: float) -> Measure:
    return Measure(name="z of all texts together", value=_plain(marks.pooled.z), threshold=None,
                   p_value=marks.pooled.p, level=1 - alpha / 2)  # fmt: skip


def _plain(value: float) -> float:
    return round(float(value), 4) if np.isfinite(value) else 0.0


def _together(marks: Marks, scheme: Scheme, key: Key, alpha: float) -> Section:
    pool = marks.pooled
    if not pool.n:
        return Section(title="All texts together", says=("No text is longer than a context: nothing can be counted.",))
    share = pool.total / pool.n / scheme.scale
    chance = scheme.mean / scheme.scale
    sampled = f", a sample of {pool.of:,}" if pool.of > 1.5 * pool.n else ""
    verdict = "the mark is there" if pool.p <= alpha / 2 else "no mark is shown"
    return Section(
        title="All texts together",
        says=(
            (
                f"{pool.n:,} distinct n-grams{sampled} score {share:.4f}, where chance gives {chance:.4f}: "
                f"z = {pool.z:.2f}, p = {pool.p:.2g}. {verdict.capitalize()} (key {key.id})."
            ),
        ),
        evidence=(_pooled(marks, alpha),),
    )


def _singly(marks: Marks, scheme: Scheme, alpha: float) -> Section:
    flagged = marks.flagged(alpha / 2, scheme)
    order = np.lexsort((-marks.n, marks.p))[:_SHOWN]
    order = order[marks.n[order] > 0]
    z, share = marks.z(scheme), marks.share(scheme)
    cells = tuple(
        (int(marks.n[row]), round(float(share[row]), 3), round(float(z[row]), 2), f"{marks.p[row]:.2g}",
         f"{marks.start[row]}–{marks.stop[row]}" if marks.window[row] else "whole", bool(flagged[row]))
        for row in order
    )  # fmt: skip
    counts, _ = np.histogram(marks.p[marks.n > 0], bins=_BINS, range=(0, 1))
    short = int(marks.hopeless(scheme, alpha / 2).sum())
    says = [
        (
            f"{int(flagged.sum()):,} of {len(marks.n):,} texts are flagged; among flagged ones the expected share of "
            f"false ones is at most {alpha / 2:g}."
        )
    ]
    if short:
        says.append(f"{short:,} texts are so short that even a perfect mark would not show in them alone.")
    return Section(
        title="Texts",
        says=tuple(says),
        evidence=(
            Examples(
                caption="Texts with the smallest p-values",
                columns=("counted tokens", "share", "z", "p", "where", "flagged"),
                cells=cells,
                rows=tuple(int(row) for row in order),
            ),
            Series(
                name="p-values of texts: even without a mark, piled up at the left with one",
                x=tuple(round((i + 0.5) / _BINS, 3) for i in range(_BINS)),
                y=tuple(int(count) for count in counts),
                x_name="p-value",
                y_name="texts",
                shape="bar",
            ),
        ),
    )


def _counted(marks: Marks, scheme: Scheme, settings: MarkSettings, column: str) -> Section:
    exact = (
        "p-values are exact (binomial)"
        if scheme.exact
        else "p-values of the weighted mean are saddlepoint approximations, within 0.5% of exact ones"
    )
    rule = "Benjamini–Hochberg" if scheme.exact else "Benjamini–Yekutieli"
    unit = settings.tokens if settings.tokens in {"words", "bytes"} else "tokens of the given tokenizer"
    says = [
        (
            f"Column {column!r} in {unit}; {scheme.said()}. Each n-gram counts once a text; {exact}, corrected for the "
            f"number of texts by {rule}. Half of the chance of a false alarm ({settings.alpha:g}) goes to all texts "
            "together, half to single ones."
        )
    ]
    if left := int(marks.common.sum()):
        says.append(
            f"{left:,} tokens ({left / max(1, left + int(marks.n.sum())):.1%}) stand in n-grams that many texts share, "
            "and are not counted in single texts: they would push all of them the same way."
        )
    if settings.windows:
        says.append("Windows of 32 tokens and more were looked at too, with p multiplied by their number.")
    return Section(title="How it was counted", says=tuple(says))
