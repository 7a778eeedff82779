"""Checkpoints: the newest that is as it was written."""

import pytest

torch = pytest.importorskip("torch")

from holdfast.finetune import checkpoint  # noqa: E402
from holdfast.finetune.checkpoint import Checkpoint  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    for step in (10, 20, 30):
        tensors = {"model": {"weight": torch.full((3,), float(step))}}
        checkpoint.save(tmp_path, Checkpoint(step, tensors, {"why": "the validation loss has not fallen", "at": step}))
    return tmp_path


def test_two_are_kept_and_the_newest_is_taken(folder):
    assert sorted(one.name for one in folder.iterdir()) == ["ckpt-00000020", "ckpt-00000030"]
    found = checkpoint.latest(folder)
    assert (found.step, found.state["at"], found.tensors["model"]["weight"].tolist()) == (30, 30, [30.0] * 3)


@pytest.mark.parametrize("name", ["state.json", "model.safetensors"])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.95])
def test_a_flipped_bit_is_noticed_wherever_it_is(folder, name, share):
    path = folder / "ckpt-00000030" / name
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 0x20  # of a letter: upper case and lower case, and JSON as before
    path.write_bytes(content)
    assert checkpoint.latest(folder).step == 20


def test_what_was_stepped_over_is_remembered(folder):
    said = []
    checkpoint.stepped_over(folder, 20, said.append)
    (note,) = checkpoint.stepped(folder)
    assert "step 30 could not be used as written; the run went on from step 20" in note
    checkpoint.stepped_over(folder, 30, said.append)
    assert checkpoint.stepped(folder) == (note,)
