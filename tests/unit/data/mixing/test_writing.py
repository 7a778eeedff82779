import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from holdfast.core.errors import BadInput
from holdfast.data.loading import load
from holdfast.data.mixing import mix, read_mix, refusal, write_mix, writing
from mixtures import corpus, dataset, policy


def test_a_folder_of_parts_loads_as_it_was_and_keeps_its_policy(tmp_path):
    said = policy(records=200, shares={"synthetic": {"at_most": 0.3}}, caps={"generator": 0.1}, weights="golden")
    record = write_mix(mix(said, dataset=corpus(500)), tmp_path / "out")
    data = load({"all": tmp_path / "out"})
    assert len(data) == 200 == record.records
    assert {column.name: column.role for column in data.columns} | {"_weight": "weight", "_origin": "origin"} == {
        column.name: column.role for column in data.columns
    }
    read = read_mix(tmp_path / "out")
    assert read == record
    assert read.policy == said
    assert refusal(data, read.policy) is None
    assert sum(read.counts["origin"].values()) == 200
    assert sum(read.counts["counted as"].values()) == 200


def test_the_same_folder_byte_for_byte_whatever_the_order_of_the_source(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "PART_ROWS", 64)
    data, order = corpus(500), np.random.default_rng(2).permutation(500)
    one = write_mix(mix(policy(records=300), dataset=data), tmp_path / "one")
    other = write_mix(mix(policy(records=300), dataset=data.take(order)), tmp_path / "other")
    assert len(one.parts) == 5
    assert [part.digest for part in one.parts] == [part.digest for part in other.parts]


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(BadInput, match="nothing is overwritten"):
        write_mix(mix(policy(records=10), dataset=corpus(50)), tmp_path / "out")


def test_pictures_come_with_their_bytes(tmp_path):
    from PIL import Image

    for kind in ("cat", "dog"):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        for i in range(4):
            Image.new("RGB", (8, 8), (i * 20, 40, 90 if kind == "cat" else 10)).save(
                tmp_path / "pictures" / kind / f"{i}.png"
            )
    data = load({"all": tmp_path / "pictures"}, undivided=True)
    write_mix(mix(policy(records=5), dataset=data), tmp_path / "out")
    back = load({"all": tmp_path / "out"}, undivided=True)
    (image,) = back.of(kind="image")
    values = back.values(image.name).to_pylist()
    assert set(values) <= set(data.values("image").to_pylist())
    assert all(bytes(back.media.read(value))[:4] == b"\x89PNG" for value in values)


def test_a_version_of_a_store_is_read_in_blocks(tmp_path, monkeypatch):
    from holdfast.data.mixing import source
    from holdfast.data.store import Store

    monkeypatch.setattr(source, "BLOCK_ROWS", 100)
    store = Store.create(tmp_path / "corpus")
    data = corpus(400)
    store.add(data.take(np.arange(200, 400)))
    version = store.add(data.take(np.arange(200)))
    said = policy(source=str(tmp_path / "corpus"), records=150)
    made = mix(said)
    assert made.source.version == version.id
    assert (
        writing.taken(made).table.column("text").to_pylist()
        == writing.taken(mix(said, dataset=data)).table.column("text").to_pylist()
    )


def test_several_files_stand_below_each_other(tmp_path):
    whole = corpus(300).table
    pq.write_table(whole.slice(0, 100), tmp_path / "one.parquet")
    pq.write_table(whole.slice(100).drop_columns(["_generator"]), tmp_path / "two.parquet")
    made = mix(policy(source=[str(tmp_path / "one.parquet"), str(tmp_path / "two.parquet")], records=200))
    assert made.source.rows == 300
    assert len(writing.taken(made)) == 200


