"""What a review came to, in words and tables: rates, agreement, what is left to settle."""

from collections.abc import Iterator, Sequence

from holdfast.core.finding import Cell, Evidence, Examples, Measure
from holdfast.core.record import Section
from holdfast.core.showing import Shown
from holdfast.core.text import one_line
from holdfast.data.review import agreement
from holdfast.data.review.consensus import disputed, opinions
from holdfast.data.review.estimating import RateEstimate
from holdfast.data.review.queue import Queue
from holdfast.data.review.records import judges
from holdfast.data.review.sampled import RATES, Rate, is_case

_MOST_LISTED = 20
_METHODS = {
    "simple": "random sample",
    "stratified": "stratified sample",
    "poisson": "sample by size",
    "difference": "scores put right by the sample",
    "corrected": "put right for the reviewers' own errors",
}


def percent(value: float) -> str:
    """Return a share as people write it: more digits where it is small."""
    return f"{100 * value:.2f}%" if value < 0.01 else f"{100 * value:.1f}%"


def sentence(rate: Rate, estimate: RateEstimate) -> str:
    """Return an estimate in one sentence, or why there is none."""
    what = RATES[rate][1]
    if estimate.interval is None:
        return f"The {what} is not estimable: {estimate.reason}."
    low, high = percent(estimate.interval.low), percent(estimate.interval.high)
    return (
        f"The {what} is {percent(estimate.interval.value)} ({low} to {high}, {estimate.interval.level:.0%} interval): "
        f"{estimate.cases:,} of {estimate.judged:,} judged, for {estimate.rows:,} records"
    )


def rates_section(
    found: Sequence[tuple[Rate, RateEstimate]],
    notes: Sequence[str],
    needed: Sequence[str],
) -> Section:
    """Return the section of the rates: each estimate in a sentence, and as a number with its interval."""
    says: list[str] = []
    evidence: list[Evidence] = []
    for rate, one in found:
        how = _METHODS[one.method]
        says.append(f"{sentence(rate, one)}{f' · {how}' if one.interval is not None else ''}")
        if one.interval is not None:
            low, high, level = one.interval.low, one.interval.high, one.interval.level
            name = f"{RATES[rate][1]}, {how}"
            evidence.append(Measure(name=name, value=one.interval.value, low=low, high=high, level=level, unit="share"))
            evidence += _strata(rate, one)
    return Section(title="Rates in all records", says=(*says, *notes, *needed), evidence=tuple(evidence))


def _strata(rate: Rate, one: RateEstimate) -> list[Evidence]:
    if not one.strata:
        return []
    lines: list[tuple[Cell, ...]] = [
        (one_line(name, 60), judged, cases, percent(part.value), f"{percent(part.low)} to {percent(part.high)}")
        for name, judged, cases, part in one.strata
    ]
    caption = f"{RATES[rate][1].capitalize()} by stratum, each with an interval of its own"
    return [Examples(caption=caption, columns=("stratum", "judged", "cases", "share", "interval"), cells=tuple(lines))]


def picked_section(queue: Queue) -> Section | None:
    """Return what was found among records that were picked, which says nothing about the others."""
    lines: list[tuple[Cell, ...]] = []
    for why in ("uncertain", "flagged"):
        items = [item for item in queue.items if why in item.why]
        for question in queue.header.asks if items else ():
            rate: Rate = {"label": "wrong-label", "origin": "synthetic", "fit": "unfit"}[question]  # type: ignore[assignment]
            said = opinions(queue, question)
            found = [is_case(rate, said[item.record].value, item) for item in items if item.record in said]
            known = [one for one in found if one is not None]
            if known:
                lines.append((why, RATES[rate][1], len(known), sum(known)))
    if not lines:
        return None
    says = ("These records were picked, not drawn: what was found among them is no estimate of anything else.",)
    table = Examples(caption="Found among them", columns=("picked for", "what", "judged", "cases"), cells=tuple(lines))
    return Section(title="Picked records", says=says, evidence=(table,))


