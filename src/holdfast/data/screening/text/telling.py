"""What a screening found, as sections of a run: shares, records for review, what was stripped, what nobody can say."""

from collections.abc import Sequence

import numpy as np

from holdfast.core.finding import Examples, Measure, Series
from holdfast.core.record import Section
from holdfast.core.text import one_line
from holdfast.data.screening.share.estimate import HEADLINE, Share
from holdfast.data.screening.share.mixtures import LEVEL
from holdfast.data.screening.text.screening import Screened, ScreenSettings
from holdfast.data.screening.text.strangers import PARTS, REPEATS

_SHOWN = 20
_STRATA = {0: "shorter texts", 1: "texts of full length", 2: "texts of any length"}


def said(found: Screened) -> str:
    """Return the outcome in a sentence."""
    if found.share.refused:
        share = f"The share of machine text is not estimable: {found.share.refused}."
    else:
        best = found.share.best
        share = (
            f"Between {best.low:.0%} and {best.high:.0%} of the texts are like the labelled machine texts "
            f"({found.share.level:.0%} interval; estimate {best.value:.0%}). "
            "This covers no generator that nobody labelled."
        )
    if found.refused:
        return f"{share} Nothing is said of single records, for the same reason." if found.share.refused else share
    return f"{share} {len(found.flagged):,} records are flagged for review, which is no verdict on any of them."


def sections(found: Screened, texts: Sequence[str], settings: ScreenSettings) -> list[Section]:
    """Return the parts of the report."""
    return [
        _shares(found),
        *_groups(found),
        *_strangers(found),
        _records(found, settings),
        *_flagged(found, texts),
        _assumptions(found),
        _detectors(found),
        _stripped(found),
        _limits(found, settings),
    ]


def _shares(found: Screened) -> Section:
    share = found.share
    if share.refused:
        says = [f"Not estimable: {share.refused}."]
    else:
        says = [f"{share.texts:,} texts were judged. {said(found)}",
                "The interval has the errors of the corpus and of the labelled texts, both redrawn."]  # fmt: skip
    evidence: list[Measure] = []
    if not share.refused:
        evidence += [
            Measure(name=f"share like the labelled machine texts, {one.method}", value=one.value, low=one.low,
                    high=one.high, level=share.level, unit="share")
            for one in share.intervals
        ]  # fmt: skip
    return Section(title="Share like the labelled machine texts", says=tuple(says), evidence=tuple(evidence))


def _groups(found: Screened) -> list[Section]:
    """Return the shares of groups as a section of their own: a terminal shows the first table of each."""
    if not found.groups:
        return []
    share, says = found.share, []
    evidence: list[Examples | Series] = []
    cells = [(one.name, one.texts, *_cell(one)) for one in found.groups]
    evidence.append(
        Examples(caption=f"Groups, {HEADLINE}", columns=("group", "texts", "share", "from", "to", "why not"),
                 cells=tuple(cells))
    )  # fmt: skip
    told = [one for one in found.groups if not one.refused]
    if len(told) > 1:
        evidence.append(
            Series(name="share like the labelled machine texts by group", x=tuple(one.name for one in told),
                   y=tuple(one.best.value for one in told), low=tuple(one.best.low for one in told),
                   high=tuple(one.best.high for one in told), x_name="group", y_name="share", shape="point")
        )  # fmt: skip
    says.append(
        f"{len(found.groups)} intervals of groups at {share.level:.0%}: about "
        f"{len(found.groups) * (1 - share.level):.1f} of them miss by chance."
    )
    return [Section(title="Share by group", says=tuple(says), evidence=tuple(evidence))]


def _cell(one: Share) -> tuple[float | None, float | None, float | None, str]:
    if one.refused:
        return None, None, None, f"not estimable: {one.refused}"
    return round(one.best.value, 3), round(one.best.low, 3), round(one.best.high, 3), ""


def _strangers(found: Screened) -> list[Section]:
    """Return what labelled generators, each as if nobody had labelled it, say of those that nobody did."""
    shown = [one for one in found.strangers if one.noticed]
    if not shown:
        return []
    size, counted = max(one.size for one in shown), any(one.counted for one in shown)
    says = [
        "No interval covers a generator that nobody labelled: what writes like people can be any part of a corpus.",
        (
            f"Each labelled generator was left out and hidden among people's labelled texts, in {REPEATS} corpora of "
            f"up to {size:,} texts. The table shows in how many of them the test of habits refused; it would refuse "
            f"{LEVEL:.0%} without it."
        ),
        (
            "Counted is the part of its texts that detectors who never saw it take for machines'."
            if counted
            else "How much of a stranger is counted as machine text is not estimable from one generator: label several."
        ),
    ]
    columns = ("generator", *(f"noticed at {part:.0%}" for part in PARTS), "counted", "from", "to")
    cells = [
        (one.name or "without a name", *(k / REPEATS for k in one.noticed),
         *((None,) * 3 if one.counted is None else (round(end, 2) for end in one.counted)))
        for one in shown
    ]  # fmt: skip
    table = Examples(caption="Left out in turn", columns=columns, cells=tuple(cells))
    return [Section(title="Generators that nobody labelled", says=tuple(says), evidence=(table,))]


