"""The protocol around measures of samples: equal sizes, a real-against-real interval, and a standard error.

A number such as "self-BLEU 0.41" says nothing by itself: it grows with the number of documents, and two real samples
differ too. So every measure is taken of random parts of equal size (and, where it draws words, runs of words or
characters, with equally many of them), beside the interval in which real samples of that size fall, and with a standard
error.

The interval. The real set is split at random, again and again, into two parts A and B of the size that is compared.
For a measure against the real, each split gives one value of (A, B), distributed as that of an independent real sample
against a real one. For a measure of one sample, both parts of a split are parts of the one real set, and their values
spread less than those of independent samples; the differences between A and B do not, so the interval is the mean of
the values, plus and minus a quantile of those differences times √((1 + n/N)/2): a new sample of n has variance σ²/n
about a centre known to σ²/N, and the difference of two has 2σ²/n. Against the real, what both parts add to the value
alike cannot vary over splits that use up the real set; where they nearly do, the interval is widened to the t-interval
of the jackknife errors of both parts, E = √(E_A²(1 + n/N) + E_B²(1 − n/N)).

The standard error is a jackknife that leaves out one of 20 random groups of items at a time, with the real part held
fixed. The bootstrap is no choice here: it draws items twice, and measures of diversity count copies. The jackknife errs
upwards in expectation for any symmetric statistic (Efron & Stein 1981), and every measure is symmetric in its items.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from holdfast.collapse.definitions import Measure
from holdfast.collapse.measures.sound import Fewer
from holdfast.collapse.measures.words import tokenised
from holdfast.collapse.measuring.subsets import Faces, parts, without_each
from holdfast.collapse.measuring.views import seen, unwrapped
from holdfast.collapse.samples import SampleSet, Texts
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

LEVEL = 0.95
SPLITS = 39  # the least and the greatest of 39 values are a 95% interval for the 40th, whatever their distribution
GROUPS = 20
MOST_ITEMS = 1000
_MARGIN = 0.8  # of the words, runs of words or characters that the smallest part holds are drawn: parts differ
MOST_REAL = 20  # times the size that is compared: a larger real set would narrow intervals by 2.5% at the most
_SHARED = 0.25  # where both parts of a split are a smaller share of the real set, splits are as good as independent
_T_19 = 2.093  # 97.5% quantile of Student's t with 19 degrees of freedom, one fewer than groups
_KNOWN = 0.5  # this share of splits or groups must have a value


@dataclass(frozen=True, slots=True)
class Size:
    """How much every sample of a comparison is cut to: items, and what a measure draws from them, by its name."""

    items: int
    draws: Mapping[str, int]


class Band(NamedTuple):
    """The interval in which a real sample's value falls with probability `LEVEL`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A measure of a sample, with its standard error and the interval of real samples of the same size."""

    value: float
    error: float
    null_low: float
    null_high: float
    size: int  # items it was taken of

    @property
    def outside(self) -> bool:
        """Whether the value lies where fewer than one real sample in twenty does."""
        return not self.null_low <= self.value <= self.null_high


