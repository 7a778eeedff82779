"""Two kinds of small models, and texts of the installed packages that they learn from: for `forgetting.py`."""

import importlib.util
import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

FIRST = ("numpy", "scipy", "sklearn", "torch")  # task A of the encoder
SECOND = ("transformers", "pydantic", "peft", "huggingface_hub")  # task B
CODE = ("transformers", "sklearn", "scipy")  # task B of the language model
DESCRIPTION = re.compile(r'"""(.*?)"""', re.DOTALL)
MORE = 1.2  # texts gathered, over those that one seed takes
WORDS, LENGTH = 2000, 32  # of a vocabulary; tokens of a text
PROSE, BEGINNING = 110, 48  # characters for the language model, about as many tokens as it takes


def files(package):
    """Return the source files of an installed package, in a fixed order."""
    found = importlib.util.find_spec(package)
    return sorted(path for path in Path(found.origin).parent.rglob("*.py") if "test" not in str(path).lower())


def sources(package, rng):
    """Yield the source of files of an installed package."""
    for path in rng.permutation(np.array(files(package), dtype=object)):
        try:
            yield path.read_text("utf-8")
        except (OSError, ValueError):
            continue


def descriptions(package, most, rng):
    """Return what stands in a package between three quotes, each once, without the names of packages."""
    brands = "|".join((*FIRST, *SECOND, "huggingface", "arrow", "pytorch", "ndarray"))
    names, found = re.compile(rf"\b({brands})\w*", re.IGNORECASE), {}
    for source in sources(package, rng):
        for piece in DESCRIPTION.findall(source):
            text = " ".join(names.sub(" ", piece).split())[:400]
            if len(text.split()) >= 12:
                found[text.lower()] = None
        if len(found) >= 2 * most:
            break
    return [str(one) for one in rng.permutation(np.array(list(found), dtype=object))[:most]]


def functions(package, most, rng):
    """Return beginnings of functions without a description."""
    found = []
    for source in sources(package, rng):
        pieces = re.split(r"^(?=def )", source, flags=re.MULTILINE)[1:]
        found += [piece[:BEGINNING] for piece in pieces if len(piece) >= BEGINNING and '"""' not in piece]
        if len(found) >= most:
            break
    return found[:most]


def labelled(packages, n, rng):
    """Return docstrings with the package they are of, as many of each."""
    each = -(-n // len(packages))
    rows = [{"text": text, "label": one} for one in packages for text in descriptions(one, each, rng)]
    return [rows[at] for at in rng.permutation(len(rows))]


@cache
def gathered(family, a, b):
    """Return texts of A and of B, a little more of them than one seed takes."""
    rng, a, b = np.random.default_rng(20), round(a * MORE), round(b * MORE)
    if family == "encoder":
        return labelled(FIRST, a, rng), labelled(SECOND, b, rng)
    prose = [text[:PROSE] for one in FIRST for text in descriptions(one, -(-a // len(FIRST)), rng)]
    code = [text for one in CODE for text in functions(one, -(-b // len(CODE)), rng)]
    return [{"text": one} for one in prose], [{"text": one} for one in code]


def tokenizer(texts, folder, whole_words):
    """Write a tokenizer made from texts: of whole words, or of pieces."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[EOS]"]
    if whole_words:
        counts = Counter(word for text in texts for word in re.findall(r"\w+|[^\w\s]", text))
        words = [*special, *(word for word, _ in counts.most_common(WORDS))]
        made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
        made.pre_tokenizer = pre_tokenizers.Whitespace()
    else:
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=512, special_tokens=special, show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )  # fmt: skip
        made.train_from_iterator(texts, trainer)
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", eos_token="[EOS]", model_max_length=LENGTH
    )
    found.save_pretrained(folder)
    return found


def untrained(family, tokens, folder):
    """Write a model that has learnt nothing."""
    from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

    if family == "encoder":
        BertModel(BertConfig(
            vocab_size=len(tokens), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
            max_position_embeddings=LENGTH,
        )).save_pretrained(folder)  # fmt: skip
    else:
        GPT2LMHeadModel(GPT2Config(
            vocab_size=len(tokens), n_embd=48, n_layer=2, n_head=4, n_positions=LENGTH, resid_pdrop=0.0,
            embd_pdrop=0.0, attn_pdrop=0.0, activation_function="relu",
            eos_token_id=tokens.eos_token_id, bos_token_id=tokens.eos_token_id,
        )).save_pretrained(folder)  # fmt: skip
