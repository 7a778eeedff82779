"""A tuned model of pictures on new ones: folders, tables, one file, damaged ones, and a person's own model."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import small_models
from holdfast.core.errors import BadInput
from holdfast.core.store import RunStore
from holdfast.finetune.predicting import predictions
from holdfast.finetune.recipe import Recipe
from holdfast.finetune.verb import finetune

QUICK = {"sensitivity": {"off": True}, "need": {"off": True}, "scratch": {"off": True}}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    import torch

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pictures")
    small_models.pictures(folder / "bars", 120, seed=1)
    small_models.pictures(folder / "new", 20, seed=5)
    small_models.vision(folder / "vit")
    small_models.nets(folder)
    return folder


def tuned_on(place, model):
    store = RunStore(place / "runs")
    run = finetune(Recipe(model=model, data=str(place / "bars"), rate=0.003, epochs=1, evaluations=1, stop="never",
                          keep=(), options=QUICK), store=store)  # fmt: skip
    return run, store.folder / run.id


@pytest.fixture(scope="module")
def tuned(place):
    return tuned_on(place, str(place / "vit"))


def answers(tuned, data, **more):
    found = predictions(*tuned, data, **more)
    return pa.concat_tables(found.blocks), found.notes


def test_pictures_of_a_folder_are_answered_by_their_names_as_transformers_answers_them(tuned, place):
    import torch
    from transformers import AutoModelForImageClassification

    table, notes = answers(tuned, place / "new")
    assert table.column_names == ["file", "prediction", "p_across", "p_down"]
    assert notes == ["20 images; folders name 2 classes: across, down"]
    model = AutoModelForImageClassification.from_pretrained(tuned[1] / "model").eval()
    for row in table.to_pylist():
        pixels = (np.asarray(Image.open(place / "new" / row["file"])) / 255 - 0.2) / 0.3
        with torch.no_grad():
            seen = model(torch.tensor(pixels[None, None], dtype=torch.float32)).logits.softmax(-1)[0]
        assert [row["p_across"], row["p_down"]] == pytest.approx(seen.tolist(), abs=1e-5)


def test_one_file_and_a_table_of_paths_get_the_same_answers(tuned, place, tmp_path):
    table, _ = answers(tuned, place / "new")
    known = {row["file"]: row["p_down"] for row in table.to_pylist()}
    first = min(known)
    alone, _ = answers(tuned, place / "new" / first)
    assert alone.num_rows == 1
    assert alone.column("p_down")[0].as_py() == pytest.approx(known[first], abs=1e-6)
    shutil.copytree(place / "new", tmp_path / "new")
    (tmp_path / "list.csv").write_text("who,photo\n" + "".join(f"{at},new/{name}\n" for at, name in enumerate(known)))
    listed, notes = answers(tuned, tmp_path / "list.csv", keep=("who",))
    assert listed.column_names == ["who", "prediction", "p_across", "p_down"]
    assert listed.column("p_down").to_pylist() == pytest.approx(list(known.values()), abs=1e-6)
    assert notes == ["column photo names image files: 20 different images"]
    pictures = [(place / "new" / name).read_bytes() for name in known]
    pq.write_table(pa.table({"photo": pa.array(pictures, pa.binary())}), tmp_path / "cells.parquet")
    inside, notes = answers(tuned, tmp_path / "cells.parquet")
    assert inside.column("p_down").to_pylist() == pytest.approx(list(known.values()), abs=1e-6)
    assert any("column photo, the only one" in note for note in notes)


def test_a_broken_picture_has_no_answer_and_the_others_do(tuned, place, tmp_path):
    shutil.copytree(place / "new", tmp_path / "new")
    (tmp_path / "new" / "across" / "5-0000.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    table, notes = answers(tuned, tmp_path / "new")
    without = [row["file"] for row in table.to_pylist() if row["prediction"] is None]
    assert without == ["across/5-0000.png"]
    assert table.column("p_down").null_count == 1
    assert notes[-1] == "1 of 20 rows have no answer: their pictures cannot be read"


def test_a_persons_own_model_is_made_by_the_function_that_the_recipe_names(place, tmp_path):
    run, folder = tuned_on(place, f"{place / 'nets.py'}:other_classes")
    table, _ = answers((run, folder), place / "new")
    assert set(table.column("prediction").to_pylist()) <= {"across", "down"}
    copied = shutil.copytree(folder, tmp_path / "run")
    card = json.loads((copied / "model" / "holdfast.json").read_text())
    (copied / "model" / "holdfast.json").write_text(json.dumps({**card, "factory": "os:abort"}))
    again, _ = answers((run, copied), place / "new")
    assert again.column("p_down").to_pylist() == table.column("p_down").to_pylist()


@pytest.mark.parametrize(("content", "says"), [("a,b\n1,2\n", "no column image"), ("image\nx.png\n", "")])
def test_a_table_without_pictures_is_told(tuned, tmp_path, content, says):
    (tmp_path / "new.csv").write_text(content)
    if says:
        with pytest.raises(BadInput, match=says):
            answers(tuned, tmp_path / "new.csv")
    else:
        table, notes = answers(tuned, tmp_path / "new.csv")
        assert table.column("prediction").to_pylist() == [None]
        assert "cannot be read" in notes[-1]


def test_a_temperature_is_not_for_classes(tuned, place):
    with pytest.raises(BadInput, match=r"classify-image gives classes; --top-p is for models that write text"):
        answers(tuned, place / "new", options={"top_p": 0.5})
