"""A tuned model on new data: the same answers as in training, row for row, in every format, and clear refusals."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from holdfast.finetune.predicting import predictions
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune
from holdfast.finetune.writing import shape_of, written


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    place = tmp_path_factory.mktemp("predict")
    small_models.encoder(place / "encoder")
    small_models.write_texts(place / "texts.csv", 160, seed=1)
    store = RunStore(place / "runs")
    asked = Recipe(model=str(place / "encoder"), data=str(place / "texts.csv"), label="label", rate=0.01, epochs=2,
                   evaluations=2, options={"sensitivity": {"off": True}, "need": {"off": True}}, keep=(),
                   allow=("split-overlap", "near-split-overlap", "conflicting-duplicates"))  # fmt: skip
    run = finetune(asked, store=store)
    return run, store.folder / run.id, place


def answers(tuned, data, **more):
    found = predictions(tuned[0], tuned[1], data, **more)
    return pa.concat_tables(found.blocks)


def test_the_record_says_what_was_learnt_from(tuned):
    assert tuned[0].config["inputs"] == ["text"]
    assert tuned[0].config["task"] == "classify-text"


def test_rows_keep_their_order_and_formats_agree(tuned, tmp_path):
    rows = [text for text, _ in small_models.texts(50, seed=9)]
    with (tmp_path / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([at, text] for at, text in enumerate(rows))])
    (tmp_path / "new.jsonl").write_text("".join(json.dumps({"text": text, "id": at}) + "\n"
                                                for at, text in enumerate(rows)))  # fmt: skip
    pq.write_table(pa.table({"text": rows, "id": range(50)}), tmp_path / "new.parquet", row_group_size=7)
    tables = [answers(tuned, tmp_path / f"new.{ending}", keep=("id",)) for ending in ("csv", "jsonl", "parquet")]
    for one in tables:
        assert one.column("id").to_pylist() == list(range(50))
        assert one.column_names == ["id", "prediction", "p_bad", "p_good"]
        assert one.column("prediction").to_pylist() == tables[0].column("prediction").to_pylist()
        assert one.column("p_good").to_pylist() == pytest.approx(tables[0].column("p_good").to_pylist(), abs=1e-5)
    better = [p > 0.5 for p in tables[0].column("p_good").to_pylist()]
    assert better == [one == "good" for one in tables[0].column("prediction").to_pylist()]


def test_what_the_model_makes_of_a_row_is_what_transformers_make_of_it(tuned, tmp_path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    (tmp_path / "new.csv").write_text("text\nba ke good\nli mo bad ke ba\n")
    folder = tuned[1] / "model"
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        seen = [float(model.eval()(**tokenizer(text, return_tensors="pt")).logits.softmax(-1)[0, 1])
                for text in ("ba ke good", "li mo bad ke ba")]  # fmt: skip
    assert answers(tuned, tmp_path / "new.csv").column("p_good").to_pylist() == pytest.approx(seen, abs=1e-5)


def test_texts_that_look_like_numbers_formulas_or_nothing_are_texts(tuned, tmp_path):
    (tmp_path / "new.csv").write_text("text\n12\n34\n")
    assert len(answers(tuned, tmp_path / "new.csv")) == 2
    (tmp_path / "odd.csv").write_text('note,text\n=1+1,=cmd()\n+2,\n@x,"a ""b"", c"\n')
    found = answers(tuned, tmp_path / "odd.csv", keep=("note",))
    out = tmp_path / "out.csv"
    assert written(iter([found]), out, shape_of(out)) == 3
    with out.open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["note", "=1+1", "+2", "@x"]


@pytest.mark.parametrize(("content", "says"), [("txt\nhi\n", "no column text"), ("text\n", "no rows")])
def test_data_that_do_not_fit_are_told(tuned, tmp_path, content, says):
    (tmp_path / "new.csv").write_text(content)
    with pytest.raises(BadInput, match=says):
        answers(tuned, tmp_path / "new.csv")


def test_another_kind_of_column_or_run_is_told(tuned, tmp_path):
    pq.write_table(pa.table({"text": [1, 2]}), tmp_path / "new.parquet")
    with pytest.raises(BadInput, match="held texts when the model learnt, and holds int64 here"):
        answers(tuned, tmp_path / "new.parquet")
    run = tuned[0]
    for change, says in (({"kind": "audit"}, "no fine-tuning"), ({"status": "interrupted"}, "--resume")):
        with pytest.raises(BadInput, match=says):
            predictions(run.model_copy(update=change), tuned[1], tmp_path / "new.parquet")
    with pytest.raises(BadInput, match="no tuned model"):
        predictions(run, tmp_path, tmp_path / "new.parquet")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_file_is_written_whole_or_not_at_all(tmp_path, ending):
    out = tmp_path / f"out{ending}"

    def broken():
        yield pa.table({"a": [1]})
        raise BadInput("it broke")

    with pytest.raises(BadInput, match="it broke"):
        written(broken(), out, shape_of(out))
    assert list(tmp_path.iterdir()) == []
    assert written(iter([pa.table({"a": [1, 2]}), pa.table({"a": [3]})]), out, shape_of(out)) == 3
    with pytest.raises(BadInput, match="wants a file ending in"):
        shape_of(tmp_path / "out.xls")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot write"):
        written(iter([pa.table({"a": [1]})]), tmp_path / "file" / "out.csv", "csv")