def agreement_section(queue: Queue, seed: int) -> Section | None:
    """Return how well reviewers agree, question by question; None where no record was judged twice."""
    says: list[str] = []
    evidence: list[Evidence] = []
    for question in queue.header.asks:
        answers = agreement.answers_of(opinions(queue, question))
        if not len(answers):
            continue
        same = agreement.observed(answers)
        says.append(
            f"{question}: {len(answers):,} records were judged by several people, who said the same of "
            f"{percent(same.value)} ({percent(same.low)} to {percent(same.high)})."
        )
        evidence.append(_coefficients(question, answers, seed))
        if parts := agreement.confusions(answers):
            cells = tuple((one_line(one, 60), one_line(two, 60), n) for one, two, n in parts)
            evidence.append(
                Examples(
                    caption=f"Answers that stand against each other, {question}",
                    columns=("one", "another", "records"),
                    cells=cells,
                )
            )
    return Section(title="Agreement of reviewers", says=tuple(says), evidence=tuple(evidence)) if says else None


def _coefficients(question: str, answers: agreement.Answers, seed: int) -> Examples:
    found = [agreement.krippendorff(answers, seed=seed)]
    if len(answers.reviewers) > 2:
        found.append(agreement.fleiss(answers, seed=seed))
    pairs = [(one, two) for place, one in enumerate(answers.reviewers) for two in answers.reviewers[place + 1 :]]
    found += [agreement.cohen(answers, one, two, seed=seed) for one, two in pairs[:_MOST_LISTED]]
    lines: list[tuple[Cell, ...]] = [_line(one, one_line(one.name, 60)) for one in found]
    if len(answers.categories) > 2:
        each = agreement.by_class(answers, seed=seed)
        lines += [_line(one, f"alpha, {one_line(name, 40)}") for name, one in list(each.items())[:_MOST_LISTED]]
    caption = f"Agreement on {question}: 1 is perfect, 0 is chance"
    return Examples(caption=caption, columns=("coefficient", "value", "95% interval", "records"), cells=tuple(lines))


def _line(one: agreement.Agreement, name: str) -> tuple[Cell, ...]:
    if not one.estimable:
        return (name, "not estimable", one.reason, one.records)
    return (name, round(one.value, 3), one.reason or f"{one.low:.3f} to {one.high:.3f}", one.records)


def disputes_section(queue: Queue) -> Section | None:
    """Return the records that wait for somebody to settle them; None where there are none."""
    open_ = disputed(queue)
    if not open_:
        return None
    said = {question: opinions(queue, question) for question in queue.header.asks}
    lines: list[tuple[Cell, ...]] = []
    for record in open_[:_MOST_LISTED]:
        votes = [
            f"{reviewer}: {answer}"
            for of in said.values()
            if record in of and of[record].disputed
            for reviewer, answer in of[record].votes
        ]
        lines.append((record[:12], queue.by_record[record].row + 1, one_line(", ".join(votes), 120)))
    says = (f"{len(open_):,} records wait for a decision: holdfast data review {queue.path} --adjudicate",)
    table = Examples(caption="To be settled", columns=("record", "row", "said"), cells=tuple(lines))
    return Section(title="Where reviewers disagree", says=says, evidence=(table,))


def progress_section(queue: Queue) -> Section:
    """Return who judged how much, and how long it took."""
    progress = queue.progress()
    lines: list[tuple[Cell, ...]] = [tuple(line) for line in _reviewers(queue)]
    wanted = queue.header.reviewers
    people = "1 person" if wanted == 1 else f"{wanted} people"
    says = [f"{progress.by_all:,} of {len(queue.items):,} records were judged by {people}, as was asked."]
    if queue.damaged:
        says.append(f"{queue.damaged:,} lines of the log of decisions cannot be read, and are left out.")
    blind = [one.blind for one in queue.standing() if judges(one)]
    if blind and not all(blind):
        says.append(f"{blind.count(False):,} of {len(blind):,} decisions were taken with the labels in view.")
    columns = ("reviewer", "judged", "skipped", "seconds each")
    evidence = (Examples(caption="Reviewers", columns=columns, cells=tuple(lines)),) if lines else ()
    return Section(title="Progress", says=tuple(says), evidence=evidence)


def _reviewers(queue: Queue) -> Iterator[tuple[Cell, ...]]:
    import statistics

    standing = queue.standing()
    for name in dict.fromkeys(one.reviewer for one in standing):
        mine = [one for one in standing if one.reviewer == name]
        times = [one.seconds for one in mine if one.seconds is not None]
        skipped = sum(one.verdict == "skip" for one in mine)
        each = round(statistics.median(times), 1) if times else None
        yield one_line(name, 60), len(mine) - skipped, skipped, each


def shown(queue: Queue) -> Shown:
    """Return how far a queue is, for a notebook."""
    found = (progress_section(queue), disputes_section(queue))
    return Shown(f"Review {queue.path.name}", f"{len(queue.items):,} records", tuple(one for one in found if one))
