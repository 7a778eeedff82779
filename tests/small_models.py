"""Models of a few thousand weights, made on the spot and saved as others save theirs."""

import random
from pathlib import Path

WORDS = [f"{a}{b}" for a in ("ba", "ke", "li", "mo", "nu", "ra", "si", "to") for b in ("", "n", "s", "t")]


def texts(n, seed, marks=("good", "bad")):
    """Rows of (text, class): the class is in one word of eight, and never in the others."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        label = rng.randrange(len(marks))
        words = [rng.choice(WORDS) for _ in range(rng.randint(4, 9))]
        words.insert(rng.randrange(len(words)), marks[label])
        rows.append((" ".join(words), marks[label]))
    return rows


def write_texts(path, n, seed, marks=("good", "bad"), label="label"):
    lines = [f"text,{label}", *(f"{text},{label}" for text, label in texts(n, seed, marks))]
    Path(path).write_text("\n".join(lines) + "\n")
    return path


def tokenizer(folder, extra=()):
    """A tokenizer of whole words, written as tokenizer.json."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[EOS]", *WORDS, "good", "bad", "warm", "cold", *extra]
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", eos_token="[EOS]", model_max_length=64
    )
    found.save_pretrained(folder)
    return found


def encoder(folder, seed=0, width=16, dropout=0.1):
    """A BERT of two layers in a folder, without a head."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    n = len(tokenizer(folder))
    config = BertConfig(
        vocab_size=n,
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=64,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def decoder(folder, seed=0, width=16, dropout=0.1):
    """A GPT-2 of two layers in a folder."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(seed)
    made = tokenizer(folder)
    config = GPT2Config(
        vocab_size=len(made),
        n_embd=width,
        n_layer=2,
        n_head=2,
        n_positions=64,
        resid_pdrop=dropout,
        embd_pdrop=dropout,
        attn_pdrop=dropout,
        eos_token_id=made.eos_token_id,
        bos_token_id=made.eos_token_id,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder
