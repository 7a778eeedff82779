"""A training that another trainer runs, watched: the gate before it, looks on the way, guards and a record at the end.

The trainer's own training is not disturbed: whatever is looked at here draws from no generator that it uses.
"""

import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.audit import catalogue
from holdfast.audit.runner import Facts, run_checks
from holdfast.audit.supervision import Supervision
from holdfast.audit.training import Cost, Forgetting, Gap, Guard, Item, Training
from holdfast.core.dataset import Dataset
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Severity
from holdfast.core.progress import Silent
from holdfast.core.random import Streams
from holdfast.core.record import CheckResult, Estimate, Run, Section
from holdfast.core.recording import begun
from holdfast.core.store import RunStore, RunWriter
from holdfast.finetune import gate, telling
from holdfast.finetune.callbacks.beside import simpler
from holdfast.finetune.callbacks.collated import Collated
from holdfast.finetune.cost.duration import predicted_duration
from holdfast.finetune.generalisation import generalisation_gap
from holdfast.finetune.guards import guarded, measured_or_told
from holdfast.finetune.interpolation import Sweep
from holdfast.finetune.loop import Journal, Point
from holdfast.finetune.measuring.drift import MOST, drifted, meter
from holdfast.finetune.measuring.forgetting import BUDGET, lost_since
from holdfast.finetune.measuring.memory import peak
from holdfast.finetune.measuring.overfitting import curves
from holdfast.finetune.measuring.transfer import standing
from holdfast.finetune.measuring.work import estimate
from holdfast.finetune.scorecard import Scorecard, keep, scorecard
from holdfast.finetune.tasks.definitions import Judged, Module

OVERLAPS = ("split-overlap", "near-split-overlap", "conflicting-duplicates", "class-too-rare")
TIMED = 8  # steps after which the rest is foretold; the first one is left out
SHARE, FREE = 0.04, 2.0  # of the training's time that looks on the way may take, and seconds that they may in any case
FEWEST = 32  # examples of a side; fewer say nothing
_CALLBACK = "a callback sees one training, and this takes several"


@dataclass(frozen=True)
class Ways:
    """How a training is watched."""

    store: RunStore
    allow: tuple[str, ...] = ()
    most: int = 512  # examples of each side that a look judges, as far as `SHARE` allows
    budget: float = BUDGET  # of its original score that the model may lose
    seed: int = 0
    echo: Callable[[str], None] = lambda text: print(text, file=sys.stderr)  # noqa: T201 this is its purpose


