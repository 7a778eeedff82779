"""Which split each row is in."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from holdfast.audit.definitions import fact
from holdfast.core.dataset import Dataset
from holdfast.core.errors import NotApplicable


@dataclass(frozen=True)
class SplitOf:
    """Split membership. `names` in order of first row; `codes` gives for each row its place in `names`, or -1."""

    names: tuple[str, ...]
    codes: Int[np.ndarray, " rows"]

    def mask(self, name: str) -> Bool[np.ndarray, " rows"]:
        """Return for each row whether it is in this split; nowhere, if there is no such split."""
        if name not in self.names:
            return np.zeros(len(self.codes), dtype=bool)
        return np.asarray(self.codes == self.names.index(name))

    @property
    def train(self) -> Bool[np.ndarray, " rows"]:
        """Rows that the model learns from."""
        return self.mask("train")

    @property
    def test(self) -> Bool[np.ndarray, " rows"]:
        """Rows that the score is computed on."""
        return self.mask("test")


@fact()
def split_of(dataset: Dataset) -> SplitOf:
    """Which split each row is in; loading has mapped the usual spellings to train, valid and test."""
    column = dataset.one("split")
    if column is None:
        raise NotApplicable("no split: give --split train=… --split test=…, a split column, or --splitter")
    codes, names = dataset.codes(column.name)
    split = SplitOf(tuple(str(name) for name in names), codes)
    for name in ("train", "test"):
        if not split.mask(name).any():
            raise NotApplicable(f"no row is in the {name} split; splits are {', '.join(split.names) or 'none'}")
    return split
