"""Profiles from files: the ways to fail are told apart by what models wrote."""

import numpy as np
import pytest

from holdfast.collapse.profile.domains import NONE, domain_of
from holdfast.collapse.profile.verb import Asked, run_profile
from holdfast.core.errors import BadInput
from holdfast.core.record import Run
from holdfast.core.store import RunStore

TYPES = 600
LAW = np.arange(1, TYPES + 1) ** -1.1
LAW /= LAW.sum()


@pytest.fixture
def write(tmp_path):
    """Return a function that writes documents of words with given shares, and returns the shares it wrote."""
    rng = np.random.default_rng(0)

    def written(name, share, documents=300):
        drawn = rng.choice(TYPES, size=(documents, 20), p=share / share.sum())
        (tmp_path / name).write_text("\n".join(" ".join(f"w{i}" for i in row) for row in drawn))
        return np.bincount(drawn.ravel(), minlength=TYPES) / drawn.size

    return written


def test_a_chain_that_learns_from_itself_collapses(write, tmp_path):
    share = write("train.txt", LAW)
    write("fresh.txt", LAW, 2000)
    for t in range(1, 6):
        share = write(f"gen{t}.txt", share)
    chain = [tmp_path / f"gen{t}.txt" for t in range(1, 6)]
    run, found = run_profile(
        Asked(), tmp_path / "train.txt", chain, tmp_path / "fresh.txt", store=RunStore(tmp_path / "runs")
    )
    assert found[0].found == ()
    assert found[-1].found == ("collapse",)
    assert run.says.startswith("gen5.txt: collapse")
    (finding,) = run.findings
    assert "first seen in generation" in finding.message
    assert "collapse plan" in finding.fix
    assert [section.title for section in run.sections] == ["What it is", "Ratios", "Which step loses the tail"]
    assert Run.model_validate_json(run.model_dump_json()) == run


def test_a_model_that_narrows_is_told_from_one_that_inherits(write, tmp_path):
    write("train.txt", LAW)
    write("fresh.txt", LAW, 2000)
    write("narrow.txt", LAW**1.6)
    _, (one,) = run_profile(Asked(), tmp_path / "train.txt", [tmp_path / "narrow.txt"], tmp_path / "fresh.txt")
    assert one.found == ("mode collapse",)


def test_a_domain_that_is_no_longer_learnt_is_forgotten(write, tmp_path):
    first = np.where(np.arange(TYPES) < TYPES // 2, 1.0, 0.0)
    both = first / first.sum() / 2 + (1 - first) / (1 - first).sum() / 2
    write("fresh.txt", both, 2000)
    write("law.txt", first)
    write("news.txt", 1 - first)
    write("train.txt", first)
    write("gen1.txt", first)
    domains = {"law": tmp_path / "law.txt", "news": tmp_path / "news.txt"}
    run, (one,) = run_profile(
        Asked(), tmp_path / "train.txt", [tmp_path / "gen1.txt"], tmp_path / "fresh.txt", domains=domains
    )
    assert "forgetting" in one.found
    assert "forgetting" in run.says


def test_types_of_several_domains_belong_to_none():
    assert domain_of(np.array([[100, 0], [50, 50], [0, 100], [1, 0]])).tolist() == [0, NONE, 1, NONE]


@pytest.mark.parametrize(
    ("generations", "domains", "said"),
    [((), (), "no generation"), (("gen1.txt",), ("law",), "one domain"), (("nowhere.txt",), (), "nowhere.txt")],
)
def test_a_mistake_is_a_sentence(write, tmp_path, generations, domains, said):
    for name in ("train.txt", "fresh.txt", "gen1.txt"):
        write(name, LAW)
    with pytest.raises(BadInput, match=said):
        run_profile(
            Asked(),
            tmp_path / "train.txt",
            [tmp_path / one for one in generations],
            tmp_path / "fresh.txt",
            domains=dict.fromkeys(domains, tmp_path / "train.txt"),
        )


def test_numbers_are_sent_to_the_watch(tmp_path):
    for name in ("train.npy", "gen1.npy", "fresh.npy"):
        np.save(tmp_path / name, np.random.default_rng(0).normal(size=(100, 2)))
    with pytest.raises(BadInput, match="collapse watch"):
        run_profile(Asked(), tmp_path / "train.npy", [tmp_path / "gen1.npy"], tmp_path / "fresh.npy")
