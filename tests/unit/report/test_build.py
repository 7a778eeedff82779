import pytest

from holdfast.core.finding import Examples, Finding, Location, Measure, Severity
from holdfast.core.record import Section, Status, Suppressed
from holdfast.report.build import MOST_COLUMNS, MOST_LINES, build, part
from report_findings import checked
from report_runs import ALL, blank, realistic


def only(finding, **more):
    (card,) = build(blank(results=(checked("a-b", "x", Status.FOUND, [finding]),), **more)).cards
    return card.items[0]


def test_cards_come_worst_first_then_by_what_they_cost():
    assert [card.check.text for card in build(realistic()).cards] == [
        "label-in-disguise",
        "group-overlap",
        "split-overlap",
        "column-drift",
        "label-errors",
        "missingness-tells-label",
        "constant-column",
    ]


@pytest.mark.parametrize("name", ALL)
def test_no_check_and_no_finding_is_lost(name):
    run = ALL[name]()
    document = build(run)
    assert sum(card.count for card in document.cards) == len(run.findings)
    listed = len(document.passed) + len(document.crashed) + document.n_skipped
    assert listed + len({result.check for result in run.results if result.findings}) == len(run.results)
    assert len(document.suppressed) == len(run.suppressed)


def test_a_check_with_findings_of_two_severities_has_two_cards():
    findings = [Finding(message=str(one), severity=one) for one in Severity]
    document = build(blank(results=(checked("a-b", "x", Status.FOUND, findings),)))
    assert [card.severity for card in document.cards] == list(Severity)
    assert len({card.anchor for card in document.cards}) == 3


def test_wide_examples_begin_with_the_columns_the_finding_is_about():
    names = tuple(f"c{i}" for i in range(40))
    table = Examples(caption="t", columns=names, cells=(tuple(range(40)),) * 30, rows=tuple(range(30)))
    shown = only(Finding(message="m", locations=(Location(columns=("c39",)),), evidence=(table,))).tables[0]
    assert shown.head[:3] == ("Row", "c39", "c0")
    assert len(shown.head) == MOST_COLUMNS + 1
    assert len(shown.rows) == MOST_LINES
    assert shown.more == "28 more columns and 20 more lines in the record."


def test_ragged_examples_are_shown():
    table = Examples(caption="t", columns=("a", "b"), cells=((1,), (1, 2, 3)), rows=(0,))
    assert only(Finding(message="m", evidence=(table,))).tables[0].rows == (("row 0", "1", ""), ("", "1", "2"))


def test_the_effect_on_the_score_stands_with_the_finding():
    document = build(realistic())
    effects = {card.check.text: card.items[0].effect for card in document.cards}
    assert effects["label-in-disguise"] == "Cured alone, it changes the ROC AUC by −0.136 (−0.148 to −0.124)."
    assert effects["label-errors"] == ""


def test_skipped_checks_share_their_reason():
    reasons = {reason: len(lines) for reason, lines in build(realistic()).skipped}
    assert reasons == {"no time column; name one with --time": 3, "no column of annotators": 1}


def test_a_check_whose_findings_are_all_suppressed_is_still_counted():
    hidden = Suppressed(finding=Finding(message="m", check="a-b"), reason="known")
    document = build(blank(results=(checked("a-b", "x", Status.PASSED, suppressed=(hidden,)),)))
    assert document.outcome == "1 check passed · 1 suppressed"


def test_ten_thousand_findings_are_counted_and_a_share_of_each_check_is_written_out():
    findings = [Finding(message=str(i)) for i in range(10_000)]
    rare = Finding(message="rare")
    results = (checked("a-b", "x", Status.FOUND, findings), checked("c-d", "x", Status.FOUND, [rare]))
    document = build(blank(results=results))
    assert [(card.count, len(card.items)) for card in document.cards] == [(10_000, 300), (1, 1)]


def test_measures_stand_where_they_were_put():
    measure = Measure(name="gap", value=0.1)
    table = Examples(caption="", columns=("a",), cells=((1,),))
    first = part(Section(title="A", says=(), evidence=(measure, table)), "p1")
    assert (first.measures is not None, len(first.tables)) == (True, 1)
    last = part(Section(title="A", says=(), evidence=(table, measure)), "p1")
    assert last.measures is None
    assert [one.head[0] for one in last.tables] == ["a", "Measured"]
