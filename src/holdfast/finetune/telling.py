"""What a training came to, in words, tables and pictures; the report draws them without knowing what they are."""

from collections.abc import Iterator, Sequence

from holdfast.audit.training import Training
from holdfast.core.finding import Cell, Examples, Series
from holdfast.core.record import Estimate, Section
from holdfast.finetune.interpolation import Sweep
from holdfast.finetune.loop import Journal
from holdfast.finetune.scorecard import measures, scorecard, section
from holdfast.finetune.searching.cells import rounded
from holdfast.finetune.strategy import ALONE
from holdfast.finetune.telling_guards import guards_told


def sentence(training: Training) -> str:
    """Return what it came to in one sentence."""
    found = training.transfer
    if found is None:
        return "The model was tuned."
    base = next((one for one in found.controls if one.name == "untuned"), None)
    beside = ""
    if base is not None:
        clear = base.difference.low > 0.0 or base.difference.high < 0.0
        change = f"{interval(base.difference, '+.3f')} by tuning" if clear else "no clear change by tuning"
        beside = f"; {base.score:.3f} before, {change}"
    name = f"{training.metric[0].upper()}{training.metric[1:]}"
    return f"{name} {interval(found.tuned)} on {found.n:,} test examples{beside}."


def interval(one: Estimate, form: str = ".3f") -> str:
    """Return a number with its interval, such as `0.912 (0.897 to 0.926)`."""
    return f"{one.value:{form}} ({one.low:{form}} to {one.high:{form}})".replace("-", "−")


def sections(training: Training, journal: Journal, swept: Sweep) -> Iterator[Section]:
    """Yield the parts of the report: scorecard, controls, what was seen on the way, the choice of weights, guards."""
    yield section(scorecard(training))
    yield from beside(training)
    if training.curves is not None:
        yield Section(title="On the way", says=_stopped(journal), evidence=(_curves(training),))
    if swept.blends:
        yield _shares(swept)
    yield from guards_told(training)


def beside(training: Training, items: str = "test examples", model: str = "tuned") -> Iterator[Section]:
    """Yield the model on test examples, or what else they are called, beside simpler ways, where that was measured."""
    found = training.transfer
    if found is None:
        return
    cells: list[tuple[Cell, ...]] = [(model, round(found.tuned.value, 4), None, None, None)]
    cells += [
        (one.name, round(one.score, 4), round(one.difference.value, 4), round(one.difference.low, 4),
         round(one.difference.high, 4)) for one in found.controls
    ]  # fmt: skip
    yield Section(
        title=f"The {model}{' model' if model == 'tuned' else ''} and simpler ways",
        says=(
            f"All on the same {found.n:,} {items}; differences with 95% intervals over examples.",
            *(f"{name} was not run: {reason}." for name, reason in found.left_out),
        ),
        evidence=(
            Examples(
                caption=training.metric, columns=("way", "score", f"{model} − it", "low", "high"), cells=tuple(cells)
            ),
            *measures(training, "transfer"),
        ),
    )


def _shares(swept: Sweep) -> Section:
    columns: tuple[str, ...] = ("share", "score", "original score", "lost")
    if all(one.original is None for one in swept.blends):
        columns = columns[:2]
    cells = tuple(
        (one.share, rounded(one.score), rounded(one.original), rounded(one.lost))[: len(columns)]
        for one in swept.blends
    )
    table = Examples(caption="Shares of the tuned weights, on validation data", columns=columns, cells=cells)
    return Section(title="How far to go", says=(f"{swept.reason[0].upper()}{swept.reason[1:]}.",), evidence=(table,))


def _curves(training: Training) -> Series:
    curves = training.curves
    assert curves is not None
    steps: Sequence[int] = curves.steps
    return Series(
        name="Loss on training and on validation examples",
        x=tuple(steps) * 2,
        y=(*(round(float(one), 6) for one in curves.train), *(round(float(one), 6) for one in curves.valid)),
        group=("training",) * len(steps) + ("validation",) * len(steps),
        x_name="step",
        y_name="loss" if training.task == "detect-objects" else "loss, nats",
    )


def _stopped(journal: Journal) -> tuple[str, ...]:
    kept = f"The state of step {journal.best_step:,} is kept, which scored best on validation data."
    says = (kept, f"Stopped early: {journal.stopping.stopped}.") if journal.stopping.stopped else (kept,)
    if set(journal.ran) <= {ALONE.says}:
        return says
    return (*says, f"Steps ran in {'; '.join(f'{how} ({n:,} steps)' for how, n in journal.ran.items())}.")