@dataclass(frozen=True)
class Ruler:
    """Measures of any number of samples beside one real set. Intervals are made once, when first asked for."""

    measures: tuple[Measure, ...]
    real: Faces
    reference: Faces  # the part of the real set that samples are compared with
    size: Size
    streams: Streams
    splits: int
    groups: int

    def values(self, sample: SampleSet) -> dict[str, float | str]:
        """Return each measure of a sample, or why it says nothing: one pass, no interval and no error.

        Raises BadInput, NotApplicable.
        """
        with one_thread():
            return _values(self.measures, self._cut(sample), self.reference, self.size)

    def take(self, sample: SampleSet, *, errors: bool = True) -> dict[str, Taken | str]:
        """Return each measure of a sample with its interval, or why it cannot be taken. Raises BadInput, NotApplicable.

        Without `errors` the standard error is NaN, and one value costs one pass instead of 21.
        """
        bands = self.bands
        with one_thread():
            some = self._cut(sample)
            found = _values(self.measures, some, self.reference, self.size)
            spread = self._errors(some) if errors else {}
        taken: dict[str, Taken | str] = {}
        for name, value in found.items():
            band = bands[name]
            if isinstance(value, str) or isinstance(band, str):
                taken[name] = value if isinstance(value, str) else str(band)
            else:
                taken[name] = Taken(value, spread.get(name, float("nan")), *band, self.size.items)
        return taken

    @cached_property
    def bands(self) -> Mapping[str, Band | str]:
        """The interval of each measure, or why there is none."""
        alone = tuple(one for one in self.measures if not one.against)
        first: list[dict[str, float | str]] = []
        second: list[dict[str, float | str]] = []
        with one_thread():
            for k in range(self.splits):
                a, b = _split(self.real, self.size, self.streams, k)
                first.append(_values(self.measures, a, b, self.size))
                second.append(_values(alone, b, a, self.size))
        scale = float(np.sqrt((1 + self.size.items / len(self.real[""])) / 2))
        found: dict[str, Band | str] = {}
        for one in self.measures:
            values = [value[one.name] for value in first]
            found[one.name] = _apart(values) if one.against else _about(values, [v[one.name] for v in second], scale)
        if 2 * self.size.items > _SHARED * len(self.real[""]):
            with one_thread():
                self._widen(found)
        return found

    def _widen(self, found: dict[str, Band | str]) -> None:
        """Widen intervals of measures against the real to what their two samples vary by, found by jackknife."""
        against = tuple(one for one in self.measures if one.against)
        if not against:
            return
        a, b = _split(self.real, self.size, self.streams, 0)
        rngs = self.streams("measuring", "left"), self.streams("measuring", "right")
        groups = min(self.groups, self.size.items)
        some = _jackknife(against, ((one, b) for one in without_each(a, groups, rngs[0])), self.size)
        true = _jackknife(against, ((a, one) for one in without_each(b, groups, rngs[1])), self.size)
        part = self.size.items / len(self.real[""])
        for name, band in found.items():
            if name in some and name in true and not isinstance(band, str):
                half = _T_19 * float(np.sqrt(some[name] ** 2 * (1 + part) + true[name] ** 2 * (1 - part)))
                middle = (band.low + band.high) / 2
                found[name] = Band(min(band.low, middle - half), max(band.high, middle + half))

    def _cut(self, sample: SampleSet) -> Faces:
        if type(sample) is not type(self.real[""]):
            raise BadInput(
                f"the real set is {type(self.real['']).__name__} and this sample {type(sample).__name__}; "
                "give both the same kind"
            )
        return _cut(sample, self.measures, [self.size.items], self.streams("measuring", "sample"))[0]

    def _errors(self, some: Faces) -> dict[str, float]:
        """Return the jackknife standard error of each measure that has one."""
        groups = min(self.groups, self.size.items)
        left = without_each(some, groups, self.streams("measuring", "groups"))
        return _jackknife(self.measures, ((one, self.reference) for one in left), self.size)


def ruler(
    measures: Sequence[Measure],
    real: SampleSet,
    streams: Streams,
    *,
    sets: Iterable[SampleSet] = (),
    most: int = MOST_ITEMS,
    size: Size | None = None,
    splits: int = SPLITS,
    groups: int = GROUPS,
) -> Ruler:
    """Return the measures with their intervals for a real set; `sets` are those that will be measured.

    Name all of `sets` that are at hand: the smallest decides the size of the comparison. Documents that belong together
    (paragraphs of one article) are no independent draws, and make intervals too narrow. Raises BadInput, NotApplicable.
    """
    measures = tuple(measures)
    with one_thread():
        size = size or size_for(measures, sets, real, streams, most=most)
        kept = min(len(real), MOST_REAL * size.items)
        (whole,) = _cut(real, measures, [kept], streams("measuring", "real"))
        _, reference = _split(whole, size, streams, 0)
    return Ruler(measures, whole, reference, size, streams, splits, groups)


def _split(real: Faces, size: Size, streams: Streams, k: int) -> list[Faces]:
    return parts(real, [size.items, size.items], streams("measuring", "split", k))


def taken(
    measure: Measure,
    sample: SampleSet,
    real: SampleSet,
    streams: Streams,
    *,
    size: Size | None = None,
    splits: int = SPLITS,
    groups: int = GROUPS,
) -> Taken:
    """Return one measure of one sample beside a real set; for more than one make a `ruler`. Raises NotApplicable."""
    made = ruler([measure], real, streams, sets=[sample], size=size, splits=splits, groups=groups)
    found = made.take(sample)[measure.name]
    if isinstance(found, str):
        raise NotApplicable(found)
    return found


def values(measures: Sequence[Measure], sample: SampleSet, real: SampleSet) -> dict[str, float]:
    """Return measures of a sample as it is, NaN where one says nothing: no interval, no error, one pass.

    For sets that have equally many items by themselves. What draws words, runs of words or bytes draws half as many as
    the real set holds, so that it does not matter if the sample holds somewhat fewer. Raises BadInput.
    """
    some, reference = faces(sample, measures), faces(real, measures)
    found = _values(measures, some, reference, _half(measures, reference))
    return {name: float("nan") if isinstance(value, str) else value for name, value in found.items()}


def half_of(measures: Sequence[Measure], real: SampleSet, items: int, streams: Streams) -> Size:
    """Return the size at which `values` compares samples of so many items. Raises NotApplicable."""
    (some,) = _cut(real, measures, [items], streams("measuring", "half"))
    return _half(measures, some)


