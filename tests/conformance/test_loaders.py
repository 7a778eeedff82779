"""Every loader keeps the contract: what it writes in its docs about `read`, for a file of its format."""

import json

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from holdfast.core.errors import HoldfastError
from holdfast.data.inputs import guarded
from holdfast.data.loaders import UNREADABLE, Loader, loader_for, loaders
from holdfast.data.loading import load
from holdfast.data.workspace import workspace

TABLE = pa.table({"n": [1.5, None, 3.0], "w": [1, 2, 3], "s": ["x", "y", None]})


def write_delimited(path):
    path.write_text("n,w,s\n1.5,1,x\n,2,y\n3.0,3,\n")


def write_json(path):
    path.write_text("".join(json.dumps(record) + "\n" for record in TABLE.to_pylist()))


def write_excel(path):
    from openpyxl import Workbook

    book = Workbook()
    for row in [TABLE.column_names, *(list(record.values()) for record in TABLE.to_pylist())]:
        book.active.append(row)
    book.save(path)


# A loader that is added needs a line here: how a file of its format is made.
WRITERS = {
    "delimited text": (".csv", write_delimited),
    "JSON": (".jsonl", write_json),
    "Parquet": (".parquet", lambda path: pyarrow.parquet.write_table(TABLE, path)),
    "Arrow": (".arrow", lambda path: pyarrow.feather.write_feather(TABLE, path)),
    "Excel": (".xlsx", write_excel),
}
ALL = [pytest.param(loader, id=loader.name) for loader in loaders()]


@pytest.fixture
def sound(tmp_path, loader):
    suffix, write = WRITERS[loader.name]
    path = tmp_path / f"sound{suffix}"
    write(path)
    return path


@pytest.fixture(autouse=True)
def temporary():
    with workspace():
        yield


@pytest.mark.parametrize("loader", ALL)
def test_it_is_described(loader):
    assert isinstance(loader, Loader)
    assert loader.name in WRITERS
    assert loader.suffixes
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in loader.suffixes)
    assert loader.read.__doc__


def test_no_two_loaders_claim_the_same_files():
    suffixes = [suffix for loader in loaders() for suffix in loader.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert len({loader.name for loader in loaders()}) == len(loaders())


@pytest.mark.parametrize("loader", ALL)
def test_it_is_found_by_the_name_and_where_it_can_by_the_content(loader, sound):
    begin = sound.read_bytes()[:4096]
    assert loader_for(sound.name, begin)[0] is loader
    if loader.first_bytes:
        assert loader_for("table.csv", begin)[0] is loader


@pytest.mark.parametrize("loader", ALL)
def test_it_reads_the_table(loader, sound):
    assert load({"all": sound}).table.to_pydict() == TABLE.to_pydict()
    assert load({"all": sound}).digest == load({"all": TABLE}).digest


@pytest.mark.parametrize("loader", ALL)
def test_a_reading_can_be_read_again_and_fits_its_names(loader, sound):
    reading = loader.read(sound, sound.name)
    first, second = (pa.Table.from_batches(reading.blocks()) for _ in range(2))
    assert first.equals(second)
    assert first.num_columns == len(reading.names)
    assert reading.first_row >= 1
    assert reading.found() == ()


@pytest.mark.parametrize("loader", ALL)
def test_the_file_is_not_touched(loader, sound):
    before = sound.read_bytes()
    list(loader.read(sound, sound.name).blocks())
    assert sound.read_bytes() == before


@pytest.mark.parametrize("loader", ALL)
@pytest.mark.parametrize("cut", [0.0, 0.02, 0.5, 0.95])
def test_a_file_that_is_cut_short_is_read_or_refused(loader, sound, cut):
    content = sound.read_bytes()
    sound.write_bytes(content[: int(cut * len(content))] or b"\0\1\2")
    try:
        reading = loader.read(sound, sound.name)
        list(reading.blocks())
    except (HoldfastError, *UNREADABLE):
        with pytest.raises(HoldfastError):
            guarded(sound.name, loader.name, lambda: list(loader.read(sound, sound.name).blocks()))


@pytest.mark.parametrize("loader", ALL)
def test_content_of_another_format_is_refused_or_plain_text(loader, tmp_path):
    path = tmp_path / f"noise{loader.suffixes[0]}"
    path.write_bytes(bytes(range(1, 256)) * 9)
    with pytest.raises((HoldfastError, *UNREADABLE)):
        list(loader.read(path, path.name).blocks())
