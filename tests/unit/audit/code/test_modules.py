"""Imports between the audited files are followed; the place is in the file of the function."""

import pytest

from holdfast.audit import catalogue
from holdfast.audit.code import Code, code_of
from holdfast.audit.code.program import follow, follow_all
from holdfast.audit.runner import Facts, run_check

PREPARE = """
from sklearn.preprocessing import StandardScaler
COLUMNS = ['a', 'b']
def prepare(frame):
    frame[COLUMNS] = StandardScaler().fit_transform(frame[COLUMNS])
    return frame
"""
SPLIT = "train, test = train_test_split(df, random_state=0)\n"


def said(*files: tuple[str, str]) -> list[tuple[str, str, int]]:
    code = Code(tuple(code_of(text, name).files[0] for name, text in files))
    facts = Facts({"code": code})
    results = [run_check(check, facts) for check in catalogue.selected(("code",))]
    assert not any(result.trace for result in results)
    return [
        (result.check, finding.locations[0].file, finding.locations[0].line)
        for result in results
        for finding in result.findings
    ]


@pytest.mark.parametrize(
    ("utils", "main"),
    [
        ("utils.py", "from utils import prepare\ndf = prepare(pd.read_csv('a.csv'))\n"),
        ("utils.py", "import utils\ndf = utils.prepare(pd.read_csv('a.csv'))\n"),
        ("utils.py", "import utils as u\ndf = u.prepare(pd.read_csv('a.csv'))\n"),
        ("utils.py", "from utils import *\ndf = prepare(pd.read_csv('a.csv'))\n"),
        ("utils.py", "from .utils import prepare as p\ndf = p(pd.read_csv('a.csv'))\n"),
        ("lib/utils.py", "from lib.utils import prepare\ndf = prepare(pd.read_csv('a.csv'))\n"),
        ("lib/utils.py", "from lib import utils\ndf = utils.prepare(pd.read_csv('a.csv'))\n"),
    ],
)
def test_a_helper_that_fits_before_the_split_is_found_in_its_own_file(utils, main):
    assert said(("main.py", main + SPLIT), (utils, PREPARE)) == [("fit-before-split", utils, 5)]


def test_a_helper_that_is_called_behind_the_split_is_fine():
    main = "from utils import prepare\ndf = pd.read_csv('a.csv')\n" + SPLIT + "train = prepare(train)\n"
    assert said(("main.py", main), ("utils.py", PREPARE)) == []


def test_a_module_of_the_same_name_elsewhere_is_not_taken_for_it():
    main = "from other.utils import prepare\ndf = prepare(pd.read_csv('a.csv'))\n" + SPLIT
    assert said(("main.py", main), ("lib/utils.py", PREPARE)) == []


def test_two_files_that_import_each_other_come_to_an_end():
    first = "from second import prepare\ndf = prepare(pd.read_csv('a.csv'))\n" + SPLIT
    second = "from first import df\n" + PREPARE
    assert said(("first.py", first), ("second.py", second)) == [("fit-before-split", "second.py", 6)]


def test_lines_of_two_files_are_told_apart():
    files = [code_of(text, name).files[0] for name, text in (("main.py", "from utils import prepare\n"
             "df = prepare(pd.read_csv('a.csv'))\n" + SPLIT), ("utils.py", PREPARE))]  # fmt: skip
    main, _ = follow_all(files)
    assert {event.place.name for event in (*main.learned, *main.splits)} == {"line 5 of utils.py", "line 3 of main.py"}


def test_a_program_longer_than_the_bounds_is_said_to_be():
    flow = follow(code_of("y = x\n" * 70_000).files[0])
    assert not flow.complete
    assert flow.reached[1] > 1000
    assert [one[0] for one in said(("script.py", "y = x\n" * 70_000))] == ["unreadable-code"]
