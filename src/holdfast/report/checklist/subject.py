"""The runs that a checklist is filled from, and short ways to look into them."""

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.core.record import CheckResult, ColumnRecord, HonestScore, InputRecord, Run
from holdfast.report.words import name


@dataclass(frozen=True)
class Subject:
    """One or several runs of the same study, in the order in which the person named them."""

    runs: tuple[Run, ...]

    def name(self, run: Run) -> str:
        """Return the end of the run's id where there are several, so that a line of evidence says whose it is."""
        if len(self.runs) == 1:
            return ""
        ends = [one.id.rpartition("-")[2] for one in self.runs]
        end = run.id.rpartition("-")[2]
        return name(end if ends.count(end) == 1 else run.id)

    def results(self) -> Iterator[tuple[Run, CheckResult]]:
        """Yield every result of a check with its run."""
        for run in self.runs:
            for result in run.results:
                yield run, result

    def data(self) -> Iterator[tuple[Run, InputRecord]]:
        """Yield every input that holds rows, the same content once."""
        yield from self._inputs("data")

    def code(self) -> Iterator[tuple[Run, InputRecord]]:
        """Yield every script and notebook that was read, the same content once."""
        yield from self._inputs("code")

    def columns(self) -> Iterator[tuple[Run, tuple[ColumnRecord, ...]]]:
        """Yield the columns of each run that has some, those of the same test rows once."""
        seen = set()
        for run in self.runs:
            key = (run.test_digest, run.columns)
            if run.columns and key not in seen:
                seen.add(key)
                yield run, run.columns

    def scores(self) -> Iterator[tuple[Run, HonestScore]]:
        """Yield the honest score of each run that estimated one."""
        for run in self.runs:
            if run.honest is not None and run.honest.status == "estimated" and run.honest.claimed is not None:
                yield run, run.honest

    def _inputs(self, kind: str) -> Iterator[tuple[Run, InputRecord]]:
        seen = set()
        for run in self.runs:
            for one in run.inputs:
                key = (one.name, one.digest, one.split)
                if one.kind == kind and key not in seen:
                    seen.add(key)
                    yield run, one
