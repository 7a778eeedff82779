import pytest

from holdfast.audit.code.rows import Interval, Relation, Step, Symbol, apart, contains, covers, crosses, relation, side

SOURCE = ("file", "a.csv")
TRAIN = Step(("split", 1), "train")
TEST = Step(("split", 1), "test")
N = Symbol("n")


def path(*steps):
    return (SOURCE, *steps)


def rows(*steps):
    return frozenset({path(*steps)})


def part(low, high):
    return Step(("range", "position"), Interval(low, high))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (path(), path(), Relation.SAME),
        (path(), path(TRAIN), Relation.COVERS),
        (path(TRAIN), path(), Relation.INSIDE),
        (path(TRAIN), path(TEST), Relation.APART),
        (path(TRAIN), (("file", "b.csv"),), Relation.APART),
        (path(TRAIN), path(Step(("split", 2), "test")), Relation.CROSSES),
        (path(part(None, N)), path(part(N, None)), Relation.APART),
        (path(part(None, N)), path(part(Symbol("m"), None)), Relation.UNKNOWN),
        (path(part(None, 800)), path(part(800, None)), Relation.APART),
        (path(part(None, 800)), path(part(700, None)), Relation.CROSSES),
        (path(part(None, -100)), path(part(-100, None)), Relation.APART),
        (path(part(None, 800)), path(part(-200, None)), Relation.UNKNOWN),
        (path(TRAIN, part(None, 5)), path(part(None, 5), TRAIN), Relation.SAME),
        (path(part(None, 5), TRAIN), path(TEST), Relation.APART),
    ],
)
def test_relations(first, second, expected):
    assert relation(first, second) is expected


def test_dates_are_compared_where_they_sort_as_text():
    before, after = Interval(None, "2019-12-31"), Interval("2020-01-01", None)
    assert before.apart(after)
    assert Interval(None, "31.12.2019").apart(Interval("01.01.2020", None)) is None


def test_what_is_equal_or_not():
    same, other = Step(("where", "fold"), Interval(1, 1, high_in=True)), Step(("where", "fold"), ("not", 1))
    assert relation(path(same), path(other)) is Relation.APART


def test_unions():
    whole, both = rows(), rows(TRAIN) | rows(TEST)
    assert contains(whole, both)
    assert contains(both, rows(TEST))
    assert not contains(both, whole)
    assert covers(both, whole)
    assert apart(rows(TRAIN), rows(TEST))
    assert not apart(both, rows(TEST))
    assert crosses(rows(Step(("sample", 1), "in")), rows(Step(("sample", 2), "in")))


def test_sides():
    assert side(rows(TRAIN)) == "train"
    assert side(rows(TRAIN, Step(("split", 2), "valid"))) in {"train", "valid"}
    assert side(rows(Step(("sample", 1), "out"))) == "test"
    assert side(rows(TRAIN) | rows(TEST)) == ""
