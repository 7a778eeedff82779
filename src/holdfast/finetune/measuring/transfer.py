"""The tuned model beside simpler ways to the same score, on the same test examples."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel

from holdfast.audit.training import Control as Found
from holdfast.audit.training import Transfer
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import track
from holdfast.core.random import Streams
from holdfast.finetune import catalogue
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.evaluation import judged
from holdfast.finetune.measuring.work import Kept, Work, better, comparable, estimate, score
from holdfast.finetune.tasks.definitions import Judged
from holdfast.finetune.transfer.verdict import transfer as verdict_on


class Way(NamedTuple):
    """A simpler way to the same score, and what it makes of the examples; `pretrained` uses the model that is tuned."""

    name: str
    says: str
    judged: Judged
    pretrained: bool = False
    seconds: float = 0.0


class _Applies(BaseModel):
    """A judgement, none where a control does not apply, and why it was not run where it would."""

    model_config = FROZEN
    kept: Kept | None
    reason: str = ""


def beforehand(work: Work, bench: Bench) -> None:
    """Judge the controls that need nothing of the tuned model."""
    _each(work, bench, [one for one in catalogue.controls().values() if one.before])


def transfer(work: Work, bench: Bench) -> Transfer:
    """Return what the model that is in place scores, every control that applies, and the verdict."""
    task = work.prepared.task
    tuned, _ = work.kept("test", lambda: judged(task, work.module, "test"))
    known = catalogue.controls()
    every = _each(work, bench, list(known.values()))
    ways = [
        Way(name, known[name].says, one.kept.judged, known[name].pretrained, one.kept.seconds)
        for name, one in every.items()
        if one.kept is not None
    ]
    left_out = tuple((name, one.reason) for name, one in every.items() if one.reason)
    return standing(tuned, ways, task.metric, work.streams, left_out)


def standing(
    tuned: Judged, ways: Sequence[Way], metric: str, streams: Streams, left_out: tuple[tuple[str, str], ...] = ()
) -> Transfer:
    """Return how a tuned model stands beside simpler ways on the same examples, and the verdict where there are any."""
    pairs = {one.name: comparable(tuned, one.judged) for one in ways}
    right_or_wrong = all(pair[0].dtype == bool for pair in pairs.values())
    own = tuned.score == 1.0 if right_or_wrong else comparable(tuned)[0].astype(float)
    said = verdict_on(own, {name: pair[1] for name, pair in pairs.items()}, streams) if pairs else None
    found = []
    for one in ways:
        difference = better(tuned, one.judged, streams)
        found.append(
            Found(
                name=one.name, says=one.says, score=one.judged.mean, difference=estimate(difference),
                p_value=difference.p_value, pretrained=one.pretrained, seconds=one.seconds,
            )
        )  # fmt: skip
    return Transfer(
        metric, len(tuned.score), score(tuned, streams), tuple(found), verdict=said.verdict if said else "",
        decisive=said.decisive.control if said else "", left_out=left_out,
    )  # fmt: skip


def _each(work: Work, bench: Bench, wanted: list[Control]) -> dict[str, _Applies]:
    with track(work.progress, "controls", len(wanted), "controls") as advance:
        found = {}
        for one in wanted:
            found[one.name] = work.stages(f"control-{one.name}", _Applies, lambda one=one: _applied(one, bench))  # type: ignore[misc]
            advance(1)
    return found


def _applied(control: Control, bench: Bench) -> _Applies:
    started = time.perf_counter()
    try:
        found = control.judge(bench)
    except NotApplicable as error:
        return _Applies(kept=None, reason=str(error))
    return _Applies(kept=None if found is None else Kept.of(found, time.perf_counter() - started))
