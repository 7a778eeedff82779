"""Any bytes in the file of answers: a checklist, or one paragraph that says what is wrong."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from checklist_runs import study
from holdfast.core.errors import BadInput
from holdfast.report.checklist import checklist, read, render
from holdfast.report.checklist.answers import questions

KEYS = st.sampled_from(["study", "reforms", "lones", "1a", "6b", "'2.6'", "answer", "holds", "x"])
VALUES = st.one_of(
    st.booleans().map(lambda one: str(one).lower()),
    st.integers().map(str),
    st.sampled_from(['""', '"a"', "[]", "{}", "{answer='x'}", "1979-05-27", "inf", '"""\n<b>\n"""', "["]),
)
LINES = st.one_of(
    st.tuples(KEYS, VALUES).map(" = ".join),
    st.lists(KEYS, min_size=1, max_size=3).map(lambda keys: f"[{'.'.join(keys)}]"),
    st.text(max_size=30),
)
CHANGED = st.tuples(st.integers(0, len(questions())), st.text(max_size=8), st.integers(0, 40)).map(
    lambda cut: questions()[: cut[0]] + cut[1] + questions()[cut[0] + cut[2] :]
)
FILES = st.one_of(st.lists(LINES, max_size=12).map("\n".join), CHANGED).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(FILES, st.binary(max_size=200)))
def test_any_file_is_read_or_refused_in_one_paragraph(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reforms.toml"
        path.write_bytes(content)
        try:
            answers = read(path)
        except BadInput:
            return
    lists = checklist([study()], answers, views=("reforms", "lones"))
    for form in ("text", "html", "json", "markdown"):
        assert render(lists, form)
