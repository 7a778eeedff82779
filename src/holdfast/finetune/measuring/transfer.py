"""The tuned model beside simpler ways to the same score, on the same test examples."""

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from holdfast.audit.training import Control, Transfer
from holdfast.core.finding import FROZEN
from holdfast.core.progress import track
from holdfast.finetune import catalogue
from holdfast.finetune.controls.definitions import Bench
from holdfast.finetune.evaluation import judged
from holdfast.finetune.loop import Journal
from holdfast.finetune.measuring.work import Kept, Work, better, estimate, score


class _Applies(BaseModel):
    """A judgement, or none where a control does not apply."""

    model_config = FROZEN
    kept: Kept | None


def transfer(work: Work, base: Mapping[str, Any], journal: Journal) -> Transfer:
    """Return what the model that is in place scores, and every control that applies."""
    task = work.prepared.task
    tuned, _ = work.kept("test", lambda: judged(task, work.module, "test"))
    bench = Bench(work.recipe, work.dataset, work.prepared, base, journal.step, work.streams)
    known = catalogue.controls()
    found = []
    with track(work.progress, "controls", len(known), "controls") as advance:
        for name, control in known.items():
            kept = work.stages(f"control-{name}", _Applies, lambda one=control: _applied(one, bench)).kept  # type: ignore[misc]
            advance(1)
            if kept is None:
                continue
            difference = better(tuned, kept.judged, work.streams)
            found.append(
                Control(
                    name=name,
                    says=control.says,
                    score=kept.judged.mean,
                    difference=estimate(difference),
                    p_value=difference.p_value,
                    pretrained=control.pretrained,
                    seconds=kept.seconds,
                )
            )
    return Transfer(task.metric, len(tuned.score), score(tuned, work.streams), tuple(found))


def _applied(control: Any, bench: Bench) -> _Applies:
    started = time.perf_counter()
    found = control.judge(bench)
    return _Applies(kept=None if found is None else Kept.of(found, time.perf_counter() - started))
