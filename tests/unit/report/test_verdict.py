import pytest

from holdfast.core.finding import Location
from holdfast.core.record import HonestScore, Status
from holdfast.report.build import build
from holdfast.report.verdict import inflated
from report_findings import checked, constant, disguise, drifted, estimate, overlap
from report_runs import ALL, blank, crashed, holds_up, honest, interrupted, not_estimable, nothing_ran, realistic


def verdict_of(run):
    return build(run).verdict


def found(*findings, **more):
    return blank(n_rows=10, results=(checked("a-check", "x", Status.FOUND, findings),), **more)


def test_an_inflated_score_is_the_first_thing_said():
    said = verdict_of(realistic())
    assert said.tone == "bad"
    assert said.sentence == (
        "The ROC AUC of 0.934 is too good to be true: the honest value is about 0.771 (0.757 to 0.785)."
    )
    assert said.details[0] == "3 errors, 3 warnings, 2 notes in 45,211 rows."


def test_a_score_that_holds_up_is_said_to():
    assert verdict_of(holds_up()).tone == "good"
    assert "holds up" in verdict_of(holds_up()).sentence


def test_a_score_that_holds_up_beside_errors_is_no_all_clear():
    score = holds_up().honest
    said = verdict_of(found(overlap(), honest=score))
    assert said.tone == "unsure"
    assert said.sentence.endswith("but 1 error should be repaired.")


@pytest.mark.parametrize(("better", "claimed", "real", "wrong"), [
    (True, 0.9, 0.8, True), (True, 0.8, 0.9, False), (False, 3.0, 4.0, True), (False, 4.0, 3.0, False),
])  # fmt: skip
def test_too_good_follows_the_direction_of_the_metric(better, claimed, real, wrong):
    score = HonestScore(
        status="estimated",
        higher_is_better=better,
        claimed=estimate(claimed, 0.01),
        honest=estimate(real, 0.01),
        inflation=estimate(claimed - real, 0.02),
    )
    assert inflated(score) is wrong


def test_a_difference_within_its_interval_is_not_called_inflated():
    score = honest().model_copy(update={"inflation": estimate(0.01, 0.02)})
    assert not inflated(score)


def test_one_error_is_said_in_full_and_many_are_counted():
    assert verdict_of(not_estimable()).sentence == (
        "Do not trust a score from this data yet: 1,032 of 9,043 test rows (11.4%) also occur in the training data."
    )
    assert "3 errors stand against it" in verdict_of(found(overlap(), disguise(), overlap())).sentence


def test_a_score_that_could_not_be_estimated_says_why():
    assert any("12 rows left" in one for one in verdict_of(not_estimable()).details)


def test_warnings_are_to_be_looked_at():
    said = verdict_of(found(drifted()))
    assert (said.tone, said.sentence) == (
        "unsure",
        "No errors, but there is one thing to look at before this data is trusted.",
    )


def test_notes_do_not_spoil_a_clean_bill():
    assert verdict_of(found(constant("a"))).tone == "good"


@pytest.mark.parametrize("make", [crashed, nothing_ran, interrupted])
def test_silence_of_what_did_not_run_is_never_called_good(make):
    assert verdict_of(make()).tone == "unsure"


def test_an_interrupted_run_says_how_to_go_on():
    assert verdict_of(interrupted()).steps == (
        "Go on where it stopped: `holdfast audit --resume 20261121-221409-4f1c`",
    )


def test_an_interrupted_experiment_says_how_to_go_on():
    stopped = interrupted().model_copy(update={"kind": "collapse", "results": ()})
    said = verdict_of(stopped)
    assert said.sentence == "The experiment was stopped before its end; what was done until then is kept."
    assert said.steps == (f"Go on where it stopped: `holdfast collapse run --resume {stopped.id}`",)
    assert "going on" in verdict_of(stopped.model_copy(update={"status": "running"})).sentence


def test_what_costs_the_score_most_comes_first():
    steps = verdict_of(realistic()).steps
    assert steps[0].startswith("`duration`: Drop the column")
    assert steps[-1] == "Write a repaired copy: `holdfast fix 20261121-221409-4f1c --out repaired`"


def test_the_same_fix_is_said_once_with_all_its_columns():
    many = [disguise().model_copy(update={"remedy": None, "locations": drifted().locations, "message": str(i)})
            for i in range(3)]  # fmt: skip
    assert verdict_of(found(*many)).steps == (
        "`month`: Drop the column, unless it is known when the prediction is needed.",
    )


def test_an_audit_without_a_label_says_first_that_it_needs_one():
    columns = [one.model_copy(update={"role": "feature"}) for one in realistic().columns]
    assert verdict_of(realistic().model_copy(update={"columns": tuple(columns)})).steps[0].endswith("`--label COLUMN`")
    assert not any("--label" in one for one in verdict_of(realistic()).steps)


def test_the_label_is_no_address_of_what_is_to_do():
    label = next(one.name for one in realistic().columns if one.role == "label")
    about = drifted().model_copy(update={"locations": (Location(columns=(label,)),)})
    run = realistic().model_copy(update={"results": found(about).results})
    assert verdict_of(run).steps[0] == drifted().fix


@pytest.mark.parametrize("name", ALL)
def test_every_run_has_a_verdict_that_is_a_sentence(name):
    sentence = verdict_of(ALL[name]()).sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
