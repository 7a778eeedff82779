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


def pictures(folder, n, seed, classes=("across", "down"), side=12, mode="L"):
    """A folder of PNG files by class: a bright bar on a dim ground, lying or standing."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(seed)
    for at in range(n):
        label = at % len(classes)
        ground = rng.integers(0, 90, size=(side, side, 3)).astype(np.uint8)
        place = int(rng.integers(2, side - 3))
        rows, columns = (
            (slice(place, place + 2), slice(1, -1)) if label == 0 else (slice(1, -1), slice(place, place + 2))
        )
        ground[rows, columns] = 230
        home = Path(folder) / classes[label]
        home.mkdir(parents=True, exist_ok=True)
        Image.fromarray(ground).convert(mode).save(home / f"{seed}-{at:04}.png")
    return folder


def vision(folder, seed=0, side=12, channels=1, classes=None):
    """A ViT of one layer in a folder; with a head where classes are named."""
    import json

    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTModel

    torch.manual_seed(seed)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=side,
        patch_size=4,
        num_channels=channels,
    )
    if classes:
        config.num_labels = len(classes)
        config.id2label = dict(enumerate(classes))
        config.label2id = {name: at for at, name in enumerate(classes)}
    (ViTForImageClassification(config) if classes else ViTModel(config)).save_pretrained(folder)
    said = {"size": {"height": side, "width": side}, "do_normalize": True, "image_mean": [0.2], "image_std": [0.3]}
    (Path(folder) / "preprocessor_config.json").write_text(json.dumps(said))
    return folder


def residual(folder, seed=0, side=12):
    """A ResNet of two stages, without a head and without a word about its pictures."""
    import torch
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(seed)
    config = ResNetConfig(
        num_channels=3, embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", image_size=side
    )
    ResNetModel(config).save_pretrained(folder)
    return folder


NETS = """
from torch import nn


def plain(classes, channels):
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(),
        nn.Dropout(0.1), nn.Linear(64, classes),
    )


def other_classes():
    return plain(7, 1)


def lazy(classes):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.ReLU(), nn.Linear(8, classes))


def no_head(channels):
    return nn.Conv2d(channels, 2, 3)


def bursting():
    raise RuntimeError("no such thing")


def number():
    return 3


made = plain(2, 1)
"""


def nets(folder):
    """A file of a person's own functions that make models; returns its path."""
    path = Path(folder) / "nets.py"
    path.write_text(NETS)
    return path
