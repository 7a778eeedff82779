"""What a model is shown and learns from, for cases and tests."""

from typing import Any

import numpy as np

from holdfast.audit.supervision import Fault, Ledger, Supervision


def shown(
    rng: np.random.Generator,
    *,
    n: int = 200,
    limit: int = 100,
    longest: int = 90,
    changed: dict[str, dict[int, Any]] | None = None,
    end: str = "</s>",
    pad_is_end: bool = False,
    faults: tuple[Fault, ...] = (),
) -> dict[str, Any]:
    """Return prompts with answers of ten tokens, at most `longest` tokens in all, none of them cut.

    `changed` sets fields of the training ledger at some examples, such as {"supervised": {3: 0}}.
    """
    ledgers = {}
    for at, split in enumerate(("train", "valid", "test")):
        whole = rng.integers(20, longest + 1, size=n)
        fields = {"whole": whole, "kept": np.minimum(whole, limit), "supervised": np.full(n, 10),
                  "lost": np.zeros(n, np.int64), "ends": np.ones(n, bool)}  # fmt: skip
        for name, values in (changed or {}).items() if split == "train" else ():
            for row, value in values.items():
                fields[name][row] = value
        ledgers[split] = Ledger(np.arange(n) + at * n, **fields)
    return {
        "supervision": Supervision("tokens", limit, ledgers, end=end, pad_is_end=pad_is_end, template_faults=faults)
    }
