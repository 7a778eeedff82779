import pyarrow as pa
import pytest

from holdfast.data.text_types import Judge


def judged(*blocks, textual=True, **options):
    """Return what a judge makes of blocks of text: type, values, notes."""
    judge = Judge("c", **options)
    arrays = [pa.array(block, pa.string() if textual else None) for block in blocks]
    for array in arrays:
        judge.see(array, textual=textual)
    values = [value for array in arrays for value in judge.convert(array, textual=textual).to_pylist()]
    return str(judge.kind), values, " | ".join(judge.notes())


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["1", "-2", "+3", " 4 "], "int64", [1, -2, 3, 4]),
        (["1", "2.5", "1e3", ".5", "5."], "double", [1, 2.5, 1000, 0.5, 5]),
        (["9007199254740993"], "int64", [9007199254740993]),
        (["99999999999999999999", "1"], "double", [1e20, 1]),
        (["inf", "-inf", "1"], "double", [float("inf"), float("-inf"), 1]),
        (["true", "False", "TRUE"], "bool", [True, False, True]),
        (["", "NA", "1"], "int64", [None, None, 1]),
        (["", "NULL"], "null", [None, None]),
        (["x", "", "nan"], "large_string", ["x", None, None]),
        (["1", "x"], "large_string", ["1", "x"]),
        (["yes", "no"], "large_string", ["yes", "no"]),
        (["1,5", "2"], "large_string", ["1,5", "2"]),
        (["?", "-", "None"], "large_string", ["?", "-", "None"]),
        (["007", "010"], "large_string", ["007", "010"]),
        (["0x1F"], "large_string", ["0x1F"]),
        (["0", "0.5", "-0"], "double", [0, 0.5, 0]),
    ],
)
def test_text_becomes_the_narrowest_type_that_holds_all_of_it(texts, kind, values):
    assert judged(texts)[:2] == (kind, values)


def test_the_last_row_counts_as_much_as_the_first():
    kind, values, notes = judged(["1", "2"] * 1000, ["3", "x y"], ["5.5"])
    assert (kind, values[0], values[-1]) == ("large_string", "1", "5.5")
    assert notes == "column c: 1 of 2,003 values are not numbers ('x y'): read as text"


def test_the_first_row_counts_as_little_as_the_last():
    assert judged(["?", "1", "2"], ["3"])[2] == "column c: 1 of 4 values are not numbers ('?'): read as text"


def test_text_that_is_mostly_no_number_is_not_worth_a_word():
    assert judged(["a", "b", "1"])[2] == ""


@pytest.mark.parametrize("blocks", [(["1"], ["2.5"]), (["2.5"], ["1"]), ([""], ["1"], ["2.5"])])
def test_blocks_widen_to_numbers(blocks):
    assert judged(*blocks)[0] == "double"


@pytest.mark.parametrize("blocks", [(["1"], ["007"]), (["007"], ["1"]), (["0.5"], ["007"]), (["007"], ["0.5"])])
def test_a_code_makes_the_column_text_wherever_it_stands(blocks):
    kind, _, notes = judged(*blocks)
    assert kind == "large_string"
    assert "codes that begin with zero ('007')" in notes


def test_a_decimal_comma_where_the_delimiter_allows_it():
    assert judged(["1,5", "2"], ["3"], comma=True) == ("double", [1.5, 2, 3], "column c: decimal comma")
    assert judged(["1"], ["2,5"], comma=True)[:2] == ("double", [1, 2.5])


def test_marks_of_missing_are_counted_and_said():
    assert judged(["NA", "1", "NA"], ["nan"])[2] == "column c: read as missing: 'NA' in 2 rows, 'nan' in 1 rows"


def test_truth_values_and_numbers_in_one_column_are_text():
    assert judged(["true"], ["1"])[0] == "large_string"


def test_text_can_be_kept():
    assert judged(["1", "2"], keep_text=True)[:2] == ("large_string", ["1", "2"])


@pytest.mark.parametrize(
    ("blocks", "kind"),
    [
        (([1], [2.5]), "double"),
        (([True], [2]), "int64"),
        (([1], ["x"]), "large_string"),
        (([None], ["x"]), "large_string"),
        (([None], [None]), "null"),
    ],
)
def test_values_with_a_type_get_the_common_one(blocks, kind):
    assert judged(*blocks, textual=False)[0] == kind


def test_strings_with_a_type_may_be_times_but_no_numbers():
    assert judged(["1", "2"], textual=False)[0] == "large_string"
    assert judged(["2020-01-01", None], textual=False)[0] == "timestamp[us]"
    assert judged(["2020-01-01"], ["never"], textual=False)[:2] == ("large_string", ["2020-01-01", "never"])


def test_text_and_typed_values_meet():
    judge = Judge("c")
    judge.see(pa.array(["1", "2"]), textual=True)
    judge.see(pa.array([0.5]), textual=False)
    assert judge.convert(pa.array(["1", "2"]), textual=True).to_pylist() == [1.0, 2.0]
    judge.see(pa.array(["x"]), textual=False)
    assert judge.convert(pa.array(["1", "2"]), textual=True).to_pylist() == ["1", "2"]
    assert judge.convert(pa.array([0.5]), textual=False).to_pylist() == ["0.5"]


def test_a_column_that_changes_between_passes_is_an_error():
    judge = Judge("c")
    judge.see(pa.array(["1"]), textual=True)
    with pytest.raises(ValueError, match="changed while it was read"):
        judge.convert(pa.array(["x"]), textual=True)
