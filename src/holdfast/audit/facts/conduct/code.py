"""What happens in notebooks and scripts: followed from line to line, never run."""

from dataclasses import dataclass

from holdfast.audit.code import Code
from holdfast.audit.code.events import Flow
from holdfast.audit.code.leaks import Leak, leaks
from holdfast.audit.code.program import follow_all
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
def code_leaks(code_flows: CodeFlows) -> CodeLeaks:
    """What crosses a split in the code: statistics, scalers, encoders, copies."""
    found: dict[tuple[object, ...], tuple[Flow, Leak]] = {}
    for flow in code_flows.flows:
        for number, leak in enumerate(leaks(flow)):
            place = leak.learned.place  # of a function that several files call, one finding is enough
            key = (
                (place.file, place.cell, place.line, leak.learned.kind, leak.test_only)
                if place.away
                else (flow.file, number)
            )
            found.setdefault(key, (flow, leak))
    return CodeLeaks(tuple(found.values()))
