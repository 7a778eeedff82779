"""What is exported comes back through our own loaders as the same records, and nothing is ever written over."""

import hashlib
import io
import json
import warnings
from collections import Counter
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.core.dataset import Column, Dataset
from holdfast.core.errors import BadInput
from holdfast.core.media import Media
from holdfast.data import spill
from holdfast.data.exporting import export, subject
from holdfast.data.exporting.form import Options, forms
from holdfast.data.loading import load
from holdfast.data.standing import load_standing, named_records

STRING = pa.large_string()
TABLES = ("parquet", "jsonl", "csv", "huggingface", "croissant")


@pytest.fixture
def table():
    n = 60
    when = [datetime(2024, 1, 1 + i % 28, 12, 30, 0, 0) for i in range(n)]  # noqa: DTZ001 times are without zone
    columns = {
        "text": pa.array([f'long text {i}, "quoted"\nand on a second line of many words' for i in range(n)], STRING),
        "count": pa.array([None if i % 7 == 0 else i * 10**12 for i in range(n)], pa.int64()),
        "size": pa.array([i / 7 for i in range(n)]),
        "when": pa.array(when, pa.timestamp("us")),
        "good": pa.array([bool(i % 2) for i in range(n)]),
        "y": pa.array([("yes", "no", "Größe")[i % 3] for i in range(n)], STRING),
        "_origin": pa.array([("human", "synthetic", "unknown", None)[i % 4] for i in range(n)], STRING),
        "_generator": pa.array(["model-1" if i % 4 == 1 else None for i in range(n)], STRING),
        "_licence": pa.array(["CC-BY-4.0"] * n, STRING),
    }
    kinds = ("text", "number", "number", "time", "category", "category", "category", "category", "category")
    described = tuple(Column(name, kind) for name, kind in zip(columns, kinds, strict=True))
    return Dataset("d", pa.table(columns), described).with_roles({"y": "label", "_origin": "origin"})


@pytest.fixture
def pictures(tmp_path):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            home = tmp_path / "pictures" / split / name
            home.mkdir(parents=True)
            for i in range(3):
                image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)).save(home / f"{name}{i}.png")
    return load_standing([tmp_path / "pictures"])


def ids(dataset):
    return sorted(named_records(dataset).to_pylist())


@pytest.mark.parametrize("form", TABLES)
def test_a_table_comes_back(table, tmp_path, form):
    done = export(table, tmp_path / "out", form)
    back = load_standing([done.place])
    assert ids(back) == ids(table)
    assert Counter(back.values("_origin").to_pylist()) == Counter(table.values("_origin").to_pylist())


@pytest.mark.parametrize("form", [*TABLES, "folders"])
def test_pictures_come_back_byte_for_byte(pictures, tmp_path, form):
    done = export(pictures, tmp_path / "out", form)
    back = load_standing([done.place])
    assert ids(back) == ids(pictures)
    for value in pictures.values("image").to_pylist():
        assert bytes(back.media.read(value)) == bytes(pictures.media.read(value))


def test_parts_have_as_many_rows_as_wanted(table, tmp_path):
    done = export(table, tmp_path / "p", "parquet", options=Options(rows_a_file=25))
    assert [path.name for path in sorted(done.place.iterdir())] == [f"part-0000{i}.parquet" for i in range(3)]
    assert ids(load_standing([done.place])) == ids(table)
    done = export(table, tmp_path / "h", "huggingface", options=Options(rows_a_file=25))
    listed = json.loads((done.place / "state.json").read_text())["_data_files"]
    assert [one["filename"] for one in listed] == [f"data-0000{i}-of-00003.arrow" for i in range(3)]
    assert ids(load_standing([done.place])) == ids(table)


def test_texts_in_folders_come_back(tmp_path):
    texts = [f"a text {i}\r\nof two lines" for i in range(8)]
    columns = {"text": pa.array(texts, STRING), "y": pa.array(["../up", "CON"] * 4, STRING)}
    dataset = Dataset("d", pa.table(columns), (Column("text", "text"), Column("y", "category", "label")))
    done = export(dataset, tmp_path / "out", "folders")
    back = load_standing([done.place])
    assert sorted(back.values("text").to_pylist()) == sorted(texts)
    assert len(set(back.values("label").to_pylist())) == 2
    assert not (tmp_path / "up").exists()
    lines = [json.loads(line) for line in (tmp_path / "out" / "records.jsonl").read_text().splitlines()]
    assert Counter(line["y"] for line in lines) == {"../up": 4, "CON": 4}
    assert all((tmp_path / "out" / line["path"]).is_file() for line in lines)


