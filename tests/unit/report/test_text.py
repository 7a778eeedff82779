import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from holdfast.report.renderers.text import print_run, render
from report_runs import ALL, hostile, realistic


def printed(run, width=80, **more):
    sink = io.StringIO()
    console = Console(file=sink, width=width, **more)
    print_run(run, console, report="out/report.html")
    return sink.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80, 100])
@pytest.mark.parametrize("name", ["realistic", "hostile", "interrupted"])
def test_lines_keep_to_the_width(name, width):
    assert max(cell_len(line) for line in printed(ALL[name](), width).splitlines()) <= width


def test_a_pipe_gets_no_colours():
    assert "\x1b" not in printed(realistic())


def test_no_color_is_obeyed(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(realistic(), force_terminal=True)


def test_a_terminal_gets_colours_and_nothing_from_the_data():
    monochrome = printed(hostile())
    coloured = printed(hostile(), force_terminal=True, color_system="standard")
    assert "\x1b[" in coloured
    assert "\x1b[31mred" not in coloured
    assert "[red]bold[/red]" in monochrome


def test_a_console_without_unicode_gets_ascii():
    raw = io.BytesIO()
    sink = io.TextIOWrapper(raw, encoding="ascii")
    print_run(realistic(), Console(file=sink, width=80))
    sink.flush()
    assert "==" in raw.getvalue().decode("ascii")


def test_the_way_to_the_report_comes_last():
    assert printed(realistic()).rstrip().endswith("Report: out/report.html")
    assert render(realistic()).rstrip().endswith("holdfast report 20261121-221409-4f1c --format html")


def test_long_paths_are_never_cut_so_that_they_can_be_copied():
    path = "/a/" + "b" * 200 + "/report.html"
    sink = io.StringIO()
    print_run(realistic(), Console(file=sink, width=60), report=path)
    assert path in sink.getvalue().replace("\n", "")


def test_of_many_findings_of_one_check_a_few_are_shown_and_the_rest_counted():
    text = render(ALL["many"]())
    assert "and 31 more" in text
    assert len(text.splitlines()) < 400
