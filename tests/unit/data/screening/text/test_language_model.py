import numpy as np
import pytest

from holdfast.core.errors import BadInput
from holdfast.core.progress import Silent
from holdfast.data.screening.text.language_model import crossings, curvatures, refuse_unsafe
from holdfast.data.screening.text.zero_shot import curvature

WORDS = [f"w{i}" for i in range(40)]


def made(folder, words=WORDS, seed=0):
    """A tiny language model with a tokenizer of its own, written as safetensors."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate([*words, "[UNK]"])}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(folder)
    torch.manual_seed(seed)
    shape = transformers.GPT2Config(
        vocab_size=len(words) + 1, n_positions=64, n_embd=16, n_layer=1, n_head=2, initializer_range=0.8,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = transformers.GPT2LMHeadModel(shape).eval()
    model.save_pretrained(folder, safe_serialization=True)
    return model


def written(model, rng, n=50):
    """A text that the model draws itself."""
    import torch

    tokens = [int(rng.integers(40))]
    for _ in range(n):
        with torch.inference_mode():
            p = model(input_ids=torch.tensor([tokens])).logits[0, -1, :40].double().softmax(-1).numpy()
        tokens.append(int(rng.choice(40, p=p / p.sum())))
    return " ".join(WORDS[token] for token in tokens)


def test_what_the_model_wrote_scores_above_words_at_random(tmp_path):
    model, rng = made(tmp_path), np.random.default_rng(0)
    own = curvatures(tmp_path, [written(model, rng) for _ in range(12)], Silent())
    others = curvatures(tmp_path, [" ".join(rng.choice(WORDS, 50)) for _ in range(12)], Silent())
    assert abs(own.mean()) < 1.5
    assert others.max() < own.min()


def test_the_score_is_the_formula_on_the_models_own_logits(tmp_path):
    import torch

    model = made(tmp_path)
    tokens = torch.tensor([[1, 5, 9, 2]])
    logits = model(input_ids=tokens).logits[0, :-1].detach().numpy()
    (found,) = curvatures(tmp_path, ["w1 w5 w9 w2"], Silent())
    assert found == pytest.approx(curvature(logits, np.array([5, 9, 2])), rel=1e-4)


def test_two_models_that_share_a_tokenizer_are_compared(tmp_path):
    model, rng = made(tmp_path / "one"), np.random.default_rng(1)
    made(tmp_path / "two", seed=1)
    texts = [written(model, rng), " ".join(rng.choice(WORDS, 50)), "w1"]
    own, other, short = crossings(tmp_path / "one", tmp_path / "two", texts, Silent())
    assert own > other
    assert np.isnan(short)


def test_other_vocabularies_are_refused(tmp_path):
    made(tmp_path / "one")
    made(tmp_path / "two", words=[f"v{i}" for i in range(40)])
    with pytest.raises(BadInput, match="share a tokenizer"):
        crossings(tmp_path / "one", tmp_path / "two", ["w1 w2 w3"], Silent())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "holds no config.json"),
        (("config.json", "pytorch_model.bin"), "safe_serialization=True"),
        (("config.json",), "holds no weights"),
    ],
)
def test_folders_that_hold_no_safe_model_are_refused(tmp_path, files, said):
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(BadInput, match=said):
        refuse_unsafe(tmp_path)


def test_a_name_that_is_no_folder_is_never_downloaded(tmp_path):
    with pytest.raises(BadInput, match="nothing is downloaded"):
        refuse_unsafe(tmp_path / "gpt2")
