"""Small tables with provenance for cases and tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from holdfast.core.dataset import Dataset, Role
from holdfast.data.inference import describe
from holdfast.data.origin import BY_NAME, RECORD


def made(
    rng: np.random.Generator,
    origin: Sequence[str | None],
    split: Sequence[str] | None = None,
    columns: Mapping[str, Any] | None = None,
    **provenance: Any,
) -> Dataset:
    """Return a table of two numbers and a label, whose rows have these origins; further provenance by keyword.

    `made(rng, ["human"] * 9, generator=[None] * 9)`; every row has a name of its own.
    """
    n = len(origin)
    values: dict[str, Any] = {"a": rng.normal(size=n), "b": rng.normal(size=n)}
    values |= dict(columns) if columns else {"y": rng.choice(["yes", "no"], n)}
    values[RECORD] = [record(i) for i in range(n)]
    values.update({"_origin": origin, **{f"_{name}": column for name, column in provenance.items()}})
    roles: dict[str, Role] = {name: BY_NAME[name].role for name in values if name in BY_NAME}
    if "y" in values:
        roles["y"] = "label"
    if split is not None:
        values["split"], roles["split"] = split, "split"
    table = pa.table({name: pa.array(list(column)) for name, column in values.items()})
    kinds = {name: BY_NAME[name].kind for name in values if name in BY_NAME}
    return describe("case", table, roles=roles, kinds=kinds)


def record(number: int) -> str:
    """Return a name for a record: 32 hexadecimal digits that look like those of content."""
    return f"{(number + 1) * 0x9E3779B97F4A7C15 % 2**128:032x}"
