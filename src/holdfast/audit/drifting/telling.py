"""Two slices in words, tables and pictures: the sections of a comparison."""

from collections.abc import Iterator, Sequence

import numpy as np

from holdfast.audit.drifting.comparing import Compared
from holdfast.audit.drifting.lines import DRIFTS, SURE, Line, lines_of, table
from holdfast.audit.drifting.pictures import distribution, origins
from holdfast.audit.drifting.relations import Relation, Relations
from holdfast.audit.drifting.settings import DriftSettings
from holdfast.audit.drifting.slices import NEW, Slices
from holdfast.audit.facts.shift.two_sample import SplitClassifier
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Cell, Evidence, Examples, Measure, Series
from holdfast.core.record import Section
from holdfast.core.text import one_line

_PICTURES = 4
MEANT = (
    "An effect lies between 0 and 1 and does not grow with rows: for numbers the largest gap between cumulative "
    "shares, for categories the share of rows that would have to change"
)
_TEXTS = "; for texts the divergence of their words"
_MOST_SAID = 12  # notes on versions


def said(found: Compared, settings: DriftSettings) -> str:
    """Return what a comparison came to in one sentence."""
    lines = lines_of(found)
    moved = [line for line in lines if line.verdict(settings) == DRIFTS]
    parts = []
    if lines:
        parts.append(f"{len(moved)} of {len(lines)} columns drift{'s' * (len(moved) == 1)}")
        if moved:
            parts[0] += ", most of all " + ", ".join(_named(line) for line in moved[:3])
    parts.append(told_apart(found.joint, found.sides.second, found.sides.first, found.silent))
    related = found.related
    if related is not None and related.changed and related.p_value < settings.alpha:
        most = related.changed[0]
        if abs(most.after - most.before) >= settings.min_effect:
            parts.append(f"pairs of columns hang together differently, most of all {_pair(most)}")
    return "; ".join(parts) + "."


def told_apart(joint: SplitClassifier | None, new: str, old: str, silent: str) -> str:
    """Return what the joint comparison came to, or why there is none."""
    if joint is None:
        return f"together they were not compared ({silent})"
    new, old = one_line(new, 40), one_line(old, 40)
    apart = f"with AUC {joint.auc:.2f} (95% interval {joint.low:.2f} to {joint.high:.2f})"
    if joint.low <= 0.5:
        return f"a model cannot tell {new} from {old}, {apart}"
    return f"a model tells {new} from {old} {apart}"


