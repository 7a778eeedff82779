"""The page about marks and tags: its commands run one after the other and print what it says they print."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PAGE = (Path(__file__).parents[2] / "docs" / "data-watermarks.md").read_text("utf-8")
SHOWN = re.findall(r"^```console\n\$ (.*?)\n```\n(?:```text\n(.*?)^```)?", PAGE, re.DOTALL | re.MULTILINE)


def model(folder):
    """Write a small model with random weights, and its tokenizer."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    # Only letters that come back as they were: a model of bytes at random would not write text.
    alphabet = [one for one in sorted(pre_tokenizers.ByteLevel.alphabet()) if one.isascii()] + ["Ġ"]
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    torch.manual_seed(0)
    size = {"n_positions": 256, "n_embd": 16, "n_layer": 1, "n_head": 2, "bos_token_id": None, "eos_token_id": None}
    transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=len(alphabet), **size)).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))


def pictures(folder):
    rng = np.random.default_rng(0)
    for kind, n in (("human", 44), ("synthetic", 44), ("unknown", 6)):
        (folder / kind).mkdir(parents=True)
        for i in range(n):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            if kind == "synthetic":
                pixels = pixels[::2, ::2].repeat(2, axis=0).repeat(2, axis=1)
            Image.fromarray(pixels).save(folder / kind / f"{i}.png")


def masked(text):
    return " ".join(re.sub(r"\b[0-9a-f]{8}\b|·{8}", "········", text).split())


@pytest.mark.timeout(1200)  # a model is loaded and writes, on whatever machine this is
def test_the_commands_print_what_the_page_says(holdfast, tmp_path):
    model(tmp_path / "gpt")
    pictures(tmp_path / "pictures")
    (tmp_path / "prompts.jsonl").write_text('{"q": "The old house"}\n{"q": "A cat"}\n{"q": "Once upon a time"}\n')
    (tmp_path / "drawings").mkdir()
    for name in ("a.png", "b.jpg"):
        Image.effect_noise((40, 30), 50).save(tmp_path / "drawings" / name)
    assert len(SHOWN) == 6
    for command, said in SHOWN:
        program, *arguments = shlex.split(command)
        assert program == "holdfast"
        done = holdfast(*arguments)
        assert done.returncode == ("detect marked.jsonl" in command), done.stderr
        assert masked(said) in masked(done.stdout), command


def test_a_key_finds_nothing_in_plain_texts_and_tags_come_back(holdfast, tmp_path):
    assert holdfast("data", "mark", "key", "my.key").returncode == 0
    assert (tmp_path / "my.key").stat().st_mode & 0o777 == 0o600
    secret = (tmp_path / "my.key").read_bytes().hex()
    (tmp_path / "a.md").write_text("word " * 50)
    (tmp_path / "texts.jsonl").write_text("".join(f'{{"text": "{" ".join(str(i * j % 97) for j in range(90))}"}}\n'
                                                  for i in range(1, 60)))  # fmt: skip
    options = ("--text", "text", "--key-file", "my.key", "--format", "json", "--alpha", "1e-6")
    found = holdfast("data", "mark", "detect", "texts.jsonl", *options)
    assert found.returncode == 0, found.stderr
    assert "No mark of key" in found.stdout
    assert secret not in found.stdout + "".join(
        path.read_text("utf-8", "replace") for path in (tmp_path / ".holdfast").rglob("*.*") if path.is_file()
    )
    tagged = holdfast("data", "mark", "tag", "a.md", "--generator", "m", "--out", "out")
    assert tagged.returncode == 0, tagged.stderr
    assert 'generator: "m"' in (tmp_path / "out" / "a.md").read_text()


@pytest.mark.parametrize(("arguments", "said"), [
    (("detect", "nowhere"), "nowhere"),
    (("detect", "a.jsonl", "--key-file", "no.key"), "no key file no.key. Make one"),
    (("detect", "a.jsonl", "--scheme", "red"), "'green' or 'synthid'"),
    (("detect", "a.jsonl", "--text", "texd"), "Did you mean 'text'?"),
    (("tag", "a.jsonl", "--out", "."), "is there already"),
    (("write", "a.jsonl", "--model", ".", "--key-file", "a.key", "--out", "b.jsonl"), "holds no model"),
])  # fmt: skip
def test_mistakes_are_one_paragraph(holdfast, tmp_path, arguments, said):
    (tmp_path / "a.jsonl").write_text('{"text": "some longer text with several words in it"}\n' * 3)
    (tmp_path / "a.key").write_bytes(b"x" * 32)
    (tmp_path / "a.key").chmod(0o600)
    done = holdfast("data", "mark", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
