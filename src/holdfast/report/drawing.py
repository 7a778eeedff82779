"""Charts drawn as SVG, without script.

Horizontal places are per cent, so a chart fills any width while its text keeps its size; colours are classes, so it
follows light, dark and print. A group differs by dash or mark as well as by colour.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from holdfast.core.finding import Series
from holdfast.report.document import Bar, Waterfall
from holdfast.report.pictures import finite, numeric, value
from holdfast.report.scales import Scale, scale, tick
from holdfast.report.words import cell, name, number

MARKS = "●▲■◆✚✖"
_TRACK = Markup('<span class="track"><svg class="bar" aria-hidden="true">{}</svg></span>')
_SIGN = Markup('<span class="mark s{}" aria-hidden="true">{}</span> ')
_HEIGHT = 400  # of the inner coordinates, 1000 wide; stretched to the size of the plot
_MOST_TITLES = 300  # marks that get a tooltip
_MOST_SHAPED = 600  # marks drawn as characters; beyond, dots


def waterfall_bar(bar: Bar, picture: Waterfall) -> Markup:
    """Return one line of the waterfall: its bar, its interval, and the threads to the lines around it."""
    axis = Scale(picture.first, picture.last, ())
    start, stop = axis.percent(bar.start), axis.percent(bar.stop)
    parts = []
    if bar.kind in {"claimed", "honest"}:
        zoomed = picture.first > 0 or picture.last < 0
        left, right = min(start, stop), max(start, stop)
        parts.append(_rect(f"total {bar.kind}", left, right, 18, 64))
        if zoomed:
            parts += [_rect("gap", 1.2, 1.8, 14, 72), _rect("gap", 2.6, 3.2, 14, 72)]
        y1, y2 = ("82%", "100%") if bar.kind == "claimed" else ("0%", "18%")
        parts.append(_line("thread", stop, y1, stop, y2))
    else:
        parts.append(_rect(f"step {bar.kind}", min(start, stop), max(start, stop), 18, 64))
        parts += [_line("thread", start, "0%", start, "18%"), _line("thread", stop, "82%", stop, "100%")]
    if bar.low is not None and bar.high is not None:
        low, high = axis.percent(bar.low), axis.percent(bar.high)
        parts.append(_line("whisker", low, "50%", high, "50%"))
        parts += [_line("whisker", end, "38%", end, "62%") for end in (low, high)]
    return _TRACK.format(Markup().join(parts))


def plot(series: Series) -> Markup:
    """Return a series as a drawing; it stands for nothing that the label and the table do not say as well."""
    pairs = [i for i in range(min(len(series.x), len(series.y))) if finite(series.y[i])]
    if not pairs:
        return Markup('<p class="quiet">Nothing to draw.</p>')
    if series.shape == "bar" and not numeric([series.x[i] for i in pairs]):
        return _named_bars(series, pairs)
    return _plane(series, pairs)


def _named_bars(series: Series, pairs: Sequence[int]) -> Markup:
    """Return a bar per name, as lines: names stay readable on any width."""
    ends = [value(series.y[i]) for i in pairs]
    if _has_band(series):
        ends += [value(one) for i in pairs for one in (series.low[i], series.high[i]) if finite(one)]
    axis = scale(ends, zero=True)
    groups = _groups(series)
    zero = axis.percent(0.0)
    lines: list[Markup] = []
    names = list(dict.fromkeys(cell(series.x[i]) for i in pairs))
    last = ""
    tones = {i: groups.index(series.group[i]) if groups else 0 for i in pairs}
    for i in sorted(pairs, key=lambda i: (names.index(cell(series.x[i])), tones[i])):
        at, tone = axis.percent(value(series.y[i])), tones[i]
        parts = [_rect(f"s{tone}", min(zero, at), max(zero, at), 20, 60)]
        if _has_band(series) and finite(series.low[i]) and finite(series.high[i]):
            low, high = axis.percent(value(series.low[i])), axis.percent(value(series.high[i]))
            parts.append(_line("whisker", low, "50%", high, "50%"))
        shown = number(value(series.y[i]))
        said = cell(series.x[i])
        again = bool(lines) and said == last
        last = said
        sign = _SIGN.format(tone, MARKS[tone]) if len(groups) > 1 else ""
        lines.append(
            Markup('<div class="line"><span class="name">{}{}</span>{}<span class="value">{}</span></div>').format(
                sign, "" if again else said, _TRACK.format(Markup().join(parts)), shown
            )
        )
    return _legend(groups, series.shape) + Markup('<div class="lines">{}</div>').format(Markup().join(lines))


def _plane(series: Series, pairs: Sequence[int]) -> Markup:
    """Return lines, points or columns over two scales."""
    xs, names = _places(series, pairs)
    ys = [value(series.y[i]) for i in pairs]
    ends = list(ys)
    if _has_band(series):
        ends += [value(one) for i in pairs for one in (series.low[i], series.high[i]) if finite(one)]
    down = scale(ends, zero=series.shape == "bar")
    half = _half_step(xs) if series.shape == "bar" else 0.0
    counted = all(isinstance(series.x[i], int) for i in pairs)  # such as generations
    along = scale([*xs, min(xs) - half, max(xs) + half], whole=counted, most=6)
    if names:
        along = Scale(min(xs) - 0.5, max(xs) + 0.5, ())
    else:
        low, high = min(xs) - half, max(xs) + half
        along = Scale(low, high if high > low else low + 1, tuple(t for t in along.ticks if low <= t <= high))
    groups = _groups(series)
    marks = Markup().join(_marks(series, pairs, xs, along, down, groups))
    return Markup(
        '{}<div class="plane"><span class="y-name">{}</span><svg class="y-axis" aria-hidden="true">{}</svg>'
        '<svg class="area" aria-hidden="true">{}{}</svg><svg class="x-axis" aria-hidden="true">{}</svg>'
        '<span class="x-name">{}</span></div>'
    ).format(
        _legend(groups, series.shape),
        name(series.y_name),
        Markup().join(_y_labels(down)),
        Markup().join(
            _line("zero" if abs(t) < 1e-12 else "grid", 0, f"{100 - down.percent(t):.2f}%", 100, None)
            for t in down.ticks
        ),
        marks,
        Markup().join(_x_labels(along, xs, names)),
        name(series.x_name),
    )


def _marks(
    series: Series, pairs: Sequence[int], xs: Sequence[float], along: Scale, down: Scale, groups: Sequence[str]
) -> Iterator[Markup]:
    members: dict[int, list[int]] = {}
    for at, i in enumerate(pairs):
        members.setdefault(groups.index(series.group[i]) if groups else 0, []).append(at)
    drawn = [(along.percent(x) * 10, _up(down, value(series.y[i]))) for x, i in zip(xs, pairs, strict=True)]
    for tone, found in members.items():
        ats = sorted(found, key=xs.__getitem__) if series.shape == "line" else found
        if series.shape == "bar":
            yield from _columns(series, pairs, xs, ats, along, down, tone)
            continue
        if _has_band(series) and series.shape == "line":
            yield _inner(_band(series, pairs, xs, ats, along, down), f"band s{tone}")
        if series.shape == "point" and len(groups) > 1 and len(pairs) <= _MOST_SHAPED:
            yield from (
                Markup('<text class="mark s{}" x="{}%" y="{}%" dy="4">{}</text>').format(
                    tone, f"{drawn[at][0] / 10:.2f}", f"{drawn[at][1] / _HEIGHT * 100:.2f}", MARKS[tone]
                )
                for at in ats
            )
            continue
        points = [drawn[at] for at in ats]
        if series.shape == "line" and len(points) > 1:
            yield _inner("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), f"path s{tone}")
        if series.shape == "point" or len(points) <= 40:
            yield _inner("".join(f"M{x:.1f} {y:.1f}h0" for x, y in points), f"dots s{tone}")
        if series.shape == "point" and _has_band(series):
            yield from _whiskers(series, pairs, xs, ats, along, down)


def _up(down: Scale, y: float) -> float:
    return _HEIGHT - down.percent(y) / 100 * _HEIGHT


def _columns(
    series: Series,
    pairs: Sequence[int],
    xs: Sequence[float],
    ats: Sequence[int],
    along: Scale,
    down: Scale,
    tone: int,
) -> Iterator[Markup]:
    half = _half_step(xs) * 0.92
    zero = 100 - down.percent(0.0)
    for count, at in enumerate(ats):
        y = value(series.y[pairs[at]])
        top = 100 - down.percent(y)
        left, right = along.percent(xs[at] - half), along.percent(xs[at] + half)
        title = f"{number(xs[at])}: {number(y)}" if count < _MOST_TITLES else ""
        yield Markup('<rect class="s{}" x="{}%" width="{}%" y="{}%" height="{}%">{}</rect>').format(
            tone,
            f"{left:.2f}",
            f"{max(right - left, 0.15):.2f}",
            f"{min(zero, top):.2f}",
            f"{abs(zero - top):.2f}",
            Markup("<title>{}</title>").format(title) if title else "",
        )


def _band(
    series: Series, pairs: Sequence[int], xs: Sequence[float], ats: Sequence[int], along: Scale, down: Scale
) -> str:
    known = [at for at in ats if finite(series.low[pairs[at]]) and finite(series.high[pairs[at]])]
    upper = [(along.percent(xs[at]) * 10, _up(down, value(series.high[pairs[at]]))) for at in known]
    lower = [(along.percent(xs[at]) * 10, _up(down, value(series.low[pairs[at]]))) for at in reversed(known)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*upper, *lower]) + "Z" if known else ""


def _whiskers(
    series: Series, pairs: Sequence[int], xs: Sequence[float], ats: Sequence[int], along: Scale, down: Scale
) -> Iterator[Markup]:
    for at in ats[:_MOST_TITLES]:
        low, high = series.low[pairs[at]], series.high[pairs[at]]
        if finite(low) and finite(high):
            x = along.percent(xs[at])
            ends = [f"{100 - down.percent(value(one)):.2f}%" for one in (low, high)]
            yield _line("whisker", x, ends[0], x, ends[1])


def _places(series: Series, pairs: Sequence[int]) -> tuple[list[float], list[str]]:
    """Return where points stand along, and names for places where they are no numbers."""
    if numeric([series.x[i] for i in pairs]):
        return [value(series.x[i]) for i in pairs], []
    names = list(dict.fromkeys(cell(series.x[i]) for i in pairs))
    index = {one: float(at) for at, one in enumerate(names)}
    return [index[cell(series.x[i])] for i in pairs], names


def _half_step(xs: Sequence[float]) -> float:
    ordered = sorted(set(xs))
    gaps = [b - a for a, b in pairwise(ordered)]
    return min(gaps) / 2 if gaps else 0.5


def _y_labels(down: Scale) -> Iterator[Markup]:
    step = down.ticks[1] - down.ticks[0] if len(down.ticks) > 1 else 1.0
    for one in down.ticks:
        yield Markup('<text x="100%" y="{}%" dy="4">{}</text>').format(
            f"{100 - down.percent(one):.2f}", tick(one, step)
        )


def _x_labels(along: Scale, xs: Sequence[float], names: Sequence[str]) -> Iterator[Markup]:
    if names:
        every = max(1, -(-len(names) // 8))
        for at in range(0, len(names), every):
            yield Markup('<text x="{}%" y="14">{}</text>').format(f"{along.percent(float(at)):.2f}", names[at][:14])
        return
    step = along.ticks[1] - along.ticks[0] if len(along.ticks) > 1 else max(abs(max(xs)), 1.0)
    for one in along.ticks:
        x = along.percent(one)
        edge = Markup(' class="last"') if x > 97 else ""  # a number at the edge ends there, so that it is not cut
        yield Markup('<text x="{}%" y="14"{}>{}</text>').format(f"{x:.2f}", edge, tick(one, step))


def _legend(groups: Sequence[str], shape: str) -> Markup:
    if len(groups) < 2:
        return Markup()
    keys = []
    for tone, group in enumerate(groups):
        sign = (
            Markup(
                '<svg class="key" aria-hidden="true"><line class="path s{}" x1="0" x2="100%" y1="50%" y2="50%"/></svg>'
            )
            if shape == "line"
            else _SIGN
        )
        keys.append(Markup("<li>{} {}</li>").format(sign.format(tone, MARKS[tone]), name(group)))
    return Markup('<ul class="legend">{}</ul>').format(Markup().join(keys))


def _groups(series: Series) -> list[str]:
    return list(dict.fromkeys(series.group)) if len(series.group) == len(series.x) else []


def _has_band(series: Series) -> bool:
    return len(series.low) == len(series.high) == len(series.y) > 0


def _inner(path: str, kind: str) -> Markup:
    """Return a path in coordinates that stretch with the plot; its stroke does not."""
    return Markup(
        '<svg viewBox="0 0 1000 {}" preserveAspectRatio="none" x="0" y="0" width="100%" height="100%">'
        '<path class="{}" d="{}"/></svg>'
    ).format(_HEIGHT, kind, path)


def _rect(kind: str, left: float, right: float, top: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}%" width="{}%" y="{}%" height="{}%"/>').format(
        kind, f"{left:.2f}", f"{max(right - left, 0.15):.2f}", f"{top:g}", f"{height:g}"
    )


def _line(kind: str, x1: float, y1: str, x2: float, y2: str | None) -> Markup:
    return Markup('<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(
        kind, f"{x1:.2f}", y1, f"{x2:.2f}", y2 or y1
    )
