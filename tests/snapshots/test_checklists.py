"""What a person reads of a checklist, as files beside this one: look at the difference when it changes.

To accept a change:  HOLDFAST_UPDATE_SNAPSHOTS=1 pytest tests/snapshots
"""

import os
from pathlib import Path

import pytest

from checklist_runs import code_run, study
from holdfast.report.checklist import Answers, checklist, render
from holdfast.report.checklist.answers import questions
from holdfast.report.checklist.document import Answer

FOLDER = Path(__file__).parent / "checklists"


def bank():
    given = Answers(
        study="Who takes the offer",
        reforms={
            "1a": Answer(answer="Clients of one Portuguese bank, 2008 to 2010."),
            "6b": Answer(holds=True),
            "8a": Answer(answer="Nowhere else was tried.", holds=False),
        },
    )
    return checklist([study(), code_run()], given, views=("reforms", "lones"), file=Path("reforms.toml"))


TEXTS = {
    "bank.txt": lambda: render(bank(), "text"),
    "bank.md": lambda: render(bank(), "markdown"),
    "reforms.toml": questions,
}


@pytest.mark.parametrize("name", TEXTS)
def test_reads_as_before(name):
    path, text = FOLDER / name, TEXTS[name]()
    if os.environ.get("HOLDFAST_UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; {__doc__.strip().splitlines()[-1]}"
