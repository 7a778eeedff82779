import numpy as np
import pytest

pytest.importorskip("torch")

from holdfast.collapse.definitions import Draw, Part
from holdfast.collapse.learners.language import network, writing
from holdfast.collapse.learners.language.corpus import START, corpus
from holdfast.collapse.learners.language.network import Size
from holdfast.collapse.learners.language.writing import Manner, written
from holdfast.collapse.learners.torch_use import reproducible
from holdfast.collapse.learners.transformer import Pages, Transformer
from holdfast.collapse.measures.perplexity import perplexity_of_generated, perplexity_of_real, perplexity_of_tail
from holdfast.collapse.regimes import Rule, Verifier
from holdfast.core.errors import BadInput, NotApplicable
from holdfast.core.random import Streams

TINY = {"layers": 1, "width": 16, "heads": 2, "length": 8, "steps": 20, "batch": 8}
STREAMS = Streams(0)
SIZE = Size(vocabulary=12, layers=2, width=8, heads=2, context=6)


@pytest.fixture(scope="module")
def learner():
    return Transformer(**TINY)


@pytest.fixture(scope="module")
def truth(learner):
    return learner.truth(2, STREAMS("truth"))


@pytest.fixture(scope="module")
def model(learner, truth):
    real = learner.draw(truth, Draw(50), STREAMS("real"))
    return learner.fit([Part(real, 1.0)], STREAMS("fit"), None)


def weights(seed=0, spread=1.0):
    return network.fresh(SIZE, np.random.default_rng(seed)) * np.float32(spread)


def prompts(documents, length):
    return np.random.default_rng(1).integers(2, SIZE.vocabulary, (documents, length)).astype(np.uint16)


def test_the_same_stream_gives_the_same_bits(learner, truth, model):
    real = learner.draw(truth, Draw(50), STREAMS("real"))
    again = learner.fit([Part(real, 1.0)], STREAMS("fit"), None)
    assert all((a == b).all() for a, b in zip(model, again, strict=True))
    one, two = (learner.draw(model, Draw(5), STREAMS("draw")) for _ in range(2))
    assert (one.tokens == two.tokens).all()


def test_replicates_differ_and_training_lowers_the_surprise(truth, model):
    assert (model.weights[0] != model.weights[1]).any()
    untrained = model._replace(weights=np.zeros_like(model.weights))
    guessing = perplexity_of_real.run(untrained)
    assert guessing == pytest.approx(model.settings[:, 0])  # as many equally likely tokens as there are
    assert (perplexity_of_real.run(model) < 0.8 * guessing).all()
    assert (perplexity_of_tail.run(model, truth) > perplexity_of_real.run(model)).all()


def test_generation_0_is_judged_by_the_reference_model(truth):
    assert perplexity_of_generated.run(truth, truth) == pytest.approx(perplexity_of_real.run(truth))


def test_a_sharper_rule_writes_what_the_reference_finds_likelier(learner, truth, model):
    def judged(rule):
        pages = learner.draw(model, Draw(60, rule), STREAMS("draw")).tokens[0]
        size = learner._size
        with reproducible("a test"):
            return network.surprise(size, truth.weights[0], pages).mean()

    plain = judged(Rule())
    assert judged(Rule(temperature=0.5)) < plain - 0.3
    assert judged(Rule(top_p=0.5)) < plain - 0.3


def test_a_warm_start_goes_on_from_the_weights_before(learner, truth, model):
    real = learner.draw(truth, Draw(50), STREAMS("real"))
    gentle = {**TINY, "steps": 1, "rate": 1e-6}
    warm = Transformer(**gentle, start="warm").fit([Part(real, 1.0)], STREAMS("x"), model)
    fresh = Transformer(**gentle, start="fresh").fit([Part(real, 1.0)], STREAMS("x"), model)
    assert np.abs(warm.weights - model.weights).max() < 1e-4
    assert np.abs(fresh.weights - model.weights).max() > 0.01


