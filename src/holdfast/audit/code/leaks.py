"""Knowledge that crosses a split: what was learned from rows, and the splits and scores that it reaches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from holdfast.audit.code.events import Flow, Learned, Place, Scored, Split
from holdfast.audit.code.rows import Rows, apart, contains, covers, crosses, held_out, kept_in
from holdfast.audit.code.values import Data
from holdfast.audit.code.vocabulary import TRANSFORMS

_OF_VALUES = {"statistic", "future", "bin", "corr", "group"}  # of a label these define it, and do not leak
_COPIES = {"over", "under", "augment"}
_BY_SPLITS = {"model", "filter"}  # a score on rows that were left alone is not touched by what was left out
_NEVER = {"corr", "threshold", "importance", "future", "tuned"}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something learned from rows that it should not have seen."""

    learned: Learned
    reaches: tuple[Place, ...]  # splits, scores, cross-validations
    what: str  # split, score, cross-validation
    test_only: bool = False  # learned from the very rows that are judged, and no others
    label: bool = False  # the label was used
    both_sides: bool = False  # learned from training and test rows put together again


def leaks(flow: Flow) -> tuple[Leak, ...]:
    """Return what leaks in a program, in the order of its lines, one a line and kind."""
    found: dict[int, list[tuple[str, Place, bool]]] = {}
    for number, what, place, test_only in _reached(flow):
        found.setdefault(number, []).append((what, place, test_only))
    seen: dict[tuple[str, str, int | None, int, bool], Leak] = {}
    for number, places in sorted(found.items()):
        event = flow.learned[number]
        if event.kind == "statistic" and number in flow.applied:
            event = replace(event, place=flow.applied[number])
        test_only = all(one[2] for one in places)
        key = (event.kind, event.place.file, event.place.cell, event.place.line, test_only)
        ordered = tuple(dict.fromkeys(one[1] for one in sorted(places, key=lambda one: one[1].order)))
        seen.setdefault(
            key, Leak(event, ordered, places[0][0], test_only, shows_label(flow, event), _mixes(event.rows))
        )
    return tuple(sorted(seen.values(), key=lambda leak: leak.learned.place.order))


def _mixes(rows: Rows) -> bool:
    """Return whether rows were put together again after a split had parted them."""
    return len(rows) > 1 and any(held_out(frozenset({path})) for path in rows)


def shows_label(flow: Flow, event: Learned) -> bool:
    """Return whether the label was among what was learned from."""
    if event.kind in {"group", "select", "statistic"} and event.column is not None:
        return event.column in flow.label_columns or event.label
    return event.label


def live(flow: Flow, data: Data) -> frozenset[int]:
    """Return what was learned that is in the features of a table, or in its labels where it does not define these."""
    labels, features = data.known, frozenset[int]()
    if data.role != "label":
        labels = frozenset().union(*(ids for name, ids in data.columns.items() if name in flow.label_columns))
        features = data.learned.union(*(ids for name, ids in data.columns.items() if name not in flow.label_columns))
    return features | {one for one in labels if flow.learned[one].kind not in _OF_VALUES}


def _reached(flow: Flow) -> Iterator[tuple[int, str, Place, bool]]:  # noqa: C901, PLR0912 a ladder of cases
    for split in flow.splits:
        besides = any(other.name != split.name for other in flow.splits)
        besides |= any(honest(flow, one) for one in flow.scored)
        if split.name == "validation_split" and besides:
            continue  # of the training rows, where the program has test rows besides
        what = "cross-validation" if split.folds else "split"
        for data in split.given:
            for number in live(flow, data) - _left_out(flow, split, data):
                whole = split.name != "slices" or contains(flow.learned[number].rows, data.rows)
                if whole and _before(flow, number, data.rows):
                    yield number, what, split.place, False
    for validated in flow.validated:
        for held in (validated.data, validated.label):
            for number in live(flow, held) if held is not None else ():
                if _before(flow, number, held.rows if held is not None else frozenset()):
                    yield number, "cross-validation", validated.place, False
    for score in flow.scored:
        if honest(flow, score):
            yield from _scored(flow, score)
    for event in flow.learned:
        if _fitted_again(flow, event):
            yield event.id, "fit", event.place, True
    for fitted in flow.fitted:
        for number in live(flow, fitted.data):
            event = flow.learned[number]
            if event.kind not in _NEVER and _names_test(flow, event.rows) and covers(event.rows, fitted.data.rows):
                yield number, "fit", fitted.place, False


