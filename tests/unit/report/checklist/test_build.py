"""What fills an item, and what contradicts a person."""

import pytest

from checklist_runs import code_run, study
from holdfast.core.finding import Finding, Severity
from holdfast.core.record import ColumnRecord, SplitRecord, Status, Summary
from holdfast.report.checklist import Answers, checklist
from holdfast.report.checklist.document import Answer
from holdfast.report.checklist.wording import headline
from report_findings import checked
from report_runs import blank, crashed, interrupted, nothing_ran


def entry(found, item, view=0):
    (one,) = [one for one in found.views[view].entries if one.id == item]
    return one


def said(found, item):
    return [line.text for line in entry(found, item).evidence]


def answers(**given):
    return Answers(reforms={one.lstrip("_"): Answer(**answer) for one, answer in given.items()})


def test_the_outcome_is_described_in_each_split():
    lines = said(checklist([study()]), "3d")
    assert lines[0] == "The outcome is 'y' (kind category), known in every row."
    assert lines[1] == "Train rows: 2 classes: no 31,900 (88.2%), yes 4,260 (11.8%)."
    assert lines[2] == "Test rows: 2 classes: no 7,980 (88.2%), yes 1,063 (11.8%)."


def test_a_quantity_is_described_by_its_spread():
    summary = Summary(mean=2.5, sd=1.5, low=-1, quarter=1, median=2, three_quarters=4, high=9)
    run = blank(
        columns=(ColumnRecord(name="kwh", kind="number", role="label"),),
        splits=(SplitRecord(name="all", rows=10, summary=summary),),
        n_rows=10,
    )
    assert "All rows: mean 2.500, standard deviation 1.500, median 2, quartiles 1 and 4, from −1 to 9." in said(
        checklist([run]), "3d"
    )


def test_sizes_and_rows_without_a_label():
    lines = said(checklist([study()]), "3e")
    assert lines[0] == "45,211 rows: 36,168 train and 9,043 test. 4 feature columns."
    assert "Train rows: 8 rows without a label." in lines


def test_missing_cells_by_column_most_first():
    (line, *_) = said(checklist([study()]), "3f")
    assert line == "2 of 6 columns have empty cells: balance 1,204 (2.7%) and job 288 (0.6%)."


def test_data_are_named_by_hash_and_two_contents_of_one_name_are_told():
    run = study()
    assert "bank-train.csv: 36,168 rows, the train part, content hash b2:5fe1a9." in said(checklist([run]), "2a")
    other = run.model_copy(
        update={"id": "other", "inputs": (run.inputs[0].model_copy(update={"digest": "b2:other"}), run.inputs[1])}
    )
    (bad,) = [line for line in entry(checklist([run, other]), "2a").evidence if line.tone == "bad"]
    assert bad.text.startswith("bank-train.csv has 2 different contents")


def test_a_finding_is_evidence_with_its_message_and_what_was_not_found_is_named():
    lines = entry(checklist([study()]), "6b").evidence
    assert lines[0].tone == "bad"
    assert lines[0].text.startswith("Error: 1,032 of 9,043 test rows")
    assert lines[0].checks == ("split-overlap",)


def test_what_was_not_applicable_is_told_and_is_no_evidence():
    found = checklist([nothing_ran().model_copy(update={"results": (skipped("misleading-metric"),)})])
    one = entry(found, "7a")
    assert [line.tone for line in one.evidence] == ["silent"]
    assert not one.has_evidence
    assert one.state == "asked"


def test_a_crash_is_no_evidence():
    one = entry(checklist([crashed()]), "4b")
    assert [line.text for line in one.evidence if line.tone == "silent"] == ["unit-change crashed, so it says nothing."]
    assert not one.has_evidence


def test_what_a_person_accepted_stays_visible():
    lines = said(checklist([study()]), "4b")
    assert any(line.startswith("Accepted: ") and "being filled since October" in line for line in lines)


def test_the_score_and_its_intervals():
    found = checklist([study()])
    assert said(found, "7b")[0].startswith("ROC AUC 0.934 (95% interval 0.927 to 0.941) as claimed, 0.771")
    (bad,) = [line for line in entry(found, "6a").evidence if line.tone == "bad"]
    assert bad.text.startswith("The ROC AUC is too good by 0.163")


@pytest.mark.parametrize("item", ["1a", "1b", "3b", "3c", "5b"])
def test_what_only_a_person_knows_is_asked(item):
    one = entry(checklist([study()]), item)
    assert (one.state, one.evidence) == ("asked", ())
    filled = entry(checklist([study()], answers(**{f"_{item}": {"answer": "because"}})), item)
    assert (filled.state, filled.answer.answer) == ("filled", "because")


def test_evidence_that_wants_words_gets_them():
    assert entry(checklist([study()]), "2a").state == "wants words"
    assert entry(checklist([study()], answers(_2a={"answer": "doi:10.1000/1"})), "2a").state == "filled"


