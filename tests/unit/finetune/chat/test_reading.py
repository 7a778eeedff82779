"""Conversations, prompts with answers and texts are found in columns, whatever form a loader handed them over in."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.finetune.chat.reading import Columns, columns_of, conversations, messages_in, readable

TALK = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo\u0000\u202e<script>"}]


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load({"all": path})


@pytest.mark.parametrize("form", ["jsonl", "parquet", "csv"])
def test_a_conversation_is_read_from_every_kind_of_file(tmp_path, form):
    path = tmp_path / f"talk.{form}"
    if form == "parquet":
        pq.write_table(pa.table({"messages": [TALK] * 12}), path)
        dataset = load({"all": path})
    elif form == "csv":
        cell = json.dumps(TALK).replace('"', '""')
        path.write_text("n,messages\n" + "".join(f'{n},"{cell}"\n' for n in range(12)))
        dataset = load({"all": path})
    else:
        dataset = lines(path, [{"messages": TALK}] * 12)
    assert columns_of(dataset) == Columns("messages", ("messages",))
    assert conversations(dataset, "messages", np.array([3]))[0] == TALK
    assert readable(dataset, "messages")[0].as_py() == "hi\nyo\u0000\u202e<script>"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"prompt": "a", "completion": "b"}, Columns("completion", ("prompt", "completion"))),
        ({"question": "a", "answer": "b", "id": "x"}, Columns("completion", ("question", "answer"))),
        ({"text": "a b", "source": "web"}, Columns("text", ("text",))),
        ({"conversations": [{"from": "human", "value": "a"}]}, Columns("messages", ("conversations",))),
        ({"a": "b"}, None),
    ],
)
def test_columns_are_known_by_their_usual_names(tmp_path, row, found):
    assert columns_of(lines(tmp_path / "rows.jsonl", [row] * 12)) == found


def test_columns_may_be_named(tmp_path):
    dataset = lines(tmp_path / "rows.jsonl", [{"ask": "a", "say": "b", "more": 1}] * 12)
    assert columns_of(dataset, ("ask", "say")).form == "completion"
    assert columns_of(dataset, ("say",)) == Columns("text", ("say",))
    with pytest.raises(BadInput, match="names 3 columns"):
        columns_of(dataset, ("ask", "say", "more"))
    with pytest.raises(BadInput, match="Did you mean 'say'"):
        columns_of(dataset, ("sya",))


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        ([{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], ["user", "assistant"]),
        ('[{"role": "user", "content": [{"type": "text", "text": "a"}]}]', ["user"]),
        ("[]", []),
        ("[" * 100_000, None),
        ('[{"role": "user"}]', None),
        ('[{"role": "user", "content": [{"type": "image"}]}]', None),
        ("plain", None),
        (None, None),
        (3.5, None),
    ],
)
def test_a_cell_holds_messages_or_it_does_not(value, roles):
    found = messages_in(value)
    assert (None if found is None else [one["role"] for one in found]) == roles


def test_rows_without_a_conversation_are_named(tmp_path):
    dataset = lines(tmp_path / "rows.jsonl", [{"messages": TALK}] * 12 + [{"messages": "oh"}])
    with pytest.raises(BadInput, match="no conversation in rows 12"):
        conversations(dataset, "messages", np.arange(13))