def test_names_that_meet_get_numbers(tmp_path):
    media = {f"b2:{i}": bytes([i]) for i in range(4)}
    files = ["a/x.png", "A/X.png", "../../x.png", "/etc/x.png"]
    columns = {"image": pa.array(list(media), STRING), "file": pa.array(files, STRING)}
    kinds = (Column("image", "image"), Column("file", "category", "metadata"))
    dataset = Dataset("d", pa.table(columns), kinds, media=Media(media))
    for form in ("jsonl", "folders"):
        done = export(dataset, tmp_path / form, form)
        written = list(done.folder.rglob("*.png"))
        assert sorted(path.read_bytes() for path in written) == [bytes([i]) for i in range(4)]
        assert all(path.resolve().is_relative_to(done.folder.resolve()) for path in written)
        assert len({str(path).casefold() for path in written}) == 4


HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-5",
    "@SUM(A1)",
    "\x1b[2J",
    "\u202etxt",
    "<script>alert(1)</script>",
    "a\x00b",
    "x" * 100_000,
]


@pytest.mark.parametrize("form", sorted(set(forms()) - {"ultralytics"}))
def test_hostile_content_goes_through(tmp_path, form):
    columns = {
        "text": pa.array([f"{one} and some words more" for one in HOSTILE], STRING),
        "../y=": pa.array(HOSTILE, STRING),
    }
    dataset = Dataset("../d\n# head", pa.table(columns), (Column("text", "text"), Column("../y=", "category", "label")))
    done = export(dataset, tmp_path / "out", form)
    told = (done.folder / "PROVENANCE.md").read_text("utf-8")
    assert "\x1b" not in told
    assert "\n# head" not in told
    if form in {"parquet", "jsonl", "huggingface", "croissant"}:
        assert sorted(load_standing([done.place]).values("../y=").to_pylist()) == sorted(HOSTILE)
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_formulas_are_counted_or_guarded(tmp_path):
    cells = ["=1+1", "-5", "-x", "@a", "plain", None, "+49 30"]
    dataset = Dataset("d", pa.table({"a": pa.array(cells, STRING)}), (Column("a", "category"),))
    done = export(dataset, tmp_path / "as", "csv")
    assert any(note.startswith("4 cells begin as formulas") for note in done.notes)
    assert '"=1+1"' in done.place.read_text()
    done = export(dataset, tmp_path / "guarded", "csv", options=Options(guard_formulas=True))
    assert '"\'=1+1"' in done.place.read_text()
    assert '"-5"' in done.place.read_text()


@pytest.mark.parametrize("form", sorted(forms()))
def test_nothing_is_written_over_and_nothing_is_left(table, tmp_path, form):
    there = tmp_path / "there"
    there.mkdir()
    with pytest.raises(BadInput, match="there already"):
        export(table, there, form)
    assert not list(there.iterdir())
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot write"):
        export(table, tmp_path / "file" / "out", form)
    assert {path.name for path in tmp_path.iterdir()} == {"there", "file"}


