"""What was tried and what came of it, as cells of a table."""

from typing import Any

import numpy as np

from holdfast.core.finding import Cell


def cell(value: Any) -> Cell:
    """Return a value of a recipe."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return value if isinstance(value, int | str) else ", ".join(str(one) for one in value)


def rounded(value: float | None) -> Cell:
    """Return a score to four decimals; None where there is none."""
    return None if value is None or not np.isfinite(value) else round(value, 4)
