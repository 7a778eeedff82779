"""A small language model, learnt here on one text and tuned on another: what it gains, and what it forgets.

    python benchmarks/language_model.py FIRST.txt SECOND.txt FOLDER
    holdfast finetune FOLDER/base FOLDER/second.jsonl --original FOLDER/first.jsonl --rate 0.001 --epochs 2

FOLDER/base is a GPT of a million weights that has read most of the first text; FOLDER/first.jsonl are passages of it
that it has not read, FOLDER/second.jsonl passages of the second text. About two and a half minutes of CPU time.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

WORDS, WIDTH, LAYERS, HEADS, CONTEXT = 1024, 128, 4, 4, 128
STEPS, BATCH, RATE = 400, 16, 2e-3
PASSAGE, PASSAGES = 600, 150  # characters of a passage, and how many of the second text
KEPT, UNREAD = 0.85, 100  # of the first text are read; of the rest, so many passages show what is forgotten


def passages(text: str) -> list[str]:
    """Return paragraphs, joined until they are long enough."""
    found, now = [], ""
    for part in text.replace("\n \n", "\n\n").split("\n\n"):
        now = f"{now}\n\n{part.strip()}" if now else part.strip()
        if len(now) >= PASSAGE:
            found.append(now)
            now = ""
    return found


def written(path: Path, texts: list[str]) -> None:
    """Write texts as JSONL."""
    path.write_text("".join(json.dumps({"text": one}) + "\n" for one in texts), encoding="utf-8")


def main() -> None:
    """Make the base model and both sets of passages."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    first, second = (passages(path.read_text("utf-8")) for path in (given.first, given.second))
    read, unread = first[: int(KEPT * len(first))], first[int(KEPT * len(first)) :][:UNREAD]
    second = second[:PASSAGES]
    given.folder.mkdir(parents=True)
    written(given.folder / "first.jsonl", unread)
    written(given.folder / "second.jsonl", second)

    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<end>", "<pad>"]
    made.train_from_iterator(read + second, trainers.BpeTrainer(
        vocab_size=WORDS, initial_alphabet=alphabet, special_tokens=special, show_progress=False))  # fmt: skip
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<end>", pad_token="<pad>", model_max_length=CONTEXT
    )
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, n_positions=CONTEXT,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=tokenizer.eos_token_id, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config)
    ids = np.array([one for ids in tokenizer(read)["input_ids"] for one in [*ids, tokenizer.eos_token_id]])
    rng, began = np.random.default_rng(0), time.process_time()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, given.steps)
    for step in range(given.steps):
        at = rng.integers(0, len(ids) - CONTEXT, size=BATCH)[:, None] + np.arange(CONTEXT)
        batch = torch.from_numpy(ids[at])
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        plan.step()
        optimiser.zero_grad()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: {loss.item():.3f} nats per token, {time.process_time() - began:.0f} CPU s")
    model.save_pretrained(given.folder / "base")
    tokenizer.save_pretrained(given.folder / "base")
    print(f"{len(ids):,} tokens read, {len(unread)} passages unread, {len(second)} of the second text")


if __name__ == "__main__":
    main()
