import threading

import pytest

pytest.importorskip("torch")

import torch

from holdfast.collapse.learners import torch_use
from holdfast.core.errors import MissingExtra


def test_every_thread_sums_on_one_thread_also_where_another_came_first():
    torch.set_num_threads(2)
    inside, done, seen = threading.Event(), threading.Event(), []

    def first():
        with torch_use.reproducible("a test"):
            inside.set()
            done.wait(10)

    def second():
        torch.set_num_threads(2)
        inside.wait(10)
        with torch_use.reproducible("a test"):
            seen.append(torch.get_num_threads())
        done.set()

    threads = [threading.Thread(target=one) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert seen == [1]


def test_what_torch_was_set_to_comes_back():
    torch.set_num_threads(2)
    with torch_use.reproducible("a test"):
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == 1
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == 2


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"the learner vae needs torch.*holdfast\[torch\]"):
        torch_use.torch_for("the learner vae")
