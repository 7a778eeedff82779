"""The verb: a plan, from wishes to its record."""

import time
from collections.abc import Sequence

from holdfast.collapse.planning.planner import Plan, plan
from holdfast.collapse.planning.telling import headline, sections
from holdfast.collapse.planning.wishes import Wishes
from holdfast.core.record import Run
from holdfast.core.recording import begun, recorded
from holdfast.core.store import RunStore


def run_plan(wishes: Wishes, *, store: RunStore | None = None, command: Sequence[str] = ()) -> tuple[Run, Plan]:
    """Return the record of a plan, and the plan."""
    started = time.perf_counter()
    size = "for ever" if wishes.horizon is None else f"{wishes.horizon:,} generations"
    run = begun("collapse", "how much real data", command, wishes, size=size)
    with recorded(run, store, started) as going:
        found = plan(wishes)
        return going.finish(says=headline(found), sections=sections(found)), found
