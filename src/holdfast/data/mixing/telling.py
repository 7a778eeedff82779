"""A mix in words, as a table, and for machines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.core.finding import Examples
from holdfast.core.record import Section
from holdfast.core.showing import Shown
from holdfast.core.text import one_line
from holdfast.data.mixing.allocation import cap_of, ranges_of
from holdfast.data.mixing.choosing import Mix
from holdfast.data.mixing.counting import by
from holdfast.data.mixing.record import MixRecord

_MOST_LINES = 20  # of generators and generations


def headline(mix: Mix) -> str:
    """Return what the mix holds, in one sentence."""
    taken = mix.taken
    people = taken.verified + taken.human
    parts = [f"{people:,} by people ({taken.verified:,} verified)", f"{taken.synthetic:,} synthetic"]
    if taken.unknown:
        parts.append(f"{taken.unknown:,} of unknown origin")
    return f"{len(mix):,} records of {one_line(mix.source.name, 60)}: {', '.join(parts)}"


def said(mix: Mix) -> tuple[str, ...]:
    """Return what should be known beside the numbers."""
    found = [f"the planner: {mix.need.says}"] if mix.need is not None else []
    if mix.weights is not None:
        found.append(
            f"people's records have {mix.weights.share:.1%} of the weight: {mix.weights.people:.4g} each, the others "
            f"{mix.weights.others:.4g}"
        )
    found += [f"left out: {count:,} {reason}" for reason, count in mix.stock.left_out.items()]
    return (*found, *mix.notes)


def table(mix: Mix) -> str:
    """Return the numbers by kind, generator and generation: what there is, what is taken, what the policy wants."""
    rows = [("", "there are", "taken", "share", "records wanted"), *_rows(mix)]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    )


def as_json(mix: Mix) -> dict[str, Any]:
    """Return the numbers of a mix that is not written."""
    return {
        "records": len(mix),
        "taken": {
            "human-verified": mix.taken.verified, "human": mix.taken.human, "synthetic": mix.taken.synthetic,
            "unknown": mix.taken.unknown,
        },
        "source": mix.source.name,
        "source_version": mix.source.version,
        "policy_digest": mix.digest,
        "weights": None if mix.weights is None else mix.weights.model_dump(mode="json"),
        "planner": None if mix.need is None else mix.need.model_dump(mode="json"),
        "left_out": dict(mix.stock.left_out),
        "notes": list(mix.notes),
    }  # fmt: skip


def written(mix: Mix, record: MixRecord, folder: Path) -> str:
    """Return what was done, and what to type next."""
    parts = f"{len(record.parts)} file{'s' * (len(record.parts) != 1)}"
    return f"wrote {headline(mix)}\n  to {folder} ({parts} and _mix.json)"


def _rows(mix: Mix) -> Iterator[tuple[str, str, str, str, str]]:
    stock, taken, n = mix.stock, mix.taken, len(mix)
    wanted = ranges_of(mix.policy, n)
    for title, name, there, got in (
        ("by people", "human", stock.people, taken.verified + taken.human),
        ("  of them verified", "human-verified", stock.verified, taken.verified),
        ("synthetic", "synthetic", stock.synthetic, taken.synthetic),
        ("unknown", "unknown", stock.unknown, taken.unknown),
    ):
        limits = wanted[name]
        if name == "unknown" and not there and not limits.low:
            continue
        words = [f"at least {limits.low:,}"] if limits.low else []
        words += [f"at most {limits.high:,}"] if limits.high < n else []
        yield title, f"{there:,}", f"{got:,}", f"{got / n:.1%}", ", ".join(words)
    for axis, name in enumerate(("generator", "generation")):
        all_of, got_of = by(stock.cells, axis), by(taken.cells, axis)
        cap = getattr(mix.policy.caps, name)
        most = f"at most {cap_of(cap, n):,}" if cap is not None else ""
        largest = sorted((-count, str(value), value) for value, count in all_of.items())[:_MOST_LINES]
        for _, _, value in largest:
            shown = one_line(str(value), 40) if value not in {"", -1} else "(not named)"
            count = got_of.get(value, 0)
            yield f"{name} {shown}", f"{all_of[value]:,}", f"{count:,}", f"{count / n:.1%}", most
        if len(all_of) > _MOST_LINES:
            yield f"… {len(all_of) - _MOST_LINES:,} more {name}s", "", "", "", ""
    yield "all", f"{stock.rows:,}", f"{n:,}", "100.0%", ""


def shown(mix: Mix) -> Shown:
    """Return a mix for a notebook."""
    columns = ("", "there are", "taken", "share", "records wanted")
    table = Examples(caption="What there is, and what is taken", columns=columns, cells=tuple(_rows(mix)))
    return Shown("Mix", headline(mix), (Section(title="Records", says=said(mix), evidence=(table,)),))


def recorded(record: MixRecord) -> Shown:
    """Return the record of a mix for a notebook."""
    tables = tuple(
        Examples(caption=f"Records by {aspect}", columns=(aspect, "records"), cells=tuple(counts.items()))
        for aspect, counts in record.counts.items()
    )
    says = f"{record.records:,} of {record.source_rows:,} records of {record.source}"
    return Shown("Mix", says, (Section(title="Records", says=record.notes, evidence=tables),))
