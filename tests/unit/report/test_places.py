import numpy as np
import pytest

from holdfast.core.finding import Location
from holdfast.core.record import InputRecord
from holdfast.core.rows import Rows
from holdfast.report.places import by_file, line_of, places, runs
from report_runs import inputs


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], ""),
        ([5], "5"),
        ([5, 6, 7, 9], "5–7, 9"),
        (list(range(0, 40, 2)), "0, 2, 4, 6, 8, 10 and 14 more"),
    ],
)
def test_lines_are_written_as_runs(lines, said):
    assert runs(np.array(lines)) == said


def test_a_run_is_never_cut_short():
    assert runs(np.arange(1_000_000)) == "0–999999"


def test_rows_of_the_data_set_become_lines_of_their_files():
    found = {part.source.name: part.lines.tolist() for part in by_file(Rows([0, 36_167, 36_168]), inputs())}
    assert found == {"bank-train.csv": [2, 36_169], "bank-test.csv": [2]}


def test_rows_of_no_known_file_are_not_lost():
    parts = list(by_file(Rows([0, 99_999]), inputs()))
    assert [part.source and part.source.name for part in parts] == ["bank-train.csv", None]
    assert parts[1].lines.tolist() == [99_999]
    assert [part.lines.tolist() for part in by_file(Rows([3, 4]), ())] == [[3, 4]]


def test_one_row_is_a_file_and_a_line():
    assert line_of(36_168, inputs()) == "bank-test.csv:2"
    assert line_of(7, ()) == "row 7"


def test_places_say_rows_columns_code_and_steps():
    found = places(
        (
            Location(rows=(36_168, 36_169), split="test"),
            Location(columns=("a", "b")),
            Location(split="test"),
            Location(file="nb.ipynb", cell=4, line=12),
            Location(steps=(100, 250)),
        ),
        inputs(),
    )
    assert [(one.what, one.text) for one in found] == [
        ("Rows", "2 rows of test · bank-test.csv:2–3"),
        ("Columns", "a and b"),
        ("Split", "test"),
        ("Code", "nb.ipynb, cell 4:12"),
        ("Steps", "100 to 250"),
    ]


def test_names_of_files_and_columns_are_made_visible():
    (one,) = places((Location(rows=(0,)),), (InputRecord(name="a\x1b\u202eb.csv", start=0, stop=1, digest=""),))
    assert one.text == "1 row · a␛⟨U+202E⟩b.csv:1"
