"""Layer B on sample sets: measures of controls and generations, all of the same size, as one row of values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from holdfast.audit.generations import Alarm, Part
from holdfast.collapse import catalogue
from holdfast.collapse.alarm.drift import FEWEST_CONTROLS, conformal_ranks, drift_path
from holdfast.collapse.alarm.lens import Lens, sample_of, taken
from holdfast.collapse.alarm.parts import Parts
from holdfast.collapse.alarm.stream import drift_detector
from holdfast.collapse.definitions import Measure
from holdfast.collapse.measuring.protocol import MOST_ITEMS, Ruler, ruler, size_for
from holdfast.collapse.measuring.views import with_views
from holdfast.collapse.reading.sets import SampleItems
from holdfast.collapse.samples import Images, Points, SampleSet, Texts
from holdfast.core.errors import BadInput, NotApplicable, unknown
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams

MOST_CONTROLS = 20
FEWEST_ITEMS = 20  # of a control
# Of texts and pictures seen as vectors, what tells most at the least cost; --metrics asks for others.
USUAL_VIEWS = ("dispersion", "effective-directions", "frechet-distance")


@dataclass(frozen=True)
class Measured:
    """Each measure of the controls and of the generations; NaN where a generation has no value."""

    ruler: Ruler
    controls: Mapping[str, Float[np.ndarray, " controls"]]
    generations: Mapping[str, Float[np.ndarray, " generations"]]
    against: str


def chosen(kind: type, wanted: Sequence[str]) -> tuple[Measure, ...]:
    """Return the measures of a kind of sample set: those named, or the usual ones. Raises BadInput."""
    plain = catalogue.measures()
    known = {name: one for name, one in with_views(plain).items() if one.on == "sample" and one.takes is kind}
    if list(wanted) == ["all"]:
        return tuple(known.values())
    for name in wanted:
        if name not in known:
            raise unknown("measure", name, [*known, "all"], where="those that suit these sample sets")
    if wanted:
        return tuple(known[name] for name in dict.fromkeys(wanted))
    seen = tuple(one for name, one in known.items() if name not in plain and name.startswith(USUAL_VIEWS))
    return (*(one for name, one in known.items() if name in plain), *seen)


def measured(
    parts: Parts, lens: Lens, sets: Sequence[SampleItems], controls: Sequence[SampleItems], wanted: Sequence[str],
    streams: Streams, progress: Progress,
) -> Measured:  # fmt: skip
    """Return all measures of controls and generations. Raises NotApplicable where there is too little for controls.

    Without `controls` they are samples of real data. Sizes come from the real data, the controls and the first
    generation alone, so that later generations change nothing.
    """
    reference = sample_of(parts.reference, lens)
    if reference is None:
        raise NotApplicable("there are only categories, which no measure here reads")
    found = [_sampled(one, lens) for one in controls] if controls else _from_real(parts, lens, len(sets[0]))
    against = f"{len(found)} {'controls that were given' if controls else 'samples of real data'}"
    if len(found) < FEWEST_CONTROLS:
        raise BadInput(f"{len(found)} controls are fewer than {FEWEST_CONTROLS}, the least to compare generations with")
    measures = chosen(type(reference), wanted)
    first = _sampled(sets[0], lens)
    size = size_for(measures, [*found, first], reference, streams, most=MOST_ITEMS)
    if size.items < FEWEST_ITEMS:
        raise NotApplicable(f"samples of {size.items} items are too small to be measured")
    made = ruler(measures, reference, streams, size=size)
    with track(progress, "measuring", len(found) + len(sets), "sample sets") as advance:
        rows = []
        for one in (*found, *(_sampled(one, lens) for one in sets)):
            rows.append(_values(made, one))
            advance(1)
    # A measure without a value in a control says nothing about any generation.
    kept = [one.name for one in measures if all(np.isfinite(row[one.name]) for row in rows[: len(found)])]
    if not kept:
        raise NotApplicable("no measure has a value for all of the controls")
    columns = {name: np.array([row[name] for row in rows]) for name in kept}
    return Measured(
        made,
        {name: column[: len(found)] for name, column in columns.items()},
        {name: column[len(found) :] for name, column in columns.items()},
        against,
    )


def _from_real(parts: Parts, lens: Lens, first: int) -> list[SampleSet]:
    """Return samples of real data that share no item, as large as the first generation if they can be."""
    size = min(first, parts.pool // FEWEST_CONTROLS)
    n = min(MOST_CONTROLS, parts.pool // max(1, size))
    if size < FEWEST_ITEMS:
        raise NotApplicable(
            f"{parts.pool:,} real items make no {FEWEST_CONTROLS} controls of {FEWEST_ITEMS}; give more, or --controls"
        )
    return [_joined(parts, lens, i * size, (i + 1) * size) for i in range(n)]


def _joined(parts: Parts, lens: Lens, start: int, stop: int) -> SampleSet:
    """Return items `start` to `stop` of partner and held-out items, one after the other."""
    n = len(parts.partner)
    found = [
        _sampled(taken(part, np.arange(max(0, start - base), min(len(part), stop - base))), lens)
        for part, base in ((parts.partner, 0), (parts.held, n))
        if min(len(part), stop - base) > max(0, start - base)
    ]
    if len(found) == 1:
        return found[0]
    one, two = found
    if isinstance(one, Texts) and isinstance(two, Texts):
        return Texts((*one.texts, *two.texts))
    if isinstance(one, Images) and isinstance(two, Images):
        return Images(np.concatenate([one.pixels, two.pixels]))
    assert isinstance(one, Points)
    assert isinstance(two, Points)
    return Points(np.concatenate([one.points, two.points]))


def _sampled(items: SampleItems, lens: Lens) -> SampleSet:
    sample = sample_of(items, lens)
    assert sample is not None
    return sample


def _values(made: Ruler, sample: SampleSet) -> dict[str, float]:
    """Return each measure; NaN where the sample has too little to draw from."""
    try:
        found = made.values(sample)
    except NotApplicable:
        return {one.name: float("nan") for one in made.measures}
    return {name: float("nan") if isinstance(value, str) else value for name, value in found.items()}


def departure(seen: Measured, names: Sequence[str], streams: Streams, *, endless: bool) -> Alarm:
    """Return the alarm of layer B over all generations: one row of ranks for all measures together."""
    controls = np.stack(list(seen.controls.values()), axis=1)
    values = np.stack(list(seen.generations.values()), axis=1)
    return departed(controls, values, list(seen.controls), names, streams, against=seen.against, endless=endless)


def departed(
    controls: Float[np.ndarray, "controls measures"], values: Float[np.ndarray, "generations measures"],
    measures: Sequence[str], names: Sequence[str], streams: Streams, *, against: str, endless: bool = False,
    where: str = "",
) -> Alarm:  # fmt: skip
    """Return the alarm of layer B for measures of controls and generations; a value that is missing is strangest."""
    filled = np.where(np.isfinite(values), values, np.inf)
    path = drift_detector if endless else drift_path
    parts = tuple(
        Part(
            name=name,
            logs=path(conformal_ranks(controls[:, [j]], filled[:, [j]], streams("ranks", where, name))),
            weight=1.0 / len(measures),
            seen=values[:, j],
            real=float(np.median(controls[:, j])),
        )
        for j, name in enumerate(measures)
    )
    logs = path(conformal_ranks(controls, filled, streams("ranks", where)))
    return Alarm("drift", logs, parts, tuple(names), where=where, against=against, endless=endless)
