"""The verb: a plan, from wishes to its record."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime

from holdfast.collapse.planning.planner import Plan, plan
from holdfast.collapse.planning.telling import headline, sections
from holdfast.collapse.planning.wishes import Wishes
from holdfast.core.environment import environment
from holdfast.core.record import Run
from holdfast.core.store import RunStore, new_id


def run_plan(wishes: Wishes, *, store: RunStore | None = None, command: Sequence[str] = ()) -> tuple[Run, Plan]:
    """Return the record of a plan, and the plan."""
    started = time.perf_counter()
    run = Run(
        id=new_id(),
        kind="collapse",
        title="how much real data",
        command=tuple(command),
        status="running",
        started=datetime.now(UTC),
        config=wishes.model_dump(mode="json", exclude_defaults=True),
        environment=environment(),
        size="for ever" if wishes.horizon is None else f"{wishes.horizon:,} generations",
    )
    with store.begin(run) if store else nullcontext() as writer:
        found = plan(wishes)
        run = run.model_copy(
            update={
                "status": "finished",
                "says": headline(found),
                "sections": sections(found),
                "seconds": time.perf_counter() - started,
            }
        )
        if writer is not None:
            writer.finish(run)
    return run, found