def test_epochs_count_documents(learner, truth, monkeypatch):
    seen = []
    monkeypatch.setattr(network, "trained", lambda *given: seen.append(given[3].steps) or given[1])
    real = learner.draw(truth, Draw(40), STREAMS("real"))
    Transformer(**TINY, epochs=3).fit([Part(real, 1.0)], STREAMS("fit"), None)
    assert seen == [15, 15]  # 3 × 40 / 8


def test_weights_say_how_often_a_part_is_met(learner, monkeypatch):
    shares = []

    def watch(size, start, documents, course, rng):
        shares.append((documents(4000) == 3).mean())
        return start

    monkeypatch.setattr(network, "trained", watch)
    three, four = (Pages(np.full((1, n, 8), value, np.uint16)) for value, n in ((3, 5), (4, 500)))
    learner.fit([Part(three, 0.75), Part(four, 0.25)], STREAMS("fit"), None)
    assert shares[0] == pytest.approx(0.75, abs=0.03)


def test_real_samples_are_held_out_and_read_as_text(learner, truth, model):
    text = learner.samples(truth, 3, STREAMS("sample"))[0].texts
    assert len(text) == 3
    assert all(isinstance(one, str) and " " in one for one in text)
    assert all(len(sample) == 4 for sample in learner.samples(model, 4, STREAMS("sample")))


def test_pooling_and_choosing_keep_documents_whole(learner, truth):
    one, two = (learner.draw(truth, Draw(n), STREAMS("draw", n)) for n in (3, 4))
    pooled = learner.pool([one, two])
    assert pooled.tokens.shape == (2, 7, 8)
    chosen = learner.choose(pooled, 5, STREAMS("choose")).tokens[0]
    assert len({page.tobytes() for page in chosen} & {page.tobytes() for page in pooled.tokens[0]}) == 5


def test_what_is_read_at_once_and_token_by_token_is_the_same():
    import torch

    flat, tokens = weights(spread=3), torch.from_numpy(prompts(4, 6).astype(np.int64))
    with torch.no_grad():
        parts = network.taken_apart(SIZE, torch.from_numpy(flat))
        whole = network.scores(SIZE, parts, tokens)
        memory = network.Memory(SIZE, 4)
        steps = [network.scores(SIZE, parts, tokens[:, i : i + 1], memory) for i in range(6)]
    assert torch.allclose(torch.cat(steps, dim=1), whole, atol=1e-5)


def test_surprise_is_the_probability_of_each_token_given_those_before():
    import torch

    flat, documents = weights(spread=3), prompts(3, 6)
    led = np.concatenate([np.full((3, 1), START), documents[:, :-1].astype(np.int64)], axis=1)
    with torch.no_grad():
        logs = network.scores(SIZE, network.taken_apart(SIZE, torch.from_numpy(flat)), torch.from_numpy(led))
    expected = -np.take_along_axis(logs.log_softmax(2).numpy(), documents[..., None].astype(int), 2)[..., 0]
    assert network.surprise(SIZE, flat, documents) == pytest.approx(expected, abs=1e-5)


def test_what_is_written_has_the_frequencies_of_the_model():
    flat = weights(spread=8)
    many = written(SIZE, flat, prompts(1, 2).repeat(4000, axis=0), 1, Manner(), np.random.default_rng(0))[:, 0]
    shares = np.array(
        [
            np.exp(-network.surprise(SIZE, flat, np.append(prompts(1, 2), [[token]], axis=1).astype(np.uint16))[0, -1])
            for token in range(SIZE.vocabulary)
        ]
    )
    shares[START] = 0  # never written
    assert np.bincount(many, minlength=SIZE.vocabulary) / 4000 == pytest.approx(shares / shares.sum(), abs=0.03)


def test_documents_may_be_longer_than_the_context():
    long = written(SIZE, weights(), prompts(2, 3), 20, Manner(), np.random.default_rng(0))
    assert long.shape == (2, 20)
    assert (long != START).all()
    assert network.surprise(SIZE, weights(), long).shape == (2, 20)