def test_a_claim_is_contradicted_by_a_finding():
    one = entry(checklist([study()], answers(_6b={"holds": True})), "6b")
    assert one.state == "contradicted"
    assert {line.checks for line in one.contradicted_by} == {("split-overlap",), ("group-overlap",)}


def test_who_admits_it_is_not_contradicted():
    one = entry(checklist([study()], answers(_6b={"holds": False})), "6b")
    assert (one.state, one.contradicted_by) == ("against", ())


def test_a_claim_that_nothing_speaks_against_stands():
    one = entry(checklist([study()], answers(_7a={"holds": True, "answer": "as in the field"})), "7a")
    assert one.state == "filled"


def test_a_note_does_not_contradict():
    run = study()
    notes = tuple(
        result.model_copy(
            update={"findings": tuple(one.model_copy(update={"severity": Severity.NOTE}) for one in result.findings)}
        )
        for result in run.results
    )
    one = entry(checklist([run.model_copy(update={"results": notes})], answers(_6b={"holds": True})), "6b")
    assert one.state == "filled"
    assert one.evidence[0].tone == "doubt"


def test_several_runs_fill_one_list_and_each_line_names_its_run():
    found = checklist([study(), code_run()], answers(_4c={"holds": True}))
    one = entry(found, "4c")
    assert one.state == "contradicted"
    assert one.contradicted_by[0].run == "c0de"
    assert any("Code read: train.ipynb, content hash b2:c0de." in line for line in said(found, "2b"))


def test_a_check_that_ran_in_one_run_is_not_called_not_applicable_by_another():
    ran = blank(results=(checked("misleading-metric", "evaluation", Status.PASSED),))
    other = blank(results=(skipped("misleading-metric"),)).model_copy(update={"id": "other"})
    assert [line.tone for line in entry(checklist([ran, other]), "7a").evidence] == ["good"]


def test_runs_whose_ids_end_alike_are_named_in_full():
    twin = code_run().model_copy(update={"id": "20260101-000000-c0de"})
    runs = {line.run for line in entry(checklist([code_run(), twin]), "2c").evidence}
    assert runs == {"20261122-080000-c0de", "20260101-000000-c0de"}


def test_a_comparison_names_its_models_and_speaks_about_differences():
    close = Finding(message="b cannot be told from a", severity=Severity.WARNING)
    run = blank(
        config={"models": {"b": 0.83, "a": 0.8}, "metric": "accuracy"},
        results=(checked("model-comparison", "compare", Status.FOUND, [close]),),
    ).model_copy(update={"kind": "compare"})
    found = checklist([run], answers(_7c={"holds": True}))
    assert said(found, "5a") == ["Compared by accuracy: b 0.830 and a 0.800."]
    assert entry(found, "7c").state == "contradicted"


def test_a_finding_about_code_says_where_it_stands():
    (line, *_) = said(checklist([code_run()]), "4c")
    assert line.startswith("Error in train.ipynb, cell 3, line 4: the scaler learns")


def test_a_probe_names_its_pipeline():
    run = blank(config={"pipeline": "pipe.py:fit_predict"}).model_copy(update={"kind": "probe"})
    assert "The pipeline that was tried out is pipe.py:fit_predict." in said(checklist([run]), "2b")


def test_an_unfinished_run_is_named():
    found = checklist([interrupted()])
    assert found.notes == ("Run 20261121-221409-4f1c is interrupted: only 2 checks of it count here.",)


def test_runs_of_other_test_rows_are_told_apart():
    other = study().model_copy(update={"id": "other", "test_digest": "b2:other"})
    assert any("2 different sets of test rows" in note for note in checklist([study(), other]).notes)


def test_lones_takes_the_words_given_for_reforms():
    given = answers(_8a={"answer": "Only in Lisbon."})
    found = checklist([study()], given, views=("lones",))
    assert entry(found, "6.3").answer.answer == "Only in Lisbon."
    own = Answers(lones={"2.6": Answer(answer="Two bankers.")})
    assert entry(checklist([study()], own, views=("lones",)), "2.6").state == "filled"


def test_the_headline_counts():
    view = checklist([study()], answers(_6b={"holds": True})).views[0]
    waiting = sum(one.state in {"asked", "wants words"} for one in view.entries)
    assert headline(view) == (
        f"{view.with_evidence} of 32 items have evidence from runs, {waiting} wait for a person's words, "
        "and 1 claim is contradicted."
    )


def test_nothing_is_claimed_of_a_run_in_which_nothing_ran():
    view = checklist([nothing_ran()]).views[0]
    assert {one.id for one in view.entries if one.has_evidence} <= {"2a", "2b", "2c", "3a", "3e", "4a"}


def skipped(check):
    return checked(check, "evaluation", Status.SKIPPED, reason="no metric given")
