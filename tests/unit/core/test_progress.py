import pytest

from holdfast.core.progress import Recording, Silent, say, track


def test_a_recording_passes_on_and_writes_at_most_once_a_second():
    events = []
    with track(Recording(Silent(), events.append), "checks", 100, "checks") as advance:
        for _ in range(100):
            advance(1)
    assert [event["event"] for event in events] == ["started", "advanced", "ended"]
    assert events[1]["done"] == 1


def test_a_task_ends_also_when_the_work_fails():
    events = []
    with pytest.raises(ZeroDivisionError), track(Recording(Silent(), events.append), "work"):
        1 / 0  # noqa: B018 it fails, which is the point
    assert events[-1] == {"event": "ended", "task": "work"}


def test_what_is_said_is_passed_on_and_written():
    class Hears(Silent):
        def __init__(self):
            self.heard = []

        def said(self, text):
            self.heard.append(text)

    events, listener = [], Hears()
    say(Recording(listener, events.append), "about 4 min")
    say(Silent(), "nobody hears")
    assert listener.heard == ["about 4 min"]
    assert events == [{"event": "said", "text": "about 4 min"}]
