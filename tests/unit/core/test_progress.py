import pytest

from holdfast.core.progress import Recording, Silent, track


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
