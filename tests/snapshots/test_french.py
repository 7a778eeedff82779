"""What a person reads in French, as files beside this one: findings as the checks really say them, and a checklist.

To accept a change:  HOLDFAST_UPDATE_SNAPSHOTS=1 pytest tests/snapshots
"""

import os
from pathlib import Path

import numpy as np
import pytest

from checklist_runs import code_run, study
from holdfast.audit import catalogue, roots
from holdfast.audit.conformance import given_of
from holdfast.audit.runner import Facts, run_check
from holdfast.core.record import CheckResult, Status
from holdfast.report.checklist import checklist
from holdfast.report.checklist import render as render_checklist
from holdfast.report.render import render
from report_runs import blank, honest, inputs

FOLDER = Path(__file__).parent / "french"
COUNTED = (  # checks that count, so that every machine says the same
    "split-overlap", "duplicate-rows", "class-too-rare", "constant-column", "encoding-damage", "missing-coded-as-value",
    "train-after-test", "label-spelling",
)  # fmt: skip


def audited():
    """Return a run of findings from planted cases, with a score and checks that were not applicable."""
    known = catalogue.checks()
    results = [found(known[name]) for name in COUNTED]
    for name, root in (
        ("known-afterwards", "estimator"),
        ("unseeded-split", "code"),
        ("misleading-metric", "metric_wanted"),
    ):
        item = known[name]
        results.append(
            CheckResult(
                check=name, family=item.family, title=item.title, status=Status.SKIPPED, reason=roots.missing(root)
            )
        )
    command = ("audit", "bank-train.csv", "bank-test.csv", "--label", "y")
    return blank(
        title="bank marketing", n_rows=45_211, inputs=inputs(), results=tuple(results), honest=honest(), seconds=41.3,
        command=command,
    )  # fmt: skip


def found(item):
    case = next(one for one in item.cases if one.at is not None)
    return run_check(item, Facts(given_of(case.make(np.random.default_rng(0)))))


TEXTS = {
    "audit.txt": lambda: render(audited(), "text", "fr"),
    "audit.md": lambda: render(audited(), "markdown", "fr"),
    "checklist.txt": lambda: render_checklist(checklist([study(), code_run()]), "text", "fr"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_reads_as_before(name):
    path, text = FOLDER / name, TEXTS[name]()
    if os.environ.get("HOLDFAST_UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; {__doc__.strip().splitlines()[-1]}"


def test_no_file_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(TEXTS)
