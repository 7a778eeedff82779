import json
from collections.abc import Iterator, Sequence

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.order import Misplaced, misplaced
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_MOST_NAMES = 5
_MOST_CELLS = 12


@check(
    severity=Severity.WARNING,
    references=(
        Reference(
            "Pimentel et al. (2019), A large-scale study about quality and reproducibility of Jupyter notebooks, MSR",
            "https://doi.org/10.1109/MSR.2019.00077",
        ),
    ),
)
def cells_out_of_order(code: Code) -> Iterator[Finding]:
    """Cells of a notebook were run in another order than they stand in, or need what comes later.

    ## Why it matters
    The results below the cells come from an order that nobody can read off the page. Run from top to bottom, the
    notebook gives other numbers, or none: a scaler may have been fitted after the test rows were replaced.

    ## How it works
    For each name that a cell reads, the cell that set it by the execution counts is compared with the one that sets it
    from top to bottom. Where they differ, the cell saw another value than the page shows. A cell that reads a name
    that only a later cell sets cannot run from top to bottom. Where a cell was run again later, and fits nothing, the
    value is the same unless the cell was changed in between: that is told in a note.

    ## Limits
    Counts say nothing of cells that were run and then deleted, or edited after they were run; where a count stands
    twice, they come from two sessions and are not compared. Changes inside an object (a frame that a function fills)
    are not followed.

    ## Fix
    Restart the kernel, run all cells from top to bottom, and move the cells until that works.
    """
    for file in code.files:
        found = misplaced(file) if file.notebook else []
        yield from (_told(file.name, one) for one in found if not one.again)
        if again := [one for one in found if one.again]:
            yield _run_again(file.name, again)


def _told(name: str, one: Misplaced) -> Finding:
    cell, other = one.cell.number, one.other.number
    if one.needs:
        message = f"cell {cell} needs {_listed(one)}, which only cell {other}, further down, defines"
    else:
        when = "after" if (one.cell.count or 0) > (one.other.count or 0) else "before"
        counts = f"(counts {one.cell.count} and {one.other.count})"
        message = f"cell {cell} was run {when} cell {other} {counts}: both use {_listed(one)}"
    return Finding(
        message=one_line(message),
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if one.needs else Confidence.MEDIUM,
        locations=(Location(file=name, cell=cell, line=1),),
        evidence=(Measure(name="names that both cells use", value=len(one.names), threshold=0), _shown([one])),
        fix=f"Move cell {cell} to where it was run, or run all cells again from top to bottom.",
    )


def _run_again(name: str, found: Sequence[Misplaced]) -> Finding:
    first = found[0]
    message = (
        f"cell {first.cell.number}, which sets {_listed(first)}, was run again after cell {first.other.number} had "
        "used it: what stands below is of another run, and may differ where a cell was changed"
    )
    return Finding(
        message=one_line(message),
        severity=Severity.NOTE,
        confidence=Confidence.LOW,
        locations=tuple(Location(file=name, cell=one.cell.number, line=1) for one in found),
        evidence=(Measure(name="cells run again later", value=len(found), threshold=0), _shown(found)),
        fix="Run all cells again from top to bottom.",
    )


def _listed(one: Misplaced) -> str:
    return ", ".join(f"`{item}`" for item in one.names[:_MOST_NAMES])


def _shown(found: Sequence[Misplaced]) -> Examples:
    cells = {cell.number: cell for one in found for cell in (one.cell, one.other)}
    rows = tuple((cell.number, cell.count, _first_line(cell.source)) for cell in cells.values())
    return Examples(caption="The cells", columns=("cell", "run as", "first line"), cells=rows[:_MOST_CELLS])


def _first_line(source: str) -> str:
    return one_line(next((line for line in source.splitlines() if line.strip()), ""), 120)


def _notebook(cells: Sequence[tuple[int | None, str]]) -> dict[str, Code]:
    """Return a notebook of cells with their execution counts."""
    listed = [{"cell_type": "code", "execution_count": count, "source": source} for count, source in cells]
    return {"code": code_of(json.dumps({"cells": listed, "nbformat": 4}), "notebook.ipynb")}


@planted(at=Location(file="notebook.ipynb", cell=2))
def run_later(rng: np.random.Generator) -> dict[str, Code]:
    """The second cell was run last, and changes what the third had used."""
    del rng
    return _notebook([(1, "x = 1"), (4, "x = x + 1"), (2, "y = x"), (3, "print(y)")])


@planted(at=Location(file="notebook.ipynb", cell=1))
def needs_a_later_cell(rng: np.random.Generator) -> dict[str, Code]:
    """The first cell reads what the second defines."""
    del rng
    return _notebook([(None, "print(total)"), (None, "total = 3")])


@clean
def from_top_to_bottom(rng: np.random.Generator) -> dict[str, Code]:
    """Counts rise, with gaps where cells were deleted."""
    del rng
    return _notebook([(3, "x = 1"), (5, "y = x"), (9, "print(y)"), (None, "")])


@planted(at=Location(file="notebook.ipynb", cell=1))
def settings_run_again(rng: np.random.Generator) -> dict[str, Code]:
    """A setting was run again after the cell that used it: a note."""
    del rng
    return _notebook([(9, "x = 1"), (2, "y = x"), (3, "print(y)")])


@clean
def two_sessions(rng: np.random.Generator) -> dict[str, Code]:
    """Count 2 stands twice: the lower half is of another session."""
    del rng
    return _notebook([(2, "x = 1"), (9, "y = x"), (2, "x = load()"), (3, "print(x)")])


@clean
def lower_half_first(rng: np.random.Generator) -> dict[str, Code]:
    """Each half reads its own values only, whichever was run first."""
    del rng
    return _notebook([(8, "x = 1"), (9, "print(x)"), (2, "x = 2"), (3, "print(x)")])


@clean
def imports_run_again(rng: np.random.Generator) -> dict[str, Code]:
    """A cell that was run again and changes nothing that others know, and another that imports."""
    del rng
    return _notebook([(9, "import math"), (1, "x = 1"), (8, "'a'.upper()"), (2, "y = math.sin(x)"), (3, "print(y)")])
