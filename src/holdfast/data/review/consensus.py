"""What reviewers together say of a record, question by question; and where they do not agree."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from holdfast.data.review.queue import Queue
from holdfast.data.review.records import Decision, Question, judges

FIT, UNFIT = "fit", "unfit"


@dataclass(frozen=True)
class Opinion:
    """What was said of one record in answer to one question: by whom, and what it comes to.

    `value` is None where as many say one thing as another and nobody has settled it.
    """

    record: str
    votes: tuple[tuple[str, str], ...]  # reviewer, answer
    value: str | None
    settled_by: str = ""

    @property
    def disputed(self) -> bool:
        """Whether reviewers gave different answers, and nobody has settled them."""
        return not self.settled_by and len({answer for _, answer in self.votes}) > 1


def opinions(queue: Queue, question: Question, *, round_: int | None = None) -> Mapping[str, Opinion]:
    """Return the opinion about each record that somebody judged, by record. Of several rounds the last one counts."""
    latest: dict[tuple[str, str], Decision] = {}
    final: dict[str, Decision] = {}
    for one in queue.standing():
        if not judges(one) or (round_ is not None and one.round != round_):
            continue
        if one.adjudicates:
            final[one.record] = one
        elif (key := (one.record, one.reviewer)) not in latest or latest[key].round <= one.round:
            latest[key] = one
    votes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for (record, reviewer), one in latest.items():
        said = answer_to(queue, one, question)
        if said is not None:
            votes[record].append((reviewer, said))
    found = {}
    for record in dict.fromkeys([*votes, *final]):
        judge = final.get(record)
        said = answer_to(queue, judge, question) if judge is not None else None
        given = tuple(sorted(votes.get(record, ())))
        if said is not None and judge is not None:
            found[record] = Opinion(record, given, said, judge.reviewer)
        elif given:
            found[record] = Opinion(record, given, majority([answer for _, answer in given]))
    return found


def answer_to(queue: Queue, decision: Decision, question: Question) -> str | None:
    """Return what a decision answers to a question; None where it says nothing about it."""
    if question == "origin":
        return decision.origin
    if question == "fit":
        return None if decision.verdict is None else UNFIT if decision.verdict == "reject" else FIT
    if decision.label is not None:
        return decision.label
    if decision.verdict == "approve" and not decision.blind:
        return queue.by_record[decision.record].given
    return None


def majority(answers: Sequence[str]) -> str | None:
    """Return what more say than anything else; None for a tie."""
    ranked = Counter(answers).most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def disputed(queue: Queue, questions: Iterable[Question] | None = None) -> tuple[str, ...]:
    """Return the records that reviewers disagree about and nobody has settled, in the order of the queue."""
    open_ = {
        record
        for question in (questions or queue.header.asks)
        for record, one in opinions(queue, question).items()
        if one.disputed
    }
    return tuple(item.record for item in queue.items if item.record in open_)
