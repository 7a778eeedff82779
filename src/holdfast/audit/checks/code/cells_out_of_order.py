import json
from collections.abc import Iterator, Sequence

import numpy as np

from holdfast.audit.code import Code, code_of
from holdfast.audit.code.order import Misplaced, misplaced
from holdfast.audit.definitions import Reference, check, clean, planted
from holdfast.core.finding import Confidence, Examples, Finding, Location, Measure, Severity
from holdfast.core.text import one_line

_MOST_NAMES = 5


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
    Execution counts are compared with positions: cells outside the longest run of rising counts were run out of order.
    They are reported where it matters, that is, where a name that the cell sets or reads is set or read by a cell on
    the other side. A cell that reads a name that only a later cell sets cannot run from top to bottom.

    ## Limits
    Counts say nothing of cells that were run and then deleted, or edited after they were run. Changes inside an object
    (a frame that a function fills) are not followed.

    ## Fix
    Restart the kernel, run all cells from top to bottom, and move the cells until that works.
    """
    for file in code.files:
        for one in misplaced(file) if file.notebook else ():
            yield _told(file.name, one)


def _told(name: str, one: Misplaced) -> Finding:
    names = ", ".join(f"`{item}`" for item in one.names[:_MOST_NAMES])
    cell, other = one.cell.number, one.other.number
    if one.needs:
        message = f"cell {cell} needs {names}, which only cell {other}, further down, defines"
    else:
        when = "after" if (one.cell.count or 0) > (one.other.count or 0) else "before"
        message = (
            f"cell {cell} was run {when} cell {other} (counts {one.cell.count} and {one.other.count}): both use {names}"
        )
    rows = [(one.cell.number, one.cell.count, _first_line(one.cell.source))]
    rows.append((one.other.number, one.other.count, _first_line(one.other.source)))
    return Finding(
        message=one_line(message),
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if one.needs else Confidence.MEDIUM,
        locations=(Location(file=name, cell=cell, line=1),),
        evidence=(
            Measure(name="names that both cells use", value=len(one.names), threshold=0),
            Examples(caption="The two cells", columns=("cell", "run as", "first line"), cells=tuple(rows)),
        ),
        fix=f"Move cell {cell} to where it was run, or run all cells again from top to bottom.",
    )


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


@clean
def imports_run_again(rng: np.random.Generator) -> dict[str, Code]:
    """A cell that was run again and changes nothing that others know."""
    del rng
    return _notebook([(1, "x = 1"), (9, "'a'.upper()"), (2, "y = x"), (3, "print(y)")])
