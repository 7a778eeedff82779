"""What a person or a build server gets to read, as files beside this one: look at the difference when it changes.

To accept a change:  HOLDFAST_UPDATE_SNAPSHOTS=1 pytest tests/snapshots
"""

import os
from pathlib import Path

import pytest

from holdfast.report.render import render
from report_runs import ALL

FOLDER = Path(__file__).parent / "reports"
SUFFIX = {"text": "txt", "markdown": "md", "sarif": "sarif", "junit": "xml"}
CASES = [(name, form) for name in ("realistic", "interrupted", "crashed", "not_estimable", "told") for form in SUFFIX]


@pytest.mark.parametrize(("name", "form"), CASES)
def test_reads_as_before(name, form):
    path = FOLDER / f"{name}.{SUFFIX[form]}"
    text = render(ALL[name](), form)
    if os.environ.get("HOLDFAST_UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{path.name} changed; {__doc__.strip().splitlines()[-1]}"


def test_no_file_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.{SUFFIX[form]}" for name, form in CASES}