class Watch:
    """One training, from before its first step to its record. Only the first of several processes writes and tells."""

    def __init__(self, ways: Ways, title: str, config: Mapping[str, Any], steps: int, *, writes: bool) -> None:
        """Begin the record; `steps` are those that are planned."""
        self.ways, self.steps, self.writes = ways, steps, writes
        self.streams = Streams(ways.seed)
        self.task: Collated | None = None
        self.points: list[Point] = []
        self._why = "no examples with labels were found"
        self._results: tuple[CheckResult, ...] = ()
        self._sections: tuple[Section, ...] = ()
        self._notes: list[str] = []
        self._walls: list[float] = []
        self.looks: list[float] = []  # seconds of each look
        self._each = 0.0  # seconds to judge an example
        self._begun = self._last = time.perf_counter()
        self._told: Estimate | None = None
        self.run = begun("finetune", title, sys.argv, config, seed=ways.seed)
        self._open = ExitStack()
        self._writer: RunWriter | None = self._open.enter_context(ways.store.begin(self.run)) if writes else None

    def begin(self, module: Module, make: Callable[[], Collated]) -> None:
        """Look at the data and at the model as it came. Raises BadInput where the gate is broken, once it is told."""
        if _spread(module):
            self._why = "no process holds the whole model, so that it cannot be looked at by the way"
            return
        with undisturbed():
            try:
                self.task = make()
            except NotApplicable as error:
                self._why = str(error)
                return
            checks = (*OVERLAPS, *gate.SUPERVISED) if self.task.count("valid") else gate.SUPERVISED
            self.gated(self.task.dataset, self.task.supervision, checks)
            started = time.perf_counter()
            self._base = self.task.judged(module, "valid", self.ways.most) if self.task.count("valid") else None
            self._each = (time.perf_counter() - started) / max(min(self.task.count("valid"), self.ways.most), 1)
            self._original = self.task.judged(module, "original") if self.task.count("original") else None
            self._divergences = meter(self.task, module, self.streams) if self._base is not None else None
        self._last = time.perf_counter()

    def gated(self, dataset: Dataset, supervision: Supervision, checks: Sequence[str]) -> None:
        """Let checks judge the data. Raises BadInput where one of them finds an error that is not overruled."""
        given = {"streams": self.streams, "progress": Silent(), "supervision": supervision, "dataset": dataset}
        results = run_checks(catalogue.selected(tuple(checks)), Facts(given))
        self._results = tuple(gate.overruled(one) if one.check in self.ways.allow else one for one in results)
        self._sections, self._notes = (gate.ledger(supervision),), list(supervision.notes)
        broken = tuple(
            one.check for one in self._results if any(found.severity is Severity.ERROR for found in one.findings)
        )
        if not broken:
            return
        errors = (found for one in self._results for found in one.findings if found.severity is Severity.ERROR)
        first = next(errors)
        allow = ", ".join(f'"{name}"' for name in broken)
        says = f"Not started: the data fail {', '.join(broken)} ({first.message})"
        self._finish({"says": f"{says}.", "results": self._results, "sections": self._sections})
        raise BadInput(
            f"{says}. Mend them, or overrule by name: allow=({allow},). All of it: holdfast report {self.run.id}"
        )

    def stepped(self, step: int) -> None:
        """Note that a step is over; foretell the rest after a few."""
        now = time.perf_counter()
        if len(self._walls) < TIMED:
            self._walls.append(now - self._last)
            if len(self._walls) == TIMED and self.steps > TIMED:
                spent = now - self._begun - sum(self._walls)
                one = predicted_duration(self._walls, self.steps).seconds
                self._told = one.model_copy(
                    update={"value": one.value + spent, "low": one.low + spent, "high": one.high + spent}
                )
        self._last = now
        del step

    def look(
        self, step: int, module: Module, rate: float = 0.0, learning: float = math.nan, epoch: float = 0.0
    ) -> None:
        """Judge the model on training and on validation examples."""
        task = self.task
        if task is None or not task.count("valid"):
            return
        most = self._affordable()
        if most < min(FEWEST, self.ways.most):
            return
        started = time.perf_counter()
        with undisturbed():
            valid, seen = (task.judged(module, split, most) for split in ("valid", "train"))
            drift = float(self._divergences(module).mean()) if self._divergences and most >= MOST else None
        self.points.append(_point(step, valid, seen, drift, rate=rate, learning=learning, epoch=epoch))
        self.looks.append(time.perf_counter() - started)
        self._last = time.perf_counter()

    def _affordable(self) -> int:
        """Return how many examples of each side a look may judge, so that looks take a small share of the time."""
        allowed = max(FREE, SHARE * (time.perf_counter() - self._begun)) - sum(self.looks)
        return min(self.ways.most, int(allowed / max(2.5 * self._each, 1e-9)))  # two sides, and the drift

    def end(self, step: int, module: Module) -> Run:
        """Judge what the training came to, tell the scorecard, and return the record."""
        silent: dict[Guard, str] = {
            "sensitivity": _CALLBACK, "need": _CALLBACK, "overfitting": self._why, "transfer": self._why,
            "forgetting": "no data of the original task were given (original=…)",
        }  # fmt: skip
        found: dict[str, Any] = {}
        if self.task is not None and self._base is not None:
            with undisturbed():
                found = self._judged(self.task, module, self._base, step, silent)
        training = Training(
            task="another trainer's", metric=self.task.metric if self.task else "", silent=silent,
            cost=self.cost(step, silent), **found,
        )  # fmt: skip
        return self.close(training, step)

    def close(self, training: Training, step: int, says: str = "") -> Run:
        """Let the guards judge what was measured, tell the scorecard, and return the record."""
        card = scorecard(training)
        best = min(self.points, key=lambda one: one.valid, default=None)
        journal = Journal(
            step=step, points=tuple(self.points), best_step=best.step if best else step,
            seconds=time.perf_counter() - self._begun,
        )  # fmt: skip
        sections = telling.sections(training, journal, Sweep(blends=(), chosen=1.0, reason=""))
        told = tuple(one.model_copy(update={"says": tuple(map(_validation, one.says))}) for one in sections)
        notes = self._notes
        if training.transfer is not None:
            notes.append("a callback has no test data: scores are of validation examples, which may have chosen")
        self._finish(
            {
                "says": says or _validation(telling.sentence(training)),
                "results": (*self._results, *guarded(training, Silent())),
                "sections": (*told, *self._sections),
                "notes": tuple(notes),
            },
            card,
        )
        if self.writes:
            self.ways.echo(shown(card, self.run))
        return self.run

    def _judged(
        self, task: Collated, module: Module, base: Judged, step: int, silent: dict[Guard, str]
    ) -> dict[str, Any]:
        valid, seen = (task.judged(module, split, len(base.score)) for split in ("valid", "train"))
        drift = drifted(self._divergences(module), self.streams) if self._divergences else None
        if not self.points or self.points[-1].step != step:
            self.points.append(_point(step, valid, seen, drift.value if drift else None))
        scores, ways = [one.score for one in self.points], simpler(task, base)
        untrained = next((one.judged for one in ways if one.name == "most-frequent"), base)
        return {
            "curves": curves(Journal(points=tuple(self.points))),
            "gap": measured_or_told(silent, "overfitting", lambda: Gap(
                train=seen.mean_loss, valid=valid.mean_loss, chosen=step, last=step,
                difference=estimate(generalisation_gap(seen.loss, valid.loss, self.streams)),
                base=untrained.mean_loss,
                score_lost=max(scores, default=valid.mean) - valid.mean if scores else 0.0,
            )),
            "transfer": standing(valid, ways, task.metric, self.streams),
            "forgetting": self._forgotten(task, module, drift),
        }  # fmt: skip

    def _forgotten(self, task: Collated, module: Module, drift: Estimate | None) -> Forgetting:
        before = self._original
        if before is None:
            return Forgetting("", None, None, None, None, None, self.ways.budget, drift)
        after = task.judged(module, "original")
        return lost_since(before, after, task.metric, self.ways.budget, self.streams, drift=drift)

    def cost(self, step: int, silent: dict[Guard, str]) -> Cost | None:
        """Return what was foretold beside what it was; None, with the reason, where nothing was."""
        if self._told is None:
            silent["cost"] = f"nothing was foretold: the training has {step:,} steps, and {TIMED + 1} are wanted"
            return None
        own = f"without {sum(self.looks):.1f} s for looks of the guards; the trainer's own evaluations are not foretold"
        actual = time.perf_counter() - self._begun - sum(self.looks)
        memory = peak()
        return Cost(
            (
                Item("time in all", "seconds", self._told, actual, own),
                Item("memory", "bytes", None, float(memory) if memory else None),
            )
        )

    def _finish(self, update: dict[str, Any], card: Scorecard | None = None) -> None:
        seconds = time.perf_counter() - self._begun
        self.run = self.run.model_copy(update={**update, "status": "finished", "seconds": seconds})
        if self._writer is not None:
            if card is not None:
                keep(card, self._writer.folder)
            self._writer.finish(self.run)
        self._open.close()


