"""Stages are done once, and again where what was kept is not what was written."""

from pydantic import BaseModel

from holdfast.core.sealed import write_sealed
from holdfast.finetune.stages import Stages


class Came(BaseModel):
    value: int
    more: tuple[float, ...] = ()


class Work:
    def __init__(self):
        self.done = 0

    def __call__(self):
        self.done += 1
        return Came(value=self.done, more=(0.1, 1e-300))


def test_what_was_done_is_read_back(tmp_path):
    work = Work()
    first = Stages(tmp_path)("one", Came, work)
    again = Stages(tmp_path)
    assert again("one", Came, work) == first
    assert work.done == 1
    assert set(again.seconds) == {"one"}


def test_a_flipped_bit_a_cut_and_another_kind_are_done_again(tmp_path):
    work, path = Work(), tmp_path / "one.json"
    Stages(tmp_path)("one", Came, work)
    content = path.read_bytes()
    for spoilt in (content.replace(b'"value": 1', b'"value": 3'), content[:-5], b""):
        assert spoilt != content
        path.write_bytes(spoilt)
        Stages(tmp_path)("one", Came, work)
    assert work.done == 4
    write_sealed(path, {"other": "fields"})
    assert Stages(tmp_path)("one", Came, work).value == 5
