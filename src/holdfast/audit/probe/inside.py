"""A pipeline in this process: for cases and tests, whose code is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.audit.probe.bench import Probe
from holdfast.audit.probe.calling import Caller
from holdfast.audit.probe.pipeline import About, Answer, Call, Form
from holdfast.audit.probe.target import as_target
from holdfast.core.dataset import Dataset


@dataclass(frozen=True)
class Inside:
    """`make` returns the function anew, with nothing left in it from earlier calls."""

    make: Callable[[], Any]
    form: Form | None = None

    @property
    def about(self) -> About:
        """Name, form and place of the function."""
        made = self.make()
        return as_target(made, getattr(made, "__name__", type(made).__name__), self.form).about

    def run(self, calls: Sequence[Call], *, fresh: bool = False) -> Sequence[Answer]:
        """Return the answers to `calls`, made one after the other on one new function."""
        del fresh
        made = self.make()
        caller = Caller(as_target(made, getattr(made, "__name__", type(made).__name__), self.form))
        return [caller(call) for call in calls]


def probed(dataset: Dataset, function: Any, form: Form | None = None) -> dict[str, Any]:
    """Return a data set and a function to be probed with it, as given facts; for cases."""
    return {"dataset": dataset, "probe": Probe(Inside(lambda: function, form))}