def _begun(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _named(line: Line) -> str:
    if line.missing is not None and abs(line.missing[0]) > line.effect.value:
        return f"{one_line(line.name, 40)!r} (missing share {line.missing[0]:+.1%})"
    if line.beside > line.effect.value:
        return f"{one_line(line.name, 40)!r} (length, or words that were not there before)"
    return f"{one_line(line.name, 40)!r} ({line.effect.value:.2f}, {line.effect.low:.2f} to {line.effect.high:.2f})"


def sections(found: Compared, slices: Slices, settings: DriftSettings) -> Iterator[Section]:
    """Yield the sections of two versions compared."""
    lines = lines_of(found)
    if lines:
        yield columns_section(found, lines, settings)
        pictures = tuple(_pictures(found, lines))
        if pictures:
            yield Section(title="What moved most", evidence=pictures)
    yield joint_section(found)
    if found.label is not None:
        yield label_section(found)
    for text in found.texts:
        words = (*text.more, *text.fewer)
        if words:
            yield Section(
                title=f"Words of {one_line(text.name, 60)}",
                says=("Words that add most to the divergence; one text counts as one draw.",),
                evidence=(_words(words, found),),
            )
    yield from origins_section(slices)
    yield compared_section(slices)


def columns_section(found: Compared, lines: Sequence[Line], settings: DriftSettings) -> Section:
    """Return the table of columns, with what its numbers mean."""
    n = len(found.pair.new), len(found.pair.old)
    on = f"columns on at most {settings.rows:,} rows of each side" if max(n) > settings.rows else "all of them"
    old, new = one_line(found.sides.first, 60), one_line(found.sides.second, 60)
    counted = f"{n[0]:,} {'' if new.startswith(NEW) else 'rows of '}{new} against {n[1]:,} of {old}"
    rule = (
        f"A column drifts where the effect reaches {settings.min_effect:g} (a missing share half of that), the lower "
        f"end of its interval half as much, and chance is ruled out (p < {settings.alpha:g}); where p is below 0.05 "
        "only, it may, and a smaller effect is small. P-values are corrected over the table (Benjamini & Hochberg)."
    )
    return Section(
        title="Columns one by one",
        says=(f"{counted}, {on}. {MEANT}{_TEXTS}.", rule),
        evidence=(table(lines, settings),),
    )


def _pictures(found: Compared, lines: Sequence[Line]) -> Iterator[Evidence]:
    both: Dataset = found.facts["dataset"]
    is_old = found.facts["split_of"].train
    drawn = 0
    for line in lines:
        if drawn == _PICTURES or line.corrected >= SURE:
            return
        if line.holds in {"numbers", "categories"} and line.effect.low > 0:
            series = distribution(both, line.name, is_old, found.sides)
            if series is not None:
                drawn += 1
                yield series


def joint_section(found: Compared) -> Section:
    """Return what a model and distances say about all columns together."""
    joint, whole = found.joint, found.whole
    if joint is None:
        return Section(title="All columns together", says=(f"Not estimable: {found.silent}.",))
    evidence: list[Evidence] = [
        Measure(
            name="AUC of telling both sides apart",
            value=joint.auc, low=joint.low, high=joint.high, level=0.95, p_value=joint.p_value, unit="score",
        )
    ]  # fmt: skip
    words = [_begun(told_apart(joint, found.sides.second, found.sides.first, "")) + "."]
    words += read_by(found)
    words.append(f"Learnt and asked out of fold, on {joint.n_train + joint.n_test:,} rows; 0.5 means no difference.")
    if whole is not None:
        evidence.append(
            Measure(
                name="energy distance of all columns, 0 to 1",
                value=whole.value, low=whole.low, high=whole.high, level=0.95, p_value=whole.p_value,
            )
        )  # fmt: skip
        words.append(f"The energy distance is that of {whole.n:,} rows, each column counting alike; p by permutation.")
    if found.related is not None and found.related.n_pairs:
        words.append(_related(found.related))
        if found.related.changed and found.related.p_value < SURE:
            evidence.append(_pairs(found.related))
    if joint.telling:
        evidence.append(
            Series(
                name="What the AUC loses without a column",
                x=tuple(name for name, _ in joint.telling),
                y=tuple(round(fall, 4) for _, fall in joint.telling),
                x_name="column", y_name="loss of AUC", shape="bar",
            )
        )  # fmt: skip
    evidence += [
        Measure(
            name=f"energy distance of {one_line(name, 60)} as vectors",
            value=far.value, low=far.low, high=far.high, level=0.95, p_value=far.p_value,
        )
        for name, far in found.blocks.items()
    ]  # fmt: skip
    return Section(title="All columns together", says=tuple(words), evidence=tuple(evidence))


def read_by(found: Compared) -> tuple[str, ...]:
    """Return which columns a person's model of vectors read, where one was named."""
    if found.reader is None:
        return ()
    *many, last = (repr(one_line(name, 40)) for name in found.reader.columns)
    named = f"{', '.join(many)} and {last}" if many else last
    return (f"The model in {one_line(found.reader.model, 100)} read {named}.",)


def _related(found: Relations) -> str:
    if found.p_value >= SURE:
        return f"No pair of columns is seen to hang together differently, of {found.n_pairs:,} pairs."
    if not found.changed:
        return f"Some of {found.n_pairs:,} pairs of columns may hang together differently: which is not sure."
    pair = _pair(found.changed[0])
    return f"Of {found.n_pairs:,} pairs of columns some hang together differently, most of all {pair}."


def _pair(one: Relation) -> str:
    first, second = one_line(one.first, 40), one_line(one.second, 40)
    return f"{first!r} and {second!r} (correlation {one.before:.2f} before, {one.after:.2f} now)"


def _pairs(found: Relations) -> Examples:
    return Examples(
        caption="Pairs whose correlation of normal scores changed most, of those that changed for sure",
        columns=("column", "with", "before", "now", "change, 95% over all pairs"),
        cells=tuple(
            (one.first, one.second, f"{one.before:.2f}", f"{one.after:.2f}", f"{one.low:+.2f} to {one.high:+.2f}")
            for one in found.changed
        ),
    )


def label_section(found: Compared) -> Section:
    """Return the shift of the label, and apart from it that of the features."""
    shift, apart = found.label, found.given_label
    assert shift is not None
    evidence: list[Evidence] = [
        Measure(
            name=f"label: {shift.measure}",
            value=shift.effect, low=shift.low, high=shift.high, level=0.95, p_value=shift.p_value,
        )
    ]  # fmt: skip
    words = [f"The label {one_line(shift.name, 60)!r}: {shift.said}."] if shift.said else []
    if apart is None:
        words.append("Whether features differ at equal labels is not estimable: too few rows of each class.")
    else:
        evidence.append(
            Measure(
                name="AUC of telling both sides apart among rows of one label",
                value=apart.value, low=apart.low, high=apart.high, level=0.95, unit="score",
            )
        )  # fmt: skip
        if apart.low > 0.5:
            words.append("Features differ at equal labels too: weights for label shares alone do not make up for it.")
        elif found.joint is not None and found.joint.low > 0.5:
            words.append(
                "At equal labels no difference of features could be shown: shares of labels may explain what a model "
                "tells apart."
            )
    both: Dataset = found.facts["dataset"]
    series = distribution(both, shift.name, found.facts["split_of"].train, found.sides)
    return Section(
        title="The label", says=tuple(words), evidence=(*evidence, *((series,) if series is not None else ()))
    )


def _words(words: Sequence[tuple[str, float, float]], found: Compared) -> Examples:
    return Examples(
        caption="Words, those that became more frequent first",
        columns=("word", one_line(found.sides.first, 40), one_line(found.sides.second, 40)),
        cells=tuple((one_line(word, 40), f"{before:.3%}", f"{after:.3%}") for word, before, after in words),
    )


def origins_section(slices: Slices) -> Iterator[Section]:
    """Yield who made the rows, where that is recorded."""
    drawn = tuple(origins(slices))
    if drawn:
        what = "version as a whole" if slices.unit == "version" else "period"
        yield Section(
            title="Who made the rows",
            says=(f"Shares of each {what}, with 95% intervals (Wilson) of what it was drawn from.",),
            evidence=drawn,
        )


def compared_section(slices: Slices) -> Section:
    """Return what was compared: rows, copies, columns that came and went."""
    words = list(slices.notes[:_MOST_SAID])
    if len(slices.notes) > _MOST_SAID:
        words.append(f"… and {len(slices.notes) - _MOST_SAID} more notes of this kind")
    for names, one, many in (
        (slices.came, "column is in the last version only", "columns are in the last version only"),
        (slices.went, "column is no longer there", "columns are no longer there"),
    ):
        if names:
            shown = ", ".join(repr(one_line(name, 40)) for name in names[:8])
            words.append(f"{len(names):,} {one if len(names) == 1 else many}: {shown}")
    if slices.unit == "version" and 0 < slices.share < 1:
        last = one_line(slices.wholes[-1].name, 60)
        words.append(
            f"new rows are {slices.share:.1%} of {last}, so that an effect on all of it is about as much smaller"
        )
    sizes = np.bincount(slices.codes[slices.codes >= 0], minlength=len(slices.names))
    cells: tuple[tuple[Cell, ...], ...]
    if slices.unit == "version" and len(slices.wholes) == len(slices.names):
        columns: tuple[str, ...] = ("version", "rows", "new", "gone")
        cells = tuple((one.name, one.rows, one.added, one.removed) for one in slices.wholes)
    else:
        columns = (slices.unit, "rows")
        cells = tuple((name, int(n)) for name, n in zip(slices.names, sizes.tolist(), strict=True))
    return Section(
        title="What was compared",
        says=tuple(f"{_begun(word)}." for word in words if word),
        evidence=(Examples(caption=f"{slices.unit.capitalize()}s, in order", columns=columns, cells=cells[:200]),),
    )