def test_a_beam_search_finds_at_least_as_likely_a_text_as_greedy_writing():
    flat, begun = weights(seed=3, spread=2.5), prompts(6, 2)

    def likelihood(manner):
        pages = written(SIZE, flat, begun, 4, manner, np.random.default_rng(0))
        return -network.surprise(SIZE, flat, np.concatenate([begun, pages], axis=1))[:, 2:].sum(axis=1)

    greedy = likelihood(Manner(Rule(temperature=1e-6)))
    wide = likelihood(Manner(beams=12**2))
    assert (wide >= greedy - 0.05).all()
    assert (wide > greedy + 0.01).any()
    one, two = (written(SIZE, flat, begun, 4, Manner(beams=4), np.random.default_rng(seed)) for seed in (0, 1))
    assert (one == two).all()


def test_a_penalty_keeps_a_document_from_repeating_itself():
    flat = weights(seed=3, spread=6)

    def different(penalty):
        pages = written(SIZE, flat, prompts(40, 1), 6, Manner(penalty=penalty), np.random.default_rng(0))
        return np.mean([len(set(page.tolist())) for page in pages])

    assert different(20.0) > different(1.0) + 0.5


def test_top_p_keeps_the_likeliest_that_hold_the_mass():
    import torch

    shares = torch.tensor([[0.1, 0.5, 0.15, 0.25]])
    luck = torch.linspace(0, 0.999, 50)
    picked = writing._picked(shares.expand(50, 4), 0.6, luck)
    assert set(picked.tolist()) == {1, 3}
    assert (picked == 1).float().mean() == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 10, "heads": 4}, "not a multiple"),
        ({"beams": 4}, "prompts = real"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Transformer(**{**TINY, **options})


def test_drawing_at_random_and_searching_exclude_each_other(model):
    searching = Transformer(**TINY, beams=2, prompts="real")
    with pytest.raises(BadInput, match="top_p"):
        searching.draw(model, Draw(3, Rule(top_p=0.5)), STREAMS("draw"))


def test_a_verifier_with_a_taste_is_not_for_texts(learner, model):
    with pytest.raises(NotApplicable):
        learner.draw(model, Draw(3, verifier=Verifier(kind="biased")), STREAMS("draw"))


def test_a_file_is_read_in_its_encoding_and_a_fifth_is_held_out(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("Grüße, Welt 12. " * 200, encoding="utf-16")
    found = corpus(str(path), "words", 100, 4)
    assert set(found.vocabulary[2:]) == {"Grüße", ",", "Welt", "12", "."}
    assert len(found.held_out) == pytest.approx(0.2 * 1000, abs=1)
    assert found.text(found.learn[:5]) == "Grüße, Welt 12."
    letters = corpus(str(path), "characters", 6, 4)
    assert letters.text(letters.learn[:16]).count("�") > 3  # rare ones are unknown


def test_a_text_that_is_missing_or_too_short_is_refused(tmp_path):
    with pytest.raises(BadInput, match="is not there"):
        corpus(str(tmp_path / "nothing.txt"), "words", 100, 4)
    short = tmp_path / "short.txt"
    short.write_text("a few words")
    with pytest.raises(BadInput, match="longer text"):
        corpus(str(short), "words", 100, 4)


def test_a_text_that_changed_since_is_refused(model, tmp_path):
    path = tmp_path / "other.txt"
    path.write_text("other words than before. " * 200)
    with pytest.raises(BadInput, match="no longer the text"):
        Transformer(**TINY, file=str(path)).draw(model, Draw(2), STREAMS("draw"))


def test_the_most_surprising_documents_are_those_of_the_highest_loss(learner, truth, model):
    batch = learner.draw(truth, Draw(30), STREAMS("batch"))
    kept = learner.most_surprising(batch, 10, model)
    assert kept.tokens.shape == (2, 10, 8)
    for i in range(2):
        with reproducible("a test"):
            loss = network.surprise(learner._size, model.weights[i], batch.tokens[i]).mean(axis=1)
        best = batch.tokens[i][loss >= np.sort(loss)[-10]]
        assert (kept.tokens[i] == best).all()
