"""Front matter and columns of generators are read; a car may have a model."""

import pyarrow as pa
import pytest

from holdfast.core.dataset import Column, Dataset
from holdfast.data.screening.tags.provenance import provenance, tag_claims
from holdfast.data.screening.tags.texts import front_matter, of_table


def dataset(**columns):
    table = pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})
    kinds = tuple(Column(name, "text" if name == "text" else "category") for name in columns)
    return Dataset("made", table, kinds)


@pytest.mark.parametrize(
    ("text", "origin", "generator"),
    [
        ("---\ngenerated_by: some-model 3\n---\nHello", "synthetic", "some-model 3"),
        ('---\ntitle: x\nmodel: "gpt-4o"\n---\n', "synthetic", "gpt-4o"),
        ("---\nai_generated: true\n---\n", "synthetic", ""),
        ("---\ndigital_source_type: http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture\n---\n", "human", ""),
        ("---\nmodel: Toyota Corolla\n---\n", None, None),
        ("---\nai_generated: false\n---\n", None, None),
        ("generated_by: gpt-4", None, None),
        ("---\ngenerated_by: gpt-4\nno end", None, None),
        ("", None, None),
        ("---", None, None),
        ("---\n" + "a:" * 100_000, None, None),
    ],
)
def test_front_matter(text, origin, generator):
    claim = front_matter(text)
    assert (claim and claim.origin) == origin
    assert claim is None or claim.generator == generator


def test_columns_of_generators():
    data = dataset(
        text=["a", "b", "c", "d"],
        model=["gpt-4-turbo", "Corolla", None, "meta-llama/Llama-3-8B"],
        generated_by=[None, "human", "my own net", "N/A"],
        is_synthetic=["no", "0", "", "True"],
    )
    claims = of_table(data, "text")
    assert [claim and claim.generator for claim in claims] == [
        "gpt-4-turbo",
        None,
        "my own net",
        "meta-llama/Llama-3-8B",
    ]


def test_provenance_names_rows_or_records():
    data = dataset(text=["a", "---\ngenerator: m\n---\nb"], _record=["0" * 32, "1" * 32])
    table = provenance(data, tag_claims(data))
    assert table.to_pylist() == [
        {"_record": "1" * 32, "_origin": "synthetic", "_evidence": "declared", "_generator": "m"}
    ]
    assert provenance(dataset(text=["a"]), tag_claims(dataset(text=["a"]))).num_rows == 0


def test_numbers_and_truth_values_are_flags():
    table = pa.table({"text": pa.array(["a", "b"], pa.large_string()), "synthetic": [True, False]})
    data = Dataset("made", table, (Column("text", "text"), Column("synthetic", "category")))
    assert [claim and claim.origin for claim in of_table(data)] == ["synthetic", None]
