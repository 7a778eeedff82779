"""The tuned model beside simpler ways to the same score, on the same test examples."""

import time

from pydantic import BaseModel

from holdfast.audit.training import Control as Found
from holdfast.audit.training import Transfer
from holdfast.core.errors import NotApplicable
from holdfast.core.finding import FROZEN
from holdfast.core.progress import track
from holdfast.finetune import catalogue
from holdfast.finetune.controls.definitions import Bench, Control
from holdfast.finetune.evaluation import judged
from holdfast.finetune.measuring.work import Kept, Work, better, comparable, estimate, score
from holdfast.finetune.transfer.verdict import transfer as verdict_on


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
    found = []
    for name, one in every.items():
        if one.kept is None:
            continue
        difference = better(tuned, one.kept.judged, work.streams)
        found.append(
            Found(
                name=name,
                says=known[name].says,
                score=one.kept.judged.mean,
                difference=estimate(difference),
                p_value=difference.p_value,
                pretrained=known[name].pretrained,
                seconds=one.kept.seconds,
            )
        )
    numbers = {name: comparable(tuned, one.kept.judged) for name, one in every.items() if one.kept is not None}
    right_or_wrong = all(pair[0].dtype == bool for pair in numbers.values())
    own = tuned.score == 1.0 if right_or_wrong else comparable(tuned)[0].astype(float)
    said = verdict_on(own, {name: pair[1] for name, pair in numbers.items()}, work.streams) if numbers else None
    return Transfer(
        task.metric,
        len(tuned.score),
        score(tuned, work.streams),
        tuple(found),
        verdict=said.verdict if said else "",
        decisive=said.decisive.control if said else "",
        left_out=tuple((name, one.reason) for name, one in every.items() if one.reason),
    )


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
