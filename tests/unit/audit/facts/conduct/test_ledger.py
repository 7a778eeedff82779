"""The ledger counts the person's own models scored on the same test rows."""

from datetime import UTC, datetime, timedelta

from holdfast.audit.facts.conduct.ledger import ledger_of
from holdfast.core.record import Environment, Estimate, HonestScore, Run

START = datetime(2026, 1, 1, tzinfo=UTC)


def run(number, *, model="m.py:make", digest="sha256:a", score=None):
    honest = None
    if score is not None:
        claimed = Estimate(value=score, low=score, high=score)
        honest = HonestScore(status="estimated", metric="accuracy", claimed=claimed)
    return Run(
        id=f"r{number}",
        started=START + timedelta(hours=number),
        test_digest=digest,
        config={"model": model} if model else {},
        environment=Environment(holdfast="0", python="3", platform="x"),
        honest=honest,
    )


def test_runs_of_these_test_rows_oldest_first():
    found = ledger_of([run(2, score=0.9), run(1), run(3, digest="sha256:b")], "sha256:a")
    assert [item.run for item in found.runs] == ["r1", "r2"]
    assert [item.score for item in found.runs] == [None, 0.9]
    assert found.runs[1].metric == "accuracy"


def test_a_model_that_stands_in_does_not_count():
    assert ledger_of([run(1, model="")], "sha256:a").runs == ()


def test_a_model_given_in_the_library_counts_by_its_name():
    claimed = Estimate(value=0.9, low=0.8, high=1.0)
    honest = HonestScore(status="estimated", claimed=claimed, model="RandomForest", source="own-model")
    given = run(1, model="").model_copy(update={"honest": honest})
    assert [item.model for item in ledger_of([given], "sha256:a").runs] == ["RandomForest"]


def test_the_run_under_way_does_not_count():
    assert ledger_of([run(1)], "sha256:a", besides="r1").runs == ()


def test_nothing_is_known_without_a_digest():
    assert ledger_of([run(1, digest="")], "").runs == ()
