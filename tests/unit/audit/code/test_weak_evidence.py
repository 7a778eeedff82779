"""What may well be harmless is told in a note, its certain twin in a warning."""

import json

import pytest

from holdfast.audit import catalogue
from holdfast.audit.code import code_of
from holdfast.audit.runner import Facts, run_check
from holdfast.core.finding import Severity

SPLIT = "d = pd.read_csv('a.csv')\na, b, c, e = train_test_split(d.drop(columns='y'), d['y'], random_state=0)\n"
SEVERAL = SPLIT + "".join(f"print({name}().fit(a, c).score(b, e))\n" for name in ("SVC", "Ridge", "GaussianNB", "SVR"))
SETTINGS = SPLIT + "".join(f"print(SVC(C={one}).fit(a, c).score(b, e))\n" for one in (1, 2, 3))


def notebook(*cells: tuple[int, str]) -> str:
    listed = [{"cell_type": "code", "execution_count": count, "source": source} for count, source in cells]
    return json.dumps({"cells": listed, "nbformat": 4})


SET_AGAIN = notebook((7, "x = 3"), (2, "y = x"), (3, "print(y)"))
FITTED_AGAIN = notebook((1, SPLIT), (9, "s = SVC()\ns.fit(a, c)"), (3, "print(s.score(b, e))"))
CHANGED = notebook((1, "x = 3"), (9, "x = x + 1"), (2, "y = x"))


def severities(name: str, program: str, file: str) -> list[Severity]:
    check = next(one for one in catalogue.selected(("code",)) if one.name == name)
    result = run_check(check, Facts({"code": code_of(program, file)}))
    return [finding.severity for finding in result.findings]


@pytest.mark.parametrize(
    ("program", "severity"),
    [(SEVERAL, Severity.NOTE), (SETTINGS, Severity.WARNING)],
    ids=["several models, none chosen", "one model, several settings"],
)
def test_scores_on_the_same_test_rows(program: str, severity: Severity) -> None:
    assert severities("test-used-repeatedly", program, "a.py") == [severity]


@pytest.mark.parametrize(
    ("program", "severity"),
    [(SET_AGAIN, Severity.NOTE), (FITTED_AGAIN, Severity.WARNING), (CHANGED, Severity.WARNING)],
    ids=["set again", "fitted again", "another value"],
)
def test_cells_run_again(program: str, severity: Severity) -> None:
    assert severities("cells-out-of-order", program, "a.ipynb") == [severity]
