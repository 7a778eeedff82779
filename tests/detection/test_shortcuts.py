"""The short form of the benchmark of planted shortcuts: the highest dose is found, and nothing where there is none."""

import pytest


@pytest.mark.parametrize("name", ["mark", "border", "background", "compression", "same patient"])
def test_a_planted_shortcut_is_found(benchmark, name):
    shortcuts = benchmark("detection/shortcuts.py")
    shortcut = next(one for one in shortcuts.SHORTCUTS if one.name == name)
    [said] = shortcuts.replicated(shortcut, 0.95, 1, n=240)
    assert set(shortcut.found_by) & set(said)


def test_marks_that_say_nothing_are_no_finding(benchmark):
    shortcuts = benchmark("detection/shortcuts.py")
    mark = next(one for one in shortcuts.SHORTCUTS if one.name == "mark")
    [said] = shortcuts.replicated(mark, 0.5, 1, n=240)
    assert said == {}
