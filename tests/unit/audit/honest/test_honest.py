"""The honest score on small tables whose leak is known."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from holdfast.audit.cases import subject
from holdfast.audit.honest import honest_score
from holdfast.audit.models import Model, Predictions
from holdfast.audit.settings import AuditSettings, HonestSettings
from holdfast.core.dataset import Dataset
from holdfast.core.finding import Confidence, Finding, Remedy, Severity
from holdfast.core.record import HonestScore, HonestStep

N_TRAIN, N_TEST = 600, 300
QUICK = AuditSettings(honest=HonestSettings(resamples=300))
LINEAR = Model("linear", lambda _: LogisticRegression())
NEAREST = Model("nearest", lambda _: KNeighborsClassifier(1))
SPLIT = np.repeat(["train", "test"], [N_TRAIN, N_TEST])


def found(
    check: str, remedy: Remedy, confidence: Confidence = Confidence.HIGH, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(message=check, check=check, severity=severity, confidence=confidence, remedy=remedy)


def columns(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = N_TRAIN + N_TEST
    a, b = rng.normal(size=(2, n))
    y = (a + 0.5 * b + 1.5 * rng.normal(size=n) > 0).astype(int)
    return {"a": a, "b": b, "noise": rng.normal(size=n), "y": y, "leak": y + 0.3 * rng.normal(size=n)}


def dataset(**changed: np.ndarray) -> Dataset:
    return subject({**columns(), **changed}, split=SPLIT)


def with_copies() -> tuple[Dataset, Finding]:
    """A third of the test rows are copies of training rows."""
    made = columns()
    rows = np.arange(N_TRAIN, N_TRAIN + 100)
    for values in made.values():
        values[rows] = values[rows - N_TRAIN]
    made.pop("leak")
    return subject(made, split=SPLIT), found("split-overlap", Remedy(op="drop-rows", rows=rows))


def step(score: HonestScore, name: str) -> HonestStep:
    return next(one for one in score.steps if one.name == name)


def test_a_leaking_column_is_taken_off_the_score() -> None:
    finding = found("label-in-disguise", Remedy(op="drop-columns", columns=("leak",)))
    score = honest_score(dataset(), QUICK, [finding], estimator=LINEAR)
    assert score.status == "estimated"
    assert score.claimed.value > 0.98
    clean = honest_score(dataset(leak=np.zeros(N_TRAIN + N_TEST)), QUICK, [], estimator=LINEAR)
    assert score.honest.value == pytest.approx(clean.claimed.value, abs=0.01), "as if it had never been there"
    assert score.inflation.low > 0.1
    assert step(score, "leak").fingerprints == (finding.fingerprint,)


def test_copies_help_a_model_that_remembers_and_random_rows_do_not() -> None:
    data, finding = with_copies()
    score = honest_score(data, QUICK, [finding], estimator=NEAREST)
    copied = step(score, "copied rows")
    assert copied.alone.high < -0.05
    assert copied.control.low < 0 < copied.control.high
    assert copied.alone.value < copied.control.low, "more than any as large set of random rows takes away"
    rng, covered, innocent = np.random.default_rng(6), 0, dataset(leak=np.zeros(N_TRAIN + N_TEST))
    for _ in range(5):
        spurious = found("split-overlap", Remedy(op="drop-rows", rows=N_TRAIN + rng.choice(N_TEST, 100, replace=False)))
        score = honest_score(innocent, QUICK, [spurious], estimator=NEAREST)
        covered += score.inflation.low < 0 < score.inflation.high
    assert covered >= 4, "intervals of 95%"


def test_shares_add_up_and_name_every_remedy() -> None:
    data, copies = with_copies()
    leak = np.asarray(data.numbers("y")) + 0.3 * np.random.default_rng(3).normal(size=len(data))
    data = subject({**{c: data.numbers(c) for c in ("a", "b", "noise")}, "leak": leak, "y": data.numbers("y")}, SPLIT)
    findings = [
        copies,
        found("label-in-disguise", Remedy(op="drop-columns", columns=("leak",))),
        found("known-afterwards", Remedy(op="drop-columns", columns=("noise",)), severity=Severity.WARNING),
    ]
    score = honest_score(data, QUICK, findings, estimator=NEAREST)
    assert {one.name for one in score.steps} == {"copied rows", "leak", "noise"}
    for kind in ("shapley", "in_sequence"):
        total = sum(getattr(one, kind).value for one in score.steps)
        assert total == pytest.approx(score.honest.value - score.claimed.value, abs=1e-9)
    assert score.inflation.value == pytest.approx(score.claimed.value - score.honest.value)
    again = honest_score(data, QUICK, findings[::-1], estimator=NEAREST)
    assert again.model_copy(update={"seconds": 0.0}) == score.model_copy(update={"seconds": 0.0})


def grouped() -> tuple[Dataset, np.ndarray]:
    """People whose two columns never change, and whose label is theirs alone: only memory can know it."""
    rng = np.random.default_rng(1)
    n = N_TRAIN + N_TEST
    person = rng.integers(0, 90, n)
    a, b = rng.normal(size=(2, 90))
    own = rng.integers(0, 2, 90)
    jitter = 0.001 * rng.normal(size=(2, n))
    return subject({"a": a[person] + jitter[0], "b": b[person] + jitter[1], "y": own[person]}, split=SPLIT), person


def test_what_a_model_knows_of_groups_is_taken_off() -> None:
    data, person = grouped()
    finding = found("group-overlap", Remedy(op="regroup-split", groups=tuple(person.tolist())))
    score = honest_score(data, QUICK, [finding], estimator=NEAREST)
    assert score.claimed.value > 0.97
    assert score.honest.low < 0.5 < score.honest.high, "nothing but memory was there"
    control = step(score, "shared groups").control
    assert abs(control.value) < 0.03, "a random split of the same sizes changes nothing"


def test_time_is_judged_by_the_last_rows() -> None:
    rng = np.random.default_rng(2)
    n = N_TRAIN + N_TEST
    clock = np.arange(n, dtype=float)
    y = rng.integers(0, 2, n // 30)[(clock // 30).astype(int)]
    split = np.where(np.isin(np.arange(n), rng.choice(n, N_TEST, replace=False)), "test", "train")
    data = subject({"clock": clock, "y": y}, split=split)
    finding = found("random-split-of-ordered-data", Remedy(op="reorder-split", columns=("clock",)))
    score = honest_score(data, QUICK, [finding], estimator=NEAREST)
    assert score.claimed.value > 0.9
    assert score.honest.value < 0.75
    assert score.inflation.low > 0


def test_lower_may_be_better() -> None:
    made = columns()
    y = made["a"] + np.random.default_rng(5).normal(size=len(made["a"]))
    data = subject({"a": made["a"], "leak": y + 0.1 * made["b"], "y": y}, split=SPLIT)
    finding = found("label-in-disguise", Remedy(op="drop-columns", columns=("leak",)))
    settings = QUICK.model_copy(update={"metric": "rmse"})
    score = honest_score(data, settings, [finding], estimator=Model("linear", lambda _: LinearRegression()))
    assert score.claimed.value == pytest.approx(0.1, abs=0.02)
    assert score.honest.value == pytest.approx(1.0, abs=0.1)
    assert score.inflation.low > 0.5, "positive means too good"
    assert step(score, "leak").alone.value > 0.5, "a difference is honest minus claimed"


def test_stored_predictions_are_rescored_and_say_what_they_cannot_tell() -> None:
    data, copies = with_copies()
    truth = data.numbers("y")[N_TRAIN:]
    chance = np.where(np.arange(N_TEST) < 100, truth, 0.5 + 0.2 * (truth - 0.5))
    chance = np.clip(chance + 0.2 * np.random.default_rng(4).normal(size=N_TEST), 0, 1)
    both = np.stack([1 - chance, chance], axis=1)
    given = Predictions((chance > 0.5).astype(float), ("0", "1"), both, both)
    findings = [
        copies,
        found("label-in-disguise", Remedy(op="drop-columns", columns=("a",))),
        found("random-split-of-ordered-data", Remedy(op="reorder-split")),
    ]
    # Without the question of time single rows are drawn, not stretches: here the copies are one stretch.
    assert step(honest_score(data, QUICK, findings[:2], predictions=given), "copied rows").alone.high < 0
    score = honest_score(data, QUICK, findings, predictions=given)
    assert score.source == "predictions"
    assert step(score, "copied rows").alone.value < -0.1
    assert "only stored predictions" in step(score, "a").reason
    assert "only stored predictions" in step(score, "order in time").reason
    assert any("2 remedies could not be estimated" in note for note in score.notes)
    short = honest_score(data, QUICK, findings, predictions=given.take(np.arange(5)))
    assert (short.status, short.reason) == ("not-estimable", "5 predictions were given for 300 test rows")


def test_what_is_only_suspected_is_a_question() -> None:
    finding = found("known-afterwards", Remedy(op="drop-columns", columns=("leak",)), Confidence.LOW)
    score = honest_score(dataset(), QUICK, [finding], estimator=LINEAR)
    assert score.honest == score.claimed
    assert score.inflation.value == score.inflation.low == score.inflation.high == 0
    assert not step(score, "leak").booked
    assert step(score, "leak").alone.high < -0.1


def test_a_budget_that_is_spent_is_said() -> None:
    settings = AuditSettings(honest=HonestSettings(seconds=1e-6, resamples=200))
    findings = [
        found("split-overlap", Remedy(op="drop-rows", rows=np.arange(N_TRAIN, N_TRAIN + 50))),
        found("label-in-disguise", Remedy(op="drop-columns", columns=("leak",))),
    ]
    score = honest_score(dataset(), settings, findings, estimator=LINEAR)
    assert step(score, "copied rows").alone is not None, "test rows that are dropped need no fit"
    assert "budget" in step(score, "leak").reason
    assert score.honest is not None
    assert any("could not be estimated" in note for note in score.notes)


def test_nothing_found_means_nothing_taken_off() -> None:
    score = honest_score(dataset(), QUICK, [], estimator=LINEAR)
    assert score.honest == score.claimed
    assert score.claimed.low < score.claimed.value < score.claimed.high


@pytest.mark.parametrize(
    ("data", "findings", "reason"),
    [
        (subject({"a": [1.0, 2.0], "y": [0, 1]}), (), "no split"),
        (subject({"a": [1.0, 2.0]}, split=["train", "test"]), (), "no label"),
        (subject({"a": np.arange(90.0), "y": [0, 1] * 45}, split=["train"] * 80 + ["test"] * 10), (), "10 test rows"),
        (subject({"a": np.arange(90.0), "y": [1] * 50 + [0, 1] * 20}, split=["train"] * 50 + ["test"] * 40), (), "one"),
        (
            dataset(),
            (found("split-overlap", Remedy(op="drop-rows", rows=np.arange(N_TRAIN, N_TRAIN + 295))),),
            "only 5 of 300 test rows",
        ),
        (
            dataset(),
            (found("label-in-disguise", Remedy(op="drop-columns", columns=("a", "b", "noise", "leak"))),),
            "no column would be left",
        ),
    ],
)
def test_not_estimable_is_an_answer(data: Dataset, findings: tuple[Finding, ...], reason: str) -> None:
    score = honest_score(data, QUICK, findings, estimator=LINEAR)
    assert score.status == "not-estimable"
    assert reason in score.reason


def test_a_model_that_fails_is_the_reason() -> None:
    def broken() -> LogisticRegression:
        return LogisticRegression(C=-1.0)

    score = honest_score(dataset(), QUICK, [], estimator=broken)
    assert score.status == "not-estimable"
    assert "broken failed to fit" in score.reason


def test_the_record_survives_json() -> None:
    data, finding = with_copies()
    score = honest_score(data, QUICK, [finding], estimator=NEAREST)
    assert HonestScore.model_validate_json(score.model_dump_json()) == score
