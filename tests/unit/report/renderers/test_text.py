import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from holdfast.core.record import Status, Suppressed
from holdfast.report.renderers.text import print_run, render
from records import make_result, make_run
from report_findings import overlap
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


def test_what_no_flag_changes_is_left_to_the_report_and_one_reason_is_said_once():
    skipped = [
        make_result(name, status=Status.SKIPPED, findings=(), reason=reason)
        for name, reason in (
            ("one", "one model only"),
            ("time-a", "no time column: name one with --time"),
            ("code-a", "no code given (--code FILE)"),
            ("code-b", "no code given (--code FILE)"),
        )
    ]
    hidden = [
        Suppressed(finding=overlap().model_copy(update={"check": "split-overlap"}), reason="already in run x")
        for _ in range(2)
    ]
    lines = printed(make_run(results=(*skipped, make_result("split-overlap", suppressed=tuple(hidden))))).splitlines()
    at = lines.index("  2 not applicable: no code given (--code FILE)")
    assert lines[at + 1] == "  time-a: no time column: name one with --time"
    assert not any("one model only" in line for line in lines)
    assert lines[at + 2] == "  suppressed split-overlap: already in run x"
