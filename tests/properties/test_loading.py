"""What holds for every table and every file."""

import csv
import io
import math
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.core.errors import BadInput, HoldfastError
from holdfast.data.dialect import sniff
from holdfast.data.headers import usable
from holdfast.data.loading import load
from holdfast.data.text_types import MISSING

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAMES = st.lists(WORDS, min_size=1, max_size=5)
RELAXED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.csv"


def one_paragraph(text):
    assert 0 < len(text) < 2000
    assert "\n" not in text


@RELAXED
@given(content=st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_refusal_of_one_paragraph(path, content):
    path.write_bytes(content)
    try:
        assert len(load({"all": path}).table) > 0
    except HoldfastError as error:
        one_paragraph(str(error))


@RELAXED
@given(content=st.text(st.sampled_from(list("ab1,.;\t|\"'\n\r\\ -/:é")), max_size=200))
def test_any_text_is_a_table_or_a_refusal_of_one_paragraph(path, content):
    path.write_text(content, newline="")
    try:
        assert len(load({"all": path}).table) > 0
    except HoldfastError as error:
        one_paragraph(str(error))


@given(head=st.text(st.sampled_from(list('ab1,.;\t|"\n\r ')), max_size=300))
def test_there_is_always_a_dialect(head):
    dialect = sniff(head)
    assert len(dialect.names) >= 1
    assert dialect.skip >= 0


@given(names=st.lists(st.text(max_size=3), max_size=8))
def test_usable_names_are_unique_not_empty_and_stable(names):
    once, _ = usable(names)
    assert len(set(once)) == len(once) == len(names)
    assert all(name.strip() for name in once)
    assert usable(once)[0] == once


def tables():
    columns = st.one_of(
        st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), min_size=8, max_size=8),
        st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=8, max_size=8),
        st.lists(
            st.one_of(st.none(), st.sampled_from(["red", "green", "a, b", 'say "x"', "two\nlines", "ü"])),
            min_size=8,
            max_size=8,
        ),
        st.lists(st.booleans(), min_size=8, max_size=8),
    )
    return st.lists(columns, min_size=2, max_size=4)


@RELAXED
@given(columns=tables())
def test_a_table_written_as_csv_comes_back(path, columns):
    names = [f"name_{place}" for place in range(len(columns))]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([names, *zip(*columns, strict=True)])
    path.write_text(text.getvalue(), newline="")
    got = load({"all": path}).table
    assert got.column_names == names
    for name, column in zip(names, columns, strict=True):
        assert all(same(*pair) for pair in zip(got.column(name).to_pylist(), column, strict=True)), (name, column)


def same(got, written):
    if written is None or got is None:
        return got is written or written in MISSING
    if isinstance(written, float) or isinstance(got, float):
        return math.isclose(float(got), float(written), rel_tol=1e-15)
    return got == written


@given(columns=tables(), cuts=st.lists(st.integers(0, 8), max_size=3))
def test_the_digest_does_not_depend_on_how_a_table_is_cut_into_chunks(columns, cuts):
    table = pa.table({f"c{place}": pa.array(column) for place, column in enumerate(columns)})
    edges = [0, *sorted(cuts), 8]
    pieces = pa.concat_tables(table.slice(a, b - a) for a, b in pairwise(edges))
    assert load({"all": pieces}).digest == load({"all": table}).digest


@given(columns=tables(), at=st.integers(1, 7))
def test_two_splits_of_a_table_hold_what_the_table_holds(columns, at):
    table = pa.table({f"c{place}": pa.array(column) for place, column in enumerate(columns)})
    whole = load({"all": table}).table
    parts = load({"train": table.slice(0, at), "test": table.slice(at)}).table
    assert parts.drop_columns(["split"]).to_pydict() == whole.to_pydict()
    assert parts.column("split").to_pylist() == ["train"] * at + ["test"] * (8 - at)


@given(name=WORDS)
def test_a_column_that_is_not_there_is_told(name):
    table = pa.table({"a": [1, 2]})
    if name not in {"a", "1", "-1"}:
        with pytest.raises(BadInput, match="no column"):
            load({"all": table}, roles={name: "label"})
