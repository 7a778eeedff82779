"""How much of what Holdfast says has a French form, over what the checks really say in their planted cases.

What has none, the most frequent first:  pytest tests/unit/report/languages/test_french.py -s
"""

import re
import sys
from collections import Counter
from time import process_time

import numpy as np
import pytest

from holdfast.audit import catalogue, roots
from holdfast.audit.conformance import given_of
from holdfast.audit.runner import Facts, run_check
from holdfast.core.finding import Examples, Grid, Series
from holdfast.core.record import ColumnRecord, Section
from holdfast.report.checklist import checklist, lones, reforms
from holdfast.report.checklist import render as render_checklist
from holdfast.report.languages import gaps, said
from holdfast.report.render import render
from holdfast.report.words import paragraphs, sentence
from report_findings import ATTACKS
from report_runs import ALL, blank, hostile, realistic

SLOW = {"shortcuts", "probe"}  # families whose cases fit models or start processes
SLOW_CHECKS = {"joint-drift", "unreadable-code"}
LEAST_SAID = 0.97  # of the sentences of planted cases; room for a new check or two, and no more
LEAST_SAID_BY_ALL = 0.96
LEAST_TITLES = 0.97  # of all checks' titles and reasons
COMPLETE = (
    "code", "drift", "duplicates", "evaluation", "generations", "labels", "leakage", "origin", "quality", "time",
    "training",
)  # fmt: skip


def has_french(text):
    """Return whether all of a text is said in French, but for names in it."""
    return not gaps(text, "fr")


def told(missing):
    for text, count in missing.most_common():
        sys.stdout.write(f"{count} × {text}\n")


@pytest.fixture(scope="module")
def sentences():
    """Return (family, sentence) of every finding in the planted cases that are quick."""
    return said_in(one for one in catalogue.checks().values() if quick(one))


def quick(item):
    return item.family not in SLOW and item.name not in SLOW_CHECKS


def said_in(checks):
    found = Counter()
    for item in checks:
        for case in item.cases:
            if case.at is not None:
                result = run_check(item, Facts(given_of(case.make(np.random.default_rng(0)))))
                found.update((item.family, one) for finding in result.findings for one in parts(finding))
    return found


def parts(finding):
    yield sentence(finding.message)
    if finding.fix:
        yield sentence(finding.fix)
    for one in finding.evidence:
        title = sentence(getattr(one, "caption", "") or getattr(one, "name", ""))
        if " " in title:
            yield title


def test_what_checks_say_has_a_french_form(sentences):
    missing = Counter({text: count for (_, text), count in sentences.items() if not has_french(text)})
    told(missing)
    share = 1 - len(missing) / len(sentences)
    assert share >= LEAST_SAID, f"{share:.3f} of {len(sentences)} sentences have a French form"


@pytest.mark.slow
def test_what_all_checks_say_has_a_french_form():
    every = said_in(catalogue.checks().values())
    missing = Counter({text: count for (_, text), count in every.items() if not has_french(text)})
    told(missing)
    share = 1 - len(missing) / len(every)
    assert share >= LEAST_SAID_BY_ALL, f"{share:.3f} of {len(every)} sentences have a French form"


@pytest.mark.parametrize("family", COMPLETE)
def test_these_families_are_nearly_complete(family, sentences):
    every = [text for one, text in sentences if one == family]
    missing = [text for text in every if not has_french(text)]
    assert len(missing) <= 0.1 * len(every), missing


def test_titles_and_why_have_a_french_form():
    every = [
        (item.family, one)
        for item in catalogue.checks().values()
        for one in (sentence(item.title), *paragraphs(item.section("Why it matters")))
    ]
    missing = [(family, text) for family, text in every if not has_french(text)]
    told(Counter(text for _, text in missing))
    assert 1 - len(missing) / len(every) >= LEAST_TITLES


def test_no_sentence_fits_two_entries_that_say_as_much(sentences):
    from holdfast.report.languages.catalogue import catalogue as words

    for _, text in sentences:
        fitting = [one for one in words("fr").candidates(text) if one.fixed in text and one.pattern.fullmatch(text)]
        assert len({one.weight for one in fitting}) == len(fitting), [one.english for one in fitting]


