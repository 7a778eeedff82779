import re

from holdfast.core.finding import Grid, Picture
from holdfast.report.heat import MOST_CELLS, STEPS, drawn, heat_map
from report_findings import png, shaded


def test_the_strongest_cell_is_named_and_darkest():
    grid = Grid(name="AUC by region", values=((0.5, 0.6), (0.55, 0.9)), low=0.5, high=1.0)
    shown = heat_map(grid)
    assert shown.label == "AUC by region: from 0.500 to 0.900, which is at line 2, column 2."
    shades = [int(one) for one in re.findall(r'rect class="h(\d)"', drawn(shown))]
    assert shades == [0, 1, 1, round(0.8 * (STEPS - 1))]


def test_names_of_lines_and_columns_are_used():
    grid = Grid(name="gap", values=((0.1, None),), row_names=("top",), column_names=("left", "right"))
    shown = heat_map(grid)
    assert shown.table.head == ("", "left", "right")
    assert shown.table.rows == (("top", "0.100", "—"),)
    assert "top, left: 0.100" in drawn(shown)
    assert drawn(shown).count("<rect") == 1


def test_a_large_grid_is_thinned_to_the_largest_of_each_block():
    values = [[0.0] * 100 for _ in range(100)]
    values[57][31] = 9.0
    shown = heat_map(Grid(name="wide", values=tuple(tuple(line) for line in values)))
    assert drawn(shown).count("<rect") <= MOST_CELLS
    assert "to 9" in shown.label
    assert shown.table.more == "The record has all cells."


def test_a_picture_lies_below_only_if_it_is_a_png():
    photo = Picture(png=png(shaded(1)), title="")
    assert '<image href="data:image/png;base64,' in drawn(heat_map(Grid(name="a", values=((1.0,),), picture=photo)))
    fake = Picture(png="PHN2Zz48", title="")
    assert "<image" not in drawn(heat_map(Grid(name="a", values=((1.0,),), picture=fake)))


def test_nothing_to_draw_is_said():
    for values in ((), ((),), ((None, float("nan")),)):
        shown = heat_map(Grid(name="empty", values=values))
        assert shown.label == "empty: nothing to draw."
        assert "Nothing to draw" in drawn(shown)
