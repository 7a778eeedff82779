"""What works against forgetting does what it says: it is never silently nothing, and follows from the step alone."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

import forgetful as keeping
import small_models
from holdfast.core.errors import BadInput
from holdfast.core.random import Streams
from holdfast.finetune import catalogue
from holdfast.finetune.evaluation import judged
from holdfast.finetune.loop import train
from holdfast.finetune.methods import ewc, fgm, kl, l2sp, oversample, pgd, pseudo_labels, replay, self_replay
from holdfast.finetune.methods.at_base import at_base, print_of
from holdfast.finetune.tasks.definitions import Prepared
from holdfast.finetune.weights import copied, put, weights

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("methods")
    keeping.pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def said(place):
    return keeping.recipe(place)


@pytest.fixture(scope="module")
def original(place):
    return keeping.files(place, "a", 20, ("warm", "cold"), n=192)


@pytest.fixture(scope="module")
def made(said, original):
    return keeping.prepared(said, original)


@pytest.fixture
def ready(made):
    return replace(made, module=deepcopy(made.module))


def batch(ready, n=8):
    return ready.task.batch("train", np.arange(n))


def moved(module, by=0.05):
    """Shift every weight by chance, as training would."""
    torch.manual_seed(1)
    with torch.no_grad():
        for one in module.parameters():
            one.add_(by * torch.randn_like(one))


def test_the_model_that_learnt_the_original_task_knows_it(made):
    assert judged(made.original, made.module, "test").mean > 0.9


@pytest.mark.parametrize("name", ["l2sp", "ewc", "kl"])
def test_a_penalty_is_nothing_at_the_base_and_something_away_from_it(said, ready, name):
    method = catalogue.methods()[name].make(keeping.setting(said, replace(ready, original=None)))
    ready.module.eval()
    first = method.penalty(ready.module, batch(ready), RNG)
    assert float(first.detach()) == pytest.approx(0.0, abs=1e-6)
    moved(ready.module)
    later = method.penalty(ready.module, batch(ready), RNG)
    assert float(later.detach()) > 1e-3
    later.backward()
    assert any(one.grad is not None and float(one.grad.abs().max()) > 0 for one in ready.module.parameters())


@pytest.mark.parametrize(("name", "strength"), [("l2sp", 30.0), ("ewc", 100.0)])
def test_a_pull_keeps_near_what_it_pulls_at(said, ready, tmp_path, name, strength):
    far = {}
    for keep, more in (((), {}), ((name,), {"options": {name: {"strength": strength}}})):
        one = replace(ready, module=deepcopy(ready.module), original=None)
        distance = catalogue.methods()[name].make(keeping.setting(said, one))
        told = said.model_copy(update={"keep": keep, "rate": 0.002, "epochs": 4, **more})
        train(keeping.job(told, one, tmp_path / f"{len(keep)}"))
        far[keep] = float(distance.penalty(one.module, batch(one), RNG).detach())
    assert 0 < far[(name,)] < 0.5 * far[()]


def test_the_fisher_information_of_a_linear_layer_is_that_of_the_formula():
    """Softmax of z = W x: the information of W is E[(p − onehot(y))² x²], y drawn from p."""
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(3, 2, bias=False), torch.randn(400, 3)

    class Rows:
        def count(self, split):
            return len(x)

        def batch(self, split, rows):
            return {"x": x[rows]}

        def log_probabilities(self, module, one):
            return module(one["x"]).log_softmax(-1)

    found = ewc.fisher(Rows(), layer, frozenset({"weight"}), 400, Streams(0))["weight"]
    p = layer(x).softmax(-1).detach()
    wanted = (p[:, 0] * p[:, 1])[:, None] * x.square()  # E over y of (p − onehot)², the same for both rows
    assert found.numpy() == pytest.approx(wanted.mean(0).expand(2, 3).numpy(), rel=0.35)
    assert found.numpy()[0] == pytest.approx(found.numpy()[1], rel=1e-4)


def test_the_fisher_information_is_measured_once_and_read_back(said, ready, tmp_path, monkeypatch):
    first = ewc.make(keeping.setting(said, ready, tmp_path))
    monkeypatch.setattr(ewc, "fisher", lambda *_: pytest.fail("it was measured again"))
    again = ewc.make(keeping.setting(said, ready, tmp_path))
    moved(ready.module)
    values = [float(one.penalty(ready.module, batch(ready), RNG).detach()) for one in (first, again)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)  # sums over tensors that lie elsewhere in memory
    assert values[0] > 0


def test_what_was_measured_of_another_base_is_not_taken(said, ready, tmp_path, monkeypatch):
    ewc.make(keeping.setting(said, ready, tmp_path))
    moved(ready.module)
    seen = []
    real = ewc.fisher
    monkeypatch.setattr(ewc, "fisher", lambda *given: seen.append(1) or real(*given))
    ewc.make(keeping.setting(said, ready, tmp_path))
    assert seen


def test_ewc_of_a_model_whose_answers_hang_on_nothing_is_refused(said, ready):
    with torch.no_grad():
        for one in ready.module.parameters():
            one.zero_()
    with pytest.raises(BadInput, match="0 for every weight"):
        ewc.make(keeping.setting(said, replace(ready, original=None)))


def test_the_base_is_there_for_a_moment_and_gradients_are_those_of_the_present_weights(ready):
    base, one = copied(ready.module), batch(ready)
    first = judged(ready.task, ready.module, "test").loss
    moved(ready.module)
    now, mark = copied(ready.module), print_of(base)
    ready.module.eval()
    loss = ready.task.loss(ready.module, one)
    with at_base(ready.module, base):
        within = judged(ready.task, ready.module, "test").loss
    loss.backward()
    wanted = {key: value.grad.clone() for key, value in ready.module.named_parameters() if value.grad is not None}
    ready.module.zero_grad()
    ready.task.loss(ready.module, one).backward()
    assert within == pytest.approx(first)
    assert all(torch.equal(now[key], value) for key, value in weights(ready.module).items())
    for key, value in ready.module.named_parameters():
        if value.grad is not None:
            assert torch.allclose(value.grad, wanted[key], atol=1e-6)
    assert print_of(base) == mark != print_of(now)


def test_kl_wants_a_head_that_is_fitted(said, ready):
    with pytest.raises(BadInput, match="random weights"):
        kl.make(keeping.setting(said.model_copy(update={"adapt": "all"}), ready))


def test_replay_is_the_share_of_examples_and_of_the_loss_that_it_says(said, ready):
    method = replay.make(keeping.setting(said, ready, share=0.25))
    more = method.replayed(3, 0)
    assert len(more.rows) == 5
    assert more.strength == pytest.approx(1 / 3)
    assert more.task is ready.original
    assert (more.rows == method.replayed(3, 0).rows).all()
    assert not np.array_equal(more.rows, method.replayed(4, 0).rows)


def test_replay_keeps_more_of_the_original_task_than_plain_tuning(said, ready, tmp_path):
    kept = {}
    for keep in ((), ("replay",)):
        one = replace(ready, module=deepcopy(ready.module))
        told = said.model_copy(update={"keep": keep, "rate": 0.01, "epochs": 4, "adapt": "all"})
        train(keeping.job(told, one, tmp_path / f"{len(keep)}"))
        kept[keep] = judged(one.original, one.module, "test").mean_loss
    assert kept[("replay",)] < 0.7 * kept[()]


def test_a_run_with_every_method_of_text_goes_on_to_the_same_bits(said, made, tmp_path):
    told = said.model_copy(update={"keep": ("l2sp", "ewc", "kl", "replay", "fgm", "oversample")})
    ends = []
    for name, breaks in (("whole", None), ("cut", 3)):
        one = replace(made, module=deepcopy(made.module))
        job = keeping.job(told, one, tmp_path / name)
        if breaks:

            class Stops:
                name, notes = "stops", ()
                penalty = replayed = varied = staticmethod(lambda *_: None)

                def learning(self, module, share):
                    if share * job.steps >= breaks:  # noqa: B023 one job a turn
                        raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                train(replace(job, methods=(*job.methods, Stops())))
            one = replace(made, module=deepcopy(made.module))
            job = keeping.job(told, one, tmp_path / name)
        assert train(job).step == job.steps
        ends.append(print_of(copied(one.module)))
    assert ends[0] == ends[1]


def test_fgm_makes_the_loss_greater_than_chance_does(said, ready):
    method, one = fgm.make(keeping.setting(said, ready, radius=0.3)), batch(ready, 32)
    ready.module.eval()

    def loss(given):
        return ready.task.loss(ready.module, given)

    plain = float(loss(one).detach())
    harder = method.varied(ready.module, one, loss)
    assert float(harder.detach()) > plain + 1e-3
    assert not ready.module.get_input_embeddings()._forward_hooks
    harder.backward()


def test_fgm_and_pgd_refuse_what_they_cannot_move(said, ready):
    with pytest.raises(BadInput, match="for texts there is fgm"):
        pgd.make(keeping.setting(said, ready))
    image = replace(ready, task=keeping.Images())
    with pytest.raises(BadInput, match="for images there is pgd"):
        fgm.make(keeping.setting(said, image))


def test_pgd_stays_within_its_radius_and_makes_the_loss_greater(said):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(64), torch.nn.Linear(64, 2)).train()
    task = keeping.Images()
    one = task.batch("train", np.arange(16))
    running = module[1].running_mean.clone()
    found = pgd.moved(module, one, lambda given: task.loss(module, given), 0.1, 4)
    assert float((found - one["pixel_values"]).abs().max()) <= 0.1 + 1e-6
    assert float(found.min()) >= 0.0
    assert float(found.max()) <= 1.0
    assert module.training
    assert torch.equal(module[1].running_mean, running)
    module.eval()
    before, after = (
        float(task.loss(module, {**one, "pixel_values": x}).detach()) for x in (one["pixel_values"], found)
    )
    assert after > before + 1e-3
    ready = Prepared(task=task, module=module, save=lambda *_: None)
    method = pgd.make(keeping.setting(said, ready))
    assert float(method.varied(module, one, lambda given: task.loss(module, given)).detach()) > before


def test_rare_classes_are_repeated_until_all_weigh_the_same(said, ready):
    n = ready.task.count("train")
    rare = np.flatnonzero(ready.task.classes["train"] == 0)
    kept = np.setdiff1d(np.arange(n), rare[: len(rare) - 8])
    ids, classes = dict(ready.task.shown.ids), dict(ready.task.classes)
    ids["train"], classes["train"] = [ids["train"][at] for at in kept], classes["train"][kept]
    one = replace(ready, task=replace(ready.task, shown=replace(ready.task.shown, ids=ids), classes=classes))
    method = oversample.make(keeping.setting(said, one))
    counts = np.bincount(classes["train"])
    more = [method.replayed(step, 0) for step in range(20)]
    assert all((classes["train"][each.rows] == 0).all() for each in more)
    assert more[0].strength == pytest.approx((counts.max() - counts.min()) / counts.sum())
    assert "repeats of real examples" in method.notes[0]
    even = oversample.make(keeping.setting(said, replace(ready, task=keeping.Images())))
    assert even.replayed(0, 0) is None


def test_a_language_model_replays_what_it_wrote_itself(said, tmp_path):
    from transformers import AutoModelForCausalLM

    module = AutoModelForCausalLM.from_pretrained(small_models.decoder(tmp_path / "decoder")).eval()
    ready = Prepared(task=keeping.Images(), module=module, save=lambda *_: None)
    setting = keeping.setting(said, ready, tmp_path / "kept", texts=24, length=12)
    method = self_replay.make(setting)
    more = method.replayed(0, 0)
    assert "synthetic" in method.notes[0]
    assert max(more.task.sizes("train")) <= 12
    one = more.task.batch("train", more.rows)
    loss = more.task.loss(module, one) / more.task.weight(one)
    assert 0 < float(loss.detach()) < 6
    with torch.no_grad():
        by_text = more.task.judge(module, one)
    assert by_text.mean_loss == pytest.approx(float(loss.detach()), rel=1e-5)
    first = more.task.texts
    put(module, setting.base)
    assert self_replay.make(setting).replayed(0, 0).task.texts == first
    assert self_replay.make(replace(setting, folder=None)).replayed(0, 0).task.texts == first


def test_self_replay_wants_a_model_that_writes(said, ready):
    with pytest.raises(BadInput, match="writes none"):
        self_replay.make(keeping.setting(said, ready))


def test_pseudo_labels_are_the_models_own_where_it_is_sure(said, ready, tmp_path):
    data = tmp_path / "more.csv"
    data.write_text("text\n" + "".join(f"{text}\n" for text, _ in small_models.texts(60, 5)))
    setting = keeping.setting(said, ready, tmp_path / "kept", data=str(data), sure=0.6)
    method = pseudo_labels.make(setting)
    more = method.replayed(2, 0)
    one = more.task.batch("train", np.arange(more.task.count("train")))
    ready.module.eval()
    shares = ready.task.log_probabilities(ready.module, one).exp().detach()
    assert 0 < more.task.count("train") < 60
    assert float(shares.max(-1).values.min()) >= 0.6 - 1e-6
    assert torch.equal(shares.argmax(-1), one["labels"])
    assert "synthetic labels" in method.notes[0]


def test_no_answer_that_is_sure_enough_adds_nothing(said, ready, tmp_path):
    data = tmp_path / "more.csv"
    data.write_text("text\n" + "".join(f"{text}\n" for text, _ in small_models.texts(20, 5)))
    with torch.no_grad():
        for one in ready.module.parameters():
            one.zero_()
    method = pseudo_labels.make(keeping.setting(said, ready, data=str(data)))
    assert method.replayed(0, 0) is None
    assert method.notes[0].startswith("pseudo-labels: 0 of 20")


def test_l2sp_leaves_a_new_head_alone(said, ready):
    method = l2sp.make(keeping.setting(said, ready))
    with torch.no_grad():
        for name, one in ready.module.named_parameters():
            if name in ready.head.names:
                one.add_(1.0)
    assert float(method.penalty(ready.module, batch(ready), RNG).detach()) == 0.0


def test_a_head_is_new_for_other_classes_and_kept_for_the_same_ones(said, made, place, original):
    assert made.head is not None
    same = keeping.prepared(said.model_copy(update={"data": original}), original)
    assert same.head is None
    assert judged(same.task, same.module, "test").mean > 0.9
