import sys
import time
from types import SimpleNamespace

import pytest

from holdfast.core.progress import Silent, listening, track
from holdfast.report.notebook_progress import Below


class Screen:
    """What IPython's display is to the listener: one place that is made once and written over."""

    def __init__(self):
        self.made, self.updates = [], []

    def display(self, shown, **_):
        self.made.append(shown)
        return SimpleNamespace(update=lambda shown, raw: self.updates.append(shown))


@pytest.fixture
def screen(monkeypatch):
    made = Screen()
    monkeypatch.setattr(Below, "_display", staticmethod(made.display))
    return made


def test_many_steps_are_one_place_that_is_empty_at_the_end(screen):
    with track(Below(every=0, patience=0), "<b>checks\x1b", total=1000, unit="checks") as advance:
        for _ in range(1000):
            advance()
    assert len(screen.made) == 1
    assert screen.updates[-2]["text/plain"].startswith("<b>checks␛: 100% · 1,000/1,000 checks")
    assert '<progress value="1000" max="1000"></progress> &lt;b&gt;checks' in screen.updates[-2]["text/html"]
    assert screen.updates[-1] == {"text/plain": "", "text/html": ""}


def test_it_is_not_drawn_more_often_than_it_can_be_read(screen):
    with track(Below(every=3600, patience=0), "rows", unit="rows") as advance:
        for _ in range(1000):
            advance()
    assert len(screen.made) == 1
    assert screen.made[0]["text/plain"] == "rows: 1 rows"


def test_work_that_is_soon_done_shows_nothing(screen):
    with track(Below(patience=60), "rows", total=3) as advance:
        advance(3)
    assert screen.made == []


def test_tasks_within_tasks_are_lines_of_the_same_place(screen):
    below = Below(every=0, patience=0)
    with track(below, "outer", total=2) as outer:
        outer()
        with track(below, "inner", total=2) as inner:
            inner()
            time.sleep(0.01)
            inner()
    assert len(screen.made) == 1
    assert screen.updates[-2]["text/plain"].count("\n") == 1


def test_a_notebook_listens_without_being_asked(monkeypatch):
    assert isinstance(listening(None), Silent)
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert isinstance(listening(None), Below)
    given = Silent()
    assert listening(given) is given
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=SimpleNamespace))
    assert isinstance(listening(None), Silent)