def _half(measures: Sequence[Measure], reference: Faces) -> Size:
    held = {one.name: _held(one, reference, reference) for one in measures if _draws(one)}
    draws = {name: max(1, have // 2) for name, have in held.items() if have is not None}
    return Size(len(reference[""]), draws)


def size_for(
    measures: Sequence[Measure],
    sets: Iterable[SampleSet],
    real: SampleSet,
    streams: Streams,
    *,
    most: int = MOST_ITEMS,
) -> Size:
    """Return the largest size that all sets and both halves of the real one have. Raises NotApplicable."""
    sets = list(sets)
    for one in sets:
        if type(one) is not type(real):
            raise BadInput(
                f"the real set is {type(real).__name__} and a sample {type(one).__name__}; give all the same kind"
            )
    items = min([most, len(real) // 2, *(len(one) for one in sets)])
    if items < 2:
        smallest = min([len(real), *(len(one) for one in sets)])
        raise NotApplicable(
            f"the smallest set has {smallest:,} items; two real halves of 2 and samples of 2 are needed"
        )
    drawing = [measure for measure in measures if _draws(measure)]
    draws: dict[str, int] = {}
    if drawing:
        held = [_cut(one, drawing, [items], streams("measuring", "size"))[0] for one in sets]
        held += _cut(real, drawing, [items, items], streams("measuring", "size"))
        for measure in drawing:
            have = [number for some in held if (number := _held(measure, some, held[-1])) is not None]
            draws[measure.name] = max(1, int(_MARGIN * min(have))) if have else 1
    return Size(items, draws)


def _cut(sample: SampleSet, measures: Sequence[Measure], sizes: Sequence[int], rng: np.random.Generator) -> list[Faces]:
    """Return random parts of a sample set as the measures see them; what is left out is never read."""
    return [faces(one[""], measures) for one in parts({"": sample}, sizes, rng)]


def faces(sample: SampleSet, measures: Sequence[Measure]) -> Faces:
    """Return a sample set as each of the measures sees it. Raises BadInput, NotApplicable."""
    if isinstance(sample, Texts):
        sample = tokenised(sample)
    views = dict.fromkeys(view for view, _ in map(unwrapped, measures) if view)
    return {"": sample, **{view: seen(sample, view) for view in views}}


def _values(measures: Sequence[Measure], some: Faces, reference: Faces, size: Size) -> dict[str, float | str]:
    """Return each measure, or the reason why it says nothing."""
    found: dict[str, float | str] = {}
    for one in measures:
        view, behind = unwrapped(one)
        options = {"draws": size.draws[one.name]} if one.name in size.draws else {}
        given = (some[view], reference[view]) if one.against else (some[view],)
        try:
            value = float(behind.run(*given, **options))
        except NotApplicable as error:
            found[one.name] = str(error)
            continue
        found[one.name] = value if np.isfinite(value) else "the value is not a finite number"
    return found


def _draws(measure: Measure) -> bool:
    """Return whether a measure draws as much as it is told to, and has not been told."""
    return "draws" in measure.options and measure.options["draws"] is None


def _jackknife(measures: Sequence[Measure], left: Iterable[tuple[Faces, Faces]], size: Size) -> dict[str, float]:
    """Return the standard error of each measure that has one, from pairs of which a group of items is left out."""
    values = [_values(measures, *pair, size) for pair in left]
    found = {}
    for one in measures:
        numbers = _numbers(value[one.name] for value in values)
        if len(numbers) >= max(2, _KNOWN * len(values)):
            found[one.name] = float(np.sqrt((len(values) - 1) * numbers.var()))
    return found


def _held(measure: Measure, some: Faces, reference: Faces) -> int | None:
    """Return how many words, runs of words or characters a measure finds to draw from; None where it says nothing."""
    view, behind = unwrapped(measure)
    given = (some[view], reference[view]) if measure.against else (some[view],)
    try:
        behind.run(*given, draws=2**62)
    except Fewer as error:
        return error.have
    except NotApplicable:
        return None
    raise TypeError(f"the measure {measure.name} draws more than there is and does not say so")


def _numbers(values: Iterable[float | str]) -> np.ndarray:
    return np.array([value for value in values if not isinstance(value, str)], dtype=np.float64)


def _apart(values: Sequence[float | str]) -> Band | str:
    """Return the interval of a measure against the real, from its values on pairs of real parts."""
    numbers = _numbers(values)
    if len(numbers) < max(2, _KNOWN * len(values)):
        return _reason(values)
    low, high = np.quantile(numbers, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="weibull")
    return Band(float(low), float(high))


def _about(first: Sequence[float | str], second: Sequence[float | str], scale: float) -> Band | str:
    """Return the interval of a measure of one sample, from its values on both parts of each split."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if not isinstance(a, str) and not isinstance(b, str)]
    if len(both) < max(2, _KNOWN * len(first)):
        return _reason([*first, *second])
    pairs = np.array(both)
    half = scale * float(np.quantile(np.abs(pairs[:, 0] - pairs[:, 1]), LEVEL, method="weibull"))
    centre = float(pairs.mean())
    return Band(centre - half, centre + half)


def _reason(values: Sequence[float | str]) -> str:
    return next((value for value in values if isinstance(value, str)), "there are too few real parts with a value")


def one_thread() -> AbstractContextManager[Any]:
    """Hold linear algebra to one thread: matrices are small, and threads that wait for each other spin."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits
