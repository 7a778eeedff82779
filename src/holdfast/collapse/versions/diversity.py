"""Diversity over versions or periods: the laboratory's measures on parts of one size, beside what chance shows."""

from collections.abc import Mapping

import numpy as np

from holdfast.collapse.alarm.departures import chosen
from holdfast.collapse.alarm.lens import lens_of, sample_of
from holdfast.collapse.measuring.protocol import Ruler, Taken, ruler
from holdfast.collapse.reading.sets import SampleItems
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.finding import Series
from holdfast.core.progress import Progress, track
from holdfast.core.random import Streams
from holdfast.core.record import Section
from holdfast.core.text import one_line

_MOST_ITEMS = 500
_DRAWN = 4
# Of numbers, texts and pictures: what says how much there is of different things, and costs little.
NAMES = (
    "distinct-ngrams", "compression-ratio", "unseen-words", "hdd", "lost-words",
    "effective-directions", "dispersion", "sampled-variance", "recall", "pixel-variance", "roughness",
)  # fmt: skip


def diversity(first: SampleItems, sets: Mapping[str, SampleItems], streams: Streams, progress: Progress) -> Section:
    """Return the diversity of each set, measured on equally many items beside parts of the first one.

    Raises NotApplicable where the first set is too small, or holds only categories.
    """
    lens = lens_of(first)
    reference = sample_of(first, lens)
    if reference is None:
        raise NotApplicable("there are only categories, which no measure of diversity reads")
    samples = {name: sample for name, items in sets.items() if (sample := sample_of(items, lens)) is not None}
    known = chosen(type(reference), ("all",))
    measures = tuple(one for one in known if one.name.startswith(NAMES) or one.name in NAMES)
    try:
        made = ruler(measures, reference, streams, sets=samples.values(), most=_MOST_ITEMS)
    except BadInput as error:
        raise NotApplicable(str(error)) from error
    taken: dict[str, dict[str, Taken | str]] = {}
    with track(progress, "diversity", len(samples), "slices") as advance:
        for name, sample in samples.items():
            taken[name] = made.take(sample, errors=False)
            advance(1)
    return _section(made, taken, first.name)


def _section(made: Ruler, taken: Mapping[str, Mapping[str, Taken | str]], first: str) -> Section:
    drawn, outside = [], {}
    for measure in made.measures:
        points = {name: value for name, of in taken.items() if isinstance(value := of[measure.name], Taken)}
        if len(points) < 2:
            continue
        out = [name for name, one in points.items() if one.outside]
        outside[measure.name] = out
        drawn.append((len(out), measure, points))
    if not drawn:
        raise NotApplicable("no measure has a value for two versions")
    drawn.sort(key=lambda item: -item[0])
    slices = len(taken)
    left = [
        f"{name}: {len(out)} of {slices} outside ({', '.join(one_line(one, 20) for one in out[:3])})"
        for name, out in outside.items()
        if out
    ]
    how = (
        f"Measured on {made.size.items:,} items of each, so that sizes do not matter; in the band fall 95% of "
        f"samples like {one_line(first, 60)}."
    )
    some = sum(map(bool, outside.values()))
    said = f"{len(outside)} measures, {some} of them outside their band somewhere; by chance one point in twenty is"
    return Section(
        title="Diversity",
        says=(how, f"{said}. {'; '.join(left[:6])}"),
        evidence=tuple(_series(measure.name, measure.title, points) for _, measure, points in drawn[:_DRAWN]),
    )


def _series(name: str, title: str, points: Mapping[str, Taken]) -> Series:
    names = tuple(one_line(one, 30) for one in points)
    values = tuple(_short(one.value) for one in points.values())
    low = tuple(_short(one.null_low) for one in points.values())
    high = tuple(_short(one.null_high) for one in points.values())
    middle = tuple(_short((one.null_low + one.null_high) / 2) for one in points.values())
    return Series(
        name=title,
        x=names * 2,
        y=(*values, *middle),
        low=(*values, *low),
        high=(*values, *high),
        group=("measured",) * len(names) + ("like the first",) * len(names),
        x_name="slice",
        y_name=name,
    )


def _short(value: float) -> float:
    return float(f"{np.clip(value, -1e300, 1e300):.6g}")