def _left_out(flow: Flow, split: Split, data: Data) -> frozenset[int]:
    """Return what is in columns of a table that is parted, and in nothing that a model is fitted on afterwards."""
    later = [one for one in flow.fitted if one.place.order > split.place.order]
    fits = [held for one in later if contains(data.rows, one.data.rows) for held in (one.data, one.label) if held]
    if not fits or not data.columns:
        return frozenset()
    return frozenset().union(*data.columns.values()) - data.learned.union(*(one.known for one in fits))


def _fitted_again(flow: Flow, event: Learned) -> bool:
    """Return whether something was learned from test rows after the same had been learned from other rows."""
    if event.kind not in TRANSFORMS | {"statistic"} or event.data.record or not is_held_out(flow, event.rows):
        return False
    if event.kind == "statistic" and (
        event.id not in flow.applied or any(path[0][0] == "given" for path in event.rows)
    ):
        return False  # of a parameter nothing is known but its name
    return any(
        (one.kind, one.what, one.column) == (event.kind, event.what, event.column)
        and (apart(one.rows, event.rows) or _named_apart(flow, one.rows, event.rows))
        for one in flow.learned[: event.id]
    )


def _named_apart(flow: Flow, train: Rows, test: Rows) -> bool:
    """Return whether the program calls rows its training and its test rows, and nothing says that they overlap."""
    named = flow.sides.get(train) == "train" and flow.sides.get(test) == "test"
    return named and not covers(train, test) and not crosses(train, test)


def _names_test(flow: Flow, rows: Rows) -> bool:
    """Return whether rows are several sets put together, one of which the program calls its test set."""
    return len(rows) > 1 and any(flow.sides.get(frozenset({path})) == "test" for path in rows)


def honest(flow: Flow, score: Scored) -> bool:
    """Return whether a score is meant to be one on rows that the model has not seen."""
    if not score.rows:
        return False
    if not score.models:
        return is_held_out(flow, score.rows)
    return not any(covers(flow.learned[one].rows, score.rows) for one in score.models)


def is_held_out(flow: Flow, rows: Rows) -> bool:
    """Return whether rows are for testing, by a split or by their name."""
    return held_out(rows) or flow.sides.get(rows) in {"test", "valid"}


def _scored(flow: Flow, score: Scored) -> Iterator[tuple[int, str, Place, bool]]:
    for number in score.learned:
        event = flow.learned[number]
        if event.kind in _NEVER | _BY_SPLITS or not covers(event.rows, score.rows):
            continue
        if event.kind in _COPIES and not _on_both_sides(flow, score, number):
            continue
        same = contains(score.rows, event.rows)
        if not same and _tested_elsewhere(flow, event.rows):
            continue
        yield number, "score", score.place, same


def _on_both_sides(flow: Flow, score: Scored, number: int) -> bool:
    """Return whether the rows of a score and those of the model's fit went through the same resampling."""
    return number in score.own and all(number in flow.learned[one].inherits for one in score.models)


def _before(flow: Flow, number: int, rows: Rows) -> bool:
    event = flow.learned[number]
    if event.kind in _NEVER or not covers(event.rows, rows):
        return False
    return not kept_in(event.rows) and not _tested_elsewhere(flow, event.rows)


def _tested_elsewhere(flow: Flow, rows: Rows) -> bool:
    """Return whether rows are one side of a split whose other side gives a score: then that score is clean."""
    sources = {path[0] for path in rows}
    return any(
        apart(rows, score.rows) and sources & {path[0] for path in score.rows}
        for score in flow.scored
        if is_held_out(flow, score.rows)
    )
