"""Tables as lines of a terminal."""

from rich.cells import cell_len

from holdfast.report.columns import MOST_ROWS, MOST_STACKED, columns
from holdfast.report.document import Table

NARROW = Table("c", ("name", "n"), (("a", "1"), ("bb", "20")), numeric=(False, True))


def test_columns_stand_side_by_side_where_they_fit():
    assert list(columns(NARROW, 20)) == ["name   n", "a      1", "bb    20"]


def test_a_table_that_is_too_wide_is_told_line_by_line():
    wide = Table("c", ("name", "first", "second one"), (("row", "x" * 30, "—"),))
    assert list(columns(wide, 30)) == ["row", f"  first       {'x' * 30}"]


def test_what_is_left_out_is_counted():
    long = Table("c", ("n",), tuple((str(i),) for i in range(30)))
    assert list(columns(long, 80))[-1] == f"and {30 - MOST_ROWS} more in the report"
    wide = Table("c", ("n", "m"), tuple((str(i), "x" * 90) for i in range(30)))
    assert list(columns(wide, 80))[-1] == f"and {30 - MOST_STACKED} more in the report"


def test_wide_characters_keep_the_columns_straight():
    found = list(columns(Table("c", ("a", "b"), (("漢字", "x"), ("y", "z"))), 80))
    assert {cell_len(line[: line.rindex(end)]) for line, end in zip(found, "bxz", strict=True)} == {6}
