import time

import numpy as np
import pyarrow as pa
import pytest

from holdfast.audit import catalogue
from holdfast.audit.cases import subject
from holdfast.audit.cases.images import picture_set
from holdfast.audit.facts.columns.acquisition import names_making, names_subject
from holdfast.audit.facts.columns.file_parts import are_files, file_parts
from holdfast.audit.facts.labels.traits import of_numbers, of_texts, stands_for
from holdfast.audit.runner import Facts, run_check
from holdfast.core.errors import NotApplicable


@pytest.mark.parametrize(
    "name",
    ["View Position", "hospital", "hospital_id", "site", "Scanner Model", "OriginalImageWidth", "image_height",
     "source", "data source", "file_name", "OriginalImagePixelSpacing_x", "acquisition site"],
)  # fmt: skip
def test_names_about_the_making_of_a_record(name):
    assert names_making(name)


@pytest.mark.parametrize(
    "name",
    ["petal width (cm)", "tumor site", "income source", "hospital_expire_flag", "age", "height", "time", "size", "x",
     "", "number of websites visited", "body_height", "mode", "date"],
)  # fmt: skip
def test_names_about_something_else(name):
    assert not names_making(name)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_names_about_the_subject():
    assert names_subject("Patient Age")
    assert names_subject("Finding Labels")
    assert not names_subject("page")


def test_parts_of_file_names():
    parts = file_parts(pa.chunked_array([pa.array(["a/b/IMG_0012x.jpg", "c\\n7.PNG", None], pa.large_string())]))
    assert parts["folder 1"].tolist() == ["b", "c", None]
    assert parts["folder 2"].tolist() == ["a", None, None]
    assert parts["ending"].tolist() == ["jpg", "PNG", None]
    assert parts["beginning"].tolist() == ["IMG_", "n", None]
    assert parts["last letters"].tolist() == ["x", "", None]
    assert parts["digits"][:2].tolist() == [4, 1]
    assert np.isnan(parts["length"][2])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a.jpg", "b.png"], True),
        (["1.5", "2.25"], False),
        (["Mr. Smith", "Dr. Who"], False),
        (["a", "b"], False),
        ([None, None], False),
        ([], False),
    ],
)
def test_what_looks_like_a_file(values, expected):
    assert are_files(pa.chunked_array([pa.array(values, pa.large_string())])) is expected


def test_a_folder_for_each_class_stands_for_it():
    codes = np.array([0, 0, 1, 1])
    inside = np.ones(4, dtype=bool)
    texts = [
        of_texts("folder 1 of 'file'", "file", "file", np.array(one, dtype=object))
        for one in (["cat", "cat", "dog", "dog"], ["n01", "n01", "n02", "n02"], ["a", "b", "a", "b"])
    ]
    assert [stands_for(one, inside, codes, ("cat", "dog")) for one in texts] == [True, True, False]
    site = of_texts("'site'", "site", "making", np.array(["x", "x", "z", "z"], dtype=object))
    assert not stands_for(site, inside, codes, ("cat", "dog"))
    assert not stands_for(of_numbers("'w'", "w", "making", np.arange(4.0)), inside, codes, ("cat", "dog"))


def test_metadata_are_told_by_role_name_and_file(rng):
    dataset = subject(
        {
            "site": rng.choice(["a", "b"], 50),
            "age": rng.integers(0, 90, 50),
            "width": rng.integers(0, 9, 50),
            "path": [f"{'xy'[i % 2]}/{i:03d}.png" for i in range(50)],
            "x": rng.normal(size=50),
        },
        age="metadata",
        width="metadata",
        path="metadata",
    )
    found = Facts({"dataset": dataset})["metadata"]
    assert {trait.title for trait in found.traits} == {"'site'", "'width'", "folder 1 of 'path'"}


def test_a_table_without_metadata_says_so(rng):
    with pytest.raises(NotApplicable, match="no metadata"):
        Facts({"dataset": subject({"x": rng.normal(size=20)})})["metadata"]


def test_files_of_images_are_metadata(rng):
    found = Facts({"dataset": picture_set(rng, 30)})["metadata"]
    assert not [trait for trait in found.traits if trait.kind == "image"]  # all alike, so none varies
    mixed = picture_set(rng, 30, changes={0: rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)})
    assert {t.title for t in Facts({"dataset": mixed})["metadata"].traits if t.kind == "image"} >= {
        "width of the files",
        "height of the files",
    }


def test_many_columns_are_cheap_to_look_through(rng):
    names = {f"hospital {i}": rng.integers(0, 4, 100) for i in range(5_000)}
    facts = Facts({"dataset": subject({**names, "y": rng.choice(["a", "b"], 100)}), "groups": None})
    started = time.process_time()
    assert len(facts["metadata"].traits) == 100
    assert time.process_time() - started < 2.0


def test_hostile_names_and_values_pass(rng):
    values = ["\x00\x1b[31m<script>\u202e" + "a" * 5_000 + f"{i}.png" for i in range(120)]
    dataset = subject(
        {"file": values, "site": ["\x00"] * 60 + ["\u202e" * 3_000] * 60, "y": rng.choice(["<b>", "\x1b"], 120)},
        split=rng.choice(["train", "test"], 120),
        file="metadata",
    )
    for name in ("metadata-predicts-label", "split-predictable", "worst-group-gap"):
        assert run_check(catalogue.checks()[name], Facts({"dataset": dataset})).status != "crashed"