def shown(card: Scorecard, run: Run) -> str:
    """Return the scorecard as lines of text, with the way to the rest."""
    rows = [("guard", "verdict", "number", "wanted")]
    rows += [(one.guard, one.verdict, one.shown or "—", one.bound or "—") for one in card.lines]
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    steps = [f"{one.guard}: {one.next}" for one in card.lines if one.next]
    return "\n".join([run.says, *lines, *steps, f"All of it: holdfast report {run.id}"])


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put the generators of random numbers back to where they were."""
    import torch

    python, old = random.getstate(), np.random.get_state()  # noqa: NPY002 the one that others draw from
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(old)  # noqa: NPY002


def _spread(module: Module) -> bool:
    """Return whether weights are parts of a whole, as under FSDP and ZeRO 3: a look would need all processes."""
    parts = any(hasattr(one, "full_tensor") or hasattr(one, "ds_id") for one in module.parameters())
    return parts or any(type(one).__name__ == "FullyShardedDataParallel" for one in module.modules())


def _point(step: int, valid: Judged, seen: Judged, drift: float | None, *, rate: float = 0.0,
           learning: float = math.nan, epoch: float = 0.0) -> Point:  # fmt: skip
    n = len(valid.loss)
    return Point(
        step=step, epoch=epoch, rate=rate, learning=learning, train=seen.mean_loss, valid=valid.mean_loss,
        valid_error=float(np.std(valid.loss, ddof=1) / math.sqrt(n)) if n > 1 else 0.0,
        score=valid.mean, train_score=seen.mean, drift=drift,
    )  # fmt: skip


def _validation(text: str) -> str:
    return text.replace("test example", "validation example")