def test_files_that_do_not_fit_together_are_refused(tmp_path):
    (tmp_path / "one.csv").write_text("a,_origin\n1,human\n")
    (tmp_path / "two.csv").write_text("a,_origin\nx,human\n")
    with pytest.raises(BadInput, match="do not fit below each other"):
        mix(policy(source=[str(tmp_path / "one.csv"), str(tmp_path / "two.csv")]))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not valid JSON"),
        ("[]", "no record of a mix"),
        ('{"schema": 99}', "newer Holdfast"),
        ('{"a": 1}', "policy"),
    ],
)
def test_a_damaged_record_is_told(tmp_path, content, why):
    (tmp_path / "_mix.json").write_text(content)
    with pytest.raises(BadInput, match=why):
        read_mix(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot write the mix"):
        write_mix(mix(policy(records=10), dataset=corpus(50)), tmp_path / "file" / "out")


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.pq, "write_table", full)
    with pytest.raises(BadInput, match="No space left on device"):
        write_mix(mix(policy(records=10), dataset=corpus(50)), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from mixtures import corpus, dataset, policy
from holdfast.data.mixing import mix, write_mix
made = mix(policy(records=20_000), dataset=corpus(40_000))
print("ready", flush=True)
write_mix(made, Path(sys.argv[2]))
"""


def test_a_kill_leaves_the_whole_folder_or_none(tmp_path):
    target = tmp_path / "out"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(Path(__file__).parents[3]), target], stdout=subprocess.PIPE, text=True
    )
    with child.stdout as said:
        assert said.readline() == "ready\n"
        time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
        child.wait()
    if target.exists():
        record = read_mix(target)
        assert record.records == len(load({"all": target}))
    else:
        write_mix(mix(policy(records=10), dataset=corpus(50)), target)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["out"]
    assert json.loads((target / "_mix.json").read_text())["schema"] == 1


def test_a_mix_is_kept_in_its_store_under_a_tag(tmp_path):
    from holdfast.data.mixing.tagging import tag_mix
    from holdfast.data.store import Store

    store = Store.create(tmp_path / "corpus")
    store.add(corpus(100))
    made = mix(policy(source=str(tmp_path / "corpus"), records=40, shares={"human": 0.5}, weights=0.8))
    version = tag_mix(made, "may")
    assert version.tags == ("may",)
    table = store.read("may").table
    weights = np.array(table.column("mix_may").to_pylist(), dtype=float)
    assert np.isfinite(weights).sum() == 40
    assert np.nanmean(weights) == pytest.approx(1)
    kept = {text for text, weight in zip(table.column("text").to_pylist(), weights, strict=True) if np.isfinite(weight)}
    assert kept == set(writing.taken(made).table.column("text").to_pylist())
    with pytest.raises(BadInput, match="the tag may is taken"):
        tag_mix(made, "may")


def test_a_tag_needs_a_store():
    from holdfast.data.mixing.tagging import store_of

    with pytest.raises(BadInput, match="give one store as source"):
        store_of(("a.csv",), "may")


def test_hostile_content_is_copied_and_shown_harmlessly(tmp_path):
    from holdfast.data.mixing import telling

    n = 40
    data = dataset(
        {
            "text\x00\u202e": ["x" * 1_000_000, *[f"<script>{i}\x1b[31m\0" for i in range(1, n)]],
            "place": range(n),
            "_weight": ["odd"] * n,
            "_origin": ["human", "synthetic", "<b>", "human\0"] * (n // 4),
            "_evidence": ["declared"] * n,
            "_generator": [None, "m\x1b[2J\u202e", "../../etc", "\0"] * (n // 4),
            "_generation": [0, 2**62, -5, 3] * (n // 4),
            "_parents": ["x " * 5] * n,
        }
    )
    made = mix(policy(weights=0.5, without={"generators": ["\0"]}), dataset=data)
    shown = telling.table(made)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    write_mix(made, tmp_path / "out")
    back = load({"all": tmp_path / "out"}, undivided=True)
    assert len(back) == 30
    assert back["_weight"].role == "weight"
    assert max(len(value) for value in back.values("text\x00\u202e").to_pylist()) == 1_000_000
