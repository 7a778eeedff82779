"""The record as tables: what went in, what it ran on, what was sampled, which error was announced."""

import shlex

from holdfast.core.record import Run, Sampled
from holdfast.report.document import Table
from holdfast.report.words import duration, listed, name, number, plural, sentence

MOST_COLUMNS = 200


def record_tables(run: Run) -> tuple[Table, ...]:
    """Return the tables of the record, those that are empty left out."""
    tables = (_run(run), _inputs(run), _columns(run), _sampled(run))
    return tuple(table for table in tables if table.rows)


def _run(run: Run) -> Table:
    packages = listed([f"{name(one)} {name(version)}" for one, version in run.environment.packages.items()], 20)
    rows = [
        ("Run", run.id),
        ("Command", sentence(shlex.join(["holdfast", *run.command])) if run.command else ""),
        ("Started", f"{run.started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Took", duration(run.seconds) if run.seconds else ""),
        ("State", run.status if run.status != "finished" else ""),
        ("Seed", str(run.seed)),
        ("Holdfast", name(run.environment.holdfast)),
        ("Python", f"{name(run.environment.python)}, {name(run.environment.platform)}"),
        ("Packages", packages),
        ("False findings", _announced(run.alpha)),
        ("Parents", listed([name(one) for one in run.parents])),
        *(("Note", sentence(note)) for note in run.notes),
    ]
    return Table("This run", ("What", "Value"), tuple(row for row in rows if row[1]))


def _announced(alpha: float) -> str:
    if not alpha:
        return ""
    return f"on clean data, {number(alpha)} are to be expected from all statistical checks together"


def _inputs(run: Run) -> Table:
    rows = tuple(
        (
            name(one.name),
            name(one.split) if one.split else "—",
            f"{one.stop - one.start:,}",
            name(one.digest) if one.digest else "—",
            sentence("; ".join(one.notes)),
        )
        for one in run.inputs[:MOST_COLUMNS]
    )
    more = f"{plural(len(run.inputs) - MOST_COLUMNS, 'more input')}." if len(run.inputs) > MOST_COLUMNS else ""
    return Table("Inputs", ("Input", "Split", "Rows", "Hash", "Noted"), rows, more, (False, False, True, False, False))


def _columns(run: Run) -> Table:
    shown = run.columns[:MOST_COLUMNS]
    rows = tuple((name(one.name), name(one.kind), name(one.role), f"{one.n_missing:,}") for one in shown)
    more = f"{plural(len(run.columns) - MOST_COLUMNS, 'more column')}." if len(run.columns) > MOST_COLUMNS else ""
    return Table("Columns", ("Column", "Kind", "Role", "Missing"), rows, more, (False, False, False, True))


def _sampled(run: Run) -> Table:
    by_part: dict[Sampled, dict[str, None]] = {}
    for result in run.results:
        for part in result.sampled:
            by_part.setdefault(part, {})[name(result.check)] = None
    rows = tuple(
        (sentence(part.what), f"{part.rows:,}", f"{part.of:,}", listed(list(checks)))
        for part, checks in by_part.items()
    )
    return Table("Sampled", ("What", "Rows", "Of", "For"), rows, "", (False, True, True, False))
