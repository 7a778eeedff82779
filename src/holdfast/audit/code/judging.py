"""How scores were come by: on rows that were learned from, on test rows that were used to choose."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.audit.code.events import Decided, Fitted, Flow, Learned, Place, Scored
from holdfast.audit.code.leaks import honest, is_held_out, live
from holdfast.audit.code.rows import Rows, apart, contains, covers, crosses, held_out, kept_in, nested_in, side
from holdfast.audit.code.values import Data

_PARTS = {"split", "sample", "fold"}  # what parts rows into sides; a slice or a mask may just pick some to look at
_MOST_NAMED = 40  # sets of rows of one side that are compared with those of the other
MANY_SETTINGS = 3  # fits of one kind of model with other settings, each judged on the same test rows
MANY_MODELS = 4  # models one after the other on the same test rows: more than a baseline, a rival and a candidate


@dataclass(frozen=True, slots=True)
class Seen:
    """A model that was judged on rows that it was fitted on."""

    model: Learned
    score: Scored
    crossing: bool = False  # by two splits that know nothing of each other


@dataclass(frozen=True, slots=True)
class Choice:
    """Test rows that decided something: `at` says where they were used."""

    at: Place
    how: str
    decided: Place
    score: Scored | None
    several_models: bool = False


def side_of_rows(flow: Flow, rows: Rows) -> str:
    """Return what the program says that rows are for: test, valid, train or nothing."""
    named = flow.sides.get(rows, "")
    return named if named == "valid" else side(rows) or named


def seen(flow: Flow) -> Iterator[Seen]:
    """Yield models that were judged on test rows that they were fitted on."""
    for score in flow.scored:
        for number in sorted(score.models):
            model = flow.learned[number]
            kept = side_of_rows(flow, score.rows) == "valid" or kept_in(score.rows)
            if kept and _judged_elsewhere(flow, model):
                continue
            if crosses(model.rows, score.rows) and not covers(model.rows, score.rows):
                yield Seen(model, score, crossing=True)
            elif covers(model.rows, score.rows) and (
                is_held_out(flow, score.rows) or _narrower(model.rows, score.rows)
            ):
                yield Seen(model, score)


def _judged_elsewhere(flow: Flow, model: Learned) -> bool:
    """Return whether a model is also judged on rows that it has not seen."""
    return any(model.id in score.models and apart(model.rows, score.rows) for score in flow.scored)


def _narrower(wide: Rows, narrow: Rows) -> bool:
    """Return whether rows are a strict part of others, by more than a filter."""
    if not contains(wide, narrow) or contains(narrow, wide):
        return False
    steps = {path: {step for other in wide if other[0] == path[0] for step in other[1:]} for path in narrow}
    return all(any(step.kind in _PARTS for step in path[1:] if step not in steps[path]) for path in narrow)


def only_on_train(flow: Flow) -> Scored | None:
    """Return the first score on training rows of a program that gives no other score."""
    if flow.validated or any(split.folds for split in flow.splits):
        return None
    if any(fitted.name in {"GridSearchCV", "RandomizedSearchCV"} or "CV" in fitted.name for fitted in flow.fitted):
        return None
    first = None
    for score in flow.scored:
        if honest(flow, score) or is_held_out(flow, score.rows) or not _learned_all(flow, score):
            return None
        if first is None and score.models and score.metric != "loss":
            first = score
    return first


def _learned_all(flow: Flow, score: Scored) -> bool:
    """Return whether models learned from all rows of a score: what branches leave may be of several places."""
    parts = [frozenset({path}) for path in score.rows]
    return not score.models or all(any(covers(flow.learned[one].rows, part) for one in score.models) for part in parts)


def choices(flow: Flow) -> Iterator[Choice]:
    """Yield what was decided by test rows: stopping, settings, thresholds, models."""
    for fitted in flow.fitted:
        yield from _watched(flow, fitted)
    for score in flow.scored:
        if score.objective and chosen_on(flow, score):
            yield Choice(score.place, "an optimiser", score.place, score)
        yield from _threshold(flow, score)
    taken = set()
    for decision in flow.decided:
        for number in sorted(decision.scores):
            score = flow.scored[number]
            if (
                number not in taken
                and not score.objective
                and chosen_on(flow, score)
                and _among_fits(flow, score, decision)
            ):
                taken.add(number)
                yield Choice(_site(score, decision), decision.how, decision.place, score, _of_models(flow, score))
    for score in flow.scored:
        untold = score.id not in taken | flow.spared
        if untold and not score.objective and chosen_on(flow, score) and _settings_vary(flow, score):
            yield Choice(score.place, "a loop over settings", score.place, score)


def _site(score: Scored, decision: Decided) -> Place:
    """Return where the function that decides has the score taken: there, or in a function that it calls."""
    depth = len(decision.sites)
    if len(score.sites) > depth and [one.line for one in score.sites[:depth]] == [one.line for one in decision.sites]:
        return score.sites[depth]
    return score.place


def _watched(flow: Flow, fitted: Fitted) -> Iterator[Choice]:
    if not fitted.decides:
        return
    for held in fitted.watched:
        if not held.rows or contains(fitted.data.rows, held.rows) or _inside_training(flow, held.rows):
            continue
        scores = [score for score in flow.scored if contains(held.rows, score.rows) and score.place.order > 0]
        named = side_of_rows(flow, held.rows)
        elsewhere = any(apart(score.rows, held.rows) and honest(flow, score) for score in flow.scored)
        if named == "valid" or (not scores and (named != "test" or elsewhere)):
            continue
        yield Choice(fitted.place, fitted.decides, fitted.place, scores[0] if scores else None)
        return


def _threshold(flow: Flow, score: Scored) -> Iterator[Choice]:
    for number in sorted(score.learned):
        event = flow.learned[number]
        if event.kind == "tuned" and covers(event.rows, score.rows) and chosen_on(flow, score):
            origin = flow.learned[event.origin] if event.origin is not None else event
            yield Choice(origin.place, "a search", event.place, score)
            return
        if event.kind == "threshold" and covers(event.rows, score.rows) and chosen_on(flow, score):
            yield Choice(event.place, "a threshold", score.place, score)
            return


def chosen_on(flow: Flow, score: Scored) -> bool:
    """Return whether a score is on test rows: held out, and not there for choosing."""
    if not score.rows or not honest(flow, score):
        return False
    if any(flow.loops[one].over == "folds" for one in score.loops) or _inside_training(flow, score.rows):
        return False
    if side_of_rows(flow, score.rows) == "valid":
        return False
    if flow.sides.get(score.rows) != "test" and _unused_elsewhere(flow, score):
        return False
    return is_held_out(flow, score.rows) or bool(score.models)


def _unused_elsewhere(flow: Flow, score: Scored) -> bool:
    """Return whether other rows, which chose nothing, judge the same models: then these are there for choosing."""
    chose = frozenset[int]().union(*(one.scores for one in flow.decided))
    others = (one for one in flow.scored if one.models & score.models and one.id not in chose)
    return any(
        not covers(one.rows, score.rows) and not crosses(one.rows, score.rows) and honest(flow, one) for one in others
    )


def _inside_training(flow: Flow, rows: Rows) -> bool:
    """Return whether rows are split off the training rows, while the test rows proper are scored too."""
    return (kept_in(rows) or nested_in(rows)) and any(
        apart(one.rows, rows) and is_held_out(flow, one.rows) and not (kept_in(one.rows) or nested_in(one.rows))
        for one in flow.scored
    )


def _among_fits(flow: Flow, score: Scored, decision: Decided) -> bool:
    """Return whether a decision chooses among candidates, models or epochs that a loop goes through."""
    kinds = {flow.loops[one].over for one in score.loops}
    if score.metric == "validation":  # the best of all epochs, read off a history
        return True
    if kinds & {"candidates", "models", "epochs"}:
        return True
    return len(decision.scores) > 1 and decision.how != "if"


def _of_models(flow: Flow, score: Scored) -> bool:
    kinds = {flow.loops[one].over for one in score.loops}
    return "models" in kinds or (not kinds and score.metric != "validation")


def _settings_vary(flow: Flow, score: Scored) -> bool:
    """Return whether a loop fits a model with settings of each turn, and judges it in the same loop."""
    loops = [flow.loops[one] for one in score.loops if flow.loops[one].over == "candidates"]
    for loop in loops:
        for fitted in flow.fitted:
            if loop.id in fitted.loops and fitted.model in score.models:
                words = set(re.findall(r"\w+", fitted.settings))
                if words & loop.names and not any("seed" in name or "state" in name for name in words & loop.names):
                    return True
    return False


def again_and_again(flow: Flow) -> list[tuple[str, list[Scored]]]:
    """Return kinds of model that were fitted with several settings and judged on the same test rows each time."""
    groups: dict[tuple[Rows, str], dict[str, Scored]] = {}
    every: dict[Rows, dict[tuple[int, tuple[int, ...]], Scored]] = {}
    judged: Counter[Rows] = Counter()
    chosen = [one for one in flow.scored if chosen_on(flow, one) and not one.objective and one.id not in flow.spared]
    for score in chosen:
        for number in score.models:
            loops = [flow.loops[one] for one in score.loops if flow.loops[one].over in {"models", "candidates"}]
            key = (number, score.loops)
            if key not in every.setdefault(score.rows, {}) and (
                not loops or any(one.over == "models" for one in loops)
            ):
                every[score.rows][key] = score
                judged[score.rows] += math.prod(one.turns for one in loops)
    for score in flow.scored:
        if score.loops or not chosen_on(flow, score):
            continue
        for fitted in flow.fitted:
            if fitted.model in score.models and "Search" not in fitted.name:  # which may be over another model each
                groups.setdefault((score.rows, fitted.name), {}).setdefault(fitted.settings, score)
    found = [(name, list(one.values())) for (_, name), one in groups.items() if len(one) >= MANY_SETTINGS]
    return found or [("", list(every[rows].values())) for rows, count in judged.items() if count >= MANY_MODELS]


def crossing_names(flow: Flow) -> Iterator[tuple[Rows, Rows]]:
    """Yield training and test rows, as they are named, that certainly have rows in common."""
    train = [rows for rows, name in flow.sides.items() if name == "train"]
    test = [rows for rows, name in flow.sides.items() if name == "test"]
    for one in train[:_MOST_NAMED]:
        for other in test[:_MOST_NAMED]:
            if any(path[-1].kind in {"split", "fold"} for path in (*one, *other) if len(path) > 1):
                continue  # names are given anew to later splits; only a score shows which belong together
            if crosses(one, other) and not held_out(one) and flow.frames.get(one) == flow.frames.get(other):
                yield one, other


def manual(flow: Flow, one: Seen) -> bool:
    """Return whether the program believes that it fitted on training rows: then the two sets overlap."""
    return one.crossing or flow.sides.get(one.model.rows) == "train"


def overlaps(flow: Flow) -> Iterator[tuple[Place, Place, Place]]:
    """Yield where test rows are made that are among training rows: the place, that of training and that of the test."""
    pairs = [
        (one.model.rows, one.score.rows, one.model.place, one.score.place) for one in seen(flow) if manual(flow, one)
    ]
    for train, test in crossing_names(flow):
        if train in flow.made_at and test in flow.made_at:
            pairs.append((train, test, flow.made_at[train], flow.made_at[test]))
    for train, test, fitted, scored in pairs:
        place, first = _made(flow, test, scored), _made(flow, train, fitted)
        yield max(place, first, key=lambda one: one.order) if crosses(train, test) else place, first, place


def _made(flow: Flow, rows: Rows, otherwise: Place) -> Place:
    """Return where rows, or some of them, first got a name."""
    found = [place for known, place in flow.made_at.items() if known <= rows and any(len(path) > 1 for path in known)]
    return flow.made_at.get(rows) or (found[0] if found else otherwise)


def from_the_future(flow: Flow) -> Iterator[tuple[Learned, Place]]:
    """Yield what looks ahead, and where a model or a split takes it as a feature."""
    used = [(fitted.data, fitted.label, fitted.place) for fitted in flow.fitted]
    used += [(one.data, one.label, one.place) for one in flow.validated]
    used += [(split.given[0], split.given[1], split.place) for split in flow.splits if len(split.given) > 1]
    for data, label, place in used:
        for number in sorted(live(flow, data)):
            event = flow.learned[number]
            if event.kind != "future" or (label is not None and _less_far(flow, event, label)):
                continue
            if event.what in {"bfill", "interpolate"} and not (event.data.ordered or data.ordered):
                continue
            yield event, place


def _less_far(flow: Flow, event: Learned, label: Data) -> bool:
    """Return whether features look ahead by the same means as the label, and not as far: `shift(-1)`, `shift(-24)`."""
    name, _, steps = event.what.partition("(-")
    told = [flow.learned[one].what.partition("(-") for one in label.known]
    others = [other for what, _, other in told if what == name and other and steps]
    return any(
        float(steps[:-1]) < float(other[:-1]) if _number(steps) and _number(other) else steps != other
        for other in others
    )


def _number(steps: str) -> bool:
    return steps[:-1].isdecimal()