def test_a_write_that_fails_leaves_nothing(table, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("holdfast.data.exporting.verb.as_markdown", full)
    with pytest.raises(BadInput, match="No space left"):
        export(table, tmp_path / "out", "jsonl")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_a_format_is_said(table, tmp_path):
    with pytest.raises(BadInput, match="no format 'parket'"):
        export(table, tmp_path / "out", "parket")
    with pytest.raises(BadInput, match="no images"):
        export(table, tmp_path / "out", "ultralytics")
    numbers = Dataset("n", pa.table({"a": pa.array([1.0])}), (Column("a", "number"),))
    with pytest.raises(BadInput, match="neither texts nor images"):
        export(numbers, tmp_path / "out", "folders")
    with pytest.raises(BadInput, match="no records"):
        export(
            Dataset("e", pa.table({"a": pa.array([], pa.float64())}), (Column("a", "number"),)), tmp_path / "out", "csv"
        )


def test_boxes_of_a_column_become_label_files(tmp_path):
    image = pytest.importorskip("PIL.Image")
    media, boxes = {}, []
    for i in range(4):
        content = io.BytesIO()
        image.new("RGB", (10, 10), (i * 40, 0, 0)).save(content, "PNG")
        media[f"b2:{i}"] = content.getvalue()
        boxes.append(json.dumps([["dog" if i % 2 else "cat", 0.5, 0.5, 0.25, 0.5]]) if i else None)
    columns = {
        "image": pa.array(list(media), STRING),
        "file": pa.array(["a.png", "a.jpg", "b.png", "a.png"], STRING),
        "boxes": pa.array(boxes, STRING),
        "part": pa.array(["train", "train", "valid", "train"], STRING),
    }
    kinds = (Column("image", "image"), Column("file", "category"), Column("boxes", "category"))
    dataset = Dataset("d", pa.table(columns), (*kinds, Column("part", "category", "split")), media=Media(media))
    done = export(dataset, tmp_path / "out", "ultralytics")
    back = load_standing([done.place])
    assert len(back) == 4
    assert sorted(str(one) for one in back.values("label").to_pylist()) == ["None", "cat", "dog", "dog"]
    assert len(list((tmp_path / "out" / "labels" / "train").iterdir())) == 2
    bad = dataset.table.set_column(2, "boxes", pa.array(['[["x", 2, 0, 0, 0]]'] * 4, STRING))
    with pytest.raises(BadInput, match="between 0 and 1"):
        export(Dataset("d", bad, dataset.columns, media=dataset.media), tmp_path / "bad", "ultralytics")


def test_label_files_beside_images_are_copied_byte_for_byte(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for split in ("train", "val"):
        for part in ("images", "labels"):
            (tmp_path / "y" / part / split).mkdir(parents=True)
        image.new("RGB", (10, 10), "red" if split == "train" else "blue").save(
            tmp_path / "y" / "images" / split / "a.png"
        )
        (tmp_path / "y" / "labels" / split / "a.txt").write_bytes(b"1 0.50  0.5 0.25 0.5\r\n")
    (tmp_path / "y" / "data.yaml").write_text('train: images/train\nval: images/val\nnames: ["cat", "dog: [x]"]\n')
    dataset = load_standing([tmp_path / "y" / "data.yaml"])
    done = export(dataset, tmp_path / "out", "ultralytics")
    assert [one.read_bytes() for one in (tmp_path / "out" / "labels").rglob("*.txt")] == [
        b"1 0.50  0.5 0.25 0.5\r\n"
    ] * 2
    back = load_standing([done.place])
    assert set(back.values("label").to_pylist()) == {"dog: [x]"}
    plain = export(dataset, tmp_path / "again", "jsonl")
    with pytest.raises(BadInput, match="no boxes"):
        export(load_standing([plain.place]), tmp_path / "none", "ultralytics")


def test_croissant_says_what_the_specification_wants(table, tmp_path):
    done = export(table, tmp_path / "out", "croissant")
    said = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert said["@type"] == "sc:Dataset"
    assert "http://mlcommons.org/croissant/1.1" in said["conformsTo"]
    assert {"name", "description", "datePublished", "version", "license", "distribution", "recordSet"} <= set(said)
    (file,) = said["distribution"]
    content = (tmp_path / "out" / file["contentUrl"]).read_bytes()
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file["contentSize"] == f"{len(content)} B"
    (records,) = said["recordSet"]
    fields = {one["source"]["extract"]["column"]: one for one in records["field"]}
    assert set(fields) == set(table.table.column_names)
    assert fields["count"]["dataType"] == "sc:Integer"
    assert len({one["@id"] for one in records["field"]}) == len(fields)
    assert all(one["source"]["fileObject"]["@id"] == file["@id"] for one in fields.values())
    assert "synthetic: 15" in said["rai:dataCollection"]
    assert said["rai:machineAnnotationTools"] == ["model-1"]
    assert "50.0% of the records is unknown" in said["rai:dataLimitations"]
    assert said["license"] == ["CC-BY-4.0"]
    assert done.place.suffix == ".parquet"


def test_hugging_face_is_told_the_features(pictures, tmp_path):
    done = export(pictures, tmp_path / "out", "huggingface")
    assert json.loads((done.place / "dataset_dict.json").read_text()) == {"splits": ["test", "train"]}
    info = json.loads((done.place / "train" / "dataset_info.json").read_text())
    assert info["features"]["image"] == {"_type": "Image"}
    assert info["features"]["label"] == {"dtype": "large_string", "_type": "Value"}
    with pa.memory_map(str(done.place / "train" / "data-00000-of-00001.arrow")) as file:
        schema = pa.ipc.open_stream(file).schema
    assert json.loads(schema.metadata[b"huggingface"])["info"]["features"] == info["features"]
    assert schema.names == list(info["features"])


def derived():
    """Three records: a person's, a model's that was made from it, and one of which nothing is known."""
    made = [datetime(2024, 1, 1), datetime(2024, 5, 1, 12), None]  # noqa: DTZ001 times are without zone
    return pa.table(
        {
            "text": ["one of people", "one of a model", "one of nobody"],
            "_record": [f"{i:032x}" for i in range(3)],
            "_generator": [None, "model-7b", None],
            "_parents": [None, f"{0:032x}", None],
            "_source": ["https://example.org/a", "an archive", None],
            "_made": pa.array(made, pa.timestamp("us")),
        }
    )


def test_croissant_says_in_words_of_prov_where_data_come_from(tmp_path):
    export(load(derived(), undivided=True), tmp_path / "out", "croissant")
    said = json.loads((tmp_path / "out" / "croissant.json").read_text())
    model = {"@type": "prov:SoftwareAgent", "name": "model-7b"}
    assert said["prov:wasDerivedFrom"] == ["an archive", "https://example.org/a"]
    assert said["prov:wasAttributedTo"] == [model]
    assert said["prov:wasGeneratedBy"] == {
        "@type": "prov:Activity",
        "prov:startedAtTime": "2024-01-01T00:00:00Z",
        "prov:endedAtTime": "2024-05-01T12:00:00Z",
        "prov:wasAssociatedWith": [model],
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        croissant = pytest.importorskip("mlcroissant")
        metadata = croissant.Dataset(jsonld=str(tmp_path / "out" / "croissant.json")).metadata
    assert not metadata.ctx.issues.errors
    assert metadata.ctx.is_v1_1()
    (records,) = metadata.record_sets
    assert [str(one) for one in records.data_types] == ["http://www.w3.org/ns/prov#Entity"]
    assert {field.name: field.equivalentProperty for field in records.fields} == {
        "text": None,
        "_record": ["sc:identifier"],
        "_generator": ["prov:wasAttributedTo"],
        "_parents": ["prov:wasDerivedFrom"],
        "_source": ["prov:hadPrimarySource"],
        "_made": ["prov:generatedAtTime"],
    }


def test_croissant_makes_up_no_provenance(tmp_path):
    export(load(derived().select(["text"]), undivided=True), tmp_path / "out", "croissant")
    said = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert not [name for name in said if name.startswith("prov:")]
    assert "dataType" not in said["recordSet"][0]


def test_records_that_pass_block_by_block_are_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(subject, "_BLOCK", 7)
    monkeypatch.setattr(spill, "_WRITTEN_BYTES", 100)
    rows = pa.table({"split": ["train", "test", "train", None] * 10, "text": [f"record {i}" for i in range(40)]})
    pq.write_table(rows, tmp_path / "rows.parquet")
    dataset = load_standing([tmp_path / "rows.parquet"], in_memory=10).with_roles({"split": "split"})
    done = export(dataset, tmp_path / "out", "huggingface", options=Options(rows_a_file=3))
    for split in ("train", "test", "rest"):
        files = sorted((done.place / split).glob("*.arrow"))
        found = [pa.ipc.open_stream(file.read_bytes()).read_all()["text"].to_pylist() for file in files]
        expected = [text for name, text in zip(*rows.to_pydict().values(), strict=True) if (name or "rest") == split]
        assert [text for one in found for text in one] == expected
        assert {len(one) for one in found[:-1]} == {3}


def test_the_reference_library_finds_croissant_valid(table, pictures, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        croissant = pytest.importorskip("mlcroissant")
        for name, dataset in (("table", table), ("pictures", pictures)):
            export(dataset, tmp_path / f"{name} out", "croissant")
            described = croissant.Dataset(jsonld=str(tmp_path / f"{name} out" / "croissant.json"))
            assert not described.metadata.ctx.issues.errors


def test_the_datasets_library_opens_what_looks_like_its_own(table, pictures, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets = pytest.importorskip("datasets")
        opened = datasets.load_from_disk(str(export(table, tmp_path / "one", "huggingface").place))
        assert opened["text"][:3] == table.values("text").to_pylist()[:3]
        opened = datasets.load_from_disk(str(export(pictures, tmp_path / "two", "huggingface").place))
        assert opened["train"][0]["image"].size == (6, 6)
