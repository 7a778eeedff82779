"""Which names a cell of a notebook needs from others: those of lambdas and comprehensions are its own."""

import json

import pytest

from holdfast.audit.code import code_of
from holdfast.audit.code.order import misplaced

KNOWN = "import pandas as pd\nt = pd.read_csv('a.csv')"
LATER = "for d, k in [(t, 1)]:\n    print(d, k)"

OWN = {
    "a lambda's parameter": "t = t.assign(a=lambda d: d.b + 1, c=lambda d, k=2: d.b * k)",
    "a comprehension's target": "u = [d + k for d in t.a for k in range(3)]",
    "nested": "u = [t.map(lambda d: [k for k in d]) for d in t]",
    "a function inside a branch": "if len(t):\n    def f(d, k=1):\n        return d * k",
    "set in a loop before it is read": "for d in t.a:\n    k = d\n    print(k)",
}
NEEDED = {
    "read outright": "print(d)",
    "read in a lambda": "t = t.map(lambda x: x + d)",
    "read in a comprehension": "u = [x + d for x in t.a]",
    "over which a comprehension goes": "u = [x for x in d]",
}


def found(cell: str) -> list[tuple[int | None, tuple[str, ...]]]:
    cells = [{"cell_type": "code", "execution_count": None, "source": source} for source in (KNOWN, cell, LATER)]
    code = code_of(json.dumps({"cells": cells, "nbformat": 4}), "notebook.ipynb")
    return [(one.cell.number, one.names) for one in misplaced(code.files[0])]


@pytest.mark.parametrize("cell", OWN.values(), ids=OWN.keys())
def test_what_is_known_inside_an_expression_is_needed_of_no_other_cell(cell: str) -> None:
    assert found(cell) == []


@pytest.mark.parametrize("cell", NEEDED.values(), ids=NEEDED.keys())
def test_a_name_that_only_a_later_cell_sets_is_missing(cell: str) -> None:
    assert found(cell) == [(2, ("d",))]
