import numpy as np
import pyarrow as pa
import pytest
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, ShuffleSplit, StratifiedKFold, TimeSeriesSplit

import holdfast
from holdfast.core.errors import BadInput
from holdfast.data.loading import load

N = 60
TABLE = pa.table({
    "x": np.arange(N) * 1.5, "who": [f"p{i // 5}" for i in range(N)], "n": np.arange(N) * 0.5,
    "y": ["a", "b"] * (N // 2),
})  # fmt: skip
ROLES = {"y": "label", "who": "group"}


def sides(splitter, roles=ROLES):
    data = load(TABLE, roles=roles, splitter=splitter)
    return np.array(data.values("split").to_pylist()), data


@pytest.mark.parametrize(
    "splitter", [KFold(4), GroupKFold(4), StratifiedKFold(3), TimeSeriesSplit(5), ShuffleSplit(3, random_state=0)]
)
def test_the_last_fold_is_that_of_the_splitter(splitter):
    side, data = sides(splitter)
    groups = [int(who[1:]) for who in TABLE["who"].to_pylist()]
    groups = groups if isinstance(splitter, GroupKFold) else None
    train, test = list(splitter.split(np.zeros((N, 1)), [0, 1] * (N // 2), groups))[-1]
    assert np.flatnonzero(side == "test").tolist() == sorted(test)
    assert np.flatnonzero(side == "train").tolist() == sorted(train)
    assert type(splitter).__name__ in data.sources[0].notes[-1]


def test_a_splitter_of_one_s_own_and_pairs_of_rows_do_as_well():
    class Own:
        def split(self, rows, y=None, groups=None):
            assert len(rows) == N
            assert len(y) == len(groups) == N
            yield np.arange(40), np.arange(40, N)

    assert (sides(Own())[0] == sides([(range(40), range(40, N))])[0]).all()
    mask = np.arange(N) >= 40
    assert (sides([(~mask, mask)])[0] == sides(Own())[0]).all()


def test_rows_in_neither_side_are_left_out_and_said():
    side, data = sides(PredefinedSplit([-1] * 30 + [0] * 30))
    assert len(side) == N
    side, data = sides([(range(10), range(20, 30))])
    assert len(data) == len(side) == 20
    assert data.values("x").to_pylist() == [*(i * 1.5 for i in range(10)), *(i * 1.5 for i in range(20, 30))]


def test_numbers_are_numbers_to_a_splitter():
    seen = []

    class Own:
        def split(self, rows, y, groups):
            seen.append((y.dtype, groups))
            return [(range(40), range(40, N))]

    sides(Own(), roles={"n": "label"})
    assert seen == [(np.dtype("float64"), None)]


@pytest.mark.parametrize(
    ("splitter", "said"),
    [
        ([], "makes no folds"),
        ([(range(10), range(5, 15))], "5 rows on both sides"),
        ([(range(10), [])], "test side of its last fold empty"),
        ([(range(10), [99])], "rows that are not there"),
        ([(range(10), [0.5])], "cannot split"),
        (GroupKFold(99), "cannot split"),
        (7, "cannot split"),
    ],
)
def test_folds_that_are_none_are_refused(splitter, said):
    with pytest.raises(BadInput, match=said):
        sides(splitter)


def test_an_audit_takes_a_splitter():
    settings = {"label": "y", "honest": {"enabled": False}, "select": ["group-overlap"]}
    assert not holdfast.audit(TABLE, splitter=GroupKFold(4), group=["who"], **settings).findings
    found = holdfast.audit(TABLE, splitter=ShuffleSplit(random_state=0), group=["who"], **settings)
    assert [one.check for one in found.findings] == ["group-overlap"]
    with pytest.raises(BadInput, match="not both"):
        holdfast.audit(TABLE, TABLE, splitter=KFold(), **settings)
