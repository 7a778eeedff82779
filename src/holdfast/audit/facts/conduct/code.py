"""What happens in notebooks and scripts: followed from line to line, never run."""

from dataclasses import dataclass

from holdfast.audit.code import Code
from holdfast.audit.code.events import Flow
from holdfast.audit.code.leaks import Leak, leaks
from holdfast.audit.code.program import as_run, follow, follow_all
from holdfast.audit.definitions import fact


@dataclass(frozen=True)
class CodeFlows:
    """The events of each file: splits, fits, scores, and the rows that they concern."""

    flows: tuple[Flow, ...]


@dataclass(frozen=True)
class CodeLeaks:
    """What was learned from rows that it should not have seen, file by file."""

    found: tuple[tuple[Flow, Leak], ...]


@fact()
def code_flows(code: Code) -> CodeFlows:
    """The events of every script and notebook, in the order in which they are written."""
    return CodeFlows(follow_all(code.files))


@fact()
def code_leaks(code: Code, code_flows: CodeFlows) -> CodeLeaks:
    """What crosses a split in the code: statistics, scalers, copies; in a notebook, in the order of its counts too."""
    found: dict[tuple[object, ...], tuple[Flow, Leak]] = {}
    run = [again for again in map(as_run, code.files) if again is not None]
    for flow in (*code_flows.flows, *map(follow, run)):
        for leak in leaks(flow):
            place = leak.learned.place  # of a function that several files call, one finding is enough
            file = place.file if place.away else flow.file
            found.setdefault((file, place.cell, place.line, leak.learned.kind, leak.test_only), (flow, leak))
    return CodeLeaks(tuple(found.values()))