def _records(found: Screened, settings: ScreenSettings) -> Section:
    if found.refused:
        return Section(
            title="Records", says=(f"No record has a p-value: not estimable, as {found.refused}.",
                                   "A rate of false flags that was measured on other texts would not hold here."),
        )  # fmt: skip
    judged = int(np.isfinite(found.p).sum())
    usable = [rate for rate in found.rates if np.isfinite(rate.threshold)]
    says = [
        (
            f"{len(found.flagged):,} of {judged:,} texts are flagged for review at p ≤ {settings.alpha:g}. Had people "
            f"written them all, about {settings.alpha * judged:,.0f} would be flagged. A flag says nothing about "
            "who wrote a text."
        ),
        (
            f"p is how often a text by a person of the same kind scores as high. It is calibrated on {found.held:,} "
            "texts of known human origin that no detector learnt from, and holds for texts drawn as they were."
        ),
    ]
    measures = [
        Measure(name=f"false-positive rate on people's texts, {_STRATA[rate.stratum]}", value=rate.mean,
                threshold=settings.alpha, low=rate.low, high=rate.high, level=0.95, unit="share")
        for rate in usable
    ]  # fmt: skip
    says += [
        f"Of {_STRATA[rate.stratum]} only {rate.held:,} calibrate, too few for a level of {settings.alpha:g}: none is "
        "flagged."
        for rate in found.rates
        if not np.isfinite(rate.threshold)
    ]
    return Section(title="Records for review", says=tuple(says), evidence=tuple(measures))


def _flagged(found: Screened, texts: Sequence[str]) -> list[Section]:
    """Return the first of the records that are flagged, if there are any."""
    if found.refused or not len(found.flagged):
        return []
    first = found.flagged[:_SHOWN]
    cells = tuple(
        (round(float(found.score[row]), 3), round(float(found.p[row]), 4), one_line(texts[row], 120)) for row in first
    )
    shown = Examples(
        caption=f"Highest score first ({len(first)} of {len(found.flagged):,})", columns=("score", "p", "text"),
        cells=cells, rows=tuple(int(row) for row in first),
    )  # fmt: skip
    return [Section(title="First for review", evidence=(shown,))]


def _assumptions(found: Screened) -> Section:
    if not found.share.tests:
        return Section(title="Does it hold here?", says=("There were too few texts to ask.",))
    cells = tuple(
        (
            one.name,
            round(one.statistic, 3),
            float(f"{one.p_value:.2g}"),
            one.level,
            "refuses" if one.refuses else "allows",
        )
        for one in found.share.tests
    )
    return Section(
        title="Does it hold here?",
        says=(
            (
                "A share means something only if the corpus is a mixture of texts like the labelled people's and the "
                "labelled machines'. Three tests try to refute that; together they refuse about "
                f"{sum(one.level for one in found.share.tests):.0%} of corpora that are."
            ),
            *(f"{one.name}: {one.says}." for one in found.share.tests),
        ),
        evidence=(Examples(caption="Tests", columns=("test", "statistic", "p", "level", "outcome"), cells=cells),),
    )


def _detectors(found: Screened) -> Section:
    cells = tuple(
        (one.detector, one.against, one.texts, round(one.area, 3), round(one.low, 3), round(one.high, 3))
        for one in found.separations
    )
    area, low, high = found.length_area
    matched = (
        "Lengths are matched."
        if low <= 0.5 <= high
        else "Length still differs between the kinds, so part of it is length."
    )
    return Section(
        title="How well detectors separate the labelled texts",
        says=(
            ("Area under the curve on texts that the detector did not learn from: how often a machine's text scores "
            "above a person's. 0.5 is a coin."),
            (f"Every text is cut to {found.prepared.words} words. The number of words alone has {area:.2f} "
            f"({low:.2f} to {high:.2f}). {matched}"),
        ),
        evidence=(
            Examples(caption="With 95% intervals", columns=("detector", "against", "texts", "area", "from", "to"),
                     cells=cells),
        ),
    )  # fmt: skip


def _stripped(found: Screened) -> Section:
    known = found.prepared
    says = [
        "Format tells collections apart, not makers. This was stripped from all texts before anything was measured:"
    ]
    if not known.stripped:
        says = ["There was no format and nothing shared to strip."]
    left = [(known.empty, "empty"), (known.short, f"with fewer than half of {known.words} words"),
            (known.known, "copies of a text whose origin is known")]  # fmt: skip
    says += [f"Not judged: {count:,} records {why}." for count, why in left if count]
    if known.contradicted:
        says.append(f"{known.contradicted:,} labelled texts are said to be both a person's and a machine's: left out.")
    evidence = [Examples(caption="Stripped", columns=("what", "texts"), cells=known.stripped)] if known.stripped else []
    if known.examples:
        cells = tuple((where, count, one_line(text, 100)) for where, text, count in known.examples)
        evidence.append(
            Examples(caption="Shared most often", columns=("where", "texts", "begins or ends"), cells=cells)
        )
    return Section(title="What was stripped", says=tuple(says), evidence=tuple(evidence))


def _limits(found: Screened, settings: ScreenSettings) -> Section:
    makers = [one.against for one in found.separations if one.against != "all"]
    learnt = f"the labelled machine texts ({', '.join(makers[:8])})" if makers else "the labelled machine texts"
    return Section(
        title="What this cannot say",
        says=(
            (
                f"It knows {learnt} and people's texts of the same kind. A generator that writes more like people "
                "than those do is counted with people, and no test sees it while it writes a small part."
            ),
            (
                "Texts by people who write in a second language, in fixed phrases, or with a spelling tool are flagged "
                "more often than others. Calibrate on texts of theirs, with --by a column that says so."
            ),
            f"Detector: {settings.detector}. Rewriting by hand or by another model lowers every score.",
        ),
    )