def test_every_item_of_the_checklists_and_every_missing_root_has_a_french_form():
    items = [item for module in (*reforms.MODULES, *lones.MODULES) for item in module.items]
    asked = [one for item in items for one in (item.asks, item.question, item.claim) if one]
    asked += [module.title for module in (*reforms.MODULES, *lones.MODULES)]
    given = [why for name, why in roots.ROOTS.items() if name not in {"streams", "progress", "task_wanted"}]
    assert [one for one in asked + given if not has_french(one)] == []


def test_the_report_says_that_it_is_french():
    page = render(realistic(), "html", "fr")
    assert '<html lang="fr">' in page
    assert "Quelle part du score est réelle" in page
    assert "Score trop beau pour être vrai (ROC AUC\u202f: 0,934)" in page


WORDS = re.compile(r">\s*(Findings|Checks|Record|What was found|Why it matters|What to do|How sure|The numbers)\s*<")


@pytest.mark.parametrize("name", [name for name in ALL if name not in {"hostile", "many"}])
def test_no_fixed_string_of_the_page_stays_english(name):
    assert WORDS.search(render(ALL[name](), "html")) is not None
    assert WORDS.search(render(ALL[name](), "html", "fr")) is None


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_hostile_data_do_nothing_in_french_either(form):
    """Whatever could be markup occurs as often as in English, where other tests have looked."""
    english, french = render(hostile(), form), render(hostile(), form, "fr")
    for sign in ("<script", "<img", "onerror=", "javascript:", "\x1b", "\x00", "\u202e", "](http"):
        assert french.count(sign) == english.count(sign), sign
    if form == "html":
        assert french.count("<") == english.count("<")


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_in_a_hole_is_not_markup_afterwards(attack):
    text = f"'{attack}' holds numbers, but 2 of 60 values are none ({attack}), so it is read as text"
    shown = said(text, "fr")
    assert shown.count("<") == text.count("<")
    assert shown.count("`") == text.count("`")


def test_models_that_were_compared_keep_their_names():
    table = Examples(caption="Scores, the best first", columns=("model", "accuracy"), cells=(("line", 0.5),))
    run = blank(
        kind="compare", config={"models": {"line": 0.5}}, sections=(Section(title="Scores", evidence=(table,)),)
    )
    page = render(run, "html", "fr")
    assert "Scores, le meilleur d’abord" in page
    assert "<td>line</td>" in page


def test_charts_and_tables_of_a_section_are_french_and_the_data_s_names_stay():
    shown = (
        Series(name="Loss on training and on validation rows", x=("loss", "b<i>"), y=(0.25, 0.5), y_name="loss, nats"),
        Grid(name="Shares of {x}", values=((0.25, 0.5),), row_names=("error",)),
        Examples(
            caption="The scorecard's numbers", columns=("guard", "loss"), cells=(("transfer", 0.25), ("error", 1))
        ),
    )
    run = blank(
        kind="finetune", columns=(ColumnRecord(name="loss", kind="number", role="feature"),),
        sections=(Section(title="On the way", evidence=shown),),
    )  # fmt: skip
    page = render(run, "html", "fr")
    assert "perte, en nats" in page
    assert ">0,50<" in page  # along the side, though names stand below
    assert ">0.50<" not in page
    assert "error, colonne 1\u202f: 0,250" in page
    assert "garde-fou" in page
    assert "transfert" in page
    assert page.count(">perte<") == 0  # `loss` is a column of these data
    assert "&lt;i&gt;" in page
    assert "<td>nombre</td>" in page


def test_machines_get_english():
    for form in ("json", "sarif", "junit", "card"):
        assert render(realistic(), form, "fr") == render(realistic(), form)


def test_the_checklist_in_french():
    page = render_checklist(checklist([realistic()], views=("reforms", "lones")), "html", "fr")
    assert '<html lang="fr">' in page
    assert "Liste de contrôle" in page
    assert "Where the evidence comes from" not in page


def test_french_costs_little():
    """A report is translated in less than 50 ms, once the catalogue has been read."""
    render(realistic(), "html", "fr")
    run = realistic()
    started = process_time()
    render(run, "html")
    english = process_time() - started
    from holdfast.report.languages.saying import _looked_up

    _looked_up.cache_clear()
    started = process_time()
    render(run, "html", "fr")
    assert process_time() - started - english < 0.05
