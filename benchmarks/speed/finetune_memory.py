"""Peak memory of training an encoder, predicted from one batch of two examples, against what the system counted.

    nice env OMP_NUM_THREADS=1 python benchmarks/speed/finetune_memory.py

Each case runs in a process of its own. Linux only: the high-water mark is read from /proc and reset.
"""

import re
import subprocess
import sys
from pathlib import Path

SIZES = {"small": (256, 4, 128), "wide": (512, 6, 32)}  # width, layers, tokens
CASES = (("small", 4), ("small", 16), ("wide", 4), ("wide", 32))


def status(key):
    return int(re.search(rf"{key}:\s+(\d+)", Path("/proc/self/status").read_text()).group(1)) * 1024


def measure(size, examples):
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from holdfast.finetune.cost.counted import kept_bytes, shape_of
    from holdfast.finetune.cost.memory import predicted_memory

    torch.set_num_threads(1)
    width, layers, tokens = SIZES[size]
    model = BertForSequenceClassification(
        BertConfig(vocab_size=3000, hidden_size=width, num_hidden_layers=layers, num_attention_heads=4,
                   intermediate_size=4 * width, num_labels=3)
    )  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def batch(n):
        return {"input_ids": torch.randint(0, 3000, (n, tokens)), "labels": torch.zeros(n, dtype=torch.long)}

    tried = batch(2)
    model(**tried).loss.backward()
    optimizer.zero_grad(set_to_none=True)
    n = sum(p.numel() for p in model.parameters())
    overhead = status("VmRSS") - 4 * n
    shape = shape_of(model, lambda: model(**tried), examples=2, tokens=tokens)
    kept = kept_bytes(model, lambda: model(**tried).loss)
    Path("/proc/self/clear_refs").write_text("5")
    whole = batch(examples)
    for _ in range(3):
        model(**whole).loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    peak = status("VmHWM")
    found = predicted_memory(shape, kept, work=examples / 2, overhead=overhead).peak
    print(
        f"{n / 1e6:.0f} M weights, {examples} examples of {tokens} tokens: predicted {found.value / 1e6:.0f} MB "
        f"({found.low / 1e6:.0f} to {found.high / 1e6:.0f}), seen {peak / 1e6:.0f} MB, ratio {found.value / peak:.3f}; "
        f"without the process itself {(found.value - overhead) / (peak - overhead):.3f}"
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        for size, examples in CASES:
            subprocess.run([sys.executable, __file__, size, str(examples)], check=True)
