from datetime import UTC, datetime, timedelta

import pytest

from holdfast.core import listing
from holdfast.core.errors import StoreError
from holdfast.core.finding import Finding, Location, Severity
from holdfast.core.index import refresh
from holdfast.core.listing import ProblemsWanted, RunsWanted
from holdfast.core.record import CheckResult, Status
from holdfast.core.store import RunStore
from records import make_run


def found(check, *columns, severity=Severity.ERROR):
    findings = tuple(
        Finding(message=f"{column} is wrong", check=check, severity=severity, locations=(Location(columns=(column,)),))
        for column in columns
    )
    status = Status.FOUND if findings else Status.PASSED
    return CheckResult(check=check, title="T", family="f", status=status, findings=findings)


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / ".holdfast")


def write(store, number, *results, title="data.csv", **more):
    run = make_run(f"2026010{number}-000000-aaaa", title=title, results=results, **more)
    with store.begin(run) as writer:
        writer.finish(run)
    return run.id


def problems(store, **wanted):
    refresh(store)
    with listing.reading(store.root) as index:
        return listing.problems(index, ProblemsWanted(**wanted))[0]


def test_a_finding_is_followed_across_runs(store):
    first = write(store, 1, found("leak", "a", "b"))
    last = write(store, 2, found("leak", "a"))
    seen = {one.message: one for one in problems(store)}
    assert (seen["a is wrong"].first, seen["a is wrong"].last, seen["a is wrong"].runs) == (first, last, 2)
    assert (seen["a is wrong"].state, seen["b is wrong"].state) == ("there", "gone")


def test_what_no_later_run_looked_for_is_not_gone(store):
    write(store, 1, found("leak", "a"))
    write(store, 2, found("drift"))
    assert [one.state for one in problems(store)] == ["unasked"]
    assert [one.state for one in problems(store, state="unasked")] == ["unasked"]
    assert problems(store, state="gone") == []


def test_another_data_set_makes_nothing_go(store):
    write(store, 1, found("leak", "a"))
    write(store, 2, found("leak"), title="other.csv")
    assert [one.state for one in problems(store)] == ["there"]


def test_a_run_that_was_stopped_makes_nothing_go(store):
    write(store, 1, found("leak", "a"))
    write(store, 2, found("leak"), status="failed")
    assert [one.state for one in problems(store)] != ["gone"]


def test_a_run_that_is_removed_takes_with_it_what_only_it_saw(store):
    write(store, 1, found("leak", "a"))
    gone = write(store, 2, found("leak", "b"))
    assert len(problems(store)) == 2
    for path in (store.folder / gone).iterdir():
        path.unlink()
    assert [(one.message, one.state) for one in problems(store)] == [("a is wrong", "there")]


def test_a_run_written_anew_is_read_anew(store):
    write(store, 1, found("leak", "a"))
    assert len(problems(store)) == 1
    write(store, 1, found("leak", "b", "c"))
    assert {one.message for one in problems(store)} == {"b is wrong", "c is wrong"}


def test_findings_are_narrowed(store):
    write(store, 1, found("leak", "a", "b_c"), found("drift", "a", severity=Severity.NOTE))
    assert {one.check for one in problems(store, check="leak")} == {"leak"}
    assert {one.check for one in problems(store, severity="note")} == {"drift"}
    assert [one.message for one in problems(store, text="b_c wrong")] == ["b_c is wrong"]
    assert problems(store, text="bxc") == []
    assert problems(store, text="%") == []
    assert problems(store, title="'; DROP TABLE runs; --") == []
    assert len(problems(store, title="data.csv")) == 3


def test_the_newest_words_of_a_finding_are_shown(store):
    def said(number, text):
        finding = Finding(message=text, check="leak", locations=(Location(columns=("a",)),))
        result = CheckResult(check="leak", title="T", family="f", status=Status.FOUND, findings=(finding,))
        write(store, number, result)

    said(2, "12 rows")
    said(1, "3 rows")
    assert [one.message for one in problems(store)] == ["12 rows"]
    said(3, "40 rows")
    assert [one.message for one in problems(store)] == ["40 rows"]


def test_runs_are_narrowed_ordered_and_paged(store):
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(60):
        run = make_run(
            f"202601{1 + number % 28:02d}-{number:06d}-aaaa", title=f"t{number % 3}", command=("audit", "x.csv"),
            seconds=float(number), results=(found("leak", *(f"c{i}" for i in range(number % 4))),),
        ).model_copy(update={"started": begun + timedelta(minutes=number)})  # fmt: skip
        with store.begin(run) as writer:
            writer.finish(run)
    refresh(store)
    with listing.reading(store.root) as index:
        first, total = listing.runs(index, RunsWanted())
        assert (len(first), total) == (50, 60)
        assert [one.id for one in first] == sorted((one.id for one in first), reverse=True)
        assert len(listing.runs(index, RunsWanted(page=2))[0]) == 10
        assert listing.runs(index, RunsWanted(page=99))[0] == []
        assert listing.runs(index, RunsWanted(title="t1"))[1] == 20
        assert listing.runs(index, RunsWanted(tone="good"))[1] == 15
        assert listing.runs(index, RunsWanted(order="slowest"))[0][0].seconds == 59
        assert listing.runs(index, RunsWanted(order="worst"))[0][0].errors == 3
        assert listing.runs(index, RunsWanted(command="audit"))[1] == 60
        assert listing.runs(index, RunsWanted(text="nothing like it"))[1] == 0


def test_reading_writes_nothing_and_says_when_there_is_no_index(store):
    with pytest.raises(StoreError, match="no index"), listing.reading(store.root):
        pass
    assert not store.root.exists()
    write(store, 1, found("leak", "a"))
    refresh(store)
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*") if "sqlite-" not in path.name}
    with pytest.raises(StoreError, match="readonly"), listing.reading(store.root) as index:
        index.execute("DELETE FROM runs")
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_hostile_words_are_kept_as_they_are(store):
    text = "</script>\u202e\x1b[31m\x00' OR 1=1; \ud800"
    finding = Finding(message=text, check="leak", locations=(Location(columns=(text,)),))
    write(
        store, 1, CheckResult(check="leak", title="T", family="f", status=Status.FOUND, findings=(finding,)), title=text
    )
    assert len(problems(store)) == 1
