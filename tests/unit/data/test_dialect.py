import pytest

from holdfast.data.dialect import NO_DELIMITER, sniff
from holdfast.data.headers import has_header, usable


@pytest.mark.parametrize(
    ("text", "delimiter", "names"),
    [
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a;b\n1,5;2\n2,5;3\n", ";", ("a", "b")),
        ("a\tb\n1\tx, y\n2\tz, w\n", "\t", ("a", "b")),
        ("a|b\n1|2\n", "|", ("a", "b")),
        ("sep=;\na;b\n1;2\n", ";", ("a", "b")),
        ('a,b\n"x\ny",2\n"z",3\n', ",", ("a", "b")),
        ('"a, b",c\n1,2\n', ",", ("a, b", "c")),
        ("a,b,\n1,2,\n3,4,\n", ",", ("a", "b")),
        ("a,b\nx,1,2\ny,3,4\n", ",", ("row_name", "a", "b")),
        ("made on monday\n\na,b\n1,2\n3,4\n", ",", ("a", "b")),
    ],
)
def test_delimiter_and_names(text, delimiter, names):
    dialect = sniff(text)
    assert (dialect.delimiter, dialect.names, dialect.headless) == (delimiter, names, False)


def test_lines_before_the_data_are_counted_for_people():
    assert sniff("a,b\n1,2\n").skip == 1
    assert sniff('"a\nx",b\n1,2\n').skip == 2
    assert sniff('"a\nx",b').skip == 2
    assert sniff("note\n\na,b\n1,2\n3,4\n").skip == 3
    assert sniff("1,2\n3,4\n").skip == 0


def test_quotes_in_text_between_tabs_are_text():
    lines = ["ham\tsee you", 'ham\t"late" again', 'spam\t"win', "ham\tok"] * 5
    assert sniff("\n".join(lines)).quote is None
    assert sniff('a\tb\n"x\ty"\t1\n"z"\t2\n').quote == '"'


def test_backslashes_escape_where_quotes_are_not_doubled():
    assert sniff('a,b\n1,"x \\"q\\" y"\n2,"z, w"\n').escape == "\\"
    assert sniff('a,b\n1,"x ""q"" y"\n2,"z, w"\n').escape is None


def test_columns_set_apart_by_blanks():
    dialect = sniff('18.0   8  "chevrolet malibu"\n15.0   8  "buick"\n')
    assert dialect.rewrite('18.0   8  "chevrolet malibu"') == "18.0\t8\tchevrolet malibu"


def test_a_label_and_a_text_a_line():
    dialect = sniff("1 a fine film\n0 a bad one , really\n" * 60)
    assert dialect.names == ("label", "text")
    assert dialect.rewrite("1 a fine film") == "1\ta fine film"


def test_prose_is_one_column():
    text = "It was the best of times, it was the worst of times.\nIt was, in short, so.\nThe end.\n" * 5
    assert len(sniff(text).names) == 1


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["a", "b"], ["1", "2"]], True),
        ([["1", "2"], ["3", "4"]], False),
        ([["x", "1"], ["y", "2"], ["x", "3"]], False),
        ([["name", "n"], ["y", "2"], ["x", "3"]], True),
        ([["label", "text"], ["ham", "a b c"], ["spam", "d e"], ["ham", "f"], ["ham", "g"]], True),
        ([["country", "1990", "1991", "1992"], ["x", "5", "1", "9"], ["y", "3", "3", "8"]], True),
        ([["date", "v"], ["2020-01-01", "1"], ["2020-01-02", "2"]], True),
        ([["2020-01-01", "1"], ["2020-01-02", "2"]], False),
        ([["", "a"], ["0", "1"], ["1", "2"]], True),
        ([["", ""], ["0", "1"]], False),
        ([["a", "a"]], False),
        ([["only", "names"]], True),
    ],
)
def test_whether_the_first_row_names_the_columns(rows, header):
    assert has_header(rows) is header


def test_names_are_made_usable():
    assert usable([" a ", "", "a", "a.2", "a"])[0] == ("a", "column2", "a.3", "a.2", "a.4")
    assert usable(["k\ud800"])[0] == ("k?",)


@pytest.mark.parametrize("mark", [",", ";", "|"])
def test_a_single_column_may_hold_delimiters_in_its_quotes(mark):
    found = sniff(f'text\n"The tide came in{mark} and we left"\n"One{mark} two{mark} three"\nnone\n')
    assert (found.names, found.quote, found.headless) == (("text",), '"', False)
    assert found.delimiter == NO_DELIMITER


def test_a_quote_that_is_left_open_is_a_mark_in_the_text():
    assert sniff('name,size\n"big" one,12\nsmall,3\n').names == ("name", "size")
